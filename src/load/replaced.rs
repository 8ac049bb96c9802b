//! Named build contexts: `additional_contexts` puts another image, folder or build in the place of what FROM names, be it an image or a
//! stage of the file (BuildKit's dockerfile2llb asks for a named context first).

use crate::fact::{Fact, Sourced, Unknown};
use crate::resolve::compose::read::known_text;
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{Base, Plan};
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use std::collections::HashMap;

/// Puts the contexts of a service's build in their places.
///
/// # Errors
/// A stage that the build needs is one of them: nothing that stands in it is built.
pub(super) fn replace(plan: &mut Plan, service: &Service) -> Result<(), Unknown> {
    put(plan, &named(service), "`additional_contexts`")
}

/// Puts the named contexts of other builds in their places.
///
/// # Errors
/// As for those of a service.
pub(super) fn with(plan: &mut Plan, contexts: &[(String, Fact<String>)]) -> Result<(), Unknown> {
    let contexts = contexts.iter().filter_map(|(name, to)| {
        let text = to.value().cloned().unwrap_or_default();
        Some((familiar(name), (text, to.span()?)))
    });
    put(plan, &contexts.collect(), "a context of the build")
}

fn put(plan: &mut Plan, contexts: &HashMap<String, (String, Span)>, who: &str) -> Result<(), Unknown> {
    if contexts.is_empty() {
        return Ok(());
    }
    for stage in &mut plan.stages {
        let name = stage.name.as_ref().filter(|_| stage.reachable);
        if let Some((name, (_, span))) = name.and_then(|name| Some((name, contexts.get(&name.value)?))) {
            let reason = format!("{who} replaces its stage `{}`", name.value);
            return Err(Unknown { reason, span: *span });
        }
        for base in [&mut stage.base, &mut stage.root_image] {
            if let Base::Image(image) = base
                && let Some((to, span)) = image.value().and_then(|image| contexts.get(&familiar(image)))
            {
                *image = match to.strip_prefix("docker-image://") {
                    Some(image) if !image.is_empty() => Fact::Known(Sourced::known(image.to_owned(), *span)),
                    _ => Fact::unknown(format!("{who} replaces it"), *span),
                };
            }
        }
    }
    Ok(())
}

/// What is named, with what it leads to and where that is written.
fn named(service: &Service) -> HashMap<String, (String, Span)> {
    let mut found = HashMap::new();
    let Some(contexts) = service.written(&["build", "additional_contexts"]) else {
        return found;
    };
    let mut add = |name: &str, to: &str, span| found.insert(familiar(name), (to.to_owned(), span));
    for (name, entry) in contexts.map().into_iter().flat_map(|map| map.iter()) {
        add(name, known_text(&entry.value), entry.value.span);
    }
    for item in contexts.seq().unwrap_or(&[]) {
        if let Some((name, to)) = known_text(item).split_once('=') {
            add(name, to, item.span);
        }
    }
    found
}

/// A name as BuildKit compares it: without Docker Hub, its `library/`, and `latest`.
fn familiar(text: &str) -> String {
    let image = ImageRef::parse(text);
    let name = image.path();
    let name = name.strip_prefix("library/").unwrap_or(&name);
    let tag = image.tag.filter(|tag| tag != "latest").map(|tag| format!(":{tag}"));
    let digest = image.digest.map(|digest| format!("@{digest}"));
    format!("{name}{}{}", tag.unwrap_or_default(), digest.unwrap_or_default()).to_lowercase()
}

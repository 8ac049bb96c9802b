//! The images that come from a registry.

use crate::build::{JudgedFile, StageUse};
use crate::fact::{Sourced, State};
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::image_ref::refusal;

/// The image of a service that comes from a registry: not built here, not by a service beside it either.
pub(in crate::rules) fn named_image<'a>(subject: &Subject<'a>, service: &'a Service) -> Option<&'a Sourced<String>> {
    let image = service.image.sourced()?;
    let is_local = service
        .written(&["pull_policy"])
        .and_then(|policy| policy.str())
        .is_some_and(|policy| matches!(policy, "never" | "build"));
    // Its `build` may be among the lines that could not be read.
    let may_be_built = service.build.is_some() || service.lost_lines;
    if may_be_built || service.has_provider || is_local || subject.repository.builds_image(&image.value) {
        return None;
    }
    Some(image)
}

/// The images of a service that come from a registry: what it runs, and what it mounts.
pub(in crate::rules) fn named_images<'a>(
    subject: &Subject<'a>,
    service: &'a Service,
) -> impl Iterator<Item = &'a Sourced<String>> {
    let mounted = service.mounted_images();
    let repository = subject.repository;
    let mounted =
        mounted.filter(move |image| refusal(&image.value).is_none() && !repository.builds_image(&image.value));
    named_image(subject, service).into_iter().chain(mounted)
}

/// The image that it runs has no name in a fingerprint; those that it mounts do.
pub(in crate::rules) fn aspect(service: &Service, image: &Sourced<String>) -> String {
    match service.image.sourced().is_some_and(|own| own.span == image.span) {
        true => "image".to_owned(),
        false => format!("volumes {}", image.value),
    }
}

/// An image that a Dockerfile takes from a registry.
pub(in crate::rules) struct UsedImage {
    pub name: String,
    pub state: State,
    pub span: Span,
    pub who: String,
    pub stage_use: StageUse,
}

/// Whether a word is written as it is, without a variable in it.
pub(in crate::rules) fn is_written_out(span: Span, text: &str) -> bool {
    (span.end.saturating_sub(span.start)) as usize == text.len()
}

/// The images that a Dockerfile takes from a registry, once for each place.
pub(in crate::rules) fn used_images(file: &JudgedFile, repository: &Repository) -> Vec<UsedImage> {
    let stage_uses = file.stage_uses();
    let mut used = Vec::new();
    for word in file.plan.image_words() {
        let Some(name) = word.name.sourced().filter(|name| !name.value.trim().is_empty()) else {
            continue;
        };
        // What is refused has a finding of its own, or something else replaces it before the build.
        let is_refused = refusal(&name.value).is_some();
        if is_refused || repository.builds_image(&name.value) || repository.has_context(&name.value) {
            continue;
        }
        used.push(UsedImage {
            name: name.value.clone(),
            state: name.state,
            span: word.span,
            who: file.stage_name(word.within),
            stage_use: stage_uses.get(word.within).copied().unwrap_or(StageUse::Unused),
        });
    }
    used
}

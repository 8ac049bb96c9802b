use super::support::images_used::{aspect, is_written_out, named_images, used_images};
use super::{Check, Group};
use crate::build::{JudgedFile, StageUse};
use crate::finding::{Change, Finding, Layer};
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::Service;
use crate::values::image_ref::ImageRef;

rule! {
    /// An image is named by a tag and without a digest.
    ///
    /// ## Why it matters
    /// A tag can be moved by whoever may push to the registry; a digest names the bytes. Off by default: it is worth it
    /// where something keeps the digests up to date.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    /// ```
    RULE {
        name: "base-image-without-digest",
        group: Group::Reproducible,
        layer: Layer::Hygiene,
        severity: None,
        aliases: &["CL-0019"],
        check: Check::Both(check_service, check_file),
    }
}

fn check_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    for image in named_images(subject, service) {
        let who = format!("`{}`", service.name.value);
        let digest = subject.known_image(&image.value).digest().map(str::to_owned);
        let one = finding(&who, &image.value, image.span).map(|finding| finding.aspect(aspect(service, image)));
        found.extend(one.map(|finding| match digest {
            Some(digest) => finding.change(Change::Replace(image.span, format!("{}@{digest}", image.value))),
            None => finding,
        }));
    }
}

fn check_file(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    for used in used_images(file, repository) {
        if used.stage_use != StageUse::Unused {
            let image = repository.images.get(&used.name);
            let digest = image.digest().filter(|_| is_written_out(used.span, &used.name));
            let one = finding(&used.who, &used.name, used.span);
            found.extend(one.map(|finding| match digest {
                Some(digest) => finding.fix(used.span, format!("{}@{digest}", used.name)).aspect(used.name),
                None => finding.aspect(used.name),
            }));
        }
    }
}

fn finding(who: &str, name: &str, span: crate::source::Span) -> Option<Finding> {
    let image = ImageRef::parse(name);
    // Without a tag there is more to say: `floating-base-image` does.
    if image.digest.is_some() || image.floats() {
        return None;
    }
    Some(Finding::new(span, format!("{who} uses `{name}` without a digest")).help("append `@sha256:...` to the tag"))
}

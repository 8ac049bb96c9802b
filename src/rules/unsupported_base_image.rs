use super::support::images_used::{named_image, used_images};
use super::{Check, Group};
use crate::build::{JudgedFile, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::{self, End};
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::image_ref::ImageRef;

rule! {
    /// An image is made of a release that is no longer supported.
    ///
    /// ## Why it matters
    /// Nobody mends it any more: new holes stay open, and the packages of its distribution move to an archive, so that
    /// builds break. The days are those of endoflife.date in a bundled table; for Debian the end of its long-term support.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   db:
    ///     image: postgres:12.4  # <- here
    /// ```
    /// ```dockerfile fail
    /// FROM python:3.8-slim-buster  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   db:
    ///     image: postgres:17.2
    /// ```
    /// ```dockerfile pass
    /// FROM python:3.13-slim
    /// ```
    ///
    /// ## Notes
    /// A note in a stage that never ships. The day is that of `--today`, else the newest one of the table: never the clock's.
    RULE {
        name: "unsupported-base-image",
        group: Group::Reproducible,
        layer: Layer::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Both(check_service, check_file),
    }
}

fn check_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    if let Some(image) = named_image(subject, service) {
        let ends = known_images::ended(&ImageRef::parse(&image.value), &subject.repository.today);
        let who = format!("service '{}'", service.name.value);
        found.extend(finding(&who, &image.value, &ends, image.span).map(|one| one.aspect("image")));
    }
}

fn check_file(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    for used in used_images(file, repository) {
        let ends = known_images::ended(&ImageRef::parse(&used.name), &repository.today);
        let Some(mut one) = finding(&used.who, &used.name, &ends, used.span) else {
            continue;
        };
        if used.stage_use != StageUse::Ships {
            one = one.severity(Severity::Note);
        }
        found.push(one.aspect(used.name));
    }
}

fn finding(who: &str, name: &str, ends: &[End], span: Span) -> Option<Finding> {
    if ends.is_empty() {
        return None;
    }
    let ends: Vec<String> = ends
        .iter()
        .map(|end| match end.date {
            "" => format!("the support of {} has ended", end.what),
            date => format!("the support of {} ended on {date}", end.what),
        })
        .collect();
    Some(
        Finding::new(span, format!("{who} uses '{name}': {}", ends.join(", and ")))
            .help("move to a release that still gets fixes"),
    )
}

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
    /// It gets no more fixes: new vulnerabilities stay open, and the packages of its distribution move to an archive, so that
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
    /// A note in a stage that never ships, and in a Dockerfile whose path names the release or says that it is for the oldest
    /// one (`Dockerfile-Oldest`, `legacy/`): it is made for that one. The day is that of `--today`, else of
    /// `SOURCE_DATE_EPOCH`, else today.
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
        let who = format!("`{}`", service.name.value);
        found.extend(finding(&who, &image.value, &ends, image.span).map(|one| one.aspect("image")));
    }
}

fn check_file(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    for used in used_images(file, repository) {
        let ends = known_images::ended(&ImageRef::parse(&used.name), &repository.today);
        let Some(mut one) = finding(&used.who, &used.name, &ends, used.span) else {
            continue;
        };
        let is_made_for_it = is_for_the_oldest(&file.file.path) || ends.iter().all(|end| is_named_for(&file.file.path, end));
        if used.stage_use != StageUse::Ships || is_made_for_it {
            one = one.severity(Severity::Note);
        }
        found.push(one.aspect(used.name));
    }
}

/// Whether a path says that an old release is what is wanted.
fn is_for_the_oldest(path: &str) -> bool {
    const WORDS: [&str; 6] = ["oldest", "legacy", "eol", "deprecated", "minimum", "archive"];
    let path = path.to_lowercase();
    path.split(['/', '.', '-', '_']).any(|word| WORDS.contains(&word))
}

/// Whether a path names a release, as those do that are made for each of several: `build/ubuntu/bionic/Dockerfile`.
fn is_named_for(path: &str, end: &End) -> bool {
    let Some((product, release)) = end.what.rsplit_once(' ') else { return false };
    let path = path.to_lowercase();
    let parts = path.split('/').flat_map(|part| std::iter::once(part).chain(part.split(['-', '_'])));
    let mut words = parts.map(|word| word.strip_prefix("dockerfile.").unwrap_or(word));
    // `alpine320` is 3.20.
    let close = release.replace('.', "");
    words.any(|word| match word.strip_prefix(product) {
        Some(rest) => rest == release || rest == close,
        None => word == release,
    })
}

fn finding(who: &str, name: &str, ends: &[End], span: Span) -> Option<Finding> {
    if ends.is_empty() {
        return None;
    }
    let is_of_openjdk = ends.iter().any(|end| end.what.starts_with("the image "));
    let ends: Vec<String> = ends
        .iter()
        .map(|end| match end.date {
            "" => format!("the support of {} has ended", end.what),
            date => format!("the support of {} ended on {date}", end.what),
        })
        .collect();
    let one = Finding::new(span, format!("{who} uses `{name}`: {}", ends.join(", and ")));
    let one = match ImageRef::parse(name).official() {
        Some("openjdk") => one.help("use `eclipse-temurin` or `amazoncorretto`: `openjdk` is no longer updated"),
        _ => one.help("use a release that is still supported"),
    };
    // Only what its distribution says was said before.
    let is_new = ends.len() == 1 && is_of_openjdk;
    Some(if is_new { one.raised("2026.12") } else { one })
}

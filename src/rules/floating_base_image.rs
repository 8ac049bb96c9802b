use super::support::images_used::{aspect, is_written_out, named_images, used_images};
use super::{Check, Group};
use crate::build::{JudgedFile, StageUse};
use crate::fact::State;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::known_images;
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::Service;
use crate::source::{Span, slashed};
use crate::values::image_ref::{ImageRef, refusal};
use crate::values::path::name as last_of;

rule! {
    /// An image is named without a tag, or by a tag without any version.
    ///
    /// ## Why it matters
    /// The same file gives another image tomorrow: a new major version, another distribution, another default user. No tag
    /// means `latest`; `stable`, `lts` and variants alone (`alpine`, `fpm`) move as well. The code name of a distribution is
    /// a version. Arguments of the build count with their defaults.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   proxy:
    ///     image: nginx  # <- here
    /// ```
    /// ```dockerfile fail
    /// ARG VERSION=latest
    /// FROM debian:$VERSION  # <- here
    /// COPY --from=busybox /bin/busybox /bin/busybox  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   proxy:
    ///     image: nginx:1.27
    ///   api:
    ///     build: {context: ./api}
    ///     image: acme/api
    /// ```
    /// ```dockerfile pass
    /// FROM debian:13-slim AS build
    /// FROM scratch
    /// COPY --from=build /bin/true /true
    /// ```
    /// ```yaml pass
    /// services:
    ///   base:
    ///     build: ./base
    ///     image: acme/base
    ///   worker:
    ///     image: acme/base:latest
    /// ```
    ///
    /// ## Notes
    /// A note for an image that the repository itself publishes: its owner or name is that of the remote `origin`, a job
    /// pushes it, or a service builds it for another registry. A note also for a name without an owner that is no official
    /// image, where only the default of an argument has the tag, and in a Dockerfile that is there for the newest.
    ///
    /// `plimsoll fix` writes the digest of plimsoll.lock, and with `--unsafe` the version that the tag of an official image
    /// was when the catalogue was made.
    RULE {
        name: "floating-base-image",
        group: Group::Reproducible,
        layer: Layer::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[
            "DL3006",
            "DL3007",
            "CKV_DOCKER_7",
            "DS-0001",
            "CL-0004",
            "service-image-require-explicit-tag",
            "9efb0b2d-89c9-41a3-91ca-dcc0aec911fd",
            "f45ea400-6bbe-4501-9fc7-1c3d75c32067",
        ],
        check: Check::Both(check_service, check_file),
    }
}

fn check_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let floating = named_images(subject, service).filter(|image| ImageRef::parse(&image.value).floats() && refusal(&image.value).is_none());
    for image in floating {
        let who = format!("`{}`", service.name.value);
        let one = finding(&who, &image.value, image.state, image.span).aspect(aspect(service, image));
        let known = subject.known_image(&image.value);
        let one = match (known.digest(), versioned(&image.value, subject.repository)) {
            (Some(digest), _) => one.change(Change::Replace(image.span, format!("{}@{digest}", image.value))),
            (None, Some(versioned)) => one.change(Change::Replace(image.span, versioned)).with_care(),
            (None, None) => one,
        };
        found.push(match is_made_beside(subject, &image.value) {
            true => one.severity(Severity::Note),
            false => weighed(one, &image.value, subject.repository),
        });
    }
}

fn check_file(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    for used in used_images(file, repository) {
        if ImageRef::parse(&used.name).floats() {
            let one = finding(&used.who, &used.name, used.state, used.span).aspect(used.name.clone());
            let is_official = ImageRef::parse(&used.name).official().is_some();
            let known = repository.images.get(&used.name);
            let one = match (known.digest(), versioned(&used.name, repository)) {
                _ if !is_written_out(used.span, &used.name) => one,
                (Some(digest), _) => one.fix(used.span, format!("{}@{digest}", used.name)),
                (None, Some(versioned)) => one.fix(used.span, versioned).with_care(),
                (None, None) => one,
            };
            let mut one = weighed(one, &used.name, repository);
            // An argument is there to be given: whoever ships an image on one of their own gives it.
            let is_given = used.state == State::AssumedDefault && !is_official;
            if used.stage_use == StageUse::Unused || is_given || is_for_the_newest(&file.file.path) {
                one = one.severity(Severity::Note);
            }
            found.push(one);
        }
    }
}

/// The image under the version that its moving tag was, if that is still supported.
fn versioned(name: &str, repository: &Repository) -> Option<String> {
    let versioned = known_images::versioned(name)?;
    let ended = known_images::ended(&ImageRef::parse(&versioned), &repository.today);
    ended.is_empty().then_some(versioned)
}

/// Whether an image has the name of the folder of the Compose file, and a Dockerfile stands there.
fn is_made_beside(subject: &Subject<'_>, image: &str) -> bool {
    let Some(project) = subject.project() else { return false };
    let folder = slashed(&project.folder);
    let path = ImageRef::parse(image).path();
    let is_its = folder.rsplit('/').next().is_some_and(|own| own == last_of(&path)) && path.contains('/');
    let own = format!("{folder}/Dockerfile");
    is_its && subject.repository.dockerfiles.iter().any(|file| file.file.path == own)
}

/// Whether an image is a tool of developers, which never ships: mail catchers, mocks of clouds, pages to look at data, and
/// servers that only answer.
fn is_of_developers(image: &ImageRef) -> bool {
    const TOOLS: [&str; 31] = [
        "adminer", "azurite", "dbgate", "dynamodb-local", "fake-gcs-server", "fakesmtp", "greenmail", "inbucket", "kafka-ui",
        "localstack", "nats-box", "maildev", "mailcatcher", "mailhog", "mailpit", "mongo-express", "moto", "motoserver", "pgadmin4", "phpmyadmin",
        "redis-commander", "redisinsight", "smtp4dev", "swagger-ui", "wiremock", "stripe-mock", "echo-server",
        "hello-world", "http-echo", "httpbin", "whoami",
    ];
    let path = image.path();
    TOOLS.contains(&last_of(&path))
}

/// Whether a path says that the newest is what is wanted.
fn is_for_the_newest(path: &str) -> bool {
    const WORDS: [&str; 6] = ["newest", "edge", "nightly", "canary", "unstable", "rolling"];
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    name.split(['.', '-', '_']).any(|word| WORDS.contains(&word))
}

/// An image of the repository's own owner moves when they move it, and so does one that is built beside this one.
fn weighed(finding: Finding, name: &str, repository: &Repository) -> Finding {
    let image = ImageRef::parse(name);
    // It has no tag that stays, and nothing in it that would break.
    let is_static = image.path() == "gcr.io/distroless/static";
    match repository.publishes(name) || image.looks_local() || is_static || is_of_developers(&image) {
        true => finding.severity(Severity::Note),
        false => finding,
    }
}

fn finding(who: &str, name: &str, state: State, span: Span) -> Finding {
    let image = ImageRef::parse(name);
    let by_default = if state == State::AssumedDefault {
        " by default"
    } else {
        ""
    };
    let message = match &image.tag {
        Some(tag) => format!("{who} uses `{name}`{by_default} with the moving tag `{tag}`"),
        None => format!("{who} uses `{name}`{by_default} without a tag, so it gets `latest`"),
    };
    // Their tags of versions are for customers.
    let has_no_versions = image.path().starts_with("cgr.dev/chainguard/");
    let help = match has_no_versions {
        true => "pin the digest: `NAME@sha256:...`",
        false => "pin a version tag (and a digest for reproducible builds)",
    };
    let finding = Finding::new(span, message).help(help);
    if image.passed_at_first() {
        finding.raised("2026.12")
    } else {
        finding
    }
}

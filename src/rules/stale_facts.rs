use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::lock::NAME;
use crate::repository::Repository;
use crate::values::image_ref::ImageRef;
use std::collections::HashSet;

rule! {
    /// The lock speaks of another build of an image than the one that runs.
    ///
    /// ## Why it matters
    /// Sizes, users and programs are judged by what plimsoll.lock says. Where a digest in a file was moved on, or the
    /// tag is another build in the engine, they are those of an image that is no longer used. And an image does
    /// not change under its digest: a change that says other facts of a build than the lock of its base is an error,
    /// which no comment hides.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM acme/base:1@sha256:1111111111111111111111111111111111111111111111111111111111111111  # <- here
    /// ```
    /// ```text fail plimsoll.lock +
    /// version: 1
    /// acme/base:1@sha256:0000000000000000000000000000000000000000000000000000000000000000 linux/amd64:
    ///   digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
    /// ```
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/base:1@sha256:1111111111111111111111111111111111111111111111111111111111111111  # <- here
    /// ```
    /// ```text fail plimsoll.lock +
    /// version: 1
    /// acme/base:1 linux/amd64:
    ///   digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM acme/base:1@sha256:0000000000000000000000000000000000000000000000000000000000000000
    /// ```
    /// ```text pass plimsoll.lock +
    /// version: 1
    /// acme/base:1@sha256:0000000000000000000000000000000000000000000000000000000000000000 linux/amd64:
    ///   digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
    /// ```
    /// ```dockerfile pass
    /// FROM acme/base:2@sha256:1111111111111111111111111111111111111111111111111111111111111111
    /// ```
    /// ```text pass plimsoll.lock +
    /// version: 1
    /// acme/base:1 linux/amd64:
    ///   digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
    /// ```
    ///
    /// ## Notes
    /// Tags of images that run or ship are asked of an engine that answers; `--no-engine` leaves it alone.
    RULE {
        name: "stale-facts",
        group: Group::Gate,
        layer: Layer::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Repository(check),
    }
}

fn check(repository: &Repository, _: &Config, found: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for image in repository.named_images().into_iter().filter(|image| image.ships) {
        let reference = ImageRef::parse(&image.name);
        let Some(digest) = &reference.digest else { continue };
        let Some((place, known)) = repository.images.other_build(&reference) else {
            continue;
        };
        if seen.insert(image.span) {
            found.push(
                Finding::new(
                    image.span,
                    format!("{NAME} has {known} ({place}), but the digest here is {digest}"),
                )
                .help("run `plimsoll lock`, and commit it")
                .aspect(image.name),
            );
        }
    }
}

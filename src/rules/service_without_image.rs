use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A service has neither an image nor a build.
    ///
    /// ## Why it matters
    /// Compose refuses the file: it would not know what to start. A file that is only meant to go over another one
    /// belongs into a set, see `compose:` in plimsoll.yaml.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     mem_limit: 128m
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///   worker:
    ///     build: ./worker
    /// ```
    RULE {
        name: "service-without-image",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Reported,
    }
}

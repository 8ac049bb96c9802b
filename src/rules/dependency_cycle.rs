use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// Services wait for each other, or files and services extend or include each other in a circle.
    ///
    /// ## Why it matters
    /// No order of starting them exists, and Compose refuses the file.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     depends_on: [worker]
    ///   worker:
    ///     image: acme/worker:1.4
    ///     depends_on: [api]  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     depends_on: [worker]
    ///   worker:
    ///     image: acme/worker:1.4
    /// ```
    RULE {
        name: "dependency-cycle",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Reported,
    }
}

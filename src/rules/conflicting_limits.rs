use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A limit is set in two places that do not agree.
    ///
    /// ## Why it matters
    /// `mem_limit`, `cpus`, `pids_limit`, `mem_reservation` and `scale` have twins under `deploy`. Compose refuses the
    /// file when the two differ, and also when `deploy.resources.limits` is there at all but lacks the twin: its
    /// absence counts as 0.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 256m  # <- here
    ///     cpus: 0.5  # <- here
    ///     deploy:
    ///       resources:
    ///         limits:
    ///           memory: 128m
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     deploy:
    ///       resources:
    ///         limits:
    ///           memory: 128m
    ///           cpus: "0.5"
    /// ```
    RULE {
        name: "conflicting-limits",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Reported,
    }
}

use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A duration is written in a way that Compose cannot read.
    ///
    /// ## Why it matters
    /// Compose refuses the file. A duration is a number with a unit (`500ms`, `30s`, `1m30s`), and parts follow each
    /// other without a space.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     healthcheck:
    ///       test: [CMD, /healthy]
    ///       interval: 30 seconds  # <- here
    ///       timeout: "5"  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     healthcheck:
    ///       test: [CMD, /healthy]
    ///       interval: 30s
    ///       timeout: 5s
    /// ```
    RULE {
        name: "invalid-duration",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Reported,
    }
}

use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// An ignore was meant to hold until a day that has passed.
    ///
    /// ## Why it matters
    /// Somebody promised to look at it again by then. What it hid is reported again. The day is compared with `--today`, or
    /// against the day of the bundled tables: the same input always gives the same verdict.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     privileged: true
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// ignore:
    ///   - rule: privileged-service
    ///     reason: until the driver is replaced
    ///     until: 2024-03-31  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     privileged: true
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// ignore:
    ///   - rule: privileged-service
    ///     reason: until the driver is replaced
    ///     until: 2099-03-31
    /// ```
    RULE {
        name: "expired-ignore",
        group: Group::Gate,
        layer: Layer::Hygiene,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Reported,
    }
}

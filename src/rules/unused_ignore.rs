use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// An ignore hides nothing.
    ///
    /// ## Why it matters
    /// What it hid was mended, or its name is misspelt. In the first case it will hide the next mistake of that kind, in
    /// the second it never hid anything.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     # plimsoll: ignore[privileged-service] it was, once  # <- here
    ///     read_only: true
    /// ```
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// ignore:
    ///   - {rule: privileged-service, paths: ["old/**"], reason: vendor image}  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     # plimsoll: ignore[privileged-service] it drives the USB programmer of the lab
    ///     privileged: true
    /// ```
    RULE {
        name: "unused-ignore",
        group: Group::Gate,
        layer: Layer::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Reported,
    }
}

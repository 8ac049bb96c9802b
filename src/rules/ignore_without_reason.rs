use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// An ignore does not say why.
    ///
    /// ## Why it matters
    /// Whoever reads it next cannot tell whether it is still needed. It hides nothing until it says why.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     privileged: true # plimsoll: ignore[privileged-service]  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     privileged: true # plimsoll: ignore[privileged-service] it drives the USB programmer of the lab
    /// ```
    RULE {
        name: "ignore-without-reason",
        group: Group::Gate,
        layer: Layer::Hygiene,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Reported,
    }
}

use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A key is duplicated in one mapping.
    ///
    /// ## Why it matters
    /// Compose refuses the file. Tools that do not refuse it take one of the two values, and not all take the same one.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: "1000:1000"
    ///     user: root  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: "1000:1000"
    /// ```
    RULE {
        name: "duplicate-key",
        group: Group::Start,
        layer: Layer::Yaml,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Reported,
    }
}

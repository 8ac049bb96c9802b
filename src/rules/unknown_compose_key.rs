use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A key does not exist in the Compose Specification.
    ///
    /// ## Why it matters
    /// Compose refuses the whole file: nothing starts. A misspelled limit in a file that another tool reads less
    /// strictly is worse, because the limit is silently not there.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: "1000"
    ///     group: "1000"  # <- here
    ///     enviroment:  # <- here
    ///       MODE: managed
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// x-notes: keys of your own begin with x-
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: "1000:1000"
    ///     environment:
    ///       MODE: managed
    /// ```
    RULE {
        name: "unknown-compose-key",
        group: Group::Start,
        layer: Layer::Schema,
        severity: Some(Severity::Error),
        aliases: &["invalid-schema"],
        check: Check::Reported,
    }
}

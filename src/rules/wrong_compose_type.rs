use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A value has a shape that Compose does not take at this place.
    ///
    /// ## Why it matters
    /// Compose refuses the whole file, mostly with a sentence that names neither the line nor the shape that it wants.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: 1000  # <- here
    ///     cap_drop: ALL  # <- here
    ///     deploy:
    ///       restart_policy: unless-stopped  # <- here
    ///     ulimits:
    ///       fsize: 50M  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: "1000"
    ///     cap_drop: [ALL]
    ///     restart: unless-stopped
    ///     ulimits:
    ///       fsize: 52428800
    /// ```
    RULE {
        name: "wrong-compose-type",
        group: Group::Start,
        layer: Layer::Schema,
        severity: Some(Severity::Error),
        aliases: &["invalid-schema"],
        check: Check::Reported,
    }
}

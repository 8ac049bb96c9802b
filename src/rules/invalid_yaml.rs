use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A file is not YAML.
    ///
    /// ## Why it matters
    /// Compose stops at the first line that it cannot read, so nothing in the file takes effect.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     environment:
    ///       MODE: managed
    ///       UNBUFFERED=1  # <- here
    ///     restart: always
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     environment:
    ///       MODE: managed
    ///       UNBUFFERED: 1
    ///     restart: always
    /// ```
    ///
    /// ## Notes
    /// The rest of the file is judged from the next key at a level where reading can go on. Nothing is said about what the
    /// lost lines may have set.
    RULE {
        name: "invalid-yaml",
        group: Group::Start,
        layer: Layer::Yaml,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Reported,
    }
}

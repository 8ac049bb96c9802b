use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A value that the profile limits or requires is unknown from the files.
    ///
    /// ## Why it matters
    /// An unset variable, a remote include or an unknown base image is no proof that all is well. The gate neither
    /// passes nor fails such a value: it says what it would have to know. `fail-on-undecided: true` in plimsoll.yaml
    /// makes it an error.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: ${MEMORY}  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {memory: 128MiB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: ${MEMORY:-96m}
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {memory: 128MiB}
    /// assign:
    ///   - {profile: small}
    /// ```
    RULE {
        name: "undecided-value",
        group: Group::Gate,
        layer: Layer::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Reported,
    }
}

use super::{Check, Group};
use crate::finding::{Layer, Severity};

rule! {
    /// A name or path refers to something that does not exist.
    ///
    /// ## Why it matters
    /// Compose refuses a network, volume, secret, config, dependency, extended service or included file that does
    /// not exist before it starts anything, and an `env_file` without `required: false` as well.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [backend]  # <- here
    ///     volumes: ["data:/data"]  # <- here
    ///     env_file: api.env  # <- here
    ///     depends_on: [db]  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [backend]
    ///     volumes: ["data:/data"]
    ///     env_file:
    ///       - {path: api.env, required: false}
    ///     depends_on: [db]
    ///   db:
    ///     image: postgres:17.2
    ///     networks: [backend]
    /// networks:
    ///   backend:
    /// volumes:
    ///   data:
    /// ```
    ///
    /// ## Notes
    /// A missing `env_file` is only a note where git ignores the path or where an example of it is beside it, and so
    /// is a missing file of a secret or config: Compose itself accepts those, and secrets are rightly not committed. A
    /// context or a Dockerfile that a Bake file, a job, Skaffold or a development container names is a warning, unless git
    /// ignores the path or something here makes it.
    RULE {
        name: "undefined-reference",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Reported,
    }
}

use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::resolve::compose::project::Project;

rule! {
    /// Two mounts of a service have one target.
    ///
    /// ## Why it matters
    /// Compose refuses a tmpfs and a volume on one path. Of two volumes on one path in one list it keeps the last one
    /// and says nothing about the other: the data of the first one is missing.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     tmpfs: [/cache]
    ///     volumes:
    ///       - cache:/cache  # <- here
    ///       - ./one:/data
    ///       - ./two:/data  # <- here
    /// volumes:
    ///   cache:
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     tmpfs: [/tmp]
    ///     volumes:
    ///       - cache:/cache
    ///       - ./two:/data
    /// volumes:
    ///   cache:
    /// ```
    RULE {
        name: "conflicting-mounts",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Project(check),
    }
}
fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    for twice in project.repeated("volumes") {
        let message = format!(
            "`{}` mounts `{}` more than once: this mount replaces the earlier one",
            twice.service, twice.key
        );
        found.push(
            Finding::new(twice.later, message)
                .help("delete one of them, or give it another target")
                .change(Change::Remove(twice.earlier))
                .related(twice.earlier, "has no effect")
                .severity(Severity::Warning)
                .layer(Layer::Ignored)
                .about(&twice.service)
                .aspect(format!("volumes:{}", twice.key)),
        );
    }
}

use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::resolve::compose::project::Project;

rule! {
    /// A list of environment variables sets one variable twice, to different values.
    ///
    /// ## Why it matters
    /// Compose takes the last one and says nothing about the other. Who changes the first one wonders why nothing
    /// happens.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     environment:
    ///       - PYTHONHASHSEED=1
    ///       - MODE=managed
    ///       - PYTHONHASHSEED=random  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     environment:
    ///       - PYTHONHASHSEED=random
    ///       - MODE=managed
    ///   worker:
    ///     extends: api
    ///     environment:
    ///       - MODE=free
    /// ```
    /// ```yaml pass compose.override.yaml +
    /// services:
    ///   api:
    ///     environment:
    ///       - MODE=debug
    /// ```
    ///
    /// ## Notes
    /// A later file, or a service that extends another one, may set a variable anew.
    RULE {
        name: "repeated-environment-key",
        group: Group::Start,
        layer: Layer::Ignored,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Project(check),
    }
}
fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    for twice in project.repeated("environment") {
        let message = format!(
            "`{}` sets `{}` more than once: this value replaces the earlier one",
            twice.service, twice.key
        );
        found.push(
            Finding::new(twice.later, message)
                .help("delete one of them")
                .change(Change::Remove(twice.earlier))
                .related(twice.earlier, "has no effect")
                .about(&twice.service)
                .aspect(format!("environment:{}", twice.key)),
        );
    }
}

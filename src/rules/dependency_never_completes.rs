use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A service waits for the end of another one that is started again for ever.
    ///
    /// ## Why it matters
    /// With `restart: always` or `unless-stopped` a container that has ended is running again: Compose never sees that it has
    /// completed, and `docker compose up` waits without end.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     depends_on:
    ///       migrate:  # <- here
    ///         condition: service_completed_successfully
    ///   migrate:
    ///     image: acme/api:1.4
    ///     command: migrate
    ///     restart: always
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     restart: always
    ///     depends_on:
    ///       migrate:
    ///         condition: service_completed_successfully
    ///   migrate:
    ///     image: acme/api:1.4
    ///     command: migrate
    ///     restart: on-failure
    /// ```
    RULE {
        name: "dependency-never-completes",
        group: Group::Start,
        layer: Layer::Hygiene,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(project) = subject.project() else { return };
    for dependency in &service.depends_on {
        let wanted = &dependency.service;
        if dependency.condition != "service_completed_successfully" {
            continue;
        }
        let restart = project.service(&wanted.value).and_then(|other| other.restart.sourced());
        let Some(restart) = restart.filter(|restart| matches!(restart.value.as_str(), "always" | "unless-stopped")) else {
            continue;
        };
        let message = format!(
            "`{}` waits for `{}` to complete, but it always restarts{}",
            service.name.value,
            wanted.value,
            restart.proviso()
        );
        found.push(
            Finding::new(wanted.span, message)
                .help(format!("set `restart: on-failure` on `{}`", wanted.value))
                .change(Change::Replace(restart.span, "on-failure".to_owned()))
                .with_care()
                .related(restart.span, "its restart policy")
                .over(restart)
                .aspect(format!("depends_on.{}", wanted.value)),
        );
    }
}

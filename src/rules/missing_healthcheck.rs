use super::{Check, Group};
use crate::config::Demand;
use crate::container::{ContainerKind, Probed};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;

rule! {
    /// Nothing checks whether a service works.
    ///
    /// ## Why it matters
    /// Without a health check a container counts as fine as long as its process runs, so a service that hangs is never
    /// noticed, and others cannot wait for it with `service_healthy`. The check of the Compose file, of the stage that
    /// is built and of its base image count alike.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     build: .
    ///   worker:
    ///     image: acme/worker:1.4
    ///     healthcheck:  # <- here
    ///       disable: true
    /// ```
    /// ```dockerfile fail +
    /// FROM scratch
    /// COPY api /api
    /// ENTRYPOINT ["/api"]
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     healthcheck:
    ///       test: [CMD, /healthy]
    ///       interval: 30s
    /// ```
    ///
    /// ## Notes
    /// A note by default, an error where the profile demands it. For a
    /// Dockerfile that no service builds it is at most a note. What an image from elsewhere does is mostly not known
    /// here: then it is said only where the profile demands a check.
    RULE {
        name: "missing-healthcheck",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &["DL3057", "CKV_DOCKER_2", "DS-0026"],
        check: Check::Container(check),
    }
}
fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let container = subject.container;
    let what = match container.kind {
        ContainerKind::Service => format!("service '{}'", container.name),
        ContainerKind::Dockerfile => format!("the image of '{}'", container.name),
    };
    let clause = subject.requirement_clause(Demand::Healthcheck);
    let finding = match subject.probed() {
        Probed::By(_) => return,
        Probed::Unknown(unknown) => {
            if subject.profile.demands(Demand::Healthcheck)
                && container.kind == ContainerKind::Service
                && subject.absence_is_sure()
            {
                let what = format!("whether {what} has a health check cannot be known");
                found.push(Finding::undecided(&unknown, &what).aspect("healthcheck"));
            }
            return;
        }
        Probed::Never if !subject.absence_is_sure() => return,
        Probed::Never => Finding::new(container.span, format!("{what} has no health check{clause}")),
        Probed::Off(span) => Finding::new(span, format!("the health check of {what} is switched off{clause}")),
    };
    let finding = match container.kind {
        ContainerKind::Service => {
            finding.help("write `healthcheck: {test: [CMD, ...]}`, or HEALTHCHECK in the Dockerfile")
        }
        ContainerKind::Dockerfile => finding.help("write HEALTHCHECK CMD [...] in the last stage"),
    };
    let mut finding = subject.demanded(finding.aspect("healthcheck"), Demand::Healthcheck, false);
    if container.kind == ContainerKind::Dockerfile {
        finding.severity = Some(Severity::Note);
    }
    found.push(finding);
}

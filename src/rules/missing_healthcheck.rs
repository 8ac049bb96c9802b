use super::{Check, Group};
use crate::config::Demand;
use crate::finding::{Finding, Layer, Severity};
use crate::resolve::compose::service::Service;
use crate::unit::{Kind, Probed, View};

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
    /// A note by default, a warning on a service that sets a limit, an error where the profile demands it. For a
    /// Dockerfile that no service builds it is at most a note. What an image from elsewhere does is mostly not known
    /// here: then it is said only where the profile demands a check.
    RULE {
        name: "missing-healthcheck",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &["DL3057", "CKV_DOCKER_2", "DS-0026"],
        check: Check::Unit(check),
    }
}
fn check(view: &View<'_>, found: &mut Vec<Finding>) {
    let unit = view.unit;
    let what = match unit.kind {
        Kind::Service => format!("service '{}'", unit.name),
        Kind::Dockerfile => format!("the image of '{}'", unit.name),
    };
    let demander = view.demander(Demand::Healthcheck);
    let finding = match &unit.health {
        Probed::Compose(_) | Probed::Stage(_) => return,
        Probed::Unknown(unknown) => {
            if view.profile.demands(Demand::Healthcheck) && unit.kind == Kind::Service && view.absence_is_sure() {
                let what = format!("whether {what} has a health check cannot be known");
                found.push(Finding::undecided(unknown, &what).subject("healthcheck"));
            }
            return;
        }
        Probed::Never if !view.absence_is_sure() => return,
        Probed::Never => Finding::new(unit.span, format!("{what} has no health check{demander}")),
        Probed::Off(span) => Finding::new(*span, format!("the health check of {what} is switched off{demander}")),
    };
    let finding = match unit.kind {
        Kind::Service => finding.help("write `healthcheck: {test: [CMD, ...]}`, or HEALTHCHECK in the Dockerfile"),
        Kind::Dockerfile => finding.help("write HEALTHCHECK CMD [...] in the last stage"),
    };
    let cares = view.service().is_some_and(Service::sets_a_limit);
    let mut finding = view.demanded(finding.subject("healthcheck"), Demand::Healthcheck, cares);
    if unit.kind == Kind::Dockerfile {
        finding.severity = Some(Severity::Note);
    }
    found.push(finding);
}

use super::{Check, Group};
use crate::container::{Decider, Probed};
use crate::fact::Fact;
use crate::config::budget::START_UP;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::number::Real;

rule! {
    /// The health check probes too seldom to tell whether the start-up budget is met.
    ///
    /// ## Why it matters
    /// The first probe comes after one interval, 30 seconds unless set, and a container is not healthy before it. In
    /// the start period engines from 25.0 on probe every `start_interval`, 5 seconds unless set: time until healthy
    /// comes in such steps.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     healthcheck:
    ///       test: [CMD, /healthy]
    ///       interval: 30s  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     healthcheck:
    ///       test: [CMD, /healthy]
    ///       interval: 30s
    ///       start_period: 10s  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   quick: {start-up: 10s}
    /// assign:
    ///   - {profile: quick}
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
    ///       start_period: 10s
    ///       start_interval: 1s
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   quick: {start-up: 10s}
    /// assign:
    ///   - {profile: quick}
    /// ```
    RULE {
        name: "slow-probe",
        group: Group::Measured,
        layer: Layer::Hygiene,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Service(check),
    }
}
const SECOND: i64 = 1_000_000_000;

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let (Some(budget), Some(check)) = (subject.profile.limits.amount(&START_UP), &service.healthcheck) else {
        return;
    };
    // A check that only changes fields of the image's own is not known in full.
    if !matches!(subject.probed(), Probed::By(Decider::Compose)) {
        return;
    }
    let name = &service.name.value;
    let (span, step, message, help) = match (&check.start_period, &check.start_interval) {
        (_, Fact::Known(_) | Fact::Unknown(_)) | (Fact::Unknown(_), _) => return,
        (Fact::Known(period), Fact::Absent) if period.value > 0 => (
            period.span,
            5 * SECOND,
            format!("the health check of `{name}` runs every 5 s in its start period"),
            "add `start_interval: 1s`",
        ),
        _ => {
            let (span, interval) = match &check.interval {
                Fact::Known(interval) if interval.value > 0 => (interval.span, interval.value),
                Fact::Unknown(_) => return,
                _ => (check.span, 30 * SECOND),
            };
            if seconds(interval) < budget.value {
                return;
            }
            (
                span,
                interval,
                format!(
                    "the first health check of `{name}` runs after {} s",
                    seconds(interval)
                ),
                "add `start_period` and `start_interval: 1s`",
            )
        }
    };
    let message = format!(
        "{message}; the budget until it is healthy is {} s (profile `{}`)",
        budget.value,
        subject.profile.name
    );
    let mut finding = Finding::new(span, message)
        .help(help)
        .measured(START_UP.measured(seconds(step), budget.value, Basis::AtLeast))
        .aspect("healthcheck");
    if let Some(span) = budget.span {
        finding = finding.related(span, "the budget");
    }
    found.push(finding);
}

fn seconds(nanoseconds: i64) -> f64 {
    nanoseconds.real() / SECOND.real()
}

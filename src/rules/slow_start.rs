use super::support::measured::{allows, is_probed, largest, seen, undecided};
use super::{Check, Group};
use crate::config::budget::START_UP;
use crate::container::Probed;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::number::short;

rule! {
    /// A service took longer to become healthy than its profile allows.
    ///
    /// ## Why it matters
    /// Whatever waits for the service (`depends_on` with `condition: service_healthy`, a rolling update, a load balancer)
    /// waits until its health check passes.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    ///     healthcheck: {test: [CMD, /healthy], interval: 1s}
    /// ```
    /// ```text fail usage.jsonl +
    /// {"plimsoll_usage":1,"every":1}
    /// {"container":"c1","service":"api","image":"acme/api:1.4"}
    /// {"of":"c1","t":1764439200000,"event":"start"}
    /// {"of":"c1","t":1764439214200,"event":"healthy"}
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// usage: usage.jsonl
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
    ///     healthcheck: {test: [CMD, /healthy], interval: 1s}
    /// ```
    /// ```text pass usage.jsonl +
    /// {"plimsoll_usage":1,"every":1}
    /// {"container":"c1","service":"api","image":"acme/api:1.4"}
    /// {"of":"c1","t":1764439200000,"event":"start"}
    /// {"of":"c1","t":1764439202100,"event":"healthy"}
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// usage: usage.jsonl
    /// profiles:
    ///   quick: {start-up: 10s}
    /// assign:
    ///   - {profile: quick}
    /// ```
    ///
    /// ## Notes
    /// Needs a record of `plimsoll usage` that saw the start (`--usage FILE`, or `usage:` in plimsoll.yaml). Of several
    /// starts the longest counts. The first probe comes after one interval: see `slow-probe`. A record without a start is
    /// `undecided-value`, and so is one of another image.
    RULE {
        name: "slow-start",
        group: Group::Measured,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(budget) = subject.profile.limits.amount(&START_UP) else {
        return;
    };
    // Nothing tells when a container without a health check is ready: that is `missing-healthcheck`.
    if matches!(subject.probed(), Probed::Off(_) | Probed::Never) {
        return;
    }
    let seen = seen(subject, service, found);
    if seen.is_empty() {
        return;
    }
    let name = &service.name.value;
    let Some((_, seconds)) = largest(&seen, |seen| seen.figures().healthy_after) else {
        let (reason, help) = match is_probed(&seen) {
            true => (
                "the record has no start of it that ended healthy",
                "start `plimsoll usage --record` before the service",
            ),
            false => ("the record has no health check of it", "add a `healthcheck`"),
        };
        found.push(undecided(service, &START_UP, reason, help));
        return;
    };
    if seconds <= budget.value {
        return;
    }
    let message = format!(
        "`{name}` became healthy {} s after its start; {}",
        short(seconds),
        allows(subject, &START_UP, &budget)
    );
    let span = service.healthcheck.as_ref().and_then(|check| check.interval.span());
    let mut finding = Finding::new(service.name.span, message)
        .help("do less before the first answer, or probe more often while it starts (`start_period` and `start_interval: 1s`)")
        .aspect("start-up");
    if let Some(span) = span {
        finding = finding.related(span, "the first probe comes after this");
    }
    found.push(subject.above(finding, &budget, START_UP.measured(seconds, budget.value, Basis::Exact)));
}

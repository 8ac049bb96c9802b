use super::support::measured::{allows, is_probed, largest, seen, undecided};
use super::{Check, Group};
use crate::config::budget::RESPONSE_TIME;
use crate::container::Probed;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::usage::Seen;

rule! {
    /// The health check of a service answers more slowly than its profile allows.
    ///
    /// ## Why it matters
    /// The health check is the one request that every service answers all the time. One that is slow there is slow for its
    /// users, and near the timeout of its probe it is restarted for nothing.
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
    /// {"of":"c1","exec":0.08}
    /// {"of":"c1","t":1764439201000,"probe":0.19,"code":0}
    /// {"of":"c1","t":1764439202000,"probe":0.21,"code":0}
    /// {"of":"c1","t":1764439203000,"probe":0.20,"code":0}
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// usage: usage.jsonl
    /// profiles:
    ///   quick: {response-time: 50ms}
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
    /// {"of":"c1","exec":0.08}
    /// {"of":"c1","t":1764439201000,"probe":0.11,"code":0}
    /// {"of":"c1","t":1764439202000,"probe":0.10,"code":0}
    /// {"of":"c1","t":1764439203000,"probe":0.12,"code":0}
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// usage: usage.jsonl
    /// profiles:
    ///   quick: {response-time: 50ms}
    /// assign:
    ///   - {profile: quick}
    /// ```
    ///
    /// ## Notes
    /// Needs a record of `plimsoll usage` (`--usage FILE`, or `usage:` in plimsoll.yaml). The engine logs a probe with the
    /// time to start its program, which is more than many budgets: `plimsoll usage --measure-exec` measures that, and it is
    /// taken off the median. Without it a probe above the budget is `undecided-value`: only below it is all said.
    RULE {
        name: "slow-response",
        group: Group::Measured,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

/// Fewer probes are chance.
const PROBES: usize = 3;

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(budget) = subject.profile.limits.amount(&RESPONSE_TIME) else {
        return;
    };
    // Without a health check there is nothing to time: that is `missing-healthcheck`.
    if matches!(subject.probed(), Probed::Off(_) | Probed::Never) {
        return;
    }
    let seen = seen(subject, service, found);
    if seen.is_empty() {
        return;
    }
    let enough = |seen: &Seen| seen.figures().probe.filter(|probe| probe.count >= PROBES);
    let Some((slowest, median)) = largest(&seen, |seen| enough(seen).map(|probe| probe.response().unwrap_or(probe.median)))
    else {
        let reason = format!("the record has fewer than {PROBES} probes that passed");
        let help = match is_probed(&seen) {
            true => "record for longer, or probe more often while you record",
            false => "add a `healthcheck`",
        };
        found.push(undecided(service, &RESPONSE_TIME, &reason, help));
        return;
    };
    if median <= budget.value {
        return;
    }
    let show = |seconds: f64| RESPONSE_TIME.kind.amount((seconds * 1000.0).round() / 1000.0);
    let Some(exec) = slowest.exec else {
        let reason = format!("a probe takes {}, and how much of it is the start of its program was not measured", show(median));
        let help = "record with `plimsoll usage --measure-exec`";
        found.push(undecided(service, &RESPONSE_TIME, &reason, help));
        return;
    };
    let message = format!(
        "the health check of `{}` takes {} (the median, without {} to start it); {}",
        service.name.value,
        show(median),
        show(exec),
        allows(subject, &RESPONSE_TIME, &budget)
    );
    let finding = Finding::new(service.name.span, message)
        .help("make the answer cheaper, or raise `response-time` in plimsoll.yaml")
        .aspect("response-time");
    found.push(subject.above(finding, &budget, RESPONSE_TIME.measured(median, budget.value, Basis::Estimate)));
}

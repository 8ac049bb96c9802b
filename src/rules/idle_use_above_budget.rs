use super::support::measured::{allows, largest, seen, undecided};
use super::{Check, Group};
use crate::config::Budget;
use crate::config::budget::{IDLE_CPU, IDLE_MEMORY, PIDS};
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::usage::Seen;
use crate::usage::figures::{REST, Rest};
use crate::values::bytes;
use crate::values::number::short;

rule! {
    /// A service takes more at rest than its profile allows.
    ///
    /// ## Why it matters
    /// Most services wait most of the time. What each takes without any requests is paid around the clock, and decides
    /// how many fit on a host.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    /// ```
    /// ```text fail usage.jsonl +
    /// {"plimsoll_usage":1,"every":5,"at_rest":true}
    /// {"container":"c1","service":"api","image":"acme/api:1.4"}
    /// {"of":"c1","t":1764439200000,"cpu":9000000000,"memory":90177536,"pids":9}
    /// {"of":"c1","t":1764439205000,"cpu":9010000000,"memory":90177536,"pids":9}
    /// {"of":"c1","t":1764439210000,"cpu":9020000000,"memory":90177536,"pids":9}
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// usage: usage.jsonl
    /// profiles:
    ///   small: {idle-cpu: 10%, idle-memory: 64MiB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    /// ```
    /// ```text pass usage.jsonl +
    /// {"plimsoll_usage":1,"every":5}
    /// {"container":"c1","service":"api","image":"acme/api:1.4"}
    /// {"of":"c1","t":1764439200000,"cpu":9000000000,"memory":40177536,"pids":9}
    /// {"of":"c1","t":1764439205000,"cpu":9010000000,"memory":40177536,"pids":9}
    /// {"of":"c1","t":1764439210000,"cpu":9020000000,"memory":40177536,"pids":9}
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// usage: usage.jsonl
    /// profiles:
    ///   small: {idle-cpu: 10%, idle-memory: 64MiB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Notes
    /// Needs a record of `plimsoll usage` (`--usage FILE`, or `usage:` in plimsoll.yaml). Compared with `idle-cpu`,
    /// `idle-memory` and `pids` are the 10 seconds in which it took the least CPU time, with the medians of its working set
    /// and its processes. At rest it takes no more than that: below the budget all is said, whatever happened in the record.
    /// Above it fails where `--at-rest` says that there were no requests, and is `undecided-value` otherwise.
    RULE {
        name: "idle-use-above-budget",
        group: Group::Measured,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

/// A budget, what of a stretch is held against it, how that is shown, and what to do.
type Row = (&'static Budget, fn(&Rest) -> Option<f64>, fn(f64) -> String, &'static str);

static ROWS: [Row; 3] = [
    (
        &IDLE_CPU,
        |rest| Some(rest.cpu),
        |cores| format!("{} % of a core", short((cores * 1000.0).round() / 10.0)),
        "poll less often, or wait for events",
    ),
    (
        &IDLE_MEMORY,
        |rest| rest.memory,
        |bytes| bytes::show(crate::values::number::whole(bytes)),
        "load less before it is asked for, or lower what its runtime keeps",
    ),
    (
        &PIDS,
        |rest| rest.pids,
        |pids| format!("{} processes and threads", short(pids)),
        "lower the number of its workers and threads",
    ),
];

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let limits = &subject.profile.limits;
    if limits.get(&IDLE_CPU).is_none() && limits.get(&IDLE_MEMORY).is_none() {
        return;
    }
    let seen = seen(subject, service, found);
    if seen.is_empty() {
        return;
    }
    let is_at_rest = subject.repository.usage.as_ref().is_some_and(|usage| usage.at_rest);
    for (budget, figure, show, help) in &ROWS {
        let limit = limits.amount(budget).or_else(|| limits.share(budget).map(|(share, _)| share));
        let Some(limit) = limit else { continue };
        let used = largest(&seen, |seen: &Seen| seen.figures().rest.as_ref().and_then(figure));
        let Some((_, used)) = used else {
            // Of processes only what is too much says something.
            if budget.key != PIDS.key {
                let reason = format!("the record has no {REST} s without a gap of it");
                found.push(undecided(service, budget, &reason, "record for longer"));
            }
            continue;
        };
        if used <= limit.value {
            continue;
        }
        let name = &service.name.value;
        if !is_at_rest {
            if budget.key != PIDS.key {
                let reason = format!(
                    "it took {} in its quietest {REST} s, and the record does not say that it was at rest",
                    show(used)
                );
                found.push(undecided(service, budget, &reason, "record it at rest with `plimsoll usage --at-rest`"));
            }
            continue;
        }
        let allows = allows(subject, budget, &limit);
        let finding = Finding::new(service.name.span, format!("`{name}` takes {} at rest; {allows}", show(used)))
            .help(format!("{help}, or raise `{}` in plimsoll.yaml", budget.key))
            .aspect(budget.key);
        found.push(subject.above(finding, &limit, budget.measured(used, limit.value, Basis::Exact)));
    }
}

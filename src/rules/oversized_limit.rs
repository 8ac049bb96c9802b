use super::support::measured::seen;
use super::support::settings::Setting;
use super::{Check, Group};
use crate::config::budget::MEMORY;
use crate::fact::{Fact, Sourced, State, Unknown};
use crate::finding::{Basis, Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::usage::Seen;
use crate::usage::suggest::{self, Resource, Silence};

rule! {
    /// A limit is more than four times what the service took at its peak.
    ///
    /// ## Why it matters
    /// A limit is what the host has to keep free. One that is not needed hides a leak until it is large, and keeps other
    /// services off the host.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 512m  # <- here
    /// ```
    /// ```text fail usage.jsonl +
    /// 1764439200.000
    /// shop-api-1/memory.current:41943040
    /// 1764439201.000
    /// shop-api-1/memory.current:41943040
    /// 1764439202.000
    /// shop-api-1/memory.current:41943040
    /// 1764439203.000
    /// shop-api-1/memory.current:41943040
    /// 1764439204.000
    /// shop-api-1/memory.current:41943040
    /// 1764439205.000
    /// shop-api-1/memory.current:41943040
    /// 1764439206.000
    /// shop-api-1/memory.current:41943040
    /// 1764439207.000
    /// shop-api-1/memory.current:41943040
    /// 1764439208.000
    /// shop-api-1/memory.current:41943040
    /// 1764439209.000
    /// shop-api-1/memory.current:41943040
    /// 1764439210.000
    /// shop-api-1/memory.current:41943040
    /// 1764439211.000
    /// shop-api-1/memory.current:41943040
    /// 1764439212.000
    /// shop-api-1/memory.current:41943040
    /// 1764439213.000
    /// shop-api-1/memory.current:41943040
    /// 1764439214.000
    /// shop-api-1/memory.current:41943040
    /// 1764439215.000
    /// shop-api-1/memory.current:41943040
    /// 1764439216.000
    /// shop-api-1/memory.current:41943040
    /// 1764439217.000
    /// shop-api-1/memory.current:41943040
    /// 1764439218.000
    /// shop-api-1/memory.current:41943040
    /// 1764439230.000
    /// shop-api-1/memory.current:52428800
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// usage: usage.jsonl
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 64m
    /// ```
    /// ```text pass usage.jsonl +
    /// {"plimsoll_usage":1,"every":1}
    /// {"container":"c1","service":"api","image":"acme/api:1.4","limits":{"memory":67108864}}
    /// {"of":"c1","t":1764439200000,"memory":41943040}
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// usage: usage.jsonl
    /// ```
    ///
    /// ## Notes
    /// Needs a record of `plimsoll usage` under load (`--usage FILE`, or `usage:` in plimsoll.yaml), of 20 samples over 20
    /// seconds at least; less is `undecided-value`. Looks at the memory, CPU and process limits. Says nothing where the
    /// record is of containers at rest, and nothing of a limit that was reached. `plimsoll usage` shows what it suggests.
    RULE {
        name: "oversized-limit",
        group: Group::Measured,
        layer: Layer::Hygiene,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    if subject.repository.usage.as_ref().is_none_or(|usage| usage.at_rest) {
        return;
    }
    let settings = [
        (Resource::Memory, Setting::memory_limit(service, service.memory.span())),
        (Resource::Cpus, Setting::cpu_limit(service, service.cpu_limit().span())),
        (Resource::Pids, Setting::process_limit(service, service.pids.span())),
    ];
    let set: Vec<(Resource, &Setting<'_>, &Sourced<f64>)> = settings
        .iter()
        .filter_map(|(resource, setting)| Some((*resource, setting, limit(&setting.value)?)))
        .collect();
    if set.is_empty() {
        return;
    }
    let seen = seen(subject, service, found);
    let mut is_little = false;
    for (resource, setting, limit) in set {
        match judged(resource, &seen, limit.value) {
            Ok(Some((peak, suggested))) => found.push(finding(service, setting, limit, peak, suggested)),
            Ok(None) => {}
            Err(silence) => is_little = is_little || silence == Silence::TooLittle,
        }
    }
    if is_little && !seen.is_empty() {
        let unknown = Unknown {
            reason: format!("the record has {}", Silence::TooLittle.words()),
            span: service.name.span,
        };
        let what = format!("cannot check whether the limits of `{}` are oversized", service.name.value);
        found.push(Finding::undecided(&unknown, &what).help("record for longer").aspect("limits"));
    }
}

const TENTH: f64 = 104_857.6;

/// A limit that is one.
fn limit(value: &Fact<f64>) -> Option<&Sourced<f64>> {
    value.sourced().filter(|known| known.value.is_finite() && known.value > 0.0)
}

/// The highest peak and the limit for it, where the limit is oversized for every container.
fn judged(resource: Resource, seen: &[&Seen], limit: f64) -> Result<Option<(f64, f64)>, Silence> {
    let mut most: Option<(f64, f64)> = None;
    for seen in seen {
        let Some(suggested) = suggest::is_oversized(resource, seen.figures(), seen.limits, limit)? else {
            return Ok(None);
        };
        let peak = suggest::spread(resource, seen.figures()).map_or(0.0, |spread| spread.peak);
        if most.is_none_or(|(known, _)| known < peak) {
            most = Some((peak, suggested.value));
        }
    }
    Ok(most)
}

fn finding(service: &Service, setting: &Setting<'_>, limit: &Sourced<f64>, peak: f64, suggested: f64) -> Finding {
    let kind = setting.budget.kind;
    let written = kind.written(suggested);
    // Of memory, a tenth of a MiB is enough to know.
    let peak = match setting.budget.key == MEMORY.key {
        true => (peak / TENTH).round() * TENTH,
        false => peak,
    };
    let message = format!(
        "the {} of `{}` is {}, and it took {} at its peak",
        setting.what,
        service.name.value,
        kind.amount(limit.value),
        kind.amount(peak)
    );
    let finding = Finding::new(limit.span, message)
        .over(limit)
        .aspect(setting.key)
        .help(format!("lower `{}` to {written}, if the record is of the load that you expect", setting.key))
        .measured(setting.budget.measured(limit.value, suggested, Basis::Exact));
    match limit.state == State::Known && setting.key != "cpu_quota" {
        true => finding.change(Change::Replace(limit.span, written)).with_care(),
        false => finding,
    }
}

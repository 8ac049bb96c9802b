use super::{Check, Group};
use crate::fact::{Fact, Sourced};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// CPU settings rule each other out, or lie outside of what the engine takes.
    ///
    /// ## Why it matters
    /// `cpus` is quota and period in one, so the engine refuses it beside `cpu_quota` or `cpu_period`. A negative quota
    /// beside `cpus` is accepted and takes the limit away. A quota below 1,000, a period outside 1,000 to 1,000,000,
    /// shares outside 2 to 262,144 and `cpus` below 0.01 are refused at creation or at start. Measured with engines
    /// 20.10, 28 and 29; Compose itself finds none of these.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cpus: 0.5
    ///     cpu_quota: 50000  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     cpus: 0.001  # <- here
    ///   cache:
    ///     image: acme/cache:1.4
    ///     cpu_quota: 20000
    ///     cpu_period: 100  # <- here
    ///     cpu_shares: 1  # <- here
    ///   queue:
    ///     image: acme/queue:1.4
    ///     cpus: 0.5
    ///     cpu_quota: -1  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cpus: 0.5
    ///     cpu_shares: 512
    ///   worker:
    ///     image: acme/worker:1.4
    ///     cpu_quota: 20000
    ///     cpu_period: 100000
    /// ```
    RULE {
        name: "conflicting-cpu-settings",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let cpus = service.cpus.sourced().filter(|cpus| cpus.value != 0.0);
    if let Some(cpus) = cpus.filter(|cpus| cpus.value < 0.01) {
        let message = format!(
            "`{name}` sets its CPUs to {}; the engine requires at least 0.01{}",
            cpus.value,
            cpus.proviso()
        );
        let key = service.limit_key(Some(cpus.span), "cpus", "deploy.resources.limits.cpus");
        found.push(
            Finding::new(cpus.span, message)
                .help("write 0.01 or more")
                .over(cpus)
                .aspect(key),
        );
    }
    let limit = cpus.filter(|cpus| cpus.value > 0.0);
    number(name, "cpu_quota", &service.cpu_quota, limit, found);
    number(name, "cpu_period", &service.cpu_period, limit, found);
    number(name, "cpu_shares", &service.cpu_shares, None, found);
}

fn number(name: &str, key: &str, fact: &Fact<i64>, cpus: Option<&Sourced<f64>>, found: &mut Vec<Finding>) {
    let Some(number) = fact.sourced().filter(|number| number.value != 0) else {
        return;
    };
    let (value, proviso) = (number.value, number.proviso());
    let finding = |message: String| Finding::new(number.span, message).over(number).aspect(key);
    match (key, cpus) {
        ("cpu_quota", Some(cpus)) if value < 0 => found.push(
            finding(format!(
                "`{name}` sets `cpu_quota` to {value}, which removes its limit of {} CPUs{proviso}",
                cpus.value
            ))
            .help("delete `cpu_quota`")
            .change(Change::Drop(number.span))
            .related(cpus.span, "the CPU limit")
            .layer(Layer::Ignored),
        ),
        ("cpu_quota" | "cpu_period", Some(cpus)) if value > 0 => found.push(
            finding(format!(
                "`{name}` sets `{key}` beside a CPU limit, which the engine refuses{proviso}"
            ))
            .help(format!("delete `{key}`, or delete `cpus` and set quota and period"))
            .change(Change::Drop(number.span))
            .related(cpus.span, "the CPU limit"),
        ),
        _ => {
            let range = match key {
                "cpu_quota" if value > 0 => 1000..=i64::MAX,
                "cpu_period" => 1000..=1_000_000,
                "cpu_shares" => 2..=262_144,
                _ => return,
            };
            if range.contains(&value) {
                return;
            }
            let allowed = if *range.end() == i64::MAX {
                format!("{} or more", range.start())
            } else {
                format!("{} to {}", range.start(), range.end())
            };
            let message = format!("`{name}` sets `{key}` to {value}; the engine requires {allowed}{proviso}");
            found.push(finding(message).help(format!("write {allowed}")));
        }
    }
}

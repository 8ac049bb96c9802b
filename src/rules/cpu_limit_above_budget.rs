use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// The CPU limit of a service exceeds the budget of its profile.
    ///
    /// ## Why it matters
    /// The budget says how much of the host this kind of service may take. A CPU limit is either `cpus` or `cpu_quota`
    /// over `cpu_period` (100,000 microseconds unless set); both are held against the budget.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cpu_quota: 50000  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {cpus: 0.1}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cpus: 0.1
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {cpus: 0.1}
    /// assign:
    ///   - {profile: small}
    /// ```
    RULE {
        name: "cpu-limit-above-budget",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(budget) = &subject.profile.cpus else { return };
    let name = &service.name.value;
    match service.cpu_limit() {
        Fact::Known(limit) if limit.value > budget.value + 1e-9 => {
            let key = if service.cpu_quota.span() == Some(limit.span) {
                "cpu_quota"
            } else {
                service.limit_key(Some(limit.span), "cpus", "deploy.resources.limits.cpus")
            };
            let message = format!(
                "service '{name}' may use {} CPUs, and the profile '{}' allows {}{}",
                rounded(limit.value),
                subject.profile.name,
                budget.value,
                limit.proviso()
            );
            let finding = Finding::new(limit.span, message)
                .help(format!(
                    "lower `{key}` until it means {} CPUs, or raise the budget",
                    budget.value
                ))
                .over(&limit)
                .aspect(key);
            let measured = Measured {
                quantity: "cpus",
                actual: limit.value,
                budget: budget.value,
                unit: "cpus",
                basis: Basis::Exact,
            };
            found.push(subject.above(finding, budget, measured));
        }
        Fact::Unknown(unknown) => {
            let what = format!("the CPU limit of service '{name}' cannot be held against its budget");
            found.push(Finding::undecided(&unknown, &what).aspect("cpus"));
        }
        _ => {}
    }
}

/// Cores with three decimals at most.
fn rounded(cpus: f64) -> f64 {
    (cpus * 1000.0).round() / 1000.0
}

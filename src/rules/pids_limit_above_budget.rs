use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// The process limit of a service exceeds the budget of its profile.
    ///
    /// ## Why it matters
    /// The process limit bounds what a fork bomb or a leak of threads can do to the host: the kernel counts threads,
    /// too. A limit far above the need does not bound anything.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     pids_limit: 500  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {pids: 20}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     pids_limit: 20
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {pids: 20}
    /// assign:
    ///   - {profile: small}
    /// ```
    RULE {
        name: "pids-limit-above-budget",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(budget) = &subject.profile.pids else { return };
    let name = &service.name.value;
    match &service.pids {
        Fact::Known(limit) if limit.value > budget.value => {
            let key = service.limit_key(Some(limit.span), "pids_limit", "deploy.resources.limits.pids");
            let message = format!(
                "service '{name}' may run {} processes, and the profile '{}' allows {}{}",
                limit.value,
                subject.profile.name,
                budget.value,
                limit.proviso()
            );
            let finding = Finding::new(limit.span, message)
                .help(format!("lower `{key}` to {}, or raise the budget", budget.value))
                .over(limit)
                .aspect(key);
            let measured = Measured {
                quantity: "pids",
                actual: limit.value as f64,
                budget: budget.value as f64,
                unit: "pids",
                basis: Basis::Exact,
            };
            found.push(subject.above(finding, budget, measured));
        }
        Fact::Unknown(unknown) => {
            let what = format!("the process limit of service '{name}' cannot be held against its budget");
            found.push(Finding::undecided(unknown, &what).aspect("pids_limit"));
        }
        _ => {}
    }
}

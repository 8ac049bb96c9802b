use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::bytes;

rule! {
    /// The memory limit of a service exceeds the budget of its profile.
    ///
    /// ## Why it matters
    /// The budget says how much of the host this kind of service may take. Limits that grow one by one add up to more
    /// than the host has, and nobody notices until it is full.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 256m  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {memory: 128MiB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 128m
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {memory: 128MiB}
    /// assign:
    ///   - {profile: small}
    /// ```
    RULE {
        name: "memory-limit-above-budget",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(budget) = &subject.profile.memory else { return };
    let name = &service.name.value;
    match &service.memory {
        Fact::Known(limit) if limit.value > budget.value => {
            let key = service.limit_key(Some(limit.span), "mem_limit", "deploy.resources.limits.memory");
            let message = format!(
                "service '{name}' has a memory limit of {}, and the profile '{}' allows {}{}",
                bytes::show(limit.value),
                subject.profile.name,
                bytes::show(budget.value),
                limit.proviso()
            );
            let finding = Finding::new(limit.span, message)
                .help(format!(
                    "lower `{key}` to {}, or raise the budget",
                    bytes::written(budget.value)
                ))
                .over(limit)
                .aspect(key);
            let measured = Measured {
                quantity: "memory",
                actual: limit.value as f64,
                budget: budget.value as f64,
                unit: "bytes",
                basis: Basis::Exact,
            };
            found.push(subject.above(finding, budget, measured));
        }
        Fact::Unknown(unknown) => {
            let what = format!("the memory limit of service '{name}' cannot be held against its budget");
            found.push(Finding::undecided(unknown, &what).aspect("mem_limit"));
        }
        _ => {}
    }
}

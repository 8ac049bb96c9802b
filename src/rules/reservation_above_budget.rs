use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::bytes;

rule! {
    /// A service reserves more than the budget of its profile.
    ///
    /// ## Why it matters
    /// A memory reservation is what the kernel leaves to the container when memory runs short, so it is taken from all
    /// others. Budgets for reservations keep their sum below what the host has.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 256m
    ///     mem_reservation: 128m  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {memory-reservation: 64MiB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 256m
    ///     mem_reservation: 64m
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {memory-reservation: 64MiB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Notes
    /// A CPU reservation is held against the budget `cpus`. Outside of Swarm it has no effect, see `ignored-setting`.
    RULE {
        name: "reservation-above-budget",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    memory(subject, service, found);
    cpus(subject, service, found);
}

fn memory(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(budget) = &subject.profile.memory_reservation else {
        return;
    };
    let name = &service.name.value;
    match &service.memory_reservation {
        Fact::Known(memory) if memory.value > budget.value => {
            let key = service.limit_key(
                Some(memory.span),
                "mem_reservation",
                "deploy.resources.reservations.memory",
            );
            let message = format!(
                "service '{name}' reserves {} of memory, and the profile '{}' allows {}{}",
                bytes::show(memory.value),
                subject.profile.name,
                bytes::show(budget.value),
                memory.proviso()
            );
            let finding = Finding::new(memory.span, message)
                .help(format!(
                    "lower `{key}` to {}, or raise the budget",
                    bytes::written(budget.value)
                ))
                .over(memory)
                .aspect(key);
            let measured = Measured {
                quantity: "memory-reservation",
                actual: memory.value as f64,
                budget: budget.value as f64,
                unit: "bytes",
                basis: Basis::Exact,
            };
            found.push(subject.above(finding, budget, measured));
        }
        Fact::Unknown(unknown) => {
            let what = format!("the memory reservation of service '{name}' cannot be held against its budget");
            found.push(Finding::undecided(unknown, &what).aspect("mem_reservation"));
        }
        _ => {}
    }
}

fn cpus(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    const KEY: &str = "deploy.resources.reservations.cpus";
    let Some(budget) = &subject.profile.cpus else { return };
    let Fact::Known(cpus) = &service.cpu_reservation else {
        return;
    };
    if cpus.value <= budget.value + 1e-9 {
        return;
    }
    let message = format!(
        "service '{}' reserves {} CPUs, and the profile '{}' allows {}{}",
        service.name.value,
        cpus.value,
        subject.profile.name,
        budget.value,
        cpus.proviso()
    );
    let finding = Finding::new(cpus.span, message)
        .help(format!("lower `{KEY}` to {}, or raise the budget", budget.value))
        .over(cpus)
        .aspect(KEY);
    let measured = Measured {
        quantity: "cpus",
        actual: cpus.value,
        budget: budget.value,
        unit: "cpus",
        basis: Basis::Exact,
    };
    found.push(subject.above(finding, budget, measured));
}

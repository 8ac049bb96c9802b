use super::support::settings::{Setting, amount};
use super::{Check, Group};
use crate::config::budget::{CPUS, MEMORY_RESERVATION};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

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
    /// A CPU reservation is compared with the budget `cpus`. Outside of Swarm it has no effect, see `ignored-setting`.
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
    const MEMORY_TWIN: &str = "deploy.resources.reservations.memory";
    const CPU_KEY: &str = "deploy.resources.reservations.cpus";
    let name = &service.name.value;
    let memory = Setting {
        budget: &MEMORY_RESERVATION,
        what: "memory reservation",
        value: amount(&service.memory_reservation),
        key: service.limit_key(service.memory_reservation.span(), "mem_reservation", MEMORY_TWIN),
        aspect: "mem_reservation",
        goal: |bytes| format!("to {}", MEMORY_RESERVATION.kind.written(bytes)),
    };
    let says = |memory: &str| format!("`{name}` reserves {memory} of memory");
    found.extend(memory.above_budget(subject, service, says));
    // Only Swarm reads it: one that is not known is no gap.
    if let Fact::Known(_) = service.cpu_reservation {
        let cpus = Setting {
            budget: &CPUS,
            what: "CPU reservation",
            value: service.cpu_reservation.clone(),
            key: CPU_KEY,
            aspect: CPU_KEY,
            goal: |cpus| format!("to {cpus}"),
        };
        let says = |cpus: &str| format!("`{name}` reserves {cpus} CPUs");
        found.extend(cpus.above_budget(subject, service, says));
    }
}

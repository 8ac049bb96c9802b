use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::bytes;

rule! {
    /// A service reserves more than its limit lets it have.
    ///
    /// ## Why it matters
    /// The engine refuses to create a container whose memory reservation is larger than its memory limit. A CPU
    /// reservation above the CPU limit can never be used up; Compose does not look at it at all.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 64m
    ///     mem_reservation: 128m  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     deploy:
    ///       resources:
    ///         limits: {cpus: "0.5"}
    ///         reservations:
    ///           cpus: "1"  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 128m
    ///     mem_reservation: 64m
    /// ```
    RULE {
        name: "reservation-above-limit",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    if let (Some(limit), Some(reserved)) = (service.memory.sourced(), service.memory_reservation.sourced())
        && limit.value > 0
        && reserved.value > limit.value
    {
        let message = format!(
            "`{name}` reserves {} of memory, more than its limit of {}{}",
            bytes::show(reserved.value),
            bytes::show(limit.value),
            reserved.proviso_with(limit)
        );
        let key = service.limit_key(
            Some(reserved.span),
            "mem_reservation",
            "deploy.resources.reservations.memory",
        );
        found.push(
            Finding::new(reserved.span, message)
                .help(format!("lower `{key}` to {} or less", bytes::written(limit.value)))
                .change(Change::Replace(reserved.span, bytes::written(limit.value)))
                .related(limit.span, "the memory limit")
                .over(reserved)
                .aspect(key),
        );
    }
    if let (Fact::Known(limit), Some(reserved)) = (service.cpu_limit(), service.cpu_reservation.sourced())
        && limit.value > 0.0
        && reserved.value > limit.value + 1e-9
    {
        let message = format!(
            "`{name}` reserves {} CPUs, more than its limit of {}{}",
            reserved.value,
            limit.value,
            reserved.proviso_with(&limit)
        );
        found.push(
            Finding::new(reserved.span, message)
                .help(format!("lower it to {} or less", limit.value))
                .related(limit.span, "the CPU limit")
                .over(reserved)
                // Nobody refuses it, and only Swarm would read it.
                .layer(Layer::Ignored)
                .severity(Severity::Warning)
                .aspect("deploy.resources.reservations.cpus"),
        );
    }
}

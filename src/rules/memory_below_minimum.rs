use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::bytes::{self, MIB};

rule! {
    /// A memory limit or reservation is smaller than the 6 MiB that the engine requires.
    ///
    /// ## Why it matters
    /// The engine refuses to create the container. Mostly a unit is missing: `mem_limit: 128` is 128 bytes. A negative
    /// limit is refused for the same reason; 0 means no limit.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 128  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     mem_limit: -1  # <- here
    ///     mem_reservation: 64k  # <- here
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
        name: "memory-below-minimum",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}
const MINIMUM: i64 = 6 * MIB;

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    if let Some(memory) = service
        .memory
        .sourced()
        .filter(|memory| memory.value != 0 && memory.value < MINIMUM)
    {
        let key = service.limit_key(Some(memory.span), "mem_limit", "deploy.resources.limits.memory");
        let message = format!(
            "`{name}` has a memory limit of {}; the engine requires at least 6 MiB{}",
            bytes::show(memory.value),
            memory.proviso()
        );
        let finding = Finding::new(memory.span, message).over(memory).aspect(key);
        found.push(meant(finding, service, memory.span, key).help(advice(memory.value)));
    }
    let reserved = service.memory_reservation.sourced();
    if let Some(memory) = reserved.filter(|memory| memory.value > 0 && memory.value < MINIMUM) {
        let key = service.limit_key(
            Some(memory.span),
            "mem_reservation",
            "deploy.resources.reservations.memory",
        );
        let message = format!(
            "`{name}` reserves {} of memory; the engine requires at least 6 MiB{}",
            bytes::show(memory.value),
            memory.proviso()
        );
        let finding = Finding::new(memory.span, message).over(memory).aspect(key);
        found.push(meant(finding, service, memory.span, key).help(advice(memory.value)));
    }
}

/// A bare number of that size was meant to be megabytes.
fn meant(finding: Finding, service: &Service, place: Span, key: &str) -> Finding {
    let path: Vec<&str> = key.split('.').collect();
    let written = service.written(&path).filter(|written| written.span == place);
    let number = written.and_then(|written| written.scalar_text()?.parse::<u32>().ok());
    match number.filter(|number| (6..=65_536).contains(number)) {
        Some(number) => finding.change(Change::Replace(place, format!("{number}m"))).with_care(),
        None => finding,
    }
}

fn advice(value: i64) -> String {
    if value < 0 {
        "write a size with its unit, like `128m`, or delete it for no limit".to_owned()
    } else {
        "write a size with its unit, like `128m`: a bare number is bytes".to_owned()
    }
}

use super::support::settings::Setting;
use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// The memory limit of a service exceeds the budget of its profile.
    ///
    /// ## Why it matters
    /// The budget says how much of the host this kind of service may take. Limits that grow one by one add up to more
    /// than the host has, which goes unnoticed until it is full.
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
    let name = &service.name.value;
    let says = |limit: &str| format!("`{name}` has a memory limit of {limit}");
    found.extend(Setting::memory_limit(service, service.memory.span()).above_budget(subject, service, says));
}

use super::support::settings::Setting;
use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// The CPU limit of a service exceeds the budget of its profile.
    ///
    /// ## Why it matters
    /// The budget says how much of the host this kind of service may take. A CPU limit is either `cpus` or `cpu_quota`
    /// over `cpu_period` (100,000 microseconds unless set); both are compared with the budget.
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
    let name = &service.name.value;
    let says = |limit: &str| format!("`{name}` may use {limit} CPUs");
    found.extend(Setting::cpu_limit(service, service.cpu_limit().span()).above_budget(subject, service, says));
}

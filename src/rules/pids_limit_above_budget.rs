use super::support::settings::Setting;
use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
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
    let name = &service.name.value;
    let says = |limit: &str| format!("`{name}` may run {limit} processes");
    found.extend(Setting::process_limit(service, service.pids.span()).above_budget(subject, service, says));
}

use super::support::settings::Setting;
use super::{Check, Group};
use crate::config::Demand;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A service has no CPU limit.
    ///
    /// ## Why it matters
    /// One busy container without a limit takes every core of the host, and its neighbours wait. `cpu_shares` is a
    /// weight among containers that compete, not a limit. The engine takes 0 as no limit.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    ///   worker:
    ///     image: acme/worker:1.4
    ///     cpus: 0  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cpus: 0.5
    /// ```
    ///
    /// ## Notes
    /// A note by default, also on a service that sets other limits; an error where the profile requires it.
    /// `cpu_quota` counts as a limit.
    RULE {
        name: "missing-cpu-limit",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &["CL-0026", "6b610c50-99fb-4ef0-a5f3-e312fd945bc3"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let limit = Setting::cpu_limit(service, None);
    found.extend(limit.missing(subject, service, Demand::Cpus, |cpus| cpus == 0.0, None));
}

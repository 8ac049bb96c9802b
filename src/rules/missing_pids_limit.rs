use super::support::settings::Setting;
use super::{Check, Group};
use crate::config::Demand;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A service has no process limit.
    ///
    /// ## Why it matters
    /// A container that forks without end fills the process table of the host, and then no other process can start
    /// there, a shell included. The engine takes 0 and every negative number as no limit.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    ///   worker:
    ///     image: acme/worker:1.4
    ///     pids_limit: -1  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     pids_limit: 100
    /// ```
    ///
    /// ## Notes
    /// A note by default, also on a service that sets other limits; an error where the profile requires it.
    RULE {
        name: "missing-pids-limit",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &["221e0658-cb2a-44e3-b08a-db96a341d6fa"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let limit = Setting::process_limit(service, None);
    found.extend(limit.missing(subject, service, Demand::Pids, |pids| pids <= 0.0, None));
}

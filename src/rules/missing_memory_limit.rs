use super::support::settings::Setting;
use super::{Check, Group};
use crate::config::Demand;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Data;
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A service has no memory limit.
    ///
    /// ## Why it matters
    /// A container without a limit may take all of the memory of the host. When that runs out, the kernel kills
    /// whichever process it likes best, and that need not be the one that leaks. The engine takes 0 as no limit.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    ///   worker:
    ///     image: acme/worker:1.4
    ///     mem_limit: 0  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 128m
    /// ```
    ///
    /// ## Notes
    /// A note by default, a warning on a service that sets another limit, an error where the profile requires it.
    RULE {
        name: "missing-memory-limit",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &["CL-0026", "bb9ac4f7-e13b-423d-a010-c74a1bfbe492"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    // Compose drops a YAML float: the author believes that there is a limit.
    let dropped = service
        .written(&["mem_limit"])
        .filter(|value| matches!(value.data, Data::Float(_)))
        .map(|value| (value.span, "Compose drops a decimal number"));
    let limit = Setting::memory_limit(service, None);
    found.extend(limit.missing(subject, service, Demand::Memory, |bytes| bytes == 0.0, dropped));
}

use super::{Check, Group};
use crate::config::Demand;
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Data;
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::bytes;

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
    /// A note by default, a warning on a service that sets another limit, an error where the profile demands it.
    RULE {
        name: "missing-memory-limit",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &["CL-0026"],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let demander = subject.demander(Demand::Memory);
    let finding = match &service.memory {
        Fact::Absent if subject.absence_is_sure() => Finding::new(
            service.name.span,
            format!("service '{name}' has no memory limit{demander}"),
        ),
        Fact::Known(limit) if limit.value == 0 => {
            let message = format!(
                "the memory limit of service '{name}' is {}, which means none{demander}{}",
                limit.value,
                limit.proviso()
            );
            Finding::new(limit.span, message).over(limit)
        }
        Fact::Unknown(unknown) => {
            // Where there is a budget, the rule about the budget says so.
            if subject.profile.demands(Demand::Memory) && subject.profile.memory.is_none() {
                let what = format!("whether service '{name}' has a memory limit cannot be known");
                found.push(Finding::undecided(unknown, &what).aspect("mem_limit"));
            }
            return;
        }
        _ => return,
    };
    let key = service.limit_key(None, "mem_limit", "deploy.resources.limits.memory");
    let example = subject.profile.memory.as_ref().map_or(String::new(), |budget| {
        format!(" to {} or less", bytes::written(budget.value))
    });
    let finding = finding.help(format!("set `{key}`{example}")).aspect("mem_limit");
    // Compose drops a YAML float: the author believes that there is a limit.
    let finding = match service.written(&["mem_limit"]) {
        Some(value) if matches!(value.data, Data::Float(_)) => {
            finding.related(value.span, "Compose drops a decimal number")
        }
        _ => finding,
    };
    found.push(subject.demanded(finding, Demand::Memory, service.sets_a_limit()));
}

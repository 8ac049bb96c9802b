use super::{Check, Group};
use crate::config::Demand;
use crate::fact::Fact;
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
    /// A note by default, also on a service that only limits memory; a warning on one that limits its processes, an error
    /// where the profile demands it.
    /// `cpu_quota` counts as a limit.
    RULE {
        name: "missing-cpu-limit",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &["CL-0026"],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let demander = subject.demander(Demand::Cpus);
    let finding = match service.cpu_limit() {
        Fact::Absent if subject.absence_is_sure() => Finding::new(
            service.name.span,
            format!("service '{name}' has no CPU limit{demander}"),
        ),
        Fact::Known(limit) if limit.value == 0.0 => {
            let message = format!(
                "the CPU limit of service '{name}' is {}, which means none{demander}{}",
                limit.value,
                limit.proviso()
            );
            Finding::new(limit.span, message).over(&limit)
        }
        Fact::Unknown(unknown) => {
            // Where there is a budget, the rule about the budget says so.
            if subject.profile.demands(Demand::Cpus) && subject.profile.cpus.is_none() {
                let what = format!("whether service '{name}' has a CPU limit cannot be known");
                found.push(Finding::undecided(&unknown, &what).aspect("cpus"));
            }
            return;
        }
        _ => return,
    };
    let key = service.limit_key(None, "cpus", "deploy.resources.limits.cpus");
    let example = subject
        .profile
        .cpus
        .as_ref()
        .map_or(String::new(), |budget| format!(" to {} or less", budget.value));
    let finding = finding.help(format!("set `{key}`{example}")).aspect("cpus");
    found.push(subject.demanded(finding, Demand::Cpus, service.sets_a_rate()));
}

use super::{Check, Group};
use crate::config::Demand;
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A service has no process limit.
    ///
    /// ## Why it matters
    /// A container that forks without end fills the process table of the host, and then nobody can start anything
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
    /// A note by default, also on a service that only limits memory; a warning on one that limits its processors, an error
    /// where the profile demands it.
    RULE {
        name: "missing-pids-limit",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let demander = subject.demander(Demand::Pids);
    let finding = match &service.pids {
        Fact::Absent if subject.absence_is_sure() => Finding::new(
            service.name.span,
            format!("service '{name}' has no process limit{demander}"),
        ),
        Fact::Known(limit) if limit.value <= 0 => {
            let message = format!(
                "the process limit of service '{name}' is {}, which means none{demander}{}",
                limit.value,
                limit.proviso()
            );
            Finding::new(limit.span, message).over(limit)
        }
        Fact::Unknown(unknown) => {
            // Where there is a budget, the rule about the budget says so.
            if subject.profile.demands(Demand::Pids) && subject.profile.pids.is_none() {
                let what = format!("whether service '{name}' has a process limit cannot be known");
                found.push(Finding::undecided(unknown, &what).aspect("pids_limit"));
            }
            return;
        }
        _ => return,
    };
    let key = service.limit_key(None, "pids_limit", "deploy.resources.limits.pids");
    let example = subject
        .profile
        .pids
        .as_ref()
        .map_or(String::new(), |budget| format!(" to {} or less", budget.value));
    let finding = finding.help(format!("set `{key}`{example}")).aspect("pids_limit");
    found.push(subject.demanded(finding, Demand::Pids, service.sets_a_rate()));
}

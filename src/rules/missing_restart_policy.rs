use super::{Check, Group};
use crate::config::Demand;
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A service is not started again when it stops.
    ///
    /// ## Why it matters
    /// After a crash, and after the host was started again, the engine leaves the container as it is. That is right for
    /// a job that ends, and an outage for everything else.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    ///   worker:
    ///     image: acme/worker:1.4
    ///     restart: "no"  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     restart: unless-stopped
    ///   worker:
    ///     image: acme/worker:1.4
    ///     deploy:
    ///       restart_policy: {condition: on-failure, max_attempts: 3}
    /// ```
    ///
    /// ## Notes
    /// An error where the profile requires it.
    RULE {
        name: "missing-restart-policy",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &["2fc99041-ddad-49d5-853f-e35e70a48391"],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let clause = subject.requirement_clause(Demand::Restart, "one");
    let finding = match &service.restart {
        Fact::Absent if subject.absence_is_sure() => Finding::new(
            service.name.span,
            format!("`{name}` has no restart policy{clause}"),
        ),
        Fact::Known(policy) if matches!(policy.value.as_str(), "no" | "none") => {
            let message = format!(
                "`{name}` sets `restart: no`, so it is not restarted{clause}{}",
                policy.proviso()
            );
            // Somebody wants it to end: it may be a job that is done then.
            Finding::new(policy.span, message).over(policy).with_care()
        }
        Fact::Unknown(unknown) if subject.profile.demands(Demand::Restart) => {
            let what = format!("cannot check the restart policy of `{name}`");
            found.push(Finding::undecided(unknown, &what).aspect("restart"));
            return;
        }
        _ => return,
    };
    // Who waits for the end of a service that is always started again waits for ever.
    let (policy, help) = match waits_for_its_end(subject, service) {
        Some(other) => ("on-failure", format!("set `restart: on-failure`: `{other}` waits for it to end")),
        None => ("unless-stopped", "set `restart: unless-stopped`".to_owned()),
    };
    let finding = finding.help(help).aspect("restart");
    // The policy of `deploy` would win.
    let finding = match service.written(&["deploy", "restart_policy"]) {
        Some(_) => finding,
        None => finding.change(Change::Set(service.name.span, "restart".to_owned(), policy.to_owned())),
    };
    // Many services that end on purpose set limits: that alone is no sign that a policy was forgotten.
    found.push(subject.demanded(finding, Demand::Restart, false));
}

/// Another service that only starts when this one has completed.
fn waits_for_its_end<'a>(subject: &Subject<'a>, service: &Service) -> Option<&'a str> {
    let other = subject.project()?.waits_for_end_of(&service.name.value)?;
    Some(&other.name.value)
}

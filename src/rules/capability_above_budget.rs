use super::{Check, Group};
use crate::config::budget::CAPABILITIES;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A container gets a capability that is not on the list of its profile.
    ///
    /// ## Why it matters
    /// A profile's `capabilities` are what its class of services needs. One more is a decision that somebody should take
    /// in the profile, not in passing.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     x-plimsoll: {profile: translation}
    ///     cap_drop: [ALL]
    ///     cap_add:
    ///       - CHOWN
    ///       - NET_RAW  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     x-plimsoll: {profile: translation}
    ///     cap_drop: [ALL]
    ///     cap_add: [CHOWN, SETGID, SETUID]
    /// ```
    RULE {
        name: "capability-above-budget",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(budget) = subject.profile.limits.names(&CAPABILITIES) else {
        return;
    };
    let severity = if budget.chosen {
        Severity::Error
    } else {
        Severity::Warning
    };
    let allowed = if budget.value.is_empty() {
        "none".to_owned()
    } else {
        budget.value.join(", ")
    };
    for (name, written) in Service::capabilities(&service.cap_add) {
        if budget.value.contains(&name) || !crate::values::capability::is_known(&name) {
            continue;
        }
        let mut finding = Finding::new(
            written.span,
            format!(
                "`{}` adds the capability `{name}`; profile `{}` allows {allowed}",
                service.name.value, subject.profile.name
            ),
        )
        .help(format!(
            "remove `{name}`, or add it to `capabilities` of the profile"
        ))
        .severity(severity)
        .change(Change::Remove(written.span))
        .with_care()
        .aspect(format!("cap_add {name}"));
        if let Some(span) = budget.span {
            finding = finding.related(span, "the budget is set here");
        }
        found.push(finding);
    }
}

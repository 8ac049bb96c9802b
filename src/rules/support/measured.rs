//! What somebody recorded of a service's containers.

use crate::config::Budget;
use crate::config::Limit;
use crate::fact::Unknown;
use crate::finding::Finding;
use crate::repository::{Observed, Subject};
use crate::resolve::compose::service::Service;
use crate::usage::{Event, EventKind, Seen};

/// The containers that ran a service in a record, where somebody gave one. None, and the one finding of all rules that says so, where
/// the record cannot speak of it.
pub(in crate::rules) fn seen<'a>(subject: &Subject<'a>, service: &Service, found: &mut Vec<Finding>) -> Vec<&'a Seen> {
    let reason = match subject.repository.observed(subject.container) {
        Observed::Unrecorded => return Vec::new(),
        Observed::Seen(seen) => return seen,
        Observed::Absent => "the record has no container of it".to_owned(),
        Observed::Stale(image) => format!("the record is of another image, `{image}`"),
    };
    let unknown = Unknown {
        reason,
        span: service.name.span,
    };
    let what = format!("cannot check what `{}` takes at run time", service.name.value);
    let finding = Finding::undecided(&unknown, &what).aspect("usage");
    found.push(finding.help("record it anew with `plimsoll usage --record FILE`"));
    Vec::new()
}

/// It cannot be said whether a budget is kept.
pub(in crate::rules) fn undecided(service: &Service, budget: &Budget, reason: &str, help: &str) -> Finding {
    let unknown = Unknown {
        reason: reason.to_owned(),
        span: service.name.span,
    };
    let what = format!("cannot check `{}` of `{}`", budget.key, service.name.value);
    Finding::undecided(&unknown, &what).help(help).aspect(budget.key)
}

/// Whether a record has a sign of a health check of these containers: what its image has is not always known.
pub(in crate::rules) fn is_probed(seen: &[&Seen]) -> bool {
    let is_sign = |event: &Event| matches!(event.kind, EventKind::Healthy | EventKind::Unhealthy);
    seen.iter()
        .any(|seen| !seen.probes.is_empty() || seen.events.iter().any(is_sign))
}

/// What a profile allows, at the end of a sentence.
pub(in crate::rules) fn allows(subject: &Subject<'_>, budget: &Budget, limit: &Limit<f64>) -> String {
    format!(
        "profile `{}` allows {}",
        subject.profile.name,
        budget.kind.amount(limit.value)
    )
}

/// The container for which a figure is largest.
pub(in crate::rules) fn largest<'a>(
    seen: &[&'a Seen],
    figure: impl Fn(&Seen) -> Option<f64>,
) -> Option<(&'a Seen, f64)> {
    let all = seen.iter().filter_map(|seen| Some((*seen, figure(seen)?)));
    all.max_by(|one, other| one.1.total_cmp(&other.1))
}

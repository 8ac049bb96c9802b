//! The sum of a limit over the services of a Compose set, against `project`.

use crate::config::{Budget, Limits};
use crate::fact::Fact;
use crate::finding::{Basis, Finding};
use crate::resolve::compose::service::{Project, Service};
use crate::resolve::compose::sums::{Run, Sum, runs, sum};

/// A resource that limits add up of.
pub(in crate::rules) struct Resource<'a> {
    /// The budget, a key of `project`.
    pub budget: &'static Budget,
    /// Its name in sentences.
    pub name: &'static str,
    /// The key that limits it.
    pub key: &'static str,
    /// The limit of a service.
    pub limit: &'a dyn Fn(&Service) -> Fact<f64>,
}

/// What is to say of a set: the run that takes most, or one that has no bound.
pub(in crate::rules) fn above_budget(project: &Project, limits: &Limits, resource: &Resource<'_>) -> Option<Finding> {
    let budget = limits.amount(resource.budget)?;
    if !project.is_whole() {
        return None;
    }
    let mut sums: Vec<(Run<'_>, Sum<'_>)> = runs(project)
        .into_iter()
        .map(|run| {
            let sum = sum(&run, resource.limit);
            (run, sum)
        })
        .collect();
    sums.sort_by(|(_, one), (_, other)| {
        let by_bound = other.unbounded.len().cmp(&one.unbounded.len());
        other.total.total_cmp(&one.total).then(by_bound)
    });
    let tell = |finding: Finding| match budget.span {
        Some(span) => finding
            .related(span, "the budget")
            .aspect(format!("project {}", resource.budget.key)),
        None => finding,
    };
    let name = resource.name;
    let show = |amount: f64| resource.budget.kind.amount(amount);
    let allowed = show(budget.value);
    let exceeded = sums.iter().find(|(_, sum)| sum.total > budget.value);
    if let Some((run, sum)) = exceeded
        && let Some((service, _, span)) = sum.parts.first()
    {
        let is_all = sum.unbounded.is_empty() && sum.unknown.is_empty();
        let least = if is_all { "" } else { "at least " };
        let message = format!(
            "{} the {name} limits add up to {least}{}, and `project` allows {allowed}",
            run.words,
            show(sum.total)
        );
        let mut finding = Finding::new(*span, message)
            .help(format!(
                "lower the limits or the replicas, or raise `project: {{{}: ...}}`",
                resource.budget.key
            ))
            .about(&service.name.value);
        for (other, amount, span) in sum.parts.iter().skip(1).take(3) {
            finding = finding.related(*span, format!("'{}' takes {}", other.name.value, show(*amount)));
        }
        let basis = if is_all { Basis::Exact } else { Basis::AtLeast };
        finding.measured = Some(resource.budget.measured(sum.total, budget.value, basis));
        return Some(tell(finding));
    }
    if let Some((run, sum)) = sums.iter().find(|(_, sum)| !sum.unbounded.is_empty())
        && let Some(first) = sum.unbounded.first()
    {
        let names: Vec<String> = sum
            .unbounded
            .iter()
            .take(4)
            .map(|service| format!("'{}'", service.name.value))
            .collect();
        let more = sum.unbounded.len().saturating_sub(names.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let have = if sum.unbounded.len() == 1 { "has" } else { "have" };
        let message = format!(
            "{} the {name} of the project is not bounded, and `project` allows {allowed}: {}{more} {have} no limit",
            run.words,
            names.join(", ")
        );
        let finding = Finding::new(first.name.span, message)
            .help(format!("set `{}` on each", resource.key))
            .about(&first.name.value);
        return Some(tell(finding));
    }
    let (_, sum) = sums.iter().find(|(_, sum)| !sum.unknown.is_empty())?;
    let (service, unknown) = sum.unknown.first()?;
    let what = format!("the sum of the {name} limits cannot be held against `project`");
    Some(tell(Finding::undecided(unknown, &what).about(&service.name.value)))
}

//! The sum of a limit over the services of a Compose set, against `project` and `host`.

use crate::config::{Budget, Config, Limits};
use crate::fact::Fact;
use crate::finding::{Basis, Finding};
use crate::order::Order as _;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;
use crate::resolve::compose::sums::{Run, Sum, runs, sum};

/// A resource that limits add up of.
pub(in crate::rules) struct Resource<'a> {
    /// The budget, a key of `project` and `host`.
    pub budget: &'static Budget,
    /// Its name in sentences.
    pub name: &'static str,
    /// The key that limits it.
    pub key: &'static str,
    /// The limit of a service.
    pub limit: &'a dyn Fn(&Service) -> Fact<f64>,
}

/// What is to say of a set under `project`, and under `host`.
pub(in crate::rules) fn above_budgets(project: &Project, config: &Config, resource: &Resource<'_>) -> Vec<Finding> {
    let budgets = [("project", &config.project), ("host", &config.host)];
    let found = budgets.map(|(key, limits)| resource.above_budget(project, key, limits));
    found.into_iter().flatten().collect()
}
impl Resource<'_> {
    /// What is to say of a set: the run that takes most, or one that has no bound. `key` is where the budgets are written.
    fn above_budget(&self, project: &Project, key: &str, limits: &Limits) -> Option<Finding> {
        let budget = limits.amount(self.budget)?;
        if !project.is_whole() {
            return None;
        }
        let mut sums: Vec<(Run<'_>, Sum<'_>)> = runs(project)
            .into_iter()
            .map(|run| {
                let sum = sum(&run, self.limit);
                (run, sum)
            })
            .collect();
        sums.order_by(|(_, one), (_, other)| {
            let by_bound = other.unbounded.len().cmp(&one.unbounded.len());
            other.total.total_cmp(&one.total).then(by_bound)
        });
        let finding = sums
            .iter()
            .find(|(_, sum)| sum.total > budget.value)
            .and_then(|(run, sum)| self.above(run, sum, budget.value, key))
            .or_else(|| {
                let (run, sum) = sums.iter().find(|(_, sum)| !sum.unbounded.is_empty())?;
                self.unbounded(run, sum, budget.value, key)
            })
            .or_else(|| {
                let (_, sum) = sums.iter().find(|(_, sum)| !sum.unknown.is_empty())?;
                let (service, unknown) = sum.unknown.first()?;
                let what = format!("cannot check the sum of the {} limits against `{key}`", self.name);
                Some(Finding::undecided(unknown, &what).about(&service.name.value))
            })?;
        Some(match budget.span {
            Some(span) => finding
                .related(span, "the budget")
                .aspect(format!("{key} {}", self.budget.key)),
            None => finding,
        })
    }

    fn show(&self, amount: f64) -> String {
        self.budget.kind.amount(amount)
    }

    /// The limits of a run add up to more than what is allowed: at the largest of them.
    fn above(&self, run: &Run<'_>, sum: &Sum<'_>, allowed: f64, key: &str) -> Option<Finding> {
        let (service, _, span) = sum.parts.first()?;
        let (least, basis) = match sum.unbounded.is_empty() && sum.unknown.is_empty() {
            true => ("", Basis::Exact),
            false => ("at least ", Basis::AtLeast),
        };
        let message = format!(
            "{} the {} limits add up to {least}{}; the budget is {} (`{key}`)",
            run.words,
            self.name,
            self.show(sum.total),
            self.show(allowed)
        );
        let mut finding = Finding::new(*span, message)
            .help(format!(
                "lower the limits or the replicas, or raise `{key}: {{{}: ...}}`",
                self.budget.key
            ))
            .measured(self.budget.measured(sum.total, allowed, basis))
            .about(&service.name.value);
        for (other, amount, span) in sum.parts.iter().skip(1).take(3) {
            finding = finding.related(*span, format!("`{}` takes {}", other.name.value, self.show(*amount)));
        }
        Some(finding)
    }

    /// Services of a run have no limit at all.
    fn unbounded(&self, run: &Run<'_>, sum: &Sum<'_>, allowed: f64, key: &str) -> Option<Finding> {
        let first = sum.unbounded.first()?;
        let names = sum.unbounded.iter().take(4);
        let names: Vec<String> = names.map(|service| format!("`{}`", service.name.value)).collect();
        let more = match sum.unbounded.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let have = if sum.unbounded.len() == 1 { "has" } else { "have" };
        let message = format!(
            "{} {}{more} {have} no {} limit; the budget of the sum is {} (`{key}`)",
            run.words,
            names.join(", "),
            self.name,
            self.show(allowed)
        );
        Some(
            Finding::new(first.name.span, message)
                .help(format!("set `{}` on each", self.key))
                .about(&first.name.value),
        )
    }
}

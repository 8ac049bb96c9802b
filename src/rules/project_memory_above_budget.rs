use super::{Check, Group};
use crate::config::{Config, Limit};
use crate::fact::{Fact, Sourced};
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::resolve::compose::service::{Project, Service};
use crate::resolve::compose::sums::{Run, Sum, runs, sum};
use crate::values::bytes;

rule! {
    /// The memory limits of a Compose set add up to more than `project:` allows.
    ///
    /// ## Why it matters
    /// Each service can be within its budget and all of them together ask for more than the host has. What counts is the
    /// limit times the number of replicas, over the services that one `docker compose up` starts. A service without a limit
    /// makes the sum unbounded, which is above every budget.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 512m  # <- here
    ///     scale: 2
    ///   worker:
    ///     image: acme/worker:1.4
    ///     mem_limit: 256m
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// project: {memory: 1GiB}
    /// ```
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// project: {memory: 1GiB}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 512m
    ///     scale: 2
    ///   blue:
    ///     image: acme/worker:1.4
    ///     mem_limit: 512m
    ///     profiles: [blue]
    ///   green:
    ///     image: acme/worker:1.4
    ///     mem_limit: 512m
    ///     profiles: [green]
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// project: {memory: 1536MiB}
    /// ```
    ///
    /// ## Notes
    /// The sum is taken for the run without profiles, for each single profile, and for the profiles that an entry of
    /// `compose:` names.
    RULE {
        name: "project-memory-above-budget",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Project(check),
    }
}

fn check(project: &Project, config: &Config, found: &mut Vec<Finding>) {
    let Some(budget) = &config.project.memory else { return };
    #[allow(clippy::cast_precision_loss)]
    let limit = |service: &Service| match &service.memory {
        Fact::Known(known) => Fact::Known(Sourced::known(known.value as f64, known.span)),
        Fact::Unknown(unknown) => Fact::Unknown(unknown.clone()),
        Fact::Absent => Fact::Absent,
    };
    #[allow(clippy::cast_precision_loss)]
    let budget = Limit {
        value: budget.value as f64,
        chosen: budget.chosen,
        span: budget.span,
    };
    // Whole bytes, far below where a float loses one.
    #[allow(clippy::cast_possible_truncation)]
    let show = |amount: f64| bytes::show(amount as i64);
    found.extend(over(
        project,
        &budget,
        &Resource {
            quantity: "memory",
            name: "memory",
            key: "mem_limit",
            unit: "bytes",
            limit: &limit,
            show: &show,
        },
    ));
}

/// A resource that limits add up of.
pub(super) struct Resource<'a> {
    /// Its key under `project`, also the measured quantity.
    pub quantity: &'static str,
    /// Its name in sentences.
    pub name: &'static str,
    /// The key that limits it.
    pub key: &'static str,
    /// The unit of its figures.
    pub unit: &'static str,
    /// The limit of a service.
    pub limit: &'a dyn Fn(&Service) -> Fact<f64>,
    /// A figure for people.
    pub show: &'a dyn Fn(f64) -> String,
}

/// What is to say of a set: the run that takes most, or one that has no bound.
pub(super) fn over(project: &Project, budget: &Limit<f64>, resource: &Resource<'_>) -> Option<Finding> {
    if project.partial {
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
            .aspect(format!("project {}", resource.quantity)),
        None => finding,
    };
    let name = resource.name;
    let allowed = (resource.show)(budget.value);
    let exceeded = sums.iter().find(|(_, sum)| sum.total > budget.value);
    if let Some((run, sum)) = exceeded
        && let Some((service, _, span)) = sum.parts.first()
    {
        let is_all = sum.unbounded.is_empty() && sum.unknown.is_empty();
        let least = if is_all { "" } else { "at least " };
        let message = format!(
            "{} the {name} limits add up to {least}{}, and `project` allows {allowed}",
            run.words,
            (resource.show)(sum.total)
        );
        let mut finding = Finding::new(*span, message)
            .help(format!(
                "lower the limits or the replicas, or raise `project: {{{}: ...}}`",
                resource.quantity
            ))
            .about(&service.name.value);
        for (other, amount, span) in sum.parts.iter().skip(1).take(3) {
            finding = finding.related(
                *span,
                format!("'{}' takes {}", other.name.value, (resource.show)(*amount)),
            );
        }
        finding.measured = Some(Measured {
            quantity: resource.quantity,
            actual: sum.total,
            budget: budget.value,
            unit: resource.unit,
            basis: if is_all { Basis::Exact } else { Basis::AtLeast },
        });
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

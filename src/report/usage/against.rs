//! Two records side by side: what the services took before and after a change, absolute and in percent.

use super::super::escape;
use super::super::target::Target;
use super::{amount, percent, seconds, size};
use crate::config::budget::{IDLE_CPU, IDLE_MEMORY, RESPONSE_TIME, START_UP};
use crate::repository::Repository;
use crate::usage::suggest::Resource;
use crate::usage::{Figures, Recording};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A quantity: its key, what it is for people, where it is, and how it is shown.
type Quantity = (
    &'static str,
    &'static str,
    fn(&Figures) -> Option<f64>,
    fn(f64) -> String,
);

/// What is compared; less is better.
static QUANTITIES: [Quantity; 9] = [
    (
        "cpu_mean",
        "cpu, mean",
        |figures| Some(figures.cpu?.mean),
        |value| amount(Resource::Cpus, value),
    ),
    (
        "cpu_p99",
        "cpu, p99",
        |figures| Some(figures.cpu?.p99),
        |value| amount(Resource::Cpus, value),
    ),
    (
        "memory_mean",
        "memory, mean",
        |figures| Some(figures.memory?.mean),
        size,
    ),
    (
        "memory_peak",
        "memory, peak",
        |figures| Some(figures.memory?.peak),
        size,
    ),
    (
        "pids_peak",
        "pids, peak",
        |figures| Some(figures.pids?.peak),
        |value| amount(Resource::Pids, value),
    ),
    (
        "quiet_cpu",
        "cpu in the quietest 10 s",
        |figures| Some(figures.rest?.cpu),
        percent,
    ),
    ("quiet_memory", "memory in them", |figures| figures.rest?.memory, size),
    (
        "healthy_after",
        "healthy after",
        |figures| figures.healthy_after,
        seconds,
    ),
    (
        "response_time",
        "health check",
        // With the start of its program: whether that was measured differs between records.
        |figures| figures.probe.map(|probe| probe.median),
        seconds,
    ),
];

/// A figure of a service in both.
struct Change {
    quantity: &'static Quantity,
    before: Option<f64>,
    after: Option<f64>,
    /// How much less it is to be, as a share.
    target: Option<f64>,
    /// Whether both were recorded in the same way.
    is_alike: bool,
}

impl Change {
    /// The difference as a share of what it was.
    fn share(&self) -> Option<f64> {
        let (before, after) = self.before.zip(self.after)?;
        (before > 0.0).then(|| (after - before) / before)
    }

    fn shown(&self, value: Option<f64>) -> String {
        value.map_or("-".to_owned(), self.quantity.3)
    }

    /// What became of its target. A figure that one of the records does not have says nothing.
    fn answer(&self) -> Option<Target> {
        let less = self.target?;
        let both = self.before.zip(self.after).filter(|_| self.is_alike);
        Some(both.map_or(Target::Undecided, |(before, after)| Target::of(less, before, after)))
    }

    /// `-40 % (target -50 %: missed)`.
    fn said(&self) -> String {
        let share = self.share().map(super::text::signed);
        let target = self.answer().zip(self.target).map(|(target, less)| target.said(less));
        [share, target].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Two records.
pub(crate) struct Against {
    services: BTreeMap<String, Vec<Change>>,
    /// Why they are hard to compare, where they are.
    doubts: Vec<&'static str>,
}

impl Against {
    /// What changed from the one to the other; the targets are those of the profiles that the services have here.
    pub(crate) fn of(old: &Recording, new: &Recording, repository: Option<&Repository>) -> Self {
        let (before, after) = (largest(old), largest(new));
        let names: Vec<&String> = before.keys().chain(after.keys()).collect();
        let changes = |name: &String| {
            let value = |side: &BTreeMap<String, Vec<Option<f64>>>, index: usize| *side.get(name)?.get(index)?;
            let all = QUANTITIES.iter().enumerate().map(|(index, quantity)| Change {
                quantity,
                before: value(&before, index),
                after: value(&after, index),
                is_alike: old.at_rest == new.at_rest,
                target: budget(quantity.0).and_then(|key| target(repository?, name, key)),
            });
            all.filter(|change| change.before.is_some() || change.after.is_some() || change.target.is_some())
                .collect()
        };
        let mut doubts = Vec::new();
        if old.at_rest != new.at_rest {
            doubts.push("one is recorded at rest, and the other is not");
        }
        Self {
            services: names.into_iter().map(|name| (name.clone(), changes(name))).collect(),
            doubts,
        }
    }

    fn targets(&self) -> Vec<Target> {
        let changes = self.services.values().flatten();
        changes.filter_map(Change::answer).collect()
    }

    /// Whether a target is missed.
    pub(crate) fn misses(&self) -> bool {
        self.targets().contains(&Target::Missed)
    }

    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        for (name, changes) in &self.services {
            let _ = writeln!(out, "{}", escape::inline(name));
            for change in changes {
                let line = format!(
                    "  {:24} {:>11} -> {:<11} {}",
                    change.quantity.1,
                    change.shown(change.before),
                    change.shown(change.after),
                    change.said()
                );
                let _ = writeln!(out, "{}", line.trim_end());
            }
        }
        for doubt in &self.doubts {
            let _ = writeln!(out, "{doubt}");
        }
        if let Some(sums) = Target::sums(&self.targets()) {
            let _ = writeln!(out, "{sums}");
        }
        escape::guard(out)
    }

    pub(crate) fn markdown(&self) -> String {
        let mut out = "| service | what | before | after | change |\n| --- | --- | ---: | ---: | ---: |\n".to_owned();
        for (name, changes) in &self.services {
            for change in changes {
                let _ = writeln!(
                    out,
                    "| {} | {} | {} | {} | {} |",
                    escape::markdown_code(name),
                    change.quantity.1,
                    change.shown(change.before),
                    change.shown(change.after),
                    change.said()
                );
            }
        }
        for doubt in &self.doubts {
            let _ = writeln!(out, "\n{doubt}");
        }
        if let Some(sums) = Target::sums(&self.targets()) {
            let _ = writeln!(out, "\n{sums}");
        }
        escape::guard(out)
    }

    pub(crate) fn json(&self) -> String {
        let services = self.services.iter().map(|(name, changes)| {
            let all = changes.iter().map(|change| {
                let data = json!({"before": change.before, "after": change.after, "change": change.share(), "target": change.target.map(|less| -less), "answer": change.answer().map(Target::word)});
                (change.quantity.0.to_owned(), data)
            });
            (name.clone(), serde_json::Value::Object(all.collect()))
        });
        let data = json!({
            "schema": 1,
            "services": services.collect::<serde_json::Map<_, _>>(),
            "doubts": self.doubts,
        });
        format!(
            "{}\n",
            escape::json(&serde_json::to_string_pretty(&data).unwrap_or_default())
        )
    }
}

/// The budget that a quantity is held to.
fn budget(quantity: &str) -> Option<&'static str> {
    match quantity {
        "quiet_cpu" => Some(IDLE_CPU.key),
        "quiet_memory" => Some(IDLE_MEMORY.key),
        "healthy_after" => Some(START_UP.key),
        "response_time" => Some(RESPONSE_TIME.key),
        _ => None,
    }
}

/// How much less of a budget the profile of a service wants.
fn target(repository: &Repository, service: &str, budget: &str) -> Option<f64> {
    let mut all = repository.containers.iter();
    let container = all.find(|container| container.name == service)?;
    let profile = repository.profiles.get(&container.profile)?;
    profile.reduce.get(budget).map(|limit| limit.value)
}

/// The quantities of each service, of several containers the largest.
fn largest(recording: &Recording) -> BTreeMap<String, Vec<Option<f64>>> {
    let mut found: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    for seen in &recording.containers {
        let name = seen.service.as_deref().unwrap_or(seen.title());
        let own = QUANTITIES.iter().map(|(_, _, of, _)| of(seen.figures()));
        match found.get_mut(name) {
            None => drop(found.insert(name.to_owned(), own.collect())),
            Some(known) => {
                for (known, own) in known.iter_mut().zip(own) {
                    *known = known.map_or(own, |one| Some(own.map_or(one, |other| other.max(one))));
                }
            }
        }
    }
    found
}

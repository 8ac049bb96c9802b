//! What containers took, beside their limits, their budgets and the limits that would do: for people and for machines.

pub(crate) mod against;
mod compose;
mod fit;
mod html;
mod json;
mod markdown;
mod row;
mod text;

use crate::config::Profile;
use crate::order::Order as _;
use crate::repository::{Observed, Repository};
use crate::resolve::compose::service::Service;
use crate::usage::suggest::Resource;
use crate::usage::{Figures, Limits, Recording, Seen};
use crate::values::bytes;
use crate::values::number::{short, whole};
use std::collections::BTreeMap;

/// The resources in their order.
pub(crate) const RESOURCES: [Resource; 3] = [Resource::Cpus, Resource::Memory, Resource::Pids];

/// What a month of a core, and of a GB of memory, costs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prices {
    pub cpu: Option<f64>,
    pub gb: Option<f64>,
}

/// What is told of a recording.
pub(crate) struct Usage<'a> {
    pub rows: Vec<Row<'a>>,
    pub at_rest: bool,
    pub prices: Prices,
}

/// A container.
pub(crate) struct Row<'a> {
    pub seen: &'a Seen,
    pub figures: &'a Figures,
    /// Its service here, where there is one.
    pub service: Option<&'a Service>,
    pub profile: Option<&'a Profile>,
    /// The image that it ran, where that is another than its service names now.
    pub stale: Option<String>,
    /// The limits that it has in the files here, else those that it ran with.
    pub limits: Limits,
    /// How many more of it fit on the host.
    pub fit: Option<fit::Fit>,
    at_rest: bool,
}

impl<'a> Usage<'a> {
    /// The containers of a recording, with what the files here say of them.
    pub(crate) fn of(recording: &'a Recording, repository: Option<&'a Repository>, prices: Prices) -> Self {
        let at_rest = recording.at_rest;
        let row = |seen: &'a Seen| {
            let (service, profile, stale) =
                repository.map_or((None, None, None), |repository| here(seen, recording, repository));
            let limits = service.map_or(seen.limits.unwrap_or_default(), |service| limits(service, seen));
            Row {
                seen,
                figures: seen.figures(),
                service,
                profile,
                stale,
                limits,
                fit: None,
                at_rest,
            }
        };
        let mut rows: Vec<Row<'a>> = recording.containers.iter().map(row).collect();
        rows.order_by(|one, other| {
            (&one.seen.project, one.seen.title()).cmp(&(&other.seen.project, other.seen.title()))
        });
        let fits = repository.map_or_else(Vec::new, |repository| fit::of(&rows, &repository.host));
        for (row, fit) in rows.iter_mut().zip(fits) {
            row.fit = fit;
        }
        Self { rows, at_rest, prices }
    }

    /// For each resource what is reserved and what of it is used, over the containers that have a limit.
    pub(crate) fn efficiency(&self, project: Option<&str>) -> Vec<Efficiency> {
        let of = |resource| {
            let rows = self
                .rows
                .iter()
                .filter(|row| project.is_none_or(|name| row.seen.project.as_deref() == Some(name)));
            let pairs = rows.filter_map(|row| row.efficiency(resource));
            pairs.reduce(|one, other| Efficiency {
                resource,
                reserved: one.reserved + other.reserved,
                mean: one.mean + other.mean,
                needed: one.needed + other.needed,
            })
        };
        RESOURCES.into_iter().filter_map(of).collect()
    }

    /// The projects that are told apart.
    pub(crate) fn projects(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.rows.iter().filter_map(|row| row.seen.project.as_deref()).collect();
        all.dedup();
        all
    }

    /// What the unused part of what is reserved costs in a month.
    pub(crate) fn cost(&self) -> Option<f64> {
        let priced = self.efficiency(None).into_iter().filter_map(|efficiency| {
            let price = match efficiency.resource {
                Resource::Cpus => self.prices.cpu?,
                Resource::Memory => self.prices.gb? / 1e9,
                Resource::Pids => return None,
            };
            Some((efficiency.reserved - efficiency.needed).max(0.0) * price)
        });
        priced.reduce(|one, other| one + other)
    }

    /// The limits that would do for each service: of several containers the highest, and none where one has none.
    pub(crate) fn suggested(&self) -> BTreeMap<&str, (Option<&'a Service>, [Option<f64>; 3])> {
        let mut found: BTreeMap<&str, (Option<&'a Service>, [Option<f64>; 3])> = BTreeMap::new();
        for row in &self.rows {
            let Some(name) = row.name() else { continue };
            let own = RESOURCES.map(|resource| row.suggested(resource).ok().map(|suggested| suggested.value));
            match found.get_mut(name) {
                None => drop(found.insert(name, (row.service, own))),
                Some((_, known)) => {
                    for (known, own) in known.iter_mut().zip(own) {
                        *known = known.zip(own).map(|(one, other)| one.max(other));
                    }
                }
            }
        }
        found
    }

    pub(crate) fn text(&self, color: bool) -> String {
        text::render(self, color)
    }

    pub(crate) fn markdown(&self) -> String {
        markdown::render(self)
    }

    pub(crate) fn json(&self) -> String {
        json::render(self)
    }

    pub(crate) fn compose(&self) -> String {
        compose::render(self)
    }

    pub(crate) fn html(&self) -> String {
        html::render(self)
    }
}

/// What is reserved of a resource, and what of it is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Efficiency {
    pub resource: Resource,
    /// The limit.
    pub reserved: f64,
    /// On average.
    pub mean: f64,
    /// At the peak; of CPU time the 99th percentile.
    pub needed: f64,
}

/// The service that a container runs, its profile, and the image that it ran where that is another.
fn here<'a>(
    seen: &Seen,
    recording: &Recording,
    repository: &'a Repository,
) -> (Option<&'a Service>, Option<&'a Profile>, Option<String>) {
    let mut stale = None;
    for container in &repository.containers {
        let Some(service) = repository
            .service(container)
            .filter(|service| seen.is_of(&service.name.value))
        else {
            continue;
        };
        let profile = repository.profiles.get(&container.profile);
        match repository.observed_in(recording, container) {
            Observed::Seen(all) if all.iter().any(|other| other.id == seen.id) => {
                return (Some(service), profile, None);
            }
            _ => stale = Some((service, profile)),
        }
    }
    match stale {
        Some((service, profile)) => (Some(service), profile, Some(seen.image.clone().unwrap_or_default())),
        None => (None, None, None),
    }
}

/// The limits that a service has in its file; what is not known there is as the container had it.
fn limits(service: &Service, seen: &Seen) -> Limits {
    use crate::fact::Fact as Set;
    let then = seen.limits.unwrap_or_default();
    let count = |fact: &Set<i64>, then: Option<u64>| match fact {
        Set::Known(known) => u64::try_from(known.value).ok().filter(|value| *value > 0),
        Set::Absent => None,
        Set::Unknown(_) => then,
    };
    Limits {
        memory: count(&service.memory, then.memory),
        cpus: match service.cpu_limit() {
            Set::Known(known) => Some(known.value).filter(|cpus| *cpus > 0.0),
            Set::Absent => None,
            Set::Unknown(_) => then.cpus,
        },
        pids: count(&service.pids, then.pids),
    }
}

/// What a resource is called.
pub(crate) fn word(resource: Resource) -> &'static str {
    match resource {
        Resource::Cpus => "cpu",
        Resource::Memory => "memory",
        Resource::Pids => "pids",
    }
}

/// An amount of a resource for people: `0.25`, `41.5 MiB`, `12`.
pub(crate) fn amount(resource: Resource, value: f64) -> String {
    match resource {
        Resource::Cpus => short((value * 1000.0).round() / 1000.0),
        Resource::Memory => size(value),
        Resource::Pids => short((value * 10.0).round() / 10.0),
    }
}

/// Bytes in binary units, with a digit behind the point at most.
pub(crate) fn size(value: f64) -> String {
    const UNITS: [(&str, f64); 3] = [("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1024.0)];
    for (name, unit) in UNITS {
        if value >= unit {
            return format!("{} {name}", (value / unit * 10.0).round() / 10.0);
        }
    }
    bytes::show(whole(value))
}

/// `12 %`.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent.abs() < 10.0 {
        true => format!("{} %", (percent * 10.0).round() / 10.0),
        false => format!("{} %", percent.round()),
    }
}

/// Seconds for people: `92 ms`, `2.1 s`.
pub(crate) fn seconds(value: f64) -> String {
    match value < 1.0 {
        true => format!("{} ms", (value * 1000.0).round()),
        false => format!("{} s", (value * 10.0).round() / 10.0),
    }
}

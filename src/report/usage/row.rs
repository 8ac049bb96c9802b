//! A container's figures beside what they are held against.

use super::super::words;
use super::{Efficiency, RESOURCES, Row, percent, seconds, size};
use crate::config::Budget;
use crate::config::budget::{CPUS, IDLE_CPU, IDLE_MEMORY, MEMORY, PIDS, RESPONSE_TIME, START_UP};
use crate::usage::Spread;
use crate::usage::suggest::{self, Resource, Silence, Suggested};
use crate::values::number::{Real, short};

/// A figure that is no resource with a limit.
pub(crate) struct Fact {
    /// The key in JSON.
    pub key: &'static str,
    /// For people.
    pub what: &'static str,
    pub value: f64,
    pub shown: String,
    pub budget: Option<f64>,
    pub allowed: Option<String>,
    /// Whether what is above its budget is surely too much.
    pub is_sure: bool,
}

impl Fact {
    fn new(key: &'static str, what: &'static str, value: f64, shown: String) -> Self {
        Self {
            key,
            what,
            value,
            shown,
            budget: None,
            allowed: None,
            is_sure: true,
        }
    }

    /// Whether it is above its budget.
    pub(crate) fn is_above(&self) -> bool {
        self.is_sure && self.budget.is_some_and(|budget| self.value > budget)
    }
}

impl<'a> Row<'a> {
    /// The service that it runs, by the file or by its label.
    pub(crate) fn name(&self) -> Option<&str> {
        let named = self.service.map(|service| service.name.value.as_str());
        named.or(self.seen.service.as_deref())
    }

    /// `api (shop-api-1)`.
    pub(crate) fn title(&self) -> String {
        match self.name() {
            Some(name) if name != self.seen.title() => format!("{name} ({})", self.seen.title()),
            _ => self.seen.title().to_owned(),
        }
    }

    /// The head of what is told of it: `profile small, 31 samples over 30 s`.
    pub(crate) fn about(&self) -> String {
        let profile = self
            .profile
            .map_or(String::new(), |profile| format!("profile {}, ", profile.name));
        let stale = self
            .stale
            .as_ref()
            .map_or(String::new(), |image| format!("; recorded with another image, {image}"));
        let samples = words::count(self.figures.samples, "sample");
        format!("{profile}{samples} over {}{stale}", seconds(self.figures.seconds))
    }

    /// The spread of a resource.
    pub(crate) fn spread(&self, resource: Resource) -> Option<Spread> {
        suggest::spread(resource, self.figures)
    }

    /// What its profile allows of a resource.
    pub(crate) fn budget(&self, resource: Resource) -> Option<f64> {
        let budget = match resource {
            Resource::Cpus => &CPUS,
            Resource::Memory => &MEMORY,
            Resource::Pids => &PIDS,
        };
        self.allowed(budget)
    }

    fn allowed(&self, budget: &Budget) -> Option<f64> {
        let limits = &self.profile?.limits;
        let amount = limits.amount(budget).map(|limit| limit.value);
        amount.or_else(|| limits.share(budget).map(|(share, _)| share.value))
    }

    /// A limit that would do.
    pub(crate) fn suggested(&self, resource: Resource) -> Result<Suggested, Silence> {
        if self.at_rest {
            return Err(Silence::AtRest);
        }
        if self.stale.is_some() {
            return Err(Silence::Stale);
        }
        suggest::limit(resource, self.figures, self.seen.limits, self.budget(resource))
    }

    /// What a suggested limit is more or less than the one that there is, as a share of that.
    pub(crate) fn change(&self, resource: Resource) -> Option<f64> {
        let limit = self.limits.of(resource)?;
        let suggested = self.suggested(resource).ok()?;
        Some((suggested.value - limit) / limit)
    }

    /// What it takes of a resource: memory and pids at the peak, CPU at the 99th percentile.
    pub(crate) fn needed(&self, resource: Resource) -> Option<f64> {
        let spread = self.spread(resource)?;
        Some(match resource {
            Resource::Cpus => spread.p99,
            _ => spread.peak,
        })
    }

    /// What is reserved and used of a resource, where it has a limit.
    pub(crate) fn efficiency(&self, resource: Resource) -> Option<Efficiency> {
        let (reserved, spread) = (self.limits.of(resource)?, self.spread(resource)?);
        Some(Efficiency {
            resource,
            reserved,
            mean: spread.mean,
            needed: self.needed(resource)?,
        })
    }

    /// The resources of which something is known.
    pub(crate) fn resources(&self) -> impl Iterator<Item = (Resource, Spread)> + '_ {
        RESOURCES
            .into_iter()
            .filter_map(|resource| Some((resource, self.spread(resource)?)))
    }

    /// Every other figure that is known.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        let mut found = self.held();
        let figures = self.figures;
        let mut add = |key, what, value: Option<f64>, show: fn(f64) -> String| {
            found.extend(value.map(|value| Fact::new(key, what, value, show(value))));
        };
        let some = |count: usize| Some(count.real()).filter(|count| *count > 0.0);
        add("memory_floor", "memory that cannot be dropped", figures.floor, size);
        add(
            "throttled",
            "periods in which it waited for CPU",
            figures.throttled,
            percent,
        );
        add("received", "received", figures.received, size);
        add("sent", "sent", figures.sent, size);
        add("read", "read from devices", figures.read, size);
        add("written", "written to devices", figures.written, size);
        add("restarts", "restarts", some(figures.restarts), short);
        add("oom_kills", "killed for its memory", some(figures.ooms), short);
        add("failures", "ended with an error", some(figures.failures), short);
        found.extend(self.fit.map(|fit| {
            let what = "more of it that fit on the host";
            Fact::new("more_that_fit", what, fit.by_use.real(), fit.shown())
        }));
        found
    }

    /// The figures that have budgets of their own.
    fn held(&self) -> Vec<Fact> {
        let mut found = Vec::new();
        let mut add = |key, what, value: Option<f64>, shown: &dyn Fn(f64) -> String, budget: &Budget, is_sure| {
            let Some(value) = value else { return };
            let mut fact = Fact::new(key, what, value, shown(value));
            fact.budget = self.allowed(budget);
            fact.allowed = fact.budget.map(|allowed| budget.kind.amount(allowed));
            fact.is_sure = is_sure;
            found.push(fact);
        };
        let (rest, is_rest) = (self.figures.rest, self.at_rest);
        let [cpu, memory] = match is_rest {
            true => ["CPU at rest, of a core", "memory at rest"],
            false => ["CPU in the quietest 10 s, of a core", "memory in the quietest 10 s"],
        };
        let bytes = rest.and_then(|rest| rest.memory);
        add(
            "quiet_cpu",
            cpu,
            rest.map(|rest| rest.cpu),
            &percent,
            &IDLE_CPU,
            is_rest,
        );
        add("quiet_memory", memory, bytes, &size, &IDLE_MEMORY, is_rest);
        let healthy = self.figures.healthy_after;
        add("healthy_after", "healthy after", healthy, &seconds, &START_UP, true);
        if let Some(probe) = self.figures.probe {
            let count = words::count(probe.count, "probe");
            let show = |value: f64| match probe.exec {
                Some(exec) => format!("{} + {} to start it ({count})", seconds(value), seconds(exec)),
                None => format!("{} with the start of its program ({count})", seconds(value)),
            };
            let value = Some(probe.response().unwrap_or(probe.median));
            let is_sure = probe.exec.is_some();
            add("response_time", "health check", value, &show, &RESPONSE_TIME, is_sure);
        }
        found
    }
}

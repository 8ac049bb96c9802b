//! A setting of a service against its budget, and a setting that is required and missing.

use crate::config::budget::{CPUS, MEMORY, PIDS};
use crate::config::{Budget, Demand, Limit};
use crate::fact::{Fact, State};
use crate::finding::{Basis, Change, Finding};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::number::Real;

/// Decimal fractions that are added up miss each other by less.
const TINY: f64 = 1e-9;

/// A setting that a profile can have a budget for.
pub(in crate::rules) struct Setting<'a> {
    /// The budget.
    pub budget: &'static Budget,
    /// Its name in a sentence: `memory limit`.
    pub what: &'a str,
    /// What it is set to; infinite is unlimited.
    pub value: Fact<f64>,
    /// The key that sets it, or should.
    pub key: &'a str,
    /// What findings are about where nothing sets it.
    pub aspect: &'a str,
    /// How far it must go down, behind "lower `key`": `to 128m`.
    pub goal: fn(f64) -> String,
}

impl Setting<'static> {
    /// The memory limit, under the key that is written at `at`, or should be.
    pub(in crate::rules) fn memory_limit(service: &Service, at: Option<Span>) -> Self {
        Self {
            budget: &MEMORY,
            what: "memory limit",
            value: amount(&service.memory),
            key: service.limit_key(at, "mem_limit", "deploy.resources.limits.memory"),
            aspect: "mem_limit",
            goal: |bytes| format!("to {}", MEMORY.kind.written(bytes)),
        }
    }

    /// The process limit, under the key that is written at `at`, or should be.
    pub(in crate::rules) fn process_limit(service: &Service, at: Option<Span>) -> Self {
        Self {
            budget: &PIDS,
            what: "process limit",
            value: amount(&service.pids),
            key: service.limit_key(at, "pids_limit", "deploy.resources.limits.pids"),
            aspect: "pids_limit",
            goal: |pids| format!("to {pids}"),
        }
    }

    /// The CPU limit, under the key that is written at `at`, or should be.
    pub(in crate::rules) fn cpu_limit(service: &Service, at: Option<Span>) -> Self {
        let is_quota = at.is_some() && at == service.cpu_quota.span();
        Self {
            budget: &CPUS,
            what: "CPU limit",
            value: service.cpu_limit(),
            key: match is_quota {
                true => "cpu_quota",
                false => service.limit_key(at, "cpus", "deploy.resources.limits.cpus"),
            },
            aspect: "cpus",
            goal: |cpus| format!("until it allows {cpus} CPUs"),
        }
    }
}

impl Setting<'_> {
    /// It is above its budget, or cannot be held against it; `says` makes the beginning of the sentence out of what it is set to.
    pub(in crate::rules) fn above_budget(
        &self,
        subject: &Subject<'_>,
        service: &Service,
        says: impl Fn(&str) -> String,
    ) -> Option<Finding> {
        self.above(&subject.profile.limits.amount(self.budget)?, subject, service, says)
    }

    /// The same against this limit.
    pub(in crate::rules) fn above(
        &self,
        limit: &Limit<f64>,
        subject: &Subject<'_>,
        service: &Service,
        says: impl Fn(&str) -> String,
    ) -> Option<Finding> {
        let known = match &self.value {
            Fact::Known(known) if known.value > limit.value + TINY => known,
            Fact::Unknown(unknown) => {
                let (what, name) = (self.what, &service.name.value);
                let what = format!("cannot check the {what} of `{name}`");
                return Some(Finding::undecided(unknown, &what).aspect(self.aspect));
            }
            _ => return None,
        };
        let show = |amount: f64| match amount.is_finite() {
            true => self.budget.kind.amount(amount),
            false => "unlimited".to_owned(),
        };
        let message = format!(
            "{}; the budget is {} (profile `{}`){}",
            says(&show(known.value)),
            show(limit.value),
            subject.profile.name,
            known.proviso()
        );
        let finding = Finding::new(known.span, message)
            .help(format!(
                "lower `{}` {}, or raise the budget",
                self.key,
                (self.goal)(limit.value)
            ))
            .over(known)
            .aspect(self.key)
            .with_care();
        let finding =
            match known.state == State::Known && self.budget.setting != Some("ulimits") && self.key != "cpu_quota" {
                true => finding.change(Change::Replace(known.span, self.budget.kind.written(limit.value))),
                false => finding,
            };
        // Unlimited is no figure.
        let measured = known
            .value
            .is_finite()
            .then(|| self.budget.measured(known.value, limit.value, Basis::Exact));
        Some(subject.above(finding, limit, measured))
    }

    /// It is not set, or set to what `is_none` says is no limit. `beside` is a place that tells why.
    pub(in crate::rules) fn missing(
        &self,
        subject: &Subject<'_>,
        service: &Service,
        demand: Demand,
        is_none: fn(f64) -> bool,
        beside: Option<(Span, &str)>,
    ) -> Option<Finding> {
        let (what, name) = (self.what, &service.name.value);
        let clause = subject.requirement_clause(demand, "one");
        let limit = subject.profile.limits.amount(self.budget);
        let lifted = limit
            .clone()
            .filter(|_| matches!(&self.value, Fact::Known(known) if is_none(known.value)));
        let finding = match &self.value {
            Fact::Absent if subject.absence_is_sure() => {
                Finding::new(service.name.span, format!("`{name}` has no {what}{clause}"))
            }
            Fact::Known(known) if is_none(known.value) => {
                let message = format!(
                    "`{name}` sets `{}: {}` (unlimited){}{}",
                    self.key,
                    known.value,
                    subject.requirement_clause(demand, "a limit"),
                    known.proviso()
                );
                Finding::new(known.span, message).over(known)
            }
            // Where there is a budget, the rule about the budget says so.
            Fact::Unknown(unknown) if subject.profile.demands(demand) && limit.is_none() => {
                let what = format!("cannot check whether `{name}` has a {what}");
                return Some(Finding::undecided(unknown, &what).aspect(self.aspect));
            }
            _ => return None,
        };
        let example = limit.as_ref().map_or(String::new(), |limit| {
            format!(" to {} or less", self.budget.kind.written(limit.value))
        });
        let mut finding = finding.help(format!("set `{}`{example}", self.key)).aspect(self.aspect);
        if let Some((span, why)) = beside {
            finding = finding.related(span, why);
        }
        if let Some(limit) = limit.filter(|_| self.key == self.aspect) {
            let value = self.budget.kind.written(limit.value);
            finding = finding
                .change(Change::Set(service.name.span, self.key.to_owned(), value))
                .with_care();
        }
        // Of those who limit one thing nobody wants to hear of the processors or processes as well.
        let intended = demand == Demand::Memory && service.sets_a_limit();
        let finding = match &lifted {
            // What takes a limit away on purpose is above every budget.
            Some(budget) => subject.above(finding, budget, None).raised("2026.12"),
            None => finding,
        };
        match lifted.is_some() && !subject.profile.demands(demand) {
            true => Some(finding),
            false => Some(subject.demanded(finding, demand, intended)),
        }
    }
}

/// A whole number as the amount of a budget.
pub(in crate::rules) fn amount(fact: &Fact<i64>) -> Fact<f64> {
    fact.clone().map(Real::real)
}

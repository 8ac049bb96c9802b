//! `reduce`: how much less of something a version is to take than the one that it is compared with, as shares.

use super::budget::{Budget, CPUS, IDLE_CPU, IDLE_MEMORY, IMAGE_SIZE, LOG_SIZE, MEMORY, PIDS, RESPONSE_TIME, START_UP};
use super::figure::{Figure, Kind};
use super::read::Reader;
use super::{Limit, Profile};
use crate::parse::yaml::Value;
use std::collections::BTreeMap;

/// The budgets that can get a target: those of `plimsoll diff`, and those that only a run can tell.
pub(crate) static REDUCIBLE: [&Budget; 9] = [
    &IMAGE_SIZE,
    &MEMORY,
    &CPUS,
    &PIDS,
    &LOG_SIZE,
    &START_UP,
    &RESPONSE_TIME,
    &IDLE_CPU,
    &IDLE_MEMORY,
];

/// The shares by the keys of their budgets: 0.6 is 60 % less.
pub(crate) type Reductions = BTreeMap<&'static str, Limit<f64>>;

impl Reader<'_> {
    /// Reads the targets of a profile; `null` takes one away that there is.
    pub(super) fn reductions(&mut self, value: &Value, profile: &mut Profile) {
        let names = REDUCIBLE.map(|budget| budget.key);
        for (name, entry) in self.entries(value, "`reduce`", &names) {
            let Some(budget) = REDUCIBLE.iter().find(|budget| budget.key == name) else {
                continue;
            };
            if entry.value.is_null() {
                profile.reduce.remove(budget.key);
                continue;
            }
            match Kind::Share.read(name, &entry.value.data) {
                Ok(Figure::Share { share, .. }) if share > 0.0 && share <= 1.0 => {
                    let limit = Limit {
                        value: share,
                        chosen: true,
                        span: Some(entry.value.span),
                    };
                    profile.reduce.insert(budget.key, limit);
                }
                _ => self.mistake(
                    entry.value.span,
                    format!("`{name}` must be a share to reduce by, above 0 % and at most 100 %"),
                    format!("write `{name}: 60%`"),
                ),
            }
        }
    }
}

//! How many more containers of a service fit on `host`, by what was measured and by limits.

use super::{Row, word};
use crate::config::Limits;
use crate::config::budget::{CPUS, MEMORY};
use crate::usage::suggest::Resource;

/// Of what is nothing as good as none fills a host.
const MAX: f64 = 1e6;

/// The room that is left on the host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit {
    /// So many more of it, as much as each took: memory at its peak, CPU at the 99th percentile.
    pub by_use: u64,
    /// What ends first then.
    pub resource: Resource,
    /// So many more by the limits, where all have one.
    pub by_limits: Option<u64>,
}

impl Fit {
    /// `12 (memory ends first), 3 by limits`.
    pub(crate) fn shown(&self) -> String {
        let limits = self
            .by_limits
            .map_or(String::new(), |more| format!(", {more} by limits"));
        format!("{} ({} ends first){limits}", self.by_use, word(self.resource))
    }
}

/// For each row, where the host has budgets and everything beside it was measured.
pub(super) fn of(rows: &[Row<'_>], limits: &Limits) -> Vec<Option<Fit>> {
    let host = [(Resource::Memory, &MEMORY), (Resource::Cpus, &CPUS)];
    let amounts: Vec<(Resource, f64)> = host
        .into_iter()
        .filter_map(|(resource, budget)| Some((resource, limits.amount(budget)?.value)))
        .collect();
    rows.iter().map(|row| one(row, rows, &amounts)).collect()
}

fn one(row: &Row<'_>, rows: &[Row<'_>], host: &[(Resource, f64)]) -> Option<Fit> {
    let beside = || rows.iter().filter(|other| other.seen.project == row.seen.project);
    // How many more there are if each takes this of a resource.
    let more = |of: &dyn Fn(&Row<'_>, Resource) -> Option<f64>| {
        let mut least: Option<(u64, Resource)> = None;
        for (resource, amount) in host {
            let own = of(row, *resource).filter(|own| *own > 0.0)?;
            let taken: f64 = beside().map(|other| of(other, *resource)).sum::<Option<f64>>()?;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Between 0 and a million.
            let count = ((amount - taken) / own).floor().clamp(0.0, MAX) as u64;
            if least.is_none_or(|(known, _)| count < known) {
                least = Some((count, *resource));
            }
        }
        least
    };
    let (by_use, resource) = more(&|row, resource| row.needed(resource))?;
    let by_limits = more(&|row, resource| row.limits.of(resource)).map(|(count, _)| count);
    Some(Fit {
        by_use,
        resource,
        by_limits,
    })
}

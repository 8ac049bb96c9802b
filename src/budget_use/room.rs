//! How many more of a service fit on `host`, by its limits and those of all that runs beside it.

use super::{COLUMNS, What};
use crate::config::Config;
use crate::fact::Fact;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;
use crate::resolve::compose::sums::{runs, sum};

/// In a larger set nobody asks for one service, and each is held against all others.
const MAX_SERVICES: usize = 500;

/// The room that `host` has left for a service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Room {
    /// So many more containers of it fit.
    pub more: u64,
    /// The heading of the resource that ends first: `memory`, `cpus`.
    pub resource: &'static str,
    /// What is taken of it.
    pub taken: f64,
    /// What the host has of it.
    pub host: f64,
}

/// The room for a service of a set; `None` where the host has no budget, or something that runs beside it has no limit.
pub(super) fn of(service: &Service, project: &Project, config: &Config) -> Option<Room> {
    if project.services.len() > MAX_SERVICES || !project.is_whole() {
        return None;
    }
    let mut least: Option<Room> = None;
    for column in &COLUMNS {
        let What::Limit(limit, _) = column.what else { continue };
        let Some(host) = config.host.amount(column.budget) else {
            continue;
        };
        let Fact::Known(own) = limit(service) else { return None };
        let mut taken: f64 = 0.0;
        let has = |run: &[&Service]| run.iter().any(|other| other.name == service.name);
        for run in runs(project).iter().filter(|run| has(&run.services)) {
            let sum = sum(run, &limit);
            if !sum.unbounded.is_empty() || !sum.unknown.is_empty() {
                return None;
            }
            taken = taken.max(sum.total);
        }
        if own.value <= 0.0 {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Not below 0, and what is too large is cut.
        let more = ((host.value - taken) / own.value).floor().max(0.0) as u64;
        if least.as_ref().is_none_or(|room| more < room.more) {
            least = Some(Room {
                more,
                resource: column.name,
                taken,
                host: host.value,
            });
        }
    }
    least
}

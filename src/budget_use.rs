//! What each container, and each run of a Compose set, takes of its budgets: the figures, whether or not a rule complains.

mod measure;
mod room;

pub(crate) use measure::Answer;
pub(crate) use measure::{Amount, Level, Measure};
pub(crate) use room::Room;

use crate::build::size::Ledger;
use crate::config::budget::{CPUS, IMAGE_SIZE, LOG_SIZE, MEMORY, PIDS};
use crate::config::{Budget, Config, Demand, Limit, Profile, Reductions};
use crate::container::{Container, ImageSource};
use crate::fact::Fact;
use crate::finding::Basis;
use crate::repository::sizes;
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::{Logging, Service};
use crate::resolve::compose::sums::{runs, sum};
use crate::source::Span;
use crate::values::bytes;
use crate::values::number::{Real, whole};
use std::sync::Arc;

/// A budget whose use is shown.
pub(crate) struct Column {
    /// Its heading.
    pub name: &'static str,
    /// The budget.
    pub budget: &'static Budget,
    /// Where the figure comes from.
    what: What,
}

/// Where a figure comes from.
enum What {
    /// The size of the image.
    Image,
    /// A limit of the service, and the demand to have one.
    Limit(fn(&Service) -> Fact<f64>, Demand),
    /// What the log files may take.
    Log,
}

/// The columns, in order.
pub(crate) static COLUMNS: [Column; 5] = [
    Column {
        name: "image",
        budget: &IMAGE_SIZE,
        what: What::Image,
    },
    Column {
        name: "memory",
        budget: &MEMORY,
        what: What::Limit(|service| service.memory.clone().map(Real::real), Demand::Memory),
    },
    Column {
        name: "cpus",
        budget: &CPUS,
        what: What::Limit(Service::cpu_limit, Demand::Cpus),
    },
    Column {
        name: "pids",
        budget: &PIDS,
        what: What::Limit(|service| service.pids.clone().map(Real::real), Demand::Pids),
    },
    Column {
        name: "log",
        budget: &LOG_SIZE,
        what: What::Log,
    },
];

impl Column {
    /// A figure for people. Images are told in decimal units, whatever the budget is written in.
    pub(crate) fn show(&self, amount: f64) -> String {
        match self.what {
            What::Image => bytes::megabytes(u64::try_from(whole(amount)).unwrap_or(0)),
            _ => self.budget.kind.amount(amount),
        }
    }

    /// Whether it is about images.
    pub(crate) fn is_of_image(&self) -> bool {
        matches!(self.what, What::Image)
    }

    fn measure(&self, subject: &Subject<'_>) -> Option<Measure> {
        let limit = subject.profile.limits.amount(self.budget);
        match self.what {
            What::Image => image(subject, limit.as_ref()),
            What::Limit(limit_of, demand) => {
                let amount = match limit_of(subject.service()?) {
                    Fact::Known(known) if known.value > 0.0 => Amount::Of(known.value, Basis::Exact),
                    Fact::Absent if !subject.absence_is_sure() => Amount::Unknown,
                    Fact::Known(_) | Fact::Absent => Amount::Unbounded,
                    Fact::Unknown(_) => Amount::Unknown,
                };
                let is_demanded = subject.profile.demands(demand);
                Some(Measure::new(amount, limit.map(|limit| limit.value), is_demanded))
            }
            What::Log => log(subject.service()?, subject, limit.as_ref()),
        }
    }
}

/// One container, or all services of a run.
#[derive(Clone, Debug)]
pub struct Usage {
    /// Whose figures these are: a service, a Dockerfile, or a run in words.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// The profile whose budgets these are; `None` for a run.
    pub profile: Option<String>,
    /// How much less than before it is to take.
    pub(crate) reduce: Reductions,
    /// A figure for each of [`COLUMNS`]; `None` where the question makes no sense.
    pub measures: Vec<Option<Measure>>,
    /// Where the bytes of its image are, if it is built here.
    pub image: Option<Built>,
    /// How many more of it fit on the host.
    pub(crate) room: Option<Room>,
}

/// An image that is built here.
#[derive(Clone, Debug)]
pub struct Built {
    /// The Dockerfile, with the stage if it has a name.
    pub name: String,
    /// Its rows.
    pub ledger: Arc<Ledger>,
}

/// Every container that is judged, in its order, then every run of a set that `project` has a budget for.
pub(crate) fn of(repository: &Repository, config: &Config) -> Vec<Usage> {
    let fallback = Profile::default();
    let mut found: Vec<Usage> = Vec::new();
    for container in repository.judged_containers() {
        let profile = config.profiles.get(&container.profile).unwrap_or(&fallback);
        let subject = Subject {
            container,
            repository,
            profile,
        };
        let mut usage = of_container(&subject);
        usage.room = subject
            .service()
            .zip(subject.project())
            .and_then(|(service, project)| room::of(service, project, config));
        found.push(usage);
    }
    found.extend(of_runs(repository, config));
    found
}

fn of_container(subject: &Subject<'_>) -> Usage {
    Usage {
        name: subject.container.name.clone(),
        span: subject.container.span,
        profile: Some(subject.container.profile.clone()),
        reduce: subject.profile.reduce.clone(),
        measures: COLUMNS.iter().map(|column| column.measure(subject)).collect(),
        image: built(subject.container, subject.repository),
        room: None,
    }
}

/// The size of the image; the default profile's own figure holds for what is built here.
fn image(subject: &Subject<'_>, limit: Option<&Limit<f64>>) -> Option<Measure> {
    if matches!(subject.container.image, ImageSource::None) {
        return None;
    }
    let limit = limit.filter(|limit| limit.chosen || sizes::is_built(subject.container));
    let budget = limit.map(|limit| limit.value);
    let ledger = sizes::of_container(subject.container, subject.repository);
    let total = ledger.total();
    let at_least = total.at_least.real();
    let amount = match total.estimate {
        _ if budget.is_some_and(|budget| at_least > budget) && !total.is_exact() => {
            Amount::Of(at_least, Basis::AtLeast)
        }
        Some(about) => Amount::Of(about.real(), total.basis()),
        None if ledger.about() > 0 => Amount::Of(at_least, Basis::AtLeast),
        None => Amount::Unknown,
    };
    let recorded = subject.repository.recorded(subject.container);
    let about = ledger.about();
    let measure = Measure {
        at_most: total.at_most().map(Real::real),
        about: (total.estimate.is_none() && about > total.at_least).then(|| about.real()),
        ..Measure::new(amount, budget, false)
    };
    Some(measure.since(recorded.map(|(before, _)| before.real())))
}

/// What the log files of a service may take. Without a driver the options are taken for those of json-file; another one
/// has bounds of its own.
fn log(service: &Service, subject: &Subject<'_>, limit: Option<&Limit<f64>>) -> Option<Measure> {
    let amount = match &service.logging {
        None if !subject.absence_is_sure() => Amount::Unknown,
        None => Amount::Unbounded,
        Some(logging) => match &logging.driver {
            Fact::Known(driver) if driver.value != "json-file" => return None,
            Fact::Unknown(_) => Amount::Unknown,
            _ => log_size(logging, service),
        },
    };
    let is_demanded = subject.profile.demands(Demand::LogRotation);
    Some(Measure::new(amount, limit.map(|limit| limit.value), is_demanded))
}

fn log_size(logging: &Logging, service: &Service) -> Amount {
    let size = match logging.option("max-size") {
        None | Some(Fact::Absent) => return Amount::Unbounded,
        Some(size) => size.value().and_then(|size| bytes::decimal(size)),
    };
    let files = match logging.option("max-file") {
        None | Some(Fact::Absent) => Some(1),
        Some(files) => files.value().and_then(|files| files.parse::<i64>().ok()),
    };
    let replicas = match &service.replicas {
        Fact::Absent => Some(1),
        replicas => replicas.value().copied(),
    };
    match (size, files, replicas) {
        (Some(size), Some(files), Some(replicas)) => {
            let all = size.saturating_mul(files.max(1)).saturating_mul(replicas.max(0));
            Amount::Of(all.real(), Basis::Exact)
        }
        _ => Amount::Unknown,
    }
}

fn built(container: &Container, repository: &Repository) -> Option<Built> {
    let ImageSource::Built { file, plan } = &container.image else {
        return None;
    };
    let stage = plan.shipped()?.name.as_ref();
    Some(Built {
        name: stage.map_or_else(|| file.path.clone(), |stage| format!("{}: {}", file.path, stage.value)),
        ledger: sizes::of_container(container, repository),
    })
}

/// The sums that `project` allows, for the run of each set that takes most.
fn of_runs(repository: &Repository, config: &Config) -> Vec<Usage> {
    let budgets: Vec<Option<Limit<f64>>> = COLUMNS
        .iter()
        .map(|column| config.project.amount(column.budget))
        .collect();
    if budgets.iter().all(Option::is_none) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for project in repository.judged_sets().filter(|project| project.is_whole()) {
        let runs = runs(project);
        let is_only = runs.len() == 1;
        let mut usages = runs.into_iter().filter_map(|run| {
            let first = run.services.first()?;
            let taken = |(column, budget): (&Column, &Option<Limit<f64>>)| {
                let (budget, What::Limit(limit, _)) = (budget.as_ref()?.value, &column.what) else {
                    return None;
                };
                let sum = sum(&run, limit);
                let amount = if !sum.unbounded.is_empty() && sum.total <= budget {
                    Amount::Unbounded
                } else if !sum.unknown.is_empty() || !sum.unbounded.is_empty() {
                    Amount::Of(sum.total, Basis::AtLeast)
                } else {
                    Amount::Of(sum.total, Basis::Exact)
                };
                Some(Measure::new(amount, Some(budget), true))
            };
            Some(Usage {
                name: if is_only {
                    "all services".to_owned()
                } else {
                    format!("all services {}", run.words)
                },
                span: first.name.span,
                profile: None,
                reduce: Reductions::new(),
                measures: COLUMNS.iter().zip(&budgets).map(taken).collect(),
                image: None,
                room: None,
            })
        });
        let Some(mut most) = usages.next() else { continue };
        for other in usages {
            if other.weight() > most.weight() {
                most = other;
            }
        }
        found.push(most);
    }
    found
}

impl Usage {
    /// The worst level, and the largest share.
    pub fn weight(&self) -> (Level, f64) {
        let measures = self.measures.iter().flatten();
        measures.fold((Level::Open, 0.0), |(level, share), measure| {
            (level.max(measure.level), share.max(measure.share().unwrap_or(0.0)))
        })
    }
}

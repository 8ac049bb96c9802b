//! How each service stands against everything that a profile can demand: met, not met, or not known.
//!
//! The answers are those of the rules behind the demands, asked as if a profile demanded all of it; which rules run, what is
//! ignored and what weighs how much does not change how a service stands.

use crate::config::{Config, Demand, Profile};
use crate::container::Container;
use crate::finding::{Finding, Severity};
use crate::parallel;
use crate::repository::{Repository, Subject};
use crate::rules::{Check, RULES, Rule};
use crate::source::Span;

/// What is looked at, in the order of the columns: the word, and the rules that find what is missing.
pub(crate) const COLUMNS: [(&str, &[&str]); 12] = [
    ("memory", &["missing-memory-limit"]),
    ("cpus", &["missing-cpu-limit"]),
    ("pids", &["missing-pids-limit"]),
    ("healthcheck", &["missing-healthcheck"]),
    ("restart", &["missing-restart-policy"]),
    ("log-rotation", &["unbounded-log"]),
    ("non-root", &["root-user"]),
    ("read-only", &["writable-root"]),
    ("no-capabilities", &["capabilities-kept"]),
    ("no-new-privileges", &["privilege-escalation-allowed"]),
    ("private", &["port-on-every-interface", "host-namespace"]),
    (INTERNAL, &["shared-bridge-network"]),
];

/// Asked of databases, and of what a profile demands it of.
const INTERNAL: &str = "internal-network";

/// How a service stands against one demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// It is there.
    Met,
    /// It is missing, as this place shows.
    NotMet(Span),
    /// It cannot be known here, for what stands at this place.
    Unknown(Span),
    /// Nobody would ask it of this service.
    NotAsked,
}

impl Cell {
    /// The word in every output.
    pub fn word(&self) -> &'static str {
        match self {
            Cell::Met => "met",
            Cell::NotMet(_) => "not-met",
            Cell::Unknown(_) => "unknown",
            Cell::NotAsked => "not-asked",
        }
    }
}

/// One service: a row of the table.
#[derive(Clone, Debug)]
pub struct Requirements {
    /// The service.
    pub service: String,
    /// Where its name is written: services of several sets can have one name.
    pub span: Span,
    /// Its profile.
    pub profile: String,
    /// A cell for each of [`COLUMNS`].
    pub cells: Vec<Cell>,
    /// Which of them its profile demands; where it demands nothing, all that can be asked.
    pub demanded: Vec<bool>,
}

impl Requirements {
    /// Whether everything that its profile demands is met.
    pub fn is_hardened(&self) -> bool {
        let asked = self.cells.iter().zip(&self.demanded).filter(|(_, demanded)| **demanded);
        asked.into_iter().all(|(cell, _)| *cell == Cell::Met)
    }
}

/// Every service that is judged.
pub(crate) fn of(repository: &Repository, config: &Config) -> Vec<Requirements> {
    let demanding = Profile {
        name: "everything".to_owned(),
        demands: Demand::REQUIRE
            .into_iter()
            .chain(Demand::HARDEN)
            .map(|demand| (demand, None))
            .collect(),
        ..Profile::default()
    };
    let fallback = Profile::default();
    let columns = COLUMNS.map(|(word, names)| {
        let rules: Vec<&Rule> = RULES
            .iter()
            .copied()
            .filter(|rule| names.contains(&rule.name))
            .collect();
        (word, rules)
    });
    let containers = repository.judged_containers();
    let services: Vec<&Container> = containers.filter(|container| container.service.is_some()).collect();
    parallel::map(&services, 1, |container| {
        let own = config.profiles.get(&container.profile).unwrap_or(&fallback);
        let cells: Vec<Cell> = columns
            .iter()
            .map(|(word, rules)| match *word {
                INTERNAL if !own.belongs_inside() => Cell::NotAsked,
                _ => cell(container, repository, &demanding, rules),
            })
            .collect();
        let asks = |word: &str| {
            own.demands.is_empty() || own.demands.keys().any(|demand| demand.word() == word) || word == INTERNAL
        };
        let demanded = COLUMNS
            .iter()
            .zip(&cells)
            .map(|((word, _), cell)| *cell != Cell::NotAsked && asks(word))
            .collect();
        Requirements {
            service: container.name.clone(),
            span: container.span,
            profile: container.profile.clone(),
            cells,
            demanded,
        }
    })
}

fn cell(container: &Container, repository: &Repository, profile: &Profile, rules: &[&Rule]) -> Cell {
    let subject = Subject {
        container,
        repository,
        profile,
    };
    let mut found: Vec<Finding> = Vec::new();
    for rule in rules {
        match (rule.check, subject.service()) {
            (Check::Container(check), _) => check(&subject, &mut found),
            (Check::Service(check) | Check::Both(check, _), Some(service)) => check(&subject, service, &mut found),
            _ => {}
        }
    }
    let asks_of_host = rules.iter().any(|rule| rule.name == "host-namespace");
    // Of namespaces only those of the host are asked for: a sidecar's are a note.
    let is_missing = |finding: &&Finding| {
        let is_sidecar = asks_of_host && finding.severity == Some(Severity::Note);
        !finding.undecided && !is_sidecar
    };
    if let Some(finding) = found.iter().find(is_missing) {
        return Cell::NotMet(finding.span);
    }
    if let Some(finding) = found.iter().find(|finding| finding.undecided) {
        return Cell::Unknown(finding.span);
    }
    if subject.absence_is_sure() {
        Cell::Met
    } else {
        Cell::Unknown(container.span)
    }
}

/// Services of one profile, and how many of them meet all that it demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// The profile.
    pub profile: String,
    /// Its services.
    pub services: usize,
    /// Those that meet everything.
    pub hardened: usize,
}

/// The share of every profile that has services, in the order of their names.
pub(crate) fn shares(requirements: &[Requirements]) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for standing in requirements {
        let at = match shares.binary_search_by(|share| share.profile.cmp(&standing.profile)) {
            Ok(at) => at,
            Err(at) => {
                let share = Share {
                    profile: standing.profile.clone(),
                    services: 0,
                    hardened: 0,
                };
                shares.insert(at, share);
                at
            }
        };
        if let Some(share) = shares.get_mut(at) {
            share.services += 1;
            share.hardened += usize::from(standing.is_hardened());
        }
    }
    shares
}

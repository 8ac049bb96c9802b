//! Budget profiles, and the ones that are built in.

use super::budget::BUILT_IN;
use super::limits::Limits;
use super::reduce::Reductions;
use crate::source::Span;
use std::collections::BTreeMap;

/// Something that a profile can demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// A memory limit.
    Memory,
    /// A CPU limit.
    Cpus,
    /// A process limit.
    Pids,
    /// A health check.
    Healthcheck,
    /// A restart policy.
    Restart,
    /// Logs that rotate.
    LogRotation,
    /// Not root.
    NonRoot,
    /// A read-only root file system.
    ReadOnly,
    /// Every capability dropped.
    NoCapabilities,
    /// No new privileges.
    NoNewPrivileges,
    /// No port on every interface, no namespace of the host.
    Private,
    /// No network that leads outside.
    InternalNetwork,
}

impl Demand {
    /// What `require` takes.
    pub const REQUIRE: [Demand; 6] = [
        Demand::Memory,
        Demand::Cpus,
        Demand::Pids,
        Demand::Healthcheck,
        Demand::Restart,
        Demand::LogRotation,
    ];
    /// What `harden` takes.
    pub const HARDEN: [Demand; 6] = [
        Demand::NonRoot,
        Demand::ReadOnly,
        Demand::NoCapabilities,
        Demand::NoNewPrivileges,
        Demand::Private,
        Demand::InternalNetwork,
    ];

    /// Whether every service can meet it; of an internal network only some can be told.
    pub(crate) fn is_for_all(self) -> bool {
        self != Demand::InternalNetwork
    }

    /// The word in `plimsoll.yaml`.
    pub fn word(self) -> &'static str {
        match self {
            Demand::Memory => "memory",
            Demand::Cpus => "cpus",
            Demand::Pids => "pids",
            Demand::Healthcheck => "healthcheck",
            Demand::Restart => "restart",
            Demand::LogRotation => "log-rotation",
            Demand::NonRoot => "non-root",
            Demand::ReadOnly => "read-only",
            Demand::NoCapabilities => "no-capabilities",
            Demand::NoNewPrivileges => "no-new-privileges",
            Demand::Private => "private",
            Demand::InternalNetwork => "internal-network",
        }
    }
}

/// What must be there, and where that is written.
pub(crate) type Demands = BTreeMap<Demand, Option<Span>>;

/// Budgets and demands for one class of service.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The profiles that it extends, the built-in one that it changes included.
    pub bases: Vec<String>,
    /// What it allows.
    pub limits: Limits,
    /// What must be there.
    pub demands: Demands,
    /// How much less than before it is to be.
    pub(crate) reduce: Reductions,
    /// Whether it is a profile that somebody chose (every one but an untouched `default`).
    pub chosen: bool,
}

impl Profile {
    /// Whether it is this profile, or extends it.
    pub fn is_of(&self, name: &str) -> bool {
        self.name == name || self.bases.iter().any(|base| base == name)
    }

    /// Whether it is for what belongs on internal networks: a database, or whatever a profile demands that of.
    pub fn belongs_inside(&self) -> bool {
        self.is_of("database") || self.demands(Demand::InternalNetwork)
    }

    /// Whether the profile demands it.
    pub fn demands(&self, demand: Demand) -> bool {
        self.demands.contains_key(&demand)
    }

    /// Every figure counts as chosen: somebody made this profile.
    pub(super) fn choose(&mut self) {
        self.chosen = true;
        self.limits.choose();
    }
}

/// The built-in profiles (DESIGN: figures of `translation` and `filesystem` come from the plan that the project began with). They
/// demand everything but `default`, which demands nothing; a database has to write, and of an internal network only a database is told.
pub(super) fn built_in() -> BTreeMap<String, Profile> {
    let one = |(column, name): (usize, &&str)| {
        let chosen = *name != "default";
        let demands = Demand::REQUIRE.into_iter().chain(Demand::HARDEN);
        let demands = demands.filter(|demand| match demand {
            Demand::ReadOnly => chosen && *name != "database",
            demand => chosen && demand.is_for_all(),
        });
        let profile = Profile {
            name: (*name).to_owned(),
            bases: Vec::new(),
            limits: Limits::built_in(column, chosen),
            demands: demands.map(|demand| (demand, None)).collect(),
            reduce: Reductions::new(),
            chosen,
        };
        ((*name).to_owned(), profile)
    };
    BUILT_IN.iter().enumerate().map(one).collect()
}

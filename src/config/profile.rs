//! Budget profiles, and the ones that are built in.

use crate::source::Span;
use crate::values::bytes::MIB;
use std::collections::BTreeMap;

/// A budget, and whether somebody chose it.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit<T> {
    /// The figure.
    pub value: T,
    /// Chosen by a person (an assigned or configured profile), not just the default's own figure.
    pub chosen: bool,
    /// Where it is configured; `None` for built-in figures.
    pub span: Option<Span>,
}

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
    pub const HARDEN: [Demand; 5] = [
        Demand::NonRoot,
        Demand::ReadOnly,
        Demand::NoCapabilities,
        Demand::NoNewPrivileges,
        Demand::Private,
    ];

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
        }
    }
}

/// Budgets and demands for one class of service. A budget that is `None` is not held against anything.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The profiles that it extends, the built-in one that it changes included.
    pub bases: Vec<String>,
    /// Unpacked image size in bytes.
    pub image_size: Option<Limit<i64>>,
    /// Compressed image size in bytes.
    pub download_size: Option<Limit<i64>>,
    /// Layers.
    pub image_layers: Option<Limit<i64>>,
    /// Memory limit in bytes, at most.
    pub memory: Option<Limit<i64>>,
    /// Memory reservation in bytes, at most.
    pub memory_reservation: Option<Limit<i64>>,
    /// Cores, at most.
    pub cpus: Option<Limit<f64>>,
    /// Processes, at most.
    pub pids: Option<Limit<i64>>,
    /// Memory and swap, as a multiple of memory.
    pub swap_factor: Option<Limit<f64>>,
    /// Open files, soft and hard.
    pub nofile: Option<Limit<(i64, i64)>>,
    /// File size in bytes.
    pub fsize: Option<Limit<i64>>,
    /// Processes of the user.
    pub nproc: Option<Limit<i64>>,
    /// Log bytes: size of a file times number of files.
    pub log_size: Option<Limit<i64>>,
    /// Capabilities that may be added, without `CAP_`.
    pub capabilities: Option<Limit<Vec<String>>>,
    /// Build context in bytes.
    pub build_context: Option<Limit<i64>>,
    /// Bytes that later layers delete or overwrite, as a share of all.
    pub waste: Option<Limit<f64>>,
    /// By how much an image may grow with one change, as a share of what was recorded.
    pub growth: Option<Limit<f64>>,
    /// Nanoseconds until healthy.
    pub start_up: Option<Limit<i64>>,
    /// What must be there.
    pub demands: BTreeMap<Demand, Option<Span>>,
    /// Whether it is a profile that somebody chose (every one but an untouched `default`).
    pub chosen: bool,
}

impl Profile {
    /// Whether it is this profile, or extends it.
    pub fn is_of(&self, name: &str) -> bool {
        self.name == name || self.bases.iter().any(|base| base == name)
    }

    /// Whether the profile demands it.
    pub fn demands(&self, demand: Demand) -> bool {
        self.demands.contains_key(&demand)
    }
}

impl Profile {
    /// Every figure counts as chosen: somebody made this profile.
    pub(super) fn choose(&mut self) {
        self.chosen = true;
        fn mark<T>(limit: &mut Option<Limit<T>>) {
            if let Some(limit) = limit {
                limit.chosen = true;
            }
        }
        mark(&mut self.image_size);
        mark(&mut self.download_size);
        mark(&mut self.image_layers);
        mark(&mut self.memory);
        mark(&mut self.memory_reservation);
        mark(&mut self.cpus);
        mark(&mut self.pids);
        mark(&mut self.swap_factor);
        mark(&mut self.nofile);
        mark(&mut self.fsize);
        mark(&mut self.nproc);
        mark(&mut self.log_size);
        mark(&mut self.capabilities);
        mark(&mut self.build_context);
        mark(&mut self.waste);
        mark(&mut self.growth);
        mark(&mut self.start_up);
    }
}

/// The names of the built-in profiles.
pub const BUILT_IN: [&str; 5] = ["default", "translation", "filesystem", "database", "browser"];

const MB: i64 = 1_000_000;
const SECOND: i64 = 1_000_000_000;

/// The built-in profiles (DESIGN: figures of `translation` and `filesystem` come from the plan that the project began with).
pub(super) fn built_in() -> BTreeMap<String, Profile> {
    BUILT_IN.iter().map(|name| ((*name).to_owned(), one(name))).collect()
}

fn one(name: &str) -> Profile {
    fn own<T>(value: T, chosen: bool) -> Option<Limit<T>> {
        Some(Limit {
            value,
            chosen,
            span: None,
        })
    }
    let chosen = name != "default";
    let base = Profile {
        name: name.to_owned(),
        chosen,
        ..Profile::default()
    };
    if !chosen {
        return Profile {
            image_size: own(500 * MB, false),
            image_layers: own(40, false),
            build_context: own(100 * MB, false),
            waste: own(0.1, false),
            ..base
        };
    }
    const FEW: &[&str] = &["CHOWN", "SETGID", "SETUID"];
    const MORE: &[&str] = &["CHOWN", "SETGID", "SETUID", "DAC_OVERRIDE", "FOWNER"];
    struct Row {
        image: i64,
        layers: i64,
        memory: i64,
        reservation: i64,
        cpus: f64,
        pids: i64,
        nofile: (i64, i64),
        fsize: Option<i64>,
        log: i64,
        capabilities: &'static [&'static str],
        context: i64,
        waste: f64,
        start_up: i64,
        read_only: bool,
    }
    let row = match name {
        "translation" => Row {
            image: 100 * MB,
            layers: 20,
            memory: 128 * MIB,
            reservation: 64 * MIB,
            cpus: 0.1,
            pids: 20,
            nofile: (256, 512),
            fsize: Some(100 * MIB),
            log: 10 * MB,
            capabilities: FEW,
            context: 20 * MB,
            waste: 0.05,
            start_up: 10,
            read_only: true,
        },
        "filesystem" => Row {
            image: 100 * MB,
            layers: 20,
            memory: 256 * MIB,
            reservation: 128 * MIB,
            cpus: 0.15,
            pids: 30,
            nofile: (512, 1024),
            fsize: None,
            log: 10 * MB,
            capabilities: FEW,
            context: 20 * MB,
            waste: 0.05,
            start_up: 10,
            read_only: true,
        },
        "database" => Row {
            image: 350 * MB,
            layers: 30,
            memory: 512 * MIB,
            reservation: 256 * MIB,
            cpus: 0.5,
            pids: 100,
            nofile: (1024, 4096),
            fsize: None,
            log: 50 * MB,
            capabilities: MORE,
            context: 20 * MB,
            waste: 0.1,
            start_up: 30,
            read_only: false,
        },
        _ => Row {
            image: 1500 * MB,
            layers: 40,
            memory: 2048 * MIB,
            reservation: 1024 * MIB,
            cpus: 2.0,
            pids: 300,
            nofile: (4096, 8192),
            fsize: None,
            log: 50 * MB,
            capabilities: MORE,
            context: 100 * MB,
            waste: 0.1,
            start_up: 15,
            read_only: true,
        },
    };
    let hardened = Demand::HARDEN
        .into_iter()
        .filter(|demand| row.read_only || *demand != Demand::ReadOnly);
    Profile {
        image_size: own(row.image, true),
        image_layers: own(row.layers, true),
        memory: own(row.memory, true),
        memory_reservation: own(row.reservation, true),
        cpus: own(row.cpus, true),
        pids: own(row.pids, true),
        swap_factor: own(1.5, true),
        nofile: own(row.nofile, true),
        fsize: row.fsize.and_then(|bytes| own(bytes, true)),
        log_size: own(row.log, true),
        capabilities: own(row.capabilities.iter().map(|name| (*name).to_owned()).collect(), true),
        build_context: own(row.context, true),
        waste: own(row.waste, true),
        growth: own(0.1, true),
        start_up: own(row.start_up * SECOND, true),
        demands: Demand::REQUIRE
            .into_iter()
            .chain(hardened)
            .map(|demand| (demand, None))
            .collect(),
        ..base
    }
}

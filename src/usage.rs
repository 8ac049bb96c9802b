//! What running containers really use: recorded samples, where they come from, and the figures that they give.
//!
//! Samples hold counters as the kernel counts them, so that every figure is made of two of them and their own times; nothing here
//! measures anything or looks at a clock.

mod cgroup;
mod docker_stats;
pub(crate) mod figures;
pub(crate) mod frame;
mod read;
pub(crate) mod record;
pub(crate) mod suggest;
pub(crate) mod time;

pub(crate) use figures::{Figures, Spread};
pub(crate) use read::{MAX_BYTES, read};

/// What somebody measured of running containers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Recording {
    /// Whether whoever recorded it says that nothing was asked of the containers in that time.
    pub at_rest: bool,
    /// The containers, in the order in which they were seen first.
    pub containers: Vec<Seen>,
}

/// A container that was seen running.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    /// What the samples call it: the start of its identity.
    pub id: String,
    /// Its name, without the slash.
    pub name: String,
    /// Its Compose service (`com.docker.compose.service`).
    pub service: Option<String>,
    /// Its Compose project (`com.docker.compose.project`).
    pub project: Option<String>,
    /// The image that it was started from, as it was named.
    pub image: Option<String>,
    /// The digests of that image: its own, and those that registries gave for it.
    pub digests: Vec<String>,
    /// Its limits; `None` where the source does not tell them.
    pub limits: Option<Limits>,
    /// In the order of their times.
    pub samples: Vec<Sample>,
    /// In the order of their times.
    pub events: Vec<Event>,
    /// In the order of their times.
    pub probes: Vec<Probe>,
    /// Seconds that starting a program in it takes by itself, where that was measured.
    pub exec: Option<f64>,
    /// What all of that comes to, once somebody asks.
    pub(crate) known: std::sync::OnceLock<Figures>,
}

/// The limits of a container; `None` is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Limits {
    /// Bytes.
    pub memory: Option<u64>,
    /// Cores.
    pub cpus: Option<f64>,
    /// Processes and threads.
    pub pids: Option<u64>,
}

/// What a container had taken at a time. What the source does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    /// Milliseconds since 1970.
    pub at: u64,
    /// Time of processors, in nanoseconds since it started.
    pub cpu: Option<u64>,
    /// Cores in use, from a source that gives no counter.
    pub cores: Option<f64>,
    /// Working set in bytes: what is in use without the inactive part of the page cache, as the docker CLI has it.
    pub memory: Option<u64>,
    /// What of it the kernel cannot drop, in bytes: anonymous and shared memory.
    pub floor: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Bytes from and to its networks, since it started.
    pub received: Option<u64>,
    pub sent: Option<u64>,
    /// Bytes from and to devices, since it started.
    pub read: Option<u64>,
    pub written: Option<u64>,
    /// Periods of its CPU quota, and those in which it had to wait, since it started.
    pub periods: Option<u64>,
    pub throttled: Option<u64>,
}

/// Something that happened to a container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Event {
    /// Milliseconds since 1970.
    pub at: u64,
    pub kind: EventKind,
}

/// What happens to containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// It was started.
    Start,
    /// Its health check passes.
    Healthy,
    /// Its health check fails.
    Unhealthy,
    /// The kernel killed one of its processes for its memory.
    Oom,
    /// It ended, with this code.
    Exit(i64),
    /// It was taken away.
    Removed,
}

/// A run of the health check, as the engine logs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Probe {
    /// Milliseconds since 1970.
    pub at: u64,
    /// Seconds from its start to its end, starting the program included.
    pub seconds: f64,
    /// The code that it ended with.
    pub code: i64,
}

impl Recording {
    /// The containers of a service; where some are of this project only those.
    pub(crate) fn of_service<'a>(&'a self, service: &str, project: Option<&str>) -> Vec<&'a Seen> {
        let all: Vec<&Seen> = self.containers.iter().filter(|seen| seen.is_of(service)).collect();
        let same: Vec<&Seen> = all
            .iter()
            .copied()
            .filter(|seen| project.is_some() && seen.project.as_deref() == project)
            .collect();
        if same.is_empty() { all } else { same }
    }
}

impl Seen {
    /// Whether it runs this service: by its label, or where the source has no labels by the name that Compose gives
    /// (`project-service-1`, before Compose 2 `project_service_1`).
    pub(crate) fn is_of(&self, service: &str) -> bool {
        if let Some(own) = &self.service {
            return own == service;
        }
        if self.name == service {
            return true;
        }
        let by_mark = |mark: char| {
            let (rest, number) = self.name.rsplit_once(mark)?;
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let project = rest.strip_suffix(service)?.strip_suffix(mark)?;
            (is_number && !project.is_empty()).then_some(())
        };
        by_mark('-').or_else(|| by_mark('_')).is_some()
    }

    /// Whether somebody who says this means it: its service, its name, or the start of its identity.
    pub(crate) fn is_called(&self, word: &str) -> bool {
        self.is_of(word) || self.name == word || (word.len() >= self.id.len() && word.starts_with(&self.id))
    }

    /// What its samples come to.
    pub(crate) fn figures(&self) -> &Figures {
        self.known.get_or_init(|| Figures::of(self))
    }

    /// What people call it.
    pub(crate) fn title(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

#[cfg(test)]
mod tests;

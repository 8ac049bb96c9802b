//! The record that `plimsoll usage --record` writes: a line of JSON each, so that it can be written and read while it grows, and half of
//! one is a record as well. `docs/usage.md` describes it.

use super::{Event, EventKind, Limits, Probe, Sample, Seen};
use serde::{Deserialize, Serialize};

/// The number of the format. What is only added raises it not.
pub(crate) const SCHEMA: u32 = 1;

/// A line. Which keys it has says what it is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Line {
    /// The first line: the number of the format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plimsoll_usage: Option<u32>,
    /// Seconds between samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<f64>,
    /// Nothing was asked of the containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_rest: Option<bool>,

    /// A container that is seen for the first time, or whose limits changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<String>,
    /// Its limits; an absent one is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<LimitsLine>,

    /// The container that this line is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub periods: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled: Option<u64>,

    /// `start`, `healthy`, `unhealthy`, `oom`, `exit`, `removed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The exit code of an `exit` or of a probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Seconds that the health check took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<f64>,
    /// Seconds that starting a program in the container takes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<f64>,
}

/// The limits in the line of a container.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct LimitsLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<u64>,
}

impl Line {
    /// The first line of a record.
    pub(crate) fn head(every: f64, at_rest: bool) -> Self {
        Self {
            plimsoll_usage: Some(SCHEMA),
            every: Some(every),
            at_rest: at_rest.then_some(true),
            ..Self::default()
        }
    }

    /// The line of a container.
    pub(crate) fn container(seen: &Seen) -> Self {
        Self {
            container: Some(seen.id.clone()),
            name: Some(seen.name.clone()),
            service: seen.service.clone(),
            project: seen.project.clone(),
            image: seen.image.clone(),
            digests: seen.digests.clone(),
            limits: seen.limits.map(|limits| LimitsLine {
                memory: limits.memory,
                cpus: limits.cpus,
                pids: limits.pids,
            }),
            ..Self::default()
        }
    }

    /// The line of a sample.
    pub(crate) fn sample(of: &str, sample: &Sample) -> Self {
        Self {
            of: Some(of.to_owned()),
            t: Some(sample.at),
            cpu: sample.cpu,
            memory: sample.memory,
            floor: sample.floor,
            pids: sample.pids,
            rx: sample.received,
            tx: sample.sent,
            read: sample.read,
            written: sample.written,
            periods: sample.periods,
            throttled: sample.throttled,
            ..Self::default()
        }
    }

    /// The line of an event.
    pub(crate) fn event(of: &str, event: &Event) -> Self {
        let (word, code) = match event.kind {
            EventKind::Start => ("start", None),
            EventKind::Healthy => ("healthy", None),
            EventKind::Unhealthy => ("unhealthy", None),
            EventKind::Oom => ("oom", None),
            EventKind::Exit(code) => ("exit", Some(code)),
            EventKind::Removed => ("removed", None),
        };
        Self {
            of: Some(of.to_owned()),
            t: Some(event.at),
            event: Some(word.to_owned()),
            code,
            ..Self::default()
        }
    }

    /// The line of a probe.
    pub(crate) fn probe(of: &str, probe: &Probe) -> Self {
        Self {
            of: Some(of.to_owned()),
            t: Some(probe.at),
            probe: Some(probe.seconds),
            code: Some(probe.code),
            ..Self::default()
        }
    }

    /// The line of what starting a program takes.
    pub(crate) fn exec(of: &str, seconds: f64) -> Self {
        Self {
            of: Some(of.to_owned()),
            exec: Some(seconds),
            ..Self::default()
        }
    }

    /// The line as it is written, with its end.
    pub(crate) fn text(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The limits that it tells.
    pub(super) fn limits(&self) -> Option<Limits> {
        self.limits.map(|limits| Limits {
            memory: limits.memory.filter(|bytes| *bytes > 0),
            cpus: limits.cpus.filter(|cpus| *cpus > 0.0),
            pids: limits.pids.filter(|pids| *pids > 0),
        })
    }
}

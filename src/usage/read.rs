//! Reading what was recorded, by us or by others. All of it may be hostile: its size, its lines and what it names are bounded.

use super::record::{Line, SCHEMA};
use super::{Event, EventKind, Probe, Recording, Sample, Seen, cgroup, docker_stats};
use crate::failure::Failure;
use crate::order::Order as _;
use std::collections::HashMap;

/// The bytes of a record.
pub(crate) const MAX_BYTES: u64 = 64 << 20;
const MAX_LINE: usize = 64 << 10;
const MAX_CONTAINERS: usize = 1000;
const MAX_DIGESTS: usize = 100;
/// The characters of a name.
pub(super) const MAX_NAME: usize = 300;

/// What a text recorded: a record of `plimsoll usage --record`, what `docker stats --format json` prints, or cgroup files (`cgroup`).
/// A last line without an end is left out: whoever wrote it was stopped.
///
/// # Errors
/// The line that is wrong, and why.
pub(crate) fn read(text: &str) -> Result<Recording, Failure> {
    let mut builder = Builder::default();
    let whole = text.rfind('\n').map_or(text, |end| text.get(..=end).unwrap_or(text));
    // What has a single line and no end is all there is.
    let whole = if whole.trim().is_empty() { text } else { whole };
    let mut kind = None;
    for (index, raw) in whole.lines().enumerate() {
        let at = |failure: Failure| failure.of(format!("line {}", index + 1));
        if raw.len() > MAX_LINE {
            return Err(at(Failure::new("it is longer than 64 KiB")));
        }
        let line = docker_stats::without_controls(raw);
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let kind = match kind {
            Some(kind) => kind,
            None => *kind.insert(Kind::of(line).map_err(at)?),
        };
        match kind {
            Kind::Record => builder.line(line),
            Kind::DockerStats => docker_stats::line(line, &mut builder),
            Kind::Cgroup => cgroup::line(line, &mut builder),
        }
        .map_err(at)?;
    }
    match kind {
        None => Err(Failure::new("it is empty")),
        Some(_) => Ok(builder.done()),
    }
}

/// Who wrote it.
#[derive(Clone, Copy)]
enum Kind {
    Record,
    DockerStats,
    Cgroup,
}

impl Kind {
    fn of(first: &str) -> Result<Self, Failure> {
        if cgroup::starts(first) {
            return Ok(Kind::Cgroup);
        }
        let none = || {
            Failure::new(
                "it starts neither like a record of `plimsoll usage --record`, nor like what `docker stats --format json` prints, \
                 nor like cgroup files with their times",
            )
        };
        let value: serde_json::Value = serde_json::from_str(first).map_err(|_| none())?;
        match (value.get("plimsoll_usage"), value.get("CPUPerc")) {
            (Some(_), _) => Ok(Kind::Record),
            (_, Some(_)) => Ok(Kind::DockerStats),
            _ => Err(none()),
        }
    }
}

/// A recording that is being read.
#[derive(Default)]
pub(super) struct Builder {
    recording: Recording,
    known: HashMap<String, usize>,
    /// For sources without times: the time of the round that is being read.
    pub(super) now: u64,
    /// What that round said so far, by group.
    pub(super) rounds: HashMap<String, cgroup::Round>,
}

impl Builder {
    /// The container with this identity, made where it is new.
    pub(super) fn seen(&mut self, id: &str) -> Result<&mut Seen, Failure> {
        if id.is_empty() || id.len() > MAX_NAME {
            return Err(Failure::new("the container has no name, or one that is too long"));
        }
        let next = self.recording.containers.len();
        let index = *self.known.entry(id.to_owned()).or_insert(next);
        if index == next {
            if next == MAX_CONTAINERS {
                return Err(Failure::new(format!("there are more than {MAX_CONTAINERS} containers")));
            }
            self.recording.containers.push(Seen {
                id: id.to_owned(),
                ..Seen::default()
            });
        }
        let known = self.recording.containers.get_mut(index);
        known.ok_or_else(|| Failure::new("the container is lost"))
    }

    fn line(&mut self, text: &str) -> Result<(), Failure> {
        let line: Line = serde_json::from_str(text).map_err(|error| {
            // Its words hold what the file says.
            Failure::new(format!("it is no line of a record (column {})", error.column()))
        })?;
        if let Some(schema) = line.plimsoll_usage {
            if schema > SCHEMA {
                return Err(Failure::new(format!(
                    "the record has format {schema}, and this version reads up to {SCHEMA}"
                )));
            }
            self.recording.at_rest = line.at_rest.unwrap_or(false);
            return Ok(());
        }
        if let Some(id) = &line.container {
            return self.container(id, &line);
        }
        let Some(id) = &line.of else {
            // What a later version adds.
            return Ok(());
        };
        if !self.known.contains_key(id) {
            return Err(Failure::new(
                "it is about a container that no line before it introduces",
            ));
        }
        let seen = self.seen(id)?;
        if let Some(seconds) = line.exec {
            seen.exec = Some(time(seconds)?);
            return Ok(());
        }
        let at = line.t.ok_or_else(|| Failure::new("it has no time `t`"))?;
        if let Some(word) = &line.event {
            seen.events
                .extend(event(word, line.code).map(|kind| Event { at, kind }));
        } else if let Some(seconds) = line.probe {
            let (seconds, code) = (time(seconds)?, line.code.unwrap_or(0));
            seen.probes.push(Probe { at, seconds, code });
        } else {
            push(seen, sample(at, &line));
        }
        Ok(())
    }

    fn container(&mut self, id: &str, line: &Line) -> Result<(), Failure> {
        let seen = self.seen(id)?;
        let texts = [&line.name, &line.service, &line.project, &line.image];
        if texts
            .into_iter()
            .flatten()
            .chain(&line.digests)
            .any(|text| text.len() > MAX_NAME)
            || line.digests.len() > MAX_DIGESTS
        {
            return Err(Failure::new("a name in it is too long"));
        }
        let cpus = line.limits.and_then(|limits| limits.cpus).unwrap_or(0.0);
        if !cpus.is_finite() || cpus < 0.0 {
            return Err(Failure::new("its limit of CPUs is no number of them"));
        }
        seen.name = line.name.clone().unwrap_or_default();
        seen.service = line.service.clone();
        seen.project = line.project.clone();
        seen.image = line.image.clone();
        seen.digests = line.digests.clone();
        seen.limits = line.limits();
        Ok(())
    }

    fn done(mut self) -> Recording {
        for seen in &mut self.recording.containers {
            // The engine tells of an event when it is over, and of a probe when somebody asks.
            seen.events.order_by_key(|event| event.at);
            seen.probes.order_by_key(|probe| probe.at);
        }
        self.recording
    }
}

/// Adds a sample. One that is not later than the one before it says nothing: a clock was set, or the source said it twice.
pub(super) fn push(seen: &mut Seen, sample: Sample) {
    if seen.samples.last().is_none_or(|last| last.at < sample.at) {
        seen.samples.push(sample);
    }
}

fn sample(at: u64, line: &Line) -> Sample {
    Sample {
        at,
        cpu: line.cpu,
        cores: None,
        memory: line.memory,
        floor: line.floor,
        pids: line.pids,
        received: line.rx,
        sent: line.tx,
        read: line.read,
        written: line.written,
        periods: line.periods,
        throttled: line.throttled,
    }
}

/// What a later version may add is left out.
fn event(word: &str, code: Option<i64>) -> Option<EventKind> {
    Some(match word {
        "start" => EventKind::Start,
        "healthy" => EventKind::Healthy,
        "unhealthy" => EventKind::Unhealthy,
        "oom" => EventKind::Oom,
        "exit" => EventKind::Exit(code.unwrap_or(0)),
        "removed" => EventKind::Removed,
        _ => return None,
    })
}

fn time(seconds: f64) -> Result<f64, Failure> {
    match seconds.is_finite() && (0.0..1e6).contains(&seconds) {
        true => Ok(seconds),
        false => Err(Failure::new("its time is no number of seconds")),
    }
}

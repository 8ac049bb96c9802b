//! The files of a control group, with the time before each round. A shell makes such a text without an engine, with the rights of
//! whoever runs the container:
//!
//! ```text
//! while sleep 1; do date +%s.%N; grep -H '' cpu.stat memory.current memory.stat pids.current; done
//! ```
//!
//! With paths (`GROUP/cpu.stat`) each folder is a container. Both versions of the kernel's interface are read
//! (docs.kernel.org/admin-guide/cgroup-v1 and cgroup-v2.html).

use super::read::{Builder, push};
use super::{Limits, Sample};
use crate::failure::Failure;

/// What a group is called whose files have no folder.
const NAMELESS: &str = "cgroup";
/// From here on a limit of version 1 is none: the largest number of pages.
const NO_LIMIT: u64 = 1 << 60;

/// What a round said of a group's memory and quota, in whatever order.
#[derive(Default)]
pub(super) struct Round {
    usage: Option<u64>,
    /// Version 2.
    inactive: Option<u64>,
    /// Version 1, where `inactive_file` is without the groups below.
    total_inactive: Option<u64>,
    quota: Option<f64>,
    period: Option<f64>,
}

impl Round {
    /// The working set (docker/cli `cli/command/container/stats_helpers.go`, `calculateMemUsageUnixNoCache`).
    fn working_set(&self) -> Option<u64> {
        let usage = self.usage?;
        let inactive = self.total_inactive.or(self.inactive).unwrap_or(0);
        Some(if inactive < usage { usage - inactive } else { usage })
    }
}

/// Whether a text that starts with this line is of this kind: a time, `1764441000.123`.
pub(super) fn starts(line: &str) -> bool {
    time(line).is_some()
}

/// Seconds since 1970 with a fraction, as milliseconds.
fn time(line: &str) -> Option<u64> {
    let (seconds, fraction) = line.split_once('.').unwrap_or((line, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(seconds) || !is_digits(fraction) || seconds.len() > 11 {
        return None;
    }
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(seconds.parse::<u64>().ok()? * 1000 + digits.parse::<u64>().ok()?)
}

/// Reads a line: a time, or `FILE:CONTENT`.
pub(super) fn line(text: &str, builder: &mut Builder) -> Result<(), Failure> {
    if let Some(at) = time(text) {
        builder.now = at;
        builder.rounds.clear();
        return Ok(());
    }
    let strange = || Failure::new("it is neither a time nor `FILE:CONTENT` as `grep -H` prints it");
    let (path, content) = split(text).ok_or_else(strange)?;
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let name = folder.rsplit('/').find(|part| !part.is_empty()).unwrap_or(NAMELESS);
    let at = builder.now;
    let mut round = builder.rounds.remove(name).unwrap_or_default();
    let seen = builder.seen(name)?;
    name.clone_into(&mut seen.name);
    if seen.samples.last().is_none_or(|last| last.at < at) {
        push(
            seen,
            Sample {
                at,
                ..Sample::default()
            },
        );
    }
    let limits = seen.limits.get_or_insert_with(Limits::default);
    if let Some(sample) = seen.samples.last_mut() {
        take(file, content, sample, limits, &mut round);
        sample.memory = round.working_set();
    }
    builder.rounds.insert(name.to_owned(), round);
    Ok(())
}

/// The path and the content: cut at the first colon behind what can be the name of one of these files.
fn split(text: &str) -> Option<(&str, &str)> {
    let (at, _) = text.match_indices(':').find(|(at, _)| {
        let path = text.get(..*at).unwrap_or("");
        let file = path.rsplit('/').next().unwrap_or(path);
        file.contains('.') && !file.contains(' ')
    })?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// What a line of a file says. Files and keys that are not known here say nothing.
fn take(file: &str, content: &str, sample: &mut Sample, limits: &mut Limits, round: &mut Round) {
    let mut words = content.split_whitespace();
    let (first, second) = (words.next().unwrap_or(""), words.next());
    let alone: Option<u64> = first.parse().ok();
    let number: Option<f64> = first
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0);
    let of = |key: &str| -> Option<u64> { if first == key { second?.parse().ok() } else { None } };
    match file {
        // Both versions.
        "pids.current" => sample.pids = alone,
        "pids.max" => limits.pids = alone,
        "cpu.stat" => {
            sample.periods = of("nr_periods").or(sample.periods);
            sample.throttled = of("nr_throttled").or(sample.throttled);
            let cpu = of("usage_usec").and_then(|micros| micros.checked_mul(1000));
            sample.cpu = cpu.or(sample.cpu);
        }
        "memory.stat" => {
            round.inactive = of("inactive_file").or(round.inactive);
            round.total_inactive = of("total_inactive_file").or(round.total_inactive);
            let floor = [
                "anon",
                "shmem",
                "total_active_anon",
                "total_inactive_anon",
                "total_unevictable",
            ];
            add(&mut sample.floor, floor.into_iter().find_map(of));
        }
        // Version 2.
        "memory.current" => round.usage = alone,
        "memory.max" => limits.memory = alone,
        "cpu.max" => {
            let period = second.and_then(|text| text.parse::<f64>().ok());
            let period = period.filter(|period| *period > 0.0);
            limits.cpus = number.zip(period).map(|(quota, period)| quota / period);
        }
        "io.stat" => {
            for word in content.split_whitespace() {
                let figure = |key: &str| word.strip_prefix(key).and_then(|text| text.parse().ok());
                add(&mut sample.read, figure("rbytes="));
                add(&mut sample.written, figure("wbytes="));
            }
        }
        // Version 1.
        "cpuacct.usage" => sample.cpu = alone,
        "memory.usage_in_bytes" => round.usage = alone,
        "memory.limit_in_bytes" => limits.memory = alone.filter(|bytes| *bytes < NO_LIMIT),
        "cpu.cfs_quota_us" | "cpu.cfs_period_us" => {
            match file {
                "cpu.cfs_quota_us" => round.quota = number,
                _ => round.period = number,
            }
            limits.cpus = round.quota.zip(round.period).map(|(quota, period)| quota / period);
        }
        "blkio.throttle.io_service_bytes" => {
            let bytes = words.next().and_then(|text| text.parse().ok());
            match second {
                Some("Read") => add(&mut sample.read, bytes),
                Some("Write") => add(&mut sample.written, bytes),
                _ => {}
            }
        }
        _ => {}
    }
}

fn add(sum: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or(0).saturating_add(more));
    }
}

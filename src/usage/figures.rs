//! The figures that samples give. `docs/usage.md` has every formula.

use super::{Event, EventKind, Sample, Seen};
use crate::order::Order as _;
use crate::values::number::Real;

/// Seconds of the quietest stretch: what a container takes at rest is no more.
pub(crate) const REST: f64 = 10.0;

/// A quantity over a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub mean: f64,
    /// The least that 99 of 100 values are no more than.
    pub p99: f64,
    pub peak: f64,
}

/// What a container took, by its samples. Cores, bytes, pids, seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    pub samples: usize,
    /// From the first to the last sample.
    pub seconds: f64,
    /// Cores in use, between each two samples.
    pub cpu: Option<Spread>,
    /// The working set.
    pub memory: Option<Spread>,
    /// The highest sum of anonymous and shared memory: what the kernel could not drop.
    pub floor: Option<f64>,
    pub pids: Option<Spread>,
    /// The quietest stretch of [`REST`] seconds.
    pub rest: Option<Rest>,
    /// Bytes over the recording.
    pub received: Option<f64>,
    pub sent: Option<f64>,
    pub read: Option<f64>,
    pub written: Option<f64>,
    /// The share of the periods of its quota in which it had to wait.
    pub throttled: Option<f64>,
    /// Seconds from a start until its health check passed; of several the longest.
    pub healthy_after: Option<f64>,
    /// Runs of the health check that passed.
    pub probe: Option<Probes>,
    /// Starts after the first.
    pub restarts: usize,
    pub ooms: usize,
    /// Ends with another code than 0.
    pub failures: usize,
}

/// A stretch of a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rest {
    pub cpu: f64,
    /// The median.
    pub memory: Option<f64>,
    /// The median.
    pub pids: Option<f64>,
}

/// Runs of a health check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Probes {
    pub count: usize,
    /// Seconds, the start of the program included.
    pub median: f64,
    pub longest: f64,
    /// Seconds that the start of a program takes by itself, where that was measured.
    pub exec: Option<f64>,
}

impl Probes {
    /// The median without the start of the program, where that is known.
    pub(crate) fn response(&self) -> Option<f64> {
        self.exec.map(|exec| (self.median - exec).max(0.0))
    }
}

impl Figures {
    /// The figures of a container.
    pub(crate) fn of(seen: &Seen) -> Self {
        let samples = &seen.samples;
        let ends = samples.first().zip(samples.last());
        let rates = rates(samples);
        let numbers =
            |of: fn(&Sample) -> Option<u64>| samples.iter().filter_map(of).map(Real::real).collect::<Vec<_>>();
        let count = |kind: fn(EventKind) -> bool| seen.events.iter().filter(|event| kind(event.kind)).count();
        let grown = |of: fn(&Sample) -> Option<u64>| grown(samples, of).map(Real::real);
        let (periods, throttled) = (grown(|sample| sample.periods), grown(|sample| sample.throttled));
        Self {
            samples: samples.len(),
            seconds: ends.map_or(0.0, |(first, last)| between(first, last)),
            cpu: Spread::of(rates.iter().map(|rate| rate.cores).collect()),
            memory: Spread::of(numbers(|sample| sample.memory)),
            floor: Spread::of(numbers(|sample| sample.floor)).map(|spread| spread.peak),
            pids: Spread::of(numbers(|sample| sample.pids)),
            rest: rest(samples, &rates),
            received: grown(|sample| sample.received),
            sent: grown(|sample| sample.sent),
            read: grown(|sample| sample.read),
            written: grown(|sample| sample.written),
            throttled: periods
                .zip(throttled)
                .filter(|(periods, _)| *periods > 0.0)
                .map(|(periods, throttled)| throttled / periods),
            healthy_after: healthy_after(&seen.events),
            probe: probes(seen),
            restarts: count(|kind| kind == EventKind::Start).saturating_sub(1),
            ooms: count(|kind| kind == EventKind::Oom),
            failures: count(|kind| matches!(kind, EventKind::Exit(code) if code != 0)),
        }
    }
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.order_by(f64::total_cmp);
        let count = values.len();
        let rank = (count * 99).div_ceil(100).saturating_sub(1);
        Some(Self {
            mean: values.iter().sum::<f64>() / count.real(),
            p99: *values.get(rank)?,
            peak: *values.last()?,
        })
    }
}

/// Seconds from a sample to a later one.
fn between(first: &Sample, last: &Sample) -> f64 {
    last.at.saturating_sub(first.at).real() / 1000.0
}

/// The cores in use from one sample to the next.
pub(crate) struct Rate {
    /// The number of the sample at its end.
    pub to: usize,
    pub cores: f64,
}

/// The rates between samples. Over a restart, where the counter begins again, there is none.
pub(crate) fn rates(samples: &[Sample]) -> Vec<Rate> {
    let mut found = Vec::new();
    if let Some(cores) = samples.first().and_then(|sample| sample.cores) {
        found.push(Rate { to: 0, cores });
    }
    for (index, pair) in samples.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        let used = before
            .cpu
            .zip(after.cpu)
            .and_then(|(before, after)| after.checked_sub(before));
        let cores = used
            .map(|nanos| nanos.real() / 1e9 / between(before, after))
            .or(after.cores);
        found.extend(cores.map(|cores| Rate { to: index + 1, cores }));
    }
    found
}

/// How much a counter grew in all, restarts left out.
fn grown(samples: &[Sample], of: fn(&Sample) -> Option<u64>) -> Option<u64> {
    let mut values = samples.iter().filter_map(of);
    let mut last = values.next()?;
    let mut sum = 0_u64;
    for value in values {
        // After a restart it counts from zero.
        sum = sum.saturating_add(value.checked_sub(last).unwrap_or(value));
        last = value;
    }
    Some(sum)
}

/// The stretch of at least [`REST`] seconds without a gap that takes the least of the processor.
fn rest(samples: &[Sample], rates: &[Rate]) -> Option<Rest> {
    let mut best: Option<(f64, usize, usize)> = None;
    // The stretch from the sample `from` to that of the rate in hand, with its core seconds.
    let (mut from, mut used, mut previous, mut first_rate) = (0, 0.0, None, 0);
    let span = |rate: &Rate| {
        let at = |index: usize| samples.get(index).map_or(0, |sample| sample.at).real() / 1000.0;
        at(rate.to) - at(rate.to.saturating_sub(1))
    };
    let length = |from: usize, to: usize| {
        samples
            .get(from)
            .zip(samples.get(to))
            .map_or(0.0, |(from, to)| between(from, to))
    };
    for (number, rate) in rates.iter().enumerate().filter(|(_, rate)| rate.to > 0) {
        if previous != Some(rate.to - 1) || number == 0 {
            (from, used, first_rate) = (rate.to - 1, 0.0, number);
        }
        previous = Some(rate.to);
        used += rate.cores * span(rate);
        // As short as it may be.
        while let Some(first) = rates.get(first_rate)
            && length(first.to, rate.to) >= REST
        {
            used -= first.cores * span(first);
            (from, first_rate) = (first.to, first_rate + 1);
        }
        let seconds = length(from, rate.to);
        if seconds >= REST {
            let cores = (used / seconds).max(0.0);
            if best.is_none_or(|(least, ..)| cores < least) {
                best = Some((cores, from, rate.to));
            }
        }
    }
    let (cpu, from, to) = best?;
    let stretch = samples.get(from..=to)?;
    let median = |of: fn(&Sample) -> Option<u64>| median(stretch.iter().filter_map(of).map(Real::real).collect());
    Some(Rest {
        cpu,
        memory: median(|sample| sample.memory),
        pids: median(|sample| sample.pids),
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.order_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The longest time from a start to the first pass of the health check after it.
fn healthy_after(events: &[Event]) -> Option<f64> {
    let mut started = None;
    let mut longest: Option<f64> = None;
    for event in events {
        match event.kind {
            EventKind::Start => started = Some(event.at),
            EventKind::Healthy => {
                if let Some(start) = started.take() {
                    let seconds = event.at.saturating_sub(start).real() / 1000.0;
                    longest = Some(longest.map_or(seconds, |known| known.max(seconds)));
                }
            }
            EventKind::Exit(_) => started = None,
            _ => {}
        }
    }
    longest
}

fn probes(seen: &Seen) -> Option<Probes> {
    let passed: Vec<f64> = seen
        .probes
        .iter()
        .filter(|probe| probe.code == 0)
        .map(|probe| probe.seconds)
        .collect();
    Some(Probes {
        count: passed.len(),
        longest: passed.iter().copied().fold(0.0, f64::max),
        median: median(passed)?,
        exec: seen.exec,
    })
}

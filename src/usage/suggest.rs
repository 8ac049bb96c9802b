//! Limits by what was used, with some room: memory and processes by their peak, for what is above is killed or refused; the processor
//! by its 99th percentile, for what is above only waits.

use super::{Figures, Limits, Spread};
use crate::values::number::Real;

/// What is suggested, times what was used.
pub(crate) const HEADROOM: f64 = 1.2;
/// Less than this says too little.
pub(crate) const SAMPLES: usize = 20;
pub(crate) const SECONDS: f64 = 20.0;
/// Of a limit that was reached nobody knows what would be used without it.
const REACHED: f64 = 0.95;
/// From this share of throttled periods on the quota held the use down.
const THROTTLED: f64 = 0.05;
/// A limit that is more than so many times the peak is oversized.
const TIMES: f64 = 4.0;
const MIB: f64 = 1_048_576.0;

/// A resource that has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Memory,
    Cpus,
    Pids,
}

impl Limits {
    /// The limit of a resource; `None` is none.
    pub(crate) fn of(&self, resource: Resource) -> Option<f64> {
        match resource {
            Resource::Memory => self.memory.map(Real::real),
            Resource::Cpus => self.cpus,
            Resource::Pids => self.pids.map(Real::real),
        }
    }
}

/// A limit that would do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Suggested {
    /// Bytes, cores or pids.
    pub value: f64,
    /// What it would be without the budget, where that is less.
    pub wanted: Option<f64>,
}

/// Why none is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Too few samples, or over too short a time.
    TooLittle,
    /// The source does not tell this quantity.
    NotTold,
    /// It was at its limit.
    AtLimit,
    /// Nobody asked anything of it.
    AtRest,
    /// It ran another image than its service does now.
    Stale,
}

impl Silence {
    /// A clause for people.
    pub(crate) fn words(self) -> String {
        match self {
            Silence::TooLittle => format!("too little: {SAMPLES} samples over {SECONDS} s are enough"),
            Silence::NotTold => "not in the record".to_owned(),
            Silence::AtLimit => "it reached its limit: record with a higher one".to_owned(),
            Silence::AtRest => "recorded at rest".to_owned(),
            Silence::Stale => "recorded with another image".to_owned(),
        }
    }
}

/// Whether a limit is more than [`TIMES`] the peak, and at least twice what would be suggested.
///
/// # Errors
/// [`Silence`].
pub(crate) fn is_oversized(
    resource: Resource,
    figures: &Figures,
    then: Option<Limits>,
    limit: f64,
) -> Result<Option<Suggested>, Silence> {
    used(resource, figures, then)?;
    let peak = spread(resource, figures).map_or(limit, |spread| spread.peak);
    let suggested = self::limit(resource, figures, then, None)?;
    Ok((limit > peak * TIMES && limit >= suggested.value * 2.0).then_some(suggested))
}

/// The figures that a limit is about.
pub(crate) fn spread(resource: Resource, figures: &Figures) -> Option<Spread> {
    match resource {
        Resource::Memory => figures.memory,
        Resource::Cpus => figures.cpu,
        Resource::Pids => figures.pids,
    }
}

/// Whether there is enough to speak of.
pub(crate) fn is_enough(figures: &Figures) -> bool {
    figures.samples >= SAMPLES && figures.seconds >= SECONDS
}

/// What was used of a resource, as far as its limit is about it.
///
/// # Errors
/// [`Silence`].
pub(crate) fn used(resource: Resource, figures: &Figures, then: Option<Limits>) -> Result<f64, Silence> {
    if !is_enough(figures) {
        return Err(Silence::TooLittle);
    }
    let limits = then.unwrap_or_default();
    let limit = limits.of(resource);
    let spread = spread(resource, figures).ok_or(Silence::NotTold)?;
    let is_reached = limit.is_some_and(|limit| spread.peak >= limit * REACHED);
    let is_held = match resource {
        Resource::Memory => figures.ooms > 0 || is_reached,
        Resource::Cpus => figures.throttled.is_some_and(|share| share > THROTTLED),
        Resource::Pids => is_reached,
    };
    if is_held {
        return Err(Silence::AtLimit);
    }
    Ok(match resource {
        Resource::Cpus => spread.p99,
        _ => spread.peak,
    })
}

/// A limit for what was used, no more than `budget`.
///
/// # Errors
/// [`Silence`].
pub(crate) fn limit(
    resource: Resource,
    figures: &Figures,
    then: Option<Limits>,
    budget: Option<f64>,
) -> Result<Suggested, Silence> {
    let wanted = rounded(resource, used(resource, figures, then)? * HEADROOM);
    let clamped = budget.filter(|budget| *budget < wanted);
    Ok(Suggested {
        value: clamped.unwrap_or(wanted),
        wanted: clamped.map(|_| wanted),
    })
}

/// The next number up that somebody would write.
pub(crate) fn rounded(resource: Resource, value: f64) -> f64 {
    let step = match resource {
        // The engine refuses less than 6 MiB.
        Resource::Memory => match value.max(6.0 * MIB) / MIB {
            size if size <= 64.0 => 4.0 * MIB,
            size if size <= 256.0 => 16.0 * MIB,
            size if size <= 1024.0 => 64.0 * MIB,
            _ => 256.0 * MIB,
        },
        Resource::Cpus if value <= 0.2 => 0.01,
        Resource::Cpus if value <= 2.0 => 0.05,
        Resource::Cpus => 0.25,
        Resource::Pids => 5.0,
    };
    let least = match resource {
        Resource::Memory => 8.0 * MIB,
        // With less a health check alone takes all of it.
        Resource::Cpus => 0.05,
        // Starting a health check takes some threads of the runtime.
        Resource::Pids => 10.0,
    };
    // A quotient of decimal fractions misses a whole number by less.
    let steps = (value / step - 1e-9).ceil();
    // Of hundredths the nearest float, not a sum of them.
    let value = if step < 1.0 {
        (steps * (step * 100.0).round()).round() / 100.0
    } else {
        steps * step
    };
    value.max(least)
}

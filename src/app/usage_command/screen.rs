//! The table that a terminal shows while samples are taken: drawn over itself, a line for each container.

use crate::app::output;
use crate::report::escape;
use crate::report::usage::{amount, percent};
use crate::usage::suggest::Resource;
use crate::usage::{Recording, Seen, figures};
use crate::values::number::Real;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};

/// The lines of a small window.
const ROWS: usize = 20;
/// The samples that the figures of now are made of.
const LAST: usize = 3;

/// What was drawn.
pub(super) struct Screen {
    is_terminal: bool,
    lines: usize,
}

impl Screen {
    /// On standard error: standard output is for the summary, which may go to a file.
    pub(super) fn new() -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        // A log keeps every picture, even where a job has a terminal.
        let is_log = std::env::var_os("CI").is_some();
        Self {
            is_terminal: std::io::stderr().is_terminal() && !is_dumb && !is_log,
            lines: 0,
        }
    }

    /// Draws what there is now, in one write.
    pub(super) fn draw(&mut self, recording: &Recording, left: u64) {
        if !self.is_terminal {
            return;
        }
        let head = format!(
            "{:32} {:>8} {:>8} {:>11} {:>8} {:>6}",
            "container", "cpu", "of limit", "memory", "of limit", "pids"
        );
        let mut lines = vec![format!("{left} s left, Ctrl-C ends it"), head];
        lines.extend(recording.containers.iter().take(ROWS).map(line));
        let more = recording.containers.len().saturating_sub(ROWS);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        let mut out = self.back();
        // A line that wraps would be two.
        let width = output::width();
        for line in &lines {
            let _ = writeln!(out, "{}\x1b[K", line.chars().take(width).collect::<String>());
        }
        self.lines = lines.len();
        let _ = std::io::stderr().write_all(out.as_bytes());
    }

    /// Takes away what was drawn.
    pub(super) fn clear(&mut self) {
        if self.lines > 0 {
            let _ = std::io::stderr().write_all(format!("{}\x1b[J", self.back()).as_bytes());
            self.lines = 0;
        }
    }

    fn back(&self) -> String {
        match self.lines {
            0 => String::new(),
            lines => format!("\x1b[{lines}A\r"),
        }
    }
}

fn line(seen: &Seen) -> String {
    let from = seen.samples.len().saturating_sub(LAST);
    let last = seen.samples.get(from..).unwrap_or(&[]);
    let limits = seen.limits.unwrap_or_default();
    let cores = figures::rates(last).last().map(|rate| rate.cores);
    let now = last.last().copied().unwrap_or_default();
    let memory = now.memory.map(Real::real);
    let of = |value: Option<f64>, resource: Resource| {
        let share = value.zip(limits.of(resource)).map(|(value, limit)| value / limit);
        share.map_or("-".to_owned(), percent)
    };
    let show = |value: Option<f64>, resource| value.map_or("-".to_owned(), |value| amount(resource, value));
    let name: String = escape::inline(seen.title()).chars().take(32).collect();
    format!(
        "{name:32} {:>8} {:>8} {:>11} {:>8} {:>6}",
        cores.map_or("-".to_owned(), percent),
        of(cores, Resource::Cpus),
        show(memory, Resource::Memory),
        of(memory, Resource::Memory),
        show(now.pids.map(Real::real), Resource::Pids)
    )
}

//! The report for people: what is wrong, drawn at its lines, one block for each cause; then counts.

mod blocks;
mod draw;
mod excerpt;
mod summary;

use super::words;
use super::{Report, Reported, escape};
use crate::finding::Severity;
use blocks::{Block, blocks};
use std::fmt::{self, Write as _};

/// What is shown, and how.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// What weighs less is counted, not drawn.
    pub least: Severity,
    /// Only findings of these rules, or in these files and folders; all where there are none.
    pub only: Vec<String>,
    /// More blocks than this are counted, not drawn.
    pub most: usize,
    /// Which parts of it.
    pub parts: Parts,
    /// With ANSI colours, and links to the pages of rules.
    pub color: bool,
    /// The columns of the terminal.
    pub width: usize,
}

/// The parts of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parts {
    /// Findings, what is folded, counts and the verdict.
    All,
    /// Nothing but findings.
    Findings,
    /// Nothing but counts and the verdict.
    Counts,
}

impl Default for View {
    fn default() -> Self {
        Self {
            least: Severity::Warning,
            only: Vec::new(),
            most: 50,
            parts: Parts::All,
            color: false,
            width: 100,
        }
    }
}

impl View {
    /// Everything, or without notes.
    pub(crate) fn with_notes(notes: bool) -> Self {
        let least = if notes { Severity::Note } else { Severity::Warning };
        Self {
            least,
            ..Self::default()
        }
    }

    /// Whether a finding is one of those that are asked for, whatever it weighs.
    fn takes(&self, report: &Report, reported: &Reported) -> bool {
        let path = report.sources.path(reported.finding.span);
        let fits = |only: &String| {
            let below = path.strip_prefix(only.trim_end_matches('/'));
            reported.rule.name == only || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.only.is_empty() || self.only.iter().any(fits)
    }
}

/// Renders the report for a terminal.
pub(crate) fn render(report: &Report, view: &View) -> String {
    if let Some(error) = &report.error {
        return refused(report, error, view);
    }
    let mut out = String::new();
    if view.parts != Parts::Counts {
        let shown = words::worst_first(report, view.least == Severity::Note);
        let shown = shown
            .into_iter()
            .filter(|reported| reported.severity >= view.least && view.takes(report, reported));
        let blocks = blocks(report, shown.collect());
        for block in blocks.iter().take(view.most) {
            draw::block(&mut out, report, block, view);
            out.push('\n');
        }
        let rest = words::tally(blocks.iter().skip(view.most).flat_map(|block| block.findings()));
        if !rest.is_empty() {
            let how = "--max-findings shows more, --format json lists all";
            push(&mut out, format_args!("and {rest} more, not shown; {how}\n\n"));
        }
    }
    if view.parts != Parts::Findings {
        summary::push_summary(&mut out, report, view);
    }
    let trimmed: String = out.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
    escape::guard(trimmed)
}

/// Why the gate could not run: the places of the configuration, or the reason alone.
fn refused(report: &Report, error: &str, view: &View) -> String {
    let mut out = String::new();
    for mistake in report.mistakes.iter().take(view.most) {
        draw::block(&mut out, report, &Block::Cause(vec![mistake]), view);
        out.push('\n');
    }
    let error = report.secrets.mask(error);
    match report.mistakes.len() {
        0 => push(&mut out, format_args!("{}\n", escape::inline(&error))),
        many => {
            let line = format!(
                "plimsoll: error, {} in the configuration; nothing was checked",
                words::count(many, "mistake")
            );
            push(&mut out, format_args!("{}\n", paint(&line, "1;31", view.color)));
        }
    }
    escape::guard(out)
}

/// Writing to a String cannot fail.
fn push(out: &mut String, text: fmt::Arguments) {
    let _ = out.write_fmt(text);
}

pub(super) fn paint(text: &str, code: &str, color: bool) -> String {
    if color {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// `text` in lines of at most `width` characters, broken at blanks where there are any.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

#[cfg(test)]
mod tests;

//! How services stand against what their profiles demand: a line for people, a table for the summary.

use super::{Report, escape, place, words};
use crate::requirements::{COLUMNS, Cell, Requirements, shares};
use crate::source::{ColumnUnit, Span};
use std::fmt::Write as _;

/// Rows of the table; the line above it counts all.
const MAX_ROWS: usize = 200;

/// `0 of 2 services meet every demand (profile 'web': 0 of 1)`; empty where there is no service.
pub(crate) fn line(report: &Report) -> String {
    let shares = shares(&report.requirements);
    let services: usize = shares.iter().map(|share| share.services).sum();
    if services == 0 {
        return String::new();
    }
    let hardened: usize = shares.iter().map(|share| share.hardened).sum();
    let each: Vec<String> = shares
        .iter()
        .map(|share| format!("{} {} of {}", share.profile, share.hardened, share.services))
        .collect();
    let verb = if services == 1 { "meets" } else { "meet" };
    format!(
        "{hardened} of {} {verb} every demand ({})",
        words::count(services, "service"),
        each.join(", ")
    )
}

/// The table, folded: a row for each service, a column for each demand. A cell that is not met links to its line where
/// the report knows where its files can be seen, and else names it.
pub(crate) fn table(report: &Report) -> String {
    let line = line(report);
    if line.is_empty() {
        return line;
    }
    let mut out = format!(
        "<details><summary>Hardened: {}</summary>\n\n| service |",
        escape::html(&line)
    );
    for (word, _) in COLUMNS {
        let _ = write!(out, " {word} |");
    }
    out.push_str("\n| --- |");
    out.push_str(&" :-: |".repeat(COLUMNS.len()));
    out.push('\n');
    let path = |standing: &Requirements| report.sources.get(standing.span.source).path.as_str();
    let first = report.requirements.first().map(path);
    let is_one_file = report.requirements.iter().all(|standing| Some(path(standing)) == first);
    for standing in report.requirements.iter().take(MAX_ROWS) {
        let of = if is_one_file { "" } else { path(standing) };
        let _ = writeln!(out, "{}", row(report, standing, of));
    }
    if report.requirements.len() > MAX_ROWS {
        let _ = writeln!(out, "\nand {} more", report.requirements.len() - MAX_ROWS);
    }
    out.push_str("\n✓ met, ✗ not met, ? cannot be known here, - not asked; in brackets: the profile does not demand it.\n\n</details>\n\n");
    out
}

fn row(report: &Report, standing: &Requirements, of: &str) -> String {
    let mut row = format!("| {}", escape::markdown_code(&words::clip(&standing.service, 100)));
    if !of.is_empty() {
        let _ = write!(row, " in {}", escape::markdown_code(&words::clip(of, 200)));
    }
    row.push_str(" |");
    for (cell, demanded) in standing.cells.iter().zip(&standing.demanded) {
        let shown = match cell {
            Cell::Met => "✓".to_owned(),
            Cell::NotAsked => "-".to_owned(),
            Cell::NotMet(span) => placed(report, "✗", *span),
            Cell::Unknown(span) => placed(report, "?", *span),
        };
        let _ = if *demanded || *cell == Cell::NotAsked {
            write!(row, " {shown} |")
        } else {
            write!(row, " ({shown}) |")
        };
    }
    row
}

fn placed(report: &Report, sign: &str, span: Span) -> String {
    let source = report.sources.get(span.source);
    let line = place::region(source, span, ColumnUnit::CodePoints).start.line;
    match place::link(report, source, line) {
        Some(link) => format!("[{sign}]({link})"),
        None => format!("{sign} {}", escape::markdown_code(&line.to_string())),
    }
}

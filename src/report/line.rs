//! A line for each finding, as compilers print them: `path:line:col: level: message [rule]`, for editors, problem matchers and
//! `grep`.

use super::{Report, escape, place, words};
use crate::finding::Severity;
use crate::source::ColumnUnit;
use std::fmt::Write as _;

/// Renders the report; notes are left out unless `notes`. Nothing else is printed, and no finding is left out.
pub(crate) fn render(report: &Report, notes: bool) -> String {
    let mut out = String::new();
    if let Some(error) = &report.error {
        let _ = writeln!(out, "plimsoll: error: {}", escape::inline(&report.secrets.mask(error)));
        return escape::guard(out);
    }
    let shown = report
        .findings
        .iter()
        .filter(|reported| notes || reported.severity > Severity::Note);
    for reported in shown {
        let source = report.sources.get(reported.finding.span.source);
        let at = place::region(source, reported.finding.span, ColumnUnit::CodePoints).start;
        let _ = writeln!(
            out,
            "{}:{}:{}: {}: {} [{}]",
            escape::inline(&source.path),
            at.line,
            at.column,
            reported.severity.word(),
            escape::inline(&words::message(report, reported)),
            reported.rule.name
        );
    }
    escape::guard(out)
}

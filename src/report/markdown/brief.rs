//! The report as one comment on a pull request: verdict, what to look at first, and no more than a screen.

use super::{MAX_MESSAGE, head, helped, place_of, push_error, said, sign};
use crate::report::kinds::{self, Kind};
use crate::report::{Report, budget_use, escape, words};
use std::fmt::Write as _;

/// Kinds of findings, and places of one.
const MAX_KINDS: usize = 6;
const MAX_PLACES: usize = 3;

/// Renders the report as a comment; `notes` counts notes among the findings.
pub(crate) fn render(report: &Report, notes: bool) -> String {
    let mut out = head(report, "###");
    if let Some(error) = &report.error {
        push_error(&mut out, report, error);
        return escape::guard(out);
    }
    let line = words::verdict_line(report);
    let line = line.split_once(", ").map_or(line.as_str(), |(_, rest)| rest);
    let scope = words::clip(&report.scope_line(), MAX_MESSAGE).into_owned();
    let _ = writeln!(out, "{}. Scope: {}.\n", super::prose(line), super::prose(&scope));
    let kinds = kinds::kinds(report, notes);
    let (shown, rest) = kinds.split_at(kinds.len().min(MAX_KINDS));
    for kind in shown {
        out.push_str(&item(report, kind));
    }
    if !rest.is_empty() {
        let _ = writeln!(out, "- and {} of other kinds", kinds::tally(rest));
    }
    if !shown.is_empty() {
        out.push('\n');
    }
    let over = budget_use::over(report);
    if !over.is_empty() {
        let _ = writeln!(out, "Above budget: {over}.\n");
    }
    if !report.policy.is_empty() {
        let many = words::count(report.policy.len(), "change");
        let _ = writeln!(out, "⚠️ {many} of this request loosen its own policy.\n");
    }
    escape::guard(out)
}

fn item(report: &Report, kind: &Kind<'_>) -> String {
    let Some(first) = kind.findings.first() else {
        return String::new();
    };
    let mut item = format!(
        "- {} **{}**",
        sign(kind.severity),
        escape::markdown_code(kind.rule.name)
    );
    if kind.findings.len() > 1 {
        let _ = write!(item, " ×{}", kind.findings.len());
    }
    let places = kind.findings.iter().take(MAX_PLACES);
    let places: Vec<String> = places.map(|reported| place_of(report, reported, true)).collect();
    let _ = write!(item, " {}", places.join(", "));
    if kind.findings.len() > MAX_PLACES {
        let _ = write!(item, " and {} more", kind.findings.len() - MAX_PLACES);
    }
    let example = if kind.findings.len() > 1 { "First: " } else { "" };
    let _ = writeln!(item, "<br>{example}{}{}", said(report, first), helped(report, first));
    item
}

//! The end of the report: counts by rule, what is folded, what was judged where that is not plain, and the verdict.

use super::{View, paint, push, wrap};
use crate::finding::Severity;
use crate::report::words::{self, count};
use crate::report::{Report, Reported, Verdict, decided, escape, requirements};
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// More rows than this are counted.
const MAX_LISTED: usize = 20;

/// Everything behind the findings.
pub(super) fn push_summary(out: &mut String, report: &Report, view: &View) {
    push_rules(out, report, view);
    push_notes(out, report, view);
    let fixable = report
        .findings
        .iter()
        .filter(|reported| !reported.finding.fix.is_empty())
        .count();
    if fixable > 0 {
        let line = format!("{} can be fixed: `plimsoll fix` shows how", count(fixable, "finding"));
        push_entry(out, view, "fix", &line);
    }
    push_entry(out, view, "scope", &report.scope_line());
    if let Some(line) = decided::line(report) {
        push_entry(out, view, "budgets", &line);
    }
    // Without a profile nobody asked.
    if report.requirements.iter().any(|standing| standing.profile != "default") {
        push_entry(out, view, "hard", &requirements::line(report));
    }
    for (index, sentence) in report.policy.iter().enumerate() {
        let word = if index == 0 { "policy" } else { "" };
        push_entry(out, view, word, &report.secrets.mask(sentence));
    }
    let code = match report.verdict {
        Verdict::Pass => "1;32",
        Verdict::Fail | Verdict::Error => "1;31",
    };
    let line = paint(&words::verdict_line(report), code, view.color);
    push(out, format_args!("\n{line}\n"));
}

/// What there is of one rule.
#[derive(Default)]
struct Row<'a> {
    count: usize,
    fixable: usize,
    places: BTreeSet<&'a str>,
}

/// The findings by rule, each with how many there are, how many of them `plimsoll fix` mends, and where.
fn push_rules(out: &mut String, report: &Report, view: &View) {
    let shown = words::worst_first(report, view.least == Severity::Note);
    let mut rows: IndexMap<(Severity, &str), Row<'_>> = IndexMap::new();
    for reported in shown {
        let row = rows.entry((reported.severity, reported.rule.name)).or_default();
        row.count += 1;
        row.fixable += usize::from(!reported.finding.fix.is_empty());
        row.places.insert(place(report, reported));
    }
    rows.sort_by(|one, a, other, b| other.0.cmp(&one.0).then(b.count.cmp(&a.count)));
    // Where each rule found one thing the table would say nothing new.
    if rows.values().all(|row| row.count == 1) && view.parts != super::Parts::Counts {
        return;
    }
    let most = if view.parts == super::Parts::Counts {
        usize::MAX
    } else {
        MAX_LISTED
    };
    let widest = rows.keys().map(|(_, rule)| rule.len()).max().unwrap_or(0);
    let mut last = None;
    for ((severity, rule), row) in rows.iter().take(most) {
        let word = match last == Some(*severity) {
            true => String::new(),
            false => format!("{}s", severity.word()),
        };
        last = Some(*severity);
        let code = match severity {
            Severity::Error => "31",
            Severity::Warning => "33",
            Severity::Note => "36",
        };
        let word = paint(&format!("{word:<8}"), code, view.color);
        let fix = match row.fixable {
            0 => String::new(),
            all if all == row.count => "[fix]".to_owned(),
            some => format!("[fix {some}]"),
        };
        let places = match row.places.len() {
            1 => row.places.first().map_or(String::new(), |place| escape::inline(place)),
            many => format!("{many} files"),
        };
        push(
            out,
            format_args!("  {word} {:>4}  {rule:<widest$}  {fix:<8}  {places}\n", row.count),
        );
    }
    if rows.len() > most {
        push(
            out,
            format_args!("                 {} more\n", count(rows.len() - most, "rule")),
        );
    }
    out.push('\n');
}

fn place<'a>(report: &'a Report, reported: &Reported) -> &'a str {
    report.sources.path(reported.finding.span)
}

/// The notes that are not drawn, in one line by what they say.
fn push_notes(out: &mut String, report: &Report, view: &View) {
    let mut rules: IndexMap<&str, usize> = IndexMap::new();
    let mut places = BTreeSet::new();
    for reported in report
        .findings
        .iter()
        .filter(|reported| reported.severity == Severity::Note)
    {
        *rules.entry(reported.rule.name).or_default() += 1;
        let about = reported.about.as_deref().unwrap_or("");
        places.insert((place(report, reported), about));
    }
    if rules.is_empty() || view.least == Severity::Note {
        return;
    }
    rules.sort_by(|_, a, _, b| b.cmp(a));
    let all: usize = rules.values().sum();
    let each: Vec<String> = rules
        .iter()
        .take(6)
        .map(|(rule, count)| format!("{rule} {count}"))
        .collect();
    let more = if rules.len() > 6 { ", ..." } else { "" };
    let text = format!(
        "{all} about {} (--notes shows them): {}{more}",
        count(places.len(), "place"),
        each.join(", ")
    );
    push_entry(out, view, "notes", &text);
}

/// `  scope  full`, wrapped below itself.
fn push_entry(out: &mut String, view: &View, word: &str, text: &str) {
    let lines = wrap(&escape::inline(text), view.width.saturating_sub(11));
    push(out, format_args!("  {word:<7}  {}\n", lines.join("\n           ")));
}

//! The summary of a CI step in GitHub's Markdown: verdict, the worst findings, figures against budgets, the rest folded.

use super::{Report, Reported, budget_use, decided, escape, place, requirements, words};
use crate::finding::{Layer, Severity};
use crate::rules::Rule;
use crate::source::ColumnUnit;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Findings that are told in full.
const MAX_WORST: usize = 5;
/// Places listed for one rule.
const MAX_PLACES: usize = 100;
/// GitHub drops a summary of more than 1 MiB whole.
const MAX_BYTES: usize = 900 * 1024;
/// What is kept free for the last lines.
const RESERVE: usize = 4 * 1024;
/// Sentences about the policy, services with folded notes, and sets.
const MAX_LISTED: usize = 100;
const MAX_MESSAGE: usize = 500;
const MAX_PATH: usize = 1000;
const MAX_NARROW: usize = 40;

/// Renders the report as a step summary; `notes` treats notes like other findings instead of folding them.
pub(crate) fn render(report: &Report, notes: bool) -> String {
    let sign = match report.verdict {
        super::Verdict::Pass => "✅",
        super::Verdict::Fail => "❌",
        super::Verdict::Error => "💥",
    };
    let mut out = format!("## {sign} plimsoll: {}\n\n", report.verdict.word());
    if let Some(error) = &report.error {
        let error = words::sentence(&report.secrets.mask(error));
        let _ = writeln!(out, "{}", prose(&error));
        return escape::guard(out);
    }
    push_line(&mut out, report);
    push_policy(&mut out, report);
    let findings = worst_first(report, notes);
    let (worst, rest) = findings.split_at(findings.len().min(MAX_WORST));
    if !worst.is_empty() {
        let title = if rest.is_empty() { "Findings" } else { "Worst findings" };
        let _ = write!(out, "### {title}\n\n| | where | what |\n| --- | --- | --- |\n");
        for reported in worst {
            out.push_str(&row(report, reported));
        }
        out.push('\n');
    }
    for (title, section) in [
        ("Budgets", budget_use::table(report)),
        ("Where the bytes are", budget_use::images(report)),
    ] {
        push_section(&mut out, title, &section);
    }
    let end = out.len();
    out.push_str("### More\n\n");
    let title = out.len();
    push_rest(&mut out, report, rest);
    if !notes {
        push_notes(&mut out, report);
    }
    push_section(&mut out, "", &requirements::table(report));
    push_sets(&mut out, report);
    if out.len() == title {
        out.truncate(end);
    }
    escape::guard(out)
}

/// The worst first, and among equals one of each rule before the second of any, what cannot start before what is dangerous
/// before what is too much: so a few rows tell most.
fn worst_first(report: &Report, notes: bool) -> Vec<&Reported> {
    let mut seen: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
    let mut findings: Vec<(usize, &Reported)> = Vec::new();
    for reported in words::worst_first(report, notes) {
        let before = seen.entry((reported.severity, reported.rule.name)).or_insert(0);
        findings.push((*before, reported));
        *before += 1;
    }
    let urgency = |layer: Layer| match layer {
        Layer::Yaml | Layer::Schema | Layer::Compose | Layer::Engine => 0,
        Layer::Security => 1,
        Layer::Budget | Layer::Build => 2,
        Layer::Ignored | Layer::Hygiene => 3,
    };
    findings.sort_by_key(|(before, reported)| (std::cmp::Reverse(reported.severity), *before, urgency(reported.layer)));
    findings.into_iter().map(|(_, reported)| reported).collect()
}

/// A part that is shown whole or not at all; half a table would break what comes behind it.
fn push_section(out: &mut String, title: &str, section: &str) {
    if section.is_empty() {
        return;
    }
    if !title.is_empty() {
        let _ = write!(out, "### {title}\n\n");
    }
    if out.len() + section.len() + RESERVE <= MAX_BYTES {
        out.push_str(section);
    } else {
        out.push_str("There is no room for this table here.\n\n");
    }
}

/// Counts and scope, on one line.
fn push_line(out: &mut String, report: &Report) {
    let tally = words::tally(&report.findings);
    let tally = if tally.is_empty() { "No findings" } else { &tally };
    let scope = words::clip(&report.scope_line(), MAX_MESSAGE).into_owned();
    let _ = writeln!(
        out,
        "**{tally}** in {}. Scope: {}.\n",
        words::count(report.files.len(), "file"),
        prose(&scope)
    );
    if let Some(line) = decided::line(report) {
        let _ = writeln!(out, "Budgets: {}.\n", prose(&line));
    }
}

fn push_policy(out: &mut String, report: &Report) {
    if report.policy.is_empty() {
        return;
    }
    out.push_str("⚠️ **This change loosens its own policy:**\n\n");
    for sentence in report.policy.iter().take(MAX_LISTED) {
        let sentence = words::clip(&report.secrets.mask(sentence), MAX_MESSAGE).into_owned();
        let _ = writeln!(out, "- {}", prose(&sentence));
    }
    if report.policy.len() > MAX_LISTED {
        let _ = writeln!(out, "- and {} more", report.policy.len() - MAX_LISTED);
    }
    out.push('\n');
}

/// A sentence; its line breaks become those of a table cell.
fn prose(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(escape::markdown_prose).collect();
    lines.join("<br>")
}

/// Path and line. In a narrow column a long path is cut at its start where a link knows the rest.
fn place_of(report: &Report, reported: &Reported, is_narrow: bool) -> String {
    let source = report.sources.get(reported.finding.span.source);
    let line = place::region(source, reported.finding.span, ColumnUnit::CodePoints)
        .start
        .line;
    let length = source.path.chars().count();
    let path = if is_narrow && length > MAX_NARROW && report.links.is_some() {
        source
            .path
            .chars()
            .skip(length - MAX_NARROW)
            .fold("…".to_owned(), |path, c| path + &c.to_string())
    } else {
        words::clip(&source.path, MAX_PATH).into_owned()
    };
    place::linked(report, source, line, &format!("{path}:{line}"))
}

fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "🔴",
        Severity::Warning => "🟡",
        Severity::Note => "🔵",
    }
}

fn row(report: &Report, reported: &Reported) -> String {
    let message = words::sentence(&words::message(report, reported));
    let mut what = prose(&words::clip(&message, MAX_MESSAGE));
    let help = words::sentence(&words::help(report, reported));
    if !help.is_empty() {
        let _ = write!(what, "<br>→ {}", prose(&words::clip(&help, MAX_MESSAGE)));
    }
    let place = place_of(report, reported, true);
    let rule = escape::markdown_code(reported.rule.name);
    let word = reported.severity.word();
    format!(
        "| {}&nbsp;{word} | {place}<br><sub>{rule}</sub> | {what} |\n",
        sign(reported.severity)
    )
}

/// What the table has no room for: a fold for each severity, in it the rules with their places.
fn push_rest(out: &mut String, report: &Report, rest: &[&Reported]) {
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let findings: Vec<&&Reported> = rest.iter().filter(|reported| reported.severity == severity).collect();
        if findings.is_empty() {
            continue;
        }
        let mut by_rule: indexmap::IndexMap<&str, (&Rule, Vec<&Reported>)> = indexmap::IndexMap::new();
        for reported in &findings {
            by_rule
                .entry(reported.rule.name)
                .or_insert((reported.rule, Vec::new()))
                .1
                .push(reported);
        }
        let noun = format!("more {}", severity.word());
        let count = words::count(findings.len(), &noun);
        let mut fold = format!("<details><summary>{} {count}</summary>\n\n", sign(severity));
        let mut left_out = 0;
        for (_, (rule, findings)) in by_rule {
            left_out += push_rule(
                &mut fold,
                MAX_BYTES.saturating_sub(out.len() + RESERVE),
                report,
                rule,
                &findings,
            );
        }
        if left_out > 0 {
            let _ = writeln!(fold, "{}: no room for them here.\n", words::count(left_out, &noun));
        }
        fold.push_str("</details>\n\n");
        out.push_str(&fold);
    }
}

/// The places of one rule, as long as the fold stays below `room`; how many of them are not even counted.
fn push_rule(fold: &mut String, room: usize, report: &Report, rule: &Rule, findings: &[&Reported]) -> usize {
    let mut part = format!("{}: {}\n\n", escape::markdown_code(rule.name), prose(rule.summary()));
    let mut listed = 0;
    for reported in findings.iter().take(MAX_PLACES) {
        let message = words::sentence(&words::message(report, reported));
        let message = prose(&words::clip(&message, MAX_MESSAGE));
        let line = format!("- {} {message}\n", place_of(report, reported, false));
        if fold.len() + part.len() + line.len() > room {
            break;
        }
        part.push_str(&line);
        listed += 1;
    }
    if listed == 0 {
        return findings.len();
    }
    if listed < findings.len() {
        let _ = writeln!(part, "- and {} more", findings.len() - listed);
    }
    fold.push_str(&part);
    fold.push('\n');
    0
}

fn push_notes(out: &mut String, report: &Report) {
    let folded = words::folded_notes(report);
    if folded.is_empty() {
        return;
    }
    let notes = words::count(report.count(Severity::Note), "note");
    let mut fold = format!("<details><summary>🔵 {notes}</summary>\n\n");
    let mut listed = 0;
    for notes in folded.iter().take(MAX_LISTED) {
        let rules: Vec<String> = notes.rules.iter().map(|rule| escape::markdown_code(rule)).collect();
        let about = escape::markdown_code(&words::clip(&notes.about, MAX_PATH));
        let line = format!(
            "- {about}: {} ({})\n",
            words::count(notes.count, "note"),
            rules.join(", ")
        );
        if out.len() + fold.len() + line.len() + RESERVE > MAX_BYTES {
            break;
        }
        fold.push_str(&line);
        listed += 1;
    }
    if listed < folded.len() {
        let _ = writeln!(fold, "- and {}", words::count(folded.len() - listed, "more row"));
    }
    fold.push_str("\n</details>\n\n");
    out.push_str(&fold);
}

/// The Compose sets that were judged: what is not among them was not.
fn push_sets(out: &mut String, report: &Report) {
    if report.sets.is_empty() {
        return;
    }
    let sets: Vec<String> = report
        .sets
        .iter()
        .take(MAX_LISTED)
        .map(|set| {
            format!(
                "- {}\n",
                escape::markdown_code(&words::clip(&report.secrets.mask(set), MAX_PATH))
            )
        })
        .collect();
    let count = words::count(report.sets.len(), "Compose set");
    let mut fold = format!("<details><summary>{count}</summary>\n\n{}", sets.concat());
    if report.sets.len() > sets.len() {
        let _ = writeln!(fold, "- and {} more", report.sets.len() - sets.len());
    }
    fold.push_str("\n</details>\n");
    if out.len() + fold.len() <= MAX_BYTES {
        out.push_str(&fold);
    }
}

#[cfg(test)]
mod tests;

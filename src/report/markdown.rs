//! The summary of a CI step in GitHub's Markdown: verdict, the worst kinds of findings, figures against budgets, the rest folded.

pub(crate) mod brief;
mod parts;

use super::kinds::{self, Kind};
use super::{Report, Reported, budget_use, decided, escape, place, requirements, words};
use crate::finding::Severity;
use crate::source::ColumnUnit;
use std::fmt::Write as _;

/// Kinds of findings that are told in full.
const MAX_WORST: usize = 6;
/// Places of one kind in the table, and in the fold.
const MAX_PLACES: usize = 4;
const MAX_LISTED: usize = 20;
/// GitHub drops a summary of more than 1 MiB whole, and nobody reads so much: a fifth of it is enough for a hundred services.
const MAX_BYTES: usize = 190 * 1024;
/// What is kept free for the last lines.
const RESERVE: usize = 4 * 1024;
const MAX_MESSAGE: usize = 500;
const MAX_PATH: usize = 1000;
/// Characters of a path, and of a word of a sentence, where a table must stay narrow.
const MAX_NARROW: usize = 36;
const MAX_WORD: usize = 44;

/// Renders the report as a step summary; `notes` treats notes like other findings instead of folding them.
pub(crate) fn render(report: &Report, notes: bool) -> String {
    let mut out = head(report, "##");
    if let Some(error) = &report.error {
        push_error(&mut out, report, error);
        return escape::guard(out);
    }
    push_line(&mut out, report);
    parts::push_policy(&mut out, report);
    let kinds = kinds::kinds(report, notes);
    let (worst, rest) = kinds.split_at(kinds.len().min(MAX_WORST));
    if !worst.is_empty() {
        let title = match rest.is_empty() {
            true => "Findings".to_owned(),
            false => format!("Worst findings ({} of {} kinds)", worst.len(), kinds.len()),
        };
        let _ = write!(out, "### {title}\n\n| | what | where |\n| --- | --- | --- |\n");
        for kind in worst {
            out.push_str(&row(report, kind));
        }
        out.push('\n');
    }
    push_section(&mut out, "Budgets", &budget_use::table(report));
    push_section(&mut out, "Where the bytes are", &budget_use::images(report));
    let end = out.len();
    out.push_str("### More\n\n");
    let title = out.len();
    push_folds(&mut out, report, &kinds);
    parts::push_fixes(&mut out, report, notes);
    if !notes {
        parts::push_notes(&mut out, report);
    }
    push_section(&mut out, "", &budget_use::rest(report));
    push_section(&mut out, "", &requirements::table(report));
    parts::push_sets(&mut out, report);
    if out.len() == title {
        out.truncate(end);
    }
    escape::guard(out)
}

fn head(report: &Report, level: &str) -> String {
    let sign = match report.verdict {
        super::Verdict::Pass => "✅",
        super::Verdict::Fail => "❌",
        super::Verdict::Error => "💥",
    };
    format!("{level} {sign} plimsoll: {}\n\n", report.verdict.word())
}

/// Why the gate could not run, with the places where there are some.
fn push_error(out: &mut String, report: &Report, error: &str) {
    if report.mistakes.is_empty() {
        let error = words::sentence(&report.secrets.mask(error));
        let _ = writeln!(out, "{}", prose(&error));
        return;
    }
    let many = words::count(report.mistakes.len(), "mistake");
    let _ = writeln!(out, "{many} in the configuration; nothing was checked.\n");
    for mistake in report.mistakes.iter().take(MAX_LISTED) {
        let place = place_of(report, mistake, false);
        let _ = writeln!(out, "- {place} {}{}", said(report, mistake), helped(report, mistake));
    }
    if report.mistakes.len() > MAX_LISTED {
        let _ = writeln!(out, "- and {} more", report.mistakes.len() - MAX_LISTED);
    }
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
        out.push_str("This table is too large to show here.\n\n");
    }
}

/// Counts and scope, on one line.
fn push_line(out: &mut String, report: &Report) {
    let tally = words::tally(&report.findings);
    let nothing = if report.known.count() > 0 {
        "No new findings"
    } else {
        "No findings"
    };
    let tally = if tally.is_empty() { nothing } else { &tally };
    let known = words::known(report);
    let scope = words::clip(&report.scope_line(), MAX_MESSAGE).into_owned();
    let _ = writeln!(
        out,
        "**{tally}**{known} in {}. Scope: {}.\n",
        words::count(report.files.len(), "file"),
        prose(&scope)
    );
    if let Some(line) = decided::line(report) {
        let _ = writeln!(out, "Budgets: {}.\n", prose(&line));
    }
}

/// A sentence; its line breaks become those of a table cell.
fn prose(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(escape::markdown_prose).collect();
    lines.join("<br>")
}

/// The same where a table must stay narrow: no word is wider than a column may be.
fn narrow(text: &str) -> String {
    let clipped = |line: &str| {
        let words: Vec<_> = line.split(' ').map(|word| short_word(word)).collect();
        words.join(" ")
    };
    let lines: Vec<String> = text.lines().map(clipped).collect();
    prose(&lines.join("\n"))
}

/// A word that is too long keeps its marks.
fn short_word(word: &str) -> std::borrow::Cow<'_, str> {
    match words::clip(word, MAX_WORD) {
        whole if whole.len() == word.len() => whole,
        _ => words::clip_marked(word, MAX_WORD).into(),
    }
}

/// What a finding says, as a sentence.
fn said(report: &Report, reported: &Reported) -> String {
    let message = words::sentence(&words::message(report, reported));
    prose(&words::clip(&message, MAX_MESSAGE))
}

/// What to type instead, behind an arrow.
fn helped(report: &Report, reported: &Reported) -> String {
    let help = words::sentence(&words::help(report, reported));
    match help.is_empty() {
        true => help,
        false => format!("<br>→ {}", prose(&words::clip(&help, MAX_MESSAGE))),
    }
}

/// Path and line. In a narrow column a long path is cut at its start.
fn place_of(report: &Report, reported: &Reported, is_narrow: bool) -> String {
    let source = report.sources.get(reported.finding.span.source);
    let line = place::region(source, reported.finding.span, ColumnUnit::CodePoints)
        .start
        .line;
    let path = match is_narrow {
        true => words::clip_start(&source.path, MAX_NARROW),
        false => words::clip(&source.path, MAX_PATH),
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

/// A kind in the table: one finding in its own words, several in those of the rule.
fn row(report: &Report, kind: &Kind<'_>) -> String {
    let mut what = format!("**{}**", escape::markdown_code(kind.rule.name));
    let help = match kind.findings.as_slice() {
        [only] => {
            let message = words::sentence(&words::message(report, only));
            let _ = write!(what, "<br>{}", narrow(&words::clip(&message, MAX_MESSAGE)));
            words::help(report, only)
        }
        all => {
            let _ = write!(what, " ×{}<br>{}", all.len(), narrow(kind.rule.summary()));
            match kind.by_help().as_slice() {
                [one] => one
                    .first()
                    .map_or_else(Default::default, |first| words::help(report, first)),
                _ => Default::default(),
            }
        }
    };
    let help = words::sentence(&help);
    if !help.is_empty() {
        let _ = write!(what, "<br>→ {}", narrow(&words::clip(&help, MAX_MESSAGE)));
    }
    let (sign, word) = (sign(kind.severity), kind.severity.word());
    format!("| {sign}&nbsp;{word} | {what} | {} |\n", places(report, &kind.findings))
}

/// Where the findings of a kind are, with what each is about.
fn places(report: &Report, findings: &[&Reported]) -> String {
    let shown = findings.iter().take(MAX_PLACES).map(|reported| {
        let place = place_of(report, reported, true);
        let path = report.sources.path(reported.finding.span);
        match reported.about.as_deref().filter(|about| *about != path) {
            Some(about) => {
                let about = words::clip(&report.secrets.mask(about), MAX_NARROW).into_owned();
                format!("{place} <sub>{}</sub>", escape::markdown_code(&about))
            }
            None => place,
        }
    });
    let mut places: Vec<String> = shown.collect();
    if findings.len() > MAX_PLACES {
        places.push(format!("and {} more", findings.len() - MAX_PLACES));
    }
    places.join("<br>")
}

/// A fold for each severity, in it every kind with its helps and places.
fn push_folds(out: &mut String, report: &Report, kinds: &[Kind<'_>]) {
    // One finding of each kind, and all of them in the table: nothing is left to say.
    if kinds.len() <= MAX_WORST && kinds.iter().all(|kind| kind.findings.len() == 1) {
        return;
    }
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let kinds: Vec<&Kind<'_>> = kinds.iter().filter(|kind| kind.severity == severity).collect();
        let all: usize = kinds.iter().map(|kind| kind.findings.len()).sum();
        if all == 0 {
            continue;
        }
        let count = words::count(all, severity.word());
        let mut fold = format!("<details><summary>{} {count}</summary>\n\n", sign(severity));
        let mut left_out = 0;
        for kind in kinds {
            let room = MAX_BYTES.saturating_sub(out.len() + RESERVE);
            left_out += push_kind(&mut fold, room, report, kind);
        }
        if left_out > 0 {
            let left_out = words::count(left_out, severity.word());
            let _ = writeln!(fold, "{left_out} not shown: too many for this summary.\n");
        }
        fold.push_str("</details>\n\n");
        out.push_str(&fold);
    }
}

/// The helps and places of one kind, as long as the fold stays below `room`; how many of them are not even counted.
fn push_kind(fold: &mut String, room: usize, report: &Report, kind: &Kind<'_>) -> usize {
    let name = escape::markdown_code(kind.rule.name);
    let mut part = format!("{name}: {}\n\n", prose(kind.rule.summary()));
    let mut listed = 0;
    'all: for group in kind.by_help() {
        let Some(first) = group.first() else { continue };
        let mut help = helped(report, first);
        for reported in group {
            // The help of several is said once, behind the first of them.
            let line = format!(
                "- {} {}{help}\n",
                place_of(report, reported, false),
                said(report, reported)
            );
            help.clear();
            if listed == MAX_LISTED || fold.len() + part.len() + line.len() > room {
                break 'all;
            }
            part.push_str(&line);
            listed += 1;
        }
    }
    if listed == 0 {
        return kind.findings.len();
    }
    if listed < kind.findings.len() {
        let _ = writeln!(part, "- and {} more", kind.findings.len() - listed);
    }
    fold.push_str(&part);
    fold.push('\n');
    0
}

#[cfg(test)]
mod tests;

//! The words that all renderers share: messages, counts, the verdict, folded notes, and which findings come first.

use super::{Known, Report, Reported};
use crate::finding::Severity;
use crate::order::Order as _;
use std::borrow::Cow;

/// What a finding says, without secrets.
pub(crate) fn message<'a>(report: &'a Report, reported: &'a Reported) -> Cow<'a, str> {
    crate::progress::at(reported.finding.span.source);
    report.secrets.mask(&reported.finding.message)
}

/// What to type instead, without secrets; may be empty.
pub(crate) fn help<'a>(report: &'a Report, reported: &'a Reported) -> Cow<'a, str> {
    report.secrets.mask(&reported.finding.help)
}

/// `text` with a full stop at its end and a capital at its start, if it starts with a word and not with something to
/// type (`cap_add: ...`); empty stays empty.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let word = text.split_whitespace().next().unwrap_or("");
    let is_word = word.trim_end_matches(',').chars().all(char::is_alphabetic);
    let mut chars = text.chars();
    let first: String = match chars.next() {
        None => return String::new(),
        Some(first) if is_word => first.to_uppercase().collect(),
        Some(first) => first.to_string(),
    };
    let mut out = first + chars.as_str();
    if !out.ends_with(['.', '!', '?', ':']) {
        out.push('.');
    }
    out
}

/// At most `limit` characters of `text`, the last one an ellipsis if something was cut.
pub(crate) fn clip(text: &str, limit: usize) -> Cow<'_, str> {
    if text.chars().count() <= limit {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().take(limit.saturating_sub(1));
    Cow::Owned(kept.chain(['…']).collect())
}

/// The same where names are in backticks: one that is cut is closed.
pub(crate) fn clip_marked(text: &str, limit: usize) -> String {
    let clipped = clip(text, limit);
    match clipped.len() < text.len() && clipped.matches('`').count() % 2 == 1 {
        true => format!("{clipped}`"),
        false => clipped.into_owned(),
    }
}

/// The same for a path, whose end says most.
pub(crate) fn clip_start(text: &str, limit: usize) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= limit {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().skip(length + 1 - limit);
    Cow::Owned(std::iter::once('…').chain(kept).collect())
}

/// `1 error`, `2 errors`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = match number {
        1 => "",
        _ if noun.ends_with('x') => "es",
        _ => "s",
    };
    format!("{number} {noun}{plural}")
}

/// `2 errors, 1 warning, 7 notes`: what there is of `findings`, worst first; empty if there is nothing.
pub(crate) fn tally<'a>(findings: impl IntoIterator<Item = &'a Reported>) -> String {
    let mut all = Known::default();
    findings.into_iter().for_each(|reported| all.add(reported.severity));
    weights(all)
}

fn weights(all: Known) -> String {
    [(all.errors, "error"), (all.warnings, "warning"), (all.notes, "note")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| count(number, noun))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The last word: `plimsoll: fail, 2 errors, 1 warning, 7 notes in 3 files`, with what was known before where something was.
pub(crate) fn verdict_line(report: &Report) -> String {
    let tally = tally(&report.findings);
    let files = count(report.files.len(), "file");
    let known = report.known.count();
    let nothing = if known > 0 { "no new findings" } else { "no findings" };
    let tally = if tally.is_empty() { nothing } else { &tally };
    let known = self::known(report);
    format!("plimsoll: {}, {tally}{known} in {files}", report.verdict.word())
}

/// ` (837 known: 6 errors, 831 warnings)`; nothing where nothing is.
pub(crate) fn known(report: &Report) -> String {
    match report.known.count() {
        0 => String::new(),
        known => format!(" ({known} known: {})", weights(report.known)),
    }
}

/// The findings that are shown one by one, the worst first and otherwise in their order; notes only if asked for.
pub(crate) fn worst_first(report: &Report, notes: bool) -> Vec<&Reported> {
    let mut findings: Vec<&Reported> = report
        .findings
        .iter()
        .filter(|reported| notes || reported.severity > Severity::Note)
        .collect();
    findings.order_by_key(|reported| std::cmp::Reverse(reported.severity));
    findings
}

/// The notes about one service or file, counted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Folded<'a> {
    /// The service or Dockerfile, or the path of a file without one.
    pub about: Cow<'a, str>,
    /// How many notes there are.
    pub count: usize,
    /// Their rules, each once, in the order of the findings.
    pub rules: Vec<&'static str>,
}

impl Folded<'_> {
    /// `api: 5 notes (capabilities-kept, missing-pids-limit, ...)`, with as many rules as fit into `width` characters.
    pub(crate) fn line(&self, width: usize) -> String {
        let mut out = format!("{}: {} (", self.about, count(self.count, "note"));
        for (index, rule) in self.rules.iter().enumerate() {
            let more = index + 1 < self.rules.len();
            let room = width.saturating_sub(if more { ", ...)".len() } else { ")".len() });
            if index > 0 && out.chars().count() + rule.len() + 2 > room {
                out.push_str(", ...");
                break;
            }
            if index > 0 {
                out.push_str(", ");
            }
            out.push_str(rule);
        }
        out.push(')');
        out
    }
}

/// The notes, one entry for each service or file, in the order in which they come up.
pub(crate) fn folded_notes<'a>(report: &'a Report) -> Vec<Folded<'a>> {
    let mut folded: indexmap::IndexMap<Cow<'a, str>, Folded<'a>> = indexmap::IndexMap::new();
    for reported in &report.findings {
        if reported.severity != Severity::Note {
            continue;
        }
        let about = match &reported.about {
            Some(about) => report.secrets.mask(about),
            None => Cow::Borrowed(report.sources.path(reported.finding.span)),
        };
        let entry = folded.entry(about).or_insert_with_key(|about| Folded {
            about: about.clone(),
            count: 0,
            rules: Vec::new(),
        });
        entry.count += 1;
        if !entry.rules.contains(&reported.rule.name) {
            entry.rules.push(reported.rule.name);
        }
    }
    folded.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(sentence("`é` has no limit"), "`é` has no limit.");
        assert_eq!(sentence("ünit, is done."), "Ünit, is done.");
        assert_eq!(sentence("cap_add: [A]"), "cap_add: [A].");
        assert_eq!(sentence("memory: 1g"), "memory: 1g.");
        assert_eq!(sentence(" "), "");
    }

    #[test]
    fn a_long_text_is_cut_with_an_ellipsis() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüß", 3), "äö…");
    }

    #[test]
    fn the_verdict_counts_what_there_is() {
        let sample = Sample::seed();
        assert_eq!(
            verdict_line(&sample.report()),
            "plimsoll: fail, 2 errors, 1 warning, 4 notes in 3 files"
        );
        let nothing = Sample::default();
        assert_eq!(
            verdict_line(&nothing.report()),
            "plimsoll: pass, no findings in 0 files"
        );
    }

    #[test]
    fn notes_fold_into_one_line_a_unit() {
        let sample = Sample::seed();
        let report = sample.report();
        let lines: Vec<String> = folded_notes(&report).iter().map(|folded| folded.line(50)).collect();
        assert_eq!(
            lines,
            [
                "api/Dockerfile: 1 note (base-image-without-digest)",
                "api: 3 notes (capabilities-kept, ...)"
            ]
        );
    }
}

//! The parts of the summary that say what was judged, and by what: policy, folded notes, Compose sets.

use super::{MAX_BYTES, MAX_MESSAGE, MAX_PATH, RESERVE, prose};
use crate::finding::Severity;
use crate::report::patch::{self, Patch};
use crate::report::{Report, escape, words};
use std::fmt::Write as _;

/// Bytes of a diff that is shown: what is longer is read in an editor.
const MAX_FIXES: usize = 24 * 1024;
/// Services with folded notes, and sets.
const MAX_LISTED: usize = 100;
/// Sentences about the policy.
const MAX_POLICY: usize = 20;

pub(super) fn push_policy(out: &mut String, report: &Report) {
    if report.policy.is_empty() {
        return;
    }
    out.push_str("⚠️ **This change loosens its own policy:**\n\n");
    for sentence in report.policy.iter().take(MAX_POLICY) {
        let sentence = words::clip(&report.secrets.mask(sentence), MAX_MESSAGE).into_owned();
        let _ = writeln!(out, "- {}", prose(&sentence));
    }
    if report.policy.len() > MAX_POLICY {
        let _ = writeln!(out, "- and {} more", report.policy.len() - MAX_POLICY);
    }
    out.push('\n');
}

/// What `plimsoll fix --write` would change, as a diff. A file whose part has no room is counted.
pub(super) fn push_fixes(out: &mut String, report: &Report, notes: bool) {
    let shown = report
        .findings
        .iter()
        .filter(|reported| notes || reported.severity > Severity::Note);
    let patch = Patch::of(shown, false);
    if patch.edits.is_empty() {
        return;
    }
    let room = MAX_FIXES.min(MAX_BYTES.saturating_sub(out.len() + RESERVE));
    let (mut diffs, mut left_out) = (String::new(), 0);
    for (id, edits) in &patch.edits {
        let diff = patch::diff(report, *id, edits, 0);
        if diffs.len() + diff.len() > room {
            left_out += 1;
            continue;
        }
        for line in diff.lines() {
            let _ = writeln!(diffs, "{}", escape::line(line));
        }
    }
    let mended = words::count(patch.mended, "finding");
    let _ = write!(
        out,
        "<details><summary>🛠 <code>plimsoll fix --write</code> fixes {mended}</summary>\n\n"
    );
    if !diffs.is_empty() {
        let fence = escape::markdown_fence(&diffs);
        let _ = write!(out, "{fence}diff\n{diffs}{fence}\n\n");
    }
    if left_out > 0 {
        let _ = writeln!(out, "Not shown here, too large: {}.\n", words::count(left_out, "file"));
    }
    out.push_str("</details>\n\n");
}

pub(super) fn push_notes(out: &mut String, report: &Report) {
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
pub(super) fn push_sets(out: &mut String, report: &Report) {
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

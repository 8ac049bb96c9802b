//! The edits that findings offer, as one patch: which of them can be made together, and how the files look before and after.

use super::{Report, Reported};
use crate::finding::Edit;
use crate::redact::MASK;
use crate::source::{SourceId, Span};
use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::udiff::UnifiedHunkHeader;
use similar::{DiffOp, DiffableStr, group_diff_ops};
use std::collections::BTreeMap;
use std::ops::Range;

/// Lines around a change on a terminal.
pub(crate) const CONTEXT: usize = 3;
/// Lines of a fix that is told beside its finding.
const MAX_LINES: usize = 12;

/// Edits of one file, of which no two touch, by where they are. What is added at one place stays in its order, lines behind the rest.
#[derive(Debug, Default)]
pub(crate) struct Edits(BTreeMap<(u32, u32), Vec<Edit>>);

impl Edits {
    /// Whether one of them cannot be made together with `edit`. Since they do not touch, only the last ones before its end can.
    fn clash(&self, edit: &Edit) -> bool {
        let before = self.0.range(..=(edit.span.end, u32::MAX)).rev();
        before
            .take_while(|((_, end), _)| *end >= edit.span.start)
            .flat_map(|(_, edits)| edits)
            .any(|other| other != edit && overlap(edit, other))
    }

    /// An edit that several findings offer is made once.
    fn add(&mut self, edit: &Edit) {
        let edits = self.0.entry((edit.span.start, edit.span.end)).or_default();
        if !edits.contains(edit) {
            // What goes on with a line comes before what begins another one.
            let begins_a_line = |edit: &Edit| edit.text.starts_with(['\n', '\r']);
            let later = edits.iter().position(begins_a_line).filter(|_| !begins_a_line(edit));
            edits.insert(later.unwrap_or(edits.len()), edit.clone());
        }
    }

    /// A part of the text after the edits in it.
    fn applied_within(&self, text: &str, window: &Range<usize>) -> String {
        let mut new = String::with_capacity(window.len());
        let mut done = window.start;
        for edit in self.0.values().flatten() {
            new.push_str(text.get(done..edit.span.start as usize).unwrap_or_default());
            new.push_str(&edit.text);
            done = edit.span.end as usize;
        }
        new.push_str(text.get(done..window.end).unwrap_or_default());
        new
    }

    /// The text after them.
    pub(crate) fn applied(&self, text: &str) -> String {
        self.applied_within(text, &(0..text.len()))
    }
}

/// What findings offer: all edits of a finding or none.
#[derive(Default)]
pub(crate) struct Patch {
    /// By file.
    pub edits: BTreeMap<SourceId, Edits>,
    /// Findings that it mends.
    pub mended: usize,
    /// Findings whose fix is unsafe, where that was not asked for.
    pub waiting: usize,
    /// Findings whose fix touches what another one edits.
    pub overlapping: usize,
}

impl Patch {
    /// What these findings offer; with `risky` also what can keep a container from working.
    pub(crate) fn of<'a>(findings: impl Iterator<Item = &'a Reported>, risky: bool) -> Self {
        let mut patch = Self::default();
        for reported in findings.filter(|reported| !reported.finding.fix.is_empty()) {
            let fix = &reported.finding.fix;
            let clashes = |edit: &Edit| {
                patch
                    .edits
                    .get(&edit.span.source)
                    .is_some_and(|edits| edits.clash(edit))
            };
            if reported.finding.is_unsafe && !risky {
                patch.waiting += 1;
            } else if fix.iter().any(clashes) {
                patch.overlapping += 1;
            } else {
                patch.mended += 1;
                for edit in fix {
                    patch.edits.entry(edit.span.source).or_default().add(edit);
                }
            }
        }
        patch
    }
}

/// A file's edits as a unified diff, with what is secret hidden.
///
/// `context` lines around each change are shown; what no finding points at may hold what nobody knows to be secret.
pub(crate) fn diff(report: &Report, id: SourceId, edits: &Edits, context: usize) -> String {
    let source = report.sources.get(id);
    let (old, new) = masked(report, id, edits, &(0..source.text.len()));
    let lines = Lines::of(&old, &new);
    let hunks = group_diff_ops(lines.compared(), context);
    let mut out = String::new();
    for hunk in hunks.iter().filter(|hunk| !hunk.is_empty()) {
        if out.is_empty() {
            out = format!("--- a/{path}\n+++ b/{path}\n", path = source.path);
        }
        out.push_str(&format!("{}\n", UnifiedHunkHeader::new(hunk)));
        for (sign, line) in hunk.iter().flat_map(|op| lines.signed(op)) {
            out.push(sign);
            out.push_str(line);
            if !line.ends_with(['\n', '\r']) {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// The lines of a text before and after. One algorithm is all that is asked of the library: with the choice of five the binary is half
/// a megabyte larger.
struct Lines<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
}

impl<'a> Lines<'a> {
    fn of(old: &'a str, new: &'a str) -> Self {
        let (old, new) = (old.tokenize_lines(), new.tokenize_lines());
        Self { old, new }
    }

    fn compared(&self) -> Vec<DiffOp> {
        let (old, new) = (&self.old, &self.new);
        let mut found = Compact::new(Replace::new(Capture::new()), old, new);
        // Only what takes the differences down could fail.
        let Ok(()) = myers::diff(&mut found, old, 0..old.len(), new, 0..new.len());
        found.into_inner().into_inner().into_ops()
    }

    /// The lines of a difference, each with its sign: those that go, then those that come.
    fn signed(&self, op: &DiffOp) -> Vec<(char, &'a str)> {
        let of = |lines: &[&'a str], range: Range<usize>, sign| {
            let lines = lines.get(range).unwrap_or(&[]).iter();
            lines.map(|line| (sign, *line)).collect::<Vec<_>>()
        };
        match op {
            DiffOp::Equal { .. } => of(&self.old, op.old_range(), ' '),
            _ => [of(&self.old, op.old_range(), '-'), of(&self.new, op.new_range(), '+')].concat(),
        }
    }
}

/// The lines that a finding's fix takes away and adds, if it has one and they are few.
pub(crate) fn lines(report: &Report, reported: &Reported) -> Option<String> {
    let patch = Patch::of(std::iter::once(reported), true);
    let mut all = Vec::new();
    for (id, edits) in &patch.edits {
        let text = &report.sources.get(*id).text;
        let (start, _) = edits.0.keys().next()?;
        let (_, end) = edits.0.keys().next_back()?;
        let first = text.get(..*start as usize)?.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(*end as usize..)?;
        let last = rest.find('\n').map_or(text.len(), |at| *end as usize + at + 1);
        // Of what is far apart nobody reads a line between.
        if text.get(first..last)?.lines().nth(MAX_LINES).is_some() {
            return None;
        }
        let (old, new) = masked(report, *id, edits, &(first..last));
        let compared = Lines::of(&old, &new);
        let signed = compared.compared();
        let signed = signed.iter().flat_map(|op| compared.signed(op));
        let changes = signed.filter(|(sign, _)| *sign != ' ');
        all.extend(changes.map(|(sign, line)| format!("{sign}{}", line.trim_end())));
    }
    (1..=MAX_LINES).contains(&all.len()).then(|| all.join("\n"))
}

/// Whether two edits cannot be made both: they share bytes, or add the same key to one mapping.
fn overlap(one: &Edit, other: &Edit) -> bool {
    let (one_at, other_at) = (one.span, other.span);
    if one_at.start == other_at.start && one_at.start == one_at.end && other_at.start == other_at.end {
        let key = |edit: &Edit| edit.text.trim_start().split(':').next().map(str::to_owned);
        return key(one) == key(other);
    }
    one_at.start < other_at.end && other_at.start < one_at.end
}

/// A part of a file before and after its edits, with what is secret hidden where it is written and wherever else its text is found.
fn masked(report: &Report, id: SourceId, edits: &Edits, window: &Range<usize>) -> (String, String) {
    let text = &report.sources.get(id).text;
    let mut hidden = report.secrets.within(id, text, window);
    hidden.sort_unstable_by_key(|range| (range.start, range.end));
    let mut masks: Vec<Range<usize>> = Vec::new();
    for range in hidden {
        let range = range.start.max(window.start)..range.end.min(window.end);
        match masks.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => masks.push(range),
        }
    }
    let masks: Vec<Edit> = masks
        .into_iter()
        .map(|range| Edit {
            span: Span::new(id, range.start, range.end),
            text: MASK.to_owned(),
        })
        .collect();
    let (mut before, mut after) = (Edits::default(), Edits::default());
    for mask in &masks {
        before.add(mask);
        if !edits.clash(mask) {
            after.add(mask);
        }
    }
    edits.0.values().flatten().for_each(|edit| after.add(edit));
    let shown = |edits: &Edits| report.secrets.mask(&edits.applied_within(text, window)).into_owned();
    (shown(&before), shown(&after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit {
            span: Span::new(SourceId::default(), start, end),
            text: text.to_owned(),
        }
    }

    #[test]
    fn edits_that_share_bytes_or_keys_are_not_made_both() {
        for (one, other, wanted) in [
            (edit(0, 3, ""), edit(3, 5, ""), false),
            (edit(0, 3, ""), edit(2, 5, ""), true),
            (edit(2, 2, "a"), edit(1, 3, ""), true),
            (edit(3, 3, "a"), edit(1, 3, ""), false),
            (edit(2, 2, "\n  a: 1"), edit(2, 2, "\n  b: 1"), false),
            (edit(2, 2, "\n  a: 1"), edit(2, 2, "\n  a: 2"), true),
        ] {
            assert_eq!(overlap(&one, &other), wanted, "{one:?} {other:?}");
            assert_eq!(overlap(&other, &one), wanted, "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_goes_on_with_a_line_comes_before_the_lines_that_are_added_behind_it() {
        let mut edits = Edits::default();
        for edit in [
            edit(8, 8, "\n  read_only: true"),
            edit(8, 8, ":size=16m"),
            edit(8, 8, "\n  init: true"),
        ] {
            edits.add(&edit);
        }
        let text = "tmpfs: t\n";
        assert_eq!(
            edits.applied(text),
            "tmpfs: t:size=16m\n  read_only: true\n  init: true\n"
        );
    }

    #[test]
    fn edits_are_made_in_the_order_of_the_file() {
        let mut edits = Edits::default();
        for edit in [edit(4, 4, "x"), edit(0, 1, ""), edit(4, 4, "y"), edit(4, 4, "x")] {
            edits.add(&edit);
        }
        assert_eq!(edits.applied("abcdef"), "bcdxyef");
        for (start, end, clashes) in [(0, 1, true), (1, 4, false), (4, 6, false), (3, 5, true), (5, 6, false)] {
            assert_eq!(edits.clash(&edit(start, end, "-")), clashes, "{start} {end}");
        }
    }
}

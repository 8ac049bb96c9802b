//! The lines of a file around the marks of one finding, made harmless and short before they are drawn.

use crate::order::Order as _;
use crate::redact::MASK;
use crate::report::place::{self, Piece};
use crate::report::{Report, escape};
use crate::source::{ColumnUnit, Source, SourceId, Span, floor_boundary};
use std::collections::BTreeMap;
use std::ops::Range;

/// Longer lines are cut around their mark.
const MAX_LINE: usize = 200;
/// What stays in front of a mark in a line that is cut.
const BEFORE_MARK: usize = 60;
/// A mark over more lines is drawn at its first line only: a whole service is no place to look at.
const MAX_MARK_LINES: usize = 5;

/// One line as it is shown.
struct Line {
    /// Its number in the file.
    number: usize,
    /// Its bytes in the file, without the line break.
    range: Range<usize>,
    /// Where it starts in the excerpt's text.
    start: usize,
    /// Offsets in the file and the offsets in the excerpt that they became, ascending; the last is the end.
    map: Vec<(usize, usize)>,
}

/// Some lines of one file. They need not follow each other.
pub(super) struct Excerpt {
    text: String,
    lines: Vec<Line>,
}

/// Lines that follow each other.
pub(super) struct Run<'a> {
    /// The number of the first one.
    pub first: usize,
    pub text: &'a str,
    /// Where the text is in the excerpt.
    pub range: Range<usize>,
}

impl Excerpt {
    /// The lines around `spans` (all in the text `id`), and where the spans are in them: nowhere, if a line was cut
    /// around an earlier span and does not reach to this one.
    pub(super) fn new(report: &Report, id: SourceId, spans: &[Span]) -> (Self, Vec<Option<Range<usize>>>) {
        let source = report.sources.get(id);
        let marks: Vec<Range<usize>> = spans.iter().map(|span| mark(source, *span)).collect();
        // Which lines, and what of them is looked at: the first mark in a line decides.
        let mut wanted: BTreeMap<usize, usize> = BTreeMap::new();
        for mark in &marks {
            wanted.entry(line_of(source, mark.start)).or_insert(mark.start);
        }
        for mark in &marks {
            // The line before says what a value is of, if there is something in it.
            let before = line_of(source, mark.start).saturating_sub(1).max(1);
            let is_blank = source.line(before).trim().is_empty();
            let first = before + usize::from(is_blank && before < line_of(source, mark.start));
            let last = line_of(source, mark.end);
            for number in first..=last {
                wanted.entry(number).or_insert(0);
            }
        }
        let mut excerpt = Self {
            text: String::new(),
            lines: Vec::new(),
        };
        for (number, focus) in wanted {
            excerpt.push_line(report, id, number, focus);
        }
        let found = marks.iter().map(|mark| excerpt.locate(mark)).collect();
        (excerpt, found)
    }

    fn push_line(&mut self, report: &Report, id: SourceId, number: usize, focus: usize) {
        let source = report.sources.get(id);
        let range = source.line_range(number).unwrap_or(0..0);
        let window = window(source, &range, focus);
        let mut line = Line {
            number,
            range: range.clone(),
            start: self.text.len(),
            map: Vec::new(),
        };
        if range.start < window.start {
            self.text.push('…');
        }
        for piece in place::pieces(report, id, &window) {
            let base = self.text.len();
            match piece {
                Piece::Shown(part) => {
                    let raw = source.text.get(part.clone()).unwrap_or("");
                    let map = &mut line.map;
                    let shown = escape::line_mapped(raw, |from, to| map.push((part.start + from, base + to)));
                    self.text.push_str(&shown);
                }
                Piece::Masked(part) => {
                    line.map.push((part.start, base));
                    self.text.push_str(MASK);
                }
            }
        }
        line.map.push((window.end, self.text.len()));
        if window.end < range.end {
            self.text.push('…');
        }
        self.text.push('\n');
        self.lines.push(line);
    }

    /// Where bytes of the file are in the excerpt.
    fn locate(&self, mark: &Range<usize>) -> Option<Range<usize>> {
        let first = self.map_at(mark.start)?;
        let last = self.map_at(mark.end)?;
        if mark.start > first.last()?.0 || mark.end < last.first()?.0 {
            return None;
        }
        // A mark that begins or ends inside of what is hidden covers all of the mask.
        let behind = first.partition_point(|(from, _)| *from <= mark.start);
        let before = last.partition_point(|(from, _)| *from < mark.end);
        let (_, start) = first.get(behind.saturating_sub(1))?;
        let (_, end) = last.get(before).or(last.last())?;
        Some(*start..*end.max(start))
    }

    fn map_at(&self, at: usize) -> Option<&[(usize, usize)]> {
        let index = self.lines.partition_point(|line| line.range.start <= at);
        let line = self.lines.get(index.checked_sub(1)?)?;
        Some(&line.map)
    }

    /// The column (from 1) on the screen at which an offset of the excerpt is, roughly: wide characters count once.
    pub(super) fn screen_column(&self, offset: usize) -> usize {
        let start = self
            .line_at(offset)
            .and_then(|index| self.lines.get(index))
            .map_or(0, |line| line.start);
        self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1
    }

    /// The number of the last line, which decides how wide the gutter is.
    pub(super) fn last_number(&self) -> usize {
        self.lines.last().map_or(1, |line| line.number)
    }

    fn line_at(&self, offset: usize) -> Option<usize> {
        self.lines.partition_point(|line| line.start <= offset).checked_sub(1)
    }

    /// The lines in runs that follow each other, the run with this offset first.
    pub(super) fn runs(&self, offset: usize) -> Vec<Run<'_>> {
        let mut runs: Vec<Run<'_>> = Vec::new();
        let mut number = 0;
        for (index, line) in self.lines.iter().enumerate() {
            let end = self.lines.get(index + 1).map_or(self.text.len(), |next| next.start);
            match runs.last_mut().filter(|_| number + 1 == line.number) {
                Some(run) => run.range.end = end,
                None => runs.push(Run {
                    first: line.number,
                    text: "",
                    range: line.start..end,
                }),
            }
            number = line.number;
        }
        for run in &mut runs {
            run.text = self.text.get(run.range.clone()).unwrap_or("");
        }
        runs.order_by_key(|run| !run.range.contains(&offset));
        runs
    }
}

fn line_of(source: &Source, offset: usize) -> usize {
    source
        .position(u32::try_from(offset).unwrap_or(u32::MAX), ColumnUnit::CodePoints)
        .line
}

/// The bytes of a span that are marked.
fn mark(source: &Source, span: Span) -> Range<usize> {
    let range = place::shown_range(source, span);
    let first = line_of(source, range.start);
    if line_of(source, range.end) >= first + MAX_MARK_LINES {
        let line = source.line_range(first).unwrap_or(range.clone());
        return range.start..line.end.max(range.start);
    }
    range
}

/// What of a line is shown: all of it, or [`MAX_LINE`] characters around `focus`.
fn window(source: &Source, line: &Range<usize>, focus: usize) -> Range<usize> {
    let text = source.text.get(line.clone()).unwrap_or("");
    if text.char_indices().nth(MAX_LINE).is_none() {
        return line.clone();
    }
    let focus = floor_boundary(text, focus.saturating_sub(line.start));
    let (left, right) = text.split_at(focus);
    let start = left
        .char_indices()
        .rev()
        .nth(BEFORE_MARK - 1)
        .map_or(0, |(offset, _)| offset);
    let shown = left.get(start..).map_or(0, |left| left.chars().count());
    let end = right
        .char_indices()
        .nth(MAX_LINE - shown)
        .map_or(text.len(), |(offset, _)| focus + offset);
    line.start + start..line.start + end
}

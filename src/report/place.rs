//! Where a span is shown, and what of the text there may be shown.

use super::{Report, escape};
use crate::order::Order as _;
use crate::redact::MASK;
use crate::source::{ColumnUnit, Position, Source, SourceId, Span, floor_boundary};
use std::ops::Range;

/// Lines and columns of a place, both from 1; the end column is behind the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// The first character.
    pub start: Position,
    /// Behind the last character.
    pub end: Position,
}

/// The bytes of a span that are shown: inside of the text, on character boundaries, without line breaks at the end, and
/// at least one character if its line has any.
pub(crate) fn shown_range(source: &Source, span: Span) -> Range<usize> {
    let text = source.text.as_str();
    let start = floor_boundary(text, span.start as usize);
    let end = floor_boundary(text, span.end as usize).max(start);
    let covered = text.get(start..end).unwrap_or("");
    let end = start + covered.trim_end_matches(['\n', '\r']).len();
    if start < end {
        return start..end;
    }
    let line = source.position(span.start, ColumnUnit::CodePoints).line;
    let line = source.line_range(line).unwrap_or(start..start);
    let rest = text.get(start..line.end).unwrap_or("");
    if let Some(next) = rest.chars().next() {
        start..start + next.len_utf8()
    } else {
        let last = text.get(line.clone()).and_then(|line| line.chars().next_back());
        line.end - last.map_or(0, char::len_utf8)..line.end
    }
}

/// Lines and columns of what is shown of a span.
pub(crate) fn region(source: &Source, span: Span, unit: ColumnUnit) -> Region {
    let range = shown_range(source, span);
    region_of(source, &range, unit)
}

/// Lines and columns of a span as it is: empty where something is inserted.
pub(crate) fn exact_region(source: &Source, span: Span, unit: ColumnUnit) -> Region {
    region_of(source, &(span.start as usize..span.end as usize), unit)
}

fn region_of(source: &Source, range: &Range<usize>, unit: ColumnUnit) -> Region {
    let place = |offset: usize| source.position(u32::try_from(offset).unwrap_or(u32::MAX), unit);
    Region {
        start: place(range.start),
        end: place(range.end),
    }
}

/// The parts of a text that must not be shown and that overlap `window`: in order, none touching another.
pub(crate) fn masked_ranges(report: &Report, id: SourceId, window: &Range<usize>) -> Vec<Range<usize>> {
    let text = report.sources.get(id).text.as_str();
    let mut ranges = report.secrets.within(id, text, window);
    ranges.order_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// One run of text, or of what is hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// These bytes are shown.
    Shown(Range<usize>),
    /// [`MASK`] stands for these bytes, some of which may lie outside of what was asked for.
    Masked(Range<usize>),
}

/// What is shown of `window` and what is hidden, in order.
pub(crate) fn pieces(report: &Report, id: SourceId, window: &Range<usize>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = window.start;
    for masked in masked_ranges(report, id, window) {
        if at < masked.start {
            pieces.push(Piece::Shown(at..masked.start));
        }
        at = masked.end;
        pieces.push(Piece::Masked(masked));
    }
    if at < window.end {
        pieces.push(Piece::Shown(at..window.end));
    }
    pieces
}

/// The text of a range with every secret masked.
pub(crate) fn masked_slice(report: &Report, id: SourceId, range: &Range<usize>) -> String {
    let text = report.sources.get(id).text.as_str();
    pieces(report, id, range)
        .into_iter()
        .map(|piece| match piece {
            Piece::Shown(range) => text.get(range).unwrap_or(""),
            Piece::Masked(_) => MASK,
        })
        .collect()
}

/// A name as code, as a link to its line where the report knows where its files can be seen.
pub(crate) fn linked(report: &Report, source: &Source, line: usize, name: &str) -> String {
    let name = escape::markdown_code(name);
    match link(report, source, line) {
        Some(link) => format!("[{name}]({link})"),
        None => name,
    }
}

/// Where a line can be seen. Everything in it is encoded: it may stand in Markdown as it is.
pub(crate) fn link(report: &Report, source: &Source, line: usize) -> Option<String> {
    /// A longer path is no use to anybody, and a table is full of links.
    const MAX_URI: usize = 1000;
    let base = report.links.as_ref().filter(|_| source.uri.len() <= MAX_URI)?;
    Some(format!("{base}/{}#L{line}", source.uri))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;
    use crate::redact::Secrets;
    use crate::source::Sources;
    use std::path::Path;

    fn columns(text: &str, start: usize, end: usize) -> (usize, usize, usize, usize) {
        let mut sources = Sources::default();
        let id = sources.add(Path::new("a"), text.to_owned());
        let region = region(sources.get(id), Span::new(id, start, end), ColumnUnit::Utf16);
        (
            region.start.line,
            region.start.column,
            region.end.line,
            region.end.column,
        )
    }

    #[test]
    fn a_region_is_never_empty_where_its_line_has_text() {
        assert_eq!(columns("ab\ncd\n", 0, 0), (1, 1, 1, 2));
        assert_eq!(columns("ab\ncd\n", 2, 2), (1, 2, 1, 3));
        assert_eq!(columns("ab\ncd", 99, 200), (2, 2, 2, 3));
        assert_eq!(columns("é😀", 1, 3), (1, 1, 1, 2));
        assert_eq!(columns("é😀", 3, 3), (1, 2, 1, 4));
        assert_eq!(columns("", 5, 9), (1, 1, 1, 1));
        assert_eq!(columns("a\n", 2, 2), (2, 1, 2, 1));
    }

    #[test]
    fn a_region_ends_before_the_line_break() {
        assert_eq!(columns("ab\r\ncd\n", 0, 4), (1, 1, 1, 3));
        assert_eq!(columns("ab\ncd\n", 0, 6), (1, 1, 2, 3));
    }

    #[test]
    fn secrets_are_masked_by_place_and_by_value() {
        let mut sources = Sources::default();
        let id = sources.add(Path::new("a"), "pw=abc x=hunter2 y=hunter2\n".to_owned());
        let mut secrets = Secrets::default();
        secrets.add(Span::new(id, 3, 6), "abc");
        secrets.add(Span::new(id, 9, 16), "hunter2");
        let report = Report {
            sources,
            secrets,
            ..Report::error(Failure::new(""))
        };
        assert_eq!(masked_slice(&report, id, &(0..26)), "pw=*** x=*** y=***");
        // A window that cuts a secret shows no part of it.
        assert_eq!(masked_slice(&report, id, &(4..12)), "*** x=***");
        assert_eq!(masked_slice(&report, id, &(22..24)), "***");
    }
}

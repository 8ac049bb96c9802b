//! A text put together from pieces of a file, which knows where each byte came from.

use std::ops::Range;

use crate::source::{SourceId, Span};

/// A logical text (continuation lines joined, comments dropped) and the way back to the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text as the builder sees it.
    pub text: String,
    source: SourceId,
    /// Where runs of bytes begin: (offset in `text`, offset in the file), ascending.
    runs: Vec<(u32, u32)>,
    /// The place of an empty text.
    anchor: u32,
}

impl Text {
    /// An empty text that stands at byte `anchor` of the file.
    pub fn empty(source: SourceId, anchor: usize) -> Self {
        Self {
            text: String::new(),
            source,
            runs: Vec::new(),
            anchor: narrow(anchor),
        }
    }

    /// Appends `piece`, which stands at byte `original` of the file.
    pub fn push(&mut self, piece: &str, original: usize) {
        if piece.is_empty() {
            return;
        }
        let (at, original) = (narrow(self.text.len()), narrow(original));
        // A piece that goes on where the last run ended needs no run of its own.
        let joins = self
            .runs
            .last()
            .is_some_and(|(start, from)| u64::from(*from) + u64::from(at - start) == u64::from(original));
        if !joins {
            self.runs.push((at, original));
        }
        self.text.push_str(piece);
    }

    /// The byte of the file that byte `offset` of the text was read from; past the end, the byte behind the last one.
    pub fn original(&self, offset: usize) -> u32 {
        let offset = narrow(offset.min(self.text.len()));
        if offset as usize == self.text.len() && offset > 0 {
            return self.original(offset as usize - 1).saturating_add(1);
        }
        let run = self.runs.partition_point(|(start, _)| *start <= offset);
        match run.checked_sub(1).and_then(|index| self.runs.get(index)) {
            Some((start, original)) => original.saturating_add(offset - start),
            None => self.anchor,
        }
    }

    /// The place in the file of a range of the text: from its first to its last byte, whatever was dropped in between
    /// included.
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.original(range.start);
        let end = match range.end.checked_sub(1) {
            Some(last) if range.end > range.start => self.original(last).saturating_add(1),
            _ => start,
        };
        Span::new(self.source, start as usize, end as usize)
    }

    /// The place of the whole text.
    pub fn whole(&self) -> Span {
        self.span(0..self.text.len())
    }

    /// The part of the text in `range`, which must lie on character boundaries (else it is empty).
    pub fn slice(&self, range: Range<usize>) -> Text {
        let mut part = Text::empty(self.source, self.original(range.start) as usize);
        part.append(self, range);
        part
    }

    /// Appends the part of `other` in `range`, with its places.
    pub fn append(&mut self, other: &Text, range: Range<usize>) {
        let end = range.end.min(other.text.len());
        let mut at = range.start;
        let first = other.runs.partition_point(|(start, _)| *start as usize <= at);
        let mut next = first;
        while at < end {
            let stop = other
                .runs
                .get(next)
                .map_or(end, |(start, _)| (*start as usize).min(end));
            let original = other.original(at) as usize;
            let Some(piece) = other.text.get(at..stop) else {
                return;
            };
            self.push(piece, original);
            at = stop.max(at + 1);
            next += 1;
        }
    }

    /// The file that it was read from.
    pub fn source(&self) -> SourceId {
        self.source
    }
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn joined() -> (Sources, Text) {
        let mut sources = Sources::default();
        let id = sources.add(std::path::Path::new("D"), "ab \\\n# c\n  cd\n".to_owned());
        let mut text = Text::empty(id, 0);
        text.push("ab ", 0);
        text.push("  cd", 9);
        (sources, text)
    }

    #[test]
    fn a_range_over_a_join_spans_what_was_dropped() {
        let (sources, text) = joined();
        assert_eq!(text.text, "ab   cd");
        assert_eq!(sources.slice(text.span(5..7)), "cd");
        assert_eq!(sources.slice(text.span(0..2)), "ab");
        assert_eq!(sources.slice(text.whole()), "ab \\\n# c\n  cd");
    }

    #[test]
    fn a_slice_keeps_its_places() {
        let (sources, text) = joined();
        let part = text.slice(1..6);
        assert_eq!(part.text, "b   c");
        assert_eq!(sources.slice(part.span(4..5)), "c");
        assert_eq!(sources.slice(part.span(0..1)), "b");
    }

    #[test]
    fn offsets_past_the_end_are_clamped() {
        let (_, text) = joined();
        assert_eq!(text.original(99), 13);
        assert_eq!(text.span(99..99).start, 13);
    }
}

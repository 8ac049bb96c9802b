//! Texts with names, byte spans into them, and the lines and columns that people see.

use std::path::Path;
use std::sync::Arc;

/// The number of a text in [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

impl SourceId {
    /// The number itself.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A range of bytes in one text: `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `source`; offsets over 4 GiB are clamped (no such file is read).
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            source,
            start: narrow(start),
            end: narrow(end.max(start)),
        }
    }

    /// From the start of `self` to the end of `other`, when both are in one text; else `self`.
    pub fn to(self, other: Span) -> Span {
        if self.source == other.source {
            Span {
                start: self.start.min(other.start),
                end: self.end.max(other.end),
                ..self
            }
        } else {
            self
        }
    }

    /// Whether `other` lies inside `self`.
    pub fn contains(self, other: Span) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}

/// A value and the place that it was written at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value`, written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A place as people and SARIF count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in the unit that was asked for.
    pub column: usize,
}

/// The unit that columns are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnUnit {
    /// Unicode code points (terminal, JSON).
    CodePoints,
    /// UTF-16 code units (SARIF with `columnKind: utf16CodeUnits`).
    Utf16,
}

/// One text: a file of the workspace.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Source {
    /// The path relative to the workspace root, with `/`; bytes that are no UTF-8 are shown as U+FFFD.
    pub path: String,
    /// The same path as a relative URI reference (percent-encoded, lossless).
    pub uri: String,
    /// The content; empty for a file that could not be read.
    pub text: String,
    line_starts: Vec<u32>,
    /// What is before each [`BLOCK`] bytes, so that a column far to the right costs no more than another.
    blocks: Vec<Units>,
}

const BLOCK: usize = 4096;

/// How many characters begin in some bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Units {
    code_points: u32,
    utf16: u32,
}

impl Units {
    fn of(bytes: &[u8]) -> Self {
        let mut units = Self::default();
        for byte in bytes {
            // Bytes of the form 10xxxxxx go on; a character of four bytes is a pair of UTF-16 units.
            let begins = u32::from(byte & 0xc0 != 0x80);
            units.code_points += begins;
            units.utf16 += begins + u32::from(*byte >= 0xf0);
        }
        units
    }

    fn count(self, unit: ColumnUnit) -> usize {
        match unit {
            ColumnUnit::CodePoints => self.code_points as usize,
            ColumnUnit::Utf16 => self.utf16 as usize,
        }
    }
}

impl Source {
    fn new(path: &Path, text: String) -> Self {
        let mut line_starts = vec![0];
        let bytes = text.as_bytes();
        // A line ends at LF, CRLF or a lone CR, as editors and GitHub count.
        for (index, byte) in bytes.iter().enumerate() {
            let ends = *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
            if ends {
                line_starts.push(u32::try_from(index + 1).unwrap_or(u32::MAX));
            }
        }
        let mut blocks = vec![Units::default()];
        let mut total = Units::default();
        for block in bytes.chunks_exact(BLOCK) {
            let units = Units::of(block);
            total.code_points += units.code_points;
            total.utf16 += units.utf16;
            blocks.push(total);
        }
        Self {
            path: slashed(path),
            uri: uri_of(path),
            text,
            line_starts,
            blocks,
        }
    }

    /// The line (from 1) and column (from 1) of a byte offset; an offset past the end or inside a
    /// character is moved to the nearest place before it.
    pub fn position(&self, offset: u32, unit: ColumnUnit) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0) as usize;
        let end = floor_boundary(&self.text, offset as usize);
        let before = self.text.get(start..end.max(start)).unwrap_or("");
        // The BOM is no column to an editor.
        let mark = usize::from(before.starts_with('\u{feff}'));
        let units = if before.len() <= BLOCK {
            Units::of(before.as_bytes()).count(unit)
        } else {
            self.units_before(start + before.len(), unit) - self.units_before(start, unit)
        };
        Position {
            line,
            column: units - mark + 1,
        }
    }

    /// How many code points or UTF-16 units begin before a byte.
    fn units_before(&self, offset: usize, unit: ColumnUnit) -> usize {
        let block = offset / BLOCK;
        let counted = self.blocks.get(block).copied().unwrap_or_default();
        let rest = self.text.as_bytes().get(block * BLOCK..offset).unwrap_or_default();
        counted.count(unit) + Units::of(rest).count(unit)
    }

    /// How many lines there are (at least one).
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The byte range of a line (from 1) without its line break, or `None` past the end.
    pub fn line_range(&self, line: usize) -> Option<std::ops::Range<usize>> {
        let start = *self.line_starts.get(line.checked_sub(1)?)? as usize;
        let end = self
            .line_starts
            .get(line)
            .map_or(self.text.len(), |next| *next as usize);
        let content = self.text.get(start..end)?.trim_end_matches(['\n', '\r']);
        Some(start..start + content.len())
    }

    /// The text of a line (from 1) without its line break; empty past the end.
    pub fn line(&self, line: usize) -> &str {
        self.line_range(line)
            .and_then(|range| self.text.get(range))
            .unwrap_or("")
    }

    /// The text of a span, clamped to what is there.
    pub fn slice(&self, span: Span) -> &str {
        let start = floor_boundary(&self.text, span.start as usize);
        let end = floor_boundary(&self.text, span.end as usize);
        self.text.get(start..end.max(start)).unwrap_or("")
    }
}

/// All texts of a run, in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<Source>>,
}

impl Sources {
    /// Adds a text under its path relative to the workspace root.
    pub fn add(&mut self, path: &Path, text: String) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Arc::new(Source::new(path, text)));
        id
    }

    /// The text with this number.
    pub fn get(&self, id: SourceId) -> &Source {
        static NOWHERE: std::sync::OnceLock<Source> = std::sync::OnceLock::new();
        match self.files.get(id.0 as usize) {
            Some(source) => source,
            None => NOWHERE.get_or_init(|| Source::new(Path::new(""), String::new())),
        }
    }

    /// The number of the text with this path (relative, with `/`), if it was read.
    pub fn find(&self, path: &str) -> Option<SourceId> {
        let index = self.files.iter().position(|source| source.path == path)?;
        u32::try_from(index).ok().map(SourceId)
    }

    /// The text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).slice(span)
    }

    /// The path of the text that a span lies in.
    pub fn path(&self, span: Span) -> &str {
        &self.get(span.source).path
    }

    /// Every text with its number.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, source)| (SourceId(u32::try_from(index).unwrap_or(u32::MAX)), &**source))
    }
}

/// The largest character boundary that is not behind `offset`.
pub(crate) fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// A relative path with `/` between its parts.
pub(crate) fn slashed(path: &Path) -> String {
    let mut out = String::new();
    for part in path.components() {
        if !out.is_empty() {
            out.push('/');
        }
        out.push_str(&part.as_os_str().to_string_lossy());
    }
    out
}

/// A relative path as a URI reference: unreserved characters and `/` stay, every other byte is percent-encoded (RFC 3986).
pub(crate) fn uri_of(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut out = String::new();
    for part in path.components() {
        if !out.is_empty() {
            out.push('/');
        }
        for byte in part.as_os_str().as_bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
                out.push(char::from(*byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new(Path::new("a/b c.yml"), text.to_owned())
    }

    #[test]
    fn columns_count_code_points_or_utf16_units() {
        let source = source("é😀x\r\ny");
        let x = u32::try_from(source.text.find('x').unwrap()).unwrap();
        assert_eq!(
            source.position(x, ColumnUnit::CodePoints),
            Position { line: 1, column: 3 }
        );
        assert_eq!(source.position(x, ColumnUnit::Utf16), Position { line: 1, column: 4 });
        let y = u32::try_from(source.text.find('y').unwrap()).unwrap();
        assert_eq!(
            source.position(y, ColumnUnit::CodePoints),
            Position { line: 2, column: 1 }
        );
    }

    #[test]
    fn columns_far_to_the_right_are_counted_alike() {
        let source = source(&"x\n漢é😀".repeat(3000).replace("\n漢é😀x\n", "漢😀"));
        for (offset, _) in source.text.char_indices().step_by(97) {
            let line = source.text[..offset].rfind('\n').map_or(0, |at| at + 1);
            let before = &source.text[line..offset];
            let at = u32::try_from(offset).unwrap();
            assert_eq!(
                source.position(at, ColumnUnit::CodePoints).column,
                before.chars().count() + 1
            );
            assert_eq!(
                source.position(at, ColumnUnit::Utf16).column,
                before.encode_utf16().count() + 1
            );
        }
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let source = source("\u{feff}FROM");
        assert_eq!(
            source.position(3, ColumnUnit::CodePoints),
            Position { line: 1, column: 1 }
        );
    }

    #[test]
    fn offsets_past_the_end_or_inside_a_character_are_clamped() {
        let source = source("é");
        assert_eq!(source.position(1, ColumnUnit::CodePoints).column, 1);
        assert_eq!(source.position(99, ColumnUnit::CodePoints).column, 2);
    }

    #[test]
    fn lines_end_at_lf_crlf_and_lone_cr() {
        let source = source("a\nb\r\nc\rd");
        assert_eq!(
            (1..=4).map(|line| source.line(line)).collect::<Vec<_>>(),
            ["a", "b", "c", "d"]
        );
        assert_eq!(source.line_count(), 4);
    }

    #[test]
    fn a_path_becomes_a_percent_encoded_uri() {
        assert_eq!(source("").uri, "a/b%20c.yml");
    }
}

//! A Dockerfile that stands inside a Compose file, read in place: every finding points into the Compose file.

use crate::fact::Sourced;
use crate::source::Source;

/// The text of the Compose file up to the end of the inline Dockerfile, with blanks for everything before it: whoever
/// reads it counts the bytes of the Compose file. Beside it, how many blanks of the block stand before each line. `None` where the Dockerfile is not written line by line (a quoted or
/// folded scalar, or one with variables), so that places could not be told.
pub(super) fn padded(source: &Source, inline: &Sourced<String>) -> Option<(String, usize)> {
    let (start, end) = (inline.span.start as usize, inline.span.end as usize);
    let written = source.text.get(start..end)?;
    // The indentation of the block is on every line but, perhaps, the first, where the span begins behind it.
    let mut lines = inline.value.trim_end().lines();
    let mut shown = written.trim_end().lines();
    let mut indent = 0;
    loop {
        match (lines.next(), shown.next()) {
            (None, None) => break,
            (Some(line), Some(shown)) if shown.trim_start() == line.trim_start() => {
                if !line.is_empty() {
                    indent = indent.max(shown.len().saturating_sub(line.len()));
                }
            }
            _ => return None,
        }
    }
    let mut text = " ".repeat(start);
    text.push_str(written);
    Some((text, indent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Sources, Span};
    use std::path::Path;

    fn read(text: &str, from: &str, to: &str, value: &str) -> Option<(String, usize)> {
        let mut sources = Sources::default();
        let id = sources.add(Path::new("compose.yaml"), text.to_owned());
        let start = text.find(from).unwrap();
        let end = text.find(to).unwrap() + to.len();
        padded(
            sources.get(id),
            &Sourced::known(value.to_owned(), Span::new(id, start, end)),
        )
    }

    #[test]
    fn a_literal_block_keeps_its_offsets() {
        let text = "a:\n  dockerfile_inline: |\n    FROM x:1\n    USER app\n";
        let (padded, indent) = read(text, "FROM", "app", "FROM x:1\nUSER app\n").unwrap();
        assert_eq!(indent, 4);
        assert_eq!(padded.find("USER"), text.find("USER"));
        assert_eq!(padded.trim_start(), "FROM x:1\n    USER app");
    }

    #[test]
    fn a_text_that_is_not_written_as_it_is_has_no_places() {
        assert_eq!(
            read("a: 'FROM x:1\\nUSER y'\n", "'FROM", "y'", "FROM x:1\nUSER y"),
            None
        );
    }
}

//! A Dockerfile that stands inside a Compose file, read in place: every finding points into the Compose file.

use crate::fact::Sourced;
use crate::source::Source;

/// The text of the Compose file up to the end of the inline Dockerfile, with blanks for everything before it: whoever
/// reads it counts the bytes of the Compose file. Beside it, how many blanks of the block stand before each line. What is shorter than it
/// is written (a variable's value, an escape) has blanks behind it. `None` where the Dockerfile is not written line by line (a folded scalar,
/// or one with a variable's longer value), so that places could not be told.
pub(super) fn padded(source: &Source, inline: &Sourced<String>) -> Option<(String, usize)> {
    let (start, end) = (inline.span.start as usize, inline.span.end as usize);
    let written = source.text.get(start..end)?;
    if let Some(quoted) = written.strip_prefix('"') {
        let text = " ".repeat(start + 1) + &unescaped(quoted.strip_suffix('"')?);
        return text
            .split_whitespace()
            .eq(inline.value.split_whitespace())
            .then_some((text, 0));
    }
    let mut text = " ".repeat(start);
    let mut rest = written;
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
            (Some(line), Some(shown)) if shown.contains('$') => {
                let blanks = shown.len() - shown.trim_start().len();
                let missing = (shown.len() - blanks).checked_sub(line.trim_start().len())?;
                let at = rest.find(shown)?;
                text.push_str(rest.get(..at + blanks)?);
                text.push_str(line.trim_start());
                text.push_str(&" ".repeat(missing));
                rest = rest.get(at + shown.len()..)?;
            }
            _ => return None,
        }
    }
    text.push_str(rest);
    Some((text, indent))
}

/// What a text in double quotes stands for, each escape with a blank before it.
fn unescaped(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        match (letter, (letter == '\\').then(|| letters.next()).flatten()) {
            (_, None) => text.push(letter),
            (_, Some('n')) => text.push_str(" \n"),
            (_, Some('t')) => text.push_str(" \t"),
            (_, Some(escaped)) => text.extend([' ', escaped]),
        }
    }
    text
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
            read("a: >\n  FROM x:1\n\n  USER y\n", "FROM", "y", "FROM x:1\nUSER y"),
            None
        );
        let longer = read("a: |\n  FROM x:1\n  USER $U\n", "FROM", "$U", "FROM x:1\nUSER somebody");
        assert_eq!(longer, None);
    }

    #[test]
    fn what_is_shorter_than_it_is_written_keeps_the_places_of_the_rest() {
        let text = "a: |\n  FROM x:1\n  USER ${U:-root}\n  CMD y\n";
        let (padded, _) = read(text, "FROM", "CMD y", "FROM x:1\nUSER root\nCMD y\n").unwrap();
        assert_eq!(padded.find("CMD"), text.find("CMD"));
        assert!(padded.contains("USER root   "));
        let text = "a: \"FROM x:1\\nUSER y\"\n";
        let (padded, _) = read(text, "\"FROM", "y\"", "FROM x:1\nUSER y").unwrap();
        assert_eq!(padded.find("USER"), text.find("USER"));
        assert_eq!(padded.trim_start(), "FROM x:1 \nUSER y");
    }
}

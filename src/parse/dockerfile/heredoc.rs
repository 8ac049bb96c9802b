//! Which words of a line open a heredoc (BuildKit `parser.ParseHeredoc`).

use std::ops::Range;

use super::{Text, lex};
use crate::failure::Failure;

/// The opening of a heredoc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// The terminator, without quotes.
    pub name: String,
    /// `<<-`.
    pub strip_tabs: bool,
    /// The name has no quotes.
    pub expand: bool,
}

/// The heredoc that a word opens: `3<<-"EOF"`; `None` if it opens none.
///
/// Errors: quotes or substitutions in the name that cannot be lexed.
pub(super) fn marker(word: &str) -> Result<Option<Marker>, Failure> {
    let Some(rest) = word
        .trim_start_matches(|ch: char| ch.is_ascii_digit())
        .strip_prefix("<<")
    else {
        return Ok(None);
    };
    let (strip_tabs, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches([' ', '\t', '\n', '\u{c}', '\r']);
    if rest.is_empty() || rest.contains('<') {
        return Ok(None);
    }
    let plain = lex::words(rest, false, false)?;
    let raw = lex::words(rest, true, false)?;
    let ([name], [quoted]) = (plain.as_slice(), raw.as_slice()) else {
        return Ok(None);
    };
    let quotes = |text: &str| text.matches(['\'', '"']).count();
    Ok(Some(Marker {
        expand: quotes(&name.text) == quotes(&quoted.text),
        name: name.text.clone(),
        strip_tabs,
    }))
}

/// The name of a heredoc, each character with the place that it has in the word that opens it: what is left out there are quotes and
/// backslashes.
pub(super) fn announced(name: &str, line: &Text, word: Range<usize>) -> Text {
    let mut found = Text::empty(line.source(), line.original(word.start) as usize);
    let mut at = word.start;
    for character in name.chars() {
        let rest = line.text.get(at..word.end).unwrap_or("");
        let Some(offset) = rest.find(character) else { break };
        let end = at + offset + character.len_utf8();
        found.append(line, at + offset..end);
        at = end;
    }
    found
}

/// Every heredoc that a line opens, with the place of its word.
///
/// Errors: as [`marker`]. A line that cannot be lexed as a whole opens none.
pub(super) fn markers(line: &str) -> Result<Vec<(Marker, Range<usize>)>, Failure> {
    if !line.contains("<<") {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for word in lex::words(line, true, true).unwrap_or_default() {
        if let Some(marker) = marker(&word.text)? {
            found.push((marker, word.range));
        }
    }
    Ok(found)
}

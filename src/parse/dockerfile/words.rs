//! Splitting the arguments of an instruction: flags, blank-separated words, quoted words, JSON (BuildKit
//! `parser/line_parsers.go` and `split_command.go`).

use std::ops::Range;

use super::text::Text;
use super::{Flag, Word};
use crate::source::Spanned;

/// The blanks that separate an instruction's parts.
pub(super) fn is_blank(ch: char) -> bool {
    matches!(ch, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// The range without the white space around it.
pub(super) fn trim(text: &Text, range: Range<usize>) -> Range<usize> {
    let content = text.text.get(range.clone()).unwrap_or("");
    let start = range.start + content.len() - content.trim_start().len();
    start..start + content.trim().len()
}

/// A range of the text as a word.
pub(super) fn word(text: &Text, range: Range<usize>) -> Word {
    Spanned::new(text.text.get(range.clone()).unwrap_or("").to_owned(), text.span(range))
}

/// Splits the `--flags` off the front; returns them and where the rest begins.
pub(super) fn flags(text: &Text, range: Range<usize>, escape: char) -> (Vec<Flag>, usize) {
    let mut flags = Vec::new();
    let mut at = range.start;
    loop {
        let rest = text.text.get(at..range.end).unwrap_or("");
        at += rest.len()
            - rest
                .trim_start_matches(|ch: char| ch.is_ascii_whitespace() || ch == '\u{b}')
                .len();
        let rest = text.text.get(at..range.end).unwrap_or("");
        if !rest.starts_with("--") {
            return (flags, at);
        }
        let (value, length, equals) = flag_word(rest, escape);
        let end = at + length;
        if value == "--" {
            return (flags, end);
        }
        flags.push(flag(text, at..end, &value, equals));
        at = end;
    }
}

/// One flag without its quotes and escapes, its length as written, and where its `=` stands as written.
fn flag_word(rest: &str, escape: char) -> (String, usize, Option<usize>) {
    let mut value = String::new();
    let mut quote = None;
    let mut equals = None;
    let mut chars = rest.char_indices();
    while let Some((at, mut ch)) = chars.next() {
        match quote {
            None if ch.is_ascii_whitespace() || ch == '\u{b}' => return (value, at, equals),
            None if ch == '\'' || ch == '"' => {
                quote = Some(ch);
                continue;
            }
            Some(open) if ch == open => {
                quote = None;
                continue;
            }
            _ => {}
        }
        let mut at = at;
        if ch == escape {
            match chars.next() {
                Some(next) => (at, ch) = next,
                None => break,
            }
        }
        if ch == '=' && equals.is_none() {
            equals = Some(at);
        }
        value.push(ch);
    }
    (value, rest.len(), equals)
}

fn flag(text: &Text, range: Range<usize>, word: &str, equals: Option<usize>) -> Flag {
    let name = range.start + 2..equals.map_or(range.end, |equals| range.start + equals);
    let (name_text, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let from = equals.map_or(range.end, |equals| range.start + equals + 1);
    Flag {
        name: Spanned::new(
            name_text.strip_prefix("--").unwrap_or(name_text).to_owned(),
            text.span(name),
        ),
        value: value.map(|value| Spanned::new(value.to_owned(), text.span(from..range.end))),
        span: text.span(range),
    }
}

/// Words between blanks; quotes mean nothing.
pub(super) fn blank_separated(text: &Text, range: Range<usize>) -> Vec<Word> {
    let content = text.text.get(range.clone()).unwrap_or("");
    let mut words = Vec::new();
    let mut start = None;
    for (at, ch) in content.char_indices() {
        match (is_blank(ch), start) {
            (true, Some(from)) => {
                words.push(word(text, range.start + from..range.start + at));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    if let Some(from) = start {
        words.push(word(text, range.start + from..range.end));
    }
    words
}

/// Words between white space, where quotes and escapes hold a word together; both stay in the value.
pub(super) fn quoted(text: &Text, range: Range<usize>, escape: char) -> Vec<Range<usize>> {
    let content = text.text.get(range.clone()).unwrap_or("");
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut chars = content.char_indices();
    while let Some((at, ch)) = chars.next() {
        match quote {
            None if ch.is_whitespace() => {
                if let Some(from) = start.take() {
                    words.push(range.start + from..range.start + at);
                }
                continue;
            }
            None if ch == '\'' || ch == '"' => quote = Some(ch),
            Some(open) if ch == open => quote = None,
            _ => {}
        }
        start = start.or(Some(at));
        // Nothing can be escaped inside single quotes.
        if ch == escape && quote != Some('\'') {
            chars.next();
        }
    }
    if let Some(from) = start {
        words.push(range.start + from..range.end);
    }
    words
}

/// What an argument that may be JSON is.
pub(super) enum Json {
    /// An array of strings.
    Strings(Vec<Word>),
    /// A JSON array with something else in it: the builder refuses it.
    Mixed,
    /// No JSON: the shell form.
    No,
}

/// Reads a JSON array of strings; anything behind the `]` makes it no JSON.
pub(super) fn json(text: &Text, range: Range<usize>) -> Json {
    let range = trim(text, range);
    let content = text.text.get(range.clone()).unwrap_or("");
    if !content.starts_with('[') {
        return Json::No;
    }
    match strings(text, &range, content) {
        Some(words) => Json::Strings(words),
        // Rare, so a second look at the whole is cheap: valid JSON of another shape is an error, the rest is shell.
        None if serde_json::from_str::<serde::de::IgnoredAny>(content).is_ok() => Json::Mixed,
        None => Json::No,
    }
}

fn strings(text: &Text, range: &Range<usize>, content: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut at = skip_space(content, 1);
    if content.get(at..)?.starts_with(']') {
        return skip_all(content, at + 1).then_some(words);
    }
    loop {
        let (value, end) = string(content, at)?;
        words.push(Spanned::new(value, text.span(range.start + at..range.start + end)));
        at = skip_space(content, end);
        match content.get(at..)?.chars().next()? {
            ',' => at = skip_space(content, at + 1),
            ']' => return skip_all(content, at + 1).then_some(words),
            _ => return None,
        }
    }
}

fn skip_space(content: &str, at: usize) -> usize {
    let rest = content.get(at..).unwrap_or("");
    at + rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len()
}

fn skip_all(content: &str, at: usize) -> bool {
    skip_space(content, at) == content.len()
}

/// The string with number `wanted` of a JSON array that [`json`] read, decoded, each character with the place of what stands for it.
pub(super) fn placed(text: &Text, wanted: usize) -> Option<Text> {
    let range = trim(text, 0..text.text.len());
    let content = text.text.get(range.clone())?;
    let mut at = skip_space(content, 1);
    for _ in 0..wanted {
        at = skip_space(content, string(content, at)?.1);
        at = skip_space(content, at + 1);
    }
    let mut value = Text::empty(text.source(), text.original(range.start + at) as usize);
    let mut room = [0; 4];
    decode(content, at, |character, offset| {
        value.push(
            character.encode_utf8(&mut room),
            text.original(range.start + offset) as usize,
        );
    })?;
    Some(value)
}

/// The JSON string at `at`, decoded, and where it ends.
fn string(content: &str, at: usize) -> Option<(String, usize)> {
    let mut value = String::new();
    let end = decode(content, at, |character, _| value.push(character))?;
    Some((value, end))
}

/// Hands out each character of the JSON string at `at` with the offset of what stands for it; where the string ends.
fn decode(content: &str, at: usize, mut take: impl FnMut(char, usize)) -> Option<usize> {
    let rest = content.get(at..)?.strip_prefix('"')?;
    let mut chars = rest.char_indices();
    while let Some((offset, ch)) = chars.next() {
        let place = at + 1 + offset;
        match ch {
            '"' => return Some(at + 1 + offset + 1),
            '\\' => match chars.next()?.1 {
                plain @ ('"' | '\\' | '/') => take(plain, place),
                'b' => take('\u{8}', place),
                'f' => take('\u{c}', place),
                'n' => take('\n', place),
                'r' => take('\r', place),
                't' => take('\t', place),
                'u' => {
                    let first = hex(&mut chars)?;
                    let mut ahead = chars.clone();
                    let low = match (ahead.next(), ahead.next()) {
                        (Some((_, '\\')), Some((_, 'u'))) if (0xD800..0xDC00).contains(&first) => {
                            hex(&mut ahead).filter(|low| (0xDC00..0xE000).contains(low))
                        }
                        _ => None,
                    };
                    let code = match low {
                        Some(low) => {
                            chars = ahead;
                            0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00)
                        }
                        None => first,
                    };
                    // Half a surrogate pair is replaced, as Go does it.
                    take(char::from_u32(code).unwrap_or('\u{fffd}'), place);
                }
                _ => return None,
            },
            control if control < ' ' => return None,
            _ => take(ch, place),
        }
    }
    None
}

fn hex(chars: &mut std::str::CharIndices<'_>) -> Option<u32> {
    let mut code = 0;
    for _ in 0..4 {
        code = code * 16 + chars.next()?.1.to_digit(16)?;
    }
    Some(code)
}

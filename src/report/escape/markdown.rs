//! Text inside Markdown, as GitHub renders it: code that is literal, and sentences that mean nothing but themselves.

use super::line;
use std::fmt::Write as _;

/// `text` as a Markdown code span, also inside of a table: literal, whatever it holds.
pub(crate) fn markdown_code(text: &str) -> String {
    let text = line(text);
    if text.is_empty() {
        return String::new();
    }
    if text.contains('|') {
        // A table row is split at pipes before code spans are looked for, and a backslash before a pipe can itself be
        // escaped; so the span becomes HTML in which nothing is left that Markdown knows.
        let mut out = String::from("<code>");
        for c in text.chars() {
            if c.is_ascii_punctuation() {
                let _ = write!(out, "&#{};", u32::from(c));
            } else {
                out.push(c);
            }
        }
        out.push_str("</code>");
        return out;
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let edge = ['`', ' '];
    let pad = if text.starts_with(edge) || text.ends_with(edge) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// What opens and closes a block of code that holds `text`: longer than any row of backticks in it.
pub(crate) fn markdown_fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Punctuation around a word that means nothing to Markdown.
const AROUND: [char; 8] = ['(', ')', '.', ',', ';', ':', '\'', '"'];

/// Whether a word means nothing but itself: no markup, no link, no mention, no reference, no emoji.
fn is_plain(word: &str) -> bool {
    word.chars()
        .all(|c| c.is_alphanumeric() || AROUND.contains(&c) || "%=/-?".contains(c))
        && !word.contains("//")
        && !word.to_ascii_lowercase().contains("www.")
        && word.matches(':').count() < 2
}

/// A sentence as Markdown in a table cell or list item. Words between backticks stay code; every word that Markdown or
/// GitHub could give a meaning (`<img>`, `@team`, `#1`, a link) becomes code, and so is shown as it is.
pub(crate) fn markdown_prose(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut push = |part: &str| {
        // Two code spans that touch would be read as one.
        if out.ends_with('`') && part.starts_with('`') {
            out.push(' ');
        }
        out.push_str(part);
    };
    let mut rest: &str = &text;
    while let Some((before, (code, after))) = rest
        .split_once('`')
        .and_then(|(before, tail)| Some((before, tail.split_once('`')?)))
    {
        push_words(before, &mut push);
        push(&markdown_code(code));
        rest = after;
    }
    push_words(rest, &mut push);
    out
}

fn push_words(text: &str, push: &mut impl FnMut(&str)) {
    for piece in text.split_inclusive([' ', '\t']) {
        let word = piece.trim_end_matches([' ', '\t']);
        let blank = if word.len() < piece.len() { " " } else { "" };
        let head = word.len() - word.trim_start_matches(AROUND).len();
        let (before, tail) = word.split_at(head);
        let core = tail.trim_end_matches(AROUND);
        let after = tail.strip_prefix(core).unwrap_or("");
        if is_plain(word) {
            push(word);
        } else if before.ends_with(':') && after.starts_with(':') {
            // That makes an emoji: the whole word is literal.
            push(&markdown_code(word));
        } else {
            push(before);
            push(&markdown_code(core));
            push(after);
        }
        push(blank);
    }
}

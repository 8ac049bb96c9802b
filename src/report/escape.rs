//! All escaping for all channels: terminal and log lines, workflow commands, Markdown, HTML, and JSON that is printed.
//!
//! Everything that comes out of a file or its name is hostile. Nothing here may let it move a cursor, hide or reorder
//! text, or give a command to the runner that reads our output.

mod json;
mod markdown;

use std::borrow::Cow;
use std::fmt::Write as _;

pub(crate) use json::{JsonLog, json};
pub(crate) use markdown::{markdown_code, markdown_fence, markdown_prose};

/// Whether a character steers a terminal, is not seen, reorders what is seen, or passes for a plain blank.
pub(super) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{180e}'
            | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
            | '\u{2800}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Writes a deceptive character so that it is seen.
pub(super) fn push_visible(out: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        c if u32::from(c) < 0x100 => write!(out, "\\x{:02x}", u32::from(c)),
        c => write!(out, "\\u{{{:x}}}", u32::from(c)),
    };
}

/// Finds the bracket of `##[`, `##vso[`, `##teamcity[`: runners look for these anywhere in a line.
#[derive(Default)]
struct Marker {
    hashes: usize,
    armed: bool,
}

impl Marker {
    /// Whether nothing of a marker came yet.
    fn is_idle(&self) -> bool {
        self.hashes == 0 && !self.armed
    }

    /// Whether `c` completes a marker.
    fn completes(&mut self, c: char) -> bool {
        let complete = self.armed && c == '[';
        self.hashes = if c == '#' { self.hashes + 1 } else { 0 };
        self.armed = self.hashes >= 2 || (self.armed && c.is_ascii_alphanumeric());
        complete
    }
}

/// Goes through `text` once: `special` may write something else for a character; a marker's bracket gets a backslash.
/// `visit` hears the offset of each character before and after.
fn encode(
    text: &str,
    mut special: impl FnMut(char, &mut String) -> bool,
    mut visit: impl FnMut(usize, usize),
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marker = Marker::default();
    for (offset, c) in text.char_indices() {
        visit(offset, out.len());
        if marker.completes(c) {
            out.push('\\');
        }
        if !special(c, &mut out) {
            out.push(c);
        }
    }
    out
}

fn visible(c: char, out: &mut String) -> bool {
    let escape = c != '\t' && is_deceptive(c);
    if escape {
        push_visible(out, c);
    }
    escape
}

/// `text` as one harmless line: what deceives becomes a visible escape, no runner finds a marker in it. Tabs stay.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c == '\t' || !is_deceptive(c);
    if text.chars().all(plain) && !text.contains("##") {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(encode(text, visible, |_, _| {}))
    }
}

/// `text` as a part of a line: as [`line()`], and without tabs, whose width nobody knows.
pub(crate) fn inline(text: &str) -> String {
    line(text).replace('\t', " ")
}

/// Like [`line()`]; `visit` hears for each character its byte offset in `text` and in the result.
pub(crate) fn line_mapped(text: &str, visit: impl FnMut(usize, usize)) -> String {
    encode(text, visible, visit)
}

/// The last net under every text that goes to a log: no line starts a workflow command, none holds a marker.
///
/// The parts are escaped before; but wrapping may move a word to the start of a line.
pub(crate) fn guard(text: String) -> String {
    if !text.contains("::") && !text.contains("##") {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive('\n') {
        let start = command_start(line);
        let (blank, rest) = line.split_at(start);
        out.push_str(blank);
        if rest.starts_with("::") {
            out.push('\\');
        }
        out.push_str(&encode(rest, |_, _| false, |_, _| {}));
    }
    out
}

/// Where a runner that trims a line would start to read; colour codes are trimmed too, for those that strip them.
fn command_start(line: &str) -> usize {
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || (c != '\u{1b}' && is_deceptive(c)));
        let next = trimmed
            .strip_prefix("\u{1b}[")
            .and_then(|code| code.split_once('m'))
            .map_or(trimmed, |(_, after)| after);
        if next.len() == rest.len() {
            return line.len() - rest.len();
        }
        rest = next;
    }
}

fn percent(c: char, out: &mut String) -> bool {
    match c {
        '%' => out.push_str("%25"),
        '\r' => out.push_str("%0D"),
        '\n' => out.push_str("%0A"),
        _ => return visible(c, out),
    }
    true
}

/// The message of a workflow command.
pub(crate) fn command_data(text: &str) -> String {
    encode(text, percent, |_, _| {})
}

/// The value of a property of a workflow command.
pub(crate) fn command_property(text: &str) -> String {
    encode(
        text,
        |c, out| match c {
            ':' => {
                out.push_str("%3A");
                true
            }
            ',' => {
                out.push_str("%2C");
                true
            }
            _ => percent(c, out),
        },
        |_, _| {},
    )
}

/// `text` as HTML text or attribute value.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests;

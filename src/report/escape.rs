//! All escaping for all channels: terminal and log lines, workflow commands, Markdown, HTML, and JSON that is printed.
//!
//! Everything that comes out of a file or its name is hostile. Nothing here may let it move a cursor, hide or reorder
//! text, or give a command to the runner that reads our output.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

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

/// Already written JSON that may be printed to a log: the same values, with what deceives written as `\u....`.
///
/// Such characters and markers can only stand inside of strings, so that no syntax is touched.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    if !text.contains("##") && text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let written = json_into(text, &mut Marker::default(), |part| {
        out.push_str(part);
        Ok(())
    });
    debug_assert!(written.is_ok(), "a text in memory takes everything");
    Cow::Owned(out)
}

/// Lets JSON through to a log as [`json`] does, while it is written.
pub(crate) struct JsonLog<'a> {
    out: &'a mut dyn Write,
    marker: Marker,
}

impl<'a> JsonLog<'a> {
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self {
            out,
            marker: Marker::default(),
        }
    }
}

impl Write for JsonLog<'_> {
    /// Takes whole characters, as a writer of JSON gives them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        json_into(text, &mut self.marker, |part| self.out.write_all(part.as_bytes()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Gives the text on in parts, with what deceives written as `\u....`.
fn json_into(text: &str, marker: &mut Marker, mut give: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    // C0 characters are JSON's own blanks here: inside of strings they are escaped already.
    let deceives = |c: char| u32::from(c) >= 0x7f && is_deceptive(c);
    let mut done = 0;
    for (at, c) in text.char_indices() {
        if marker.completes(c) || deceives(c) {
            give(text.get(done..at).unwrap_or(""))?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                give(&format!("\\u{unit:04x}"))?;
            }
            done = at + c.len_utf8();
        }
    }
    give(text.get(done..).unwrap_or(""))
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
        if is_plain(word) {
            push(word);
        } else if word.matches(':').count() > 1 {
            // Colons at both ends make an emoji: the whole word is literal.
            push(&markdown_code(word));
        } else {
            let head = word.len() - word.trim_start_matches(AROUND).len();
            let (before, tail) = word.split_at(head);
            let core = tail.trim_end_matches(AROUND);
            push(before);
            push(&markdown_code(core));
            push(tail.strip_prefix(core).unwrap_or(""));
        }
        push(blank);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The commands that a runner would find: GitHub's two syntaxes (`ActionCommand.cs`) and those of Azure and TeamCity.
    pub(crate) fn commands(output: &str) -> Vec<&str> {
        output
            .split(['\n', '\r'])
            .filter(|line| {
                let trimmed = line.trim_start();
                let command = trimmed.strip_prefix("::").is_some_and(|rest| rest.contains("::"));
                command || line.contains("##[") || line.contains("##vso[") || line.contains("##teamcity[")
            })
            .collect()
    }

    pub(crate) const HOSTILE: [&str; 10] = [
        "::add-mask::e",
        "  \u{a0}\t::error file=x::boo",
        "x ##[set-output name=ok]true",
        "##vso[task.setvariable variable=x]y",
        "###[error]x ####teamcity[x]",
        "a\r::error::b",
        "a\n::error::b\n##[group]c",
        "a\u{2028}::error::b",
        "#\u{200b}#[error]",
        "\u{feff}::error::x",
    ];

    #[test]
    fn no_runner_finds_a_command() {
        for text in HOSTILE {
            let guarded = guard(format!("{}\n", line(text)));
            assert!(commands(&guarded).is_empty(), "{guarded}");
            let raw = guard(text.replace(['\r', '\u{2028}'], "\n"));
            assert!(commands(&raw).is_empty(), "{raw}");
            assert!(commands(&format!("- {}", markdown_prose(text))).is_empty());
            assert!(commands(&format!("- {}", markdown_code(text))).is_empty());
            assert!(commands(&format!("<p>{}", html(text))).is_empty());
            let command = format!("::error file={}::{}", command_property(text), command_data(text));
            assert!(!command.contains("##["), "{command}");
            assert_eq!(command.lines().count(), 1);
            assert_eq!(
                command.matches("::").count() - command_data(text).matches("::").count(),
                2
            );
        }
        assert_eq!(guard("\u{1b}[36m  ::error::x".to_owned()), "\u{1b}[36m  \\::error::x");
    }

    #[test]
    fn what_deceives_becomes_visible() {
        assert_eq!(line("a\u{1b}]52;c;x\u{7}"), "a\\x1b]52;c;x\\x07");
        assert_eq!(line("a\u{1b}[2J\n##[error]"), "a\\x1b[2J\\n##\\[error]");
        assert_eq!(
            line("\u{9b}2J\u{202e}\u{200b}\u{a0}\r"),
            "\\x9b2J\\u{202e}\\u{200b}\\xa0\\r"
        );
        assert!(matches!(line("plain é 漢字 😀\tx"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_keeps_its_values() {
        for text in HOSTILE.into_iter().chain(["\u{9b}31m\u{202e}\u{7f}\u{e0001}", "##[1]"]) {
            let written = serde_json::to_string_pretty(&serde_json::json!({ "text": [text] })).unwrap();
            let safe = json(&written);
            assert!(commands(&safe).is_empty(), "{safe}");
            assert!(!safe.chars().any(|c| c != '\n' && is_deceptive(c)), "{safe}");
            let back: serde_json::Value = serde_json::from_str(&safe).unwrap();
            assert_eq!(back["text"][0], text);
        }
    }

    #[test]
    fn command_values_are_percent_encoded() {
        assert_eq!(command_data("50% of a:b,\nc"), "50%25 of a:b,%0Ac");
        assert_eq!(command_property("a:b,c%\r\n"), "a%3Ab%2Cc%25%0D%0A");
    }

    #[test]
    fn code_spans_hold_any_backticks_and_pipes() {
        assert_eq!(markdown_code("a"), "`a`");
        assert_eq!(markdown_code("a``b`c"), "```a``b`c```");
        assert_eq!(markdown_code("`a"), "`` `a ``");
        assert_eq!(markdown_code("a|`</b>"), "<code>a&#124;&#96;&#60;&#47;b&#62;</code>");
        assert_eq!(markdown_code("a\\|b"), "<code>a&#92;&#124;b</code>");
        assert_eq!(markdown_code(""), "");
    }

    #[test]
    fn prose_leaves_sentences_alone_and_makes_the_rest_literal() {
        assert_eq!(
            markdown_prose("service 'api' has no limit (see a/b.yml): 50 % of 1.5"),
            "service 'api' has no limit (see a/b.yml): 50 % of 1.5"
        );
        assert_eq!(markdown_prose("set `mem_limit`, or a_b."), "set `mem_limit`, or `a_b`.");
        assert_eq!(
            markdown_prose("@team <img src=x> </details> #12 https://x.y www.x.y *a*"),
            "`@team` `<img` `src=x>` `</details>` `#12` `https://x.y` `www.x.y` `*a*`"
        );
        assert_eq!(
            markdown_prose(":tada: [a](b) a|b"),
            "`:tada:` `[a](b`) <code>a&#124;b</code>"
        );
        assert_eq!(markdown_prose("`a``b` lone ` tick"), "`a` `b` lone `` ` `` tick");
        assert_eq!(markdown_prose("``` x"), "`` ` `` x");
    }
}

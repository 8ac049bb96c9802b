//! The lines of a YAML file in block style, as far as edits need to understand them. It is no YAML reader and shares nothing with the one
//! that is tested: what it does not understand it leaves alone.

use std::ops::Range;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Blank,
    /// A comment alone.
    Comment,
    /// `key: value`, with dashes before it where it begins an item.
    Key,
    /// `- value`.
    Item,
    /// `---`, a directive, or a part of a value that began above.
    Other,
}

/// A line: byte offsets are into its text.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    /// The text without its end.
    pub(crate) text: &'a str,
    /// What it is.
    pub(crate) kind: Kind,
    /// The blanks before it.
    pub(crate) indent: usize,
    /// Where its key or its value behind the dashes begins.
    pub(crate) column: usize,
    /// The key as it is written; empty for an item.
    pub(crate) key: &'a str,
    /// The value as it is written, without the comment; empty where it is below.
    pub(crate) value: &'a str,
    /// Where the value begins.
    pub(crate) value_at: usize,
    /// Whether the value is all on this line.
    pub(crate) whole: bool,
}

impl Line<'_> {
    /// Whether the line is one whose value can be written another way: a scalar that is all here, without anchor, alias or tag.
    pub(crate) fn is_scalar(&self) -> bool {
        let special = ['&', '*', '!', '|', '>', '[', '{', '%', '@', '`'];
        matches!(self.kind, Kind::Key | Kind::Item)
            && self.whole
            && !self.value.is_empty()
            && !self.value.starts_with(special)
            && self.key != "<<"
    }

    /// Whether it begins an item of a list.
    pub(crate) fn has_dash(&self) -> bool {
        self.column > self.indent
    }

    /// The line with another value.
    pub(crate) fn with_value(&self, value: &str) -> String {
        let rest = &self.text[self.value_at + self.value.len()..];
        format!("{}{value}{rest}", &self.text[..self.value_at])
    }
}

/// A file.
pub(crate) struct Doc<'a> {
    /// Its lines.
    pub(crate) lines: Vec<Line<'a>>,
}

/// Where a value ends on its line, and whether it is closed there: quotes and brackets.
fn extent(text: &str) -> (usize, bool) {
    let (mut quote, mut depth, mut before, mut escaped) = (None, 0_i32, ' ', false);
    let is_flow = text.starts_with(['[', '{']);
    for (at, character) in text.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if character == '\\' => escaped = true,
            Some(open) if open == character => quote = None,
            Some(_) => {}
            None => match character {
                '#' if before.is_whitespace() => return (text[..at].trim_end().len(), depth == 0),
                '"' | '\'' if at == 0 || (is_flow && " [{,:".contains(before)) => quote = Some(character),
                '[' | '{' if is_flow => depth += 1,
                ']' | '}' if is_flow => depth -= 1,
                _ => {}
            },
        }
        before = character;
    }
    (text.trim_end().len(), quote.is_none() && depth == 0)
}

/// The length of the key that a text begins with, if a colon and a blank stand behind it.
fn key_length(text: &str) -> Option<usize> {
    let length = match text.chars().next()? {
        quote @ ('"' | '\'') => text[1..].find(quote)? + 2,
        _ => text.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-/<".contains(c)))?,
    };
    let rest = text.get(length..)?.strip_prefix(':')?;
    (length > 0 && (rest.is_empty() || rest.starts_with([' ', '\t']))).then_some(length)
}

fn line(text: &str) -> Line<'_> {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let mut line = Line {
        text,
        kind: Kind::Other,
        indent,
        column: indent,
        key: "",
        value: "",
        value_at: text.len(),
        whole: false,
    };
    let rest = &text[indent..];
    if rest.trim().is_empty() {
        line.kind = Kind::Blank;
        return line;
    }
    if rest.starts_with('#') {
        line.kind = Kind::Comment;
        return line;
    }
    if indent == 0 && (rest.starts_with("---") || rest.starts_with('%') || rest.starts_with("...")) {
        return line;
    }
    let mut column = indent;
    while text[column..].starts_with("- ") {
        column += 1;
        column += text[column..].len() - text[column..].trim_start_matches(' ').len();
    }
    line.column = column;
    let value_at = match key_length(&text[column..]) {
        Some(length) => {
            line.kind = Kind::Key;
            line.key = &text[column..column + length];
            let behind = column + length + 1;
            behind + (text[behind..].len() - text[behind..].trim_start().len())
        }
        None if column > indent => {
            line.kind = Kind::Item;
            column
        }
        None => return line,
    };
    let (length, closed) = extent(&text[value_at..]);
    line.value_at = value_at.min(text.len());
    line.value = &text[value_at..value_at + length];
    line.whole = closed && !line.value.starts_with(['|', '>']);
    if line.value.is_empty() {
        line.value_at = column + line.key.len() + 1;
    }
    line
}

impl<'a> Doc<'a> {
    /// Reads a text.
    pub(crate) fn new(text: &'a str) -> Self {
        let mut lines: Vec<Line<'a>> = text.lines().map(line).collect();
        // A value goes on in the lines that stand further right than what holds it.
        let mut index = 0;
        while index < lines.len() {
            let first = lines[index].clone();
            index += 1;
            let holds = !first.value.is_empty() && matches!(first.kind, Kind::Key | Kind::Item);
            let opens = ["&", "!", "*"].iter().any(|sign| first.value.starts_with(sign)) && !first.value.contains(' ');
            if !holds || opens {
                continue;
            }
            let left = if first.kind == Kind::Key {
                first.column
            } else {
                first.indent
            };
            let is_text = first.value.starts_with(['|', '>']) || !first.whole;
            let mut end = index;
            for (at, line) in lines.iter().enumerate().skip(index) {
                match line.kind {
                    Kind::Blank => {}
                    Kind::Comment if !is_text => break,
                    _ if line.indent > left => end = at + 1,
                    _ => break,
                }
            }
            if end > index {
                lines[index - 1].whole = false;
                for line in &mut lines[index..end] {
                    line.kind = Kind::Other;
                    line.whole = false;
                }
                index = end;
            }
        }
        Self { lines }
    }

    /// The lines that a key or item holds, its own included, without blanks and comments at the end.
    pub(crate) fn block(&self, start: usize) -> Range<usize> {
        let first = &self.lines[start];
        let left = if first.kind == Kind::Key {
            first.column
        } else {
            first.indent
        };
        let mut end = start + 1;
        for (at, line) in self.lines.iter().enumerate().skip(start + 1) {
            let is_list = first.kind == Kind::Key && line.indent == left && line.has_dash();
            match line.kind {
                Kind::Blank | Kind::Comment => {}
                _ if line.indent > left || is_list => end = at + 1,
                _ => break,
            }
        }
        start..end
    }

    /// The lines on which the entries directly inside a range begin: keys or items in one column.
    pub(crate) fn entries(&self, range: Range<usize>) -> Vec<usize> {
        let is_entry = |line: &&Line<'_>| matches!(line.kind, Kind::Key | Kind::Item);
        let Some(left) = self.lines[range.clone()].iter().find(is_entry).map(|line| line.indent) else {
            return Vec::new();
        };
        range
            .filter(|at| is_entry(&&self.lines[*at]) && self.lines[*at].indent == left)
            .collect()
    }

    /// The keys at the left margin.
    pub(crate) fn top(&self) -> Vec<usize> {
        self.entries(0..self.lines.len())
    }

    /// The line of a key at the left margin.
    pub(crate) fn top_key(&self, key: &str) -> Option<usize> {
        self.top().into_iter().find(|at| self.lines[*at].key == key)
    }

    /// The lines on which the services begin.
    pub(crate) fn services(&self) -> Vec<usize> {
        let Some(at) = self.top_key("services") else {
            return Vec::new();
        };
        let block = self.block(at);
        self.entries(block.start + 1..block.end)
    }

    /// The lines on which the entries of the mapping or list below a key begin.
    pub(crate) fn children(&self, at: usize) -> Vec<usize> {
        let block = self.block(at);
        self.entries(block.start + 1..block.end)
    }

    /// Whether anything stands behind an anchor, so that lines cannot change places.
    pub(crate) fn has_anchors(&self) -> bool {
        self.lines
            .iter()
            .any(|line| line.kind != Kind::Comment && (line.text.contains(" &") || line.text.contains(" *")))
    }

    /// Whether a comment is right above a line, which it may speak of.
    pub(crate) fn is_spoken_of(&self, at: usize) -> bool {
        at > 0 && self.lines[at - 1].kind == Kind::Comment
    }

    /// The text of some lines.
    pub(crate) fn text(&self, range: Range<usize>) -> String {
        self.lines[range]
            .iter()
            .map(|line| format!("{}\n", line.text))
            .collect()
    }

    /// The file with other lines in place of some.
    pub(crate) fn replaced(&self, range: Range<usize>, text: &str) -> String {
        let (before, after) = (self.text(0..range.start), self.text(range.end..self.lines.len()));
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        format!("{before}{text}{end}{after}")
    }

    /// The file with every line written by a function.
    pub(crate) fn mapped(&self, change: impl Fn(usize, &Line<'a>) -> String) -> String {
        let lines = self.lines.iter().enumerate();
        lines.map(|(at, line)| format!("{}\n", change(at, line))).collect()
    }
}

/// Lines with more blanks before them; what is negative is taken away where it is there.
pub(crate) fn shifted(text: &str, by: isize) -> String {
    let shift = |line: &str| match by {
        _ if line.trim().is_empty() => format!("{line}\n"),
        0.. => format!("{}{line}\n", " ".repeat(by.unsigned_abs())),
        _ => {
            let blanks = line.len() - line.trim_start_matches(' ').len();
            format!("{}\n", &line[blanks.min(by.unsigned_abs())..])
        }
    };
    text.lines().map(shift).collect()
}

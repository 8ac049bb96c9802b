//! Physical lines to logical ones: directives, comments, continuations, heredoc bodies (BuildKit `parser/parser.go`).

use super::text::Text;
use super::{Comment, Directive};
use crate::source::{SourceId, Span, Spanned};

/// The longest line that the builder reads, without its line feed.
pub(super) const MAX_LINE: usize = 65_535;

/// A physical line: its place and its content without the line break.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub start: usize,
    pub text: &'a str,
}

/// Walks the lines of a file once.
pub(super) struct Reader<'a> {
    source: SourceId,
    text: &'a str,
    /// Blanks before each line that are not the file's.
    indent: usize,
    at: usize,
    directives_done: bool,
    after_shebang: bool,
    /// The escape character: `\`, or a backtick by directive.
    pub escape: char,
    pub directives: Vec<Directive>,
    pub comments: Vec<Comment>,
    /// What went wrong with the lines themselves: where, what, what to do.
    pub refused: Vec<(Span, String, String)>,
}

/// How a heredoc body was found.
pub(super) struct Body {
    /// The bytes of the body, line breaks included.
    pub body: std::ops::Range<usize>,
    /// The terminator's bytes, or `None` at the end of the file.
    pub terminator: Option<std::ops::Range<usize>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: SourceId, text: &'a str, indent: usize) -> Self {
        Self {
            source,
            text,
            indent,
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
            directives_done: false,
            after_shebang: false,
            escape: '\\',
            directives: Vec::new(),
            comments: Vec::new(),
            refused: Vec::new(),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    fn line(&mut self) -> Option<Line<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let length = rest.find('\n').unwrap_or(rest.len());
        self.at = (start + length + 1).min(self.text.len());
        if length > MAX_LINE {
            self.refused.push((
                self.span(start, start + length),
                format!("the line has {length} bytes; the builder reads at most {MAX_LINE}"),
                "break the line with a continuation, or move its content to a file".to_owned(),
            ));
        }
        let line = rest.get(..length).unwrap_or("").trim_end_matches('\r');
        let lead = line.bytes().take(self.indent).take_while(|byte| *byte == b' ').count();
        Some(Line {
            start: start + lead,
            text: line.get(lead..).unwrap_or(""),
        })
    }

    /// The next logical line that is not blank, or `None` at the end.
    pub(super) fn logical(&mut self) -> Option<Text> {
        loop {
            let line = self.line()?;
            let lead = line.text.len() - line.text.trim_start().len();
            let content = line.text.get(lead..).unwrap_or("");
            if self.directive(content, line.start + lead) {
                continue;
            }
            if content.starts_with('#') {
                self.comment(line);
                continue;
            }
            let (kept, mut goes_on) = self.continuation(content);
            if !goes_on && kept.is_empty() {
                continue;
            }
            let mut text = Text::empty(self.source, line.start + lead);
            text.push(kept, line.start + lead);
            while goes_on {
                let Some(line) = self.line() else { break };
                let trimmed = line.text.trim_start();
                if trimmed.starts_with('#') {
                    self.comment(line);
                } else if !trimmed.is_empty() {
                    let (kept, more) = self.continuation(line.text);
                    text.push(kept, line.start);
                    goes_on = more;
                }
            }
            return Some(text);
        }
    }

    /// The body of a heredoc whose terminator is `name`, from here on.
    pub(super) fn heredoc(&mut self, name: &str, strip_tabs: bool) -> Body {
        let start = self.at;
        while let Some(line) = self.line() {
            let lead = if strip_tabs {
                line.text.len() - line.text.trim_start_matches('\t').len()
            } else {
                0
            };
            if line.text.get(lead..) == Some(name) {
                let terminator = line.start + lead;
                return Body {
                    body: start..line.start,
                    terminator: Some(terminator..terminator + name.len()),
                };
            }
        }
        Body {
            body: start..self.text.len(),
            terminator: None,
        }
    }

    fn comment(&mut self, line: Line<'_>) {
        let lead = line.text.len() - line.text.trim_start().len();
        let text = line.text.get(lead..).unwrap_or("").trim_end();
        self.comments.push(Comment {
            span: self.span(line.start + lead, line.start + lead + text.len()),
            text: text.get(1..).unwrap_or("").trim().to_owned(),
        });
    }

    /// The content before a continuation character, and whether there is one: it is the last thing on the line but
    /// blanks, and not doubled.
    fn continuation<'l>(&self, line: &'l str) -> (&'l str, bool) {
        let trimmed = line.trim_end_matches([' ', '\t']);
        match trimmed.strip_suffix(self.escape) {
            Some(before) if !before.ends_with(self.escape) => (before, true),
            _ => (line, false),
        }
    }

    /// Whether the line is a parser directive; they end at the first line that is none.
    fn directive(&mut self, content: &str, start: usize) -> bool {
        if self.directives_done {
            return false;
        }
        // A shebang makes a Dockerfile executable; `syntax` and `check` are read behind it, `escape` is not.
        if start <= 3 && content.starts_with("#!") {
            self.after_shebang = true;
            return false;
        }
        let Some((name, value, offset)) = split_directive(content, "#") else {
            if let Some((name, value, offset)) = split_directive(content, "//").filter(|(name, ..)| name == "syntax") {
                // BuildKit looks for the frontend in this form too; the Dockerfile frontend itself refuses the line.
                self.add_directive(content, start, name, value, offset);
            }
            self.directives_done = true;
            return false;
        };
        if !matches!(name.as_str(), "syntax" | "escape" | "check") {
            self.directives_done = true;
            return false;
        }
        if self.after_shebang && name == "escape" {
            return false;
        }
        let whole = self.span(start, start + content.trim_end().len());
        if self.directives.iter().any(|seen| seen.name.value == name) {
            self.refused.push((
                whole,
                format!("the directive {name} is given twice"),
                "remove the second one".to_owned(),
            ));
        } else if name == "escape" {
            match value {
                "\\" => self.escape = '\\',
                "`" => self.escape = '`',
                _ => self.refused.push((
                    whole,
                    format!("the escape character is {value}; only \\ and ` are allowed"),
                    "write `# escape=\\` or `` # escape=` ``".to_owned(),
                )),
            }
        }
        self.add_directive(content, start, name, value, offset);
        true
    }

    fn add_directive(&mut self, content: &str, start: usize, name: String, value: &str, offset: usize) {
        let name_at = start + content.len() - content.trim_start_matches(['#', '/']).trim_start().len();
        let name_span = self.span(name_at, name_at + name.len());
        self.directives.push(Directive {
            span: self.span(start, start + content.trim_end().len()),
            name: Spanned::new(name, name_span),
            value: Spanned::new(
                value.to_owned(),
                self.span(start + offset, start + offset + value.len()),
            ),
        });
    }
}

/// `# name = value` as (lower-case name, value, offset of the value).
fn split_directive<'l>(content: &'l str, mark: &str) -> Option<(String, &'l str, usize)> {
    let body = content.strip_prefix(mark)?.trim_start();
    let (name, value) = body.split_once('=')?;
    let name = name.trim_end();
    let value = value.trim();
    let plain =
        name.starts_with(|ch: char| ch.is_ascii_alphabetic()) && name.chars().all(|ch| ch.is_ascii_alphanumeric());
    if !plain || value.is_empty() {
        return None;
    }
    let offset = content.trim_end().len() - value.len();
    Some((name.to_ascii_lowercase(), value, offset))
}

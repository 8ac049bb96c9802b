//! The instructions of a Dockerfile by their lines, as far as edits need to understand them. It shares nothing with the parser that is
//! tested: what it does not understand it leaves alone.

use std::ops::Range;

/// An instruction with its lines.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Its lines, those of a here-document included.
    pub(crate) lines: Range<usize>,
    /// The lines of the instruction itself.
    pub(crate) own: Range<usize>,
    /// Its name in upper case.
    pub(crate) keyword: String,
    /// What stands behind the name, on one line: without continuations and the comments between them.
    pub(crate) rest: String,
}

impl Step {
    /// Whether a here-document belongs to it.
    pub(crate) fn has_heredoc(&self) -> bool {
        self.lines != self.own
    }

    /// The flags (`--x=y`, with a blank behind each) and what follows them.
    pub(crate) fn flags(&self) -> (&str, &str) {
        let mut at = 0;
        while self.rest[at..].starts_with("--") {
            let length = self.rest[at..].find([' ', '\t']).unwrap_or(self.rest.len() - at);
            at += length;
            at += self.rest[at..].len() - self.rest[at..].trim_start().len();
        }
        self.rest.split_at(at)
    }

    /// The shell's words of a RUN that a shell runs and that ends where its line does.
    pub(crate) fn script(&self) -> Option<&str> {
        let (_, text) = self.flags();
        let is_script = self.keyword == "RUN"
            && !self.has_heredoc()
            && !text.starts_with('[')
            && !text.contains("<<")
            && !text.contains('#');
        is_script.then_some(text)
    }
}

/// A file.
pub(crate) struct Docker<'a> {
    /// Its lines without their ends.
    pub(crate) lines: Vec<&'a str>,
    /// Its instructions.
    pub(crate) steps: Vec<Step>,
    /// How many lines hold directives (`# syntax=`).
    pub(crate) head: usize,
    /// What a line that goes on ends with.
    pub(crate) escape: char,
}

fn directive(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim_start().strip_prefix('#')?.split_once('=')?;
    let name = name.trim();
    ["syntax", "escape", "check"]
        .contains(&name)
        .then_some((name, value.trim()))
}

/// The names of the here-documents that a line opens.
fn heredocs(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("<<") {
        rest = rest[at + 2..].trim_start_matches('-');
        let quoteless = rest.trim_start_matches(['"', '\'']);
        let length = quoteless
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(quoteless.len());
        if length > 0 {
            names.push(quoteless[..length].to_owned());
        }
    }
    names
}

impl<'a> Docker<'a> {
    /// Reads a text.
    pub(crate) fn new(text: &'a str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let head = lines.iter().take_while(|line| directive(line).is_some()).count();
        let mut directives = lines[..head].iter().filter_map(|line| directive(line));
        let escape = match directives.find(|(name, _)| *name == "escape") {
            Some((_, "`")) => '`',
            _ => '\\',
        };
        let mut docker = Self {
            lines,
            steps: Vec::new(),
            head,
            escape,
        };
        let mut at = head;
        while at < docker.lines.len() {
            if docker.is_between(at) {
                at += 1;
                continue;
            }
            let step = docker.step(at);
            at = step.lines.end;
            docker.steps.push(step);
        }
        docker
    }

    /// Whether a line is blank or a comment.
    pub(crate) fn is_between(&self, at: usize) -> bool {
        let line = self.lines[at].trim();
        line.is_empty() || line.starts_with('#')
    }

    /// Whether a line goes on.
    pub(crate) fn goes_on(&self, at: usize) -> bool {
        self.lines[at].trim_end().ends_with(self.escape)
    }

    fn step(&self, start: usize) -> Step {
        let mut end = start + 1;
        let mut joined = self.lines[start].trim_end().to_owned();
        let mut goes_on = self.goes_on(start);
        while goes_on && end < self.lines.len() {
            joined.truncate(joined.trim_end_matches(self.escape).len());
            if !self.is_between(end) {
                joined.push_str(self.lines[end].trim_end());
                goes_on = self.goes_on(end);
            } else {
                joined.push(self.escape);
            }
            end += 1;
        }
        let text = joined.trim_start().trim_end_matches(self.escape);
        let (keyword, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        let keyword = keyword.to_ascii_uppercase();
        let mut last = end;
        if matches!(keyword.as_str(), "RUN" | "COPY" | "ADD") {
            for name in heredocs(rest) {
                last = (last..self.lines.len())
                    .find(|at| self.lines[*at].trim_start_matches('\t') == name)
                    .map_or(last, |at| at + 1);
            }
        }
        Step {
            lines: start..last,
            own: start..end,
            keyword,
            rest: rest.trim().to_owned(),
        }
    }

    /// Whether a comment is right above a line, which it may speak of.
    pub(crate) fn is_spoken_of(&self, at: usize) -> bool {
        at > 0 && self.lines[at - 1].trim_start().starts_with('#')
    }

    /// Whether every RUN is run by the default shell.
    pub(crate) fn has_default_shell(&self) -> bool {
        !self
            .steps
            .iter()
            .any(|step| matches!(step.keyword.as_str(), "SHELL" | "ONBUILD"))
    }

    /// The text of some lines.
    pub(crate) fn text(&self, range: Range<usize>) -> String {
        self.lines[range].iter().map(|line| format!("{line}\n")).collect()
    }

    /// The file with other text in place of some lines.
    pub(crate) fn replaced(&self, range: Range<usize>, text: &str) -> String {
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let (before, after) = (self.text(0..range.start), self.text(range.end..self.lines.len()));
        format!("{before}{text}{end}{after}")
    }

    /// The file with some instructions written another way.
    pub(crate) fn rewritten(&self, change: impl Fn(usize, &Step) -> Option<String>) -> String {
        let mut text = String::new();
        let mut at = 0;
        for (index, step) in self.steps.iter().enumerate() {
            text.push_str(&self.text(at..step.lines.start));
            match change(index, step) {
                Some(changed) => {
                    text.push_str(&changed);
                    text.push('\n');
                }
                None => text.push_str(&self.text(step.lines.clone())),
            }
            at = step.lines.end;
        }
        text.push_str(&self.text(at..self.lines.len()));
        text
    }
}

//! Lists of commands: the walk through a shell text, and what joins its commands.

use super::{Command, Joint, MAX_DEPTH, Script, Word};
use crate::parse::dockerfile::Text;

/// What ends a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The end of the text.
    Text,
    /// `)`.
    Paren,
    /// The end of a `case` branch: `;;` (taken) or `esac` (left).
    Branch,
    /// The closing backtick at this byte (left).
    Backtick(usize),
}

/// A heredoc whose body comes behind the next line break.
pub(super) struct Pending {
    pub command: usize,
    pub redirection: usize,
    pub name: String,
    pub strip_tabs: bool,
}

/// Walks the text once.
pub(super) struct Parser<'a> {
    pub text: &'a Text,
    pub at: usize,
    pub depth: usize,
    pub pending: Vec<Pending>,
    pub commands: Vec<Command>,
    pub joint: Joint,
    pub level: usize,
    pub conditions: usize,
    /// A `!` was read, and its command comes next.
    pub negated: bool,
    /// The shell that runs what is being read.
    shell: usize,
    /// The shells so far, each by the one that starts it.
    shells: Vec<usize>,
    pub has_functions: bool,
    inside: Option<usize>,
    /// The commands that are being read, outermost first, and where they start.
    open: Vec<(usize, usize)>,
    /// The backtick that ends the innermost substitution of that kind.
    pub stop: Option<usize>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a Text) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            pending: Vec::new(),
            commands: Vec::new(),
            joint: Joint::First,
            level: 0,
            conditions: 0,
            negated: false,
            shell: 0,
            shells: vec![0],
            has_functions: false,
            inside: None,
            open: Vec::new(),
            stop: None,
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.text.get(self.at..).unwrap_or("")
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// What was read.
    pub(super) fn finish(self) -> Script {
        Script {
            commands: self.commands,
            shells: self.shells,
            has_functions: self.has_functions,
        }
    }

    /// Reads what a shell of its own runs.
    pub(super) fn in_a_shell<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let outer = self.shell;
        self.shell = self.shells.len();
        self.shells.push(outer);
        let result = self.nested(read);
        self.shell = outer;
        result
    }

    /// Goes one level down, or gives up.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Reads the commands of a substitution inside the words of the command that is being read.
    pub(super) fn substitution<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let saved = (self.joint, self.level, self.conditions, self.inside);
        self.inside = self.open.last().map(|(index, _)| *index).or(self.inside);
        (self.joint, self.level) = (Joint::First, 0);
        let result = self.in_a_shell(read);
        (self.joint, self.level, self.conditions, self.inside) = saved;
        result
    }

    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\\') if self.rest().starts_with("\\\n") => self.at += 2,
                Some(b'\\') if self.rest().starts_with("\\\r\n") => self.at += 3,
                Some(b'#') => {
                    let rest = self.rest();
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    /// Reads commands up to `end`.
    pub(super) fn list(&mut self, end: End) -> Option<()> {
        loop {
            self.blanks();
            let Some(byte) = self.peek() else {
                return (end == End::Text && self.level == 0 && self.conditions == 0).then_some(());
            };
            if self.stop == Some(self.at) {
                return (end == End::Backtick(self.at)).then_some(());
            }
            match byte {
                b'\n' => {
                    self.at += 1;
                    self.bodies();
                    // The next command is joined by what stands before: a line break behind `&&` means nothing.
                }
                b';' if self.rest().starts_with(";;") || self.rest().starts_with(";&") => {
                    if end != End::Branch {
                        return None;
                    }
                    self.at += 2;
                    self.eat("&");
                    return Some(());
                }
                b';' => {
                    self.at += 1;
                    if self.joint != Joint::First {
                        self.joint = Joint::Then;
                    }
                }
                b'&' if !self.rest().starts_with("&>") => {
                    let and = self.eat("&&");
                    if !and {
                        self.at += 1;
                    }
                    self.joint = if and { Joint::And } else { Joint::Background };
                }
                b'|' => {
                    let or = self.eat("||");
                    if !or {
                        self.at += 1;
                        self.eat("&");
                    }
                    self.joint = if or { Joint::Or } else { Joint::Pipe };
                }
                b'(' if self.rest().starts_with("((") => self.arithmetic()?,
                b'(' => {
                    self.at += 1;
                    self.group()?;
                }
                b')' => {
                    if end != End::Paren {
                        return None;
                    }
                    self.at += 1;
                    return Some(());
                }
                _ => {
                    if end == End::Branch && self.keyword() == Some("esac") {
                        return Some(());
                    }
                    self.command()?;
                }
            }
        }
    }

    pub(super) fn plain(&self, start: usize) -> Word {
        Word {
            text: self.text.text.get(start..self.at).unwrap_or("").to_owned(),
            span: self.text.span(start..self.at),
            dynamic: false,
            quoted: false,
        }
    }

    /// Begins a command, so that substitutions in its words know where they belong.
    pub(super) fn begin(&mut self) -> usize {
        self.commands.push(Command {
            span: self.text.span(self.at..self.at),
            joint: self.joint,
            level: self.level,
            shell: self.shell,
            conditional: self.conditions > 0,
            negated: std::mem::take(&mut self.negated),
            inside: self.inside,
            assignments: Vec::new(),
            words: Vec::new(),
            redirections: Vec::new(),
        });
        let index = self.commands.len() - 1;
        self.open.push((index, self.at));
        index
    }

    /// Ends the command that was begun last.
    pub(super) fn close(&mut self, index: usize) {
        let end = self.text.text.get(..self.at).unwrap_or("").trim_end().len();
        if let Some((_, start)) = self.open.pop() {
            let span = self.text.span(start..end.max(start));
            if let Some(command) = self.commands.get_mut(index) {
                command.span = span;
            }
        }
        self.joint = Joint::Then;
    }

    /// Takes a command away that only carried substitutions, unless there are some.
    pub(super) fn drop_empty(&mut self, index: usize) {
        let joint = self.joint;
        self.close(index);
        if self.commands.len() == index + 1 {
            self.commands.pop();
        }
        self.joint = joint;
    }
}

//! A simple command: assignments, words and redirections.

use super::list::Parser;
use super::word::Piece;
use super::{Assignment, Joint, Word};

impl Parser<'_> {
    pub(super) fn simple(&mut self) -> Option<()> {
        let index = self.begin();
        loop {
            self.blanks();
            let Some(byte) = self.peek() else { break };
            match byte {
                b'&' if self.rest().starts_with("&>") => self.redirection(index)?,
                b';' | b'|' | b'&' | b'\n' | b')' => break,
                b'`' if self.stop == Some(self.at) => break,
                b'<' | b'>' if !self.rest().starts_with("<(") && !self.rest().starts_with(">(") => {
                    self.redirection(index)?;
                }
                b'(' => {
                    // `name() { ... }` defines a function; anything else is no shell that we know.
                    let words = self.commands.get(index).map_or(0, |command| command.words.len());
                    self.at += 1;
                    self.blanks();
                    if words != 1 || !self.eat(")") {
                        return None;
                    }
                    self.has_functions = true;
                    let joint = self.commands.get(index).map_or(Joint::Then, |command| command.joint);
                    self.close(index);
                    if self.commands.len() == index + 1 {
                        self.commands.pop();
                    }
                    self.joint = joint;
                    return Some(());
                }
                b'0'..=b'9' if self.is_descriptor() => self.redirection(index)?,
                _ => self.argument(index)?,
            }
        }
        self.close(index);
        Some(())
    }

    fn argument(&mut self, index: usize) -> Option<()> {
        let start = self.at;
        let before_program = self.commands.get(index)?.words.is_empty();
        let name = if before_program {
            assignment_name(self.rest())
        } else {
            None
        };
        if let Some((name, length)) = name {
            let name = name.to_owned();
            self.at += length;
            let value = match self.peek() {
                Some(b'(') => self.array()?,
                _ => self.word_or_empty()?,
            };
            let span = self.text.span(start..self.at);
            self.commands
                .get_mut(index)?
                .assignments
                .push(Assignment { name, value, span });
            return Some(());
        }
        let word = self.word()?;
        self.commands.get_mut(index)?.words.push(word);
        Some(())
    }

    /// `(a b c)` of an array.
    pub(super) fn array(&mut self) -> Option<Word> {
        let start = self.at;
        let mut all = Piece::default();
        self.at += 1;
        loop {
            self.lines();
            if self.eat(")") {
                break;
            }
            let word = self.word()?;
            if !all.text.is_empty() {
                all.text.push(' ');
            }
            all.text.push_str(&word.text);
            all.dynamic |= word.dynamic;
        }
        Some(Word {
            text: all.text,
            span: self.text.span(start..self.at),
            dynamic: all.dynamic,
            quoted: false,
        })
    }
}

/// The name and length of `NAME=` or `NAME+=` at the start.
fn assignment_name(rest: &str) -> Option<(&str, usize)> {
    let length = rest.find(|ch: char| !ch.is_ascii_alphanumeric() && ch != '_')?;
    let name = rest.get(..length)?;
    if !name.starts_with(|ch: char| ch.is_ascii_alphabetic() || ch == '_') {
        return None;
    }
    let behind = rest.get(length..)?;
    let equals = if behind.starts_with("+=") {
        2
    } else {
        usize::from(behind.starts_with('='))
    };
    (equals > 0).then_some((name, length + equals))
}

//! Words of a shell text: quotes, and the substitutions inside them.

use super::Word;
use super::list::{End, Parser};

/// A word in the making.
#[derive(Default)]
pub(super) struct Piece {
    pub text: String,
    pub dynamic: bool,
    pub quoted: bool,
}

impl Parser<'_> {
    /// The word at this place; it must not be empty.
    pub(super) fn word(&mut self) -> Option<Word> {
        let start = self.at;
        let word = self.word_or_empty()?;
        (self.at > start).then_some(word)
    }

    /// The word at this place, which may be empty (`NAME=`).
    pub(super) fn word_or_empty(&mut self) -> Option<Word> {
        let start = self.at;
        let mut piece = Piece::default();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'<' | b'>' if self.rest().get(1..2) == Some("(") => self.process(&mut piece)?,
                b'<' | b'>' => break,
                // `name(` is looked at by the caller; `@(a|b)` patterns are not shell that we know.
                b'(' => break,
                b'\'' => self.single(&mut piece)?,
                b'"' => {
                    self.at += 1;
                    piece.quoted = true;
                    self.double(&mut piece)?;
                }
                b'\\' => self.escaped(&mut piece),
                b'$' => self.dollar(&mut piece, false)?,
                b'`' if self.stop == Some(self.at) => break,
                b'`' => self.backticks(&mut piece)?,
                _ => self.literal(&mut piece),
            }
        }
        Some(Word {
            text: piece.text,
            span: self.text.span(start..self.at),
            dynamic: piece.dynamic,
            quoted: piece.quoted,
        })
    }

    /// One character, or a run of plain ones.
    fn literal(&mut self, piece: &mut Piece) {
        let rest = self.rest();
        let plain = |ch: char| ch.is_ascii_alphanumeric() || "-_./:=,+@%".contains(ch) || !ch.is_ascii();
        let mut length = rest.len() - rest.trim_start_matches(plain).len();
        if length == 0 {
            length = rest.chars().next().map_or(0, char::len_utf8);
        }
        piece.text.push_str(rest.get(..length).unwrap_or(""));
        self.at += length;
    }

    fn single(&mut self, piece: &mut Piece) -> Option<()> {
        self.at += 1;
        let inner = self.rest();
        let length = inner.find('\'')?;
        piece.text.push_str(inner.get(..length)?);
        piece.quoted = true;
        self.at += length + 1;
        Some(())
    }

    fn escaped(&mut self, piece: &mut Piece) {
        self.at += 1;
        if self.eat("\n") || self.eat("\r\n") {
            return;
        }
        if let Some(ch) = self.rest().chars().next() {
            piece.text.push(ch);
            piece.quoted = true;
            self.at += ch.len_utf8();
        }
    }

    /// The inside of double quotes, up to and with the closing one.
    fn double(&mut self, piece: &mut Piece) -> Option<()> {
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => match self.rest().as_bytes().get(1)? {
                    b'$' | b'`' | b'"' | b'\\' | b'\n' => self.escaped(piece),
                    _ => {
                        piece.text.push('\\');
                        self.at += 1;
                    }
                },
                b'$' => self.dollar(piece, true)?,
                b'`' => self.backticks(piece)?,
                _ => self.literal(piece),
            }
        }
    }

    /// Anything that begins with `$`; its text stays as written.
    fn dollar(&mut self, piece: &mut Piece, in_double: bool) -> Option<()> {
        let start = self.at;
        let rest = self.rest();
        if rest.starts_with("$((") {
            self.at += 1;
            self.balanced()?;
        } else if rest.starts_with("$(") {
            self.at += 2;
            self.substitution(|parser| parser.list(End::Paren))?;
        } else if rest.starts_with("${") {
            self.at += 2;
            self.nested(|parser| parser.braces(in_double))?;
        } else if !in_double && rest.starts_with("$'") {
            // bash: escapes are not decoded.
            self.at += 2;
            loop {
                match self.peek()? {
                    b'\'' => break,
                    b'\\' => self.at += 1,
                    _ => {}
                }
                self.at += self.rest().chars().next()?.len_utf8();
            }
            self.at += 1;
            piece.quoted = true;
        } else if !in_double && rest.starts_with("$\"") {
            self.at += 1;
            return Some(());
        } else {
            self.at += 1;
            let name = self.rest();
            let length = name.len()
                - name
                    .trim_start_matches(|ch: char| ch.is_ascii_alphanumeric() || ch == '_')
                    .len();
            let special = name.starts_with(['@', '*', '#', '?', '-', '$', '!']);
            if length == 0 && !special {
                // A lone `$` is itself.
                piece.text.push('$');
                return Some(());
            }
            self.at += length.max(1);
        }
        piece.dynamic = true;
        piece.text.push_str(self.text.text.get(start..self.at)?);
        Some(())
    }

    /// The inside of `${...}`, up to and with the `}`.
    fn braces(&mut self, in_double: bool) -> Option<()> {
        let mut ignored = Piece::default();
        loop {
            match self.peek()? {
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                b'\'' if !in_double => self.single(&mut ignored)?,
                b'"' => {
                    self.at += 1;
                    self.nested(|parser| parser.double(&mut Piece::default()))?;
                }
                b'\\' => self.escaped(&mut ignored),
                b'$' => self.dollar(&mut ignored, in_double)?,
                b'`' => self.backticks(&mut ignored)?,
                _ => self.literal(&mut ignored),
            }
        }
    }

    /// `((...))`, with what is substituted inside.
    pub(super) fn balanced(&mut self) -> Option<()> {
        self.nested(|parser| {
            let mut open = 0_usize;
            let mut ignored = Piece::default();
            loop {
                match parser.peek()? {
                    b'(' => {
                        open += 1;
                        parser.at += 1;
                    }
                    b')' => {
                        open -= 1;
                        parser.at += 1;
                        if open == 0 {
                            return Some(());
                        }
                    }
                    b'\'' => parser.single(&mut ignored)?,
                    b'"' => {
                        parser.at += 1;
                        parser.double(&mut ignored)?;
                    }
                    b'\\' => parser.escaped(&mut ignored),
                    b'$' => parser.dollar(&mut ignored, false)?,
                    b'`' => parser.backticks(&mut ignored)?,
                    _ => parser.literal(&mut ignored),
                }
            }
        })
    }

    /// `<(...)` and `>(...)`.
    fn process(&mut self, piece: &mut Piece) -> Option<()> {
        let start = self.at;
        self.at += 2;
        self.substitution(|parser| parser.list(End::Paren))?;
        piece.dynamic = true;
        piece.text.push_str(self.text.text.get(start..self.at)?);
        Some(())
    }

    /// `` `...` ``: the commands inside are read where no escaped backtick nests another one.
    fn backticks(&mut self, piece: &mut Piece) -> Option<()> {
        let start = self.at;
        self.at += 1;
        let inner = self.rest().as_bytes();
        let mut length = 0;
        loop {
            match inner.get(length)? {
                b'`' => break,
                b'\\' => length += 2,
                _ => length += 1,
            }
        }
        let end = self.at + length;
        if !self.rest().get(..length)?.contains('\\') {
            let outer = self.stop.replace(end);
            self.substitution(|parser| parser.list(End::Backtick(end)))?;
            self.stop = outer;
            if self.at != end {
                return None;
            }
        }
        self.at = end + 1;
        piece.dynamic = true;
        piece.text.push_str(self.text.text.get(start..self.at)?);
        Some(())
    }
}

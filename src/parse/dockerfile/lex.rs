//! Words as the builder lexes them: quotes, escapes and `$` substitutions (BuildKit `frontend/dockerfile/shell/lex.go`).

mod substitution;

use std::ops::Range;

use crate::failure::Failure;

/// What a variable is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// It has this value; `assumed` when somebody outside the file could set another one.
    Set {
        /// The value.
        value: String,
        /// A build argument could change it.
        assumed: bool,
    },
    /// It has none.
    Unset,
    /// It has none unless somebody outside the file gives it one; the phrase says so.
    NotGiven(String),
    /// It cannot be known; the phrase says why.
    Unknown(String),
}

/// A text after substitution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The result; meaningless when `unknown` is set.
    pub value: String,
    /// A value went in that a build argument could change.
    pub assumed: bool,
    /// Why the result cannot be known.
    pub unknown: Option<String>,
}

impl Expanded {
    fn of(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            ..Self::default()
        }
    }

    fn push(&mut self, other: Expanded) {
        self.value.push_str(&other.value);
        self.assumed |= other.assumed;
        if self.unknown.is_none() {
            self.unknown = other.unknown;
        }
    }
}

/// A word and the bytes of the input that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LexWord {
    /// The word.
    pub text: String,
    /// Its place in the input.
    pub range: Range<usize>,
}

/// How deep `${a:-${b:-...}}` may go: far beyond what people write, far below the stack.
const MAX_DEPTH: usize = 32;
/// No value grows past this: `A=$A$A` doubles with each line.
const MAX_VALUE: usize = 64 * 1024;

/// What to keep and how to look variables up.
struct Lexer<'a> {
    input: &'a str,
    at: usize,
    escape: char,
    raw_quotes: bool,
    raw_escapes: bool,
    keep_unset: bool,
    depth: usize,
    /// A bound of ours was reached, which says nothing about the builder.
    limited: bool,
    lookup: &'a mut dyn FnMut(&str, bool) -> Variable,
}

/// Substitutes the variables of `input` and removes quotes, as for the words of most instructions. `lookup` is asked for
/// a name, and told whether the text needs it: `${V:-x}` does not.
///
/// Errors: the builder's message for a substitution or quote that it refuses.
pub fn expand(input: &str, escape: char, lookup: &mut dyn FnMut(&str, bool) -> Variable) -> Result<Expanded, Failure> {
    if !input.contains(['$', '\'', '"', escape]) {
        return Ok(Expanded::of(input));
    }
    let mut lexer = Lexer {
        input,
        at: 0,
        escape,
        raw_quotes: false,
        raw_escapes: false,
        keep_unset: false,
        depth: 0,
        limited: false,
        lookup,
    };
    match lexer.run(None, false) {
        Ok((expanded, _)) => Ok(expanded),
        Err(why) if lexer.limited => Ok(Expanded {
            unknown: Some(why.to_string()),
            ..Expanded::default()
        }),
        Err(why) => Err(why),
    }
}

/// Splits `input` into words without any variable set, keeping `$x` as it is; `raw` keeps quotes and escapes too.
///
/// Errors: the builder's message for what it cannot lex.
pub fn words(input: &str, raw_quotes: bool, raw_escapes: bool) -> Result<Vec<LexWord>, Failure> {
    let mut lookup = |_: &str, _: bool| Variable::Unset;
    let mut lexer = Lexer {
        input,
        at: 0,
        // The escape directive does not reach here: heredocs are always lexed with a backslash.
        escape: '\\',
        raw_quotes,
        raw_escapes,
        keep_unset: true,
        depth: 0,
        limited: false,
        lookup: &mut lookup,
    };
    lexer.run(None, raw_escapes).map(|(_, words)| words)
}

/// The words found so far.
#[derive(Default)]
struct Words {
    done: Vec<LexWord>,
    buffer: String,
    inside: bool,
    start: usize,
    end: usize,
}

impl Words {
    fn char(&mut self, ch: char, range: Range<usize>) {
        if !ch.is_whitespace() {
            self.raw(ch.encode_utf8(&mut [0; 4]), range);
        } else if self.inside && !self.buffer.is_empty() {
            self.finish();
        }
    }

    fn raw(&mut self, text: &str, range: Range<usize>) {
        if self.buffer.is_empty() {
            self.start = range.start;
        }
        self.end = range.end;
        self.buffer.push_str(text);
        self.inside = true;
    }

    fn finish(&mut self) {
        if !self.buffer.is_empty() {
            self.done.push(LexWord {
                text: std::mem::take(&mut self.buffer),
                range: self.start..self.end,
            });
        }
        self.inside = false;
    }
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.input.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn next(&mut self) -> Option<char> {
        let ch = self.peek()?;
        self.at += ch.len_utf8();
        Some(ch)
    }

    fn limit(&mut self, why: &str) -> Failure {
        self.limited = true;
        Failure::new(why)
    }

    /// Reads to the end, or to `stop`.
    fn run(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<(Expanded, Vec<LexWord>), Failure> {
        if self.depth > MAX_DEPTH {
            return Err(self.limit("the substitution is nested too deeply"));
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        let result = self.run_inner(stop);
        self.raw_escapes = outer;
        self.depth -= 1;
        result
    }

    fn run_inner(&mut self, stop: Option<char>) -> Result<(Expanded, Vec<LexWord>), Failure> {
        let mut result = Expanded::default();
        let mut words = Words::default();
        while let Some(ch) = self.peek() {
            let start = self.at;
            if Some(ch) == stop {
                self.next();
                words.finish();
                return Ok((result, words.done));
            }
            match ch {
                '\'' | '"' | '<' => {
                    let piece = match ch {
                        '\'' => self.single_quoted()?,
                        '"' => self.double_quoted()?,
                        _ => self.angle(),
                    };
                    words.raw(&piece.value, start..self.at);
                    result.push(piece);
                }
                '$' => {
                    let piece = self.dollar()?;
                    for ch in piece.value.chars() {
                        words.char(ch, start..self.at);
                    }
                    result.push(piece);
                }
                _ if ch == self.escape => {
                    self.next();
                    if self.raw_escapes {
                        words.raw(ch.encode_utf8(&mut [0; 4]), start..self.at);
                        result.value.push(ch);
                    }
                    let Some(escaped) = self.next() else {
                        break;
                    };
                    words.raw(escaped.encode_utf8(&mut [0; 4]), start..self.at);
                    result.value.push(escaped);
                }
                _ => {
                    self.next();
                    words.char(ch, start..self.at);
                    result.value.push(ch);
                }
            }
            if result.value.len() > MAX_VALUE {
                return Err(self.limit("the value grows too long"));
            }
        }
        if let Some(stop) = stop {
            return Err(Failure::new(format!("`{stop}` is missing")));
        }
        words.finish();
        Ok((result, words.done))
    }

    fn single_quoted(&mut self) -> Result<Expanded, Failure> {
        let start = self.at;
        self.next();
        let inner = self.at;
        let length = self
            .input
            .get(inner..)
            .and_then(|rest| rest.find('\''))
            .ok_or_else(|| Failure::new("the closing `'` is missing"))?;
        self.at = inner + length + 1;
        let range = if self.raw_quotes {
            start..self.at
        } else {
            inner..inner + length
        };
        Ok(Expanded::of(self.input.get(range).unwrap_or("")))
    }

    fn double_quoted(&mut self) -> Result<Expanded, Failure> {
        let mut result = Expanded::default();
        self.next();
        if self.raw_quotes {
            result.value.push('"');
        }
        loop {
            match self.peek() {
                None => return Err(Failure::new("the closing `\"` is missing")),
                Some('"') => {
                    self.next();
                    if self.raw_quotes {
                        result.value.push('"');
                    }
                    return Ok(result);
                }
                Some('$') => {
                    let piece = self.dollar()?;
                    result.push(piece);
                }
                Some(ch) => {
                    self.next();
                    let mut taken = ch;
                    if ch == self.escape {
                        if self.raw_escapes {
                            result.value.push(ch);
                        }
                        match self.peek() {
                            None => continue,
                            Some(next) if next == '"' || next == '$' || next == self.escape => {
                                self.next();
                                taken = next;
                            }
                            Some(_) => {}
                        }
                    }
                    result.value.push(taken);
                }
            }
            if result.value.len() > MAX_VALUE {
                return Err(self.limit("the value grows too long"));
            }
        }
    }

    /// `<<` takes the blanks behind it along, so that `<< EOF` is one word.
    fn angle(&mut self) -> Expanded {
        let start = self.at;
        self.next();
        if self.peek() == Some('<') {
            self.next();
            while matches!(self.peek(), Some('\t' | '\r' | ' ')) {
                self.next();
            }
        }
        Expanded::of(self.input.get(start..self.at).unwrap_or(""))
    }
}

#[cfg(test)]
mod tests;

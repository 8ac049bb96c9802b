//! `.dockerignore`: which paths of a build context the builder does not send.
//!
//! The behaviour is that of `ignorefile.ReadAll` and `PatternMatcher.MatchesUsingParentResults` of moby/patternmatcher,
//! as `filter.go` of tonistiigi/fsutil uses them; it is neither that of `.gitignore` nor that of `filepath.Match`.

use super::glob::{Glob, Token, has_wildcard};
use crate::values::path::clean;
use std::sync::atomic::{AtomicU64, Ordering};

/// More work than this for one context is not worth a verdict.
const MAX_STEPS: u64 = 400_000_000;

/// An ignore file, read.
#[derive(Debug, Default)]
pub struct Dockerignore {
    patterns: Vec<Pattern>,
    steps: AtomicU64,
    limit: u64,
}

/// One line of it.
#[derive(Debug)]
pub struct Pattern {
    /// The line, from 1.
    pub line: usize,
    /// `!`: takes back what earlier lines exclude.
    pub negated: bool,
    /// The pattern as it is matched.
    pub text: String,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Exact,
    /// The text before a `**` at the end.
    Prefix(String),
    /// The text behind a `**` at the start.
    Suffix(String),
    Glob(Glob),
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The line, from 1.
    pub line: usize,
    /// Whether the builder refuses it too; else it means something that is not followed here.
    pub by_builder: bool,
}

/// What the patterns say about a folder: what its entries need to know.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    matched: Vec<bool>,
    /// The path is not sent.
    pub excluded: bool,
    /// The number of the pattern that decided, if one did.
    pub decider: Option<usize>,
}

impl Dockerignore {
    /// Reads a file.
    ///
    /// # Errors
    /// The first line that the builder refuses, or that is not followed here.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut patterns = Vec::new();
        for (index, line) in text.split('\n').enumerate() {
            // Only a `#` in the first column makes a comment.
            if line.starts_with('#') {
                continue;
            }
            let written = line.trim();
            if written.is_empty() {
                continue;
            }
            let (negated, rest) = match written.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, written),
            };
            let refused = |by_builder| Refused {
                line: index + 1,
                by_builder,
            };
            let mut cleaned = if rest.is_empty() { String::new() } else { clean(rest) };
            if cleaned.len() > 1 && cleaned.starts_with('/') {
                cleaned.remove(0);
            }
            if negated && (cleaned.is_empty() || cleaned == "/") {
                return Err(refused(true));
            }
            if Glob::new(&cleaned).is_none() {
                return Err(refused(true));
            }
            let form = form(&cleaned).ok_or(refused(false))?;
            patterns.push(Pattern {
                line: index + 1,
                negated,
                text: cleaned,
                form,
            });
        }
        Ok(Self {
            patterns,
            steps: AtomicU64::new(0),
            limit: MAX_STEPS,
        })
    }

    /// The patterns, in order.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Whether a later line may take back what an earlier one excludes.
    pub fn has_exceptions(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.negated)
    }

    /// Whether a later line may take back something inside of a folder that an earlier one excludes.
    pub fn may_send_below(&self, folder: &str) -> bool {
        let parts: Vec<&str> = folder.split('/').collect();
        self.patterns.iter().filter(|pattern| pattern.negated).any(|pattern| {
            let written: Vec<&str> = pattern.text.split('/').collect();
            let fits = |(part, written): (&&str, &&str)| {
                has_wildcard(written) && Glob::new(written).is_none_or(|glob| glob.matches(part)) || part == written
            };
            let deep = written
                .iter()
                .position(|part| part.contains("**"))
                .unwrap_or(written.len());
            let is_longer = deep < parts.len() || written.len() > parts.len();
            is_longer && parts.iter().zip(written.iter().take(deep)).all(fits)
        })
    }

    /// Whether the patterns took so much work that their answers are not to be used.
    pub fn is_exhausted(&self) -> bool {
        self.steps.load(Ordering::Relaxed) > self.limit
    }

    /// What the patterns say about `path`, given what they said about the folder that it is in (nothing for one in the root
    /// of the context).
    pub fn judge(&self, path: &str, folder: Option<&Verdict>) -> Verdict {
        let mut verdict = Verdict {
            matched: Vec::with_capacity(self.patterns.len()),
            ..Verdict::default()
        };
        let before = self.steps.load(Ordering::Relaxed);
        let mut steps = before;
        for (index, pattern) in self.patterns.iter().enumerate() {
            let above = folder.is_some_and(|folder| folder.matched.get(index) == Some(&true));
            // A line that could not change anything is not asked.
            let matches = above
                || (pattern.negated == verdict.excluded && steps <= self.limit && pattern.matches(path, &mut steps));
            verdict.matched.push(matches);
            if matches {
                verdict.excluded = !pattern.negated;
                verdict.decider = Some(index);
            }
        }
        self.steps.fetch_add(steps - before, Ordering::Relaxed);
        verdict
    }

    /// What the patterns say about a path with all its folders.
    pub fn judge_path(&self, path: &str) -> Verdict {
        let mut verdict: Option<Verdict> = None;
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let part = path.get(..end).unwrap_or(path);
            verdict = Some(self.judge(part, verdict.as_ref()));
        }
        verdict.unwrap_or_default()
    }

    /// Whether a path is not sent.
    pub fn excludes(&self, path: &str) -> bool {
        self.judge_path(path).excluded
    }

    /// The pattern that decided.
    pub fn decider(&self, verdict: &Verdict) -> Option<&Pattern> {
        self.patterns.get(verdict.decider?)
    }
}

impl Pattern {
    /// The line as one writes it, cleaned.
    pub fn shown(&self) -> String {
        format!("{}{}", if self.negated { "!" } else { "" }, self.text)
    }

    fn matches(&self, path: &str, steps: &mut u64) -> bool {
        *steps += 1;
        match &self.form {
            Form::Exact => path == self.text,
            Form::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Form::Suffix(suffix) => {
                path.ends_with(suffix.as_str()) || suffix.strip_prefix('/').is_some_and(|rest| path == rest)
            }
            Form::Glob(glob) => glob.counted(path, steps),
        }
    }
}

/// How a cleaned pattern is matched; `None` for what means something else to the expression that the builder makes of it.
fn form(text: &str) -> Option<Form> {
    #[derive(PartialEq)]
    enum Seen {
        Plain,
        Prefix,
        Suffix,
        Special,
    }
    let mut seen = Seen::Plain;
    let mut tokens: Vec<Token> = Vec::new();
    let mut has_anchor = false;
    let mut chars = text.chars().peekable();
    let mut is_first = true;
    while let Some(character) = chars.next() {
        match character {
            '*' if chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                if chars.peek().is_none() {
                    tokens.push(Token::Rest);
                    seen = if seen == Seen::Plain {
                        Seen::Prefix
                    } else {
                        Seen::Special
                    };
                } else {
                    tokens.push(Token::Deep);
                    seen = Seen::Special;
                }
                if is_first {
                    seen = Seen::Suffix;
                }
            }
            '*' => {
                tokens.push(Token::Many);
                seen = Seen::Special;
            }
            '?' => {
                tokens.push(Token::One);
                seen = Seen::Special;
            }
            '\\' => {
                let escaped = chars.next()?;
                // To a regular expression `\d` is a class.
                if escaped.is_alphanumeric() || !escaped.is_ascii() {
                    return None;
                }
                tokens.push(Token::Char(escaped));
                seen = Seen::Special;
            }
            '[' => {
                tokens.push(class(&mut chars)?);
                seen = Seen::Special;
            }
            ']' => {
                tokens.push(Token::Char(']'));
                seen = Seen::Special;
            }
            other => {
                has_anchor |= other == '^';
                tokens.push(Token::Char(other));
            }
        }
        is_first = false;
    }
    Some(match seen {
        Seen::Plain => Form::Exact,
        Seen::Prefix => Form::Prefix(text.strip_suffix("**").unwrap_or(text).to_owned()),
        Seen::Suffix => Form::Suffix(text.strip_prefix("**").unwrap_or(text).to_owned()),
        // A `^` that is not in a class anchors, and so never fits.
        Seen::Special if has_anchor => return None,
        Seen::Special => Form::Glob(Glob::of(tokens)?),
    })
}

/// A class, where Go's pattern and the regular expression mean the same.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Token> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let from = match chars.next()? {
            ']' if !ranges.is_empty() => return Some(Token::Class { negated, ranges }),
            '*' | '?' | '[' => return None,
            '\\' => chars.next().filter(|escaped| !escaped.is_alphanumeric())?,
            character => character,
        };
        let to = if chars.next_if_eq(&'-').is_some() {
            match chars.next()? {
                '\\' => chars.next().filter(|escaped| !escaped.is_alphanumeric())?,
                '*' | '?' | '[' => return None,
                character => character,
            }
        } else {
            from
        };
        if to < from {
            return None;
        }
        ranges.push((from, to));
    }
}

#[cfg(test)]
#[path = "dockerignore/tests.rs"]
mod tests;

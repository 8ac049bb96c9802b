//! The `*` and `?` patterns of `${V#p}`, `${V%p}` and `${V/p/r}`.

use crate::failure::Failure;

/// More steps than this are not worth a verdict.
const MAX_STEPS: usize = 4_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Many,
    One,
    Char(char),
}

/// A pattern, read.
#[derive(Debug)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// Errors: a backslash before anything but `*`, `?`, `\`, `/` and `}`.
    pub(super) fn new(pattern: &str) -> Result<Self, Failure> {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars();
        while let Some(ch) = chars.next() {
            tokens.push(match ch {
                '*' => Token::Many,
                '?' => Token::One,
                '\\' => match chars.next() {
                    Some(escaped @ ('*' | '?' | '\\' | '/' | '}')) => Token::Char(escaped),
                    other => {
                        let other = other.map(String::from).unwrap_or_default();
                        return Err(Failure::new(format!(
                            "the pattern escape `\\{other}` is unknown to the builder"
                        )));
                    }
                },
                _ => Token::Char(ch),
            });
        }
        Ok(Self { tokens })
    }

    /// `value` without the shortest (or longest) beginning that matches; `None` if it is too costly.
    pub(super) fn trim_prefix(&self, value: &str, longest: bool) -> Option<String> {
        let chars: Vec<char> = value.chars().collect();
        let end = match_end(&self.tokens, &chars, longest)?.unwrap_or(0);
        Some(chars.iter().skip(end).collect())
    }

    /// `value` without the shortest (or longest) end that matches; `None` if it is too costly.
    pub(super) fn trim_suffix(&self, value: &str, longest: bool) -> Option<String> {
        let tokens: Vec<Token> = self.tokens.iter().rev().copied().collect();
        let chars: Vec<char> = value.chars().rev().collect();
        let end = match_end(&tokens, &chars, longest)?.unwrap_or(0);
        Some(chars.iter().skip(end).rev().collect())
    }

    /// `value` with the first (or every) longest match replaced; `None` if it is too costly.
    pub(super) fn replace(&self, value: &str, by: &str, all: bool) -> Option<String> {
        let chars: Vec<char> = value.chars().collect();
        // Every start is tried, so the bound holds for all of them together.
        if chars
            .len()
            .saturating_mul(chars.len())
            .saturating_mul(self.tokens.len().max(1))
            > MAX_STEPS
        {
            return None;
        }
        let mut out = String::new();
        let mut at = 0;
        let mut replaced = false;
        while at <= chars.len() {
            let rest = chars.get(at..).unwrap_or(&[]);
            let found = if replaced && !all {
                None
            } else {
                match_end(&self.tokens, rest, true)?
            };
            match found {
                Some(length) => {
                    out.push_str(by);
                    replaced = true;
                    if length == 0 {
                        out.extend(rest.first());
                    }
                    at += length.max(1);
                    // A match that ran to the end leaves no empty match behind it.
                    if length > 0 && at == chars.len() {
                        break;
                    }
                }
                None => {
                    out.extend(rest.first());
                    at += 1;
                }
            }
        }
        Some(out)
    }
}

/// Where a match from the start ends: outer `None` if too costly, inner `None` if there is no match.
fn match_end(tokens: &[Token], chars: &[char], longest: bool) -> Option<Option<usize>> {
    if tokens.len().saturating_mul(chars.len() + 1) > MAX_STEPS {
        return None;
    }
    // The set of places that the tokens so far can end at.
    let mut ends = vec![false; chars.len() + 1];
    if let Some(first) = ends.first_mut() {
        *first = true;
    }
    for token in tokens {
        let mut next = vec![false; chars.len() + 1];
        let mut reached = false;
        for (index, slot) in next.iter_mut().enumerate() {
            let here = ends.get(index).copied().unwrap_or(false);
            let before = index.checked_sub(1);
            let came = before.and_then(|before| ends.get(before)).copied().unwrap_or(false);
            let ch = before.and_then(|before| chars.get(before)).copied();
            *slot = match token {
                Token::Many => {
                    reached |= here;
                    reached
                }
                Token::One => came,
                Token::Char(wanted) => came && ch == Some(*wanted),
            };
        }
        ends = next;
    }
    Some(if longest {
        ends.iter().rposition(|end| *end)
    } else {
        ends.iter().position(|end| *end)
    })
}

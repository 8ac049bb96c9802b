//! `$` and what the builder puts in its place: `$x`, `${x}`, `${x:-y}`, `${x#y}`, `${x/y/z}`.

use super::{Expanded, Lexer, Variable};
use crate::failure::Failure;
use crate::parse::dockerfile::pattern::Pattern;

impl Lexer<'_> {
    pub(super) fn dollar(&mut self) -> Result<Expanded, Failure> {
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return Ok(Expanded::of("$"));
            }
            return Ok(self.plain(&name, &format!("${name}")));
        }
        self.next();
        match self.peek() {
            None => return Err(Failure::new("the closing `}` is missing")),
            Some('{' | '}' | ':') => return Err(Failure::new("`${` is not followed by a name")),
            Some(_) => {}
        }
        let name = self.name();
        match self.next() {
            None => Err(Failure::new(format!("the closing `}}` of `${{{name}` is missing"))),
            Some('}') => Ok(self.plain(&name, &format!("${{{name}}}"))),
            Some(':') => match self.next() {
                Some(modifier) if !matches!(modifier, '#' | '%') => self.modified(&name, modifier, true),
                Some(other) => Err(Failure::new(format!("the builder has no `${{{name}:{other}`"))),
                None => Err(Failure::new(format!("the closing `}}` of `${{{name}:` is missing"))),
            },
            Some(modifier @ ('-' | '+' | '?' | '#' | '%')) => self.modified(&name, modifier, false),
            Some('/') => self.replaced(&name),
            Some(other) => Err(Failure::new(format!("the builder has no `${{{name}{other}`"))),
        }
    }

    fn plain(&mut self, name: &str, written: &str) -> Expanded {
        match (self.lookup)(name, true) {
            Variable::Set { value, assumed } => Expanded {
                value,
                assumed,
                unknown: None,
            },
            Variable::Unset if self.keep_unset => Expanded::of(written),
            Variable::Unset => Expanded::default(),
            Variable::Unknown(why) | Variable::NotGiven(why) => Expanded {
                unknown: Some(why),
                ..Expanded::default()
            },
        }
    }

    fn modified(&mut self, name: &str, modifier: char, empty_is_unset: bool) -> Result<Expanded, Failure> {
        let raw = matches!(modifier, '#' | '%');
        let (word, _) = self.run(Some('}'), raw)?;
        let variable = (self.lookup)(name, matches!(modifier, '#' | '%'));
        if self.keep_unset && variable == Variable::Unset {
            let colon = if empty_is_unset { ":" } else { "" };
            return Ok(Expanded::of(format!("${{{name}{colon}{modifier}{}}}", word.value)));
        }
        // Only now: the builder finds a heredoc behind `${x:0:3}`, but does not expand it.
        if !matches!(modifier, '-' | '+' | '?' | '#' | '%') {
            return Err(Failure::new(format!("the builder has no `${{{name}:{modifier}`")));
        }
        let (value, assumed, set) = match variable {
            Variable::Set { value, assumed } => {
                let set = !(empty_is_unset && value.is_empty());
                (value, assumed, set)
            }
            Variable::Unset => (String::new(), false, false),
            // The default is written for this.
            Variable::NotGiven(_) if modifier == '-' => (String::new(), true, false),
            // Whatever the base image says: the builder sees to it that there is one.
            Variable::Unknown(_) if name == "PATH" && modifier == '+' => (String::new(), false, true),
            Variable::Unknown(why) | Variable::NotGiven(why) => {
                return Ok(Expanded {
                    unknown: Some(why),
                    ..Expanded::default()
                });
            }
        };
        let decided = |piece: Expanded| Expanded {
            assumed: piece.assumed || assumed,
            ..piece
        };
        match modifier {
            '-' if !set => Ok(decided(word)),
            '+' if set => Ok(decided(word)),
            '+' => Ok(decided(Expanded::default())),
            '?' if !set && word.value.is_empty() => Err(Failure::new(format!("{name} must be set"))),
            '?' if !set => Err(Failure::new(word.value).of(name)),
            '-' | '?' => Ok(decided(Expanded::of(value))),
            _ if word.unknown.is_some() => Ok(word),
            _ => {
                let twice = word.value.starts_with(modifier);
                let pattern = word.value.get(usize::from(twice)..).unwrap_or("");
                let pattern = Pattern::new(pattern)?;
                let trimmed = if modifier == '#' {
                    pattern.trim_prefix(&value, twice)
                } else {
                    pattern.trim_suffix(&value, twice)
                };
                let assumed = assumed || word.assumed;
                Ok(match trimmed {
                    Some(value) => Expanded {
                        value,
                        assumed,
                        unknown: None,
                    },
                    None => Expanded {
                        unknown: Some(format!("the pattern of `${{{name}{modifier}` is too costly to match")),
                        ..Expanded::default()
                    },
                })
            }
        }
    }

    fn replaced(&mut self, name: &str) -> Result<Expanded, Failure> {
        let all = self.peek() == Some('/');
        if all {
            self.next();
        }
        let (pattern, _) = self.run(Some('/'), true)?;
        let (by, _) = self.run(Some('}'), true)?;
        let (value, assumed) = match (self.lookup)(name, true) {
            Variable::Set { value, assumed } => (value, assumed),
            Variable::Unset if self.keep_unset => {
                return Ok(Expanded::of(format!("${{{name}/{}/{}}}", pattern.value, by.value)));
            }
            Variable::Unset => (String::new(), false),
            Variable::Unknown(why) | Variable::NotGiven(why) => {
                return Ok(Expanded {
                    unknown: Some(why),
                    ..Expanded::default()
                });
            }
        };
        let unknown = pattern.unknown.clone().or_else(|| by.unknown.clone());
        if unknown.is_some() {
            return Ok(Expanded {
                unknown,
                ..Expanded::default()
            });
        }
        let assumed = assumed || pattern.assumed || by.assumed;
        Ok(match Pattern::new(&pattern.value)?.replace(&value, &by.value, all) {
            Some(value) => Expanded {
                value,
                assumed,
                unknown: None,
            },
            None => Expanded {
                unknown: Some(format!("the pattern of `${{{name}/` is too costly to match")),
                ..Expanded::default()
            },
        })
    }

    /// A name, a number, or one special parameter.
    fn name(&mut self) -> String {
        let start = self.at;
        match self.peek() {
            Some(first) if first.is_numeric() => {
                while self.peek().is_some_and(char::is_numeric) {
                    self.next();
                }
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                self.next();
            }
            _ => {
                while self.peek().is_some_and(|ch| ch.is_alphanumeric() || ch == '_') {
                    self.next();
                }
            }
        }
        self.input.get(start..self.at).unwrap_or("").to_owned()
    }
}

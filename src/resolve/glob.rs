//! Path patterns of the builder: Go's `filepath.Match`, and the wider ones of `.dockerignore`. Matching takes time
//! proportional to pattern times path, whatever they are.

/// More parts than this are not worth a verdict.
const MAX_TOKENS: usize = 4096;

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// This character.
    Char(char),
    /// `?`: any but a slash.
    One,
    /// `*`: any number of characters but slashes.
    Many,
    /// `[a-z]`, slashes included.
    Class {
        /// `[^a-z]`.
        negated: bool,
        /// From and to, both inclusive.
        ranges: Vec<(char, char)>,
    },
    /// `**/` before something: nothing, or folders and a slash.
    Deep,
    /// `**` at the end: anything.
    Rest,
}

/// A pattern, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    tokens: Vec<Token>,
}

impl Glob {
    pub(super) fn of(tokens: Vec<Token>) -> Option<Self> {
        (tokens.len() <= MAX_TOKENS).then_some(Self { tokens })
    }

    /// Reads a pattern of Go's `filepath.Match`; `None` if Go refuses it.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars().peekable();
        while let Some(character) = chars.next() {
            let token = match character {
                '*' => Token::Many,
                '?' => Token::One,
                '\\' => Token::Char(chars.next()?),
                '[' => class(&mut chars)?,
                other => Token::Char(other),
            };
            if token != Token::Many || tokens.last() != Some(&Token::Many) {
                tokens.push(token);
            }
        }
        Self::of(tokens)
    }

    /// Whether the whole path fits; adds the work that it took to `steps`.
    pub(crate) fn counted(&self, path: &str, steps: &mut u64) -> bool {
        let count = self.tokens.len();
        let mut now = States::new(count);
        let mut next = States::new(count);
        now.enter(0, &self.tokens);
        for character in path.chars() {
            *steps += 1 + now.list.len() as u64;
            next.clear();
            for state in &now.list {
                // Behind the last token stand the states inside of a `**/`.
                let (index, inside) = if *state > count {
                    (*state - count - 1, true)
                } else {
                    (*state, false)
                };
                let slash = character == '/';
                match self.tokens.get(index) {
                    Some(Token::Char(wanted)) if *wanted == character => next.enter(index + 1, &self.tokens),
                    Some(Token::One) if !slash => next.enter(index + 1, &self.tokens),
                    Some(Token::Many) if !slash => next.enter(index, &self.tokens),
                    Some(Token::Rest) if character != '\n' => next.enter(index, &self.tokens),
                    Some(Token::Class { negated, ranges }) => {
                        let within = ranges.iter().any(|(from, to)| (*from..=*to).contains(&character));
                        if within != *negated {
                            next.enter(index + 1, &self.tokens);
                        }
                    }
                    Some(Token::Deep) if character != '\n' || inside => {
                        if character != '\n' {
                            next.put(count + 1 + index);
                        }
                        if slash {
                            next.enter(index + 1, &self.tokens);
                        }
                    }
                    _ => {}
                }
            }
            if next.list.is_empty() {
                return false;
            }
            std::mem::swap(&mut now, &mut next);
        }
        now.list.contains(&count)
    }

    /// Whether the whole path fits.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.counted(path, &mut 0)
    }
}

/// The states that a match may be in, each once.
struct States {
    list: Vec<usize>,
    known: Vec<bool>,
}

impl States {
    fn new(tokens: usize) -> Self {
        Self {
            list: Vec::with_capacity(8),
            known: vec![false; tokens * 2 + 2],
        }
    }

    fn clear(&mut self) {
        for state in self.list.drain(..) {
            if let Some(known) = self.known.get_mut(state) {
                *known = false;
            }
        }
    }

    fn put(&mut self, state: usize) -> bool {
        match self.known.get_mut(state) {
            Some(known) if !*known => {
                *known = true;
                self.list.push(state);
                true
            }
            _ => false,
        }
    }

    /// The state, and those behind it that need no character.
    fn enter(&mut self, state: usize, tokens: &[Token]) {
        let mut state = state;
        while self.put(state) && matches!(tokens.get(state), Some(Token::Many | Token::Rest | Token::Deep)) {
            state += 1;
        }
    }
}

/// The inside of `[...]`, as Go reads it.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Token> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
            return Some(Token::Class { negated, ranges });
        }
        let from = class_character(chars)?;
        let to = match chars.next_if_eq(&'-') {
            Some(_) => class_character(chars)?,
            None => from,
        };
        ranges.push((from, to));
    }
}

fn class_character(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        character => Some(character),
    }
}

/// Whether the builder takes a source for a pattern.
pub(crate) fn has_wildcard(path: &str) -> bool {
    let mut chars = path.chars();
    while let Some(character) = chars.next() {
        match character {
            '\\' => {
                chars.next();
            }
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, path, expected) in [
            ("abc", "abc", Some(true)),
            ("*", "abc", Some(true)),
            ("*c", "abc", Some(true)),
            ("a*", "a", Some(true)),
            ("a*", "ab/c", Some(false)),
            ("a*/b", "abc/b", Some(true)),
            ("a*/b", "a/c/b", Some(false)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Some(true)),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", Some(false)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Some(true)),
            ("ab[c]", "abc", Some(true)),
            ("ab[b-d]", "abc", Some(true)),
            ("ab[^c]", "abc", Some(false)),
            ("ab[^e-g]", "abc", Some(true)),
            ("a\\*b", "a*b", Some(true)),
            ("a\\*b", "ab", Some(false)),
            ("a?b", "a\u{263a}b", Some(true)),
            ("a?b", "a/b", Some(false)),
            ("a[^a]b", "a\u{263a}b", Some(true)),
            ("[\\]a]", "]", Some(true)),
            ("[\\-x]", "-", Some(true)),
            ("[x\\-]", "z", Some(false)),
            ("[]a]", "]", None),
            ("[-]", "-", None),
            ("[x-]", "x", None),
            ("[", "a", None),
            ("a[", "a", None),
            ("[^bc", "a", None),
            ("a\\", "a", None),
            ("*x", "xxx", Some(true)),
            ("**", "a/b", Some(false)),
        ] {
            assert_eq!(
                Glob::new(pattern).map(|glob| glob.matches(path)),
                expected,
                "{pattern} {path}"
            );
        }
    }

    #[test]
    fn many_stars_take_linear_time() {
        let glob = Glob::new(&"*a".repeat(1000)).unwrap();
        let mut steps = 0;
        assert!(!glob.counted(&"a".repeat(999), &mut steps));
        assert!(steps < 2_000_000, "{steps}");
    }

    #[test]
    fn an_escaped_star_is_no_wildcard() {
        assert!(has_wildcard("a/*.txt") && has_wildcard("[a]") && !has_wildcard("a\\*b"));
    }
}

//! The string form of a Compose command, split into words as Compose does it (mattn/go-shellwords, without environment and
//! command substitution). It is no shell: at the first operator outside quotes Compose stops reading, without a word.

/// A command that was written as one string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// The words that Compose takes.
    pub words: Vec<String>,
    /// The byte at which it stops reading: an operator such as `&&`, `|` or `>`.
    pub stop: Option<usize>,
}

/// What the current character stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Single,
    Double,
    Backquotes,
    Substitution,
}

/// The length of the substitution that a text begins with: `$(...)` with those inside of it, or a pair of backticks.
pub(crate) fn substituted(text: &str) -> Option<usize> {
    if let Some(inside) = text.strip_prefix('`') {
        return Some(inside.find('`')? + 2);
    }
    let mut depth = 0_usize;
    for (at, letter) in text
        .strip_prefix('$')
        .filter(|rest| rest.starts_with('('))?
        .char_indices()
    {
        match letter {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(at + 2),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[derive(Default)]
struct Words {
    done: Vec<String>,
    word: String,
    /// The word exists, even if it is empty.
    begun: bool,
}

impl Words {
    fn push(&mut self, character: char) {
        self.word.push(character);
        self.begun = true;
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.begun) {
            self.done.push(std::mem::take(&mut self.word));
        }
        self.word.clear();
    }
}

/// The words of a command; `None` if Compose refuses it: a quote or a substitution that is not closed, or a bare parenthesis.
pub(crate) fn split(text: &str) -> Option<CommandLine> {
    let mut words = Words::default();
    let mut within = Within::Nothing;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        let is_code = matches!(within, Within::Backquotes | Within::Substitution);
        match character {
            '\\' if within == Within::Single => words.word.push('\\'),
            '\\' => {
                let (_, escaped) = characters.next()?;
                if is_code {
                    words.push('\\');
                }
                words.push(match escaped {
                    't' if !is_code => '\t',
                    'n' if !is_code => '\n',
                    other => other,
                });
            }
            ' ' | '\t' | '\r' | '\n' if within == Within::Nothing => words.end(),
            ' ' | '\t' | '\r' | '\n' => words.word.push(character),
            '"' if matches!(within, Within::Nothing | Within::Double) => {
                within = toggled(within, Within::Double, &mut words);
            }
            '\'' if matches!(within, Within::Nothing | Within::Single) => {
                within = toggled(within, Within::Single, &mut words);
            }
            '`' if matches!(within, Within::Nothing | Within::Backquotes) => {
                within = toggled(within, Within::Backquotes, &mut words);
                words.push(character);
            }
            '(' if within == Within::Nothing && words.word.ends_with('$') && !words.word.ends_with("\\$") => {
                within = Within::Substitution;
                words.word.push(character);
            }
            ')' if within == Within::Substitution => {
                within = Within::Nothing;
                words.push(character);
            }
            '(' if matches!(within, Within::Nothing | Within::Substitution) => return None,
            ')' if within == Within::Nothing => return None,
            ';' | '&' | '|' | '<' | '>' if within == Within::Nothing => {
                // `2>` names a file descriptor, which is no word.
                let is_descriptor = character == '>' && words.word.bytes().all(|byte| byte.is_ascii_digit());
                if is_descriptor && !words.word.is_empty() {
                    words.begun = false;
                }
                words.end();
                return Some(CommandLine {
                    words: words.done,
                    stop: Some(at),
                });
            }
            _ => words.push(character),
        }
    }
    words.end();
    (within == Within::Nothing).then_some(CommandLine {
        words: words.done,
        stop: None,
    })
}

/// Opens or closes quotes; what was in them is a word, even if it is nothing.
fn toggled(within: Within, quotes: Within, words: &mut Words) -> Within {
    if within == quotes {
        words.begun = true;
        Within::Nothing
    } else {
        quotes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of these was given to Docker Compose 5.6.1.
    #[test]
    fn words_are_those_of_compose() {
        let cases: [(&str, Option<&[&str]>); 30] = [
            ("a '' b", Some(&["a", "", "b"])),
            ("a \"\"", Some(&["a", ""])),
            ("a\\tb", Some(&["a\tb"])),
            ("a \\n b", Some(&["a", "\n", "b"])),
            ("a)", None),
            ("a $(b c) d", Some(&["a", "$(b c)", "d"])),
            ("a $(b", None),
            ("a `b c` d", Some(&["a", "`b c`", "d"])),
            ("2>x a", Some(&[])),
            ("a 2>x", Some(&["a"])),
            ("ab2>x", Some(&["ab2"])),
            ("a\"b c\"d", Some(&["ab cd"])),
            ("a'b'\"c\"", Some(&["abc"])),
            ("a\\ b", Some(&["a b"])),
            ("a\\\nb", Some(&["a\nb"])),
            ("# a", Some(&["#", "a"])),
            ("$(a) b", Some(&["$(a)", "b"])),
            ("a;b", Some(&["a"])),
            ("; a", Some(&[])),
            ("a '", None),
            ("'a\\nb'", Some(&["a\\nb"])),
            ("\"a\\nb\"", Some(&["a\nb"])),
            ("$( a ' b )", Some(&["$( a ' b )"])),
            ("`a ' b`", Some(&["`a ' b`"])),
            ("a (b)", None),
            ("\u{a0}a b", Some(&["\u{a0}a", "b"])),
            ("\"$(\" a", Some(&["$(", "a"])),
            ("a $(b (c)) d", None),
            ("a $(`b`) c", Some(&["a", "$(`b`)", "c"])),
            ("echo \\", None),
        ];
        for (text, expected) in cases {
            let found = split(text).map(|line| line.words);
            let expected = expected.map(|words| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(split("a && b").unwrap().stop, Some(2));
        assert_eq!(split("sh -c 'a && b'").unwrap().stop, None);
    }
}

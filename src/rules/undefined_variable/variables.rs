//! Where a text uses variables, and where a shell text sets them.

use crate::parse::dockerfile::Argument;
use crate::parse::shell::Command;
use std::ops::Range;

/// What keeps a `$` from being a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Single quotes and the backslash, as in a word of an instruction.
    Word,
    /// The same, and comments.
    Shell,
    /// The backslash alone, as in the body of a heredoc.
    Body,
}

/// The names in `$NAME` and `${NAME}`, each with its place in the text; a form with a default or a pattern says what to do
/// without a value.
pub(super) fn plain(text: &str, quoting: Quoting) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    if !text.contains('$') {
        return found;
    }
    let mut at = 0;
    let mut in_double = false;
    let is_sign = |byte: &u8| matches!(byte, b'$' | b'\'' | b'"' | b'\\' | b'#');
    while let Some(step) = text.as_bytes().get(at..).and_then(|rest| rest.iter().position(is_sign)) {
        let sign = at + step;
        let after = text.get(sign + 1..).unwrap_or("");
        at = sign + 1;
        match text.as_bytes().get(sign) {
            Some(b'\\') => at += after.chars().next().map_or(0, char::len_utf8),
            Some(b'$') => {
                let (name, end) = match after.strip_prefix('{') {
                    // What a form holds besides a name (`${A:+$A:}`) only counts on a condition.
                    Some(inside) => {
                        let name = identifier(inside);
                        let end = inside.len() - behind_brace(inside).len();
                        at += 1 + end;
                        (name, (name.len() + 1 == end).then_some(at))
                    }
                    None => {
                        let name = identifier(after);
                        (name, Some(at + name.len()))
                    }
                };
                if let Some(end) = end.filter(|_| !name.is_empty()) {
                    found.push((name, sign..end));
                }
            }
            _ if quoting == Quoting::Body => {}
            Some(b'\'') if !in_double => match after.find('\'') {
                Some(end) => at += end + 1,
                None => return found,
            },
            Some(b'"') => in_double = !in_double,
            Some(b'#') if quoting == Quoting::Shell && !in_double => {
                let before = text.get(..sign).and_then(|before| before.chars().next_back());
                if before.is_none_or(|before| before.is_whitespace() || before == ';') {
                    at += after.find('\n').unwrap_or(after.len());
                }
            }
            _ => {}
        }
    }
    found
}

/// What follows the `}` that closes a form; nothing where none does.
fn behind_brace(inside: &str) -> &str {
    let mut open = 1_usize;
    for (at, letter) in inside.char_indices() {
        match letter {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return inside.get(at + 1..).unwrap_or("");
        }
    }
    ""
}

fn identifier(text: &str) -> &str {
    let end = text
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .unwrap_or(text.len());
    let name = text.get(..end).unwrap_or("");
    if name.starts_with(|letter: char| letter.is_ascii_digit()) {
        ""
    } else {
        name
    }
}

/// Whether a shell script sets a variable: `NAME=`, `export NAME=`, `for NAME`.
pub(super) fn sets(text: &str, commands: &[Command], name: &str) -> bool {
    let assigns = |command: &Command| {
        let declares = matches!(command.program(), Some("export" | "declare" | "local" | "readonly" | "typeset" | "env"));
        let is_it = |text: &str| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        command.assignments.iter().any(|one| one.name == name)
            || declares && command.arguments().iter().any(|word| is_it(&word.text))
    };
    commands.iter().any(assigns) || loops_over(text, name)
}

/// Whether a loop of the text runs over a variable.
fn loops_over(text: &str, name: &str) -> bool {
    let words = || text.split(|letter: char| letter.is_whitespace() || letter == ';');
    words().zip(words().skip(1)).any(|(word, next)| word == "for" && next == name)
}

/// `ARG V=$V` asks for the argument.
pub(super) fn asks_for_itself(argument: &Argument) -> bool {
    let value = argument.value.as_ref().map_or("", |word| &word.value);
    plain(value, Quoting::Word)
        .iter()
        .any(|(name, _)| *name == argument.name.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, quoting: Quoting) -> Vec<&str> {
        plain(text, quoting).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn only_bare_forms_that_are_expanded_count() {
        assert_eq!(names("a$B/${C}-${D:-x}${E#p}", Quoting::Word), ["B", "C"]);
        assert_eq!(names(r#"'$A' "$B '$C'" \$D $1 $"#, Quoting::Word), ["B", "C"]);
        assert_eq!(names("a # don't $A\n'$B' \"$C\" x#$D", Quoting::Shell), ["C", "D"]);
        assert_eq!(names(r"a '$A' # $B \$C", Quoting::Body), ["A", "B"]);
        assert_eq!(names("${A:+$A:}$B ${C:-${D}}$E", Quoting::Word), ["B", "E"]);
        assert_eq!(plain("x ${AB}", Quoting::Word), [("AB", 2..7)]);
    }

    #[test]
    fn a_loop_sets_its_variable() {
        assert!(loops_over("set -e;for V in a b; do :; done", "V"));
        assert!(!loops_over("make V=$V for W", "V"));
    }
}

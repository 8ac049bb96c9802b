//! The words for a syntax error: what is wrong on the line, and what to write instead. Values are never repeated, as they may
//! be secrets; keys are.

use super::recover::{Broken, Damage, is_template};
use std::ops::Range;

/// What is said about an error.
pub(super) struct Complaint {
    /// What is wrong.
    pub message: String,
    /// What to write.
    pub help: String,
}

fn complaint(message: impl Into<String>, help: impl Into<String>) -> Option<Complaint> {
    Some(Complaint {
        message: message.into(),
        help: help.into(),
    })
}

/// What is wrong on the line. `text` is the text as it is written.
pub(super) fn of(text: &str, error: &Broken, damage: &Damage) -> Complaint {
    let line = text.get(damage.line.clone()).unwrap_or("");
    let before = text.get(..damage.line.start).unwrap_or("");
    let indentation = before.rsplit('\n').next().unwrap_or("");
    by_line(line, indentation)
        .or_else(|| by_quote(line, error, damage))
        .or_else(|| by_bracket(text, error, &damage.line))
        .or_else(|| by_word(line, error))
        .or_else(|| by_place(line, before, indentation, error))
        .unwrap_or_else(|| Complaint {
            message: format!("invalid YAML: {}", lower_first(&error.info)),
            help: "check the indentation, the quotes and the colons of this line and of the one above".to_owned(),
        })
}

/// What the line shows by itself.
fn by_line(line: &str, indentation: &str) -> Option<Complaint> {
    if line.starts_with("<<<<<<< ") {
        return complaint(
            "a merge conflict begins here and is not resolved",
            "keep one of the two versions, and delete the lines `<<<<<<<`, `=======` and `>>>>>>>`",
        );
    }
    if is_template(line)
        && let Some(mark) = line.get(..2)
    {
        return complaint(
            format!("`{mark}` begins an expression of a template, which is not YAML"),
            "check the rendered file, and add this one to `exclude:` in plimsoll.yaml",
        );
    }
    if indentation.contains('\t') {
        return complaint(
            "this line is indented with a tab, which YAML does not allow",
            "indent it with spaces",
        );
    }
    None
}

/// Quotes that do not close, or close too early.
fn by_quote(line: &str, error: &Broken, damage: &Damage) -> Option<Complaint> {
    let (_, value) = key_and_value(line);
    let quote = value
        .trim_start_matches("- ")
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    if damage.open_quote {
        return complaint(
            "a quote is opened on this line and not closed",
            format!("close it with `{}` at the end of the value", quote.unwrap_or('"')),
        );
    }
    if error.info.contains("escape") {
        return complaint(
            "a backslash in double quotes begins an escape that does not exist in YAML",
            "write `\\\\` for a backslash, or use single quotes",
        );
    }
    if !error.info.contains("trailing content after") {
        return None;
    }
    let help = if error.info.contains("single") {
        "write `''` for a single quote inside of single quotes, or use double quotes around the value"
    } else {
        "write `\\\"` for a quote inside of double quotes, or use single quotes around the value"
    };
    complaint("text follows the closing quote of the value", help)
}

/// Brackets without a partner.
fn by_bracket(text: &str, error: &Broken, line: &Range<usize>) -> Option<Complaint> {
    if error.info.contains("misplaced bracket") {
        return complaint(
            "a bracket is closed that was not opened",
            "delete it, or put the value in quotes",
        );
    }
    let open = error.flow.and_then(|at| text.get(at..)?.chars().next())?;
    let close = if open == '[' { ']' } else { '}' };
    let is_here = error.flow.is_some_and(|at| line.contains(&at));
    if error.info.contains("mismatched") {
        return complaint(
            format!("`{open}` is closed by the wrong bracket"),
            format!("close it with `{close}`"),
        );
    }
    let rest = error.flow.and_then(|at| text.get(at..line.end)).filter(|_| is_here);
    if rest.is_some_and(|rest| rest.contains("${") && rest.contains(close)) {
        return complaint(
            format!("a value with `${{...}}` in `{open}` has no quotes, so its brace opens a mapping"),
            "put the value in quotes",
        );
    }
    is_here
        .then(|| {
            complaint(
                format!("`{open}` is opened on this line and not closed"),
                format!("close it with `{close}`"),
            )
        })
        .flatten()
}

/// Words that cannot be read as what they are.
fn by_word(line: &str, error: &Broken) -> Option<Complaint> {
    let (key, value) = key_and_value(line);
    if error.info.contains("unknown anchor") {
        let name: String = value
            .trim_start_matches("- ")
            .chars()
            .take_while(|one| !one.is_whitespace())
            .collect();
        let anchor = name.trim_start_matches('*');
        return complaint(
            format!("`{name}` refers to an anchor that does not exist above it"),
            format!("define it first, with `&{anchor}` before the value that is to be used again"),
        );
    }
    let first = value.trim_start_matches("- ").chars().next()?;
    if matches!(first, '@' | '`' | '%') && error.info.contains("character") {
        let help = match key {
            Some(key) => format!("put the value in quotes: `{key}: \"...\"`"),
            None => "put the value in quotes".to_owned(),
        };
        let sign = if first == '`' {
            "a backtick".to_owned()
        } else {
            format!("`{first}`")
        };
        return complaint(format!("a value cannot begin with {sign} unless it is quoted"), help);
    }
    None
}

/// Lines that do not fit among their neighbours.
fn by_place(line: &str, before: &str, indentation: &str, error: &Broken) -> Option<Complaint> {
    let info = error.info.as_str();
    if let Some((name, _)) = line.split_once('=')
        && is_key(name)
        && !line.contains(": ")
    {
        return complaint(
            format!("`{name}=` is not the `key: value` that its neighbours are"),
            format!("write `{name}: ...`, or make the whole block a list of `- {name}=...`"),
        );
    }
    if let Some((name, rest)) = line.split_once(':')
        && is_key(name)
        && !rest.is_empty()
        && !rest.starts_with([' ', '\t'])
    {
        return complaint(
            format!("`{name}:` has no space before its value"),
            format!("write `{name}: ...`"),
        );
    }
    let (key, value) = key_and_value(line);
    if info.contains("'-'") && line.starts_with("- ") {
        return complaint(
            "an item of a list is among the keys of a mapping",
            "write `key: value` as the lines below do, or indent the items under a key of their own",
        );
    }
    if info.contains("'-'") {
        let key = key.unwrap_or("this");
        return complaint(
            format!("`{key}` is a key among the items of a list"),
            format!("indent it to belong to the item above, or make it an item of its own: `- {key}: ...`"),
        );
    }
    let above = before
        .lines()
        .rev()
        .skip(1)
        .find(|line| !line.trim().is_empty())
        .unwrap_or("");
    let above = above.len() - above.trim_start().len();
    if info.contains("mapping values") {
        return match key {
            Some(key) if value.contains(": ") || value.ends_with(':') => complaint(
                format!("the value of `{key}` includes a colon, as if it were another key"),
                format!("put the value in quotes: `{key}: \"...\"`"),
            ),
            Some(key) if indentation.len() > above => complaint(
                format!("`{key}` is indented deeper than the keys above it"),
                format!("indent it by {above} spaces"),
            ),
            _ => no_colon(line),
        };
    }
    if info.contains("expected key") {
        return if line.starts_with('-') {
            complaint(
                "an item of a list is among the keys of a mapping, or not at the column of the other items",
                "align it with the items above, or write `key: value`",
            )
        } else {
            complaint(
                format!(
                    "this line is indented by {} spaces, and no key above it is",
                    indentation.len()
                ),
                "align it with the keys that it belongs to",
            )
        };
    }
    info.contains("simple key").then(|| no_colon(line)).flatten()
}

fn no_colon(line: &str) -> Option<Complaint> {
    let word = line.split_whitespace().next().filter(|word| is_key(word));
    complaint(
        "this line has no colon: it is neither `key: value` nor `- item`",
        word.map_or_else(
            || "write `key: value`, or indent it to continue the value above".to_owned(),
            |word| format!("write `{word}: ...`"),
        ),
    )
}

/// `key: value` in its parts; without a key, all of it is the value.
fn key_and_value(line: &str) -> (Option<&str>, &str) {
    let line = line.strip_prefix("- ").unwrap_or(line).trim_start();
    match line.split_once(':') {
        Some((key, value)) if is_key(key) => (Some(key), value.trim_start()),
        _ => (None, line),
    }
}

fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte))
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

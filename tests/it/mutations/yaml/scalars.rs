//! Edits of how a scalar is written: quotes, anchors, tags, variables. What it says stays the same; that Compose agrees is tested
//! against it.

use super::model::{Doc, Kind, Line};
use crate::mutations::edit::{Edit, Files, is_compose, is_dockerfile, is_yaml, split_path, with};

pub(super) const EDITS: &[Edit] = &[
    Edit::rewrites("single quotes", single_quotes),
    Edit::rewrites("double quotes", double_quotes),
    Edit::rewrites("escapes in double quotes", escapes),
    Edit::rewrites("quoted keys", quoted_keys),
    Edit::rewrites("plain scalar", plain),
    Edit::rewrites("a tag", tagged),
    Edit::rewrites("folded block scalar", folded),
    Edit::rewrites("literal block scalar", literal),
    Edit::rewrites("the value on the next line", next_line),
    Edit::rewrites("anchor and alias of a scalar", anchored),
    Edit::rewrites("an anchor nobody uses", unused_anchor),
    Edit::rewrites("a variable with a default", default_colon),
    Edit::rewrites("a variable with a default for unset", default_unset),
    Edit::rewrites("a default within a default", default_nested),
    Edit::rewrites("a variable of .env", env_file_variable),
];

/// The text that a scalar stands for, if YAML 1.2's core schema and Go's YAML read it as a string.
fn string(value: &str) -> Option<String> {
    match value.chars().next()? {
        '\'' => Some(value.get(1..value.len() - 1)?.replace("''", "'")),
        '"' => value
            .get(1..value.len() - 1)
            .filter(|text| !text.contains(['\\', '"']))
            .map(str::to_owned),
        _ if is_plain_string(value) => Some(value.to_owned()),
        _ => None,
    }
}

/// Whether a plain scalar is nothing but text to every reader: no number, no date, no truth, no null.
fn is_plain_string(value: &str) -> bool {
    let words = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", "", "<<",
    ];
    let is_number = value.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) && !value.contains('/');
    !is_number && !words.contains(&value.to_ascii_lowercase().as_str())
}

/// Whether a text can be written without quotes and stays itself.
fn can_be_plain(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '.');
    let inner = !text.contains(": ") && !text.contains(" #") && !text.ends_with([':', ' ']);
    first && inner && is_plain_string(text) && !text.contains(['\n', '\\', '"', '\'', '{', '[', ']', '}', ','])
}

/// The file once with every scalar changed, and once for each.
fn each(files: &Files, path: &str, change: impl Fn(&Line<'_>) -> Option<String>) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let changed: Vec<Option<String>> = doc
        .lines
        .iter()
        .map(|line| if line.is_scalar() { change(line) } else { None })
        .collect();
    let places: Vec<usize> = (0..changed.len()).filter(|at| changed[*at].is_some()).collect();
    let make = |chosen: &[usize]| {
        let text = doc.mapped(|at, line| match &changed[at] {
            Some(text) if chosen.contains(&at) => text.clone(),
            _ => line.text.to_owned(),
        });
        with(files, path, text)
    };
    let mut made: Vec<Files> = places.iter().map(|at| make(&[*at])).collect();
    if places.len() > 1 {
        made.insert(0, make(&places));
    }
    made
}

/// Single quotes hold a text as it is.
fn single_quotes(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |line| {
        let text = string(line.value)?;
        let quoted = format!("'{}'", text.replace('\'', "''"));
        (quoted != line.value).then(|| line.with_value(&quoted))
    })
}

fn double(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Double quotes hold a text whose quotes and backslashes are escaped.
fn double_quotes(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |line| {
        let quoted = double(&string(line.value)?);
        (quoted != line.value).then(|| line.with_value(&quoted))
    })
}

/// A character may be written by its number (5.7).
fn escapes(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |line| {
        let text = string(line.value)?;
        let (at, character) = text.char_indices().find(|(_, c)| c.is_ascii_alphabetic())?;
        let (before, after) = (double(&text[..at]), double(&text[at + 1..]));
        let code = format!("\\x{:02x}", u32::from(character));
        Some(line.with_value(&format!("{}{code}{}", &before[..before.len() - 1], &after[1..])))
    })
}

/// A key in quotes is the same key. (`<<` is none then.)
fn quoted_keys(files: &Files, path: &str) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let is_place = |line: &Line<'_>| line.kind == Kind::Key && !line.key.starts_with(['"', '\'', '<']);
    let places: Vec<usize> = (0..doc.lines.len()).filter(|at| is_place(&doc.lines[*at])).collect();
    let make = |chosen: &[usize]| {
        let text = doc.mapped(|at, line| match chosen.contains(&at) {
            true => {
                let end = line.column + line.key.len();
                format!("{}\"{}\"{}", &line.text[..line.column], line.key, &line.text[end..])
            }
            false => line.text.to_owned(),
        });
        with(files, path, text)
    };
    let mut made: Vec<Files> = places.iter().map(|at| make(&[*at])).collect();
    made.push(make(&places));
    made
}

/// Quotes that hold nothing special can go.
fn plain(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |line| {
        let text = string(line.value).filter(|text| text != line.value)?;
        can_be_plain(&text).then(|| line.with_value(&text))
    })
}

/// A tag that says what the value is anyway.
fn tagged(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |line| {
        let tag = match line.value {
            "true" | "false" => "!!bool",
            value if value.parse::<u32>().is_ok() && !value.starts_with('0') => "!!int",
            value => {
                string(value)?;
                "!!str"
            }
        };
        Some(line.with_value(&format!("{tag} {}", line.value)))
    })
}

fn block(line: &Line<'_>, sign: &str) -> Option<String> {
    let text =
        string(line.value).filter(|text| !text.is_empty() && !text.starts_with([' ', '\t']) && !text.ends_with(' '))?;
    let has_comment = line.text.len() > line.value_at + line.value.len();
    let left = if line.kind == Kind::Key {
        line.column
    } else {
        line.indent
    };
    (!has_comment && !text.contains('\n')).then(|| format!("{}\n{}{text}", line.with_value(sign), " ".repeat(left + 4)))
}

/// `>-` folds lines and drops the last break: of one line it leaves the line.
fn folded(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |line| block(line, ">-"))
}

/// `|-` keeps lines and drops the last break.
fn literal(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |line| block(line, "|-"))
}

/// A value may begin on the line below its key, further right.
fn next_line(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |line| {
        let key = line.text.get(..line.value_at).filter(|_| line.kind == Kind::Key)?;
        let value = &line.text[line.value_at..];
        Some(format!("{}\n{}{value}", key.trim_end(), " ".repeat(line.column + 6)))
    })
}

/// The first place where a key can be put before all others.
fn head(doc: &Doc<'_>) -> Option<usize> {
    let first = *doc.top().first()?;
    (!doc.is_spoken_of(first) && !doc.lines[first].has_dash()).then_some(first)
}

/// An alias is the node that its anchor is on (3.2.2.2).
fn anchored(files: &Files, path: &str) -> Vec<Files> {
    if !is_compose(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let Some(first) = head(&doc) else { return Vec::new() };
    let places = (first..doc.lines.len()).filter(|at| doc.lines[*at].is_scalar());
    let make = |at: usize| {
        let line = &doc.lines[at];
        let text = doc.mapped(|index, other| match index {
            _ if index == first && index == at => {
                format!("x-plain: &plain {}\n{}", line.value, line.with_value("*plain"))
            }
            _ if index == first => format!("x-plain: &plain {}\n{}", line.value, other.text),
            _ if index == at => line.with_value("*plain"),
            _ => other.text.to_owned(),
        });
        with(files, path, text)
    };
    places.map(make).collect()
}

/// An anchor names a node and changes nothing of it.
fn unused_anchor(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |line| {
        Some(line.with_value(&format!("&plain_{} {}", line.column, line.value)))
    })
}

/// A scalar with another one in its place, in which Compose puts a value for a variable: not in what it reads before, and not around
/// what has a dollar sign of its own.
fn variable(files: &Files, path: &str, write: impl Fn(&str) -> Option<String>) -> Vec<Files> {
    if !is_compose(path) {
        return Vec::new();
    }
    each(files, path, |line| {
        let text = string(line.value).unwrap_or_else(|| line.value.to_owned());
        let is_simple = !text.is_empty() && !text.contains(['$', '{', '}', '"', '\'', '\\', '\n']);
        // Two values that Compose does not read from a text: a truth value, and the mode of a tmpfs. And what is a number to YAML and
        // no number of bytes, which Compose drops, and reads from a text.
        let mode = text.starts_with(|first: char| ('1'..='9').contains(&first)) && line.text.contains("mode:");
        let has_exponent = text.contains('e') && text.parse::<f64>().is_ok();
        let is_simple = is_simple && !mode && !has_exponent && !line.text.contains("use_api_socket");
        let written = write(&text).filter(|_| is_simple)?;
        // As it was quoted or not: in quotes a number that Compose wants as a text stays one.
        match line.value.chars().next() {
            Some(quote @ ('"' | '\'')) => Some(line.with_value(&format!("{quote}{written}{quote}"))),
            _ if text.contains(": ") || text.contains(" #") || text.contains('#') => None,
            _ => Some(line.with_value(&written)),
        }
    })
}

/// An unset variable is its default.
fn default_colon(files: &Files, path: &str) -> Vec<Files> {
    variable(files, path, |text| Some(format!("${{PLIMSOLL_UNSET:-{text}}}")))
}

/// Without the colon an empty one is not.
fn default_unset(files: &Files, path: &str) -> Vec<Files> {
    variable(files, path, |text| Some(format!("${{PLIMSOLL_UNSET-{text}}}")))
}

/// A default may have a default.
fn default_nested(files: &Files, path: &str) -> Vec<Files> {
    variable(files, path, |text| {
        Some(format!("${{PLIMSOLL_UNSET:-${{PLIMSOLL_OTHER:-{text}}}}}"))
    })
}

/// `.env` beside the file gives variables their values.
fn env_file_variable(files: &Files, path: &str) -> Vec<Files> {
    let folder = split_path(path).0;
    let env = format!("{folder}.env");
    // A build could copy it into an image, which would not be harmless.
    let has_build = files.keys().any(|path| is_dockerfile(path));
    // With a `.env` the environment is complete: what it lacks is not set.
    let has_variables = files[path].contains('$');
    if files.contains_key(&env) || !folder.is_empty() || has_build || has_variables {
        return Vec::new();
    }
    let texts = files.get(path).map(|text| Doc::new(text)).into_iter().flat_map(|doc| {
        let values: Vec<String> = doc
            .lines
            .iter()
            .filter(|line| line.is_scalar())
            .map(|line| string(line.value).unwrap_or_else(|| line.value.to_owned()))
            .collect();
        values
    });
    let values: std::collections::BTreeSet<String> = texts.collect();
    let make = |value: &String| {
        let is_simple = !value.contains(['#', '`', '(', ';', '!', '=']) && value.trim() == value;
        let changed = variable(files, path, |text| {
            (text == value && is_simple).then(|| "${PLIMSOLL_SET}".to_owned())
        });
        changed
            .into_iter()
            .map(|files| with(&files, &env, format!("PLIMSOLL_SET={value}\n")))
            .collect::<Vec<_>>()
    };
    values.iter().flat_map(make).collect()
}

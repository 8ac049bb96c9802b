//! Variables in values, and the types that Compose then gives to strings (compose-go `template`, `loader/interpolate.go`).

mod opens;

use super::path::Path;
use super::schema;
use crate::fact::State;
use crate::finding::{Change, Finding, ReaderRule};
use crate::parse::Problem;
use crate::parse::yaml::{Data, Tag, Value};
use crate::source::{Span, Spanned};
use crate::values::bytes;
use std::collections::BTreeSet;

/// Defaults may nest this deep.
const MAX_DEPTH: usize = 64;
/// The end of the reason where a variable is set wherever a file is deployed, to what nobody here can know.
const HIDDEN: &str = " is unknown";

/// Whether a value is unknown for a variable that is always set (`HOME`): it is something, and not nothing.
pub(crate) fn is_hidden(reason: &str) -> bool {
    reason.ends_with(HIDDEN)
}

/// A text after substitution.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Substituted {
    /// The text; nothing stands where a variable is not set.
    pub text: String,
    /// Whether a default was taken because a variable is not set.
    pub assumed: bool,
    /// Variables without a value and without a default.
    pub unset: Vec<String>,
    /// Variables that `:?` or `?` demands.
    pub required: Vec<String>,
    /// Variables that are set, to what nobody here knows: they stay in the text as `${NAME}`.
    pub hidden: Vec<String>,
    /// Variables whose value went in.
    pub taken: Vec<String>,
    /// Variables that decide whether the argument of `:+` or `+` is taken, and that are not set here.
    pub deciding: Vec<String>,
}

/// What is known of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held<'e> {
    /// Its value.
    Value(&'e str),
    /// It is set wherever the file is deployed, to something that is not empty and not known here.
    Hidden,
    /// Nobody here sets it.
    Unset,
}

impl Substituted {
    fn take(&mut self, name: &str, value: &str) {
        self.text.push_str(value);
        self.taken.push(name.to_owned());
    }

    fn hide(&mut self, name: &str) {
        self.text.push_str("${");
        self.text.push_str(name);
        self.text.push('}');
        self.hidden.push(name.to_owned());
    }
}

/// What is wrong with a template.
#[derive(Debug, PartialEq, Eq)]
pub enum Bad {
    /// `${` without a name, an operator or an end that Compose knows.
    Format,
    /// Defaults inside defaults, too deep to follow.
    Depth,
}

/// Replaces the variables of a text.
///
/// # Errors
/// `Bad` where Compose refuses the template.
pub fn substitute<'e>(text: &str, lookup: Lookup<'_, 'e>) -> Result<Substituted, Bad> {
    let mut out = Substituted::default();
    expand(text, lookup, 0, &mut out)?;
    Ok(out)
}

/// How the value of a variable is found.
pub(crate) type Lookup<'l, 'e> = &'l dyn Fn(&str) -> Held<'e>;

fn expand(text: &str, lookup: Lookup<'_, '_>, depth: usize, out: &mut Substituted) -> Result<(), Bad> {
    if depth > MAX_DEPTH {
        return Err(Bad::Depth);
    }
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        let (before, at) = rest.split_at_checked(dollar).unwrap_or((rest, ""));
        out.text.push_str(before);
        let after = at.get(1..).unwrap_or("");
        if let Some(next) = after.strip_prefix('$') {
            out.text.push('$');
            rest = next;
        } else if let Some(body) = after.strip_prefix('{') {
            let end = closing_brace(body).ok_or(Bad::Format)?;
            braced(body.get(..end).unwrap_or(""), lookup, depth, out)?;
            rest = body.get(end + 1..).unwrap_or("");
        } else {
            let length = name_length(after);
            if length == 0 {
                out.text.push('$');
            } else {
                plain(after.get(..length).unwrap_or(""), lookup, out);
            }
            rest = after.get(length..).unwrap_or("");
        }
    }
    out.text.push_str(rest);
    Ok(())
}

fn plain(name: &str, lookup: Lookup<'_, '_>, out: &mut Substituted) {
    match lookup(name) {
        Held::Value(value) => out.take(name, value),
        Held::Hidden => out.hide(name),
        Held::Unset => out.unset.push(name.to_owned()),
    }
}

fn braced(body: &str, lookup: Lookup<'_, '_>, depth: usize, out: &mut Substituted) -> Result<(), Bad> {
    let length = name_length(body);
    let name = body.get(..length).filter(|name| !name.is_empty()).ok_or(Bad::Format)?;
    let operator = body.get(length..).unwrap_or("");
    if operator.is_empty() {
        plain(name, lookup, out);
        return Ok(());
    }
    // `.` of Compose's pattern does not cross a line.
    if operator.contains('\n') {
        return Err(Bad::Format);
    }
    let (colon, operator) = operator
        .strip_prefix(':')
        .map_or((false, operator), |rest| (true, rest));
    let argument = operator.get(1..).unwrap_or("");
    let held = lookup(name);
    let value = match held {
        Held::Value(value) => Some(value),
        Held::Hidden | Held::Unset => None,
    };
    let present = value.filter(|value| !(colon && value.is_empty()));
    match (operator.chars().next(), present) {
        (Some('-' | '?'), Some(value)) => out.take(name, value),
        (Some('-' | '?'), None) if held == Held::Hidden => out.hide(name),
        (Some('-'), None) => {
            out.assumed |= value.is_none();
            expand(argument, lookup, depth + 1, out)?;
        }
        (Some('?'), None) => out.required.push(name.to_owned()),
        (Some('+'), Some(_)) => expand(argument, lookup, depth + 1, out)?,
        (Some('+'), None) if held == Held::Hidden => expand(argument, lookup, depth + 1, out)?,
        (Some('+'), None) => {
            out.assumed |= value.is_none();
            out.deciding.push(name.to_owned());
        }
        _ => return Err(Bad::Format),
    }
    Ok(())
}

fn name_length(text: &str) -> usize {
    let starts = text.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic());
    if !starts {
        return 0;
    }
    text.find(|character: char| !(character == '_' || character.is_ascii_alphanumeric()))
        .unwrap_or(text.len())
}

/// The brace that ends the body, found as compose-go finds it: its pattern reaches to the last brace of the line, and of
/// that the part up to the matching brace counts, where the character behind an opening brace is passed over. Where that
/// leaves none (`${A:-{}}`), all of it counts.
fn closing_brace(body: &str) -> Option<usize> {
    let (mut depth, mut last) = (1_usize, None);
    // Behind `${` stands the first character of the name, which is passed over as well.
    let mut next = 1;
    let line = body.bytes().take_while(|byte| *byte != b'\n');
    for (index, byte) in line.enumerate() {
        if byte == b'}' {
            last = Some(index);
        }
        match byte {
            _ if index < next => {}
            b'}' if depth == 1 => return Some(index),
            b'}' => depth -= 1,
            b'{' => {
                depth += 1;
                next = index + 2;
            }
            _ => {}
        }
    }
    last
}

/// A variable without a value, at its first place in a file.
#[derive(Clone, Debug)]
pub struct Unset {
    /// Its name.
    pub name: String,
    /// The value that uses it.
    pub span: Span,
    /// Whether the file demands it (`${V:?}`).
    pub required: bool,
}

/// What interpolation found.
#[derive(Default)]
pub(crate) struct Found {
    /// Whether the environment is declared: a variable that is not set is the empty text that Compose puts in.
    pub declared: bool,
    /// Templates and casts that Compose refuses.
    pub problems: Vec<Problem>,
    /// Variables without a value.
    pub unset: Vec<Unset>,
    /// Variables that decide which of two texts a value is, and that are not set here.
    pub deciding: Vec<Spanned<String>>,
    /// Variables whose value went in.
    pub taken: BTreeSet<String>,
}

/// Interpolates every value of a document (keys are left alone) and casts strings where Compose does.
pub(crate) fn document(value: &mut Value, lookup: Lookup<'_, '_>, found: &mut Found) {
    walk(value, Path::ROOT, lookup, found);
}

fn walk(value: &mut Value, path: Path<'_>, lookup: Lookup<'_, '_>, found: &mut Found) {
    // What takes something away is nothing itself.
    if value.tag == Some(Tag::Reset) {
        return;
    }
    match &mut value.data {
        Data::Map(map) => {
            for (key, entry) in map.iter_mut() {
                walk(&mut entry.value, path.key(key), lookup, found);
            }
        }
        Data::Seq(items) => {
            for item in items {
                walk(item, path.item(), lookup, found);
            }
        }
        Data::Str(text) => {
            if text.contains('$') {
                let text = std::mem::take(text);
                apply(value, path, &text, lookup, found);
            }
            cast(value, path, found);
        }
        _ => {}
    }
}

fn apply(value: &mut Value, path: Path<'_>, text: &str, lookup: Lookup<'_, '_>, found: &mut Found) {
    match substitute(text, lookup) {
        Ok(result) => {
            if result.assumed {
                value.state = State::AssumedDefault;
            } else if !result.taken.is_empty() {
                value.state = State::Substituted;
            }
            let is_known = found.declared || opens::opens(path, text, &result.text);
            let is_empty_text = is_known && result.required.is_empty() && result.hidden.is_empty();
            let missing = result.unset.first().or(result.required.first());
            let reason = match (missing, result.hidden.first()) {
                (Some(name), _) => Some(format!("the variable {name} is not set")),
                (None, Some(name)) => Some(format!("the value of {name}{HIDDEN}")),
                (None, None) => None,
            };
            found.taken.extend(result.taken);
            let deciding = result.deciding.into_iter();
            found
                .deciding
                .extend(deciding.map(|name| Spanned::new(name, value.span)));
            for (names, required) in [(result.unset, false), (result.required, true)] {
                found.unset.extend(names.into_iter().map(|name| Unset {
                    name,
                    span: value.span,
                    required,
                }));
            }
            value.data = match reason {
                Some(reason) if !is_empty_text => Data::Unknown {
                    reason,
                    text: result.text,
                },
                Some(_) => {
                    value.state = State::AssumedDefault;
                    Data::Str(result.text)
                }
                None => Data::Str(result.text),
            };
        }
        Err(bad) => {
            let finding = match bad {
                Bad::Format => Finding::new(value.span, "Compose cannot read this variable reference")
                    .help("write `${NAME}`, `${NAME:-default}` or `${NAME:?message}`; a literal dollar sign is `$$`"),
                Bad::Depth => Finding::new(value.span, format!("defaults are nested more than {MAX_DEPTH} deep")),
            };
            found.problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
            value.data = Data::Unknown {
                reason: "the variable reference cannot be read".to_owned(),
                text: String::new(),
            };
        }
    }
}

/// Strings become numbers and booleans at the places of compose-go's table; what does not fit is refused.
fn cast(value: &mut Value, path: Path<'_>, found: &mut Found) {
    let mut room = Path::room();
    let Some(kind) = schema::cast(path.keys(&mut room)) else {
        return;
    };
    let Data::Str(text) = &value.data else { return };
    let data = match kind {
        schema::Cast::Int => text.parse().ok().map(Data::Int),
        schema::Cast::Float => go_float(text).map(Data::Float),
        schema::Cast::Bool => schema::truth(text).map(Data::Bool),
    };
    match data {
        Some(data) => value.data = data,
        None => {
            let finding = Finding::new(value.span, format!("`{path}` must be {}, not `{text}`", kind.words()))
                .aspect(path.to_string());
            let finding = match meant(kind, text, path) {
                Some(meant) => finding.change(Change::Replace(value.span, meant)),
                None => finding,
            };
            found.problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
            value.data = Data::Unknown {
                reason: format!("`{text}` is not {}", kind.words()),
                text: String::new(),
            };
        }
    }
}

/// The value that can only be meant: the bytes of a size, where the engine counts bytes, and a number with blanks around it.
fn meant(kind: schema::Cast, text: &str, path: Path<'_>) -> Option<String> {
    let mut room = Path::room();
    let is_of_bytes = matches!(path.keys(&mut room), ["services", _, "ulimits", "fsize", ..]);
    let trimmed = text.trim();
    match kind {
        schema::Cast::Int if is_of_bytes => bytes::compose(trimmed).map(|bytes| bytes.to_string()),
        schema::Cast::Int => trimmed.parse::<i64>().ok().map(|number| number.to_string()),
        schema::Cast::Float => go_float(trimmed).map(|_| trimmed.to_owned()),
        schema::Cast::Bool => crate::values::meant(trimmed, ["true", "false"]).map(str::to_owned),
    }
}

/// Go's `strconv.ParseFloat`, without its hexadecimal form.
fn go_float(text: &str) -> Option<f64> {
    if text.contains('_') { None } else { text.parse().ok() }
}

#[cfg(test)]
mod tests;

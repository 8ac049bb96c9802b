//! The schema check of Compose, with a place for every mistake instead of a sentence for the first.

mod cast;
mod mistakes;
mod shape;
#[rustfmt::skip] // One line a key: rustfmt would make it four times as long.
mod table;

use super::path::Path;
use crate::finding::{Finding, ReaderRule};
use crate::parse::Problem;
use crate::parse::yaml::{Data, Map, Value};
use crate::source::Span;
use mistakes::{unknown_key, wrong_type};
use shape::{Names, Rest, Shape, Type};

pub(super) use cast::{Cast, cast, truth};

/// Whether Compose knows this key at the top of a file.
pub(crate) fn is_key_of_file(key: &str) -> bool {
    key.starts_with("x-") || table::FILE.has(key)
}

/// Whether Compose knows this key in a service.
pub(crate) fn is_key_of_service(key: &str) -> bool {
    table::SERVICE.has(key)
}

/// Every place where a merged document is not what Compose's schema allows.
pub(crate) fn check(document: &Value, problems: &mut Vec<Problem>) {
    visit(document, None, &table::FILE, Path::ROOT, problems);
}

fn visit(value: &Value, key: Option<Span>, shape: &Shape, path: Path<'_>, problems: &mut Vec<Problem>) {
    // What cannot be known here cannot be wrong here.
    if matches!(value.data, Data::Unknown { .. }) {
        return;
    }
    match shape {
        Shape::Any => {}
        Shape::OneOf(shapes) => match shapes.iter().find(|shape| takes(shape, value)) {
            Some(shape) => visit(value, key, shape, path, problems),
            None => wrong_type(value, key, shape, path, problems),
        },
        Shape::List { item, unique } => match value.seq() {
            Some(items) => {
                for entry in items {
                    visit(entry, None, item, path.item(), problems);
                }
                if *unique {
                    check_unique(items, path, problems);
                }
            }
            None => wrong_type(value, key, shape, path, problems),
        },
        Shape::Table {
            value: inner,
            names,
            strict,
        } => match value.map() {
            Some(map) => {
                for (name, entry) in map {
                    if fits(name, *names) {
                        visit(&entry.value, Some(entry.key), inner, path.key(name), problems);
                    } else if *strict {
                        let finding = Finding::new(entry.key, format!("`{name}` is not a valid name in `{path}`"))
                            .help("use letters, digits, dots, underscores and hyphens")
                            .aspect(path.key(name).to_string());
                        problems.push(Problem::new(ReaderRule::UnknownComposeKey, finding));
                    }
                }
            }
            None => wrong_type(value, key, shape, path, problems),
        },
        Shape::Object { keys, required, rest } => match value.map() {
            Some(map) => object(value, key, map, (keys, required, *rest), path, problems),
            None => wrong_type(value, key, shape, path, problems),
        },
        Shape::Scalar(_) | Shape::Range(..) | Shape::Words(_) => {
            if !takes(shape, value) {
                wrong_type(value, key, shape, path, problems);
            }
        }
    }
}

type ObjectShape = (&'static [(&'static str, &'static Shape)], &'static [&'static str], Rest);

fn object(value: &Value, at: Option<Span>, map: &Map, shape: ObjectShape, path: Path<'_>, problems: &mut Vec<Problem>) {
    let (keys, required, rest) = shape;
    let mut is_told = false;
    for (name, entry) in map {
        match keys.binary_search_by(|(known, _)| (*known).cmp(name)) {
            Ok(index) => {
                if let Some((_, inner)) = keys.get(index) {
                    visit(&entry.value, Some(entry.key), inner, path.key(name), problems);
                }
            }
            Err(_) if rest == Rest::Open || (rest == Rest::Extensible && name.starts_with("x-")) => {}
            // One format is one mistake.
            Err(_) if is_told && mistakes::is_old_service(entry, map) => {}
            Err(_) => {
                is_told |= mistakes::is_old_service(entry, map);
                problems.push(Problem::new(
                    ReaderRule::UnknownComposeKey,
                    unknown_key(name, entry, keys, path, value),
                ));
            }
        }
    }
    for name in required {
        if !map.contains_key(*name) {
            let finding = Finding::new(at.unwrap_or(value.span), format!("`{path}` lacks the key `{name}`"))
                .help(format!("add `{name}`"))
                .aspect(path.to_string());
            problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
        }
    }
}

fn fits(name: &str, names: Names) -> bool {
    match names {
        Names::Word => {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        }
        Names::Lowercase => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()),
        Names::Anything => !name.is_empty(),
    }
}

/// A whole number, however it is written: JSON Schema counts 5.0 as an integer.
fn whole(value: &Value) -> Option<i64> {
    match value.data {
        Data::Int(number) => Some(number),
        Data::Float(number) if number.fract() == 0.0 => Some(crate::values::number::whole(number)),
        _ => None,
    }
}

/// Whether a value is of the right kind for a shape; what is inside is checked later.
fn takes(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Any => true,
        Shape::OneOf(shapes) => shapes.iter().any(|shape| takes(shape, value)),
        Shape::List { .. } => value.seq().is_some(),
        Shape::Table { .. } | Shape::Object { .. } => value.map().is_some(),
        Shape::Words(words) => value.str().is_some_and(|text| words.contains(&text)),
        Shape::Range(low, high) => whole(value).is_some_and(|number| (*low..=*high).contains(&number)),
        Shape::Scalar(types) => types.iter().any(|kind| match (kind, &value.data) {
            (Type::Null, Data::Null) | (Type::Bool, Data::Bool(_)) | (Type::Str, Data::Str(_)) => true,
            (Type::Int | Type::Whole | Type::Num, Data::Int(_)) | (Type::Num, Data::Float(_)) => true,
            // JSON Schema counts 5.0 as an integer.
            (Type::Int, Data::Float(number)) => number.fract() == 0.0,
            _ => false,
        }),
    }
}

fn check_unique(items: &[Value], path: Path<'_>, problems: &mut Vec<Problem>) {
    let mut seen: std::collections::HashMap<String, &Value> = std::collections::HashMap::new();
    for item in items {
        let Some(text) = item.scalar_text() else { continue };
        let text = format!("{}{text}", item.kind());
        if let Some(earlier) = seen.get(&text) {
            let finding = Finding::new(
                item.span,
                format!("`{path}` includes the same item twice; Compose refuses that"),
            )
            .related(earlier.span, "first here")
            .help("delete one of them")
            .aspect(path.to_string());
            problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
        } else {
            seen.insert(text, item);
        }
    }
}

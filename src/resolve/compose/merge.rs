//! Later files over earlier ones, extending services over extended ones (compose-go `override/merge.go`).

use super::path::Path;
use crate::fact::Why;
use crate::finding::{Finding, ReaderRule};
use crate::order::Order as _;
use crate::parse::Problem;
use crate::parse::yaml::{Data, Entry, Map, Value};
use std::collections::HashSet;

/// How a place is merged where it is not by the kind of its value.
enum Special {
    /// `KEY=value` items, from a mapping or a list, one behind the other.
    Sequence,
    /// As `Sequence`, identical items once.
    Hosts,
    /// A list of names becomes a mapping.
    Names,
    /// `depends_on`: a list of names becomes a mapping with conditions.
    Dependencies,
    /// `build`: a string is its context.
    Build,
    /// The later value takes the whole place.
    Replace,
    /// `logging`: options are merged only for one driver.
    Logging,
    /// `ipam.config`: by subnet.
    Subnets,
}

fn special(keys: &[&str]) -> Option<Special> {
    Some(match keys {
        ["networks", _, "ipam", "config"] => Special::Subnets,
        ["networks" | "volumes", _, "labels"] => Special::Sequence,
        ["services", _, rest @ ..] => match rest {
            [
                "annotations" | "dns" | "dns_opt" | "dns_search" | "env_file" | "label_file" | "environment" | "labels"
                | "sysctls" | "tmpfs",
            ]
            | ["build", "args" | "additional_contexts" | "labels"]
            | ["deploy", "labels"] => Special::Sequence,
            ["extra_hosts"] | ["build", "extra_hosts"] => Special::Hosts,
            ["build"] => Special::Build,
            ["command" | "entrypoint"] | ["healthcheck", "test"] | ["ulimits", _] => Special::Replace,
            ["depends_on"] => Special::Dependencies,
            ["networks" | "models"] => Special::Names,
            ["logging"] => Special::Logging,
            _ => return None,
        },
        _ => return None,
    })
}

/// A merge under way: why the later value wins, and what cannot be merged.
pub(crate) struct Merge<'a> {
    /// Why the later value wins.
    pub why: Why,
    /// What cannot be merged.
    pub problems: &'a mut Vec<Problem>,
}

impl Merge<'_> {
    /// `later` over `earlier`, at a place.
    pub(crate) fn values(&mut self, earlier: Value, later: Value, path: Path<'_>) -> Value {
        let mut room = Path::room();
        if let Some(special) = special(path.keys(&mut room)) {
            return self.special(&special, earlier, later, path);
        }
        // Nothing written over something leaves it as it is (compose-go: `o == nil`).
        if later.is_null() {
            return earlier;
        }
        match (&earlier.data, &later.data) {
            (Data::Map(_), Data::Map(_)) => self.maps(earlier, later, path),
            (Data::Seq(_), Data::Seq(_)) => append_new(earlier, later),
            (Data::Map(_) | Data::Seq(_), Data::Unknown { .. }) => later,
            (Data::Map(_) | Data::Seq(_), _) => {
                let finding = Finding::new(
                    later.span,
                    format!("{} cannot override {} at `{path}`", later.kind(), earlier.kind()),
                )
                .related(earlier.span, "the earlier value")
                .help("write the same form in both places, or `!override`: Compose refuses to merge them");
                self.problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
                earlier
            }
            _ => self.replace(earlier, later),
        }
    }

    fn replace(&self, earlier: Value, mut later: Value) -> Value {
        if earlier.span != later.span {
            later.overridden.push((earlier.span, self.why));
            later.overridden.extend(earlier.overridden);
        }
        later
    }

    fn maps(&mut self, earlier: Value, later: Value, path: Path<'_>) -> Value {
        let Value {
            data: Data::Map(mut map),
            span,
            tag,
            state,
            overridden,
        } = earlier
        else {
            return later;
        };
        let Data::Map(other) = later.data else {
            return Value {
                data: Data::Map(map),
                span,
                tag,
                state,
                overridden,
            };
        };
        for (key, entry) in other {
            match map.get_mut(&key) {
                None => {
                    map.insert(key, entry);
                }
                Some(slot) => {
                    let before = std::mem::replace(&mut slot.value, Value::new(Data::Null, slot.key));
                    slot.value = self.values(before, entry.value, path.key(&key));
                    // The key that a person would edit is the later one.
                    slot.key = entry.key;
                }
            }
        }
        Value {
            data: Data::Map(map),
            span: later.span,
            tag,
            state,
            overridden,
        }
    }

    fn special(&mut self, special: &Special, earlier: Value, later: Value, path: Path<'_>) -> Value {
        match special {
            Special::Replace => self.replace(earlier, later),
            Special::Sequence => append(to_sequence(earlier), to_sequence(later)),
            Special::Hosts => append_new(to_sequence(earlier), to_sequence(later)),
            Special::Names => self.maps_or_first(to_mapping(earlier, &[]), to_mapping(later, &[]), path),
            Special::Dependencies => {
                let defaults = [
                    ("condition", Data::Str("service_started".to_owned())),
                    ("required", Data::Bool(true)),
                ];
                self.maps_or_first(to_mapping(earlier, &defaults), to_mapping(later, &defaults), path)
            }
            Special::Build => self.maps_or_first(to_build(earlier), to_build(later), path),
            Special::Logging => {
                let driver = |value: &Value| value.get("driver").and_then(|driver| driver.str().map(str::to_owned));
                match (driver(&earlier), driver(&later)) {
                    (Some(before), Some(after)) if before != after => self.replace(earlier, later),
                    _ => self.maps_or_first(earlier, later, path),
                }
            }
            Special::Subnets => self.subnets(earlier, later, path),
        }
    }

    /// Two mappings; anything that is none leaves the other one (the schema check says what is wrong with it).
    fn maps_or_first(&mut self, earlier: Value, later: Value, path: Path<'_>) -> Value {
        match (&earlier.data, &later.data) {
            (Data::Map(_), Data::Map(_)) => self.maps(earlier, later, path),
            (_, Data::Null) => earlier,
            (Data::Map(_), _) => {
                let finding = Finding::new(
                    later.span,
                    format!("{} cannot override {} at `{path}`", later.kind(), earlier.kind()),
                );
                self.problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
                earlier
            }
            _ => later,
        }
    }

    fn subnets(&mut self, earlier: Value, later: Value, path: Path<'_>) -> Value {
        let (Data::Seq(_), Data::Seq(_)) = (&earlier.data, &later.data) else {
            return self.replace(earlier, later);
        };
        let span = later.span;
        let subnet = |value: &Value| value.get("subnet").and_then(Value::scalar_text);
        let mut merged: Vec<Value> = Vec::new();
        if let (Data::Seq(before), Data::Seq(after)) = (earlier.data, later.data) {
            merged = before;
            for item in after {
                let same = merged.iter().position(|known| subnet(known) == subnet(&item));
                match same.and_then(|index| merged.get_mut(index)) {
                    Some(known) => {
                        let before = std::mem::replace(known, Value::new(Data::Null, span));
                        *known = self.maps_or_first(before, item, path);
                    }
                    None => merged.push(item),
                }
            }
        }
        Value::new(Data::Seq(merged), span)
    }
}

/// As [`append`], without what is in the list already.
fn append_new(earlier: Value, mut later: Value) -> Value {
    let text = |item: &Value| item.scalar_text().map(|text| (item.kind(), text));
    let mut known: HashSet<_> = earlier.seq().into_iter().flatten().filter_map(text).collect();
    if let Data::Seq(items) = &mut later.data {
        items.retain(|item| text(item).is_none_or(|item| known.insert(item)));
    }
    append(earlier, later)
}

fn append(earlier: Value, later: Value) -> Value {
    match (earlier.data, later.data) {
        (Data::Seq(mut items), Data::Seq(more)) => {
            items.extend(more);
            Value {
                data: Data::Seq(items),
                overridden: earlier.overridden,
                tag: None,
                ..Value::new(Data::Null, later.span)
            }
        }
        (data @ Data::Seq(_), Data::Null) => Value {
            data,
            ..Value::new(Data::Null, earlier.span)
        },
        (Data::Null, data) => Value {
            data,
            ..Value::new(Data::Null, later.span)
        },
        (data, _) => Value {
            data,
            ..Value::new(Data::Null, earlier.span)
        },
    }
}

/// A mapping as sorted `KEY=value` items; a single string as a list of one; what is nothing of it as it is.
pub(crate) fn to_sequence(value: Value) -> Value {
    let span = value.span;
    match value.data {
        Data::Map(map) => {
            let mut items: Vec<(String, Value)> = Vec::new();
            for (key, entry) in map {
                match entry.value.data {
                    Data::Seq(parts) => items.extend(parts.into_iter().filter_map(|part| pair(&key, entry.key, part))),
                    _ => items.extend(pair(&key, entry.key, entry.value)),
                }
            }
            items.order_by(|(a, _), (b, _)| a.cmp(b));
            Value::new(Data::Seq(items.into_iter().map(|(_, item)| item).collect()), span)
        }
        Data::Str(_) | Data::Unknown { .. } => {
            let item = value;
            Value::new(Data::Seq(vec![item]), span)
        }
        _ => value,
    }
}

/// `KEY=value`, or `KEY` where there is no value. A value that is a mapping is nothing of it.
fn pair(key: &str, at: crate::source::Span, value: Value) -> Option<(String, Value)> {
    let span = at.to(value.span);
    let data = match &value.data {
        Data::Null => Data::Str(key.to_owned()),
        Data::Unknown { reason, text } => Data::Unknown {
            reason: reason.clone(),
            text: format!("{key}={text}"),
        },
        _ => Data::Str(format!("{key}={}", value.scalar_text()?)),
    };
    let text = match &data {
        Data::Str(text) | Data::Unknown { text, .. } => text.clone(),
        _ => return None,
    };
    Some((
        text,
        Value {
            data,
            state: value.state,
            overridden: value.overridden,
            ..Value::new(Data::Null, span)
        },
    ))
}

/// A list of names as a mapping from each name to the defaults.
pub(crate) fn to_mapping(value: Value, defaults: &[(&str, Data)]) -> Value {
    let Data::Seq(items) = &value.data else { return value };
    let mut map = Map::new();
    for item in items {
        let Some(name) = item.str() else { return value };
        let data = if defaults.is_empty() {
            Data::Null
        } else {
            let entry = |data: &Data| Entry {
                key: item.span,
                value: Value::new(data.clone(), item.span),
            };
            Data::Map(
                defaults
                    .iter()
                    .map(|(key, data)| ((*key).to_owned(), entry(data)))
                    .collect(),
            )
        };
        map.insert(
            name.to_owned(),
            Entry {
                key: item.span,
                value: Value::new(data, item.span),
            },
        );
    }
    Value {
        data: Data::Map(map),
        ..value
    }
}

/// A build context as the mapping that holds it.
pub(crate) fn to_build(value: Value) -> Value {
    match value.data {
        Data::Str(_) | Data::Unknown { .. } => {
            let span = value.span;
            let map = Map::from([("context".to_owned(), Entry { key: span, value })]);
            Value::new(Data::Map(map), span)
        }
        _ => value,
    }
}

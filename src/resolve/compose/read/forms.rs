//! Single values and list items of a service, from their long forms.

use crate::fact::{Fact, Sourced};
use crate::parse::yaml::{Data, Entry, Map, Value};
use crate::resolve::compose::interpolate::is_hidden;
use crate::resolve::compose::service::{Dependency, EnvFile, Logging, Mount, Port, Variable};
use crate::source::{Span, Spanned};
use crate::values::{command_line, path};

/// The value of the twin under `deploy` where it counts, else the service's own.
pub(super) fn twin<T>(deploy: Fact<T>, own: Fact<T>, counts: impl Fn(&T) -> bool) -> Fact<T> {
    match &deploy {
        Fact::Known(known) if !counts(&known.value) && !own.is_absent() => own,
        _ => deploy.or(own),
    }
}

pub(super) fn known<T>(data: T, value: &Value) -> Fact<T> {
    Fact::Known(Sourced {
        value: data,
        state: value.state,
        span: value.span,
        overridden: value.overridden.clone(),
    })
}

pub(super) fn text(value: Option<&Value>) -> Fact<String> {
    let Some(value) = value else { return Fact::Absent };
    match &value.data {
        Data::Null => Fact::Absent,
        Data::Str(text) if text.is_empty() => Fact::Absent,
        Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
        _ => value.scalar_text().map_or(Fact::Absent, |text| known(text, value)),
    }
}

pub(super) fn boolean(value: Option<&Value>) -> Fact<bool> {
    let Some(value) = value else { return Fact::Absent };
    match &value.data {
        Data::Bool(flag) => known(*flag, value),
        Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
        _ => Fact::Absent,
    }
}

pub(super) fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::seq).unwrap_or(&[])
}

pub(super) fn strings(value: Option<&Value>) -> Vec<Fact<String>> {
    items(value)
        .iter()
        .map(|item| text(Some(item)))
        .filter(|fact| !fact.is_absent())
        .collect()
}

/// Texts of which `${PWD}` is a part that can be judged: it is the folder of the project for who starts it there.
pub(super) fn options(value: Option<&Value>) -> Vec<Fact<String>> {
    let option = |item: &Value| match &item.data {
        Data::Unknown {
            text: known_part,
            reason,
        } if is_hidden(reason) && known_part.matches("${").count() == 1 => match known_part.contains("${PWD}/") {
            true => known(known_part.clone(), item),
            false => text(Some(item)),
        },
        _ => text(Some(item)),
    };
    let facts = items(value).iter().map(option);
    facts.filter(|fact| !fact.is_absent()).collect()
}

pub(super) fn spanned(fact: Fact<String>) -> Option<Spanned<String>> {
    match fact {
        Fact::Known(known) => Some(Spanned::new(known.value, known.span)),
        _ => None,
    }
}

pub(super) fn names(value: Option<&Value>) -> Vec<Spanned<String>> {
    let map = value.and_then(Value::map);
    map.into_iter()
        .flat_map(Map::iter)
        .map(|(name, entry)| Spanned::new(name.clone(), entry.key))
        .collect()
}

pub(super) fn sources(value: Option<&Value>) -> Vec<Spanned<String>> {
    items(value)
        .iter()
        .filter_map(|item| item.get("source"))
        // An empty name is one that nothing defines.
        .filter_map(|source| Some(Spanned::new(source.scalar_text()?, source.span)))
        .collect()
}

/// Variables of a list of `KEY=value` or of a mapping, with the place of the whole entry.
pub(super) fn pairs(value: Option<&Value>) -> Vec<(String, Fact<String>, Span)> {
    match value.map(|value| &value.data) {
        Some(Data::Seq(items)) => items
            .iter()
            .filter_map(|item| {
                let (text, reason) = match &item.data {
                    Data::Str(text) => (text.as_str(), None),
                    Data::Unknown { text, reason } => (text.as_str(), Some(reason)),
                    _ => return None,
                };
                let (name, content) = text
                    .split_once('=')
                    .map_or((text, None), |(name, content)| (name, Some(content)));
                let fact = match (content, reason) {
                    (_, Some(reason)) => Fact::unknown(reason.clone(), item.span),
                    (Some(content), None) => known(content.to_owned(), item),
                    (None, None) => Fact::Absent,
                };
                Some((name.to_owned(), fact, item.span))
            })
            .collect(),
        Some(Data::Map(map)) => map
            .iter()
            .map(|(name, entry)| {
                let fact = match &entry.value.data {
                    Data::Null => Fact::Absent,
                    Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), entry.value.span),
                    _ => entry
                        .value
                        .scalar_text()
                        .map_or(Fact::Absent, |text| known(text, &entry.value)),
                };
                (name.clone(), fact, entry.key.to(entry.value.span))
            })
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn variables(value: Option<&Value>) -> Vec<Variable> {
    let pairs = pairs(value).into_iter();
    pairs
        .map(|(name, value, span)| Variable { name, value, span })
        .collect()
}

pub(super) fn words(value: &Value) -> Fact<Vec<String>> {
    match &value.data {
        Data::Seq(items) => {
            if let Some(Data::Unknown { reason, .. }) = items
                .iter()
                .map(|item| &item.data)
                .find(|data| matches!(data, Data::Unknown { .. }))
            {
                return Fact::unknown(reason.clone(), value.span);
            }
            known(items.iter().filter_map(Value::scalar_text).collect(), value)
        }
        Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
        _ => Fact::Absent,
    }
}

/// A command: a list as it is, a string split as Compose does it. What it refuses is reported among its consistency checks.
pub(super) fn command(value: Option<&Value>) -> Fact<Vec<String>> {
    let Some(value) = value else { return Fact::Absent };
    match &value.data {
        Data::Str(text) => match command_line::split(text) {
            Some(line) => known(line.words, value),
            None => Fact::unknown("Compose cannot split it into words".to_owned(), value.span),
        },
        _ => words(value),
    }
}

pub(super) fn is_tmpfs(item: &Value) -> bool {
    item.get("type").and_then(Value::str) == Some("tmpfs")
}

/// The size of a tmpfs option: `k`, `m`, `g`, or a share of the host's memory, which is not known here.
pub(super) fn tmpfs_size(amount: &str, item: &Value) -> Fact<i64> {
    if amount.ends_with('%') {
        return Fact::unknown("it is a share of the host's memory".to_owned(), item.span);
    }
    let (digits, factor) = match amount.as_bytes().last() {
        Some(b'k' | b'K') => (amount.get(..amount.len() - 1), 1 << 10),
        Some(b'm' | b'M') => (amount.get(..amount.len() - 1), 1 << 20),
        Some(b'g' | b'G') => (amount.get(..amount.len() - 1), 1 << 30),
        _ => (Some(amount), 1),
    };
    match digits
        .and_then(|digits| digits.parse::<i64>().ok())
        .and_then(|number| number.checked_mul(factor))
    {
        Some(bytes) => known(bytes, item),
        None => Fact::unknown(format!("`{amount}` is not a tmpfs size"), item.span),
    }
}

pub(super) fn ports(value: Option<&Value>) -> Vec<Port> {
    let long = items(value).iter().filter(|item| item.map().is_some());
    long.map(port).collect()
}

fn port(item: &Value) -> Port {
    let target = match item.get("target").map(|value| (&value.data, value)) {
        Some((Data::Int(number), value)) => known(*number, value),
        Some((Data::Str(text), value)) => text.parse().map_or_else(
            |_| Fact::unknown("it is not a number", value.span),
            |number| known(number, value),
        ),
        Some((Data::Unknown { reason, .. }, value)) => Fact::unknown(reason.clone(), value.span),
        _ => Fact::Absent,
    };
    Port {
        host_ip: text(item.get("host_ip")),
        published: text(item.get("published")),
        target,
        protocol: item.get("protocol").and_then(Value::str).unwrap_or("tcp").to_owned(),
        span: item.span,
    }
}

/// The mounts that are no tmpfs.
pub(super) fn mounts(value: Option<&Value>) -> Vec<Mount> {
    let long = items(value).iter().filter(|item| item.map().is_some());
    long.filter(|item| !is_tmpfs(item)).map(mount).collect()
}

fn mount(item: &Value) -> Mount {
    Mount {
        kind: text(item.get("type")),
        source: text(item.get("source")),
        source_text: item.get("source").map(known_text).unwrap_or_default().to_owned(),
        target: text(item.get("target")).map(|target| path::clean(&target)),
        read_only: boolean(item.get("read_only")),
        makes_source: boolean(item.at(&["bind", "create_host_path"])).value() != Some(&false),
        span: item.span,
    }
}

/// The text of a value as far as it is known.
pub(crate) fn known_text(value: &Value) -> &str {
    match &value.data {
        Data::Str(text) | Data::Unknown { text, .. } => text,
        _ => "",
    }
}

pub(super) fn device(item: &Value) -> Fact<String> {
    match item.get("source") {
        Some(source) => text(Some(source)),
        None => text(Some(item)),
    }
}

pub(super) fn logging(entry: &Entry) -> Logging {
    let options = entry.value.get("options").and_then(Value::map);
    Logging {
        driver: text(entry.value.get("driver")),
        options: options
            .into_iter()
            .flat_map(Map::iter)
            .map(|(name, option)| (name.clone(), text(Some(&option.value))))
            .collect(),
        span: entry.key,
    }
}

pub(super) fn env_file(item: &Value) -> EnvFile {
    let path = item.get("path").or(Some(item)).filter(|value| value.map().is_none());
    // An empty path is none that Compose would pass over.
    let empty = path.filter(|path| path.str() == Some(""));
    EnvFile {
        path: empty.map_or_else(|| text(path), |path| known(String::new(), path)),
        required: boolean(item.get("required")).value() != Some(&false),
        is_raw: item.get("format").and_then(Value::str) == Some("raw"),
        span: path.map_or(item.span, |path| path.span),
    }
}

pub(super) fn dependencies(value: Option<&Value>) -> Vec<Dependency> {
    let map = value.and_then(Value::map);
    map.into_iter()
        .flat_map(Map::iter)
        .map(|(name, entry)| Dependency {
            service: Spanned::new(name.clone(), entry.key),
            condition: entry
                .value
                .get("condition")
                .and_then(Value::str)
                .unwrap_or("service_started")
                .to_owned(),
            required: boolean(entry.value.get("required")).value() != Some(&false),
        })
        .collect()
}

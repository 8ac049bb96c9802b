//! Short forms to long ones, and one of each where Compose keeps one (compose-go `transform`, `override/uncity.go`).
//!
//! Both go over a merged document in place. A form that cannot be read stays as it is: the schema check and the
//! finding made here say what is wrong with it.

use super::merge::{to_build, to_mapping, to_sequence};
use super::path::Path;
use crate::fact::Why;
use crate::finding::{Finding, Layer, ReaderRule};
use crate::parse::Problem;
use crate::parse::yaml::{Data, Entry, Map, Value};
use crate::source::Span;
use crate::values::{port, volume};
use std::collections::HashMap;

/// So many published ports a document may spread out to. A range of all ports is one of 65,535.
const MAX_PORTS: usize = 70_000;

/// Rewrites the short forms of every service.
pub(crate) fn long_forms(document: &mut Value, problems: &mut Vec<Problem>) {
    let mut room = MAX_PORTS;
    let Some(services) = document
        .map_mut()
        .and_then(|map| map.get_mut("services"))
        .and_then(|entry| entry.value.map_mut())
    else {
        return;
    };
    for entry in services.values_mut() {
        if let Some(service) = entry.value.map_mut() {
            long_service(service, &mut room, problems);
        }
    }
}

fn long_service(service: &mut Map, room: &mut usize, problems: &mut Vec<Problem>) {
    let mut rewrite = |key: &str, change: &mut dyn FnMut(Value) -> Value| {
        if let Some(entry) = service.get_mut(key) {
            let before = std::mem::replace(&mut entry.value, Value::new(Data::Null, entry.key));
            entry.value = change(before);
        }
    };
    rewrite("build", &mut to_build);
    rewrite("networks", &mut |value| to_mapping(value, &[]));
    rewrite("models", &mut |value| to_mapping(value, &[]));
    let defaults = [
        ("condition", Data::Str("service_started".to_owned())),
        ("required", Data::Bool(true)),
    ];
    rewrite("depends_on", &mut |value| to_mapping(value, &defaults));
    for key in ["env_file", "label_file", "tmpfs", "dns", "dns_search"] {
        rewrite(key, &mut |value| {
            if matches!(value.data, Data::Str(_) | Data::Unknown { .. }) {
                to_sequence(value)
            } else {
                value
            }
        });
    }
    rewrite("env_file", &mut |value| {
        each(value, &mut |item| vec![wrap(item, "path")])
    });
    for key in ["secrets", "configs"] {
        rewrite(key, &mut |value| each(value, &mut |item| vec![wrap(item, "source")]));
    }
    rewrite("ports", &mut |value| {
        each(value, &mut |item| ports(item, room, problems))
    });
    rewrite("volumes", &mut |value| {
        each(value, &mut |item| vec![mount(item, problems)])
    });
}

fn each(value: Value, change: &mut dyn FnMut(Value) -> Vec<Value>) -> Value {
    match value.data {
        Data::Seq(items) => Value {
            data: Data::Seq(items.into_iter().flat_map(change).collect()),
            ..Value::new(Data::Null, value.span)
        },
        data => Value { data, ..value },
    }
}

/// A string as the mapping that has it under `key`.
fn wrap(item: Value, key: &str) -> Value {
    if !matches!(item.data, Data::Str(_) | Data::Unknown { .. }) {
        return item;
    }
    let span = item.span;
    let map = Map::from([(key.to_owned(), Entry { key: span, value: item })]);
    Value::new(Data::Map(map), span)
}

/// A mapping made from one short form: every value stands where the short form stands.
fn long(short: &Value, entries: Vec<(&str, Data)>) -> Value {
    let map = entries
        .into_iter()
        .map(|(key, data)| {
            let value = Value {
                data,
                state: short.state,
                ..Value::new(Data::Null, short.span)
            };
            (key.to_owned(), Entry { key: short.span, value })
        })
        .collect();
    Value {
        data: Data::Map(map),
        state: short.state,
        overridden: short.overridden.clone(),
        ..Value::new(Data::Null, short.span)
    }
}

fn ports(item: Value, room: &mut usize, problems: &mut Vec<Problem>) -> Vec<Value> {
    let (text, unknown) = match &item.data {
        Data::Int(number) => (number.to_string(), None),
        Data::Str(text) => (text.clone(), None),
        // Of `${PORT}:80` the container port is known.
        Data::Unknown { text, reason } => (text.clone(), Some(reason.clone())),
        _ => return vec![item],
    };
    if unknown.is_some() && text.is_empty() {
        return vec![item];
    }
    match port::parse(&text) {
        Ok(ports) if ports.len() > *room => {
            let message =
                format!("the published ports of this file are more than {MAX_PORTS}: these are not looked at");
            problems.push(Problem::new(
                ReaderRule::UnreadableInput,
                Finding::new(item.span, message).aspect("ports"),
            ));
            Vec::new()
        }
        Ok(ports) => {
            *room -= ports.len();
            ports
                .into_iter()
                .map(|port| {
                    let mut entries = Vec::new();
                    match (&unknown, port.host_ip) {
                        (_, Some(host_ip)) => entries.push(("host_ip", Data::Str(host_ip))),
                        // `${BIND}:5432:5432` binds wherever the variable says, and `${PORT}:5432` may say an address too.
                        (Some(reason), None) if text.starts_with(':') => {
                            entries.push((
                                "host_ip",
                                Data::Unknown {
                                    reason: reason.clone(),
                                    text: String::new(),
                                },
                            ));
                        }
                        _ => {}
                    }
                    entries.push(("target", Data::Int(i64::from(port.target))));
                    match (&unknown, port.published) {
                        (Some(reason), _) if text.contains(':') => {
                            entries.push((
                                "published",
                                Data::Unknown {
                                    reason: reason.clone(),
                                    text: String::new(),
                                },
                            ));
                        }
                        (_, Some(published)) => entries.push(("published", Data::Str(published))),
                        _ => {}
                    }
                    entries.push(("protocol", Data::Str(port.protocol)));
                    long(&item, entries)
                })
                .collect()
        }
        Err(_) if unknown.is_some() => vec![item],
        Err(reason) => {
            let finding = Finding::new(item.span, format!("Compose cannot read the port '{text}': {reason}"))
                .help("write [host address:][host port:]container port[/protocol]")
                .layer(Layer::Compose)
                .aspect("ports");
            problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
            Vec::new()
        }
    }
}

fn mount(item: Value, problems: &mut Vec<Problem>) -> Value {
    let (text, unknown) = match &item.data {
        Data::Str(text) => (text.clone(), None),
        Data::Unknown { text, reason } => (text.clone(), Some(reason.clone())),
        _ => return item,
    };
    match (volume::parse(&text), unknown) {
        (Some(mount), unknown) => {
            let source = match (unknown, mount.source) {
                (Some(reason), source) => Some(Data::Unknown {
                    reason,
                    text: source.unwrap_or_default(),
                }),
                (None, source) => source.map(Data::Str),
            };
            let kind = if mount.kind == volume::MountKind::Bind {
                "bind"
            } else {
                "volume"
            };
            let mut entries = vec![("type", Data::Str(kind.to_owned()))];
            if let Some(source) = source {
                entries.push(("source", source));
            }
            entries.push(("target", Data::Str(mount.target)));
            if mount.read_only {
                entries.push(("read_only", Data::Bool(true)));
            }
            long(&item, entries)
        }
        // `${DATA}:/data` with nothing known of the source: the target is.
        (None, Some(reason)) => {
            let target = text
                .split(':')
                .find(|part| part.starts_with('/'))
                .map(crate::values::path::clean);
            match target {
                Some(target) => long(
                    &item,
                    vec![
                        (
                            "type",
                            Data::Unknown {
                                reason: reason.clone(),
                                text: String::new(),
                            },
                        ),
                        (
                            "source",
                            Data::Unknown {
                                reason,
                                text: String::new(),
                            },
                        ),
                        ("target", Data::Str(target)),
                    ],
                ),
                None => item,
            }
        }
        (None, None) => {
            let finding = Finding::new(item.span, format!("Compose cannot read the volume '{text}'"))
                .help("write [source:]target[:options]")
                .layer(Layer::Compose)
                .aspect("volumes");
            problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
            item
        }
    }
}

/// An item that another one of the same list displaced.
#[derive(Clone, Debug)]
pub struct Displaced {
    /// The key of the attribute: `environment`, `volumes`.
    pub attribute: String,
    /// The service.
    pub service: String,
    /// What both are about: the variable, the path.
    pub key: String,
    /// The item that no longer counts.
    pub earlier: Span,
    /// The item that counts.
    pub later: Span,
    /// Whether both say the same.
    pub same: bool,
    /// Whether both stand in one list of one document, so that no override explains it.
    pub one_list: bool,
}

/// How items of a list are told apart.
enum Index {
    /// What stands before `=`.
    Key,
    /// `target`, cleaned.
    Target,
    /// The container path of a device.
    Device,
    /// `target`, or the source in this folder.
    Mounted(&'static str),
    /// Address, host port, container port and protocol.
    Port,
    /// `path`.
    File,
    /// The text.
    Text,
}

fn index(keys: &[&str]) -> Option<Index> {
    Some(match keys {
        ["networks", _, "labels"] | ["networks", _, "ipam", "options"] => Index::Key,
        ["services", _, rest @ ..] => match rest {
            [
                "annotations" | "cap_add" | "cap_drop" | "dns" | "dns_opt" | "dns_search" | "environment" | "labels"
                | "links" | "profiles" | "sysctls" | "tmpfs",
            ]
            | ["build", "args" | "additional_contexts" | "tags" | "labels"]
            | ["deploy", "labels"]
            | ["networks", _, "aliases" | "link_local_ips"] => Index::Key,
            ["devices"] => Index::Device,
            ["volumes"] => Index::Target,
            ["configs"] => Index::Mounted(""),
            ["secrets"] => Index::Mounted("/run/secrets"),
            ["ports"] => Index::Port,
            ["env_file"] => Index::File,
            ["expose"] => Index::Text,
            _ => return None,
        },
        _ => return None,
    })
}

/// Keeps the last of the items that are about the same thing, at the place of the first; says which were displaced.
pub(crate) fn unique(document: &mut Value, displaced: &mut Vec<Displaced>) {
    walk(document, Path::ROOT, displaced);
}

fn walk(value: &mut Value, path: Path<'_>, displaced: &mut Vec<Displaced>) {
    match &mut value.data {
        Data::Map(map) => {
            for (key, entry) in map.iter_mut() {
                walk(&mut entry.value, path.key(key), displaced);
            }
        }
        Data::Seq(items) => {
            let mut room = Path::room();
            let keys = path.keys(&mut room);
            if let Some(index) = index(keys) {
                let service = keys.get(1).copied().unwrap_or("");
                keep_last(items, &index, keys.last().copied().unwrap_or(""), service, displaced);
            }
        }
        _ => {}
    }
}

fn keep_last(items: &mut Vec<Value>, index: &Index, attribute: &str, service: &str, displaced: &mut Vec<Displaced>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for mut item in items.drain(..) {
        let Some(key) = item_key(&item, index) else {
            kept.push(item);
            continue;
        };
        match seen.get(&key).and_then(|at| kept.get_mut(*at)) {
            None => {
                seen.insert(key, kept.len());
                kept.push(item);
            }
            Some(earlier) => {
                if earlier.span != item.span {
                    displaced.push(Displaced {
                        attribute: attribute.to_owned(),
                        service: service.to_owned(),
                        key,
                        earlier: earlier.span,
                        later: item.span,
                        same: earlier.data == item.data,
                        one_list: false,
                    });
                    item.overridden.push((earlier.span, Why::Override));
                    item.overridden.append(&mut earlier.overridden);
                }
                *earlier = item;
            }
        }
    }
    *items = kept;
}

fn item_key(item: &Value, index: &Index) -> Option<String> {
    let text = |value: &Value| match &value.data {
        Data::Unknown { text, .. } => Some(text.clone()),
        _ => value.scalar_text(),
    };
    match index {
        Index::Key => {
            let whole = text(item)?;
            Some(whole.split_once('=').map_or(whole.clone(), |(key, _)| key.to_owned())).filter(|key| !key.is_empty())
        }
        Index::Text => text(item),
        Index::File => item.get("path").and_then(text).or_else(|| text(item)),
        Index::Target => match item.get("target") {
            Some(target) => text(target).map(|target| crate::values::path::clean(&target)),
            None => text(item)
                .and_then(|short| volume::parse(&short))
                .map(|mount| mount.target),
        },
        Index::Device => match item.get("target") {
            Some(target) => text(target),
            None => text(item).map(|short| {
                short
                    .split(':')
                    .nth(1)
                    .unwrap_or(short.split(':').next().unwrap_or(""))
                    .to_owned()
            }),
        },
        Index::Mounted(folder) => match item.get("target") {
            Some(target) => text(target),
            None => item
                .get("source")
                .map_or_else(|| text(item), text)
                .map(|source| format!("{folder}/{source}")),
        },
        Index::Port => {
            if item.map().is_none() {
                return text(item);
            }
            let part = |key: &str, default: &str| item.get(key).map_or(Some(default.to_owned()), text);
            // A host port that is not known is no other port's twin.
            if item
                .get("published")
                .is_some_and(|published| matches!(published.data, Data::Unknown { .. }))
            {
                return None;
            }
            Some(format!(
                "{}:{}:{}/{}",
                part("host_ip", "0.0.0.0")?,
                part("published", "")?,
                part("target", "")?,
                part("protocol", "tcp")?
            ))
        }
    }
}

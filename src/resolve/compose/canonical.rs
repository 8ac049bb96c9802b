//! Short forms to long ones (compose-go `transform`), in place. A form that cannot be read stays as it is: the schema check
//! and the finding made here say what is wrong with it.

use super::merge::{to_build, to_mapping, to_sequence};
use crate::fact::State;
use crate::finding::{Finding, Layer, ReaderRule, Severity};
use crate::parse::Problem;
use crate::parse::yaml::{Data, Entry, Map, Value};
use crate::source::Span;
use crate::values::{port, volume};

/// So many published ports a document may spread out to. A range of all ports is one of 65,535.
const MAX_PORTS: usize = 70_000;

/// The services of a document.
pub(super) fn services_mut(document: &mut Value) -> Option<&mut Map> {
    document.map_mut()?.get_mut("services")?.value.map_mut()
}

/// Rewrites the short forms of every service.
pub(crate) fn long_forms(document: &mut Value, problems: &mut Vec<Problem>) {
    let mut room = MAX_PORTS;
    let Some(services) = services_mut(document) else { return };
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
            let message = format!("this file publishes more than {MAX_PORTS} ports: these are not checked");
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
            let finding = Finding::new(item.span, format!("Compose cannot read the port `{text}`: {reason}"))
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
    let parsed = volume::parse(&text);
    let mut unknown = unknown;
    // A variable that `.env` sets to nothing is for people to fill in: what they mount there is not known.
    let can_be_filled = || text.starts_with(':') && volume::parse(&format!("/filled{text}")).is_some();
    if parsed.is_none() && unknown.is_none() && item.state == State::Substituted && can_be_filled() {
        let finding = unreadable(item.span, &text)
            .severity(Severity::Note)
            .help("set the variable before the `:`");
        problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
        unknown = Some("the variable before it is empty".to_owned());
    }
    match (parsed, unknown) {
        (Some(mount), unknown) => {
            let source = match (unknown, mount.source) {
                (Some(reason), source) => Some(Data::Unknown {
                    reason,
                    text: source.unwrap_or_default(),
                }),
                (None, source) => source.map(Data::Str),
            };
            let kind = match mount.kind {
                volume::MountKind::Bind => "bind",
                volume::MountKind::Volume => "volume",
            };
            let mut entries = vec![("type", Data::Str(kind.to_owned()))];
            if let Some(source) = source {
                entries.push(("source", source));
            }
            entries.push(("target", Data::Str(mount.target)));
            if mount.read_only {
                entries.push(("read_only", Data::Bool(true)));
            }
            if mount.keeps_empty {
                entries.push(("volume", long(&item, vec![("nocopy", Data::Bool(true))]).data));
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
            let finding = unreadable(item.span, &text);
            problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
            item
        }
    }
}

fn unreadable(span: Span, text: &str) -> Finding {
    Finding::new(span, format!("Compose cannot read the volume `{text}`"))
        .help("write [source:]target[:options]")
        .layer(Layer::Compose)
        .aspect("volumes")
}

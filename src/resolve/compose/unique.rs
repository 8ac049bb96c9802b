//! Lists in which Compose keeps one item a thing, and what that displaces (compose-go `override/uncity.go`).

use super::path::Path;
use crate::fact::Why;
use crate::parse::yaml::{Data, Value};
use crate::source::Span;
use crate::values::volume;
use std::collections::HashMap;

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

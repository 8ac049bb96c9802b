//! Edits between the short and the long forms that Compose gives one meaning: that they do is tested against it.

use super::model::{Doc, Kind};
use crate::mutations::edit::{Edit, Files, is_compose, with};

pub(super) const EDITS: &[Edit] = &[
    Edit::rewrites("list of variables as a mapping", list_as_mapping),
    Edit::rewrites("mapping of variables as a list", mapping_as_list),
    Edit::rewrites("one value as a list", value_as_list),
    Edit::rewrites("long form of build", long_build),
    Edit::rewrites("long form of depends_on", long_depends_on),
    Edit::rewrites("long form of a port", long_port),
    Edit::rewrites("long form of a mount", long_mount),
];

/// The services' keys that some function can write another way.
fn each(files: &Files, path: &str, change: impl Fn(&Doc<'_>, usize) -> Option<String>) -> Vec<Files> {
    if !is_compose(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let keys: Vec<usize> = doc.services().into_iter().flat_map(|at| doc.children(at)).collect();
    let make = |at: usize| {
        let line = &doc.lines[at];
        let is_odd = doc.lines[doc.block(at)].iter().any(|line| line.kind == Kind::Other);
        if line.kind != Kind::Key || line.has_dash() || is_odd {
            return None;
        }
        let text = change(&doc, at)?;
        Some(with(files, path, doc.replaced(doc.block(at), &text)))
    };
    keys.into_iter().filter_map(make).collect()
}

/// The items of a list of plain scalars, in either style, as texts.
fn items(doc: &Doc<'_>, at: usize) -> Option<Vec<String>> {
    let line = &doc.lines[at];
    let raw: Vec<String> = if line.value.is_empty() {
        let children = doc.children(at);
        let are_items = !children.is_empty()
            && children
                .iter()
                .all(|child| doc.lines[*child].kind == Kind::Item && doc.lines[*child].whole);
        let texts = children.iter().map(|child| doc.lines[*child].value.to_owned());
        texts.collect::<Vec<_>>().into_iter().filter(|_| are_items).collect()
    } else {
        let inside = line.value.strip_prefix('[')?.strip_suffix(']')?;
        inside.split(',').map(|item| item.trim().to_owned()).collect()
    };
    let texts: Option<Vec<String>> = raw.iter().map(|item| text(item)).collect();
    texts.filter(|texts| !texts.is_empty())
}

fn text(item: &str) -> Option<String> {
    let is_quoted = item.len() > 1
        && (item.starts_with('"') && item.ends_with('"') || item.starts_with('\'') && item.ends_with('\''));
    let inner = if is_quoted { &item[1..item.len() - 1] } else { item };
    let special = inner.contains(['"', '\'', '\\', '{', '}', '[', ']', '*', '&', '|', '!']);
    (!special && !inner.is_empty()).then(|| inner.to_owned())
}

fn lines(doc: &Doc<'_>, at: usize, below: &[String]) -> String {
    let line = &doc.lines[at];
    let blanks = " ".repeat(line.column + 2);
    let below: String = below.iter().map(|text| format!("{blanks}{text}\n")).collect();
    format!("{}{}:\n{below}", " ".repeat(line.column), line.key)
}

/// `A=1` in a list is `A: "1"` in a mapping.
fn list_as_mapping(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |doc, at| {
        let is_place = matches!(doc.lines[at].key, "environment" | "labels" | "annotations");
        let items = items(doc, at).filter(|_| is_place)?;
        let pairs: Option<Vec<(&str, &str)>> = items.iter().map(|item| item.split_once('=')).collect();
        let pairs = pairs?;
        let names: std::collections::BTreeSet<&str> = pairs.iter().map(|(name, _)| *name).collect();
        let below: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}: \"{value}\""))
            .collect();
        (names.len() == pairs.len()).then(|| lines(doc, at, &below))
    })
}

/// And the other way round.
fn mapping_as_list(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |doc, at| {
        if !matches!(doc.lines[at].key, "environment" | "labels") || !doc.lines[at].value.is_empty() {
            return None;
        }
        let pair = |child: usize| {
            let line = &doc.lines[child];
            let value = text(line.value).filter(|_| line.is_scalar() && !line.has_dash())?;
            Some(format!("- \"{}={value}\"", line.key))
        };
        let pairs: Option<Vec<String>> = doc.children(at).into_iter().map(pair).collect();
        pairs
            .filter(|pairs| !pairs.is_empty())
            .map(|pairs| lines(doc, at, &pairs))
    })
}

/// These take one text for a list of one.
fn value_as_list(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |doc, at| {
        let line = &doc.lines[at];
        let is_place = matches!(line.key, "env_file" | "dns" | "dns_search" | "tmpfs") && line.is_scalar();
        is_place.then(|| lines(doc, at, &[format!("- {}", line.value)]))
    })
}

/// A text is the context.
fn long_build(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |doc, at| {
        let line = &doc.lines[at];
        (line.key == "build" && line.is_scalar()).then(|| lines(doc, at, &[format!("context: {}", line.value)]))
    })
}

/// A name is waited for until it is started.
fn long_depends_on(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |doc, at| {
        let names = items(doc, at).filter(|_| doc.lines[at].key == "depends_on")?;
        let below: Vec<String> = names
            .iter()
            .map(|name| format!("{name}: {{condition: service_started, required: true}}"))
            .collect();
        Some(lines(doc, at, &below))
    })
}

/// `HOST:CONTAINER` is a published port and a target.
fn long_port(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |doc, at| {
        let ports = items(doc, at).filter(|_| doc.lines[at].key == "ports")?;
        let below: Option<Vec<String>> = ports
            .iter()
            .map(|port| {
                let parts: Vec<&str> = port.split(':').collect();
                let are_numbers = parts.iter().rev().take(2).all(|part| part.parse::<u16>().is_ok());
                let (address, published, target) = match parts.as_slice() {
                    [published, target] => (None, published, target),
                    [address, published, target] if !address.is_empty() => (Some(address), published, target),
                    _ => return None,
                };
                let address = address.map_or_else(String::new, |address| format!("host_ip: {address}, "));
                are_numbers.then(|| {
                    format!("- {{{address}target: {target}, published: \"{published}\", protocol: tcp, mode: ingress}}")
                })
            })
            .collect();
        Some(lines(doc, at, &below?))
    })
}

/// `SOURCE:TARGET` is a bind of a path, or a volume of a name.
fn long_mount(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, |doc, at| {
        let mounts = items(doc, at).filter(|_| doc.lines[at].key == "volumes")?;
        let below: Option<Vec<String>> = mounts
            .iter()
            .map(|mount| {
                let parts: Vec<&str> = mount.split(':').collect();
                let (source, target, more) = match parts.as_slice() {
                    [source, target] => (source, target, ""),
                    [source, target, "ro"] => (source, target, ", read_only: true"),
                    _ => return None,
                };
                let kind = match source.starts_with(['.', '/', '~']) {
                    true => "type: bind, bind: {create_host_path: true}",
                    false => "type: volume",
                };
                let is_plain = !source.contains(['$', ',', ' ']) && !target.contains(['$', ',', ' ']);
                is_plain.then(|| format!("- {{source: \"{source}\", target: \"{target}\"{more}, {kind}}}"))
            })
            .collect();
        Some(lines(doc, at, &below?))
    })
}

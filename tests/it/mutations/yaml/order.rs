//! Edits of the order of keys, and of what stands beside them. A mapping has no order (YAML 1.2.2, 3.2.1.1), and Compose gives
//! none to services or to the keys of one.

use super::model::Doc;
use crate::mutations::edit::{BYSTANDER, Edit, Files, is_compose, is_yaml, with};
use std::ops::Range;

pub(super) const EDITS: &[Edit] = &[
    Edit::moves("reordered services", reordered_services),
    Edit::moves("reordered keys of a service", reordered_keys),
    Edit::moves("reordered nested keys", reordered_nested_keys),
    Edit::moves("reordered top-level keys", reordered_top),
    Edit::moves("an unrelated service", unrelated_service),
    Edit::moves("an unrelated service before", unrelated_service_before),
    Edit::moves("an unrelated service behind a profile", unrelated_profile),
    Edit::moves("an unrelated network", unrelated_network),
    Edit::moves("an unrelated volume", unrelated_volume),
    Edit::moves("an unrelated extension", unrelated_extension),
    Edit::moves("an extension in a service", extension_in_service),
];

/// The entries that begin on some lines, each with the comments above it, the other way round and by one place on.
fn reordered(doc: &Doc<'_>, starts: &[usize], end: usize) -> Vec<String> {
    let is_mapping = starts
        .iter()
        .all(|at| !doc.lines[*at].has_dash() && !doc.lines[*at].key.is_empty());
    let (Some(first), true, false) = (starts.first(), starts.len() > 1 && is_mapping, doc.has_anchors()) else {
        return Vec::new();
    };
    if starts.iter().any(|at| doc.lines[*at].key == "<<") {
        return Vec::new();
    }
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut from = *first;
    for (index, at) in starts.iter().enumerate() {
        let to = if index + 1 == starts.len() {
            end
        } else {
            doc.block(*at).end
        };
        parts.push(from..to);
        from = to;
    }
    let mut orders = vec![parts.iter().rev().cloned().collect::<Vec<_>>()];
    if parts.len() > 2 {
        for by in 1..parts.len().min(4) {
            let mut order = parts.clone();
            order.rotate_left(by);
            orders.push(order);
        }
    }
    let written = |order: &Vec<Range<usize>>| order.iter().map(|part| doc.text(part.clone())).collect::<String>();
    orders
        .iter()
        .map(|order| doc.replaced(*first..end, &written(order)))
        .collect()
}

/// The entries below each of some keys, in other orders.
fn below(files: &Files, path: &str, keys: impl Fn(&Doc<'_>) -> Vec<usize>) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let texts = keys(&doc)
        .into_iter()
        .flat_map(|at| reordered(&doc, &doc.children(at), doc.block(at).end));
    texts.map(|text| with(files, path, text)).collect()
}

/// Services are started by their dependencies, not by their places.
fn reordered_services(files: &Files, path: &str) -> Vec<Files> {
    below(files, path, |doc| doc.top_key("services").into_iter().collect())
}

/// The keys of a service are a mapping.
fn reordered_keys(files: &Files, path: &str) -> Vec<Files> {
    below(files, path, |doc| doc.services())
}

/// So are those of `build`, `deploy`, `healthcheck`, `environment` and the like.
fn reordered_nested_keys(files: &Files, path: &str) -> Vec<Files> {
    below(files, path, |doc| {
        let services = doc.services();
        let is_nested =
            |at: &usize| doc.lines[*at].indent > 0 && doc.lines[*at].value.is_empty() && !services.contains(at);
        (0..doc.lines.len()).filter(is_nested).collect()
    })
}

/// `services`, `networks` and the others are a mapping.
fn reordered_top(files: &Files, path: &str) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let has_documents = doc
        .lines
        .iter()
        .any(|line| line.indent == 0 && line.text.starts_with("---"));
    let top = if has_documents { Vec::new() } else { doc.top() };
    let end = top.last().map_or(0, |at| doc.block(*at).end);
    let texts = reordered(&doc, &top, end);
    texts.into_iter().map(|text| with(files, path, text)).collect()
}

/// A service of its own: an image that has no warnings, and every limit that a profile could demand.
const SERVICE: &str = "bystander:
  image: busybox:1.37
  command: [sleep, infinity]
  user: '65534:65534'
  mem_limit: 8m
  mem_reservation: 8m
  memswap_limit: 8m
  cpus: 0.01
  pids_limit: 4
  read_only: true
  cap_drop: [ALL]
  security_opt: ['no-new-privileges:true']
  restart: unless-stopped
  network_mode: none
  healthcheck: {test: [CMD, 'true'], interval: 30s}
  logging: {driver: json-file, options: {max-size: 1m, max-file: '1'}}
";

fn service_at(files: &Files, path: &str, more: &str, is_first: bool) -> Vec<Files> {
    let Some(doc) = files.get(path).filter(|_| is_compose(path)).map(|text| Doc::new(text)) else {
        return Vec::new();
    };
    let services = doc.services();
    let (Some(first), Some(last)) = (services.first(), services.last()) else {
        return Vec::new();
    };
    if doc.lines[*first].has_dash() {
        return Vec::new();
    }
    let blanks = isize::try_from(doc.lines[*first].indent).unwrap_or(0);
    let text = super::model::shifted(&format!("{SERVICE}{more}"), blanks);
    let at = if is_first && !doc.is_spoken_of(*first) {
        *first
    } else {
        doc.block(*last).end
    };
    vec![with(files, path, doc.replaced(at..at, &text))]
}

/// A service that nothing refers to is no part of another.
fn unrelated_service(files: &Files, path: &str) -> Vec<Files> {
    service_at(files, path, "", false)
}

/// Wherever it stands.
fn unrelated_service_before(files: &Files, path: &str) -> Vec<Files> {
    service_at(files, path, "", true)
}

/// A profile that the others do not have leaves them as they are.
fn unrelated_profile(files: &Files, path: &str) -> Vec<Files> {
    service_at(files, path, &format!("  profiles: [{BYSTANDER}]\n"), false)
}

/// An entry below a top-level key, which is made if it is not there in block style.
fn top_entry(files: &Files, path: &str, key: &str, entry: &str) -> Vec<Files> {
    let Some(doc) = files.get(path).filter(|_| is_compose(path)).map(|text| Doc::new(text)) else {
        return Vec::new();
    };
    if doc.top().is_empty() || doc.lines.iter().any(|line| line.text == "...") {
        return Vec::new();
    }
    let text = match doc.top_key(key) {
        Some(at) if doc.lines[at].value.is_empty() => {
            let blanks = doc.children(at).first().map_or(2, |child| doc.lines[*child].indent);
            doc.replaced(at + 1..at + 1, &format!("{}{entry}\n", " ".repeat(blanks)))
        }
        Some(_) => return Vec::new(),
        None => format!("{}{key}:\n  {entry}\n", doc.text(0..doc.lines.len())),
    };
    vec![with(files, path, text)]
}

/// A network is made for those who join it.
fn unrelated_network(files: &Files, path: &str) -> Vec<Files> {
    top_entry(files, path, "networks", &format!("{BYSTANDER}: {{}}"))
}

/// A volume is made for those who mount it.
fn unrelated_volume(files: &Files, path: &str) -> Vec<Files> {
    top_entry(files, path, "volumes", &format!("{BYSTANDER}: {{}}"))
}

/// Keys that begin with `x-` are for people.
fn unrelated_extension(files: &Files, path: &str) -> Vec<Files> {
    top_entry(files, path, "x-bystander", "privileged: plain")
}

/// In services too.
fn extension_in_service(files: &Files, path: &str) -> Vec<Files> {
    if !is_compose(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let add = |at: usize| {
        let first = *doc.children(at).first()?;
        let line = &doc.lines[first];
        if line.has_dash() || line.key.is_empty() || doc.is_spoken_of(first) {
            return None;
        }
        let text = format!("{}x-bystander: {{plain: words}}\n", " ".repeat(line.indent));
        Some(with(files, path, doc.replaced(first..first, &text)))
    };
    doc.services().into_iter().filter_map(add).collect()
}

//! Edits of how mappings and lists are written: in flow style, behind an anchor, with long keys. The content is the same node.

use super::model::{Doc, Kind, shifted};
use crate::mutations::edit::{Edit, Files, is_compose, is_yaml, with};
use std::ops::Range;

pub(super) const EDITS: &[Edit] = &[
    Edit::rewrites("list in flow style", list_in_flow),
    Edit::rewrites("list in flow style over lines", list_in_flow_lines),
    Edit::rewrites("list in block style", list_in_block),
    Edit::rewrites("mapping in flow style", mapping_in_flow),
    Edit::rewrites("mapping in block style", mapping_in_block),
    Edit::rewrites("everything in flow style", everything_in_flow),
    Edit::rewrites("long key", long_key),
    Edit::rewrites("long key of a scalar", long_key_of_scalar),
    Edit::moves("anchor and merge key of a service", merged_service),
    Edit::moves("merge key of one key", merged_key),
    Edit::moves("merge keys of a list", merged_list),
    Edit::moves("merge key that is overridden", overridden_merge),
    Edit::rewrites("anchor and alias of a mapping", aliased_mapping),
];

/// A block as a node in flow style on one line; `None` for what is more than plain mappings, lists and scalars.
fn flow(doc: &Doc<'_>, range: Range<usize>) -> Option<String> {
    let is_odd =
        |at: usize| matches!(doc.lines[at].kind, Kind::Other | Kind::Comment) || doc.lines[at].text.contains(" #");
    if range.clone().any(is_odd) {
        return None;
    }
    let entries = doc.entries(range);
    let first = *entries.first()?;
    let is_list = doc.lines[first].has_dash();
    let mut parts = Vec::new();
    for at in entries {
        let line = &doc.lines[at];
        if line.has_dash() != is_list {
            return None;
        }
        if is_list && line.kind == Kind::Key {
            parts.push(format!("{{{}}}", item_keys(doc, at)?));
        } else if is_list {
            parts.push(scalar(doc, at)?);
        } else {
            parts.push(format!("{}: {}", line.key, value(doc, at)?));
        }
    }
    let inside = parts.join(", ");
    Some(if is_list {
        format!("[{inside}]")
    } else {
        format!("{{{inside}}}")
    })
}

/// The mapping that begins behind a dash.
fn item_keys(doc: &Doc<'_>, at: usize) -> Option<String> {
    let line = &doc.lines[at];
    // The dashes of the item, if there are several, are lists in a list.
    if line.text[line.indent..line.column].matches('-').count() != 1 {
        return None;
    }
    let mut end = at + 1;
    for (index, other) in doc.lines.iter().enumerate().skip(at + 1) {
        match other.kind {
            Kind::Blank | Kind::Comment => {}
            _ if other.indent >= line.column => end = index + 1,
            _ => break,
        }
    }
    let mut parts = vec![format!("{}: {}", line.key, value(doc, at)?)];
    for index in (at + 1..end).filter(|index| doc.lines[*index].indent == line.column) {
        let other = &doc.lines[index];
        if other.kind == Kind::Key && !other.has_dash() {
            parts.push(format!("{}: {}", other.key, value(doc, index)?));
        }
    }
    Some(parts.join(", "))
}

fn value(doc: &Doc<'_>, at: usize) -> Option<String> {
    let line = &doc.lines[at];
    if !line.value.is_empty() {
        return scalar(doc, at);
    }
    let block = doc.block(at);
    match block.len() {
        1 => Some("null".to_owned()),
        _ => flow(doc, block.start + 1..block.end),
    }
}

/// A scalar that can stand in flow style, where brackets and commas mean something.
fn scalar(doc: &Doc<'_>, at: usize) -> Option<String> {
    let line = &doc.lines[at];
    let text = line.value;
    if !line.whole || line.key == "<<" || text.starts_with(['&', '*', '!', '|', '>']) {
        return None;
    }
    let is_written = text.starts_with(['"', '\'', '[', '{']);
    let is_special = !is_written && text.contains(['[', ']', '{', '}', ',', '#', '"', '\'', '\\', '?']);
    Some(match is_special {
        true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        false => text.to_owned(),
    })
}

/// The value below each key that is fit, in flow style behind it.
fn in_flow(files: &Files, path: &str, is_list: bool, write: impl Fn(&Doc<'_>, usize, &str) -> String) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let change = |at: usize| {
        let line = &doc.lines[at];
        let block = doc.block(at);
        let fits = line.kind == Kind::Key && line.value.is_empty() && !line.has_dash() && !line.text.contains('#');
        let first = *doc.children(at).first().filter(|_| fits)?;
        if doc.lines[first].has_dash() != is_list {
            return None;
        }
        let text = flow(&doc, block.start + 1..block.end)?;
        let head = line.text.trim_end();
        Some(with(
            files,
            path,
            doc.replaced(block, &format!("{head} {}", write(&doc, at, &text))),
        ))
    };
    (0..doc.lines.len()).filter_map(change).collect()
}

/// Brackets hold the same list as dashes.
fn list_in_flow(files: &Files, path: &str) -> Vec<Files> {
    in_flow(files, path, true, |_, _, text| text.to_owned())
}

/// Inside brackets lines may break, further right than what holds them.
fn list_in_flow_lines(files: &Files, path: &str) -> Vec<Files> {
    in_flow(files, path, true, |doc, at, text| {
        let blanks = " ".repeat(doc.lines[at].column + 4);
        format!("[\n{blanks}{}\n{blanks}]", &text[1..text.len() - 1])
    })
}

/// Braces hold the same mapping as lines.
fn mapping_in_flow(files: &Files, path: &str) -> Vec<Files> {
    in_flow(files, path, false, |_, _, text| text.to_owned())
}

/// So the whole file is one value, as in JSON.
fn everything_in_flow(files: &Files, path: &str) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let has_comments = doc
        .lines
        .iter()
        .any(|line| line.kind == Kind::Comment || line.text.contains(" #"));
    let text = if has_comments {
        None
    } else {
        flow(&doc, 0..doc.lines.len())
    };
    text.into_iter()
        .map(|text| with(files, path, format!("{text}\n")))
        .collect()
}

/// The parts of a flow list or mapping without anything nested or quoted.
fn parts(value: &str, open: char, close: char) -> Option<Vec<&str>> {
    let inside = value.strip_prefix(open)?.strip_suffix(close)?;
    let is_plain = !inside.contains(['"', '\'', '[', '{', ']', '}', '&', '*', '!']) && !inside.trim().is_empty();
    is_plain.then(|| inside.split(',').map(str::trim).collect())
}

fn in_block(files: &Files, path: &str, write: impl Fn(&str, &str) -> Option<String>) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let change = |at: usize| {
        let line = &doc.lines[at];
        let fits = line.kind == Kind::Key && line.whole && line.value_at + line.value.len() == line.text.len();
        let text = write(line.value, &" ".repeat(line.column + 2)).filter(|_| fits)?;
        Some(with(
            files,
            path,
            doc.replaced(
                at..at + 1,
                &format!("{}\n{text}", line.text[..line.value_at].trim_end()),
            ),
        ))
    };
    (0..doc.lines.len()).filter_map(change).collect()
}

/// Dashes hold the same list as brackets.
fn list_in_block(files: &Files, path: &str) -> Vec<Files> {
    in_block(files, path, |value, blanks| {
        let items = parts(value, '[', ']')?;
        Some(items.iter().map(|item| format!("{blanks}- {item}\n")).collect())
    })
}

/// Lines hold the same mapping as braces.
fn mapping_in_block(files: &Files, path: &str) -> Vec<Files> {
    in_block(files, path, |value, blanks| {
        let items = parts(value, '{', '}')?;
        let are_pairs = items.iter().all(|item| item.contains(": "));
        are_pairs.then(|| items.iter().map(|item| format!("{blanks}{item}\n")).collect())
    })
}

/// `? key` and `: value` are a key and its value (8.2.2).
fn long_key(files: &Files, path: &str) -> Vec<Files> {
    long(files, path, true)
}

/// For scalars too.
fn long_key_of_scalar(files: &Files, path: &str) -> Vec<Files> {
    long(files, path, false)
}

fn long(files: &Files, path: &str, holds_lines: bool) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let change = |at: usize| {
        let line = &doc.lines[at];
        let block = doc.block(at);
        let is_place =
            line.kind == Kind::Key && !line.has_dash() && line.key != "<<" && line.value.is_empty() == holds_lines;
        let is_here = holds_lines || line.whole;
        if !is_place || !is_here || (holds_lines && block.len() < 2) {
            return None;
        }
        let blanks = " ".repeat(line.indent);
        let rest = &line.text[line.column + line.key.len()..];
        let head = format!("{blanks}? {}\n{blanks}{rest}", line.key);
        Some(with(files, path, doc.replaced(at..at + 1, &head)))
    };
    (0..doc.lines.len()).filter_map(change).collect()
}

/// A service whose keys are moved behind an anchor at the head of the file; `chosen` says which of them.
fn moved(files: &Files, path: &str, write: impl Fn(&Doc<'_>, usize, &[usize]) -> Vec<(String, String)>) -> Vec<Files> {
    if !is_compose(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let Some(head) = doc.top().first().copied().filter(|at| !doc.is_spoken_of(*at)) else {
        return Vec::new();
    };
    if doc.has_anchors() || files[path].contains("# plimsoll") {
        return Vec::new();
    }
    let mut made = Vec::new();
    for at in doc.services() {
        let keys = doc.children(at);
        let are_keys = keys
            .iter()
            .all(|key| doc.lines[*key].kind == Kind::Key && !doc.lines[*key].has_dash());
        if keys.is_empty() || !are_keys || !doc.lines[at].value.is_empty() {
            continue;
        }
        for (before, service) in write(&doc, at, &keys) {
            let name = doc.lines[at].text;
            let changed = format!(
                "{}{before}{}{name}\n{service}{}",
                doc.text(0..head),
                doc.text(head..at),
                doc.text(doc.block(at).end..doc.lines.len())
            );
            made.push(with(files, path, changed));
        }
    }
    made
}

/// The keys at some lines, as they would stand at another depth.
fn keys_at(doc: &Doc<'_>, keys: &[usize], indent: usize) -> String {
    let text: String = keys.iter().map(|key| doc.text(doc.block(*key))).collect();
    let now = keys.first().map_or(0, |key| doc.lines[*key].indent);
    shifted(
        &text,
        isize::try_from(indent).unwrap_or(0) - isize::try_from(now).unwrap_or(0),
    )
}

/// `<<` brings the keys of the mapping that it names (yaml.org/type/merge.html).
fn merged_service(files: &Files, path: &str) -> Vec<Files> {
    moved(files, path, |doc, _, keys| {
        let blanks = " ".repeat(doc.lines[keys[0]].indent);
        let before = format!("x-common: &common\n{}", keys_at(doc, keys, 2));
        vec![(before, format!("{blanks}<<: *common\n"))]
    })
}

/// The other keys stay where they are.
fn merged_key(files: &Files, path: &str) -> Vec<Files> {
    moved(files, path, |doc, _, keys| {
        let indent = doc.lines[keys[0]].indent;
        let blanks = " ".repeat(indent);
        let one = |key: &usize| {
            let rest: Vec<usize> = keys.iter().copied().filter(|other| other != key).collect();
            (
                format!("x-common: &common\n{}", keys_at(doc, &[*key], 2)),
                format!("{blanks}<<: *common\n{}", keys_at(doc, &rest, indent)),
            )
        };
        keys.iter().map(one).collect()
    })
}

/// Several mappings may be merged.
fn merged_list(files: &Files, path: &str) -> Vec<Files> {
    moved(files, path, |doc, _, keys| {
        let (first, rest) = keys.split_at(1);
        if rest.is_empty() {
            return Vec::new();
        }
        let blanks = " ".repeat(doc.lines[keys[0]].indent);
        let before = format!(
            "x-first: &first\n{}x-rest: &rest\n{}",
            keys_at(doc, first, 2),
            keys_at(doc, rest, 2)
        );
        vec![(before, format!("{blanks}<<: [*first, *rest]\n"))]
    })
}

/// A key of the mapping itself counts more than a merged one.
fn overridden_merge(files: &Files, path: &str) -> Vec<Files> {
    moved(files, path, |doc, _, keys| {
        let indent = doc.lines[keys[0]].indent;
        let blanks = " ".repeat(indent);
        let before = "x-common: &common\n  image: bystander:1\n".to_owned();
        match keys.iter().any(|key| doc.lines[*key].key == "image") {
            true => vec![(before, format!("{blanks}<<: *common\n{}", keys_at(doc, keys, indent)))],
            false => Vec::new(),
        }
    })
}

/// A mapping or list below a key of a service may be an alias.
fn aliased_mapping(files: &Files, path: &str) -> Vec<Files> {
    moved(files, path, |doc, _, keys| {
        let indent = doc.lines[keys[0]].indent;
        let holders = keys
            .iter()
            .filter(|key| doc.lines[**key].value.is_empty() && doc.block(**key).len() > 1);
        let one = |key: &usize| {
            let block = doc.block(*key);
            let below = doc
                .children(*key)
                .first()
                .map_or(indent + 2, |at| doc.lines[*at].indent);
            let blanks = isize::try_from(below).unwrap_or(0);
            let before = format!(
                "x-node: &node\n{}",
                shifted(&doc.text(block.start + 1..block.end), 2 - blanks)
            );
            let service: String = keys
                .iter()
                .map(|other| match other == key {
                    true => format!("{}{}: *node\n", " ".repeat(indent), doc.lines[*key].key),
                    false => doc.text(doc.block(*other)),
                })
                .collect();
            (before, service)
        };
        holders.map(one).collect()
    })
}

//! Edits that spread a Compose project over files, or give its files other names. Compose puts them together again.

use super::model::Doc;
use crate::mutations::edit::{BYSTANDER, EXTENDED, Edit, Files, is_compose, split_path, with};

pub(super) const EDITS: &[Edit] = &[
    Edit::moves("a key in an override file", key_in_override),
    Edit::moves("all but the image in an override file", rest_in_override),
    Edit::moves("a service in an override file", service_in_override),
    Edit::repeats("a key said again in an override file", key_again),
    Edit::moves("an override of another service", unrelated_override),
    Edit::moves("included file", included),
    Edit::moves("service extended from a file", extended_file),
    Edit::repeats("service extended from the same file", extended_here),
    Edit::moves("docker-compose.yml", |files, path| {
        renamed(files, path, "docker-compose.yml")
    }),
    Edit::moves("docker-compose.yaml", |files, path| {
        renamed(files, path, "docker-compose.yaml")
    }),
    Edit::moves("compose.yml", |files, path| renamed(files, path, "compose.yml")),
];

/// The Compose file of a folder that has one, with the folder.
fn base<'a>(files: &Files, path: &'a str) -> Option<&'a str> {
    let (folder, name) = split_path(path);
    let is_only = !files.keys().any(|other| {
        let (other_folder, other_name) = split_path(other);
        other_folder == folder && other != path && (is_compose(other) || other_name == ".env")
    });
    (name == "compose.yaml" && is_only).then_some(folder)
}

/// Whether the text reads another file relative to its own place, or says something of its own lines.
fn is_alone(text: &str) -> bool {
    !["include:", "extends:", "#", "COMPOSE_FILE"]
        .iter()
        .any(|word| text.contains(word))
}

/// Two texts: what stays, and what an override file says.
fn split(files: &Files, path: &str, write: impl Fn(&Doc<'_>, usize) -> Vec<(String, String)>) -> Vec<Files> {
    let Some(folder) = base(files, path) else {
        return Vec::new();
    };
    let doc = Doc::new(&files[path]);
    if doc.has_anchors() || !is_alone(&files[path]) {
        return Vec::new();
    }
    let texts = doc.services().into_iter().flat_map(|at| write(&doc, at));
    let made = texts.map(|(left, over)| {
        with(
            &with(files, path, left),
            &format!("{folder}compose.override.yaml"),
            over,
        )
    });
    made.collect()
}

/// What an override file says of a service.
fn override_of(doc: &Doc<'_>, service: usize, keys: &[usize]) -> String {
    let text: String = keys.iter().map(|key| doc.text(doc.block(*key))).collect();
    format!(
        "services:\n{}\n{text}",
        doc.lines[service].text.split('#').next().unwrap_or("").trim_end()
    )
}

fn without(doc: &Doc<'_>, keys: &[usize]) -> String {
    doc.mapped(|at, line| match keys.iter().any(|key| doc.block(*key).contains(&at)) {
        true => "\0".to_owned(),
        false => line.text.to_owned(),
    })
    .replace("\0\n", "")
}

/// What only one of two files says is what both say.
fn key_in_override(files: &Files, path: &str) -> Vec<Files> {
    split(files, path, |doc, at| {
        let keys = doc.children(at);
        if keys.len() < 2 || doc.lines[keys[0]].has_dash() {
            return Vec::new();
        }
        keys.iter()
            .map(|key| (without(doc, &[*key]), override_of(doc, at, &[*key])))
            .collect()
    })
}

/// However much that is.
fn rest_in_override(files: &Files, path: &str) -> Vec<Files> {
    split(files, path, |doc, at| {
        let keys = doc.children(at);
        let is_source = |key: &usize| matches!(doc.lines[*key].key, "image" | "build");
        let (stay, go): (Vec<usize>, Vec<usize>) = keys.into_iter().partition(is_source);
        match stay.is_empty() || go.is_empty() || doc.lines[go[0]].has_dash() {
            true => Vec::new(),
            false => vec![(without(doc, &go), override_of(doc, at, &go))],
        }
    })
}

/// A service that only one of two files has.
fn service_in_override(files: &Files, path: &str) -> Vec<Files> {
    split(files, path, |doc, at| match doc.services().len() {
        0 | 1 => Vec::new(),
        _ => vec![(without(doc, &[at]), format!("services:\n{}", doc.text(doc.block(at))))],
    })
}

/// A scalar that is replaced by itself.
fn key_again(files: &Files, path: &str) -> Vec<Files> {
    split(files, path, |doc, at| {
        let is_scalar = |key: &&usize| doc.lines[**key].is_scalar() && !doc.lines[**key].has_dash();
        let keys = doc.children(at);
        let all = || doc.text(0..doc.lines.len());
        keys.iter()
            .filter(is_scalar)
            .map(|key| (all(), override_of(doc, at, &[*key])))
            .collect()
    })
}

/// An override of nothing that is there.
fn unrelated_override(files: &Files, path: &str) -> Vec<Files> {
    let Some(folder) = base(files, path).filter(|_| is_alone(&files[path])) else {
        return Vec::new();
    };
    let text = format!("x-{BYSTANDER}:\n  plain: words\n");
    vec![with(files, &format!("{folder}compose.override.yaml"), text)]
}

/// An included file is a part of the project.
fn included(files: &Files, path: &str) -> Vec<Files> {
    // Compose 5.6.1 leaves `~` alone in the files that it is given, and follows it in those that they include.
    let fits = |text: &str| is_alone(text) && !text.contains("~/");
    let Some(folder) = base(files, path).filter(|_| fits(&files[path])) else {
        return Vec::new();
    };
    let mut made = with(files, path, "include: [part.yaml]\n".to_owned());
    made.insert(format!("{folder}part.yaml"), files[path].clone());
    vec![made]
}

/// A service that says nothing of its own is the one that it extends.
fn extended(files: &Files, path: &str, write: impl Fn(&Doc<'_>, usize, &str) -> Option<Files>) -> Vec<Files> {
    if base(files, path).is_none() || !is_alone(&files[path]) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    if doc.has_anchors() {
        return Vec::new();
    }
    // Compose follows none of these from the service that is extended, or names services by them.
    let fits = |at: &usize| doc.lines[*at].value.is_empty() && doc.block(*at).len() > 1;
    let name_of = |at: usize| doc.lines[at].key.trim_matches(['"', '\'']).to_owned();
    doc.services()
        .into_iter()
        .filter(fits)
        .filter_map(|at| write(&doc, at, &name_of(at)))
        .collect()
}

/// From a file that is nobody's project.
fn extended_file(files: &Files, path: &str) -> Vec<Files> {
    extended(files, path, |doc, at, name| {
        let block = doc.block(at);
        let blanks = " ".repeat(doc.lines[at].indent + 2);
        let head = doc.lines[at].text;
        let left = doc.replaced(
            block.clone(),
            &format!("{head}\n{blanks}extends: {{file: parts/common.yaml, service: {name}}}\n"),
        );
        // Paths in the other file are relative to it.
        let text = doc.text(block.clone());
        let has_paths = text.contains("./")
            || text.contains("_file:")
            || text.contains("build")
            || text.contains(": .")
            || text.contains("- .");
        let folder = split_path(path).0;
        let name = if has_paths { "common.yaml" } else { "parts/common.yaml" };
        let left = left.replace("parts/common.yaml", name);
        Some(with(
            &with(files, path, left),
            &format!("{folder}{name}"),
            format!("services:\n{}", doc.text(block)),
        ))
    })
}

/// From another service, which runs as well.
fn extended_here(files: &Files, path: &str) -> Vec<Files> {
    extended(files, path, |doc, at, name| {
        let block = doc.block(at);
        let text = doc.text(block.clone());
        let (indent, below) = (doc.lines[at].indent, doc.lines[*doc.children(at).first()?].indent);
        let (outer, inner) = (" ".repeat(indent), " ".repeat(below));
        let rest = doc.text(block.start + 1..block.end);
        if text.contains("profiles:") || text.contains("container_name:") || text.contains("ports:") {
            return None;
        }
        let written = format!(
            "{outer}{name}:\n{inner}extends: {{service: {name}-{EXTENDED}}}\n{outer}{name}-{EXTENDED}:\n{rest}"
        );
        Some(with(files, path, doc.replaced(block, &written)))
    })
}

/// Compose looks for four names, of which none means anything else.
fn renamed(files: &Files, path: &str, name: &str) -> Vec<Files> {
    let Some(folder) = base(files, path) else {
        return Vec::new();
    };
    // Who names the file must go on finding it.
    if files
        .iter()
        .any(|(other, text)| other != path && text.contains("compose.yaml"))
    {
        return Vec::new();
    }
    let mut made = files.clone();
    if let Some(text) = made.remove(path) {
        made.insert(format!("{folder}{name}"), text);
    }
    vec![made]
}

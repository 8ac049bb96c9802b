//! Edits of the blanks, comments and line ends of a YAML file. YAML 1.2.2, chapters 5 and 6: none of them is part of the content.

use super::model::{Doc, Kind, Line, shifted};
use crate::mutations::edit::{Edit, Files, NOTE, is_yaml, with};

pub(super) const EDITS: &[Edit] = &[
    Edit::moves("comment lines", comment_lines),
    Edit::moves("a trailing comment", trailing_comments),
    Edit::moves("blank lines", blank_lines),
    Edit::moves("blanks at line ends", blanks_at_ends),
    Edit::moves("CRLF", crlf),
    Edit::moves("no final newline", no_final_newline),
    Edit::moves("BOM", bom),
    Edit::moves("document start", document_start),
    Edit::moves("document end", document_end),
    Edit::moves("YAML directive", yaml_directive),
    Edit::moves("deeper indentation", deeper),
    Edit::moves("indented list", indented_list),
    Edit::moves("list at the margin of its key", list_at_the_margin),
    Edit::rewrites("blanks behind colons", blanks_behind_colons),
    Edit::rewrites("blanks before colons", blanks_before_colons),
];

/// The file once with all the places changed, and once for each.
fn each(
    files: &Files,
    path: &str,
    is_place: impl Fn(&Doc<'_>, usize) -> bool,
    change: impl Fn(&Line<'_>) -> String,
) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let places: Vec<usize> = (0..doc.lines.len()).filter(|at| is_place(&doc, *at)).collect();
    let make = |chosen: &[usize]| {
        let text = doc.mapped(|at, line| match chosen.contains(&at) {
            true => change(line),
            false => line.text.to_owned(),
        });
        with(files, path, text)
    };
    let mut made: Vec<Files> = places.iter().map(|at| make(&[*at])).collect();
    if places.len() > 1 {
        made.insert(0, make(&places));
    }
    made
}

/// Whether something can stand above a line: not inside a value, not between a comment and what it speaks of.
fn can_be_above(doc: &Doc<'_>, at: usize) -> bool {
    let is_known = matches!(doc.lines[at].kind, Kind::Key | Kind::Item);
    is_known && !doc.is_spoken_of(at)
}

/// A comment alone on a line is none of the keys around it.
fn comment_lines(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, can_be_above, |line| {
        format!("{}{NOTE}\n{}", " ".repeat(line.indent), line.text)
    })
}

/// A comment ends a value that is complete.
fn trailing_comments(files: &Files, path: &str) -> Vec<Files> {
    let is_place = |doc: &Doc<'_>, at: usize| {
        let line = &doc.lines[at];
        let is_open = line.value.starts_with(['|', '>']) || !line.whole;
        !line.text.contains('#') && matches!(line.kind, Kind::Key | Kind::Item) && !is_open
    };
    each(files, path, is_place, |line| format!("{} {NOTE}", line.text))
}

/// An empty line between keys is nothing.
fn blank_lines(files: &Files, path: &str) -> Vec<Files> {
    each(files, path, can_be_above, |line| format!("\n{}", line.text))
}

/// Blanks behind a value are none of it.
fn blanks_at_ends(files: &Files, path: &str) -> Vec<Files> {
    let is_place = |doc: &Doc<'_>, at: usize| {
        let line = &doc.lines[at];
        matches!(line.kind, Kind::Key | Kind::Item) && (line.whole || line.value.is_empty())
    };
    each(files, path, is_place, |line| format!("{}  ", line.text))
}

/// A line break is one however it is written (5.4), inside block scalars too.
fn crlf(files: &Files, path: &str) -> Vec<Files> {
    all(files, path, |text| Some(text.replace('\n', "\r\n")))
}

/// One change of the whole text.
fn all(files: &Files, path: &str, change: impl Fn(&str) -> Option<String>) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    change(&files[path])
        .into_iter()
        .map(|text| with(files, path, text))
        .collect()
}

/// The last line ends with the text, unless it belongs to a block scalar that keeps its line break.
fn no_final_newline(files: &Files, path: &str) -> Vec<Files> {
    all(files, path, |text| {
        let doc = Doc::new(text);
        let last = doc.lines.last()?;
        (last.kind != Kind::Other).then(|| text.trim_end_matches('\n').to_owned())
    })
}

/// A byte order mark at the start says the encoding (5.2).
fn bom(files: &Files, path: &str) -> Vec<Files> {
    all(files, path, |text| Some(format!("\u{feff}{text}")))
}

/// The first document may be begun by its marker; a comment at the head speaks of the file as before.
fn document_start(files: &Files, path: &str) -> Vec<Files> {
    all(files, path, |text| (!has_markers(text)).then(|| format!("---\n{text}")))
}

/// The only document may be ended by its marker.
fn document_end(files: &Files, path: &str) -> Vec<Files> {
    all(files, path, |text| (!has_markers(text)).then(|| format!("{text}...\n")))
}

/// The version of YAML that Compose reads: it refuses 1.2 by its name.
fn yaml_directive(files: &Files, path: &str) -> Vec<Files> {
    all(files, path, |text| {
        (!has_markers(text)).then(|| format!("%YAML 1.1\n---\n{text}"))
    })
}

fn has_markers(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("---") || line.starts_with('%') || line.starts_with("..."))
}

/// How deep a block is indented is its own choice (6.1): everything below one key moves by the same.
fn deeper(files: &Files, path: &str) -> Vec<Files> {
    let Some(doc) = files.get(path).filter(|_| is_yaml(path)).map(|text| Doc::new(text)) else {
        return Vec::new();
    };
    let mut made = Vec::new();
    for at in 0..doc.lines.len() {
        let line = &doc.lines[at];
        let block = doc.block(at);
        let has_indicator = doc.lines[block.clone()]
            .iter()
            .any(|line| line.value.starts_with(['|', '>']) && line.value.contains(|c: char| c.is_ascii_digit()));
        if line.kind != Kind::Key || !line.value.is_empty() || block.len() < 2 || has_indicator {
            continue;
        }
        // Comments behind the block that stand as deep as it does go along, or they would end it.
        let below = shifted(&doc.text(block.start + 1..block.end), 3);
        made.push(with(files, path, doc.replaced(block.start + 1..block.end, &below)));
    }
    made
}

/// The dashes of a list may stand deeper than its key (8.2.3).
fn indented_list(files: &Files, path: &str) -> Vec<Files> {
    lists(files, path, |line, first| (first == line).then_some(2))
}

/// The dashes of a list may stand where its key does (8.2.3).
fn list_at_the_margin(files: &Files, path: &str) -> Vec<Files> {
    lists(files, path, |line, first| {
        let by = isize::try_from(first.checked_sub(line)?).ok()?;
        (by > 0).then_some(-by)
    })
}

/// Every list below a key, moved by what a function says of their columns.
fn lists(files: &Files, path: &str, by: impl Fn(usize, usize) -> Option<isize>) -> Vec<Files> {
    if !is_yaml(path) {
        return Vec::new();
    }
    let doc = Doc::new(&files[path]);
    let keys = (0..doc.lines.len()).filter(|at| doc.lines[*at].kind == Kind::Key && doc.lines[*at].value.is_empty());
    let change = |at: usize| {
        let first = *doc.children(at).first()?;
        let line = &doc.lines[first];
        if !line.has_dash() {
            return None;
        }
        let block = doc.block(at);
        let moved = shifted(&doc.text(at + 1..block.end), by(doc.lines[at].column, line.indent)?);
        Some(with(files, path, doc.replaced(at + 1..block.end, &moved)))
    };
    keys.filter_map(change).collect()
}

/// As many blanks as one likes stand between a colon and the value.
fn blanks_behind_colons(files: &Files, path: &str) -> Vec<Files> {
    let is_place = |doc: &Doc<'_>, at: usize| doc.lines[at].kind == Kind::Key && !doc.lines[at].value.is_empty();
    each(files, path, is_place, |line| {
        format!("{}   {}", &line.text[..line.value_at], &line.text[line.value_at..])
    })
}

/// Blanks may stand between a key and its colon (7.4.2 and 8.2.2).
fn blanks_before_colons(files: &Files, path: &str) -> Vec<Files> {
    let is_place = |doc: &Doc<'_>, at: usize| doc.lines[at].kind == Kind::Key && doc.lines[at].key != "<<";
    each(files, path, is_place, |line| {
        let end = line.column + line.key.len();
        format!("{} {}", &line.text[..end], &line.text[end..])
    })
}

//! Works out where the keys of a fix are written: edits by span, so that comments, order, quoting, anchors and line ends stay as they
//! are. What cannot be edited for certain is not: an entry that is shared through an anchor, a mapping of tabs, a value over lines.

use crate::finding::{Edit, Finding, Set, Wanted};
use crate::parse::yaml::{self, Data, Entry, Map, Value, YamlFile};
use crate::source::{SourceId, Sources, Span};
use std::collections::HashMap;

/// Turns the keys of findings into edits. A finding of which one part has no place is not mended at all.
pub(crate) fn place<'a>(findings: impl Iterator<Item = &'a mut Finding>, sources: &Sources) {
    let mut files: HashMap<SourceId, YamlFile> = HashMap::new();
    for finding in findings {
        let (sets, drops) = (std::mem::take(&mut finding.sets), std::mem::take(&mut finding.drops));
        let mut edits = Vec::new();
        let mut is_whole = true;
        for (id, edit) in sets
            .iter()
            .map(|set| (set.service.source, Asked::Set(set)))
            .chain(drops.iter().map(|key| (key.source, Asked::Drop(*key))))
        {
            let text = sources.get(id).text.as_str();
            let file = files.entry(id).or_insert_with(|| yaml::parse(id, text));
            let page = Page { text, id };
            let edit = match edit {
                Asked::Set(set) => page.set(file, set),
                Asked::Drop(key) => page.drop(file, key),
            };
            is_whole &= file.is_whole() && edit.is_some();
            edits.extend(edit);
        }
        if is_whole {
            finding.fix.extend(edits);
        }
    }
}

enum Asked<'a> {
    Set(&'a Set),
    Drop(Span),
}

struct Page<'a> {
    text: &'a str,
    id: SourceId,
}

impl Page<'_> {
    fn set(&self, file: &YamlFile, set: &Set) -> Option<Edit> {
        let services = file
            .documents
            .iter()
            .filter_map(|document| document.get("services")?.map());
        let service = services.flat_map(Map::values).find(|entry| entry.key == set.service)?;
        let map = service.value.map()?;
        if !self.is_own(service) {
            return None;
        }
        let old = map.get(&set.key);
        match (old.filter(|old| self.is_inside(&service.value, old)), &set.value) {
            (Some(old), Wanted::Value(value)) => self.replace(old, value),
            (Some(old), Wanted::Item(item)) => self.add(old, item),
            // A list that is merged in would be replaced.
            (None, Wanted::Item(_)) if old.is_some() => None,
            (None, Wanted::Item(item)) => self.insert(&service.value, &format!("{}: [{item}]", set.key)),
            (None, Wanted::Value(value)) => self.insert(&service.value, &format!("{}: {value}", set.key)),
        }
    }

    /// Whether the value stands behind its key, and nobody else can mean it.
    fn is_own(&self, entry: &Entry) -> bool {
        let between = self.text.get(entry.key.end as usize..entry.value.span.start as usize);
        entry.value.span.source == self.id && between.is_some_and(|between| !between.contains(['&', '*', '!']))
    }

    fn is_inside(&self, map: &Value, entry: &Entry) -> bool {
        let (start, end) = (map.span.start, map.span.end);
        entry.key.source == self.id && start <= entry.key.start && entry.key.end <= end
    }

    fn replace(&self, old: &Entry, value: &str) -> Option<Edit> {
        let written = self
            .text
            .get(old.value.span.start as usize..old.value.span.end as usize)?;
        let is_plain = self.is_own(old) && !written.is_empty() && !written.contains('\n');
        is_plain.then(|| edit(old.value.span, value))
    }

    /// Puts an item before those that are there.
    fn add(&self, old: &Entry, item: &str) -> Option<Edit> {
        let Data::Seq(items) = &old.value.data else { return None };
        if !self.is_own(old) {
            return None;
        }
        let start = old.value.span.start as usize;
        if self.text.get(start..)?.starts_with('[') {
            let comma = if items.is_empty() { "" } else { ", " };
            return Some(self.at(start + 1, format!("{item}{comma}")));
        }
        let first = items.first()?.span.start as usize;
        let dash = self.text.get(..first)?.rfind('-')?;
        let indent = self.indent(dash)?;
        Some(self.at(dash, format!("- {item}{}{indent}", self.line_end())))
    }

    /// Puts an entry behind the last one on a line of its own, else before the first.
    fn insert(&self, map: &Value, entry: &str) -> Option<Edit> {
        let start = map.span.start as usize;
        let entries = map.map()?.values().filter(|entry| self.is_inside(map, entry));
        if self.text.get(start..)?.starts_with('{') {
            let has_entries = entries.count() > 0;
            return has_entries.then(|| self.at(start + 1, format!("{entry}, ")));
        }
        let mut entries: Vec<&Entry> = entries.collect();
        entries.sort_by_key(|entry| entry.key.start);
        let indent = self.indent(entries.first()?.key.start as usize)?;
        let short = entries.iter().rev().find_map(|entry| self.end_of_line(entry));
        Some(match short {
            Some(end) => self.at(end, format!("{}{indent}{entry}", self.line_end())),
            None => self.at(
                entries.first()?.key.start as usize,
                format!("{entry}{}{indent}", self.line_end()),
            ),
        })
    }

    /// The end of the line of an entry that has no other.
    fn end_of_line(&self, entry: &Entry) -> Option<usize> {
        if !self.is_own(entry) || matches!(entry.value.data, Data::Map(_) | Data::Seq(_) | Data::Null) {
            return None;
        }
        let written = self.text.get(entry.key.start as usize..entry.value.span.end as usize)?;
        let end = entry.value.span.end as usize;
        let rest = self.text.get(end..)?.split('\n').next()?.trim_end_matches('\r');
        let is_alone = rest.trim().is_empty() || rest.trim_start().starts_with('#');
        (is_alone && !written.contains('\n')).then_some(end + rest.len())
    }

    /// Takes an entry away with its lines, unless it is the only one of its mapping.
    fn drop(&self, file: &YamlFile, key: Span) -> Option<Edit> {
        let (map, entry) = file.documents.iter().find_map(|document| find(document, key))?;
        let start = entry.key.start as usize;
        self.indent(start)?;
        let line = self.text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let others = map
            .values()
            .filter(|other| other.key != entry.key && other.key.source == self.id);
        let next = others
            .clone()
            .map(|other| other.key.start as usize)
            .filter(|at| *at > start)
            .min();
        if others.count() == 0 || !self.is_own(entry) {
            return None;
        }
        let end = match (self.end_of_line(entry), next) {
            (Some(end), _) => self
                .text
                .get(end..)?
                .find('\n')
                .map_or(self.text.len(), |at| end + at + 1),
            // Comments above the next key are of that one, perhaps.
            (None, Some(next)) => {
                let end = self.text.get(..next)?.rfind('\n').map_or(0, |at| at + 1);
                let inside = self.text.get(start..end)?;
                return (!inside.contains('#')).then(|| edit(Span::new(self.id, line, end), ""));
            }
            (None, None) => return None,
        };
        Some(edit(Span::new(self.id, line, end), ""))
    }

    /// The blanks before a place, if nothing else stands before it on its line.
    fn indent(&self, at: usize) -> Option<&str> {
        let before = self.text.get(..at)?;
        let line = before.get(before.rfind('\n').map_or(0, |at| at + 1)..)?;
        line.bytes().all(|byte| byte == b' ').then_some(line)
    }

    fn line_end(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    fn at(&self, at: usize, text: String) -> Edit {
        Edit {
            span: Span::new(self.id, at, at),
            text,
        }
    }
}

fn edit(span: Span, text: &str) -> Edit {
    Edit {
        span,
        text: text.to_owned(),
    }
}

/// The mapping with an entry of this key, as deep as it may be.
fn find(value: &Value, key: Span) -> Option<(&Map, &Entry)> {
    match &value.data {
        Data::Map(map) => match map.values().find(|entry| entry.key == key || entry.value.span == key) {
            Some(entry) => Some((map, entry)),
            None => map.values().find_map(|entry| find(&entry.value, key)),
        },
        Data::Seq(items) => items.iter().find_map(|item| find(item, key)),
        _ => None,
    }
}

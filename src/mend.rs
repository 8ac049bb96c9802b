//! Works out where the keys of a fix are written: edits by span, so that comments, order, quoting, anchors and line ends stay as they
//! are. What cannot be edited for certain is not: an entry that is shared through an anchor, a mapping of tabs, a value over lines.

mod lines;
mod removal;

use crate::finding::{Change, Edit, Finding};
use crate::order::Order as _;
use crate::parse::yaml::{self, Data, Entry, Value, YamlFile};
use crate::source::{SourceId, Sources, Span};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Turns the changes of findings into edits. A finding of which one part has no place is not mended at all. `known` are the YAML files
/// that are read already.
pub(crate) fn place<'a>(
    findings: impl Iterator<Item = &'a mut Finding>,
    sources: &Sources,
    known: &dyn Fn(SourceId) -> Option<Arc<YamlFile>>,
) {
    let mut findings: Vec<&mut Finding> = findings.filter(|finding| !finding.changes.is_empty()).collect();
    let changes = findings.iter().flat_map(|finding| &finding.changes);
    let ids: BTreeSet<SourceId> = changes
        .filter(|change| change.is_of_yaml())
        .map(|change| change.span().source)
        .collect();
    let read = |id| known(id).unwrap_or_else(|| Arc::new(yaml::parse(id, &sources.get(id).text)));
    let files: Vec<(SourceId, Arc<YamlFile>)> = ids
        .into_iter()
        .map(|id| (id, read(id)))
        .filter(|(_, file)| file.is_whole())
        .collect();
    let mut pages: HashMap<SourceId, Page<'_>> = files
        .iter()
        .map(|(id, file)| (*id, Page::new(*id, &sources.get(*id).text, file)))
        .collect();
    for change in findings.iter().flat_map(|finding| &finding.changes) {
        if let Change::Remove(item) = change
            && let Some(page) = pages.get_mut(&item.source)
            && let Some(list) = page.items.get(item)
        {
            page.taken.entry(list.span).or_default().insert(*item);
        }
    }
    for finding in &mut findings {
        let changes = std::mem::take(&mut finding.changes);
        let edit = |change: &Change| {
            let text = &sources.get(change.span().source).text;
            match change {
                Change::Lines(span) => lines::gone(*span, text),
                Change::Cut(span) => lines::cut(*span, text),
                Change::Whole(span, new) => lines::whole(*span, new, text),
                Change::Append(span, more) => lines::append(*span, more, text),
                Change::Above(span, line) => lines::above(*span, line, text),
                Change::Below(span, more) => lines::below(*span, more, text),
                Change::CommentAbove(span) => lines::comment_above(*span, text),
                Change::Join(span) => lines::join(*span, text),
                _ => pages.get(&change.span().source)?.edit(change),
            }
        };
        if let Some(edits) = changes.iter().map(edit).collect::<Option<Vec<Edit>>>() {
            finding.fix.extend(edits);
        }
    }
}

struct Page<'a> {
    id: SourceId,
    text: &'a str,
    line_end: &'static str,
    /// Every entry with its mapping, by where its key is written, and by where its value is.
    entries: HashMap<Span, (&'a Value, &'a Entry)>,
    /// Every item with its list, by where it is written.
    items: HashMap<Span, &'a Value>,
    /// The items that are to be taken away from a list, by where that is written.
    taken: HashMap<Span, HashSet<Span>>,
    /// The file, if it is one document.
    root: Option<&'a Value>,
}

impl<'a> Page<'a> {
    fn new(id: SourceId, text: &'a str, file: &'a YamlFile) -> Self {
        let (mut entries, mut items) = (HashMap::new(), HashMap::new());
        for document in &file.documents {
            collect(document, &mut entries, &mut items);
        }
        let root = match file.documents.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self {
            id,
            text,
            line_end,
            entries,
            items,
            taken: HashMap::new(),
            root,
        }
    }

    fn edit(&self, change: &Change) -> Option<Edit> {
        match change {
            Change::Set(service, key, value) => {
                let map = self.service(*service)?;
                match self.entry(map, key) {
                    Some(old) if self.is_own(old) => self.replace(old.value.span, value),
                    Some(_) => None,
                    None => self.insert(map, &format!("{key}: {value}")),
                }
            }
            Change::Add(service, key, item) => {
                let map = self.service(*service)?;
                match self.entry(map, key) {
                    Some(old) => self.add(old, item),
                    // A list that is merged in would be replaced.
                    None if map.get(key).is_some() => None,
                    None => self.insert(map, &format!("{key}: [{item}]")),
                }
            }
            Change::Put(item, key, value) => self.put(*item, key, value),
            Change::Drop(key) => self.drop(*key),
            Change::Remove(item) => self.remove(*item),
            Change::Define(_, section, name) => self.define(section, name),
            Change::Replace(span, value) => self.replace(*span, value),
            Change::Before(span, text) => {
                let start = self.inside(*span)?.start;
                // `:80` has a part of what comes before it already.
                let there = self.text.get(start..).unwrap_or("");
                let missing = (0..=text.len()).rev().filter_map(|end| text.split_at_checked(end));
                let mut missing = missing.filter(|(_, rest)| there.starts_with(rest));
                let new = missing.next_back().map_or(*text, |(new, _)| new);
                Some(self.at(start, new.to_owned()))
            }
            Change::After(span, text) => Some(self.at(self.inside(*span)?.end, (*text).to_owned())),
            _ => None,
        }
    }

    /// Sets a key of a mapping that is an item of a list.
    fn put(&self, item: Span, key: &str, value: &str) -> Option<Edit> {
        let list = self.items.get(&item)?;
        let (_, entry) = self.entries.get(&list.span)?;
        let map = list.seq()?.iter().find(|other| other.span == item)?;
        let shares = self
            .text
            .get(item.start as usize..item.end as usize)?
            .contains(['&', '*', '!']);
        if !self.is_own(entry) || shares {
            return None;
        }
        match self.entry(map, key) {
            Some(old) => self.replace(old.value.span, value),
            None => self.insert(map, &format!("{key}: {value}")),
        }
    }

    /// The mapping of a service, if it is no one else's.
    fn service(&self, name: Span) -> Option<&'a Value> {
        let (_, service) = self.entries.get(&name)?;
        (self.is_own(service) && service.value.map().is_some()).then_some(&service.value)
    }

    /// The entry that is written in a mapping itself, not merged into it.
    fn entry<'b>(&self, map: &'b Value, key: &str) -> Option<&'b Entry> {
        map.entry(key).filter(|entry| self.is_inside(map, entry))
    }

    /// A scalar on one line without its quotes.
    fn inside(&self, span: Span) -> Option<std::ops::Range<usize>> {
        let (start, end) = (span.start as usize, span.end as usize);
        let written = self
            .text
            .get(start..end)
            .filter(|text| !text.is_empty() && !text.contains(['\n', '*', '&']))?;
        let quoted = ['\'', '"'].iter().any(|quote| {
            let rest = written.strip_prefix(*quote);
            rest.is_some_and(|rest| rest.ends_with(*quote))
        });
        Some(if quoted { start + 1..end - 1 } else { start..end })
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

    fn replace(&self, old: Span, value: &str) -> Option<Edit> {
        // What a variable gives is not in this file.
        let inside = self.inside(old)?;
        let is_given = self.text.get(inside)?.contains('$');
        (!is_given).then(|| edit(old, value))
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
        Some(self.at(dash, format!("- {item}{}{indent}", self.line_end)))
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
        entries.order_by_key(|entry| entry.key.start);
        let indent = self.indent_below(entries.first()?.key.start as usize)?;
        let short = entries.iter().rev().find_map(|entry| self.end_of_line(entry));
        Some(match short {
            Some(end) => self.at(end, format!("{}{indent}{entry}", self.line_end)),
            None => self.at(
                entries.first()?.key.start as usize,
                format!("{entry}{}{indent}", self.line_end),
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

    /// Puts a name under a section at the top of the file, which is made if it is not there.
    fn define(&self, section: &str, name: &str) -> Option<Edit> {
        let root = self.root?;
        let (name, body) = name.split_once(": ").unwrap_or((name, "{}"));
        if root
            .map()?
            .get(section)
            .is_some_and(|entry| entry.value.map().is_some())
        {
            let entry = self.entry(root, section).filter(|entry| self.is_own(entry))?;
            if entry.value.get(name).is_some() {
                return None;
            }
            return self.insert(&entry.value, &format!("{name}: {body}"));
        }
        let is_block =
            !self.text.trim_start().starts_with('{') && !self.text.contains("\n---") && !self.text.contains("\n...");
        let is_new = root.map()?.get(section).is_none() && is_block;
        // Behind whatever a service at the end gets, which is put before the end of its line.
        let (end, break_) = (self.text.len(), self.line_end);
        let is_new = is_new && self.text.ends_with('\n');
        is_new.then(|| self.at(end, format!("{break_}{section}:{break_}  {name}: {body}{break_}")))
    }

    /// The blanks before a place, if nothing else stands before it on its line.
    fn indent(&self, at: usize) -> Option<&str> {
        let before = self.text.get(..at)?;
        let blanks = before.bytes().rev().take_while(|byte| *byte == b' ').count();
        let start = at - blanks;
        let is_first = before.get(..start)?.bytes().last().is_none_or(|byte| byte == b'\n');
        is_first.then(|| before.get(start..)).flatten()
    }

    /// The blanks that the next key of a mapping gets whose first key is here, perhaps behind the dashes of lists.
    fn indent_below(&self, at: usize) -> Option<String> {
        let before = self.text.get(..at)?;
        let line = before.get(before.rfind('\n').map_or(0, |at| at + 1)..)?;
        line.bytes()
            .all(|byte| byte == b' ' || byte == b'-')
            .then(|| " ".repeat(line.len()))
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

fn collect<'a>(
    value: &'a Value,
    entries: &mut HashMap<Span, (&'a Value, &'a Entry)>,
    items: &mut HashMap<Span, &'a Value>,
) {
    match &value.data {
        Data::Map(map) => {
            for entry in map.values() {
                entries.insert(entry.key, (value, entry));
                entries.entry(entry.value.span).or_insert((value, entry));
                collect(&entry.value, entries, items);
            }
        }
        Data::Seq(list) => {
            for item in list {
                items.insert(item.span, value);
                collect(item, entries, items);
            }
        }
        _ => {}
    }
}

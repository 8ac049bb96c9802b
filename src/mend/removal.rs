//! Takes entries and items of YAML away with their lines.

use super::{Page, edit};
use crate::finding::Edit;
use crate::parse::yaml::Entry;
use crate::source::Span;

/// Of longer mappings no entry is dropped.
const MAX_NEIGHBOURS: usize = 500;

impl Page<'_> {
    /// Takes an entry away with its lines, unless it is the only one of its mapping.
    pub(super) fn drop(&self, key: Span) -> Option<Edit> {
        let (map, entry) = self.entries.get(&key)?;
        // Each looks at all of its neighbours.
        if map.map()?.len() > MAX_NEIGHBOURS {
            return None;
        }
        let start = entry.key.start as usize;
        self.indent(start)?;
        let line = self.text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let others = map
            .map()?
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

    /// Takes an item out of its list.
    pub(super) fn remove(&self, item: Span) -> Option<Edit> {
        let list = self.items.get(&item)?;
        let items = list.seq().filter(|items| items.len() <= MAX_NEIGHBOURS)?;
        let (_, entry) = self.entries.get(&list.span)?;
        let is_whole = self
            .text
            .get(item.start as usize..item.end as usize)?
            .contains(['&', '*']);
        if !self.is_own(entry) || is_whole {
            return None;
        }
        if items.len() == 1 {
            return self.drop_list(entry, item).or_else(|| self.drop(entry.key));
        }
        // One has to stay, or Compose reads an empty value: the last goes with its key once it is alone.
        let are_all = self
            .taken
            .get(&list.span)
            .is_some_and(|taken| taken.len() >= items.len());
        if are_all && items.last().is_some_and(|last| last.span == item) {
            return None;
        }
        let at = items.iter().position(|other| other.span == item)?;
        let next = items.get(at + 1).map(|next| next.span.start as usize);
        if self.text.get(list.span.start as usize..)?.starts_with('[') {
            let before = at.checked_sub(1).and_then(|before| items.get(before));
            let (start, end) = match (next, before) {
                (Some(next), _) => (item.start as usize, next),
                (None, before) => (before?.span.end as usize, item.end as usize),
            };
            let inside = self.text.get(start..end)?;
            return (!inside.contains('#')).then(|| edit(Span::new(self.id, start, end), ""));
        }
        let dash = self.text.get(..item.start as usize)?.rfind('-')?;
        self.indent(dash)?;
        let start = self.text.get(..dash)?.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.text.get(item.end as usize..)?;
        let line = rest.split_inclusive('\n').next().unwrap_or("");
        let is_alone = line.trim().is_empty() || line.trim_start().starts_with('#');
        let written = self.text.get(start..item.end as usize)?;
        let is_short = is_alone && !written.contains('\n');
        let end = match next {
            _ if is_short => item.end as usize + line.len(),
            Some(next) => self.text.get(..next)?.rfind('\n')? + 1,
            None => return None,
        };
        let has_comment = !is_short && self.text.get(start..end)?.contains('#');
        (!has_comment).then(|| edit(Span::new(self.id, start, end), ""))
    }

    /// Takes a list of one item away with its lines: the key and the item are on one, or on two.
    fn drop_list(&self, entry: &Entry, item: Span) -> Option<Edit> {
        let (map, _) = self.entries.get(&entry.key)?;
        if map.map()?.len() < 2 {
            return None;
        }
        let start = entry.key.start as usize;
        self.indent(start)?;
        let line = self.text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let end = (item.end as usize).max(entry.value.span.start as usize + 1);
        let rest = self.text.get(end..)?;
        let behind = rest.split_inclusive('\n').next().unwrap_or("");
        let closed = behind.trim().trim_start_matches(']').trim_start();
        let is_alone = closed.is_empty() || closed.starts_with('#');
        let is_short = self.text.get(line..end)?.matches('\n').count() < 2;
        (is_alone && is_short).then(|| edit(Span::new(self.id, line, end + behind.len()), ""))
    }
}

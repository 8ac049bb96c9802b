//! The files that a COPY or ADD brings, and their bytes.

use super::{Context, Copied, Entry, Source};
use crate::resolve::stage::Plan;
use crate::values::path::{is_below, name};

impl Context {
    /// The entries that a copy brings, each with its path in the image; `None` if not all of them are known.
    pub fn brought(&self, copy: &Copied, plan: &Plan) -> Option<Vec<(String, &Entry)>> {
        let transfer = plan.transfers.get(copy.transfer).filter(|_| !copy.parents)?;
        let destination = transfer.destination.value()?;
        let workdir = plan.workdir_at(copy.instruction).value();
        let mut brought = Vec::new();
        let several = copy.sources.len() > 1 || transfer.into_folder || workdir == Some(destination);
        for source in &copy.sources {
            let items = match source {
                Source::Found { items } => items,
                Source::NoMatch => continue,
                _ => return None,
            };
            for item in items {
                for entry in self.tree.sent(item.range.clone()) {
                    if !copy.keeps(item, &entry.path) {
                        continue;
                    }
                    let inside = match entry.path.strip_prefix(item.path.as_str()) {
                        Some(rest) if item.is_folder => rest.trim_start_matches('/').to_owned(),
                        _ if several || items.len() > 1 => name(&entry.path).to_owned(),
                        _ => String::new(),
                    };
                    if item.is_folder && inside.is_empty() {
                        continue;
                    }
                    let path = if inside.is_empty() {
                        destination.clone()
                    } else {
                        format!("{}/{inside}", destination.trim_end_matches('/'))
                    };
                    brought.push((path, entry));
                }
            }
        }
        Some(brought)
    }

    /// The mode of the file that a copy puts at an image's path.
    pub fn mode_at(&self, copy: &Copied, plan: &Plan, path: &str) -> Option<u32> {
        let brought = self.brought(copy, plan)?;
        brought.iter().find(|(there, _)| there == path)?.1.mode
    }

    /// [`Self::bytes_at`] for a copy of the whole content of one folder, without a look at each file.
    fn bytes_of_folder(&self, copy: &Copied, plan: &Plan, path: &str) -> Option<u64> {
        let transfer = plan.transfers.get(copy.transfer)?;
        let destination = transfer.destination.value()?.trim_end_matches('/');
        let [Source::Found { items }] = copy.sources.as_slice() else {
            return None;
        };
        let [item] = items.as_slice() else { return None };
        if !item.is_folder || copy.exclude.is_some() {
            return None;
        }
        if destination == path || is_below(destination, path) {
            return Some(self.tree.bytes(item.range.clone()));
        }
        if !is_below(path, destination) {
            return Some(0);
        }
        let inside = path.get(destination.len()..)?.trim_start_matches('/');
        let there = format!("{}/{inside}", item.path);
        let index = self.tree.find(there.trim_start_matches('/'));
        Some(index.map_or(0, |index| self.tree.bytes(self.tree.below(index))))
    }

    /// The bytes that a copy puts at an image's path or below it.
    pub fn bytes_at(&self, copy: &Copied, plan: &Plan, path: &str) -> Option<u64> {
        if copy.filtered || !self.tree.complete {
            return None;
        }
        let folder = path.trim_end_matches('/');
        if let Some(bytes) = self.bytes_of_folder(copy, plan, folder) {
            return Some(bytes);
        }
        let brought = self.brought(copy, plan)?;
        Some(
            brought
                .iter()
                .filter(|(there, _)| there == folder || is_below(there, folder))
                .fold(0_u64, |sum, (_, entry)| sum.saturating_add(entry.bytes)),
        )
    }
}

//! What COPY and ADD bring.

use super::files::{Files, Known};
use super::{Bytes, Maker};
use crate::build::context::{Context, EntryKind, Item, Source};
use crate::build::effects::Change;
use crate::parse::dockerfile::{Instruction, Transfer};
use crate::resolve::glob::has_wildcard;
use crate::resolve::stage::{ImageUse, Transferred};
use crate::values::path::{clean, name};
use std::sync::Arc;

/// One COPY or ADD while its sources are looked at.
struct Copying<'a> {
    at: usize,
    transfer: &'a Transferred,
    /// Where it goes; `None` where that is not known.
    destination: Option<&'a str>,
    /// The destination is a folder for certain.
    into: bool,
    /// Archives are unpacked.
    unpacks: bool,
    /// The files that it brings, each with its path.
    brought: Vec<(String, Known)>,
    bytes: Bytes,
    why: Vec<String>,
}

impl Copying<'_> {
    fn open(&mut self, why: impl Into<String>) {
        self.bytes = self.bytes.plus(Bytes::rough(0, None));
        self.why.push(why.into());
    }

    /// Where a file of this name goes, and whether that is certain.
    fn place(&self, files: &Files, source: &str) -> (String, bool) {
        match self.destination {
            Some(destination) => files.landing(source, destination, self.into),
            None => (String::new(), false),
        }
    }

    /// Where the content of a folder goes.
    fn folder(&self) -> &str {
        self.destination
            .map_or("", |destination| destination.trim_end_matches('/'))
    }
}

impl Maker<'_> {
    /// The bytes of a COPY or ADD, and how they are known.
    pub(super) fn transfer(
        &mut self,
        at: usize,
        instruction: &Instruction,
        words: &Transfer,
        adds: bool,
        files: &mut Files,
    ) -> (Bytes, String) {
        let Some(transfer) = self.plan.transfer(at) else {
            return (Bytes::rough(0, None), "it cannot be read".to_owned());
        };
        let effects = Arc::clone(&self.effects);
        let placed = effects.at(at).iter().find_map(|effect| match &effect.change {
            Change::Transfer(transfer) => Some((transfer.to.path(), transfer.into)),
            _ => None,
        });
        let (destination, into) = placed.unwrap_or((None, false));
        let mut copying = Copying {
            at,
            transfer,
            destination,
            into,
            unpacks: adds && words.unpack != Some(false),
            brought: Vec::new(),
            bytes: Bytes::exact(0),
            why: Vec::new(),
        };
        let from = words.from.as_ref().map(|from| from.span);
        if let Some(from) = from {
            let mut references = self.plan.references().iter();
            let stage = references
                .find(|word| word.usage == ImageUse::Copy && word.span == from)
                .and_then(|word| word.stage.flatten());
            match stage {
                Some(stage) => self.take_stage(stage, files, &mut copying),
                None => copying.open("the content of another image is unknown"),
            }
        } else {
            self.take_context(files, &mut copying);
        }
        take_heredocs(instruction, files, &mut copying);
        let filtered = !words.exclude.is_empty() || words.parents;
        let brought = std::mem::take(&mut copying.brought);
        let (at_least, estimate) = put(brought, words, destination.is_some(), filtered, files);
        copying.bytes = copying.bytes.plus(Bytes::between(at_least, estimate, None));
        if filtered {
            copying.bytes.doubt();
            copying.why.push("--exclude and --parents are not supported".to_owned());
        }
        if copying.bytes.estimate.is_none() || destination.is_none() {
            files.blur(destination.unwrap_or("/"));
        }
        self.spend(files);
        if copying.why.is_empty() {
            let where_from = if from.is_some() {
                "traced into its stage"
            } else {
                "counted in the build context"
            };
            copying.why.push(where_from.to_owned());
        }
        (copying.bytes, copying.why.join("; "))
    }

    fn take_context(&mut self, files: &Files, copying: &mut Copying<'_>) {
        if copying.transfer.sources.is_empty() {
            return;
        }
        let same = self.file.plan.transfer(copying.at).is_some_and(|known| {
            let values = |transfer: &Transferred| {
                transfer
                    .sources
                    .iter()
                    .map(|source| source.value().cloned())
                    .collect::<Vec<_>>()
            };
            values(known) == values(copying.transfer)
        });
        let context = self.file.context.as_ref();
        let context = context.filter(|context| same && context.is_certain());
        let found = context.and_then(|context| Some((context, context.copy(copying.at)?)));
        let Some((context, copy)) = found else {
            return copying.open("the build context is unknown");
        };
        if !context.tree.complete {
            copying.open("the context has too many files");
        }
        for (source, written) in copy.sources.iter().zip(&copying.transfer.sources) {
            let name = written.value().map_or("a source", String::as_str);
            match source {
                Source::Found { items } => {
                    let count: usize = items.iter().map(|item| item.range.len()).sum();
                    self.fuel = self.fuel.saturating_sub(count);
                    if self.fuel == 0 {
                        copying.open("there are too many files");
                        continue;
                    }
                    for item in items {
                        take_item(context, item, items.len() > 1, files, copying);
                    }
                }
                Source::NoMatch => {}
                Source::Remote => copying.open(format!("`{name}` is fetched")),
                Source::Linked => copying.open(format!("`{name}` is a link, which is not followed")),
                Source::Missing { .. } | Source::Excluded { .. } => {
                    copying.open(format!("`{name}` is not in the checkout"));
                }
                Source::Unknown => copying.open(format!("the source `{name}` is unknown")),
            }
        }
    }

    fn take_stage(&self, stage: usize, files: &Files, copying: &mut Copying<'_>) {
        let Some(there) = self.done.get(stage).and_then(Option::as_ref) else {
            return copying.open("the stage that it copies from is unknown");
        };
        for source in &copying.transfer.sources {
            let path = match source.value() {
                Some(source) if !has_wildcard(source) => clean(&format!("/{source}")).trim_end_matches('/').to_owned(),
                _ => {
                    copying.open("its sources depend on variables");
                    continue;
                }
            };
            if let Some(file) = there.files.get(&path).filter(|file| !file.link) {
                let (place, certain) = copying.place(files, &path);
                let mut copied = known(file.bytes, file.sure, certain && !file.loose, file.mode);
                if !file.sure {
                    copying.why.push(format!("`{path}` may have been changed before"));
                }
                copied.roots = true;
                copying.brought.push((place, copied));
                continue;
            }
            let found: Vec<_> = there
                .files
                .at(&path)
                .filter(|(below, _)| **below != path)
                .map(|(path, file)| (path.clone(), *file))
                .collect();
            let whole = there.files.is_whole(&path) && !found.is_empty();
            let mut at_least = 0_u64;
            for (below, file) in found {
                let inside = below.get(path.len() + 1..).unwrap_or("");
                at_least = at_least.saturating_add(if file.sure { file.bytes } else { 0 });
                let mut copied = known(file.bytes, file.sure, !file.loose, file.mode);
                copied.link = file.link;
                copying.brought.push((format!("{}/{inside}", copying.folder()), copied));
            }
            if !whole {
                let rest = if at_least > 0 { "the rest of " } else { "" };
                copying.open(format!("the size of {rest}`{path}` is unknown"));
            } else if there.files.is_on_image() {
                // The image that the stage starts from may have files there.
                copying.bytes.doubt();
                copying.why.push(format!("`{path}` has the copied files"));
            }
        }
    }
}

/// What an item of the context brings.
fn take_item(context: &Context, item: &Item, is_one_of_many: bool, files: &Files, copying: &mut Copying<'_>) {
    for entry in context.tree.sent(item.range.clone()) {
        if matches!(entry.kind, EntryKind::Folder | EntryKind::Other) {
            continue;
        }
        if copying.unpacks && entry.path == item.path && !item.is_folder && is_archive(&entry.path) {
            copying.open(format!("`{}` may be an archive, which is unpacked", entry.path));
            continue;
        }
        let (path, certain) = if item.is_folder {
            let inside = entry.path.get(item.path.len()..).unwrap_or("").trim_start_matches('/');
            (format!("{}/{inside}", copying.folder()), true)
        } else if is_one_of_many {
            copying.place(files, name(&entry.path))
        } else {
            copying.place(files, &entry.path)
        };
        let mut file = known(entry.bytes, true, certain, entry.mode);
        file.link = entry.kind == EntryKind::Link;
        copying.brought.push((path, file));
    }
}

fn take_heredocs(instruction: &Instruction, files: &Files, copying: &mut Copying<'_>) {
    for heredoc in &instruction.heredocs {
        let text = heredoc.text().text;
        let (path, certain) = copying.place(files, &heredoc.name);
        let is_plain = !heredoc.expand || !text.contains(['$', '\\']);
        if !is_plain {
            copying.bytes.doubt();
            copying.why.push("its variables are replaced".to_owned());
        }
        let file = known(text.len() as u64, is_plain, certain, None);
        copying.brought.push((path, file));
    }
}

/// Puts the files into the image: how many bytes that are at least, and about.
fn put(brought: Vec<(String, Known)>, words: &Transfer, placed: bool, filtered: bool, files: &mut Files) -> (u64, u64) {
    let roots = words
        .chown
        .as_ref()
        .is_none_or(|owner| matches!(owner.value.split(':').next(), Some("root" | "0")));
    let mode = words
        .chmod
        .as_ref()
        .map(|mode| u32::from_str_radix(&mode.value, 8).ok());
    // What has no known path cannot be told apart by it.
    let (mut at_least, mut estimate) = (0_u64, 0_u64);
    let mut once = std::collections::BTreeMap::new();
    for (path, mut file) in brought {
        file.roots = roots;
        if let Some(mode) = mode {
            file.mode = mode;
        }
        file.sure &= !filtered;
        if placed {
            once.insert(path, file);
        } else {
            estimate = estimate.saturating_add(file.bytes);
            at_least = at_least.saturating_add(if file.sure { file.bytes } else { 0 });
        }
    }
    for (path, file) in once {
        estimate = estimate.saturating_add(file.bytes);
        at_least = at_least.saturating_add(if file.sure { file.bytes } else { 0 });
        files.put(path, file);
    }
    (at_least, estimate)
}

fn known(bytes: u64, sure: bool, certain: bool, mode: Option<u32>) -> Known {
    Known {
        bytes,
        sure,
        loose: !certain,
        link: false,
        roots: true,
        mode,
    }
}

/// Whether ADD most likely unpacks a file; the builder looks into it.
fn is_archive(path: &str) -> bool {
    let file = name(path).to_ascii_lowercase();
    let compressed = [".gz", ".bz2", ".xz", ".zst"]
        .iter()
        .any(|ending| file.ends_with(ending));
    let tar = [".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".crate"]
        .iter()
        .any(|ending| file.ends_with(ending));
    compressed || tar || !file.contains('.')
}

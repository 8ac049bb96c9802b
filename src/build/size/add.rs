//! What COPY and ADD bring.

use super::files::{Files, Known};
use super::{Bytes, Maker};
use crate::build::context::{EntryKind, Source};
use crate::parse::dockerfile::{Instruction, Transfer};
use crate::resolve::glob::has_wildcard;
use crate::resolve::stage::{ImageUse, Transferred};
use crate::values::path::{clean, name};

/// What is found out about one COPY or ADD.
struct Sum {
    bytes: Bytes,
    why: Vec<String>,
}

impl Sum {
    fn open(&mut self, at_least: u64, why: impl Into<String>) {
        self.bytes = self.bytes.plus(Bytes::rough(at_least, None));
        self.why.push(why.into());
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
        let mut sum = Sum {
            bytes: Bytes::exact(0),
            why: Vec::new(),
        };
        let Some(transfer) = self.plan.transfer(at) else {
            return (Bytes::rough(0, None), "it cannot be read".to_owned());
        };
        let mut brought: Vec<(String, Known)> = Vec::new();
        let workdir = self.plan.workdir_at(at).value();
        let destination = transfer.destination.value();
        let several = transfer.sources.len() + instruction.heredocs.len() > 1;
        let into = transfer.into_folder || several || destination.is_some() && workdir == destination;
        let place = |files: &Files, source: &str| match destination {
            Some(destination) => files.landing(source, destination, into),
            None => (String::new(), false),
        };
        let from = words.from.as_ref().map(|from| from.span);
        if let Some(from) = from {
            let stage = self
                .plan
                .references()
                .iter()
                .find(|word| word.usage == ImageUse::Copy && word.span == from)
                .and_then(|word| word.stage.flatten());
            match stage {
                Some(stage) => self.take_stage(stage, transfer, &place, files, &mut brought, &mut sum),
                None => sum.open(0, "what another image holds is not known here"),
            }
        } else {
            self.take_context(
                at,
                transfer,
                adds && words.unpack != Some(false),
                &place,
                files,
                &mut brought,
                &mut sum,
            );
        }
        for heredoc in &instruction.heredocs {
            let text = heredoc.text().text;
            let (path, certain) = place(files, &heredoc.name);
            let is_plain = !heredoc.expand || !text.contains(['$', '\\']);
            let file = known(text.len() as u64, is_plain, certain, None);
            if !is_plain {
                sum.bytes.exact = false;
                sum.why.push("variables are put into it".to_owned());
            }
            brought.push((path, file));
        }
        let filtered = !words.exclude.is_empty() || words.parents;
        let (at_least, estimate) = self.put(brought, words, destination.is_some(), filtered, files);
        let counted = Bytes {
            at_least,
            estimate: Some(estimate),
            exact: at_least == estimate,
        };
        sum.bytes = sum.bytes.plus(counted);
        if filtered {
            sum.bytes.exact = false;
            sum.why.push("--exclude and --parents are not followed".to_owned());
        }
        if sum.bytes.estimate.is_none() || destination.is_none() {
            files.blur(destination.map_or("/", String::as_str));
        }
        self.spend(files);
        if sum.why.is_empty() {
            let where_from = if from.is_some() {
                "traced into its stage"
            } else {
                "counted in the build context"
            };
            sum.why.push(where_from.to_owned());
        }
        (sum.bytes, sum.why.join("; "))
    }

    /// Puts the files into the image: how many bytes that are at least, and about.
    fn put(
        &self,
        brought: Vec<(String, Known)>,
        words: &Transfer,
        placed: bool,
        filtered: bool,
        files: &mut Files,
    ) -> (u64, u64) {
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

    #[allow(clippy::too_many_arguments)]
    fn take_context(
        &mut self,
        at: usize,
        transfer: &Transferred,
        unpacks: bool,
        place: &dyn Fn(&Files, &str) -> (String, bool),
        files: &Files,
        brought: &mut Vec<(String, Known)>,
        sum: &mut Sum,
    ) {
        if transfer.sources.is_empty() {
            return;
        }
        let same = self.file.plan.transfer(at).is_some_and(|known| {
            let values = |transfer: &Transferred| {
                transfer
                    .sources
                    .iter()
                    .map(|source| source.value().cloned())
                    .collect::<Vec<_>>()
            };
            values(known) == values(transfer)
        });
        let context = self.file.context.as_ref().filter(|context| context.is_certain());
        let (Some(context), true) = (context, same) else {
            return sum.open(0, "the build context is not known");
        };
        let Some(copy) = context.copy(at) else {
            return sum.open(0, "the build context is not known");
        };
        if !context.tree.complete {
            sum.open(0, "not all files of the context could be looked at");
        }
        let folder = folder_of(transfer);
        for (source, written) in copy.sources.iter().zip(&transfer.sources) {
            let told = written.value().map_or("a source", String::as_str);
            let items = match source {
                Source::Found { items } => items,
                Source::NoMatch => continue,
                Source::Remote => {
                    sum.open(0, format!("'{told}' is fetched"));
                    continue;
                }
                Source::Linked => {
                    sum.open(0, format!("'{told}' is a link, which is not followed"));
                    continue;
                }
                Source::Missing { .. } | Source::Excluded { .. } => {
                    sum.open(0, format!("'{told}' is not in the checkout"));
                    continue;
                }
                Source::Unknown => {
                    sum.open(0, format!("what '{told}' means is not known"));
                    continue;
                }
            };
            let count: usize = items.iter().map(|item| item.range.len()).sum();
            self.room = self.room.saturating_sub(count);
            if self.room == 0 {
                sum.open(0, "there are too many files to look at");
                continue;
            }
            for item in items {
                for entry in context.tree.sent(item.range.clone()) {
                    if matches!(entry.kind, EntryKind::Folder | EntryKind::Other) {
                        continue;
                    }
                    if unpacks && entry.path == item.path && !item.is_folder && is_archive(&entry.path) {
                        sum.open(0, format!("'{}' may be an archive, which is unpacked", entry.path));
                        continue;
                    }
                    let (path, certain) = if item.is_folder {
                        let inside = entry.path.get(item.path.len()..).unwrap_or("").trim_start_matches('/');
                        (format!("{folder}/{inside}"), true)
                    } else if items.len() > 1 {
                        let (base, certain) = place(files, name(&entry.path));
                        (base, certain)
                    } else {
                        place(files, &entry.path)
                    };
                    let mut file = known(entry.bytes, true, certain, entry.mode);
                    file.link = entry.kind == EntryKind::Link;
                    brought.push((path, file));
                }
            }
        }
    }

    fn take_stage(
        &mut self,
        stage: usize,
        transfer: &Transferred,
        place: &dyn Fn(&Files, &str) -> (String, bool),
        files: &Files,
        brought: &mut Vec<(String, Known)>,
        sum: &mut Sum,
    ) {
        let Some(there) = self.done.get(stage).and_then(Option::as_ref) else {
            return sum.open(0, "the stage that it copies from is not known");
        };
        let folder = folder_of(transfer);
        for source in &transfer.sources {
            let path = match source.value() {
                Some(source) if !has_wildcard(source) => clean(&format!("/{source}")).trim_end_matches('/').to_owned(),
                _ => {
                    sum.open(0, "what it copies is not written out");
                    continue;
                }
            };
            if let Some(file) = there.files.get(&path).filter(|file| !file.link) {
                let (place, certain) = place(files, &path);
                let mut copied = known(file.bytes, file.sure, certain && !file.loose, file.mode);
                if !file.sure {
                    sum.why.push(format!("'{path}' may have been changed before"));
                }
                copied.roots = true;
                brought.push((place, copied));
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
                brought.push((format!("{folder}/{inside}"), copied));
            }
            if !whole {
                let rest = if at_least > 0 { "the rest of " } else { "" };
                sum.open(0, format!("how big {rest}'{path}' is there is not known"));
            } else if there.files.is_on_image() {
                // The image that the stage starts from may have files there.
                sum.bytes.exact = false;
                sum.why.push(format!("'{path}' holds what was copied there"));
            }
        }
    }
}

/// Where the content of a folder goes.
fn folder_of(transfer: &Transferred) -> &str {
    transfer
        .destination
        .value()
        .map_or("", |destination| destination.trim_end_matches('/'))
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

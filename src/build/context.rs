//! The build context: the files that a build may copy from, as they are in the checkout, and what each COPY takes of them.
//!
//! The behaviour is that of `dispatchCopy` in BuildKit's `dockerfile2llb` and of `copy.go` in tonistiigi/fsutil.

use crate::fact::Fact;
use crate::parse::dockerfile::{Kind, Transfer};
use crate::resolve::dockerignore::Dockerignore;
use crate::resolve::glob::{Glob, has_wildcard};
use crate::resolve::stage::{Plan, Transferred};
use crate::source::{SourceId, Span};
use crate::values::path::{clean, is_below, name};
use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link; where it leads is not followed.
    Link,
    /// A device, pipe or socket.
    Other,
}

/// A file or folder of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path in the context.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// The bytes of a regular file, or the length of a link's target.
    pub bytes: u64,
    /// The permission bits of a regular file, where the system has them.
    pub mode: Option<u32>,
    /// Not excluded by the ignore file.
    pub sent: bool,
}

/// The files of a context. A folder stands before what is in it.
#[derive(Debug, Default)]
pub struct Tree {
    /// Its entries, in order.
    pub entries: Vec<Entry>,
    /// Everything is there: no limit was met, and every folder could be read.
    pub complete: bool,
}

impl Tree {
    /// The number of the entry with this path.
    pub fn find(&self, path: &str) -> Option<usize> {
        self.entries
            .binary_search_by(|entry| walk_order(&entry.path, path))
            .ok()
    }

    /// An entry and everything in it.
    pub fn below(&self, index: usize) -> Range<usize> {
        let Some(entry) = self.entries.get(index) else {
            return index..index;
        };
        let rest = self.entries.get(index + 1..).unwrap_or(&[]);
        let count = rest.partition_point(|other| is_below(&other.path, &entry.path));
        index..index + 1 + count
    }

    /// The entries of a range that are sent.
    pub fn sent(&self, range: Range<usize>) -> impl Iterator<Item = &Entry> {
        self.entries.get(range).unwrap_or(&[]).iter().filter(|entry| entry.sent)
    }

    /// Whether a folder on the way to a path is a link.
    fn leads_through_link(&self, path: &str) -> bool {
        path.match_indices('/')
            .filter_map(|(at, _)| self.find(path.get(..at)?))
            .any(|index| {
                self.entries
                    .get(index)
                    .is_some_and(|entry| entry.kind == EntryKind::Link)
            })
    }
}

/// The order in which a walk meets two paths.
pub(crate) fn walk_order(one: &str, other: &str) -> Ordering {
    one.split('/').cmp(other.split('/'))
}

/// Who says where the context is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// `build` of a Compose service.
    Compose(Span),
    /// `contexts` in the configuration.
    Config(Span),
    /// The Dockerfile stands in the root of the workspace.
    Root,
    /// Only there are other sources of the Dockerfile.
    Only,
}

/// The ignore file of a context.
#[derive(Clone, Debug)]
pub struct IgnoreFile {
    /// Its path, relative to the workspace root.
    pub path: String,
    /// Its text.
    pub source: SourceId,
    /// The first and last byte of each line.
    pub lines: Rc<Vec<(usize, usize)>>,
    /// Its patterns.
    pub rules: Rc<Dockerignore>,
}

impl IgnoreFile {
    /// The place of a line, from 1.
    pub fn span(&self, line: usize) -> Span {
        let (start, end) = line
            .checked_sub(1)
            .and_then(|index| self.lines.get(index))
            .copied()
            .unwrap_or_default();
        Span::new(self.source, start, end)
    }
}

/// A context that is known.
#[derive(Debug)]
pub struct Context {
    /// Its folder, relative to the workspace root; empty for the root itself.
    pub folder: String,
    /// Who says so.
    pub named: Named,
    /// Its files, as far as the Dockerfile speaks of them.
    pub tree: Rc<Tree>,
    /// Its ignore file.
    pub ignore: Option<IgnoreFile>,
    /// What each COPY and ADD takes from it, in order; those with `--from` are left out.
    pub copies: Vec<Copied>,
    /// What was looked at in files that look as if they held secrets, by path in the context.
    pub exposed: Vec<Exposed>,
    /// The script that the shipped stage starts with, if it is one of these files and nothing changes it on the way.
    pub script: Option<Script>,
}

/// A script that a container starts with, as the kernel will see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The word of ENTRYPOINT or CMD that names it.
    pub word: Span,
    /// Its path in the context.
    pub path: String,
    /// Somebody may execute it.
    pub executable: bool,
    /// What was read of it is text.
    pub is_text: bool,
    /// What stands behind `#!` in its first line; a carriage return is kept.
    pub first_line: Option<String>,
}

/// A file of the context that holds a secret, or looks like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// Its path in the context.
    pub path: String,
    /// What it holds, for people.
    pub what: &'static str,
    /// It was seen in the file, not told by the name.
    pub certain: bool,
}

/// What a COPY or ADD takes from the context.
#[derive(Debug)]
pub struct Copied {
    /// The index of its instruction in the file.
    pub instruction: usize,
    /// The number of its [`Transferred`] in the plan.
    pub transfer: usize,
    /// Its stage.
    pub stage: usize,
    /// Its sources, as in the instruction.
    pub sources: Vec<Source>,
    /// `--exclude` leaves something out, so sizes are upper bounds.
    pub filtered: bool,
}

/// A source in the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It is there.
    Found {
        /// What it names: one path, or those that a pattern matches.
        items: Vec<Item>,
    },
    /// It is there, through a link that is not followed.
    Linked,
    /// It is not there.
    Missing {
        /// Its path in the context.
        path: String,
        /// Git is told to ignore it: it may be made before the build.
        git_ignored: bool,
    },
    /// The ignore file excludes it.
    Excluded {
        /// Its path in the context.
        path: String,
        /// The line of the ignore file, from 1.
        line: usize,
        /// It is in the checkout.
        present: bool,
    },
    /// A pattern that matches nothing: the builder copies nothing and says nothing.
    NoMatch,
    /// From a URL or git.
    Remote,
    /// Not known.
    Unknown,
}

/// One path of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its path in the context; empty for the context itself.
    pub path: String,
    /// The entries: itself and everything in it.
    pub range: Range<usize>,
    /// Its content goes into the destination, not itself.
    pub is_folder: bool,
}

/// What shows that a folder is the context, with everything in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: what is missing may be put there.
    Nothing,
    /// It is the folder of a project.
    Folder,
    /// Other sources of the Dockerfile are there, or somebody wrote it down for us.
    Sources,
}

/// Whether an entry is more than a description of containers.
fn is_material(entry: &Entry) -> bool {
    let lower = name(&entry.path).to_lowercase();
    let describes = lower.contains("dockerfile")
        || lower.contains("containerfile")
        || lower.contains("compose")
        || lower == ".dockerignore"
        || lower.contains("plimsoll");
    !describes && matches!(entry.kind, EntryKind::File | EntryKind::Link)
}

impl Context {
    /// What an instruction takes.
    pub fn copy(&self, instruction: usize) -> Option<&Copied> {
        self.copies.iter().find(|copy| copy.instruction == instruction)
    }

    /// How sure it is that what is not in the folder is not in the context.
    pub fn proof(&self) -> Proof {
        let all = || self.copies.iter().flat_map(|copy| &copy.sources);
        let present = all().filter(|source| self.is_evidence(source)).count();
        let missing = all()
            .filter(|source| matches!(source, Source::Missing { git_ignored: false, .. }))
            .count();
        match self.named {
            Named::Config(_) => Proof::Sources,
            Named::Only if present < missing => Proof::Nothing,
            // Where nearly everything is missing, the checkout is not whole.
            _ if missing > 2 + 2 * present => Proof::Nothing,
            _ if present > 0 => Proof::Sources,
            Named::Only => Proof::Nothing,
            // The folder of nothing but Dockerfiles and Compose files is filled by somebody before the build.
            Named::Compose(_) | Named::Root if self.tree.entries.iter().any(is_material) => Proof::Folder,
            Named::Compose(_) | Named::Root => Proof::Nothing,
        }
    }

    /// Whether a source is there, with something in it.
    fn is_evidence(&self, source: &Source) -> bool {
        match source {
            Source::Found { items } => items.iter().any(|item| {
                !item.path.is_empty()
                    && self
                        .tree
                        .entries
                        .get(item.range.clone())
                        .is_some_and(|entries| entries.iter().any(is_material))
            }),
            Source::Linked | Source::Excluded { present: true, .. } => true,
            _ => false,
        }
    }

    /// Whether it is certain enough to speak of what is in it: what is there may come into an image by mistake only if the
    /// folder is the context.
    pub fn is_certain(&self) -> bool {
        !matches!(self.named, Named::Only) || self.proof() != Proof::Nothing
    }

    /// The entries that a copy brings, each with its path in the image; `None` if not all of them are known.
    pub fn brought(&self, copy: &Copied, plan: &Plan) -> Option<Vec<(String, &Entry)>> {
        let transfer = plan.transfers.get(copy.transfer)?;
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

    /// The bytes that a copy puts at an image's path or below it.
    pub fn bytes_at(&self, copy: &Copied, plan: &Plan, path: &str) -> Option<u64> {
        if copy.filtered || !self.tree.complete {
            return None;
        }
        let folder = path.trim_end_matches('/');
        let brought = self.brought(copy, plan)?;
        Some(
            brought
                .iter()
                .filter(|(there, _)| there == folder || is_below(there, folder))
                .fold(0_u64, |sum, (_, entry)| sum.saturating_add(entry.bytes)),
        )
    }
}

/// Whether a source of ADD is fetched.
pub(crate) fn is_remote(source: &str) -> bool {
    let lower = source.to_ascii_lowercase();
    ["http://", "https://", "git://", "ssh://", "git@"]
        .iter()
        .any(|start| lower.starts_with(start))
        || (lower.contains(".git") && lower.contains('@') && lower.contains(':'))
}

/// What of a context a plan speaks of: the paths that it copies, `""` for everything.
pub(crate) fn wanted(file: &crate::parse::dockerfile::Dockerfile, plan: &Plan) -> Vec<String> {
    let mut wanted: Vec<String> = Vec::new();
    for (transfer, _) in local(file, plan) {
        for source in transfer.sources.iter().filter_map(Fact::value) {
            if !is_remote(source) {
                wanted.push(fixed(&in_context(source)));
            }
        }
    }
    wanted.sort();
    wanted.dedup();
    let all = wanted.clone();
    wanted.retain(|path| !all.iter().any(|other| other != path && is_below(path, other)));
    wanted
}

/// The COPY and ADD instructions that take from the context.
pub(crate) fn local<'a>(
    file: &'a crate::parse::dockerfile::Dockerfile,
    plan: &'a Plan,
) -> impl Iterator<Item = (&'a Transferred, &'a Transfer)> {
    plan.transfers.iter().filter_map(move |transfer| {
        match file
            .instructions
            .get(transfer.instruction)
            .map(|instruction| &instruction.kind)
        {
            Some(Kind::Copy(words) | Kind::Add(words)) if words.from.is_none() => Some((transfer, &**words)),
            _ => None,
        }
    })
}

/// A source as a path in the context; empty for the context itself. `..` cannot lead out of it.
pub(crate) fn in_context(source: &str) -> String {
    let pivot = source.replace("/./", "/");
    clean(&format!("/{pivot}")).trim_start_matches('/').to_owned()
}

/// The folder before the first part with a wildcard; the path itself if there is none.
fn fixed(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        if has_wildcard(part) {
            break;
        }
        parts.push(part);
    }
    parts.join("/")
}

/// Looks up what each COPY and ADD takes.
pub(crate) fn copies(
    file: &crate::parse::dockerfile::Dockerfile,
    plan: &Plan,
    tree: &Tree,
    ignore: Option<&Dockerignore>,
) -> Vec<Copied> {
    let mut copies = Vec::new();
    for (index, transfer) in plan.transfers.iter().enumerate() {
        let instruction = file.instructions.get(transfer.instruction);
        let (words, adds) = match instruction.map(|instruction| &instruction.kind) {
            Some(Kind::Copy(words)) => (words, false),
            Some(Kind::Add(words)) => (words, true),
            _ => continue,
        };
        if words.from.is_some() {
            continue;
        }
        let sources = transfer
            .sources
            .iter()
            .map(|source| match source.value() {
                Some(source) if adds && is_remote(source) => Source::Remote,
                Some(source) => look(source, words.parents, tree, ignore),
                None => Source::Unknown,
            })
            .collect();
        copies.push(Copied {
            instruction: transfer.instruction,
            transfer: index,
            stage: transfer.stage,
            sources,
            filtered: !words.exclude.is_empty() || words.parents,
        });
    }
    copies
}

/// What a source names.
fn look(source: &str, parents: bool, tree: &Tree, ignore: Option<&Dockerignore>) -> Source {
    let path = in_context(source);
    if path.is_empty() {
        return Source::Found {
            items: vec![Item {
                path,
                range: 0..tree.entries.len(),
                is_folder: true,
            }],
        };
    }
    if has_wildcard(&path) {
        return if parents {
            Source::Unknown
        } else {
            matches_of(&path, tree)
        };
    }
    // Backslashes are escapes to the builder, and separators to those who write them.
    if path.contains('\\') {
        return Source::Unknown;
    }
    let excluded = |present: bool| {
        let ignore = ignore?;
        let verdict = ignore.judge_path(&path);
        let line = ignore.decider(&verdict).map_or(1, |pattern| pattern.line);
        verdict.excluded.then(|| Source::Excluded {
            path: path.clone(),
            line,
            present,
        })
    };
    let Some(index) = tree.find(&path) else {
        if tree.leads_through_link(&path) || !tree.complete {
            return Source::Unknown;
        }
        // A folder that is not sent was not walked.
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let parent_is_known = parent.is_empty() || tree.find(parent).is_some();
        if let Some(found) = excluded(false)
            && (!ignore.is_some_and(Dockerignore::has_exceptions) || parent_is_known)
        {
            return found;
        }
        // An empty folder: a submodule that was not fetched.
        let nearest = path.rmatch_indices('/').find_map(|(at, _)| tree.find(path.get(..at)?));
        if nearest.is_some_and(|index| tree.below(index).len() == 1) {
            return Source::Unknown;
        }
        return Source::Missing {
            path,
            git_ignored: false,
        };
    };
    let Some(entry) = tree.entries.get(index) else {
        return Source::Unknown;
    };
    let range = tree.below(index);
    if !entry.sent && tree.sent(range.clone()).next().is_none() {
        return excluded(true).unwrap_or(Source::Unknown);
    }
    match entry.kind {
        EntryKind::Link => Source::Linked,
        kind => Source::Found {
            items: vec![Item {
                path,
                range,
                is_folder: kind == EntryKind::Folder && !parents,
            }],
        },
    }
}

/// What a pattern matches among the files that are sent.
fn matches_of(path: &str, tree: &Tree) -> Source {
    let folder = fixed(path);
    let pattern = path.get(folder.len()..).unwrap_or(path).trim_start_matches('/');
    let Some(glob) = Glob::new(pattern) else {
        return Source::Unknown;
    };
    let range = if folder.is_empty() {
        0..tree.entries.len()
    } else {
        match tree.find(&folder) {
            Some(index) => tree.below(index),
            None => return Source::Unknown,
        }
    };
    let mut items: Vec<Item> = Vec::new();
    let mut skip = 0;
    for index in range {
        let Some(entry) = tree.entries.get(index).filter(|_| index >= skip) else {
            continue;
        };
        let inside = entry.path.get(folder.len()..).unwrap_or("").trim_start_matches('/');
        if inside.is_empty() || !glob.matches(inside) {
            continue;
        }
        let below = tree.below(index);
        skip = below.end;
        if tree.sent(below.clone()).next().is_some() {
            items.push(Item {
                path: entry.path.clone(),
                range: below,
                is_folder: entry.kind == EntryKind::Folder,
            });
        }
    }
    match (items.is_empty(), tree.complete) {
        (false, _) => Source::Found { items },
        (true, true) => Source::NoMatch,
        (true, false) => Source::Unknown,
    }
}

#[cfg(test)]
#[path = "context/tests.rs"]
mod tests;

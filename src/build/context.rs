//! The build context: the files that a build may copy from, as they are in the checkout, and what each COPY takes of them.
//!
//! The behaviour is that of `dispatchCopy` in BuildKit's `dockerfile2llb` and of `copy.go` in tonistiigi/fsutil.

mod brought;
mod lookup;
mod manifests;
mod script;
mod taken;

pub(crate) use lookup::{copies, in_context, is_remote, local, mounts, wanted};
pub(crate) use manifests::{Demand, Reader, Requirements};
pub(crate) use script::{Script, StepsDown, is_of_s6, is_of_supervisor, server, started_server};
pub(crate) use taken::{Taken, taken};

use crate::resolve::dockerignore::Dockerignore;
use crate::source::{SourceId, Span};
use crate::values::path::{is_below, name};
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

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
    /// The bytes that are sent before each entry, once somebody asks.
    pub sums: OnceLock<Vec<u64>>,
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

    /// The bytes of a range that are sent: many instructions may ask for those of one large folder.
    fn bytes(&self, range: Range<usize>) -> u64 {
        let sums = self.sums.get_or_init(|| {
            let bytes = self
                .entries
                .iter()
                .map(|entry| if entry.sent { entry.bytes } else { 0 });
            let before = bytes.scan(0_u64, |sum, bytes| {
                *sum = sum.saturating_add(bytes);
                Some(*sum)
            });
            std::iter::once(0).chain(before).collect()
        });
        let before = |index: usize| sums.get(index).copied().unwrap_or(0);
        before(range.end.min(self.entries.len())).saturating_sub(before(range.start))
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
    /// A Bake file, a job, or another description of builds.
    Recipe(Span),
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
    pub lines: Arc<Vec<(usize, usize)>>,
    /// Its patterns.
    pub rules: Arc<Dockerignore>,
}

impl IgnoreFile {
    /// The place of a line, from 1.
    pub fn span(&self, line: usize) -> Span {
        let place = line.checked_sub(1).and_then(|index| self.lines.get(index));
        let (start, end) = place.copied().unwrap_or_default();
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
    pub tree: Arc<Tree>,
    /// Its ignore file.
    pub ignore: Option<IgnoreFile>,
    /// What each COPY and ADD takes from it, in order; those with `--from` are left out.
    pub copies: Vec<Copied>,
    /// What each RUN mounts from it by name, in order.
    pub mounts: Vec<Mounted>,
    /// What each RUN copies of what it mounts from it, in order.
    pub(crate) taken: Vec<Taken>,
    /// What was looked at in files that look as if they held secrets, by path in the context.
    pub exposed: Vec<Exposed>,
    /// The scripts and programs that the shipped stage starts, if they are of these files and nothing changes them on the way.
    pub scripts: Vec<Script>,
    /// The scripts and settings among these files that start what they start as another user.
    pub steps_down: Vec<StepsDown>,
    /// Its Go sources use nothing that Go links with the C library.
    pub has_plain_go: bool,
    /// GoReleaser builds it, with other files.
    pub is_released: bool,
    /// The Python packages that its lists name.
    pub(crate) requirements: Requirements,
    /// The lock files of package managers that are copied.
    pub locked: std::collections::BTreeMap<&'static str, Locked>,
    /// The files that its manifests name.
    pub(crate) demands: Vec<Demand>,
}

/// What a lock file says of what it locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked {
    /// So many packages are named.
    pub packages: u64,
    /// So many bytes are installed at least; 0 where it tells no sizes.
    pub at_least: u64,
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
    /// Files of this kind are looked at since 2026.12.
    pub is_later: bool,
    /// Stands for its text: another text has another one.
    pub mark: u64,
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
    /// What `--exclude` leaves out, by paths in each source.
    pub exclude: Option<Dockerignore>,
    /// `--parents`, or an `--exclude` that is not known here, leaves something out, so sizes are upper bounds.
    pub filtered: bool,
    /// `--parents`: what is taken is known, and lands below the destination with its folders.
    pub parents: bool,
}

impl Copied {
    /// Whether `--exclude` lets an entry of one of its sources pass (`copy.go` in tonistiigi/fsutil: a source itself always does).
    pub(crate) fn keeps(&self, item: &Item, path: &str) -> bool {
        let Some(exclude) = &self.exclude else { return true };
        let inside = path
            .strip_prefix(item.path.as_str())
            .unwrap_or(path)
            .trim_start_matches('/');
        inside.is_empty() || !exclude.excludes(inside)
    }
}

/// A folder or file that a RUN mounts from the context.
#[derive(Debug)]
pub struct Mounted {
    /// The index of its instruction in the file.
    pub instruction: usize,
    /// Its stage.
    pub stage: usize,
    /// Where it is written.
    pub span: Span,
    /// What it names.
    pub source: Source,
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
        /// Git is told to ignore it, or a script makes it: it may be made before the build.
        made_before: bool,
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

impl Source {
    /// Whether it is missing and may be made before the build.
    fn is_built_before(&self) -> bool {
        matches!(self, Source::Missing { made_before: true, .. })
    }
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
pub(super) fn is_material(entry: &Entry) -> bool {
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
        let found = self.copies.binary_search_by_key(&instruction, |copy| copy.instruction);
        self.copies.get(found.ok()?)
    }

    /// How sure it is that what is not in the folder is not in the context.
    pub fn proof(&self) -> Proof {
        let all = || self.copies.iter().flat_map(|copy| &copy.sources);
        let present = all().filter(|source| self.is_evidence(source)).count();
        let missing = all()
            .filter(|source| matches!(source, Source::Missing { made_before: false, .. }))
            .count();
        match self.named {
            Named::Config(_) => Proof::Sources,
            // Where some sources are built before, a job fills the folder.
            Named::Only | Named::Recipe(_) if present < missing || all().any(Source::is_built_before) => Proof::Nothing,
            // Where nearly everything is missing, the checkout is not whole.
            _ if missing > 2 + 2 * present => Proof::Nothing,
            _ if present > 0 => Proof::Sources,
            // The steps of a job before its build may put anything there.
            Named::Only | Named::Recipe(_) => Proof::Nothing,
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
}

#[cfg(test)]
#[path = "context/tests.rs"]
mod tests;

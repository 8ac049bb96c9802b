//! What the index and the work tree have and the commit that is checked out has not.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::index::entry::{Flags, Mode, Stat};
use gix::status::index_worktree::Item as WorktreeItem;
use gix::status::plumbing::index_as_worktree::{Change as FileChange, EntryStatus};
use gix::status::tree_index::TrackRenames;
use gix::status::{Item, UntrackedFiles};
use gix::worktree::IndexPersistedOrInMemory;
use gix::worktree::stack::state::ignore::Source;

use super::{Checkout, Differs, doubt, is_file_mode};
use crate::failure::Failure;

impl Checkout {
    /// The files that are staged, changed in the work tree, or untracked and not ignored.
    pub(in crate::git) fn uncommitted(&self) -> Result<Differs, Failure> {
        self.uncommitted_at(0)
    }

    fn uncommitted_at(&self, depth: usize) -> Result<Differs, Failure> {
        let unread =
            |_| doubt("the index, or a file or folder of the work tree, cannot be read; make it readable or ignored");
        let mut index = IndexPersistedOrInMemory::Persisted(self.repository.index_or_empty().map_err(unread)?);
        if index.is_sparse() {
            return Err(doubt(
                "the index is sparse, which is not supported; turn that off, e.g. git sparse-checkout set --no-sparse-index",
            ));
        }
        if self.is_root_ignored(&index).map_err(unread)? {
            return Err(doubt("git ignores the root, so changes in it do not show"));
        }
        let mut differs = Differs {
            folders: self.modules(&index, depth)?,
            ..Differs::default()
        };
        let mut looked = gix::index::File::clone(&index);
        let odd = self.look(&mut looked);
        if !odd.is_empty() {
            looked.remove_entries(|_, path, _| odd.contains(path));
            for path in &odd {
                differs.files.extend(self.below_root(path.as_bstr())?);
            }
        }
        index = IndexPersistedOrInMemory::InMemory(looked);
        let walk = self.repository.dirwalk_options().map_err(unread)?;
        let items = self
            .repository
            .status(gix::progress::Discard)
            .map_err(unread)?
            // Set here, as `status.showUntrackedFiles` could have turned it off.
            .index_worktree_options_mut(|options| options.dirwalk_options = Some(walk))
            .untracked_files(UntrackedFiles::Files)
            .index(index)
            .tree_index_track_renames(TrackRenames::Disabled)
            .index_worktree_rewrites(None)
            .index_worktree_submodules(None)
            .into_iter(None)
            .map_err(|error| match error.downcast_any_ref::<std::io::Error>() {
                Some(_) => unread(error),
                None => self.incomplete(),
            })?;
        for item in items {
            let item = item.map_err(unread)?;
            let below = self.below_root(item.location())?;
            if concerns_a_repository(&item) {
                differs.folders.extend(below.clone());
            }
            if concerns_a_file(&item) {
                differs.files.extend(below);
            }
        }
        Ok(differs)
    }

    /// The submodules that are not as the index has them. What cannot be told counts.
    fn modules(&self, index: &gix::index::State, depth: usize) -> Result<BTreeSet<PathBuf>, Failure> {
        let mut found = BTreeSet::new();
        let Some(work_tree) = self.repository.workdir() else {
            return Ok(found);
        };
        for entry in index.entries().iter().filter(|entry| entry.mode.is_submodule()) {
            let Some(below) = self.below_root(entry.path(index))? else {
                continue;
            };
            let path =
                gix::path::from_bstr(entry.path(index)).map_err(|_| doubt("a path in the repository is not UTF-8"))?;
            if is_module_changed(&work_tree.join(path), entry.id, depth) {
                found.insert(below);
            }
        }
        Ok(found)
    }

    fn is_root_ignored(&self, index: &gix::index::State) -> Result<bool, gix::Error> {
        let root = self.prefix.trim_end_with(|character| character == '/');
        if root.is_empty() {
            return Ok(false);
        }
        let mut rules = self.repository.excludes(index, None, Source::default())?;
        Ok(rules.at_entry(root.as_bstr(), Some(Mode::DIR))?.is_excluded())
    }

    /// Looks at every tracked file once. Marks those that are as the index says, so that gix need not look at them again, and gives those
    /// that the work tree replaces with something that is neither file nor folder: gix would open some of them: an executable file that
    /// became a link is read through the link, and a named pipe never ends.
    fn look(&self, index: &mut gix::index::File) -> BTreeSet<BString> {
        let mut odd = BTreeSet::new();
        let Some(work_tree) = self.repository.workdir() else {
            return odd;
        };
        let options = self.repository.stat_options().ok();
        let timestamp = index.timestamp();
        let mut folders = Folders::new(work_tree);
        let (entries, paths) = index.entries_mut_and_pathbacking();
        for entry in entries {
            let whole = entry.path_in(paths);
            let Ok(path) = gix::path::from_bstr(whole) else {
                continue;
            };
            let Ok(found) = gix::index::fs::Metadata::from_path_no_follow(&work_tree.join(&path)) else {
                continue;
            };
            let is_link_as_tracked = found.is_symlink() && entry.mode == Mode::SYMLINK;
            if !found.is_file() && !found.is_dir() && !is_link_as_tracked {
                odd.insert(whole.to_owned());
                continue;
            }
            // As gix does it (`gix-status`, `compute_status`), but that what could be otherwise by any setting is left to gix.
            let is_same = |options| {
                let stat = Stat::from_fs(&found).ok();
                stat.is_some_and(|stat| entry.stat.matches(&stat, options) && !entry.stat.is_racy(timestamp, options))
            };
            // Length nothing is what git writes where the time does not tell.
            let is_plain = entry.stage_raw() == 0
                && entry.stat.size > 0
                && !entry.flags.contains(Flags::INTENT_TO_ADD)
                && entry.mode.change_to_match_fs(&found, true, true).is_none();
            if is_plain && !found.is_dir() && options.is_some_and(is_same) && folders.are_plain(path.parent()) {
                entry.flags.insert(Flags::UPTODATE);
            }
        }
        odd
    }
}

/// The folders of a work tree, each looked at once.
struct Folders<'a> {
    work_tree: &'a Path,
    known: HashMap<PathBuf, bool>,
}

impl<'a> Folders<'a> {
    fn new(work_tree: &'a Path) -> Self {
        Self {
            work_tree,
            known: HashMap::new(),
        }
    }

    /// Whether a folder and those above it are no links.
    fn are_plain(&mut self, folder: Option<&Path>) -> bool {
        let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else {
            return true;
        };
        if let Some(known) = self.known.get(folder) {
            return *known;
        }
        let here = self.work_tree.join(folder).symlink_metadata();
        let is_plain = here.is_ok_and(|data| data.is_dir()) && self.are_plain(folder.parent());
        self.known.insert(folder.to_path_buf(), is_plain);
        is_plain
    }
}

/// Whether a submodule is at another commit, or holds what is not committed.
fn is_module_changed(folder: &Path, commit: ObjectId, depth: usize) -> bool {
    // Submodules of submodules, but no circle of links.
    const MAX_DEPTH: usize = 8;
    if !folder.symlink_metadata().is_ok_and(|data| data.is_dir()) || depth > MAX_DEPTH {
        return folder.symlink_metadata().is_ok();
    }
    // One that was not fetched is an empty folder.
    if folder.join(".git").symlink_metadata().is_err() {
        return folder.read_dir().map_or(true, |mut entries| entries.next().is_some());
    }
    let differs = Checkout::open(folder).and_then(|inner| Ok((inner.head()?, inner.uncommitted_at(depth + 1)?)));
    differs.map_or(true, |(head, differs)| {
        head != commit || !differs.files.is_empty() || !differs.folders.is_empty()
    })
}

/// A submodule that was added, moved or taken out of the index, or a repository that nobody tracks.
fn concerns_a_repository(item: &Item) -> bool {
    match item {
        Item::TreeIndex(change) => match change {
            gix::diff::index::ChangeRef::Modification {
                previous_entry_mode,
                entry_mode,
                ..
            } => previous_entry_mode.is_submodule() || entry_mode.is_submodule(),
            other => other.entry_mode().is_submodule(),
        },
        Item::IndexWorktree(WorktreeItem::DirectoryContents { entry, .. }) => {
            entry.status == gix::dir::entry::Status::Untracked
                && entry.disk_kind == Some(gix::dir::entry::Kind::Repository)
        }
        Item::IndexWorktree(_) => false,
    }
}

fn concerns_a_file(item: &Item) -> bool {
    match item {
        Item::TreeIndex(change) => match change {
            gix::diff::index::ChangeRef::Modification {
                previous_entry_mode,
                entry_mode,
                ..
            } => is_file_mode(*previous_entry_mode) || is_file_mode(*entry_mode),
            other => is_file_mode(other.entry_mode()),
        },
        Item::IndexWorktree(WorktreeItem::Modification { entry, status, .. }) => match status {
            EntryStatus::NeedsUpdate(_) => false,
            EntryStatus::Change(FileChange::Type { .. }) => true,
            _ => is_file_mode(entry.mode),
        },
        Item::IndexWorktree(WorktreeItem::DirectoryContents { entry, .. }) => {
            use gix::dir::entry::{Kind, Status};
            entry.status == Status::Untracked && matches!(entry.disk_kind, Some(Kind::File | Kind::Symlink))
        }
        // Not produced with renames off.
        Item::IndexWorktree(WorktreeItem::Rewrite { .. }) => true,
    }
}

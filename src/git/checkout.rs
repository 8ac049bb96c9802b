//! A repository seen from a root inside its work tree.

mod uncommitted;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::diff::tree::recorder::Change as TreeChange;
use gix::index::entry::Mode;
use gix::object::tree::EntryMode;

use super::Tracked;
use crate::failure::Failure;

/// What differs, relative to the root.
#[derive(Debug, Default)]
pub(super) struct Differs {
    pub(super) files: BTreeSet<PathBuf>,
    /// Repositories in the repository, each as a whole.
    pub(super) folders: BTreeSet<PathBuf>,
}

impl Differs {
    pub(super) fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.folders.extend(other.folders);
    }
}

/// An opened repository and where the root lies in it.
pub(super) struct Checkout {
    pub(super) repository: gix::Repository,
    /// The root relative to the work tree, as git writes paths: empty, or with a `/` at its end.
    pub(super) prefix: BString,
}

impl Checkout {
    /// Opens the repository of the nearest folder with a `.git`, from `root` upwards.
    ///
    /// The search is not gix's: that one goes on to an outer repository when the nearest is damaged, and would then
    /// take all files of the inner one for untracked or ignored.
    pub(super) fn open(root: &Path) -> Result<Self, Failure> {
        let root = root.canonicalize().map_err(|_| doubt("the root cannot be read"))?;
        let Some(home) = root
            .ancestors()
            .find(|folder| folder.join(".git").symlink_metadata().is_ok())
        else {
            return Err(doubt(if root.ancestors().any(is_bare) {
                "the root is in a bare repository; run in a work tree"
            } else {
                "there is no git repository; run inside one"
            }));
        };
        let dot_git = home.join(".git");
        // Isolated: a home folder that cannot be read must not matter, and neither must anybody's own configuration. The sum at the end of
        // the index is not checked, as git itself does not when it reads one: half of the time that an index takes.
        let options = gix::open::Options::isolated().config_overrides(["index.skipHash=true"]);
        let mut repository = gix::open_opts(&dot_git, options).map_err(|_| unusable(&dot_git))?;
        disarm(&mut repository)?;
        let work_tree = repository
            .workdir()
            .and_then(|folder| folder.canonicalize().ok())
            .ok_or_else(|| doubt("the repository has no work tree; run in one"))?;
        let below = root
            .strip_prefix(&work_tree)
            .map_err(|_| doubt("the root is outside the repository's work tree"))?;
        let below = gix::path::into_bstr(below).map_err(|_| doubt("the path of the root is not UTF-8"))?;
        let mut prefix = gix::path::to_unix_separators_on_windows(below).into_owned();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        Ok(Self { repository, prefix })
    }

    /// The commit that is checked out.
    pub(super) fn head(&self) -> Result<ObjectId, Failure> {
        let mut head = self
            .repository
            .head()
            .map_err(|_| doubt("HEAD of the repository cannot be read"))?;
        if head.is_unborn() {
            return Err(doubt("the repository has no commits yet"));
        }
        match head.peel_to_commit() {
            Ok(commit) => Ok(commit.id),
            Err(_) => Err(doubt("HEAD of the repository does not lead to a commit")),
        }
    }

    /// The files that differ between two commits.
    pub(super) fn committed(&self, old: ObjectId, new: ObjectId) -> Result<Differs, Failure> {
        let mut differs = Differs::default();
        if old == new {
            return Ok(differs);
        }
        for change in self.tree_changes(old, new).map_err(|_| self.incomplete())? {
            let (path, modes) = match &change {
                TreeChange::Addition { path, entry_mode, .. } | TreeChange::Deletion { path, entry_mode, .. } => {
                    (path, [*entry_mode, *entry_mode])
                }
                TreeChange::Modification {
                    path,
                    previous_entry_mode,
                    entry_mode,
                    ..
                } => (path, [*previous_entry_mode, *entry_mode]),
            };
            let below = self.below_root(path.as_bstr())?;
            if modes.iter().any(EntryMode::is_commit) {
                differs.folders.extend(below.clone());
            }
            if modes.iter().any(EntryMode::is_blob_or_symlink) {
                differs.files.extend(below);
            }
        }
        Ok(differs)
    }

    /// The plain tree walk: the comparison with renames needs file contents, which a blobless clone does not have.
    fn tree_changes(&self, old: ObjectId, new: ObjectId) -> Result<Vec<TreeChange>, gix::Error> {
        let old = self.repository.find_commit(old)?.tree()?;
        let new = self.repository.find_commit(new)?.tree()?;
        let mut recorder = gix::diff::tree::Recorder::default();
        gix::diff::tree(
            gix::objs::TreeRefIter::from_bytes(&old.data, old.id.kind()),
            gix::objs::TreeRefIter::from_bytes(&new.data, new.id.kind()),
            gix::diff::tree::State::default(),
            &self.repository.objects,
            &mut recorder,
        )
        .map_err(gix::Error::from_error)?;
        Ok(recorder.records)
    }

    /// What is in the index; without an index what is in HEAD, as git would fill it.
    pub(super) fn tracked(&self) -> Option<Tracked> {
        let index = self.repository.index_or_load_from_head_or_empty().ok()?;
        let mut tracked = Tracked::default();
        for entry in index.entries() {
            let Some(path) = self.below_root(entry.path(&index)).ok().flatten() else {
                continue;
            };
            if entry.mode.is_submodule() {
                tracked.modules.push(path);
            } else if is_file_mode(entry.mode) {
                if entry.mode == Mode::SYMLINK {
                    tracked.links.push(path.clone());
                }
                tracked.files.insert(path);
            }
        }
        Some(tracked)
    }

    /// The text of a file of a commit; `None` if it has none there.
    pub(super) fn text(&self, commit: ObjectId, path: &Path) -> Result<Option<String>, Failure> {
        /// No configuration and no judged file is larger.
        const MAX_BYTES: u64 = 16 << 20;
        let below = gix::path::into_bstr(path).map_err(|_| doubt("the path of the file is not UTF-8"))?;
        let mut full = self.prefix.clone();
        full.extend_from_slice(&gix::path::to_unix_separators_on_windows(below));
        let commit = self.repository.find_commit(commit).map_err(|_| self.incomplete())?;
        let tree = commit.tree().map_err(|_| self.incomplete())?;
        let entry = tree
            .lookup_entry(full.split(|byte| *byte == b'/'))
            .map_err(|_| self.incomplete())?;
        let Some(entry) = entry.filter(|entry| entry.mode().is_blob()) else {
            return Ok(None);
        };
        let header = self
            .repository
            .find_header(entry.object_id())
            .map_err(|_| self.incomplete())?;
        if header.size() > MAX_BYTES {
            return Err(doubt("a file of the base is too large"));
        }
        let object = entry.object().map_err(|_| self.incomplete())?;
        String::from_utf8(object.data.clone())
            .map(Some)
            .map_err(|_| doubt("a file of the base is not UTF-8"))
    }

    /// `path`, relative to the root; `None` if it lies elsewhere, or is one that no file can have.
    fn below_root(&self, path: &BStr) -> Result<Option<PathBuf>, Failure> {
        let Some(rest) = path.strip_prefix(self.prefix.as_slice()) else {
            return Ok(None);
        };
        let path = gix::path::from_bstr(rest.as_bstr()).map_err(|_| doubt("a path in the repository is not UTF-8"))?;
        // Trees can be crafted with entries such as `..`.
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        Ok((plain && !rest.is_empty()).then(|| path.into_owned()))
    }

    fn incomplete(&self) -> Failure {
        incomplete(&self.repository)
    }
}

/// The doubt about a repository that lacks commits or trees.
pub(super) fn incomplete(repository: &gix::Repository) -> Failure {
    doubt(if repository.is_shallow().unwrap_or(false) {
        "the clone is shallow and lacks history that the comparison needs; fetch more history, e.g. fetch-depth: 0"
    } else {
        "the clone lacks objects that the comparison needs; fetch them, e.g. clone without a filter for trees"
    })
}

pub(super) fn doubt(reason: &str) -> Failure {
    Failure::new(reason.to_owned())
}

/// Why a `.git` cannot be opened. gix's own words are left out, as they hold absolute paths.
fn unusable(dot_git: &Path) -> Failure {
    let target = gix::discover::path::from_gitdir_file(dot_git);
    doubt(if dot_git.is_file() && !target.is_ok_and(|folder| folder.is_dir()) {
        "the file .git points to a repository that does not exist; run where the main repository can be read"
    } else {
        "the repository in .git cannot be opened: its HEAD or its configuration is missing or damaged"
    })
}

fn is_bare(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && folder.join("objects").is_dir() && folder.join("refs").is_dir()
}

/// Forgets the filters that the repository configures: they are programs, and nothing may be executed. A file that
/// only its filter could show to be unchanged then counts as changed.
fn disarm(repository: &mut gix::Repository) -> Result<(), Failure> {
    let mut config = repository.config_snapshot_mut();
    let filters: Vec<_> = config
        .sections_and_ids_by_name("filter")
        .into_iter()
        .flatten()
        .map(|(_, id)| id)
        .collect();
    if filters.is_empty() {
        config.forget();
        return Ok(());
    }
    for id in filters {
        config.remove_section_by_id(id);
    }
    match config.commit() {
        Ok(_) => Ok(()),
        Err(_) => Err(doubt("the repository's configuration cannot be read")),
    }
}

fn is_file_mode(mode: Mode) -> bool {
    !mode.is_submodule() && !mode.is_sparse()
}

//! What git knows about the files below the root: which ones a change touches, and which ones are tracked.

use crate::failure::Failure;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

mod origin;

pub(crate) use origin::origin;

#[cfg(feature = "git")]
mod base;
#[cfg(feature = "git")]
mod checkout;
#[cfg(feature = "git")]
mod export;
#[cfg(feature = "git")]
#[cfg(test)]
mod tests;

/// The files that differ from a base.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Their paths relative to the root, with the bytes that git has; deleted files are among them.
    pub paths: BTreeSet<PathBuf>,
    /// Folders of which every file may differ: submodules that moved or hold changes, and repositories that nobody tracks.
    pub folders: BTreeSet<PathBuf>,
    /// The commit that they were compared with, in hexadecimal digits.
    pub commit: String,
    /// The same for people: `merge base 1a2b3c4d of origin/main and HEAD`.
    pub base: String,
}

impl Changed {
    /// Whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.folders.is_empty()
    }

    /// Whether a file may differ.
    pub(crate) fn touches(&self, path: &Path) -> bool {
        // A folder on the way may be a link that changed.
        path.ancestors()
            .any(|part| self.paths.contains(part) || self.folders.contains(part))
    }

    /// Whether a file in this folder may differ.
    pub(crate) fn touches_below(&self, folder: &Path) -> bool {
        self.paths
            .iter()
            .chain(&self.folders)
            .any(|path| path.starts_with(folder))
            || self.folders.iter().any(|changed| folder.starts_with(changed))
    }
}

/// What a work tree is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Against {
    /// The upstream of the current branch, else the default branch of the remote `origin`, else the local branch `main` or
    /// `master` if HEAD is another one.
    Usual,
    /// This revision; what counts is where HEAD left it.
    Revision(String),
    /// A request to merge the commit `head` into the branch that stood at `base`. HEAD is either `head`, or the merge that a
    /// CI system made for a trial: then its first parent counts, as the branch may have moved since.
    Request {
        /// A commit of the target.
        base: String,
        /// The last commit of the source.
        head: String,
    },
    /// New commits on a branch that stood at `base`: HEAD is `head`, and `base` is among the commits before it.
    Push {
        /// The last commit before.
        base: String,
        /// The last commit now.
        head: String,
    },
}

/// The files below `root` that differ between HEAD and what it is compared with, or that are staged, changed in the work
/// tree, or untracked and not ignored.
///
/// A renamed file counts under both names. Submodules and repositories nested in the work tree have histories of their own: they count
/// as whole folders, if they moved or hold anything that is not committed.
///
/// Nothing is executed (not even the filters that the repository configures) and only the repository's own
/// configuration is read, never the user's or the system's, and no `GIT_*` variables.
///
/// # Errors
///
/// Whenever the answer could leave a file out: there is no usable repository, the base is unknown, HEAD is another commit
/// than the one asked about, or history or files that the comparison needs are missing or unreadable.
pub(crate) fn changed(root: &Path, against: &Against) -> Result<Changed, Failure> {
    #[cfg(feature = "git")]
    {
        let checkout = checkout::Checkout::open(root)?;
        let head = checkout.head()?;
        let base = base::find(&checkout.repository, head, against)?;
        let mut differs = checkout.committed(base.commit, head)?;
        differs.add(checkout.uncommitted()?);
        Ok(Changed {
            paths: differs.files,
            folders: differs.folders,
            commit: base.commit.to_string(),
            base: base.words,
        })
    }
    #[cfg(not(feature = "git"))]
    {
        let _ = (root, against);
        Err(Failure::new("this build has no git support".to_owned()))
    }
}

/// A commit that a change began at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// Its hash, in hexadecimal digits.
    pub commit: String,
    /// For people: `merge base 1a2b3c4d of origin/main and HEAD`.
    pub words: String,
    /// HEAD is the same commit.
    pub is_head: bool,
}

/// Where the change that HEAD is began.
///
/// # Errors
///
/// As for [`changed`].
pub(crate) fn start(root: &Path, against: &Against) -> Result<Start, Failure> {
    #[cfg(feature = "git")]
    {
        let checkout = checkout::Checkout::open(root)?;
        let head = checkout.head()?;
        let base = base::find(&checkout.repository, head, against)?;
        Ok(Start {
            commit: base.commit.to_string(),
            words: base.words,
            is_head: base.commit == head,
        })
    }
    #[cfg(not(feature = "git"))]
    {
        let _ = (root, against);
        Err(Failure::new("this build has no git support".to_owned()))
    }
}

/// The files below `root` that differ between two commits: where a change began, and HEAD.
///
/// # Errors
///
/// As for [`changed`].
pub(crate) fn committed(root: &Path, start: &Start) -> Result<Changed, Failure> {
    #[cfg(feature = "git")]
    {
        let checkout = checkout::Checkout::open(root)?;
        let differs = checkout.committed(base::tip(&checkout.repository, &start.commit)?, checkout.head()?)?;
        Ok(Changed {
            paths: differs.files,
            folders: differs.folders,
            commit: start.commit.clone(),
            base: start.words.clone(),
        })
    }
    #[cfg(not(feature = "git"))]
    {
        let _ = (root, start);
        Err(Failure::new("this build has no git support".to_owned()))
    }
}

/// The text of a file at the commit that `base` names (a branch, a tag, a hash; `origin/` is tried as well); `None` if the
/// commit has no such file. `path` is relative to `root`.
///
/// # Errors
///
/// There is no usable repository, the base is unknown, or what is needed is missing, unreadable or not UTF-8.
pub(crate) fn file_at(root: &Path, base: &str, path: &Path) -> Result<Option<String>, Failure> {
    #[cfg(feature = "git")]
    {
        let checkout = checkout::Checkout::open(root)?;
        let commit = base::tip(&checkout.repository, base)?;
        checkout.text(commit, path)
    }
    #[cfg(not(feature = "git"))]
    {
        let _ = (root, base, path);
        Err(Failure::new("this build has no git support".to_owned()))
    }
}

/// Writes the files that the commit has below `root` into an empty folder, and gives their paths: what is larger than a text as nothing of
/// its length. `also` are files that the commit may lack, as git ignores them or another repository has them. Nothing is written outside of the
/// folder, though links lead where they lead.
///
/// # Errors
///
/// As for [`file_at`], and if there are more than 20,000 files or 256 MiB of texts, or the folder cannot be written to.
pub(crate) fn export(
    root: &Path,
    base: &str,
    folder: &Path,
    also: &[(PathBuf, &str)],
) -> Result<HashSet<PathBuf>, Failure> {
    #[cfg(feature = "git")]
    {
        let checkout = checkout::Checkout::open(root)?;
        let commit = base::tip(&checkout.repository, base)?;
        checkout.export(commit, folder, also)
    }
    #[cfg(not(feature = "git"))]
    {
        let _ = (root, base, folder, also);
        Err(Failure::new("this build has no git support"))
    }
}

/// Writes what the paths of a change held at its commit into an empty folder, as [`export`] does, and gives those that there were.
///
/// # Errors
///
/// As for [`export`].
pub(crate) fn export_touched(root: &Path, changed: &Changed, folder: &Path) -> Result<HashSet<PathBuf>, Failure> {
    #[cfg(feature = "git")]
    {
        let checkout = checkout::Checkout::open(root)?;
        let commit = base::tip(&checkout.repository, &changed.commit)?;
        checkout.export_touched(commit, folder, changed)
    }
    #[cfg(not(feature = "git"))]
    {
        let _ = (root, changed, folder);
        Err(Failure::new("this build has no git support"))
    }
}

/// Whether the work tree below `root` holds what a commit holds, and nothing else that git does not ignore.
///
/// # Errors
///
/// As for [`changed`].
pub(crate) fn is_checked_out(root: &Path, commit: &str) -> Result<bool, Failure> {
    #[cfg(feature = "git")]
    {
        let checkout = checkout::Checkout::open(root)?;
        let wanted = base::tip(&checkout.repository, commit)?;
        let differs = checkout.uncommitted()?;
        Ok(checkout.head()? == wanted && differs.files.is_empty() && differs.folders.is_empty())
    }
    #[cfg(not(feature = "git"))]
    {
        let _ = (root, commit);
        Err(Failure::new("this build has no git support"))
    }
}

/// What git tracks below a root, relative to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracked {
    /// Files and links.
    pub files: HashSet<PathBuf>,
    /// Folders that are repositories of their own: submodules.
    pub modules: Vec<PathBuf>,
    /// The links among the files.
    pub links: Vec<PathBuf>,
}

/// What git tracks below `root`; `None` if there is no repository that can be read.
///
/// Costs one reading of the index, no look at the files.
pub(crate) fn tracked(root: &Path) -> Option<Tracked> {
    #[cfg(feature = "git")]
    {
        checkout::Checkout::open(root).ok()?.tracked()
    }
    #[cfg(not(feature = "git"))]
    {
        let _ = root;
        None
    }
}

//! The walk over the workspace: every file that git would not ignore, and every file that git tracks, in submodules too.

use super::Workspace;
use crate::failure::Failure;
use crate::git::{self, Changed};
use ignore::WalkBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// More files and folders than this are not looked at.
const MAX_ENTRIES: usize = 1_000_000;
/// Repositories inside of the repository that are looked at by themselves.
const MAX_REPOSITORIES: usize = 1_000;
/// Folders that could not be searched are named up to this many.
const MAX_UNREAD: usize = 50;

/// What a search came upon.
#[derive(Debug, Default)]
pub(crate) struct Searched {
    /// Files, and links to files, with a wanted name, relative to the root.
    pub files: BTreeSet<PathBuf>,
    /// Files that git tracks and that are not in this checkout.
    pub absent: BTreeSet<PathBuf>,
    /// Folders that could not be searched, and why.
    pub unread: BTreeMap<PathBuf, String>,
}

/// Whether ignore files count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hidden {
    /// Where git has an index that says what they may not hide.
    LeftOut,
    /// Nowhere.
    Included,
}

impl Workspace {
    /// Every path below `start` (relative to the root) whose name `wanted` takes. Dot folders are walked, `.git` is not. Ignore
    /// files count only inside the root and only in a repository whose index can be read, and never hide what that index tracks.
    pub(crate) fn search(&self, start: &Path, wanted: &dyn Fn(&str) -> bool, hidden: Hidden) -> Searched {
        let mut search = Search {
            workspace: self,
            wanted,
            searched: Searched::default(),
            left: MAX_ENTRIES,
        };
        let tracked = self.tracked();
        let modules: BTreeSet<PathBuf> = self.modules().iter().cloned().collect();
        let is_ignoring = hidden == Hidden::LeftOut && tracked.is_some();
        let mut inner = match &self.changed {
            Some(changed) if is_ignoring && start.as_os_str().is_empty() => search.untracked(changed),
            _ => search.walk(start, is_ignoring, &modules),
        };
        search.add(start, tracked.into_iter().flat_map(|tracked| tracked.iter().cloned()));
        inner.extend(modules.into_iter().map(|module| (module, false)));
        search.repositories(start, inner, hidden);
        let mut searched = search.searched;
        searched.files.retain(|path| self.is_folder(path) != Some(true));
        searched
    }
}

struct Search<'a> {
    workspace: &'a Workspace,
    wanted: &'a dyn Fn(&str) -> bool,
    searched: Searched,
    /// So many entries may still be looked at.
    left: usize,
}

impl Search<'_> {
    fn fits(&self, path: &Path) -> bool {
        path.file_name()
            .is_some_and(|name| (self.wanted)(&name.to_string_lossy()))
    }

    /// Walks a folder, but for the submodules in it. Gives the repositories in it that are none, each walked already.
    fn walk(&mut self, start: &Path, is_ignoring: bool, modules: &BTreeSet<PathBuf>) -> Vec<(PathBuf, bool)> {
        let root = self.workspace.root().to_path_buf();
        let (below, skipped) = (root.clone(), modules.clone());
        let walk = WalkBuilder::new(root.join(start))
            .hidden(false)
            .parents(false)
            .ignore(false)
            .git_global(false)
            .git_exclude(false)
            .git_ignore(is_ignoring)
            .require_git(false)
            .follow_links(false)
            .filter_entry(move |entry| {
                let path = entry.path().strip_prefix(&below);
                let is_module = path.is_ok_and(|path| skipped.contains(path));
                entry.file_name() != ".git" && (entry.depth() == 0 || !is_module)
            })
            .build();
        let mut inner = Vec::new();
        for entry in walk {
            if self.left == 0 {
                let words = format!("it includes more than {MAX_ENTRIES} files and folders");
                self.searched.unread.insert(start.to_path_buf(), words);
                break;
            }
            self.left -= 1;
            match entry {
                Ok(entry) => {
                    let Ok(path) = entry.path().strip_prefix(&root) else {
                        continue;
                    };
                    let is_folder = entry.file_type().is_none_or(|kind| kind.is_dir());
                    if !is_folder && self.fits(path) {
                        self.searched.files.insert(path.to_path_buf());
                    } else if is_folder && entry.depth() > 0 && has_git(entry.path()) {
                        inner.push((path.to_path_buf(), true));
                    }
                }
                Err(error) => self.unread(&root, start, &error),
            }
        }
        inner
    }

    /// Takes what git does not track and does not ignore. Gives the repositories that nobody tracks.
    fn untracked(&mut self, changed: &Changed) -> Vec<(PathBuf, bool)> {
        for path in &changed.paths {
            if self.fits(path) && self.workspace.is_named(path) {
                self.searched.files.insert(path.clone());
            }
        }
        let repositories = changed
            .folders
            .iter()
            .filter(|folder| has_git(&self.workspace.root().join(folder)));
        repositories.map(|folder| (folder.clone(), false)).collect()
    }

    /// A folder that could not be listed, or whose path is too long to be asked for.
    fn unread(&mut self, root: &Path, start: &Path, error: &ignore::Error) {
        let (path, io) = parts(error);
        let Some(io) = io.filter(|io| io.kind() != ErrorKind::NotFound) else {
            return;
        };
        if self.searched.unread.len() < MAX_UNREAD {
            let path = path.and_then(|path| path.strip_prefix(root).ok()).unwrap_or(start);
            self.searched.unread.insert(
                path.to_path_buf(),
                Failure::from(std::io::Error::from(io.kind())).to_string(),
            );
        }
    }

    /// Adds what an index tracks.
    fn add(&mut self, start: &Path, tracked: impl Iterator<Item = PathBuf>) {
        for path in tracked.filter(|path| path.starts_with(start)) {
            if self.fits(&path) {
                match self.workspace.is_named(&path) {
                    true => self.searched.files.insert(path),
                    false => self.searched.absent.insert(path),
                };
            }
        }
    }

    /// Repositories in the repository: submodules, and others that somebody cloned there. Each has ignore files and an index of its
    /// own.
    fn repositories(&mut self, start: &Path, mut open: Vec<(PathBuf, bool)>, hidden: Hidden) {
        let mut seen = BTreeSet::new();
        while let Some((folder, is_walked)) = open.pop() {
            if !(folder.starts_with(start) || start.starts_with(&folder)) || !seen.insert(folder.clone()) {
                continue;
            }
            if seen.len() > MAX_REPOSITORIES {
                let words = format!("there are more than {MAX_REPOSITORIES} repositories in the repository");
                self.searched.unread.insert(folder, words);
                return;
            }
            // Without a `.git` of its own it would be asked for what the outer one tracks.
            let has_git = has_git(&self.workspace.root().join(&folder));
            let tracked = has_git
                .then(|| git::tracked(&self.workspace.root().join(&folder)))
                .flatten();
            let modules: BTreeSet<PathBuf> = match &tracked {
                Some(tracked) => tracked.modules.iter().map(|module| folder.join(module)).collect(),
                None => BTreeSet::new(),
            };
            let below = if start.starts_with(&folder) { start } else { &folder };
            if !is_walked || tracked.is_none() {
                let is_ignoring = hidden == Hidden::LeftOut && tracked.is_some();
                open.extend(self.walk(below, is_ignoring, &modules));
            }
            let files = tracked.into_iter().flat_map(|tracked| tracked.files);
            self.add(start, files.map(|path| folder.join(path)));
            open.extend(modules.into_iter().map(|module| (module, false)));
        }
    }
}

/// Whether a folder is a repository.
fn has_git(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

/// Where an error of the walk happened, and what the operating system said.
fn parts(error: &ignore::Error) -> (Option<&Path>, Option<&std::io::Error>) {
    match error {
        ignore::Error::WithPath { path, err } => {
            let (inner, io) = parts(err);
            (inner.or(Some(path)), io)
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => parts(err),
        ignore::Error::Io(io) => (None, Some(io)),
        _ => (None, None),
    }
}

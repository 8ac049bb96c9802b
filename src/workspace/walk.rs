//! The walk over the workspace: every file that git would not ignore, and every file that git tracks.

use super::{MAX_BYTES, Workspace};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{Match, WalkBuilder};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// More files than this are not looked at.
const MAX_FILES: usize = 1_000_000;

impl Workspace {
    /// Every path below `start` (relative to the root) whose name `wanted` takes, sorted. Dot folders are walked, `.git` is
    /// not; ignore files count only inside the root, and never hide a file that git tracks.
    pub fn find(&self, start: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<PathBuf> {
        let name_fits = |path: &Path| path.file_name().is_some_and(|name| wanted(&name.to_string_lossy()));
        let mut found = BTreeSet::new();
        let walk = WalkBuilder::new(self.root().join(start))
            .hidden(false)
            .parents(false)
            .ignore(false)
            .git_global(false)
            .git_exclude(false)
            .git_ignore(true)
            .require_git(false)
            .follow_links(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk.flatten().take(MAX_FILES) {
            let is_folder = entry.file_type().is_none_or(|kind| kind.is_dir());
            if !is_folder
                && name_fits(entry.path())
                && let Ok(path) = entry.path().strip_prefix(self.root())
            {
                found.insert(path.to_path_buf());
            }
        }
        for path in self.tracked().into_iter().flat_map(|tracked| tracked.iter()) {
            if path.starts_with(start)
                && name_fits(path)
                && self
                    .root()
                    .join(path)
                    .symlink_metadata()
                    .is_ok_and(|data| !data.is_dir())
            {
                found.insert(path.clone());
            }
        }
        found
            .into_iter()
            .filter(|path| !self.root().join(path).is_dir())
            .collect()
    }
}

/// The `.gitignore` files of the workspace, each read when somebody asks for a path below it.
#[derive(Default)]
pub(super) struct IgnoreRules {
    folders: RefCell<HashMap<PathBuf, Rc<Gitignore>>>,
}

impl IgnoreRules {
    /// Whether a path, or a folder that it is in, is ignored. What the path would be (a file or a folder) is not known, so
    /// a pattern for either counts.
    pub(super) fn ignore(&self, root: &Path, path: &Path) -> bool {
        let mut folders = vec![PathBuf::new()];
        let mut so_far = PathBuf::new();
        let mut parts = path.components().peekable();
        while let Some(part) = parts.next() {
            so_far.push(part);
            let is_last = parts.peek().is_none();
            // The file in the nearest folder has the last word.
            let said = folders.iter().rev().find_map(|folder| {
                let rules = self.rules(root, folder);
                let matched = rules.matched(&so_far, true).or(if is_last {
                    rules.matched(&so_far, false)
                } else {
                    Match::None
                });
                (!matched.is_none()).then(|| matched.is_ignore())
            });
            if said == Some(true) {
                return true;
            }
            folders.push(so_far.clone());
        }
        false
    }

    fn rules(&self, root: &Path, folder: &Path) -> Rc<Gitignore> {
        let mut folders = self.folders.borrow_mut();
        let read = || {
            let file = root.join(folder).join(".gitignore");
            // Relative paths are matched below the folder of the file.
            let mut builder = GitignoreBuilder::new(folder);
            let is_small = file
                .symlink_metadata()
                .is_ok_and(|data| data.is_file() && data.len() <= MAX_BYTES);
            if is_small && let Ok(text) = std::fs::read_to_string(&file) {
                for line in text.lines() {
                    // A line that cannot be read ignores nothing.
                    let _ = builder.add_line(None, line);
                }
            }
            Rc::new(builder.build().unwrap_or_else(|_| Gitignore::empty()))
        };
        folders.entry(folder.to_path_buf()).or_insert_with(read).clone()
    }
}

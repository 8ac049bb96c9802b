//! The walk over the workspace: every file that git would not ignore, and every file that git tracks.

use super::Workspace;
use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
        for path in self.tracked().into_iter().flatten() {
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

/// The ignore rules of the root's `.gitignore`, for single paths.
pub(super) fn ignore_rules(root: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(root);
    // A line that cannot be read ignores nothing.
    let _ = builder.add(root.join(".gitignore"));
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

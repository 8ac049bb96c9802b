//! Which paths the `.gitignore` files say are not there on purpose.

use super::MAX_BYTES;
use super::beneath::Found;
use super::ground::Ground;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The `.gitignore` files of the workspace, each read when somebody asks for a path below it.
#[derive(Default)]
pub(super) struct IgnoreRules {
    folders: RefCell<HashMap<PathBuf, Arc<Gitignore>>>,
}

impl IgnoreRules {
    /// Whether a path, or a folder that it is in, is ignored. What the path would be (a file or a folder) is not known, so
    /// a pattern for either counts.
    pub(super) fn ignore(&self, ground: &Ground, path: &Path) -> bool {
        let mut folders = vec![PathBuf::new()];
        let mut so_far = PathBuf::new();
        let mut parts = path.components().peekable();
        while let Some(part) = parts.next() {
            so_far.push(part);
            let is_last = parts.peek().is_none();
            // The file in the nearest folder has the last word.
            let said = folders.iter().rev().find_map(|folder| {
                let rules = self.rules(ground, folder);
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

    fn rules(&self, ground: &Ground, folder: &Path) -> Arc<Gitignore> {
        let mut folders = self.folders.borrow_mut();
        let read = || {
            // Relative paths are matched below the folder of the file.
            let mut builder = GitignoreBuilder::new(folder);
            let mut text = String::new();
            if let Ok(Found::File(file)) = ground.find(&folder.join(".gitignore"))
                && file.take(MAX_BYTES).read_to_string(&mut text).is_ok()
            {
                for line in text.lines() {
                    // A line that cannot be read ignores nothing.
                    let _ = builder.add_line(None, line);
                }
            }
            Arc::new(builder.build().unwrap_or_else(|_| Gitignore::empty()))
        };
        folders.entry(folder.to_path_buf()).or_insert_with(read).clone()
    }
}

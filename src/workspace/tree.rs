//! The walk over a build context: every file, ignored by git or not, without following links.

use super::Workspace;
use super::beneath::{Data, Kind};
use super::ground::Ground;
use crate::build::context::{Entry, EntryKind, Tree};
use crate::resolve::dockerignore::{Dockerignore, Verdict};
use crate::values::path::is_below;
use std::path::Path;

/// More entries than this in one context are not looked at.
const MAX_ENTRIES: usize = 200_000;
/// Folders deeper than this are not entered.
const MAX_DEPTH: usize = 128;

impl Workspace {
    /// The files of the folder `context` (relative to the root) that lie on the way to or below one of the `wanted` paths.
    /// A folder that the ignore file excludes is not entered, unless a later line may take something in it back.
    pub fn tree(&self, context: &Path, wanted: &[String], ignore: Option<&Dockerignore>) -> Tree {
        let mut walk = Walk {
            ground: &self.ground,
            wanted,
            ignore,
            tree: Tree {
                entries: Vec::new(),
                complete: true,
                ..Tree::default()
            },
        };
        match self.locate(context) {
            Ok(folder) => walk.folder(&folder, "", None, 0),
            Err(_) => walk.tree.complete = false,
        }
        if ignore.is_some_and(Dockerignore::is_exhausted) {
            walk.tree.complete = false;
        }
        walk.tree
    }
}

struct Walk<'a> {
    ground: &'a Ground,
    wanted: &'a [String],
    ignore: Option<&'a Dockerignore>,
    tree: Tree,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, path: &str, above: Option<&Verdict>, depth: usize) {
        let room = MAX_ENTRIES.saturating_sub(self.tree.entries.len());
        let Ok(items) = self.ground.list(folder, room + 1) else {
            self.tree.complete = false;
            return;
        };
        if items.len() > room || depth > MAX_DEPTH {
            self.tree.complete = false;
            return;
        }
        let mut named = Vec::new();
        for item in items {
            match (item.name, item.data) {
                (Some(name), Some(data)) => named.push((name, data)),
                // A name that is not UTF-8, or a file that went away.
                _ => self.tree.complete = false,
            }
        }
        named.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (name, data) in named {
            if self.tree.entries.len() >= MAX_ENTRIES {
                self.tree.complete = false;
                return;
            }
            let here = folder.join(&name);
            let below = if path.is_empty() {
                name
            } else {
                format!("{path}/{name}")
            };
            self.entry(&here, &data, below, above, depth);
        }
    }

    fn entry(&mut self, here: &Path, data: &Data, path: String, above: Option<&Verdict>, depth: usize) {
        let (kind, bytes) = match data.kind {
            Kind::Folder => (EntryKind::Folder, 0),
            // The length of what it says.
            Kind::Link => (EntryKind::Link, data.bytes),
            Kind::File => (EntryKind::File, data.bytes),
            Kind::Other => (EntryKind::Other, 0),
        };
        let verdict = self.ignore.map(|ignore| ignore.judge(&path, above));
        let excluded = verdict.as_ref().is_some_and(|verdict| verdict.excluded);
        self.tree.entries.push(Entry {
            path: path.clone(),
            kind,
            bytes,
            mode: data.mode,
            sent: !excluded,
        });
        let is_closed = excluded && !self.ignore.is_some_and(Dockerignore::has_exceptions);
        let is_wanted = || {
            self.wanted
                .iter()
                .any(|wanted| *wanted == path || is_below(&path, wanted) || is_below(wanted, &path))
        };
        if kind == EntryKind::Folder && !is_closed && is_wanted() {
            self.folder(here, &path, verdict.as_ref(), depth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn walked(folder: &Path, wanted: &[&str], ignore: Option<&str>) -> Tree {
        let workspace = Workspace::open(folder).unwrap();
        let wanted: Vec<String> = wanted.iter().map(|path| (*path).to_owned()).collect();
        let ignore = ignore.map(|text| Dockerignore::parse(text).unwrap());
        workspace.tree(Path::new(""), &wanted, ignore.as_ref())
    }

    fn paths(tree: &Tree) -> Vec<&str> {
        tree.entries.iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn links_are_measured_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        symlink("..", folder.path().join("a/loop")).unwrap();
        symlink("/etc/passwd", folder.path().join("out")).unwrap();
        let tree = walked(folder.path(), &[""], None);
        assert_eq!(paths(&tree), ["a", "a/loop", "out"]);
        assert_eq!(tree.entries[1].bytes, 2);
        assert!(tree.complete);
    }

    #[test]
    fn a_sparse_giant_is_its_length_and_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = fs::File::create(folder.path().join("giant")).unwrap();
        file.set_len(1 << 40).unwrap();
        let tree = walked(folder.path(), &[""], None);
        assert_eq!(tree.entries[0].bytes, 1 << 40);
    }

    #[test]
    fn only_wanted_folders_are_entered_and_closed_ones_not() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["a/b/c", "d/e", "f/g"] {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        assert_eq!(
            paths(&walked(folder.path(), &["a/b"], None)),
            ["a", "a/b", "a/b/c", "d", "f"]
        );
        let tree = walked(folder.path(), &[""], Some("d\n"));
        assert_eq!(paths(&tree), ["a", "a/b", "a/b/c", "d", "f", "f/g"]);
        assert!(!tree.entries[3].sent);
        let tree = walked(folder.path(), &[""], Some("d\n!d/e\n"));
        assert!(tree.entries.iter().any(|entry| entry.path == "d/e" && entry.sent));
    }

    #[test]
    fn too_many_files_leave_the_tree_incomplete() {
        let folder = tempfile::tempdir().unwrap();
        for folder_number in 0..3 {
            let inner = folder.path().join(folder_number.to_string());
            fs::create_dir(&inner).unwrap();
            for number in 0..20 {
                fs::write(inner.join(number.to_string()), "").unwrap();
            }
        }
        assert!(walked(folder.path(), &[""], None).complete);
        let deep = folder.path().join("x/".repeat(200));
        fs::create_dir_all(deep).unwrap();
        assert!(!walked(folder.path(), &[""], None).complete);
    }
}

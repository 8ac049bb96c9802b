//! The files of a commit in a folder, for whoever wants to know what was there before.

use super::checkout::{Checkout, doubt, incomplete};
use crate::failure::Failure;
use gix::ObjectId;
use gix::bstr::ByteSlice;
use std::collections::HashSet;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// More files, deeper folders and more bytes of texts are not written; a larger file is written as nothing of its length.
const MAX_FILES: usize = 20_000;
const MAX_DEPTH: usize = 100;
const MAX_BYTES: u64 = 256 << 20;
const MAX_TEXT: u64 = 1 << 20;

impl Checkout {
    /// Writes what lies below the root into a folder that is empty. Submodules are left out. Links are made when all else is there, so that
    /// nothing is written through one.
    pub(super) fn export(
        &self,
        commit: ObjectId,
        folder: &Path,
        also: &[(PathBuf, &str)],
    ) -> Result<HashSet<PathBuf>, Failure> {
        let mut paths = HashSet::new();
        let mut links = Vec::new();
        let missing = || incomplete(&self.repository);
        let Some(root) = self.tree_of_root(commit)? else {
            return Ok(paths);
        };
        let (mut files, mut bytes) = (0, 0);
        let mut open = vec![(root, PathBuf::new(), 0)];
        while let Some((id, path, depth)) = open.pop() {
            let tree = self.repository.find_object(id).map_err(|_| missing())?;
            let tree = tree.try_into_tree().map_err(|_| missing())?;
            let here = folder.join(&path);
            std::fs::create_dir_all(&here).map_err(|_| unwritable())?;
            for entry in tree.iter() {
                let entry = entry.map_err(|_| missing())?;
                files += 1;
                if files > MAX_FILES || depth > MAX_DEPTH {
                    return Err(doubt("the base has too many files"));
                }
                // Trees can be crafted with entries such as `..`.
                let name =
                    gix::path::from_bstr(entry.filename()).map_err(|_| doubt("a path in the base is not UTF-8"))?;
                let mut parts = name.components();
                let is_plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
                if !is_plain || entry.filename().eq_ignore_ascii_case(b".git") {
                    continue;
                }
                let mode = entry.mode();
                if mode.is_tree() {
                    open.push((entry.object_id(), path.join(&name), depth + 1));
                } else if mode.is_blob_or_symlink() {
                    let header = self.repository.find_header(entry.object_id()).map_err(|_| missing())?;
                    let target = here.join(&name);
                    paths.insert(path.join(&name));
                    if header.size() > MAX_TEXT && mode.is_blob() {
                        let file = std::fs::File::create_new(&target).map_err(|_| unwritable())?;
                        file.set_len(header.size()).map_err(|_| unwritable())?;
                        continue;
                    }
                    bytes += header.size();
                    if bytes > MAX_BYTES || header.size() > MAX_TEXT {
                        return Err(doubt("the base has too many bytes"));
                    }
                    let object = entry.object().map_err(|_| missing())?;
                    if mode.is_link() {
                        links.push((target, object.data.clone()));
                        continue;
                    }
                    write(&target, &object.data).map_err(|_| unwritable())?;
                }
            }
        }
        for (path, text) in also.iter().filter(|(path, _)| !paths.contains(path)) {
            add(folder, path, text);
        }
        for (target, leads) in links {
            link(&target, &leads)?;
        }
        Ok(paths)
    }

    /// The tree of a commit that the root lies at; `None` if it has none there.
    fn tree_of_root(&self, commit: ObjectId) -> Result<Option<ObjectId>, Failure> {
        let missing = || incomplete(&self.repository);
        let commit = self.repository.find_commit(commit).map_err(|_| missing())?;
        let mut tree = commit.tree().map_err(|_| missing())?;
        for name in self.prefix.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
            let below = tree.lookup_entry([name]).map_err(|_| missing())?;
            let Some(below) = below.filter(|entry| entry.mode().is_tree()) else {
                return Ok(None);
            };
            let object = below.object().map_err(|_| missing())?;
            tree = object.try_into_tree().map_err(|_| missing())?;
        }
        Ok(Some(tree.id))
    }
}

/// Adds a file that the commit does not have.
fn add(folder: &Path, path: &Path, text: &str) {
    let target = folder.join(path);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    // Where a file of the commit stands in the way, it has none of these.
    let has_folder = |target: &Path| {
        let folder = target.parent();
        folder.is_some_and(|folder| std::fs::create_dir_all(folder).is_ok())
    };
    if is_plain && has_folder(&target) {
        let _ = write(&target, text.as_bytes());
    }
}

/// A link, unless something of that name is there.
#[cfg(unix)]
fn link(path: &Path, leads: &[u8]) -> Result<(), Failure> {
    let leads = gix::path::from_bstr(leads.as_bstr()).map_err(|_| doubt("a link in the base is not UTF-8"))?;
    match std::os::unix::fs::symlink(leads, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(unwritable()),
        _ => Ok(()),
    }
}

/// A file with where it leads.
#[cfg(not(unix))]
fn link(path: &Path, leads: &[u8]) -> Result<(), Failure> {
    write(path, leads).map_err(|_| unwritable())
}

fn unwritable() -> Failure {
    doubt("the files of the base cannot be written to the folder for temporary files")
}

/// A file that was not there: nothing is ever written over, and nothing through a link, for there are none.
fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    std::fs::File::create_new(path)?.write_all(content)
}

//! The files of a commit in a folder, for whoever wants to know what was there before.

use super::Changed;
use super::checkout::{Checkout, doubt, incomplete};
use crate::failure::Failure;
use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::objs::tree::EntryMode;
use std::collections::HashSet;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// More files, deeper folders and more bytes of texts are not written; a larger file is written as nothing of its length.
const MAX_FILES: usize = 20_000;
const MAX_DEPTH: usize = 100;
const MAX_BYTES: u64 = 256 << 20;
const MAX_TEXT: u64 = 1 << 20;

/// What is written of a commit.
struct Export<'a> {
    checkout: &'a Checkout,
    folder: &'a Path,
    paths: HashSet<PathBuf>,
    /// Made when all else is there, so that nothing is written through one.
    links: Vec<(PathBuf, Vec<u8>)>,
    files: usize,
    bytes: u64,
}

impl<'a> Export<'a> {
    fn into(checkout: &'a Checkout, folder: &'a Path) -> Self {
        Self {
            checkout,
            folder,
            paths: HashSet::new(),
            links: Vec::new(),
            files: 0,
            bytes: 0,
        }
    }

    fn missing(&self) -> Failure {
        incomplete(&self.checkout.repository)
    }

    fn count(&mut self) -> Result<(), Failure> {
        self.files += 1;
        match self.files > MAX_FILES {
            true => Err(doubt("the base has too many files")),
            false => Ok(()),
        }
    }

    /// A folder with all that is in it.
    fn tree(&mut self, root: ObjectId) -> Result<(), Failure> {
        let mut open = vec![(root, PathBuf::new(), 0)];
        while let Some((id, path, depth)) = open.pop() {
            let tree = self.checkout.repository.find_object(id).map_err(|_| self.missing())?;
            let tree = tree.try_into_tree().map_err(|_| self.missing())?;
            std::fs::create_dir_all(self.folder.join(&path)).map_err(|_| unwritable())?;
            for entry in tree.iter() {
                let entry = entry.map_err(|_| self.missing())?;
                self.count()?;
                if depth > MAX_DEPTH {
                    return Err(doubt("the base has too many files"));
                }
                let Some(name) = plain(entry.filename())? else { continue };
                match entry.mode().is_tree() {
                    true => open.push((entry.object_id(), path.join(&name), depth + 1)),
                    false => self.file(path.join(&name), entry.mode(), entry.object_id())?,
                }
            }
        }
        Ok(())
    }

    /// A file or a link; its folder must be there.
    fn file(&mut self, path: PathBuf, mode: EntryMode, id: ObjectId) -> Result<(), Failure> {
        if !mode.is_blob_or_symlink() {
            return Ok(());
        }
        let size = self
            .checkout
            .repository
            .find_header(id)
            .map_err(|_| self.missing())?
            .size();
        let target = self.folder.join(&path);
        self.paths.insert(path);
        if size > MAX_TEXT && mode.is_blob() {
            let file = std::fs::File::create_new(&target).map_err(|_| unwritable())?;
            file.set_len(size).map_err(|_| unwritable())?;
        } else {
            self.bytes += size;
            if self.bytes > MAX_BYTES || size > MAX_TEXT {
                return Err(doubt("the base has too many bytes"));
            }
            let object = self.checkout.repository.find_object(id).map_err(|_| self.missing())?;
            if mode.is_link() {
                self.links.push((target, object.data.clone()));
                return Ok(());
            }
            write(&target, &object.data).map_err(|_| unwritable())?;
        }
        if mode.is_executable() {
            allow_execution(&target).map_err(|_| unwritable())?;
        }
        Ok(())
    }

    fn finish(self) -> Result<HashSet<PathBuf>, Failure> {
        for (target, leads) in self.links {
            link(&target, &leads)?;
        }
        Ok(self.paths)
    }
}

impl Checkout {
    /// Writes what lies below the root into a folder that is empty. Submodules are left out.
    pub(super) fn export(
        &self,
        commit: ObjectId,
        folder: &Path,
        also: &[(PathBuf, &str)],
    ) -> Result<HashSet<PathBuf>, Failure> {
        let mut export = Export::into(self, folder);
        if let Some(root) = self.tree_of_root(commit)? {
            export.tree(root)?;
        }
        for (path, text) in also.iter().filter(|(path, _)| !export.paths.contains(path)) {
            add(folder, path, text);
        }
        export.finish()
    }

    /// Writes what the paths of a change held. Submodules are left out.
    pub(super) fn export_touched(
        &self,
        commit: ObjectId,
        folder: &Path,
        changed: &Changed,
    ) -> Result<HashSet<PathBuf>, Failure> {
        let mut export = Export::into(self, folder);
        let Some(root) = self.tree_of_root(commit)? else {
            return export.finish();
        };
        let root = self.repository.find_object(root).map_err(|_| export.missing())?;
        let root = root.try_into_tree().map_err(|_| export.missing())?;
        for path in &changed.paths {
            export.count()?;
            let entry = root.lookup_entry_by_path(path).map_err(|_| export.missing())?;
            let Some(entry) = entry.filter(|entry| entry.mode().is_blob_or_symlink()) else {
                continue;
            };
            let names: Vec<_> = path
                .iter()
                .map(|name| plain(gix::path::os_str_into_bstr(name).unwrap_or_default()))
                .collect();
            if names.len() > MAX_DEPTH || names.iter().any(|name| !matches!(name, Ok(Some(_)))) {
                continue;
            }
            let above = path.parent().unwrap_or(Path::new(""));
            std::fs::create_dir_all(folder.join(above)).map_err(|_| unwritable())?;
            export.file(path.clone(), entry.mode(), entry.object_id())?;
        }
        export.finish()
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

/// The name of an entry; none where it can only deceive: trees can be crafted with entries such as `..`.
fn plain(name: &BStr) -> Result<Option<PathBuf>, Failure> {
    let path = gix::path::from_bstr(name).map_err(|_| doubt("a path in the base is not UTF-8"))?;
    let mut parts = path.components();
    let is_plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    let is_git = name.eq_ignore_ascii_case(b".git");
    Ok((is_plain && !is_git).then(|| path.into_owned()))
}

/// Lets everybody execute a file.
#[cfg(unix)]
fn allow_execution(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

/// There is nothing to allow.
#[cfg(not(unix))]
fn allow_execution(_: &Path) -> std::io::Result<()> {
    Ok(())
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

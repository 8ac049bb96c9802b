//! Where files lie: in the checkout; for what a change began at, in the checkout too, but for the paths that the change touches.

use super::beneath::{Data, Found, Item, Kind, Root};
use crate::git::Changed;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

/// The files below a root.
pub(super) struct Ground {
    root: PathBuf,
    handle: Root,
    before: Option<Before>,
    /// Folders by the names that were asked for, and those without links. Nothing is opened by what is known here.
    folders: RefCell<HashMap<OsString, PathBuf>>,
}

/// What the paths that a change touches held before.
struct Before {
    changed: Changed,
    /// A folder with the files of them that there were.
    root: PathBuf,
    handle: Root,
    /// Folders that only the change brought.
    brought: HashSet<PathBuf>,
}

impl Ground {
    /// What lies below a folder, which is named without links.
    pub(super) fn open(root: PathBuf) -> io::Result<Self> {
        let handle = Root::open(&root)?;
        Ok(Self {
            root,
            handle,
            before: None,
            folders: RefCell::default(),
        })
    }

    /// The same ground before a change: `folder` holds what its paths held, and `tracked` is what git tracked.
    pub(super) fn before(&self, changed: &Changed, folder: &Path, tracked: &HashSet<PathBuf>) -> io::Result<Self> {
        let above = |path: &PathBuf| path.ancestors().skip(1).map(Path::to_path_buf).collect::<Vec<_>>();
        let mut brought: HashSet<PathBuf> = changed.paths.iter().flat_map(above).collect();
        // The root is there in any case.
        brought.remove(Path::new(""));
        // Few folders, many files: nothing is made of a path that is only looked at.
        brought.retain(|folder| {
            let folder = folder.as_os_str().as_encoded_bytes();
            let is_in = |path: &[u8]| {
                path.strip_prefix(folder)
                    .is_some_and(|rest| rest.first() == Some(&b'/'))
            };
            !tracked.iter().any(|path| is_in(path.as_os_str().as_encoded_bytes()))
        });
        let root = folder.canonicalize()?;
        Ok(Self {
            root: self.root.clone(),
            handle: Root::open(&self.root)?,
            before: Some(Before {
                changed: changed.clone(),
                handle: Root::open(&root)?,
                root,
                brought,
            }),
            folders: RefCell::default(),
        })
    }

    /// The root folder, without links.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The ground before a change, where a path, relative to the root and free of links, lies in the folder of such files.
    fn touched(&self, path: &Path) -> Option<&Before> {
        self.before.as_ref().filter(|before| before.changed.touches(path))
    }

    fn place(&self, path: &Path) -> PathBuf {
        self.touched(path).map_or(&self.root, |before| &before.root).join(path)
    }

    fn is_brought(&self, folder: &Path) -> bool {
        let brought = self.before.as_ref().map(|before| &before.brought);
        brought.is_some_and(|brought| folder.ancestors().any(|folder| brought.contains(folder)))
    }

    /// What a path names whose folders are no links. Of a link, the link itself.
    pub(super) fn look(&self, path: &Path) -> io::Result<Data> {
        let at = |root: &Path| root.join(path).symlink_metadata().map(|data| Data::of(&data));
        let Some(before) = &self.before else {
            return at(&self.root);
        };
        if before.changed.touches(path) {
            return at(&before.root);
        }
        match at(&self.root) {
            Ok(data) if data.kind != Kind::Folder || !self.is_brought(path) => Ok(data),
            // A folder of which the change left nothing.
            _ => at(&before.root),
        }
    }

    /// Where a link leads, as it is written.
    pub(super) fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.place(path).read_link()
    }

    /// What lies at a path that is free of links.
    pub(super) fn find(&self, path: &Path) -> io::Result<Found> {
        match self.touched(path) {
            Some(before) => before.handle.find(path),
            None => self.handle.find(path),
        }
    }

    /// Up to so many of the things in a folder, in no order.
    pub(super) fn list(&self, folder: &Path, at_most: usize) -> io::Result<Vec<Item>> {
        let Some(before) = &self.before else {
            return self.handle.list(folder, at_most);
        };
        if before.changed.touches(folder) {
            return before.handle.list(folder, at_most);
        }
        let mut names = HashSet::new();
        let here = self.handle.list(folder, at_most);
        let there = before.handle.list(folder, at_most);
        if here.is_err() && there.is_err() {
            return here;
        }
        let is_kept = |item: &Item| {
            let path = item.name.as_ref().map(|name| folder.join(name));
            path.is_none_or(|path| !before.changed.touches(&path) && !self.is_brought(&path))
        };
        let mut items: Vec<Item> = here.unwrap_or_default().into_iter().filter(is_kept).collect();
        names.extend(items.iter().filter_map(|item| item.name.clone()));
        let missing = |item: &Item| item.name.as_ref().is_none_or(|name| !names.contains(name));
        items.extend(there.unwrap_or_default().into_iter().filter(missing));
        items.truncate(at_most);
        Ok(items)
    }

    /// The name that something below the root has without links, relative to it; `None` if it lies elsewhere. A folder is asked for once.
    pub(super) fn real(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return self.follow(path);
        };
        let known = self.folders.borrow().get(folder.as_os_str()).cloned();
        let real = match known {
            Some(real) => real,
            None => {
                let Some(real) = self.follow(folder)? else {
                    return Ok(None);
                };
                let known = folder.as_os_str().to_owned();
                self.folders.borrow_mut().insert(known, real.clone());
                real
            }
        };
        let here = real.join(name);
        match self.look(&here)?.kind {
            Kind::Link => self.follow(path),
            _ => Ok(Some(here)),
        }
    }

    /// The same, with a look at each part.
    fn follow(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        if self.before.is_none() {
            let real = self.root.join(path).canonicalize()?;
            return Ok(real.strip_prefix(&self.root).ok().map(Path::to_path_buf));
        }
        /// As many as the kernel follows.
        const MOST_LINKS: usize = 40;
        let mut here = PathBuf::new();
        let mut rest = reversed(path);
        let mut links = 0;
        while let Some(part) = rest.pop() {
            if part == ".." {
                if !here.pop() {
                    return Ok(None);
                }
                continue;
            }
            let next = here.join(&part);
            let data = self.look(&next)?;
            if data.kind != Kind::Link {
                if data.kind != Kind::Folder && !rest.is_empty() {
                    return Err(ErrorKind::NotADirectory.into());
                }
                here = next;
                continue;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(ErrorKind::InvalidInput.into());
            }
            let target = self.read_link(&next)?;
            if target.is_absolute() {
                let Ok(below) = target.strip_prefix(&self.root) else {
                    return Ok(None);
                };
                here = PathBuf::new();
                rest.extend(reversed(below));
            } else {
                rest.extend(reversed(&target));
            }
        }
        Ok(Some(here))
    }
}

/// The parts of a path, the last one first.
fn reversed(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev().filter(|part| *part != Component::CurDir);
    parts.map(|part| part.as_os_str().to_owned()).collect()
}

//! Where paths lead: below the root, links followed.

use super::Workspace;
use super::beneath::Kind;
use super::read::unreadable;
use crate::resolve::compose::load::{Files, Missing};
use crate::resolve::compose::paths::{join, parent};
use std::path::{Component, Path, PathBuf};

impl Workspace {
    /// The name that a file below the root has without links.
    ///
    /// # Errors
    /// There is nothing at that path (or a link to what git ignores), the path leaves the root, or it is a link that leads nowhere or
    /// out of the root.
    pub(crate) fn real(&self, path: &Path) -> Result<PathBuf, Missing> {
        match self.locate(path) {
            Ok(real) => Ok(real),
            Err(Missing::Absent) if self.is_named(path) && !self.ignored(path) => {
                Err(Missing::Unreadable("it is a broken link".to_owned()))
            }
            Err(Missing::Outside) if !leaves(path) => Err(Missing::Unreadable(
                "it is a link to a path outside the workspace root".to_owned(),
            )),
            Err(missing) => Err(missing),
        }
    }

    /// Whether there is something below the root at this path, links followed, and it is no folder.
    pub(crate) fn is_file(&self, path: &Path) -> bool {
        self.is_folder(path) == Some(false)
    }

    /// Whether a path is a folder; `None` where nothing is there, or nothing that may be looked at.
    pub fn is_folder(&self, path: &Path) -> Option<bool> {
        let real = self.locate(path).ok()?;
        Some(self.ground.look(&real).ok()?.kind == Kind::Folder)
    }

    /// Whether there is something below the root at this path, be it a link that leads nowhere.
    pub(crate) fn is_named(&self, path: &Path) -> bool {
        self.ask(path);
        !leaves(path) && self.lies_at(path)
    }

    /// Whether something has this name, links on the way to it followed.
    fn lies_at(&self, path: &Path) -> bool {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return true;
        };
        // Most have no links on the way.
        let plain = || self.ground.look(path).is_ok();
        plain() || matches!(self.ground.real(folder), Ok(Some(real)) if self.ground.look(&real.join(name)).is_ok())
    }

    /// The path that a chain of links below the root ends at, be there something or not.
    pub(super) fn target(&self, path: &Path) -> PathBuf {
        let mut path = path.to_path_buf();
        // As many as the kernel follows.
        for _ in 0..40 {
            let Ok(target) = self.ground.read_link(&path) else {
                break;
            };
            let Some(target) = target.to_str().filter(|target| !target.starts_with('/')) else {
                break;
            };
            let next = join(&parent(&path), target);
            if leaves(&next) {
                break;
            }
            path = next;
        }
        path
    }

    /// Where a path below the root leads if links take it out of the root, as they are written: an absolute path, or one from the root
    /// up (`../../etc`). Nothing outside is looked at.
    pub(crate) fn leads_out_to(&self, path: &Path) -> Option<String> {
        let mut here = PathBuf::new();
        let mut rest: Vec<String> = reversed(path)?;
        let mut hops = 0;
        while let Some(part) = rest.pop() {
            if part == ".." {
                if !here.pop() {
                    rest.reverse();
                    // What climbs on its own, without a link, is in plain sight.
                    return (hops > 0).then(|| format!("../{}", rest.join("/")));
                }
                continue;
            }
            let next = here.join(&part);
            self.ask(&next);
            let Ok(target) = self.ground.read_link(&next) else {
                here = next;
                continue;
            };
            hops += 1;
            // As many as the kernel follows.
            if hops > 40 {
                return None;
            }
            let within = match target.is_absolute() {
                false => target,
                true => match target.strip_prefix(self.root()) {
                    Ok(below) => {
                        here = PathBuf::new();
                        below.to_path_buf()
                    }
                    Err(_) => {
                        rest.reverse();
                        let below: String = rest.iter().flat_map(|part| ["/", part.as_str()]).collect();
                        return Some(format!("{}{below}", target.to_str()?));
                    }
                },
            };
            rest.extend(reversed(&within)?);
        }
        None
    }

    /// Where a path leads, relative to the root, links followed; it must lie below the root.
    pub(super) fn locate(&self, path: &Path) -> Result<PathBuf, Missing> {
        self.ask(path);
        if leaves(path) {
            return Err(Missing::Outside);
        }
        match self.ground.real(path) {
            Ok(Some(real)) => Ok(real),
            Ok(None) => Err(Missing::Outside),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                Err(Missing::Absent)
            }
            Err(error) => Err(unreadable(error)),
        }
    }
}

/// The parts of a relative path, the last one first.
fn reversed(path: &Path) -> Option<Vec<String>> {
    let parts = path.components().rev().filter(|part| *part != Component::CurDir);
    parts.map(|part| Some(part.as_os_str().to_str()?.to_owned())).collect()
}

/// Whether a relative path is none, or goes above its start.
pub(super) fn leaves(path: &Path) -> bool {
    let mut depth = 0_i64;
    path.components().any(|part| {
        match part {
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return true,
        }
        depth < 0
    })
}

//! Opening what lies below the root: part by part, each from the handle of the folder before it, links never followed. A link that takes
//! the place of a file or folder between the look at a path and the opening leads nowhere, wherever it points.

use std::fs::File;

/// The handle of the root folder.
pub(super) struct Root {
    #[cfg(unix)]
    handle: std::os::fd::OwnedFd,
    #[cfg(not(unix))]
    path: std::path::PathBuf,
}

/// What a path names.
pub(super) enum Found {
    File(File),
    Folder,
    /// A link, a pipe, a socket or a device. It was not opened.
    Other,
}

/// What a folder holds.
pub(super) struct Item {
    /// `None` for a name that is not UTF-8.
    pub name: Option<String>,
    /// `None` for what went away meanwhile.
    pub data: Option<Data>,
}

/// What is known of a file without opening it. Of a link, the link itself.
pub(super) struct Data {
    pub kind: Kind,
    pub bytes: u64,
    /// The permissions, where the operating system has such.
    pub mode: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    Other,
}

impl Data {
    /// The same of what the standard library tells.
    pub(super) fn of(data: &std::fs::Metadata) -> Self {
        let kind = match data.file_type() {
            kind if kind.is_symlink() => Kind::Link,
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_file() => Kind::File,
            _ => Kind::Other,
        };
        #[cfg(unix)]
        let mode = Some(std::os::unix::fs::MetadataExt::mode(data) & 0o7777);
        #[cfg(not(unix))]
        let mode = None;
        Self {
            kind,
            bytes: data.len(),
            mode: mode.filter(|_| kind == Kind::File),
        }
    }
}

#[cfg(unix)]
mod unix {
    use super::{Data, Found, Item, Kind, Root};
    use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, openat, statat};
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::{Component, Path};

    /// To pass through a folder takes no right to list it.
    #[cfg(target_os = "linux")]
    const PASS: OFlags = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    const PASS: OFlags = OFlags::RDONLY;

    impl Root {
        /// The folder at a path, links followed.
        pub(in crate::workspace) fn open(path: &Path) -> io::Result<Self> {
            let flags = PASS | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let handle = rustix::fs::open(path, flags, Mode::empty())?;
            Ok(Self { handle })
        }

        /// What lies at a path that is relative to the root and free of links.
        pub(in crate::workspace) fn find(&self, path: &Path) -> io::Result<Found> {
            let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
                return Ok(Found::Folder);
            };
            let above = self.folder(above, PASS)?;
            // Asked before opening: opening a pipe would wait for its other end, opening a device may do something.
            match kind(&statat(&above, name, AtFlags::SYMLINK_NOFOLLOW)?) {
                Kind::Folder => return Ok(Found::Folder),
                Kind::Link | Kind::Other => return Ok(Found::Other),
                Kind::File => {}
            }
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            let file = openat(&above, name, flags, Mode::empty())?;
            match kind(&fstat(&file)?) {
                Kind::File => Ok(Found::File(File::from(file))),
                _ => Ok(Found::Other),
            }
        }

        /// Up to so many of the things in a folder, in no order.
        pub(in crate::workspace) fn list(&self, path: &Path, at_most: usize) -> io::Result<Vec<Item>> {
            let folder = self.folder(path, OFlags::RDONLY)?;
            let mut items = Vec::new();
            for entry in Dir::read_from(&folder)? {
                let entry = entry?;
                let name = entry.file_name();
                if matches!(name.to_bytes(), b"." | b"..") {
                    continue;
                }
                if items.len() == at_most {
                    break;
                }
                let data = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW).ok();
                items.push(Item {
                    name: name.to_str().ok().map(str::to_owned),
                    data: data.as_ref().map(Data::from),
                });
            }
            Ok(items)
        }

        fn folder(&self, path: &Path, last: OFlags) -> io::Result<OwnedFd> {
            let through = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mut parts = path.components().peekable();
            let first = if parts.peek().is_none() { last } else { PASS };
            let mut here = openat(&self.handle, ".", first | through, Mode::empty())?;
            while let Some(part) = parts.next() {
                let Component::Normal(name) = part else {
                    return Err(io::ErrorKind::InvalidInput.into());
                };
                let flags = if parts.peek().is_none() { last } else { PASS };
                here = openat(&here, name, flags | through, Mode::empty())?;
            }
            Ok(here)
        }
    }

    impl From<&Stat> for Data {
        fn from(stat: &Stat) -> Self {
            let kind = kind(stat);
            Self {
                kind,
                bytes: u64::try_from(stat.st_size).unwrap_or(0),
                mode: (kind == Kind::File).then_some(stat.st_mode & 0o7777),
            }
        }
    }

    fn kind(stat: &Stat) -> Kind {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        }
    }
}

/// Where there are no such handles, paths are looked at before they are opened.
#[cfg(not(unix))]
mod other {
    use super::{Data, Found, Item, Kind, Root};
    use std::fs::File;
    use std::io;
    use std::path::Path;

    impl Root {
        pub(in crate::workspace) fn open(path: &Path) -> io::Result<Self> {
            path.read_dir()?;
            Ok(Self {
                path: path.to_path_buf(),
            })
        }

        pub(in crate::workspace) fn find(&self, path: &Path) -> io::Result<Found> {
            let path = self.path.join(path);
            Ok(match Data::of(&path.symlink_metadata()?).kind {
                Kind::File => Found::File(File::open(path)?),
                Kind::Folder => Found::Folder,
                Kind::Link | Kind::Other => Found::Other,
            })
        }

        pub(in crate::workspace) fn list(&self, path: &Path, at_most: usize) -> io::Result<Vec<Item>> {
            let item = |entry: io::Result<std::fs::DirEntry>| {
                let entry = entry?;
                let data = entry.metadata().ok();
                Ok(Item {
                    name: entry.file_name().into_string().ok(),
                    data: data.as_ref().map(Data::of),
                })
            };
            self.path.join(path).read_dir()?.take(at_most).map(item).collect()
        }
    }
}

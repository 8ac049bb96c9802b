//! What one layer holds, kept small: its paths in one string, a few bytes for each entry. Nothing is unpacked.

use super::System;
use super::metered::Metered;
use crate::failure::Failure;
use sha2::{Digest, Sha256};
use std::io::Read;

/// More than this is not measured: bytes of all layers unpacked, entries of all layers, bytes of their paths.
const MAX_BYTES: u64 = 256 << 30;
const MAX_ENTRIES: usize = if cfg!(test) { 100_000 } else { 10_000_000 };
const MAX_PATHS: usize = 1 << 30;
/// What entries say that they have: a sparse one may say anything.
const MAX_SAID: u64 = 1 << 50;
/// Linux takes no longer path.
const MAX_PATH: usize = 4096;
/// Smaller files are not compared with others.
const MIN_COMPARED: u64 = 4096;
const MAX_RELEASE: u64 = 8192;

/// What is left of the limits, over all layers of an archive.
pub(super) struct Room {
    bytes: u64,
    entries: usize,
    paths: usize,
    said: u64,
}

impl Room {
    /// Takes so many entries.
    pub(super) fn entries(&mut self, count: usize) -> Result<(), Failure> {
        let left = self.entries.checked_sub(count);
        self.entries = left.ok_or_else(|| Failure::new(format!("the image has more than {MAX_ENTRIES} entries")))?;
        Ok(())
    }
}

impl Default for Room {
    fn default() -> Self {
        Self {
            bytes: MAX_BYTES,
            entries: MAX_ENTRIES,
            paths: MAX_PATHS,
            said: MAX_SAID,
        }
    }
}

/// The entries of a layer in their order.
#[derive(Default)]
pub(super) struct Listing {
    paths: String,
    entries: Vec<Entry>,
    /// Entries that are further names of a file, with its first one, in order.
    links: Vec<(usize, String)>,
    /// Bytes of its files and links.
    pub bytes: u64,
    /// What its `os-release` says.
    pub system: Option<System>,
}

struct Entry {
    start: u32,
    length: u16,
    kind: Kind,
    bytes: u64,
    content: Content,
}

/// What an entry does to the tree (OCI image specification, "Filesystem Layers").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder is there.
    Folder,
    /// Anything else is there.
    File,
    /// What lower layers have there is gone.
    Gone,
    /// What lower layers have in that folder is gone.
    Emptied,
}

/// Half of the SHA-256 of a file; zeros where it was not compared.
pub(super) type Content = [u8; 16];

impl Listing {
    /// Reads the tar archive of a layer.
    pub(super) fn read(file: impl Read, room: &mut Room) -> Result<Self, Failure> {
        let before = room.bytes;
        let mut bounded = Bounded {
            inner: file,
            left: before,
        };
        let mut listing = Self::default();
        let result = listing.fill(&mut bounded, room);
        // A small file can unpack to more than anybody waits for.
        room.bytes = bounded.left;
        if room.bytes == 0 {
            return Err(Failure::new(format!(
                "the image unpacks to more than {} GiB",
                MAX_BYTES >> 30
            )));
        }
        result.map(|()| listing)
    }

    fn fill(&mut self, file: &mut impl Read, room: &mut Room) -> Result<(), Failure> {
        let (metered, allowance) = Metered::new(&mut *file);
        let mut archive = tar::Archive::new(metered);
        for entry in archive.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            room.entries(1)?;
            // What is not read here is passed over before the next one.
            let stored = entry.header().entry_size().unwrap_or(0);
            let is_sparse = entry.header().entry_type().is_gnu_sparse();
            allowance.between(if is_sparse { stored } else { stored.max(entry.size()) });
            let raw = entry.path_bytes();
            if raw.len() > MAX_PATH {
                return Err(Failure::new("a path in it is too long"));
            }
            let Some(path) = plain(&String::from_utf8_lossy(&raw)) else {
                continue;
            };
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            if name == ".wh..wh..opq" {
                self.push(folder, Kind::Emptied, 0, Content::default(), room)?;
                continue;
            }
            if let Some(hidden) = name.strip_prefix(".wh.") {
                let hidden = match folder {
                    "" => hidden.to_owned(),
                    folder => format!("{folder}/{hidden}"),
                };
                self.push(&hidden, Kind::Gone, 0, Content::default(), room)?;
                continue;
            }
            let kind = entry.header().entry_type();
            if kind.is_dir() {
                self.push(&path, Kind::Folder, 0, Content::default(), room)?;
                continue;
            }
            let is_plain = kind.is_file() || kind.is_contiguous();
            let bytes = match () {
                () if is_plain || kind.is_gnu_sparse() => entry.size(),
                () if kind.is_symlink() => entry.link_name_bytes().map_or(0, |target| target.len() as u64),
                () => 0,
            };
            room.said = room
                .said
                .checked_sub(bytes)
                .ok_or_else(|| Failure::new("its files say that they are larger than any image"))?;
            let mut content = Content::default();
            if is_plain && matches!(path.as_str(), "etc/os-release" | "usr/lib/os-release") && bytes <= MAX_RELEASE {
                allowance.inside();
                let mut text = Vec::new();
                entry.read_to_end(&mut text).map_err(broken)?;
                allowance.between(0);
                self.system = system(&String::from_utf8_lossy(&text));
            } else if is_plain && bytes >= MIN_COMPARED {
                allowance.inside();
                content = content_of(&mut entry, bytes)?;
                allowance.between(0);
            }
            self.bytes = self.bytes.saturating_add(bytes);
            if kind.is_hard_link()
                && let Some(first) = entry
                    .link_name_bytes()
                    .and_then(|name| plain(&String::from_utf8_lossy(&name)))
            {
                room.paths = room.paths.checked_sub(first.len()).ok_or_else(long)?;
                self.links.push((self.entries.len(), first));
            }
            self.push(&path, Kind::File, bytes, content, room)?;
        }
        drop(archive);
        // What is behind the end mark belongs to the stream, and a broken end is a broken layer.
        std::io::copy(file, &mut std::io::sink()).map_err(broken)?;
        self.entries.shrink_to_fit();
        self.paths.shrink_to_fit();
        Ok(())
    }

    fn push(&mut self, path: &str, kind: Kind, bytes: u64, content: Content, room: &mut Room) -> Result<(), Failure> {
        room.paths = room.paths.checked_sub(path.len()).ok_or_else(long)?;
        self.entries.push(Entry {
            start: u32::try_from(self.paths.len()).map_err(|_| long())?,
            length: u16::try_from(path.len()).map_err(|_| long())?,
            kind,
            bytes,
            content,
        });
        self.paths.push_str(path);
        Ok(())
    }

    /// How many entries it has.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Path, kind, bytes and content of each entry, and the first name of a file that it is a further name of.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, Kind, u64, Content, Option<&str>)> {
        let mut links = self.links.iter().peekable();
        self.entries.iter().enumerate().map(move |(index, entry)| {
            let start = entry.start as usize;
            let path = self.paths.get(start..start + usize::from(entry.length)).unwrap_or("");
            let link = links.next_if(|(at, _)| *at == index).map(|(_, first)| first.as_str());
            (path, entry.kind, entry.bytes, entry.content, link)
        })
    }
}

fn long() -> Failure {
    Failure::new("the paths in it are too long")
}

/// A path in the image without `.`, `/` at its start and `//`; `None` for the root and for one that leaves it.
fn plain(path: &str) -> Option<String> {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}

/// What an `os-release` file says (freedesktop.org, os-release(5)).
fn system(text: &str) -> Option<System> {
    let value = |key: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        let word: String = line.trim().trim_matches(['"', '\'']).chars().take(80).collect();
        (!word.is_empty()).then_some(word)
    };
    let id = value("ID")?;
    let version = value("VERSION_ID").unwrap_or_default();
    let name = value("PRETTY_NAME").unwrap_or_else(|| format!("{id} {version}").trim().to_owned());
    Some(System { id, version, name })
}

fn broken(_: std::io::Error) -> Failure {
    Failure::new("it is no tar archive, or a broken one")
}

/// The content of a file of so many bytes.
fn content_of(file: &mut impl Read, bytes: u64) -> Result<Content, Failure> {
    let mut hash = Sha256::new();
    let read = std::io::copy(file, &mut Hashing(&mut hash)).map_err(broken)?;
    if read < bytes {
        return Err(Failure::new("it ends in the middle of a file"));
    }
    let mut content = Content::default();
    for (to, from) in content.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    Ok(content)
}

/// A hash that can be written into.
struct Hashing<'a>(pub &'a mut Sha256);

impl std::io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A reader that ends where its room does.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(buffer.get_mut(..most).unwrap_or(&mut []))?;
        self.left -= read as u64;
        Ok(read)
    }
}

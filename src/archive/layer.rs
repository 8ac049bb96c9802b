//! What one layer holds, kept small: its paths in one string, a few bytes for each entry. Nothing is unpacked.

use super::System;
use super::metered::{Allowance, Metered};
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
/// No `passwd` file is larger, nor has more accounts.
const MAX_PASSWD: u64 = 1 << 20;
const MAX_ACCOUNTS: usize = 10_000;

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
    /// Entries that are further names of a file or lead to one, in order.
    links: Vec<(usize, Link)>,
    /// Bytes of its files and links.
    pub bytes: u64,
    /// What its `os-release` says.
    pub system: Option<System>,
    /// What its `/etc/passwd` says, if it writes that.
    pub accounts: Option<Accounts>,
}

/// The accounts of a `passwd` file, `name:uid:gid`; `None` where it cannot be read.
pub(super) struct Accounts(pub Option<Vec<String>>);

#[derive(Clone, Copy, Default)]
struct Entry {
    start: u32,
    length: u16,
    kind: Kind,
    bytes: u64,
    content: Content,
    runs: bool,
}

/// What a link leads to.
pub(super) enum Link {
    /// A file: it is a further name of it.
    Hard(String),
    /// A path, as it is written.
    Symbolic(String),
}

/// An entry as others see it.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    /// Its path, without a slash at its start.
    pub path: &'a str,
    /// What it does to the tree.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: u64,
    /// What is in it.
    pub content: Content,
    /// What it leads to, if it is a link.
    pub link: Option<&'a Link>,
    /// Somebody may execute it.
    pub runs: bool,
}

/// What an entry does to the tree (OCI image specification, "Filesystem Layers").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder is there.
    Folder,
    /// Anything else is there.
    #[default]
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
                self.push(folder, Entry::of(Kind::Emptied), room)?;
                continue;
            }
            if let Some(hidden) = name.strip_prefix(".wh.") {
                let hidden = match folder {
                    "" => hidden.to_owned(),
                    folder => format!("{folder}/{hidden}"),
                };
                self.push(&hidden, Entry::of(Kind::Gone), room)?;
                continue;
            }
            let kind = entry.header().entry_type();
            if kind.is_dir() {
                self.push(&path, Entry::of(Kind::Folder), room)?;
                continue;
            }
            self.file(&path, &mut entry, &allowance, room)?;
        }
        drop(archive);
        // What is behind the end mark belongs to the stream, and a broken end is a broken layer.
        std::io::copy(file, &mut std::io::sink()).map_err(broken)?;
        self.entries.shrink_to_fit();
        self.paths.shrink_to_fit();
        Ok(())
    }

    /// Takes anything but a folder.
    fn file<R: Read>(
        &mut self,
        path: &str,
        entry: &mut tar::Entry<'_, R>,
        allowance: &Allowance,
        room: &mut Room,
    ) -> Result<(), Failure> {
        let kind = entry.header().entry_type();
        let is_plain = kind.is_file() || kind.is_contiguous();
        let bytes = match () {
            () if is_plain || kind.is_gnu_sparse() => entry.size(),
            () if kind.is_symlink() => entry.link_name_bytes().map_or(0, |target| target.len() as u64),
            () => 0,
        };
        room.said = room
            .said
            .checked_sub(bytes)
            .ok_or_else(|| Failure::new("the sizes of its files are too large"))?;
        let mut content = Content::default();
        let text = match path {
            "etc/os-release" | "usr/lib/os-release" => MAX_RELEASE,
            "etc/passwd" => MAX_PASSWD,
            _ => 0,
        };
        if is_plain && text > 0 && bytes <= text {
            allowance.inside();
            let mut text = Vec::new();
            entry.read_to_end(&mut text).map_err(broken)?;
            allowance.between(0);
            let text = String::from_utf8_lossy(&text);
            match path {
                "etc/passwd" => self.accounts = Some(Accounts(accounts(&text))),
                _ => self.system = system(&text),
            }
        } else if is_plain && bytes >= MIN_COMPARED {
            allowance.inside();
            content = content_of(entry, bytes)?;
            allowance.between(0);
        }
        if path == "etc/passwd" && !(is_plain && bytes <= MAX_PASSWD) {
            self.accounts = Some(Accounts(None));
        }
        self.bytes = self.bytes.saturating_add(bytes);
        let name = entry.link_name_bytes();
        let name = name.as_deref().map(String::from_utf8_lossy);
        let link = match () {
            () if kind.is_hard_link() => name.and_then(|name| plain(&name)).map(Link::Hard),
            () if kind.is_symlink() => name.map(|name| Link::Symbolic(name.into_owned())),
            () => None,
        };
        if let Some(link) = link {
            let (Link::Hard(to) | Link::Symbolic(to)) = &link;
            room.paths = room.paths.checked_sub(to.len()).ok_or_else(long)?;
            self.links.push((self.entries.len(), link));
        }
        let entry = Entry {
            bytes,
            content,
            runs: entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0),
            ..Entry::of(Kind::File)
        };
        self.push(path, entry, room)
    }

    fn push(&mut self, path: &str, entry: Entry, room: &mut Room) -> Result<(), Failure> {
        room.paths = room.paths.checked_sub(path.len()).ok_or_else(long)?;
        self.entries.push(Entry {
            start: u32::try_from(self.paths.len()).map_err(|_| long())?,
            length: u16::try_from(path.len()).map_err(|_| long())?,
            ..entry
        });
        self.paths.push_str(path);
        Ok(())
    }

    /// How many entries it has.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Its entries in their order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Item<'_>> {
        let mut links = self.links.iter().peekable();
        self.entries.iter().enumerate().map(move |(index, entry)| {
            let start = entry.start as usize;
            Item {
                path: self.paths.get(start..start + usize::from(entry.length)).unwrap_or(""),
                kind: entry.kind,
                bytes: entry.bytes,
                content: entry.content,
                link: links.next_if(|(at, _)| *at == index).map(|(_, link)| link),
                runs: entry.runs,
            }
        })
    }
}

impl Entry {
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
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

/// The accounts of a `passwd` file (passwd(5)); `None` where there are more than anybody has.
fn accounts(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut parts = line.split(':');
        let (Some(name), Some(_), Some(user), Some(group)) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let is_number = |text: &str| text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit());
        if name.is_empty() || name.len() > 64 || !is_number(user) || !is_number(group) {
            continue;
        }
        if found.len() >= MAX_ACCOUNTS {
            return None;
        }
        found.push(format!("{name}:{user}:{group}"));
    }
    Some(found)
}

fn broken(_: std::io::Error) -> Failure {
    Failure::new("it is not a valid tar archive")
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

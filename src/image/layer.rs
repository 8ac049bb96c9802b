//! What one layer after the other does to the tree of files (OCI image specification, "Filesystem Layers": whiteouts).

use super::{Refused, Wasted};
use flate2::bufread::MultiGzDecoder;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

/// More than this is not measured: bytes of all layers unpacked, entries of all layers, files at one time.
const MAX_BYTES: u64 = 256 << 30;
const MAX_ENTRIES: u64 = 20_000_000;
const MAX_FILES: usize = 3_000_000;
/// Paths of all files at one time, in bytes; a longer path than Linux takes is none.
const MAX_PATHS: usize = 512 << 20;
const MAX_PATH: usize = 4096;
/// So many wasted files are told.
const MAX_TOLD: usize = 50;

/// The files that the layers so far leave, and what they wasted.
#[derive(Default)]
pub(super) struct Tree {
    files: BTreeMap<Box<str>, File>,
    paths: usize,
    entries: u64,
    read: u64,
    wasted: u64,
    told: Vec<Wasted>,
}

#[derive(Clone, Copy)]
struct File {
    bytes: u64,
    layer: usize,
}

/// What one layer holds.
pub(super) struct Counted {
    pub bytes: u64,
    pub compressed: bool,
}

impl Tree {
    /// Takes the next layer.
    pub(super) fn layer(&mut self, number: usize, file: impl Read) -> Result<Counted, Refused> {
        let mut file = BufReader::with_capacity(1 << 16, file);
        let start = file.fill_buf().map_err(|_| Refused::new("it cannot be read"))?;
        let compressed = start.starts_with(&[0x1f, 0x8b]);
        if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return Err(Refused::new("it is compressed with zstd, which is not read yet"));
        }
        let bytes = if compressed {
            self.entries(number, MultiGzDecoder::new(file))?
        } else {
            self.entries(number, file)?
        };
        Ok(Counted { bytes, compressed })
    }

    fn entries(&mut self, number: usize, reader: impl Read) -> Result<u64, Refused> {
        // A small file can unpack to more than anybody waits for.
        let room = MAX_BYTES.saturating_sub(self.read);
        let mut bounded = Bounded {
            inner: reader,
            left: room,
        };
        let broken = || Refused::new("it is no tar archive, or a broken one");
        let mut sum: u64 = 0;
        let mut archive = tar::Archive::new(&mut bounded);
        for entry in archive.entries().map_err(|_| broken())? {
            let entry = entry.map_err(|_| broken())?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(Refused::new(format!("the image has more than {MAX_ENTRIES} entries")));
            }
            let raw = entry.path_bytes();
            if raw.len() > MAX_PATH {
                return Err(Refused::new("a path in it is too long"));
            }
            let Some(path) = plain(&String::from_utf8_lossy(&raw)) else {
                continue;
            };
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            if name == ".wh..wh..opq" {
                self.remove_below(folder, number);
                continue;
            }
            if let Some(hidden) = name.strip_prefix(".wh.") {
                let hidden = if folder.is_empty() {
                    hidden.to_owned()
                } else {
                    format!("{folder}/{hidden}")
                };
                self.remove(&hidden, number, true);
                self.remove_below(&hidden, number);
                continue;
            }
            let kind = entry.header().entry_type();
            let bytes = if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
                entry.size()
            } else if kind.is_symlink() {
                entry.link_name_bytes().map_or(0, |target| target.len() as u64)
            } else {
                0
            };
            sum = sum.saturating_add(bytes);
            if kind.is_dir() {
                // A folder in the place of a file.
                self.remove(&path, number, false);
            } else {
                self.remove(&path, number, false);
                self.remove_below(&path, number);
                self.insert(path, File { bytes, layer: number })?;
            }
        }
        // What is behind the end mark belongs to the stream, and a broken end is a broken layer.
        std::io::copy(&mut bounded, &mut std::io::sink()).map_err(|_| broken())?;
        if bounded.left == 0 {
            return Err(Refused::new(format!(
                "the image unpacks to more than {} GiB",
                MAX_BYTES >> 30
            )));
        }
        self.read += room - bounded.left;
        Ok(sum)
    }

    fn insert(&mut self, path: String, file: File) -> Result<(), Refused> {
        self.paths += path.len();
        if self.files.len() >= MAX_FILES || self.paths > MAX_PATHS {
            return Err(Refused::new(format!(
                "the image has more than {MAX_FILES} files, or their paths are too long"
            )));
        }
        self.files.insert(path.into_boxed_str(), file);
        Ok(())
    }

    /// Takes one file of a lower layer away; of the same layer only what is written again.
    fn remove(&mut self, path: &str, layer: usize, deleted: bool) {
        let Some(file) = self
            .files
            .get(path)
            .copied()
            .filter(|file| !deleted || file.layer < layer)
        else {
            return;
        };
        self.files.remove(path);
        self.paths = self.paths.saturating_sub(path.len());
        self.waste_of(path, file, deleted);
    }

    /// Takes everything in a folder away that lower layers put there.
    fn remove_below(&mut self, folder: &str, layer: usize) {
        let (from, to) = if folder.is_empty() {
            (String::new(), String::from("\u{10ffff}"))
        } else {
            (format!("{folder}/"), format!("{folder}0"))
        };
        let gone: Vec<(Box<str>, File)> = self
            .files
            .range::<str, _>((
                std::ops::Bound::Included(from.as_str()),
                std::ops::Bound::Excluded(to.as_str()),
            ))
            .filter(|(_, file)| file.layer < layer)
            .map(|(path, file)| (path.clone(), *file))
            .collect();
        for (path, file) in gone {
            self.files.remove(&path);
            self.paths = self.paths.saturating_sub(path.len());
            self.waste_of(&path, file, true);
        }
    }

    fn waste_of(&mut self, path: &str, file: File, deleted: bool) {
        self.wasted += file.bytes;
        if file.bytes == 0 {
            return;
        }
        if let Some(known) = self.told.iter_mut().find(|known| known.path == path) {
            known.bytes += file.bytes;
            known.deleted = deleted;
            return;
        }
        self.told.push(Wasted {
            path: path.to_owned(),
            bytes: file.bytes,
            layer: file.layer,
            deleted,
        });
        if self.told.len() > 4 * MAX_TOLD {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.told
            .sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.path.cmp(&other.path)));
        self.told.truncate(MAX_TOLD);
    }

    /// Bytes in vain, and the largest files among them.
    pub(super) fn waste(mut self) -> (u64, Vec<Wasted>) {
        self.shorten();
        (self.wasted, self.told)
    }

    #[cfg(test)]
    pub(super) fn live(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }
}

/// A path in the image without `.`, `/` at its start and `//`; `None` for the root and for one that leaves it.
fn plain(path: &str) -> Option<String> {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
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

//! What one layer after the other does to the tree of files, and what is in vain.

use super::layer::{Content, Kind, Listing};
use super::{Double, Wasted};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

/// So many wasted files, and so many contents that are there twice, are told, with so many of their paths.
const MAX_TOLD: usize = 50;
const MAX_PATHS: usize = 3;

/// Folders in which package managers keep what they can fetch again.
const CACHES: [&str; 11] = [
    "root/.cache",
    "root/.cargo/registry",
    "root/.m2",
    "root/.npm",
    "usr/local/share/.cache",
    "var/cache/apk",
    "var/cache/apt",
    "var/cache/dnf",
    "var/cache/yum",
    "var/cache/zypp",
    "var/lib/apt/lists",
];

/// The files that the layers so far leave, and what they wasted.
#[derive(Default)]
pub(super) struct Tree<'a> {
    /// Of the layers that are done.
    files: BTreeMap<&'a str, File>,
    /// Of the layer that is read: its own whiteouts do not hide them, and so nothing is looked at twice.
    own: HashMap<&'a str, File>,
    /// Further names of files, by the one that has the bytes.
    links: HashMap<&'a str, Vec<&'a str>>,
    wasted: u64,
    told: Vec<Wasted>,
}

#[derive(Clone, Copy)]
struct File {
    bytes: u64,
    layer: usize,
    content: Content,
}

impl<'a> Tree<'a> {
    /// Takes the next layer.
    pub(super) fn layer(&mut self, layer: usize, listing: &'a Listing) {
        for (path, kind, bytes, content, first) in listing.entries() {
            if let Some(first) = first {
                self.links.entry(first).or_default().push(path);
            }
            match kind {
                Kind::Emptied => self.remove_below(path),
                Kind::Gone => {
                    self.remove(path, true);
                    self.remove_below(path);
                }
                // A folder in the place of a file.
                Kind::Folder => self.overwrite(path),
                Kind::File => {
                    self.overwrite(path);
                    self.remove_below(path);
                    self.own.insert(path, File { bytes, layer, content });
                }
            }
        }
        self.files.extend(self.own.drain());
    }

    /// Takes away what a lower layer, or this one, has at a path.
    fn overwrite(&mut self, path: &str) {
        self.remove(path, false);
        if let Some(file) = self.own.remove(path) {
            self.gone(path, file, false);
        }
    }

    /// Takes one file of a lower layer away.
    fn remove(&mut self, path: &str, deleted: bool) {
        if let Some(file) = self.files.remove(path) {
            self.gone(path, file, deleted);
        }
    }

    /// A name is gone. The bytes are in vain, unless the file has another name.
    fn gone(&mut self, path: &str, file: File, deleted: bool) {
        let mut names = self.links.remove(path).unwrap_or_default();
        while let Some(name) = names.pop() {
            let other = match self.own.get_mut(name) {
                Some(other) => Some(other),
                None => self.files.get_mut(name),
            };
            if let Some(other) = other.filter(|other| other.bytes == 0) {
                (other.bytes, other.content) = (file.bytes, file.content);
                self.links.insert(name, names);
                return;
            }
        }
        self.waste_of(path, file, deleted);
    }

    /// Takes everything in a folder away that lower layers put there.
    fn remove_below(&mut self, folder: &str) {
        let (from, to) = match folder {
            "" => (String::new(), String::from("\u{10ffff}")),
            folder => (format!("{folder}/"), format!("{folder}0")),
        };
        let range = (Bound::Included(from.as_str()), Bound::Excluded(to.as_str()));
        let gone: Vec<&str> = self.files.range::<str, _>(range).map(|(path, _)| *path).collect();
        for path in gone {
            self.remove(path, true);
        }
    }

    fn waste_of(&mut self, path: &str, file: File, deleted: bool) {
        self.wasted = self.wasted.saturating_add(file.bytes);
        if file.bytes == 0 {
            return;
        }
        if let Some(known) = self.told.iter_mut().find(|known| known.path == path) {
            known.bytes = known.bytes.saturating_add(file.bytes);
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

    /// Bytes of further copies of the same content, and the largest of them.
    pub(super) fn doubles(&self) -> (u64, Vec<Double>) {
        let mut known: HashMap<(u64, Content), (u64, Vec<&str>)> = HashMap::new();
        let compared = self.files.iter().filter(|(_, file)| file.content != Content::default());
        for (path, file) in compared {
            let (count, paths) = known.entry((file.bytes, file.content)).or_default();
            *count += 1;
            if paths.len() < MAX_PATHS {
                paths.push(path);
            }
        }
        let mut doubles: Vec<Double> = known
            .into_iter()
            .filter(|(_, (count, _))| *count > 1)
            .map(|((bytes, _), (count, paths))| Double {
                paths: paths.into_iter().map(str::to_owned).collect(),
                count,
                bytes,
            })
            .collect();
        let vain = |double: &Double| double.bytes.saturating_mul(double.count - 1);
        let sum = doubles.iter().map(vain).fold(0, u64::saturating_add);
        doubles.sort_by(|one, other| vain(other).cmp(&vain(one)).then_with(|| one.paths.cmp(&other.paths)));
        doubles.truncate(MAX_TOLD);
        (sum, doubles)
    }

    /// Bytes in the folders of caches, the most first.
    pub(super) fn caches(&self) -> Vec<(&'static str, u64)> {
        let below = |folder: &str| {
            let (from, to) = (format!("{folder}/"), format!("{folder}0"));
            let range = (Bound::Included(from.as_str()), Bound::Excluded(to.as_str()));
            self.files.range::<str, _>(range).map(|(_, file)| file.bytes).sum()
        };
        let mut caches: Vec<(&str, u64)> = CACHES.iter().map(|folder| (*folder, below(folder))).collect();
        caches.retain(|(_, bytes)| *bytes > 0);
        caches.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        caches
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

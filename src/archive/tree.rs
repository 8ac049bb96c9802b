//! What one layer after the other does to the tree of files, and what is in vain.

use super::layer::{Content, Kind, Link, Listing};
use super::{Double, Wasted};
use crate::order::Order as _;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

/// So many wasted files, and so many contents that are there twice, are told, with so many of their paths.
const MAX_TOLD: usize = 50;
const MAX_PATHS: usize = 3;

/// The kernel follows no more links.
const MAX_LINKS: usize = 40;

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
    files: BTreeMap<&'a str, File<'a>>,
    /// Of the layer that is read: its own whiteouts do not hide them, and so nothing is looked at twice.
    own: HashMap<&'a str, File<'a>>,
    /// Further names of files, by the one that has the bytes.
    links: HashMap<&'a str, Vec<&'a str>>,
    wasted: u64,
    told: Vec<Wasted>,
}

/// A file of the tree.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    bytes: u64,
    /// The layer that wrote it, from 0.
    pub layer: usize,
    content: Content,
    /// Where it leads, if it is a symbolic link.
    target: Option<&'a str>,
    /// Somebody may execute it.
    pub runs: bool,
}

impl<'a> Tree<'a> {
    /// Takes the next layer.
    pub(super) fn layer(&mut self, layer: usize, listing: &'a Listing) {
        for item in listing.entries() {
            let path = item.path;
            if let Some(Link::Hard(first)) = item.link {
                self.links.entry(first).or_default().push(path);
            }
            match item.kind {
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
                    let target = match item.link {
                        Some(Link::Symbolic(target)) => Some(target.as_str()),
                        _ => None,
                    };
                    let file = File {
                        bytes: item.bytes,
                        layer,
                        content: item.content,
                        target,
                        runs: item.runs,
                    };
                    self.own.insert(path, file);
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
    fn gone(&mut self, path: &str, file: File<'_>, deleted: bool) {
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

    fn waste_of(&mut self, path: &str, file: File<'_>, deleted: bool) {
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
            .order_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.path.cmp(&other.path)));
        self.told.truncate(MAX_TOLD);
    }

    /// The path that one leads to in the end, links being followed as the kernel does; `None` where they lead nowhere. It may be that of
    /// a folder, or of nothing.
    pub(super) fn resolved(&self, path: &str) -> Option<String> {
        let mut links = MAX_LINKS;
        let mut rest: Vec<&str> = path.split('/').rev().collect();
        let mut at = String::new();
        while let Some(part) = rest.pop() {
            match part {
                "" | "." => {}
                ".." => at.truncate(at.rfind('/').unwrap_or(0)),
                _ => {
                    let before = at.len();
                    if !at.is_empty() {
                        at.push('/');
                    }
                    at.push_str(part);
                    if let Some(target) = self.files.get(at.as_str()).and_then(|file| file.target) {
                        links = links.checked_sub(1)?;
                        at.truncate(if target.starts_with('/') { 0 } else { before });
                        rest.extend(target.split('/').rev());
                    }
                }
            }
        }
        Some(at)
    }

    /// The file at a path that leads nowhere else.
    pub(super) fn file(&self, path: &str) -> Option<&File<'a>> {
        self.files.get(path).filter(|file| file.target.is_none())
    }

    /// Whether the path of some file begins like this.
    pub(super) fn has_file(&self, start: &str) -> bool {
        let mut from = self.files.range::<str, _>((Bound::Included(start), Bound::Unbounded));
        from.next().is_some_and(|(path, _)| path.starts_with(start))
    }

    /// The names of files in a folder, without those of the folders in it.
    pub(super) fn names_in(&self, folder: &str) -> impl Iterator<Item = &'a str> {
        let start = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let mut from = Bound::Included(start.clone());
        std::iter::from_fn(move || {
            loop {
                let range = (from.as_ref().map(String::as_str), Bound::Unbounded);
                let path = *self.files.range::<str, _>(range).next()?.0;
                let name = path.strip_prefix(start.as_str())?;
                match name.split_once('/') {
                    // What is in a folder is passed over in one step.
                    Some((inner, _)) => from = Bound::Included(format!("{start}{inner}0")),
                    None => {
                        from = Bound::Excluded(path.to_owned());
                        return Some(name);
                    }
                }
            }
        })
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
        doubles.order_by(|one, other| vain(other).cmp(&vain(one)).then_with(|| one.paths.cmp(&other.paths)));
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
        caches.order_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
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

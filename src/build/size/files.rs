//! The files of an image as far as their bytes are known, while its layers are put on each other.

use crate::values::path::{is_below, name};
use std::collections::{BTreeMap, BTreeSet};

/// A file whose bytes are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Its bytes, or the length of a link's target.
    pub bytes: u64,
    /// It is certain that the file is there, with these bytes.
    pub sure: bool,
    /// It is there under this path or, if that is a folder, in it.
    pub loose: bool,
    /// It is a symbolic link.
    pub link: bool,
    /// It belongs to root.
    pub roots: bool,
    /// Its permission bits.
    pub mode: Option<u32>,
}

/// A package by its number in the catalogue, or many by their lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Installed {
    /// One of Debian's.
    Deb(usize),
    /// One of Alpine's.
    Apk(usize),
    /// All that `uv.lock` locks.
    UvLock,
}

/// Folders in which every image from elsewhere may have files.
const USUAL: [&str; 12] = [
    "bin", "boot", "dev", "etc", "lib", "lib64", "root", "run", "sbin", "sys", "usr", "var",
];

/// The entries at a path and below it.
pub(super) fn below<'a, T>(
    map: &'a BTreeMap<String, T>,
    path: &str,
) -> impl Iterator<Item = (&'a String, &'a T)> + use<'a, T> {
    let folder = path.trim_end_matches('/').to_owned();
    let own = map.get_key_value(&folder);
    let below = format!("{folder}/");
    let rest = map
        .range(below.clone()..)
        .take_while(move |(path, _)| path.starts_with(&below));
    own.into_iter().chain(rest)
}

/// The files of a stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    known: BTreeMap<String, Known>,
    folders: BTreeMap<String, ()>,
    /// Folders that hold files nobody knows; `/` for anywhere.
    vague: Vec<String>,
    /// None of the files is sure.
    doubted: bool,
    /// It starts from an image whose files are not listed here.
    on_image: bool,
    /// The official image that it holds everything of; empty if there is none.
    pub like: String,
    /// Its VOLUMEs: the older builder drops what a RUN changes in them.
    pub volumes: Vec<String>,
    /// Packages that were installed.
    pub packages: BTreeSet<Installed>,
}

impl Files {
    /// Nothing at all.
    pub(super) fn empty() -> Self {
        Self::default()
    }

    /// What an image holds.
    pub(super) fn image(like: String) -> Self {
        Self {
            on_image: true,
            like,
            ..Self::default()
        }
    }

    /// How much is known.
    pub(super) fn count(&self) -> usize {
        self.known.len() + self.folders.len() + self.vague.len() + self.volumes.len() + self.packages.len()
    }

    /// The known files at a path and below it, with their paths.
    pub(super) fn at(&self, path: &str) -> impl Iterator<Item = (&String, &Known)> {
        below(&self.known, path)
    }

    /// Whether everything at a path and below it is known.
    pub(super) fn is_whole(&self, path: &str) -> bool {
        let top = path.trim_start_matches('/').split('/').next().unwrap_or("");
        let base_has = self.on_image && (top.is_empty() || USUAL.contains(&top));
        !base_has
            && !self
                .vague
                .iter()
                .any(|vague| vague == "/" || vague == path || is_below(path, vague) || is_below(vague, path))
    }

    /// Whether a path is known to be a folder.
    pub(super) fn is_folder(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        path.is_empty()
            || below(&self.folders, path).next().is_some()
            || !self.known.contains_key(path) && self.at(path).next().is_some()
    }

    /// A folder is made.
    pub(super) fn folder(&mut self, path: &str) {
        self.folders.insert(path.trim_end_matches('/').to_owned(), ());
    }

    /// A file is written.
    pub(super) fn put(&mut self, path: String, file: Known) {
        self.doubted &= !file.sure;
        self.known.insert(path, file);
    }

    /// A path is taken away, with everything below it.
    pub(super) fn remove(&mut self, path: &str) {
        let gone: Vec<String> = self.at(path).map(|(path, _)| path.clone()).collect();
        for path in gone {
            self.known.remove(&path);
        }
        // `COPY app /opt` may have made /opt/app.
        let above: Vec<String> = path
            .match_indices('/')
            .filter_map(|(at, _)| path.get(..at))
            .filter(|above| self.known.get(*above).is_some_and(|file| file.loose))
            .map(str::to_owned)
            .collect();
        for path in above {
            self.known.remove(&path);
        }
        let gone: Vec<String> = below(&self.folders, path).map(|(folder, ())| folder.clone()).collect();
        for folder in gone {
            self.folders.remove(&folder);
        }
    }

    /// Whether a path lies in a VOLUME.
    pub(super) fn in_volume(&self, path: &str) -> bool {
        self.volumes
            .iter()
            .any(|volume| path == volume || is_below(path, volume.trim_end_matches('/')))
    }

    /// The children of a folder that are known, as paths.
    pub(super) fn children(&self, folder: &str) -> Vec<String> {
        let folder = folder.trim_end_matches('/');
        let mut found: Vec<String> = Vec::new();
        for (path, _) in self.at(folder).filter(|(path, _)| path.as_str() != folder) {
            let inside = path.get(folder.len() + 1..).unwrap_or("");
            let child = format!("{folder}/{}", inside.split('/').next().unwrap_or(""));
            if found.last() != Some(&child) {
                found.push(child);
            }
        }
        found
    }

    /// Something nobody knows is written in a folder.
    pub(super) fn blur(&mut self, folder: &str) {
        if self.vague.len() < 1000 && !self.vague.iter().any(|known| known == folder) {
            self.vague.push(folder.to_owned());
        }
    }

    /// No file is known any more.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.folders.clear();
        self.vague = vec!["/".to_owned()];
    }

    /// The file under exactly this path.
    pub(super) fn get(&self, path: &str) -> Option<&Known> {
        self.known.get(path.trim_end_matches('/'))
    }

    /// Whether it starts from an image whose files are not listed here.
    pub(super) fn is_on_image(&self) -> bool {
        self.on_image
    }

    /// Something ran that may have changed or taken away any file: how many were looked at.
    pub(super) fn doubt(&mut self) -> usize {
        if std::mem::replace(&mut self.doubted, true) {
            return 0;
        }
        for file in self.known.values_mut() {
            file.sure = false;
        }
        self.known.len()
    }

    /// Where something called like `source` lands: in `destination` if that is a folder, else there; and whether that is
    /// certain.
    pub(super) fn landing(&self, source: &str, destination: &str, into: bool) -> (String, bool) {
        let folder = destination.trim_end_matches('/');
        if into || self.is_folder(destination) {
            return (format!("{folder}/{}", name(source)), true);
        }
        // A folder of the base image may have this name.
        (folder.to_owned(), !self.on_image && self.is_whole(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: u64) -> Known {
        Known {
            bytes,
            sure: true,
            loose: false,
            link: false,
            roots: true,
            mode: Some(0o644),
        }
    }

    fn sum(files: &Files, path: &str) -> u64 {
        files.at(path).map(|(_, file)| file.bytes).sum()
    }

    #[test]
    fn files_are_found_at_and_below_a_path_only() {
        let mut files = Files::empty();
        for (path, bytes) in [("/app/a", 1), ("/app/b/c", 2), ("/app-data", 4), ("/app.txt", 8)] {
            files.put(path.to_owned(), file(bytes));
        }
        assert_eq!(sum(&files, "/app"), 3);
        assert_eq!(sum(&files, "/app/"), 3);
        assert_eq!(sum(&files, "/app-data"), 4);
        assert_eq!(sum(&files, "/"), 15);
        assert_eq!(files.children("/app"), ["/app/a", "/app/b"]);
        assert_eq!(files.landing("/x/y", "/app", false), ("/app/y".to_owned(), true));
        assert_eq!(files.landing("/x/y", "/new", false), ("/new".to_owned(), true));
        files.remove("/app/b");
        assert_eq!(sum(&files, "/app"), 1);
    }

    #[test]
    fn what_may_be_in_a_folder_goes_with_what_is_taken_out_of_it() {
        let mut files = Files::image(String::new());
        files.put("/opt".to_owned(), Known { loose: true, ..file(5) });
        files.remove("/opt/app");
        assert_eq!(sum(&files, "/opt"), 0);
        assert!(files.is_whole("/srv/app") && !files.is_whole("/usr/lib") && !files.is_whole("/"));
        files.blur("/srv/app/node_modules");
        assert!(!files.is_whole("/srv/app") && files.is_whole("/srv/other"));
    }
}

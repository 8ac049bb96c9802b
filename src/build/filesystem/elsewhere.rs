//! Programs that are in an image, and not where a command looks for them.

use super::{Entry, FileSystem};
use crate::known_images::{self, Has};
use crate::values::path::{is_at_or_below, name as last};
use std::sync::Arc;

impl FileSystem {
    /// Where the program of this name was put, if that is a folder in which nobody looks for it: the image that all started from is
    /// known, and nothing else brings programs of names that are not known.
    pub(crate) fn out_of_path(&self, name: &str) -> Option<&str> {
        const NAMED_OTHERWISE: [&str; 9] = [
            "bash",
            "ca-certificates",
            "curl",
            "gcompat",
            "libc6-compat",
            "openssl",
            "tini",
            "tzdata",
            "wget",
        ];
        let is_known = self.root().is_some_and(|image| known_images::has_usual_path(image));
        let is_harmless = |package: &Arc<str>| NAMED_OTHERWISE.contains(&&**package) && !package.contains(name);
        let folders = self.folders().filter(|_| is_known && !self.open && !self.modules)?;
        // A folder that was put over one of PATH, or above it, may hold it.
        let may_be_in = |entry: &Entry| {
            entry.folder
                && folders
                    .iter()
                    .any(|folder| is_at_or_below(folder, &entry.path) || is_at_or_below(&entry.path, folder))
        };
        let is_it = |entry: &Entry| !entry.folder && last(&entry.path) == name;
        let is_nowhere_else = self.packages.iter().all(is_harmless)
            && !self.entries.iter().any(may_be_in)
            && self.root().is_some_and(|image| image.program(name) == Has::Unknown);
        let mut entries = self.entries.iter().filter(|_| is_nowhere_else);
        entries.find(|entry| is_it(entry)).map(|entry| &*entry.path)
    }

    /// Whether a file of this name was put into another folder, and nothing into the one of this path.
    pub(super) fn is_left_behind(&self, path: &str) -> bool {
        let name = last(path);
        let is_it = |entry: &Entry| !entry.folder && last(&entry.path) == name;
        !self.open && self.covers(path).is_none() && self.entries.iter().any(is_it)
    }

    /// Whether a package that was installed puts `tini` into another folder: Alpine has `/sbin/tini`, Debian `/usr/bin/tini`
    /// (their package lists; Alpine up to 3.22, before the merge of its folders).
    pub(super) fn is_elsewhere(&self, folder: &str, name: &str) -> bool {
        let Some(image) = self
            .root()
            .filter(|_| name == "tini" && self.packages.iter().any(|package| &**package == "tini"))
        else {
            return false;
        };
        if image.official() == Some("alpine") {
            let minor = image
                .tag
                .as_deref()
                .and_then(|tag| tag.strip_prefix("3.")?.split('.').next()?.parse::<u32>().ok());
            return minor.is_some_and(|minor| minor <= 22) && matches!(folder, "/usr/bin" | "/usr/sbin" | "/bin");
        }
        known_images::is_debian(image) && matches!(folder, "/sbin" | "/usr/sbin")
    }
}

//! What the file system of a stage is known to hold: paths, programs, accounts, a shell. Three states: there, absent, unknown.
//!
//! A stage starts as its base: nothing (`scratch`), the facts of an official image, or unknown. Instructions only ever add.
//! What is not understood makes everything unknown, so absence is claimed only where nothing could have brought the thing.

mod elsewhere;
mod fold;
mod listed;

pub(crate) use fold::{Builder, all, start};

use super::programs::{PATH, Traits};
use crate::known_images::{self, Has, Image, Libc};
use crate::values::path::{clean, is_at_or_below};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Accounts that packages of distributions make under another name than their own.
const OF_PACKAGES: [&str; 16] = [
    "named",
    "bind",
    "www-data",
    "apache",
    "http",
    "dovenull",
    "vmail",
    "postgres",
    "mysql",
    "sshd",
    "messagebus",
    "postdrop",
    "debian-tor",
    "nginx",
    "redis",
    "systemd-network",
];

/// What a stage starts from.
#[derive(Clone, Debug)]
enum Root {
    Scratch,
    Image(Arc<Image>),
    Unknown,
}

/// Something that was copied in.
#[derive(Clone, Debug)]
struct Entry {
    path: Arc<str>,
    /// It may be a folder, with anything below it.
    folder: bool,
    /// What it brings into folders of PATH is known, and stands beside it.
    listed: bool,
    /// The `#!` line of a script that stands in the Dockerfile.
    interpreter: Option<Arc<str>>,
}

/// Where accounts come from.
#[derive(Clone, Debug)]
enum Passwd {
    /// The base's own file, with additions.
    Base,
    /// A file that was copied from another image or stage.
    Copied(Arc<FileSystem>),
    /// A file that cannot be read here.
    Unknown,
}

/// What a stage is known to hold.
#[derive(Clone, Debug)]
pub struct FileSystem {
    root: Root,
    entries: Vec<Entry>,
    /// Anything may have been added anywhere.
    open: bool,
    /// A language's package manager ran: it brings programs of its own, no system tools.
    modules: bool,
    /// Packages of the distribution that were installed.
    packages: Vec<Arc<str>>,
    /// Accounts that were made.
    accounts: BTreeSet<Arc<str>>,
    /// Accounts may have been made that are not known.
    more_accounts: bool,
    passwd: Passwd,
    /// Folders that ENV put into PATH; `None` where that cannot be told.
    path: Option<Vec<Arc<str>>>,
    workdir: Arc<str>,
}

impl FileSystem {
    /// What is in an image, as far as that is known.
    pub(crate) fn image(image: Image) -> Self {
        Self::new(Root::Image(Arc::new(image)))
    }

    /// Nothing is known.
    pub fn unknown() -> Self {
        Self::new(Root::Unknown)
    }

    fn new(root: Root) -> Self {
        Self {
            root,
            entries: Vec::new(),
            open: false,
            modules: false,
            packages: Vec::new(),
            accounts: BTreeSet::new(),
            more_accounts: false,
            passwd: Passwd::Base,
            path: Some(Vec::new()),
            workdir: Arc::from("/"),
        }
    }

    /// Whether everything in it is known: it grew out of `scratch`. What is absent then is absent for certain.
    pub fn is_certain(&self) -> bool {
        matches!(self.root, Root::Scratch) && !self.open
    }

    /// The image that it grew out of.
    pub(crate) fn root(&self) -> Option<&Image> {
        match &self.root {
            Root::Image(image) => Some(image),
            _ => None,
        }
    }

    /// Whether a program that is written like this can be run: a name is looked for in PATH, anything else is a path.
    pub fn runs(&self, word: &str) -> Has {
        if word.contains('/') {
            let path = self.absolute(word);
            match self.file(&path) {
                Has::Unknown if word.starts_with("./") && self.is_left_behind(&path) => Has::No,
                has => has,
            }
        } else {
            match self.program(word) {
                Has::Unknown if self.out_of_path(word).is_some() => Has::No,
                has => has,
            }
        }
    }

    /// The folders of PATH; `None` where that cannot be told.
    pub fn folders(&self) -> Option<Vec<&str>> {
        let own = self.path.as_ref()?;
        let base = self.root().into_iter().flat_map(Image::path);
        Some(
            PATH.into_iter()
                .chain(base)
                .chain(own.iter().map(AsRef::as_ref))
                .collect(),
        )
    }

    /// A path from the folder that commands run in.
    pub fn absolute(&self, word: &str) -> String {
        if word.starts_with('/') {
            clean(word)
        } else {
            clean(&format!("{}/{word}", self.workdir))
        }
    }

    /// Whether a program of this name is in one of the folders of PATH.
    pub fn program(&self, name: &str) -> Has {
        let Some(folders) = self.folders().filter(|_| !self.open) else {
            return Has::Unknown;
        };
        let mut seen = Has::No;
        for entry in &self.entries {
            let (folder, base) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
            let in_path = folders.contains(&folder);
            if in_path && base == name {
                return Has::Yes;
            }
            if entry.folder && !entry.listed && folders.iter().any(|known| is_at_or_below(known, &entry.path)) {
                seen = Has::Unknown;
            }
        }
        if seen == Has::Unknown {
            return seen;
        }
        if !self.packages.is_empty() || (self.modules && !Traits::of(name).is_system_tool()) {
            return match self.base(name) {
                Has::Yes => Has::Yes,
                Has::No if self.packages_lack(name) => Has::No,
                _ => Has::Unknown,
            };
        }
        self.base(name)
    }

    /// Whether every package that was installed is known not to bring a program.
    fn packages_lack(&self, name: &str) -> bool {
        let lacks = |image: &Image| {
            let mut packages = self.packages.iter();
            packages.all(|package| known_images::package_lacks(image, package, name))
        };
        self.root().is_some_and(lacks) && (!self.modules || Traits::of(name).is_system_tool())
    }

    fn base(&self, name: &str) -> Has {
        match &self.root {
            Root::Scratch => Has::No,
            Root::Image(image) => image.program(name),
            Root::Unknown => Has::Unknown,
        }
    }

    /// Whether there is a file at an absolute path.
    pub fn file(&self, path: &str) -> Has {
        if self.open {
            return Has::Unknown;
        }
        for entry in &self.entries {
            if entry.path.as_ref() == path {
                return Has::Yes;
            }
            if entry.folder && is_at_or_below(path, &entry.path) {
                return Has::Unknown;
            }
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        match &self.root {
            Root::Scratch => Has::No,
            Root::Image(image) if image.holds(folder, name) => Has::Yes,
            // Where exactly a program of the image lies differs by release (`/bin` is `/usr/bin`).
            Root::Image(_) if self.is_elsewhere(folder, name) => Has::No,
            Root::Image(image)
                if matches!(folder, "/bin" | "/usr/bin" | "/sbin" | "/usr/sbin") && image.looks_in(folder) =>
            {
                self.program(name)
            }
            _ => Has::Unknown,
        }
    }

    /// Whether there is a `/bin/sh`.
    pub fn shell(&self) -> Has {
        if self.open || !self.packages.is_empty() {
            return match self.root().map(Image::shell) {
                Some(Has::Yes) => Has::Yes,
                _ => Has::Unknown,
            };
        }
        match (self.file("/bin/sh"), &self.root) {
            (Has::No, _) => Has::No,
            (Has::Yes, _) => Has::Yes,
            (Has::Unknown, Root::Image(image))
                if self.covers("/bin/sh").is_none() && self.covers("/usr/bin/sh").is_none() =>
            {
                image.shell()
            }
            _ => Has::Unknown,
        }
    }

    /// The `#!` line of a script that the Dockerfile itself writes to a path.
    pub fn interpreter(&self, path: &str) -> Option<&str> {
        let entry = self.entries.iter().rev().find(|entry| entry.path.as_ref() == path)?;
        entry.interpreter.as_deref()
    }

    /// Whether something was copied to a path, to a folder above it, or into it.
    pub fn covers(&self, path: &str) -> Option<&str> {
        self.entries
            .iter()
            .map(|entry| (entry.path.as_ref(), entry.folder))
            .find(|(entry, folder)| {
                *entry == path || (*folder && is_at_or_below(path, entry)) || is_at_or_below(entry, path)
            })
            .map(|(entry, _)| entry)
    }

    /// Whether a loader may be there: copied, or the image's own.
    pub fn may_load(&self) -> bool {
        match &self.root {
            Root::Scratch => {}
            Root::Image(image) if image.loader() == Has::No => {}
            _ => return true,
        }
        self.open
            || ["/lib", "/lib64", "/usr/lib", "/usr/lib64"]
                .iter()
                .any(|folder| self.covers(folder).is_some())
    }

    /// Whether another C library than the image's own may be there: a package of that kind, or something in the folder of its
    /// loader.
    pub(crate) fn may_have_libc(&self, libc: Libc) -> bool {
        let (packages, folders): (&[&str], &[&str]) = match libc {
            Libc::Glibc(_) => (
                &["gcompat", "libc6-compat", "glibc", "?"],
                &["/lib64", "/usr/lib64", "/usr/glibc-compat"],
            ),
            Libc::Musl => (&["musl", "?"], &["/lib", "/usr/lib"]),
        };
        let is_installed = |package: &Arc<str>| packages.iter().any(|known| package.contains(known));
        self.open
            || self.packages.iter().any(is_installed)
            || folders.iter().any(|folder| self.covers(folder).is_some())
    }

    /// The accounts that were made, if all of them are known.
    pub(crate) fn made_accounts(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().map(AsRef::as_ref)
    }

    /// Whether `/etc/passwd` has a name.
    pub fn account(&self, name: &str) -> Has {
        if self.accounts.contains(name) {
            return Has::Yes;
        }
        let base = match &self.passwd {
            Passwd::Unknown => Has::Unknown,
            Passwd::Copied(other) => other.account(name),
            Passwd::Base => match &self.root {
                // Runtimes know root by its number where there is no file at all; nobody else.
                Root::Scratch => Has::No,
                Root::Image(image) => image.account(name),
                Root::Unknown => Has::Unknown,
            },
        };
        let by_package = !self.packages.is_empty()
            && (OF_PACKAGES.contains(&name)
                || self
                    .packages
                    .iter()
                    .any(|package| package.contains(name) || name.contains(package.as_ref())));
        if base == Has::No && (self.open || self.more_accounts || by_package) {
            return Has::Unknown;
        }
        base
    }

    /// Its accounts in the hands of another stage. A file that was handed on before is not followed any further.
    fn handed_on(self: Arc<Self>) -> Passwd {
        match self.passwd {
            Passwd::Base => Passwd::Copied(self),
            Passwd::Copied(_) | Passwd::Unknown => Passwd::Unknown,
        }
    }
}

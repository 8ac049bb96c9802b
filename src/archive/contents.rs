//! What the finished tree of an image is good for: programs, accounts, a shell, a C library, a package manager.

use super::layer::{Accounts, Listing};
use super::tree::Tree;
use std::collections::BTreeMap;

/// The folders that a container looks for programs in where its image names none (moby `oci/defaults.go`).
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// No image names more folders, or has more programs in them.
const MAX_FOLDERS: usize = 64;
const MAX_PROGRAMS: usize = 20_000;
/// No file system takes a longer name.
const MAX_NAME: usize = 255;

/// Package managers by what is there where they are.
const MANAGERS: [(&str, &str); 8] = [
    ("usr/bin/apt-get", "apt"),
    ("sbin/apk", "apk"),
    ("usr/bin/dnf", "dnf"),
    ("usr/bin/microdnf", "microdnf"),
    ("usr/bin/yum", "yum"),
    ("usr/bin/tdnf", "tdnf"),
    ("usr/bin/zypper", "zypper"),
    ("usr/bin/pacman", "pacman"),
];

/// What an image holds in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Its accounts, `name:uid:gid`, in the order of `/etc/passwd`; `None` where that cannot be read.
    pub accounts: Option<Vec<String>>,
    /// Programs by folder of its PATH, sorted; `None` where there are too many.
    pub programs: Option<BTreeMap<String, Vec<String>>>,
    /// The path of the file that `/bin/sh` is, if there is one.
    pub shell: Option<String>,
    /// `glibc`, `musl`, by their loaders; `none`; `None` where both are there.
    pub libc: Option<&'static str>,
    /// The package manager, or `none`.
    pub packages: &'static str,
}

impl Contents {
    /// Of the tree that these layers make, with this PATH.
    pub(super) fn of(tree: &Tree<'_>, layers: &[&Listing], path: Option<&str>) -> Self {
        let is_there = |path: &str| tree.resolved(path).is_some_and(|real| tree.file(&real).is_some());
        let manager = MANAGERS.iter().find(|(program, _)| is_there(program));
        let packages = manager.map_or("none", |(_, name)| name);
        let shell = tree.resolved("bin/sh").filter(|real| tree.file(real).is_some());
        Self {
            accounts: accounts(tree, layers),
            programs: programs(tree, path.filter(|path| !path.is_empty()).unwrap_or(PATH)),
            shell: shell.map(|real| format!("/{real}")),
            libc: libc(tree, packages),
            packages,
        }
    }
}

/// Those of `/etc/passwd`, as the last layer that writes it has it.
fn accounts(tree: &Tree<'_>, layers: &[&Listing]) -> Option<Vec<String>> {
    let real = tree.resolved("etc/passwd")?;
    let Some(file) = tree.file(&real) else {
        return Some(Vec::new());
    };
    match &layers.get(file.layer)?.accounts {
        Some(Accounts(accounts)) if real == "etc/passwd" => accounts.clone(),
        _ => None,
    }
}

fn programs(tree: &Tree<'_>, path: &str) -> Option<BTreeMap<String, Vec<String>>> {
    let mut found = BTreeMap::new();
    let mut left = MAX_PROGRAMS;
    for folder in path.split(':').take(MAX_FOLDERS) {
        let Some(plain) = folder.strip_prefix('/') else {
            continue;
        };
        let Some(real) = tree.resolved(plain) else { continue };
        let mut names = Vec::new();
        for name in tree.names_in(&real) {
            let at = if real.is_empty() {
                name.to_owned()
            } else {
                format!("{real}/{name}")
            };
            let file = tree.resolved(&at).and_then(|real| tree.file(&real));
            if file.is_some_and(|file| file.runs) && name.len() <= MAX_NAME {
                left = left.checked_sub(1)?;
                names.push(name.to_owned());
            }
        }
        found.insert(crate::values::path::clean(folder), names);
    }
    Some(found)
}

/// The C library. A system of one may have the loader of the other beside it.
fn libc(tree: &Tree<'_>, packages: &str) -> Option<&'static str> {
    let has = |start: &str| {
        let folders = ["lib", "lib64", "usr/lib", "usr/lib64"].into_iter();
        let mut real = folders.filter_map(|folder| tree.resolved(folder));
        real.any(|folder| tree.has_file(&format!("{folder}/{start}")))
    };
    match (has("ld-musl-"), has("ld-linux") || has("ld64.so")) {
        (true, false) => Some("musl"),
        (false, true) => Some("glibc"),
        (false, false) => Some("none"),
        (true, true) => match packages {
            "apk" => Some("musl"),
            "none" => None,
            _ => Some("glibc"),
        },
    }
}

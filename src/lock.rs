//! `plimsoll.lock`: what is known of the images that a repository names, read once from the images themselves and committed beside
//! `plimsoll.yaml`. `plimsoll lock` writes it, every later run reads it without asking anybody.
//!
//! It is YAML in one fixed form, so that it always has the same bytes and git can merge it: a block for each image and platform, in
//! the order of their names, and in it a line for each fact.

mod change;
mod file;
mod read;
mod write;

pub(crate) use change::Difference;
pub(crate) use file::{Block, Lock, USUAL};
pub(crate) use write::text;

use crate::failure::Failure;
use crate::values::image_ref::ImageRef;
use std::collections::BTreeMap;

/// The file, in the root.
pub(crate) const NAME: &str = "plimsoll.lock";
/// The version of its form.
const VERSION: u64 = 1;
/// Nothing larger is read: the file, and the block of an image.
pub(crate) const MAX_BYTES: u64 = 64 << 20;
const MAX_BLOCK: usize = 1 << 20;
/// More images than this are in no repository.
const MAX_IMAGES: usize = 100_000;

/// What is known of an image; `None` is not known, an empty list is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ImageFacts {
    /// The digest that a registry gives for its tag.
    pub digest: Option<String>,
    /// The digest of its configuration.
    pub id: Option<String>,
    /// Bytes of all its layers, unpacked.
    pub size: Option<u64>,
    /// Bytes of all its layers as a registry sends them.
    pub compressed: Option<u64>,
    /// How many layers it has.
    pub layers: Option<u64>,
    /// Its USER; empty is root.
    pub user: Option<String>,
    /// Its ENTRYPOINT in words.
    pub entrypoint: Option<Vec<String>>,
    /// Its CMD in words.
    pub command: Option<Vec<String>>,
    /// The test of its HEALTHCHECK.
    pub healthcheck: Option<Vec<String>>,
    /// The ports that it exposes: `80/tcp`.
    pub ports: Option<Vec<String>>,
    /// Its volumes.
    pub volumes: Option<Vec<String>>,
    /// The names of its variables.
    pub environment: Option<Vec<String>>,
    /// Values of those that say a version.
    pub versions: Option<BTreeMap<String, String>>,
    /// Its distribution: `debian 12`.
    pub system: Option<String>,
    /// Its accounts: `name:uid:gid`.
    pub accounts: Option<Vec<String>>,
    /// The programs in the folders of its PATH.
    pub programs: Option<BTreeMap<String, Vec<String>>>,
    /// What `/bin/sh` is: a path, or `none`.
    pub shell: Option<String>,
    /// `glibc`, `musl`, `none`.
    pub libc: Option<String>,
    /// The package manager: `apt`, `apk`, `none`.
    pub packages: Option<String>,
}

impl ImageFacts {
    /// Whether it has a program in a folder of its PATH.
    pub(crate) fn has_program(&self, name: &str) -> Option<bool> {
        let folders = self.programs.as_ref()?;
        Some(
            folders
                .values()
                .any(|names| names.binary_search_by(|known| known.as_str().cmp(name)).is_ok()),
        )
    }

    /// Whether its `/etc/passwd` has a name.
    pub(crate) fn has_account(&self, name: &str) -> Option<bool> {
        let accounts = self.accounts.as_ref()?;
        Some(accounts.iter().any(|account| account.split(':').next() == Some(name)))
    }
}

/// The name of an image in the lock, without its tag: Docker Hub and its folder `library` go without saying.
pub(crate) fn path(image: &ImageRef) -> String {
    match image.registry.as_deref() {
        None | Some("docker.io" | "index.docker.io" | "registry-1.docker.io") => {
            image.name.strip_prefix("library/").unwrap_or(&image.name).to_owned()
        }
        Some(registry) => format!("{registry}/{}", image.name),
    }
}

/// The name of an image in the lock: what it is without a tag and a digest is `latest`.
pub(crate) fn name(image: &ImageRef) -> String {
    let path = path(image);
    match (&image.tag, &image.digest) {
        (Some(tag), Some(digest)) => format!("{path}:{tag}@{digest}"),
        (None, Some(digest)) => format!("{path}@{digest}"),
        (tag, None) => format!("{path}:{}", tag.as_deref().unwrap_or("latest")),
    }
}

/// A platform as the lock has it (containerd/platforms `Normalize`): `linux/arm64`.
pub(crate) fn platform(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let full = if text.contains('/') {
        text
    } else {
        format!("linux/{text}")
    };
    let full = full.replace("/x86_64", "/amd64").replace("/aarch64", "/arm64");
    full.strip_suffix("/arm64/v8")
        .map_or(full.clone(), |os| format!("{os}/arm64"))
}

/// A lock with all its facts read and written again.
///
/// # Errors
/// It is none.
pub fn rewritten(text: &str) -> Result<String, Failure> {
    let lock = Lock::scan(text.to_owned())?;
    let mut blocks = BTreeMap::new();
    for block in lock.blocks() {
        let key = (block.name.clone(), block.platform.clone());
        blocks.insert(key, lock.facts(block)?.body());
    }
    Ok(self::text(&blocks))
}

#[cfg(test)]
mod tests;

//! Images that are built: what their layers hold, counted from the layers themselves, whoever made the archive.
//!
//! What is counted is what the engine's overlay2 store calls the size of an image: over all layers, the bytes of regular files and
//! the lengths of the targets of symbolic links. Folders, owners, modes, further hard links and whiteouts are nothing, a sparse
//! file counts in full, and what a later layer deletes or overwrites still counts.

mod contents;
mod description;
mod inspected;
mod layer;
mod layout;
mod manifests;
mod metered;
mod packed;
mod tree;

pub(crate) use contents::Contents;
pub(crate) use inspected::{Inspected, inspected};
pub use layout::read;
pub(crate) use packed::is_json;

/// A measured image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Its first name, if the archive says one.
    pub name: Option<String>,
    /// How many more images the archive holds.
    pub others: usize,
    /// Bytes of all layers.
    pub unpacked: u64,
    /// Bytes of all layers as they are compressed in the archive; `None` where one of them is not.
    pub download: Option<u64>,
    /// The layers, the lowest first.
    pub layers: Vec<Layer>,
    /// Bytes that a later layer deletes or overwrites.
    pub wasted: u64,
    /// The largest of them, the largest first.
    pub waste: Vec<Wasted>,
    /// Bytes of further copies of the same content under other paths, of files that are still there in the end.
    pub doubled: u64,
    /// The largest of them, the largest first.
    pub doubles: Vec<Double>,
    /// Bytes in the folders of caches, of files that are still there in the end: the folder and what is below it.
    pub caches: Vec<(&'static str, u64)>,
    /// The distribution that it says it is.
    pub system: Option<System>,
    /// The digest of its configuration.
    pub id: String,
    /// The digest that a registry would give for it, where the archive says it.
    pub digest: Option<String>,
    /// Its platform, `linux/amd64`; empty where it is not said.
    pub platform: String,
    /// What its configuration says.
    pub settings: Settings,
    /// What is in it in the end.
    pub contents: Contents,
}

/// What the configuration of an image says; what is empty is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The user; empty is root.
    pub user: String,
    /// The environment, `NAME=value`.
    pub env: Vec<String>,
    /// The ENTRYPOINT in words.
    pub entrypoint: Vec<String>,
    /// The CMD in words.
    pub command: Vec<String>,
    /// The test of the HEALTHCHECK.
    pub healthcheck: Vec<String>,
    /// The ports that it exposes, `80/tcp`, sorted.
    pub ports: Vec<String>,
    /// Its volumes, sorted.
    pub volumes: Vec<String>,
}

impl Settings {
    /// The value of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let values = self.env.iter().filter_map(|set| set.split_once('='));
        values.rev().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

impl Measured {
    /// Bytes that are still there in the end.
    pub fn live(&self) -> u64 {
        self.unpacked.saturating_sub(self.wasted)
    }
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The digest of its content, as the configuration of the image says it; empty where it does not.
    pub id: String,
    /// The instruction that made it, as the history of the image has it; empty where that does not say.
    pub instruction: String,
    /// Its bytes.
    pub bytes: u64,
    /// Its bytes in the archive, if it is compressed there.
    pub compressed: Option<u64>,
}

/// A file that a later layer deletes or overwrites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wasted {
    /// Its path, without a slash at its start.
    pub path: String,
    /// Its bytes, over all layers that wrote it in vain.
    pub bytes: u64,
    /// The layer that wrote it first, from 0.
    pub layer: usize,
    /// It is deleted in the end; else it is overwritten.
    pub deleted: bool,
}

/// One content under several paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Double {
    /// The first paths, in order.
    pub paths: Vec<String>,
    /// How many there are.
    pub count: u64,
    /// Bytes of one of them.
    pub bytes: u64,
}

/// What `/etc/os-release` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// `ID`: `debian`, `alpine`.
    pub id: String,
    /// `VERSION_ID`: `12`, `3.20.3`; may be empty.
    pub version: String,
    /// `PRETTY_NAME`, else the other two.
    pub name: String,
}

/// An instruction as somebody wrote it, from what builders write into the history: `/bin/sh -c #(nop) COPY ...` and
/// `/bin/sh -c make` of the old one, `RUN /bin/sh -c make # buildkit` of the new one. Without the values of build arguments.
pub(crate) fn instruction(created_by: &str) -> String {
    let words: Vec<&str> = created_by.split_whitespace().collect();
    let text = words.join(" ");
    let text = text.strip_suffix(" # buildkit").unwrap_or(&text);
    let shell = "/bin/sh -c ";
    let run = text.strip_prefix("RUN ").unwrap_or(text);
    if let Some(rest) = run.strip_prefix(shell) {
        return match rest.strip_prefix("#(nop) ") {
            Some(instruction) => instruction.to_owned(),
            None => format!("RUN {rest}"),
        };
    }
    // The values of build arguments stand before the command: they may be secrets.
    if run.starts_with('|') {
        let command = run
            .split_once(&format!(" {shell}"))
            .map_or("...", |(_, command)| command);
        return format!("RUN {command}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests;

//! Whose files are judged: what is excluded, and what is vendored, by the marks of the commit that the change began at.

use super::base::Base;
use crate::config::Config;
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::Path;

/// A larger `.gitattributes` is not read.
const MAX_ATTRIBUTES: u64 = 1 << 20;

/// The `.gitattributes` whose marks count, if any does: that of the base where there is one.
pub(super) fn attributes(config: &Config, base: Option<&Base>, workspace: &Workspace) -> String {
    if !config.asks_attributes() {
        return String::new();
    }
    match base {
        Some(base) => base.attributes(workspace.root()),
        None => workspace
            .peek(Path::new(".gitattributes"), MAX_ATTRIBUTES)
            .unwrap_or_default(),
    }
}

/// What excluded files and vendored folders keep from the verdict, as the end of the sentence about the scope. `vendored` counts
/// findings by folder.
pub(super) fn words(excluded: usize, vendored: &BTreeMap<String, usize>) -> String {
    let mut words = String::new();
    match excluded {
        0 => {}
        1 => words.push_str("; 1 file excluded"),
        count => words.push_str(&format!("; {count} files excluded")),
    }
    let count: usize = vendored.values().sum();
    if count > 0 {
        let folders: Vec<String> = vendored
            .iter()
            .map(|(folder, count)| format!("{folder} {count}"))
            .collect();
        let noun = if count == 1 {
            "finding is a note"
        } else {
            "findings are notes"
        };
        words.push_str(&format!(
            "; {count} {noun} because of a vendored folder: {}",
            folders.join(", ")
        ));
    }
    words
}

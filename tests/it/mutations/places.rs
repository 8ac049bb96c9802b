//! Edits of where a whole example is.

use super::edit::{Edit, Effect, Files, is_compose};

pub(super) const EDITS: &[Edit] = &[Edit {
    name: "renamed folder",
    effect: Effect::Moves,
    apply: nested,
}];

/// Names of folders that mean nothing to anybody.
const FOLDERS: [&str; 4] = ["shop/", "deep/er/still/", "Ein Ordner für alles/", "platform/"];

/// What belongs to a folder keeps its meaning in another one: everything is relative to the Compose file. Of a Dockerfile alone the
/// context would not be certain any more, and what `plimsoll.yaml` or git name is named by its path.
fn nested(files: &Files, path: &str) -> Vec<Files> {
    let is_first = files.keys().next().is_some_and(|first| first == path);
    let has_paths = files
        .keys()
        .any(|path| path.starts_with(".git") || path.starts_with("plimsoll"));
    let has_compose = files.keys().any(|path| is_compose(path));
    // Above the root nothing is read; above a folder of it there is one.
    let climbs = files.values().any(|text| text.contains(".."));
    if !is_first || has_paths || !has_compose || climbs {
        return Vec::new();
    }
    let into = |folder: &str| {
        files
            .iter()
            .map(|(path, text)| (format!("{folder}{path}"), text.clone()))
            .collect()
    };
    FOLDERS.iter().map(|folder| into(folder)).collect()
}

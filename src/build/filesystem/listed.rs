//! What a copy of the context puts into the folders of PATH.

use super::FileSystem;
use crate::build::JudgedFile;
use crate::build::context::{Context, Copied, EntryKind, Source, is_material};
use crate::resolve::stage::Plan;
use crate::values::path::{clean, is_at_or_below};

/// A copy of more files than this is not looked through.
const MAX_LISTED: usize = 5_000;

/// The files that a copy over a folder of PATH, or one above it, puts into those of PATH; `None` where they are not known.
pub(super) fn programs(
    file: &JudgedFile,
    plan: &Plan,
    at: usize,
    to: &str,
    contents: &FileSystem,
) -> Option<Vec<String>> {
    let folders = contents.folders()?;
    let is_above = |path: &str| folders.iter().any(|folder| is_at_or_below(folder, path));
    if !is_above(to) {
        return None;
    }
    let context = file.context.as_ref()?;
    let copy = context.copy(at).filter(|copy| is_known(context, copy))?;
    let brought = context.brought(copy, plan)?;
    let has_link = || {
        brought
            .iter()
            .any(|(path, entry)| entry.kind == EntryKind::Link && is_above(path))
    };
    if brought.len() > MAX_LISTED || has_link() {
        return None;
    }
    let in_path = |path: &String| {
        path.rsplit_once('/')
            .is_some_and(|(folder, _)| folders.contains(&folder))
    };
    Some(
        brought
            .into_iter()
            .map(|(path, _)| clean(&path))
            .filter(in_path)
            .collect(),
    )
}

/// Whether the checkout has what is copied: a context that is certain, or all of a folder that has more than descriptions of
/// containers.
fn is_known(context: &Context, copy: &Copied) -> bool {
    let is_all = || {
        copy.sources.iter().all(|source| match source {
            Source::Found { items } => items.iter().all(|item| item.path.is_empty()),
            _ => false,
        })
    };
    let has_material = || context.tree.entries.iter().any(is_material);
    context.tree.complete && (context.is_certain() || is_all() && has_material())
}

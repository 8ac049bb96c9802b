//! Files that go over another one: what is theirs alone, and where their relative paths start.

use super::shape::Shape;
use crate::resolve::compose::paths::{is_remote, join, parent};
use crate::workspace::Workspace;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The services of a file that have something to run there and that no file defines which may be merged with it: the one that it needs,
/// one that is incomplete itself, one beside either of them; any, where it is not known which one it needs.
pub(super) fn sole<'a>(
    file: &Path,
    shape: &Shape,
    base: Option<&Path>,
    others: impl Iterator<Item = (&'a PathBuf, &'a Shape)> + Clone,
) -> HashSet<String> {
    let folders: Vec<PathBuf> = [Some(file), base].into_iter().flatten().map(parent).collect();
    let may_join = |other: &Path, shape: &Shape| {
        base.is_none() || shape.missing().next().is_some() || folders.contains(&parent(other))
    };
    let is_elsewhere = |name: &String| {
        let mut others = others.clone().filter(|(other, _)| *other != file);
        others.any(|(other, shape)| shape.defines.contains(name) && may_join(other, shape))
    };
    let own = shape
        .defines
        .iter()
        .filter(|name| shape.runs(name) && !is_elsewhere(name));
    own.filter_map(|name| Some(name.strip_prefix("services/")?.to_owned()))
        .collect()
}

/// The folder of the base, where the folders that a file builds are all there and none is beside the file: Compose takes relative paths
/// from the first file that it is given.
pub(super) fn start(workspace: &Workspace, file: &Path, shape: &Shape, base: &Path) -> Option<PathBuf> {
    let is_plain = |context: &&String| {
        !context.is_empty()
            && !context.starts_with(['/', '~'])
            && !context.contains(['$', ':', '@'])
            && !is_remote(context)
    };
    let contexts: Vec<&String> = shape.contexts.iter().filter(is_plain).collect();
    let holds = |folder: &Path, context: &str| workspace.is_folder(&join(folder, context)) == Some(true);
    let (own, base) = (parent(file), parent(base));
    let moved = |context: &&String| !holds(&own, context) && holds(&base, context);
    (own != base && !contexts.is_empty() && contexts.iter().all(moved)).then_some(base)
}

//! What stands in the checkout where services mount paths of it.

use crate::repository::{BindKind, BindSource};
use crate::resolve::compose::load::Files;
use crate::resolve::compose::paths::join;
use crate::resolve::compose::project::Project;
use crate::workspace::Workspace;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The sources of bind mounts that are paths of the checkout, relative to the workspace root. A path that git ignores, or that the
/// repository's scripts and texts make, is left out where it is absent: it is made where the service runs.
pub(super) fn read(sets: &mut [Project], workspace: &Workspace) -> HashMap<PathBuf, BindSource> {
    let mut found = HashMap::new();
    workspace.take_asked();
    for set in sets {
        let (mut present, mut absent) = (0, Vec::new());
        for mount in set.services.iter().flat_map(|service| &service.volumes) {
            let Some(path) = mount.local_source().map(|source| join(&set.folder, source)) else {
                continue;
            };
            if found.contains_key(&path) {
                continue;
            }
            // A file further down that goes over one further up: its paths start there. Those of files that a line starts together
            // start in the folder of its first one.
            let starts_above = || {
                if set.files.iter().any(|file| workspace.joins(file)) {
                    return true;
                }
                let above = set.folder.ancestors().skip(1);
                let mut places = above.filter_map(|folder| Some(join(folder, mount.local_source()?)));
                places.any(|place| workspace.exists(&place) == Some(true))
            };
            let is_made = |path: &Path| workspace.ignored(path) || workspace.made(path);
            let kind = match (workspace.exists(&path), workspace.is_folder(&path)) {
                (Some(true), Some(true)) => BindKind::Folder,
                (Some(true), Some(false)) => BindKind::File,
                (Some(false), _) if !is_made(&path) && !workspace.may_be_sparse() && !starts_above() => {
                    BindKind::Absent
                }
                _ => continue,
            };
            match kind {
                BindKind::Absent => absent.push(path.clone()),
                BindKind::Folder | BindKind::File => present += 1,
            }
            let first = mount.source.span().unwrap_or(mount.span);
            found.insert(path, BindSource { kind, first });
        }
        // Where nearly everything is missing and no index says what should be there, the checkout is not whole.
        if absent.len() > 5 + 2 * present && workspace.tracked().is_none() {
            found.retain(|path, _| !absent.contains(path));
        }
        set.inputs.extend(workspace.take_asked());
    }
    found
}

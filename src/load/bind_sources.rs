//! What stands in the checkout where services mount paths of it.

use crate::repository::{BindKind, BindSource};
use crate::resolve::compose::load::Files;
use crate::resolve::compose::paths::join;
use crate::resolve::compose::project::Project;
use crate::workspace::Workspace;
use std::collections::HashMap;
use std::path::PathBuf;

/// The sources of bind mounts that are paths of the checkout, relative to the workspace root. A path that git ignores is left
/// out where it is absent: it is made where the service runs.
pub(super) fn read(sets: &[Project], workspace: &Workspace) -> HashMap<PathBuf, BindSource> {
    let mut found = HashMap::new();
    for set in sets {
        for mount in set.services.iter().flat_map(|service| &service.volumes) {
            let Some(path) = mount.local_source().map(|source| join(&set.folder, source)) else {
                continue;
            };
            if found.contains_key(&path) {
                continue;
            }
            // A file further down that goes over one further up: its paths start there.
            let starts_above = || {
                let above = set.folder.ancestors().skip(1);
                let mut places = above.filter_map(|folder| Some(join(folder, mount.local_source()?)));
                places.any(|place| workspace.exists(&place) == Some(true))
            };
            let kind = match (workspace.exists(&path), workspace.is_folder(&path)) {
                (Some(true), Some(true)) => BindKind::Folder,
                (Some(true), Some(false)) => BindKind::File,
                (Some(false), _) if !workspace.ignored(&path) && !workspace.may_be_sparse() && !starts_above() => {
                    BindKind::Absent
                }
                _ => continue,
            };
            let first = mount.source.span().unwrap_or(mount.span);
            found.insert(path, BindSource { kind, first });
        }
    }
    found
}

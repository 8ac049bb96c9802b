//! Links of the checkout that lead out of it: a path that looks like one of the checkout is then one of the host.

use crate::repository::host_paths;
use crate::resolve::compose::project::Project;
use crate::workspace::Workspace;
use std::collections::HashMap;
use std::path::PathBuf;

/// Where the paths lead that services get at, if links take them out of the workspace.
pub(super) fn leading_out(sets: &[Project], workspace: &Workspace) -> HashMap<PathBuf, String> {
    let mut found = HashMap::new();
    for set in sets {
        let services = set.services.iter();
        let devices = services
            .flat_map(|service| host_paths::devices_of_the_checkout(set, service))
            .map(|(path, _)| path);
        let paths = set
            .services
            .iter()
            .flat_map(|service| host_paths::of_the_checkout(set, service));
        for path in paths.chain(devices) {
            if let Some(target) = workspace.leads_out_to(&path) {
                found.insert(path, target);
            }
        }
    }
    found
}

//! What the images of a change would hold, and what they would have held where it began: worked out of the files of both commits, so
//! that what only lies in this checkout (build output, large files that git keeps elsewhere, submodules) makes no difference.

use crate::build::size::Ledger;
use crate::config::Config;
use crate::container::Container;
use crate::discover;
use crate::git::{self, Start};
use crate::load::{self, Given};
use crate::repository::Repository;
use crate::repository::sizes::{is_built, of_container};
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Before and now, for the units that may not grow as they like and whose size nobody recorded. Nothing where that cannot be worked
/// out: it is no budget that says so.
pub(super) fn ledgers(
    start: &Start,
    config: &Config,
    given: &Given,
    repository: &Repository,
    root: &Path,
) -> BTreeMap<String, (Ledger, Ledger)> {
    let is_asked = |container: &&Container| {
        let profile = config.profiles.get(&container.profile);
        let has_budget = profile.is_some_and(|profile| profile.growth.is_some());
        is_built(container) && has_budget && repository.recorded(container).is_none()
    };
    let asked: BTreeSet<String> = repository
        .containers
        .iter()
        .filter(is_asked)
        .map(|container| repository.identity(container))
        .collect();
    if asked.is_empty() || start.is_head {
        return BTreeMap::new();
    }
    let of = |commit: &str| at(commit, &asked, config, given, repository, root);
    let (Some(mut before), Some(now)) = (of(&start.commit), of("HEAD")) else {
        return BTreeMap::new();
    };
    let both = now.into_iter().filter_map(|(name, now)| {
        let before = before.remove(&name)?;
        Some((name, (before, now)))
    });
    both.collect()
}

/// The ledgers of a commit.
fn at(
    commit: &str,
    asked: &BTreeSet<String>,
    config: &Config,
    given: &Given,
    repository: &Repository,
    root: &Path,
) -> Option<BTreeMap<String, Ledger>> {
    let folder = temporary()?;
    git::export(root, commit, folder.path()).ok()?;
    let mut workspace = Workspace::open(folder.path()).ok()?;
    let files = discover::discover(&mut workspace, &[PathBuf::new()]);
    let (mut here, _) = load::build(&files, config, given, &mut workspace);
    here.own_images = repository.own_images.clone();
    let ledgers = here.containers.iter().filter_map(|container| {
        let name = here.identity(container);
        asked
            .contains(&name)
            .then(|| (name, of_container(container, &here).as_ref().clone()))
    });
    Some(ledgers.collect())
}

/// A folder of its own. Where there is none for temporary files, as in an image of one program, the home folder has to do.
fn temporary() -> Option<tempfile::TempDir> {
    let make = |folder: &Path| tempfile::Builder::new().prefix(".plimsoll").tempdir_in(folder).ok();
    make(&std::env::temp_dir()).or_else(|| make(Path::new(&std::env::var_os("HOME")?)))
}

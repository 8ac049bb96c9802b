//! What the images of a change would hold, and what they would have held where it began: worked out of the files of both commits, so
//! that what only lies in this checkout (build output, large files that git keeps elsewhere, submodules) makes no difference.

mod traces;

use crate::build::growth::Sides;
use crate::build::size::Ledger;
use crate::discover::{self, Exclude};
use crate::git::{self, Changed, Start};
use crate::load::{self, Inputs, Nowhere};
use crate::repository::Recorded;
use crate::repository::sizes::{identity, of_container};
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Before and now, for the containers that are asked for. Nothing where that cannot be worked out: it is no budget that says so.
pub(super) fn ledgers(
    start: &Start,
    asked: &BTreeSet<String>,
    inputs: &Inputs<'_>,
    root: &Path,
) -> BTreeMap<String, Sides> {
    if start.is_head {
        return BTreeMap::new();
    }
    let changed = git::committed(root, start).ok();
    let of = |commit: &str| at(commit, asked, inputs, root, changed.as_ref());
    let (Some(mut before), Some(now)) = (of(&start.commit), of("HEAD")) else {
        return BTreeMap::new();
    };
    let both = now.into_iter().filter_map(|(name, now)| {
        let before = before.remove(&name)?;
        Some((name, Sides { before, now }))
    });
    both.collect()
}

/// The ledgers of a commit, whose rows know which of the files that differ came before them.
fn at(
    commit: &str,
    asked: &BTreeSet<String>,
    inputs: &Inputs<'_>,
    root: &Path,
    changed: Option<&Changed>,
) -> Option<BTreeMap<String, Ledger>> {
    let folder = temporary()?;
    git::export(root, commit, folder.path(), &[]).ok()?;
    let mut workspace = Workspace::open(folder.path()).ok()?;
    let exclude = Exclude {
        configured: &inputs.config.exclude,
        ..Exclude::default()
    };
    let files = discover::discover(&mut workspace, &[PathBuf::new()], exclude);
    let inputs = Inputs {
        config: inputs.config,
        env: inputs.env.clone(),
        profile: inputs.profile.clone(),
        images: inputs.images.clone(),
        recorded: Recorded::default(),
        usage: None,
        today: inputs.today.clone(),
        selected: false,
        lookup: &Nowhere,
    };
    let there = load::load(&files, inputs, &mut workspace).ok()?;
    let mut ledgers = BTreeMap::new();
    for container in &there.containers {
        let name = identity(container, &there.sets);
        if asked.contains(&name) {
            let mut ledger = of_container(container, &there).as_ref().clone();
            traces::put(&mut ledger, container, &there, workspace.sources(), changed);
            ledgers.insert(name, ledger);
        }
    }
    Some(ledgers)
}

/// A folder of its own. Where there is none for temporary files, as in an image of one program, the home folder has to do.
pub(super) fn temporary() -> Option<tempfile::TempDir> {
    let make = |folder: &Path| tempfile::Builder::new().prefix(".plimsoll").tempdir_in(folder).ok();
    make(&std::env::temp_dir()).or_else(|| make(Path::new(&std::env::var_os("HOME")?)))
}

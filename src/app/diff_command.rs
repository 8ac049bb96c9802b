//! `plimsoll diff`: what the services of two versions may take and are made of, side by side.

use super::growth::temporary;
use super::{judge, output, place};
use crate::cli::{CheckArgs, DiffArgs};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::git::{self, Against};
use crate::report::Report;
use crate::report::versions::Versions;
use std::path::{Path, PathBuf};

pub(super) fn run(args: &DiffArgs) -> Outcome {
    match compared(args) {
        Ok(versions) => {
            let printed = output::print(&match args.format.as_str() {
                "markdown" => versions.markdown(),
                "json" => versions.json(),
                _ => versions.text(),
            });
            match printed {
                Outcome::Pass if versions.misses() => Outcome::Fail,
                outcome => outcome,
            }
        }
        Err(failure) => output::complain(failure),
    }
}

fn compared(args: &DiffArgs) -> Result<Versions, Failure> {
    let check = CheckArgs {
        root: args.root.clone(),
        config: args.config.clone(),
        ..CheckArgs::default()
    };
    let root = place::root(&check)?;
    let Some(head) = &args.head else {
        let after = judged(args, &root, "the work tree")?;
        // What git ignores is the same on both sides.
        let changed = git::changed(&root, &Against::Revision(args.base.clone())).ok();
        let is_same = |path: &Path| changed.as_ref().is_some_and(|changed| !changed.touches(path));
        let texts = after
            .sources
            .iter()
            .map(|(_, source)| (PathBuf::from(&source.path), source.text.as_str()));
        let also: Vec<_> = texts.filter(|(path, text)| !text.is_empty() && is_same(path)).collect();
        let before = of_commit(&args.base, args, &root, &also)?;
        return Ok(Versions::new(
            [args.base.clone(), "the work tree".to_owned()],
            &before,
            &after,
        ));
    };
    let before = of_commit(&args.base, args, &root, &[])?;
    let after = of_commit(head, args, &root, &[])?;
    Ok(Versions::new([args.base.clone(), head.clone()], &before, &after))
}

/// A commit, with files that it may lack.
fn of_commit(name: &str, args: &DiffArgs, root: &Path, also: &[(PathBuf, &str)]) -> Result<Report, Failure> {
    let folder = temporary().ok_or_else(|| Failure::new("there is no folder for temporary files"))?;
    git::export(root, name, folder.path(), also).map_err(|failure| failure.of(format!("`{name}` cannot be read")))?;
    judged(args, folder.path(), &format!("`{name}`"))
}

/// A version by its own configuration, or by the one that is named.
fn judged(args: &DiffArgs, root: &Path, name: &str) -> Result<Report, Failure> {
    let report = judge(&CheckArgs {
        root: Some(root.to_path_buf()),
        config: args.config.clone(),
        no_engine: true,
        no_baseline: true,
        ..CheckArgs::default()
    });
    match report.error {
        // Before the first Compose file came there was nothing, and that is an answer.
        Some(error) if !report.files.is_empty() || report.repository.is_none() => {
            Err(Failure::new(error).of(format!("{name} cannot be checked")))
        }
        _ => Ok(report),
    }
}

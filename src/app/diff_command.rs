//! `plimsoll diff`: what the services of two versions may take and are made of, side by side.

use super::growth::temporary;
use super::{judge, output, place};
use crate::cli::{CheckArgs, DiffArgs};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::git;
use crate::report::Report;
use crate::report::versions::Versions;
use std::path::Path;

pub(super) fn run(args: &DiffArgs) -> Outcome {
    match compared(args) {
        Ok(versions) => output::print(&match args.format.as_str() {
            "markdown" => versions.markdown(),
            "json" => versions.json(),
            _ => versions.text(),
        }),
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
    let before = of_commit(&args.base, args, &root)?;
    let (name, after) = match &args.head {
        Some(head) => (head.clone(), of_commit(head, args, &root)?),
        None => ("the work tree".to_owned(), judged(args, &root, "the work tree")?),
    };
    Ok(Versions::new([args.base.clone(), name], &before, &after))
}

fn of_commit(name: &str, args: &DiffArgs, root: &Path) -> Result<Report, Failure> {
    let folder = temporary().ok_or_else(|| Failure::new("there is no folder for temporary files"))?;
    git::export(root, name, folder.path(), &[]).map_err(|failure| failure.of(format!("'{name}' cannot be read")))?;
    judged(args, folder.path(), &format!("'{name}'"))
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
            Err(Failure::new(error).of(format!("{name} cannot be judged")))
        }
        _ => Ok(report),
    }
}

//! `plimsoll fix`: the edits that findings offer, as a unified diff, or written.

use super::{judge, output, place};
use crate::cli::{CheckArgs, FixArgs};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::report::patch::{self, Patch};
use crate::report::{escape, words};
use crate::rules;
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::path::Path;

/// What is mended may uncover more; so often the result is judged again.
const MAX_ROUNDS: usize = 5;

/// What a run has done, or would do.
#[derive(Default)]
struct Sums {
    mended: usize,
    files: BTreeSet<String>,
    waiting: usize,
    overlapping: usize,
}

/// Runs the command.
pub(super) fn run(args: &FixArgs) -> Outcome {
    match try_run(args) {
        Ok(outcome) => outcome,
        Err(failure) => output::complain(failure),
    }
}

fn try_run(args: &FixArgs) -> Result<Outcome, Failure> {
    let known = |name: &String| rules::RULES.iter().any(|rule| rule.name == *name);
    if let Some(unknown) = args.rules.iter().find(|name| !known(name)) {
        return Err(Failure::new(format!("there is no rule `{unknown}`")));
    }
    let check = CheckArgs {
        paths: args.paths.clone(),
        root: args.root.clone(),
        config: args.config.clone(),
        profile: args.profile.clone(),
        no_engine: true,
        no_baseline: args.no_baseline,
        ..CheckArgs::default()
    };
    let root = place::root(&check)?;
    let mut sums = Sums::default();
    let rounds = if args.write { MAX_ROUNDS } else { 1 };
    for _ in 0..rounds {
        let report = judge(&check);
        if let Some(error) = &report.error {
            return Err(Failure::new(error.clone()));
        }
        let is_meant = |rule: &str| args.rules.is_empty() || args.rules.iter().any(|name| name == rule);
        let meant = report.findings.iter().filter(|reported| is_meant(reported.rule.name));
        let patch = Patch::of(meant, args.risky);
        sums.mended += patch.mended;
        (sums.waiting, sums.overlapping) = (patch.waiting, patch.overlapping);
        if patch.edits.is_empty() {
            break;
        }
        // A finding whose edits are in two files is mended in both, or in none.
        for source in patch
            .edits
            .keys()
            .map(|id| report.sources.get(*id))
            .filter(|_| args.write)
        {
            writable(&root, &source.path, &source.text)?;
        }
        for (id, edits) in &patch.edits {
            let source = report.sources.get(*id);
            sums.files.insert(source.path.clone());
            if args.write {
                write(&root, &source.path, &source.text, &edits.applied(&source.text))?;
            } else {
                let diff = patch::diff(&report, *id, edits, patch::CONTEXT);
                if output::print(&escape::guard(diff)) != Outcome::Pass {
                    return Ok(Outcome::CouldNotRun);
                }
            }
        }
    }
    output::tell(said(&sums, args.write));
    Ok(Outcome::Pass)
}

/// Writes a file in one step, if it is still what was judged.
pub(super) fn write(root: &Path, path: &str, old: &str, new: &str) -> Result<(), Failure> {
    let permissions = writable(root, path, old)?;
    let full = root.join(path);
    let written = output::file(&full, new, Some(root));
    let kept = written.and_then(|()| Ok(std::fs::set_permissions(&full, permissions)?));
    kept.map_err(|failure| refused(failure, path))
}

/// The permissions of a file that is still what was judged, and may be written.
fn writable(root: &Path, path: &str, old: &str) -> Result<Permissions, Failure> {
    let full = root.join(path);
    let now = std::fs::read(&full).map_err(|error| refused(error.into(), path))?;
    if now != old.as_bytes() {
        return Err(refused(Failure::new("it is not what was judged"), path));
    }
    let permissions = full
        .metadata()
        .map_err(|error| refused(error.into(), path))?
        .permissions();
    if permissions.readonly() {
        return Err(refused(Failure::new("it is read-only"), path));
    }
    Ok(permissions)
}

fn refused(failure: Failure, path: &str) -> Failure {
    failure.of(format!("`{path}` cannot be written"))
}

fn said(sums: &Sums, is_written: bool) -> String {
    let what = words::count(sums.mended, "finding");
    let files = words::count(sums.files.len(), "file");
    let mut text = match (sums.mended, is_written) {
        (0, _) => "nothing to fix".to_owned(),
        (_, true) => format!("fixed {what} in {files}"),
        (_, false) => format!("would fix {what} in {files}; --write does"),
    };
    if sums.waiting > 0 {
        let more = words::count(sums.waiting, "more finding");
        text.push_str(&format!("; {more} with --unsafe"));
    }
    if sums.overlapping > 0 {
        let more = words::count(sums.overlapping, "fix");
        text.push_str(&format!("; {more} overlapped with others: run it again"));
    }
    text
}

//! Images whose tag is another build in the engine than `plimsoll.lock` says: what is judged by the lock is then judged by another
//! image than the one that runs here.

use super::lock_command::newer_builds;
use super::lock_file;
use crate::cli::CheckArgs;
use crate::finding::{Finding, ReaderRule};
use crate::lock::{self, NAME};
use crate::parse::Problem;
use crate::repository::Repository;
use crate::values::image_ref::ImageRef;
use crate::workspace::Workspace;
use std::collections::BTreeMap;

/// Adds a finding for each of them, where an engine may be asked and answers.
pub(super) fn add(args: &CheckArgs, repository: &mut Repository, workspace: &Workspace) {
    let stale = found(args, repository, workspace);
    repository.problems.extend(stale);
}

fn found(args: &CheckArgs, repository: &Repository, workspace: &Workspace) -> Vec<Problem> {
    if args.no_engine {
        return Vec::new();
    }
    let Ok(lock) = lock_file::read(workspace) else {
        return Vec::new();
    };
    if lock.blocks().is_empty() {
        return Vec::new();
    }
    let mut places = BTreeMap::new();
    for image in repository.named_images().into_iter().filter(|image| image.ships) {
        let reference = ImageRef::parse(&image.name);
        // A digest is what it is.
        if reference.digest.is_none() {
            places.entry(lock::name(&reference)).or_insert(image.span);
        }
    }
    let newer = newer_builds(&lock, places.keys());
    let findings = newer.into_iter().filter_map(|(name, digest)| {
        let message = format!("{NAME} describes another build of `{name}` than the engine has: {digest}");
        let finding = Finding::new(*places.get(&name)?, message).help("run `plimsoll lock`, and commit it");
        Some(Problem::new(ReaderRule::StaleFacts, finding.aspect(name)))
    });
    findings.collect()
}

//! `plimsoll.lock` in the root of the workspace.

use crate::failure::Failure;
use crate::git;
use crate::lock::{Lock, MAX_BYTES, NAME};
use crate::resolve::compose::load::Missing;
use crate::workspace::Workspace;
use std::io::Read;
use std::path::Path;

/// The lock of a commit; an empty one where it has none.
///
/// # Errors
/// It cannot be read, or is none.
pub(super) fn of_commit(root: &Path, commit: &str) -> Result<Lock, Failure> {
    let of = |failure: Failure| failure.of(format_args!("{NAME} of `{commit}`"));
    let text = git::file_at(root, commit, Path::new(NAME)).map_err(of)?;
    Lock::scan(text.unwrap_or_default()).map_err(of)
}

/// The lock; an empty one where there is none.
///
/// # Errors
/// It cannot be read, or is none.
pub(super) fn read(workspace: &Workspace) -> Result<Lock, Failure> {
    workspace.ask(Path::new(NAME));
    if let Some(text) = workspace.preloaded(Path::new(NAME)) {
        return Lock::scan(text.to_owned());
    }
    let refused = |failure: Failure| failure.of(format_args!("{NAME} cannot be read"));
    let file = match workspace.file(Path::new(NAME)) {
        Ok(file) => file,
        Err(Missing::Absent) => return Ok(Lock::default()),
        Err(missing) => return Err(refused(missing.into())),
    };
    // Grown as it is read, a large one costs as much again.
    let expected = file.metadata().map_or(0, |data| data.len().min(MAX_BYTES));
    let mut text = Vec::with_capacity(usize::try_from(expected).unwrap_or(0) + 1);
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(|error| refused(error.into()))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(refused(Failure::new(format!(
            "it is larger than {} MiB",
            MAX_BYTES >> 20
        ))));
    }
    let text = String::from_utf8(text).map_err(|_| refused(Failure::new("it is not UTF-8")))?;
    Lock::scan(text)
}

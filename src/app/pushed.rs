//! What pre-commit is about to push: a commit, which the work tree may differ from.

use super::growth;
use crate::cli::CheckArgs;
use crate::failure::Failure;
use crate::git;
use crate::workspace::Workspace;
use std::path::Path;
use tempfile::TempDir;

/// The variable in which pre-commit names the commit, at `pre-push` and with `--to-ref`.
const COMMIT: &str = "PRE_COMMIT_TO_REF";

/// The files of a commit, in a folder that goes away with this.
pub(super) struct Pushed {
    pub workspace: Workspace,
    /// For people.
    pub words: String,
    pub folder: TempDir,
}

/// The files that are pushed, where the work tree below `root` has others. Submodules are not in a commit: where there are any, and where
/// somebody says what to judge, it is the work tree.
///
/// # Errors
/// The commit cannot be read: a push must not pass by what it does not hold.
pub(super) fn find(args: &CheckArgs, root: &Path) -> Result<Option<Pushed>, Failure> {
    let named = std::env::var(COMMIT).ok().filter(|name| !name.is_empty());
    let Some(commit) = named.filter(|_| args.paths.is_empty() && args.root.is_none()) else {
        return Ok(None);
    };
    let refused = |why: Failure| why.of(format!("the files of {COMMIT} cannot be checked"));
    let has_modules = git::tracked(root).is_none_or(|tracked| !tracked.modules.is_empty());
    if has_modules || git::is_checked_out(root, &commit).map_err(refused)? {
        return Ok(None);
    }
    let folder = growth::temporary().ok_or_else(|| refused(Failure::new("there is no folder for temporary files")))?;
    let files = git::export(root, &commit, folder.path(), &[]).map_err(refused)?;
    Ok(Some(Pushed {
        workspace: Workspace::of_commit(folder.path(), files)?,
        words: format!(", the files of {commit}, not those of the work tree"),
        folder,
    }))
}

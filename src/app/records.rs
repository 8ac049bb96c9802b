//! Records of what running containers took: the one that the command line names, else that of the configuration.

use crate::cli::CheckArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::resolve::compose::load::Files;
use crate::usage::{self, MAX_BYTES, Recording};
use crate::workspace::Workspace;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The record that a check is told of.
///
/// # Errors
/// It cannot be read, or is none.
pub(super) fn given(
    args: &CheckArgs,
    config: &Config,
    workspace: &mut Workspace,
) -> Result<Option<Arc<Recording>>, Failure> {
    if let Some(path) = &args.usage {
        return read(path).map(|recording| Some(Arc::new(recording)));
    }
    let Some(file) = config.usage.as_ref().filter(|_| !args.without_usage) else {
        return Ok(None);
    };
    let refused = |failure: Failure| failure.of(format!("the record `{}` cannot be read", file.value));
    let text = workspace.text(Path::new(&file.value));
    let text = text.map_err(|missing| refused(missing.into()))?;
    usage::read(&text)
        .map(|recording| Some(Arc::new(recording)))
        .map_err(refused)
}

/// The record in a file, or of standard input (`-`).
///
/// # Errors
/// It cannot be read, or is none.
pub(super) fn read(path: &Path) -> Result<Recording, Failure> {
    let refused = |failure: Failure| failure.of(format!("the record `{}` cannot be read", path.display()));
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().lock().take(MAX_BYTES + 1).read_to_string(&mut text),
        _ => std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text)),
    };
    read.map_err(|error| refused(error.into()))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(refused(Failure::new(format!(
            "it is larger than {} MiB",
            MAX_BYTES >> 20
        ))));
    }
    usage::read(&text).map_err(refused)
}

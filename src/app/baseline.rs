//! `--baseline` and `--write-baseline`.

use super::output;
use crate::cli::CheckArgs;
use crate::failure::Failure;
use crate::git;
use crate::report::Reported;
use crate::report::words;
use crate::suppress::Baseline;
use crate::workspace::Workspace;
use std::io::Read;
use std::path::Path;

const MAX_BYTES: u64 = 16 << 20;

/// Writes the baseline that was asked for, leaves out what it knows, and says so: the rest of a sentence, which may be empty.
///
/// # Errors
/// There is no such file, or it is no baseline, or it cannot be written.
pub(super) fn apply(args: &CheckArgs, findings: &mut Vec<Reported>, workspace: &Workspace) -> Result<String, Failure> {
    let (path, baseline) = match (&args.baseline, &args.write_baseline) {
        (Some(path), _) => {
            // Who judges by the policy of the base takes its baseline as well; where it has none, nothing is known.
            let text = match &args.config_from {
                Some(base) => at(base, path, workspace)?,
                None => Some(read(path)?),
            };
            (
                path,
                text.map_or_else(|| Ok(Baseline::default()), |text| parse(path, &text))?,
            )
        }
        (None, Some(path)) => {
            let text = Baseline::text(findings, workspace.sources());
            output::file(path, &text, Some(workspace.root()))
                .map_err(|failure| failure.of(format!("'{}' cannot be written", path.display())))?;
            (path, parse(path, &text)?)
        }
        (None, None) => return Ok(String::new()),
    };
    let hidden = baseline.hide(findings);
    let mut said = format!(
        ", without {} of the baseline '{}'",
        words::count(hidden.findings, "finding"),
        path.display()
    );
    // Where only a part is judged the others may be elsewhere.
    if hidden.unused > 0 && args.changed.is_none() && args.paths.is_empty() {
        said.push_str(&format!(" ({} of its entries no longer found)", hidden.unused));
    }
    Ok(said)
}

/// How many entries the baseline has that it had not in a commit.
pub(super) fn added(args: &CheckArgs, base: &str, workspace: &Workspace) -> Option<String> {
    let path = args.baseline.as_ref()?;
    let here = Baseline::parse(&read(path).ok()?).ok()?;
    let old = at(base, path, workspace).ok()?;
    let old = old.and_then(|text| Baseline::parse(&text).ok());
    let count = here.added_since(&old.unwrap_or_default());
    let entries = if count == 1 { "entry is" } else { "entries are" };
    (count > 0).then(|| format!("{count} {entries} added to the baseline '{}'", path.display()))
}

fn parse(path: &Path, text: &str) -> Result<Baseline, Failure> {
    Baseline::parse(text).map_err(|failure| failure.of(format!("the baseline '{}' cannot be used", path.display())))
}

fn read(path: &Path) -> Result<String, Failure> {
    let refused = |failure: Failure| failure.of(format!("the baseline '{}' cannot be read", path.display()));
    let file = std::fs::File::open(path).map_err(|error| refused(error.into()))?;
    let mut text = String::new();
    let read = file.take(MAX_BYTES + 1).read_to_string(&mut text);
    match read {
        Ok(bytes) if bytes as u64 > MAX_BYTES => Err(refused(Failure::new("it is too large"))),
        Ok(_) => Ok(text),
        Err(error) => Err(refused(error.into())),
    }
}

/// The baseline as it is in a commit, if it is there.
fn at(base: &str, path: &Path, workspace: &Workspace) -> Result<Option<String>, Failure> {
    let refused =
        |failure: Failure| failure.of(format!("the baseline '{}' of '{base}' cannot be read", path.display()));
    let inside = workspace
        .relative(path)
        .ok_or_else(|| refused(Failure::new("it lies outside the root")))?;
    git::file_at(workspace.root(), base, &inside).map_err(refused)
}

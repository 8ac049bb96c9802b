//! Known findings: `--baseline`, `--write-baseline`, `--baseline-prune`, and the file that is found by itself.

use super::output;
use crate::cli::CheckArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::finding::Severity;
use crate::git;
use crate::report::words;
use crate::report::{Known, Reported};
use crate::suppress::Baseline;
use crate::workspace::Workspace;
use std::io::Read;
use std::path::{Path, PathBuf};

const MAX_BYTES: u64 = 16 << 20;

/// The name under which a baseline is found by itself, in the root.
pub(super) const NAME: &str = "plimsoll.baseline";

/// What a baseline did.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// What it left out.
    pub known: Known,
    /// The rest of the sentence about the scope; may be empty.
    pub said: String,
}

/// Writes the baseline that was asked for, leaves out what it knows, and says so.
///
/// # Errors
/// There is no such file, or it is no baseline, or it cannot be written.
pub(super) fn apply(
    args: &CheckArgs,
    config: &Config,
    findings: &mut Vec<Reported>,
    workspace: &Workspace,
) -> Result<Done, Failure> {
    if let Some(path) = &args.write_baseline {
        return write(path, args.notes, findings, workspace);
    }
    let Some(path) = place(args, config, workspace) else {
        return Ok(Done::default());
    };
    // Who judges by the policy of the base takes its baseline as well; where it has none, nothing is known.
    let text = match &args.config_from {
        Some(base) => at(base, &path, workspace)?,
        None => Some(read(args, &path, workspace)?),
    };
    let shown = shown(&path, workspace);
    let baseline = text.map_or_else(|| Ok(Baseline::default()), |text| parse(&path, &text))?;
    // Where only a part is judged the others may be elsewhere.
    let is_whole = args.changed.is_none() && args.paths.is_empty();
    if args.baseline_prune && is_whole {
        let text = baseline.pruned(findings);
        output::file(&path, &text, Some(workspace.root()))
            .map_err(|failure| failure.of(format!("`{}` cannot be written", path.display())))?;
    }
    let hidden = baseline.hide(findings);
    let mut said = String::new();
    if hidden.known.count() > 0 || args.baseline.is_some() {
        let count = words::count(hidden.known.count(), "finding");
        said = format!(", without {count} of the baseline `{shown}`");
    }
    if hidden.grown > 0 {
        said.push_str(&format!(
            " ({} has a larger figure than there)",
            words::count(hidden.grown, "finding")
        ));
    }
    if hidden.unused > 0 && is_whole {
        let what = match args.baseline_prune {
            true => "removed from it, as they are",
            false => "of its entries",
        };
        said.push_str(&format!(" ({} {what} no longer found)", hidden.unused));
    }
    Ok(Done {
        known: hidden.known,
        said,
    })
}

/// Writes a baseline, and says on standard error what to do with it.
fn write(path: &Path, notes: bool, findings: &mut Vec<Reported>, workspace: &Workspace) -> Result<Done, Failure> {
    let kept = |reported: &&Reported| notes || reported.severity > Severity::Note;
    let written: Vec<&Reported> = findings.iter().filter(kept).collect();
    let count = words::count(written.len(), "finding");
    let text = Baseline::text(&[(written, workspace.sources())]);
    output::file(path, &text, Some(workspace.root()))
        .map_err(|failure| failure.of(format!("`{}` cannot be written", path.display())))?;
    let next = match workspace.relative(path).is_some_and(|path| path == Path::new(NAME)) {
        true => "commit it: it is used from now on",
        false => "commit it, and name it in plimsoll.yaml (`baseline:`)",
    };
    output::complain(format!("wrote {count} to `{}`; {next}", path.display()));
    let hidden = parse(path, &text)?.hide(findings);
    let said = format!(", without {count} of the baseline `{}`", path.display());
    Ok(Done {
        known: hidden.known,
        said,
    })
}

/// Where the baseline is: as the flag says, as the configuration says, or under its name in the root.
fn place(args: &CheckArgs, config: &Config, workspace: &Workspace) -> Option<PathBuf> {
    if args.no_baseline {
        return None;
    }
    if let Some(path) = &args.baseline {
        return Some(path.clone());
    }
    let named = config.baseline.as_ref().map(|named| PathBuf::from(&named.value));
    let found = || {
        let is_there = match &args.config_from {
            Some(base) => git::file_at(workspace.root(), base, Path::new(NAME)).is_ok_and(|text| text.is_some()),
            None => workspace.file(Path::new(NAME)).is_ok(),
        };
        is_there.then(|| PathBuf::from(NAME))
    };
    named.or_else(found).map(|path| workspace.root().join(path))
}

/// A path as people know it.
fn shown(path: &Path, workspace: &Workspace) -> String {
    let below = path.strip_prefix(workspace.root()).unwrap_or(path);
    below.display().to_string()
}

/// What a change does to the baseline: the entries that it had not in a commit, and those that allow more.
pub(super) fn loosened(args: &CheckArgs, config: &Config, base: &str, workspace: &Workspace) -> Vec<String> {
    let here = CheckArgs {
        config_from: None,
        ..args.clone()
    };
    let Some(path) = place(&here, config, workspace) else {
        return Vec::new();
    };
    let Some(new) = read(&here, &path, workspace)
        .ok()
        .and_then(|text| Baseline::parse(&text).ok())
    else {
        return Vec::new();
    };
    let Ok(old) = at(base, &path, workspace) else {
        return Vec::new();
    };
    let old = old.and_then(|text| Baseline::parse(&text).ok()).unwrap_or_default();
    let shown = shown(&path, workspace);
    let entries = |count: usize| if count == 1 { "entry" } else { "entries" };
    let be = |count: usize| if count == 1 { "is" } else { "are" };
    let mut said = Vec::new();
    let (added, grown) = (new.added_since(&old), new.grown_since(&old));
    if added > 0 {
        said.push(format!(
            "{added} {} {} added to the baseline `{shown}`",
            entries(added),
            be(added)
        ));
    }
    if grown > 0 {
        let verb = if grown == 1 { "allows" } else { "allow" };
        said.push(format!(
            "{grown} {} of the baseline `{shown}` {verb} a larger figure",
            entries(grown)
        ));
    }
    said
}

fn parse(path: &Path, text: &str) -> Result<Baseline, Failure> {
    Baseline::parse(text).map_err(|failure| failure.of(format!("the baseline `{}` cannot be used", path.display())))
}

/// Who names a file by a flag may name any; what the repository names lies in it.
fn read(args: &CheckArgs, path: &Path, workspace: &Workspace) -> Result<String, Failure> {
    let refused = |failure: Failure| failure.of(format!("the baseline `{}` cannot be read", shown(path, workspace)));
    let file = match &args.baseline {
        Some(_) => std::fs::File::open(path).map_err(|error| refused(error.into()))?,
        None => {
            let below = path.strip_prefix(workspace.root()).unwrap_or(path);
            workspace.file(below).map_err(|missing| refused(missing.into()))?
        }
    };
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
        |failure: Failure| failure.of(format!("the baseline `{}` of `{base}` cannot be read", path.display()));
    let inside = workspace
        .relative(path)
        .ok_or_else(|| refused(Failure::new("it is outside the root")))?;
    git::file_at(workspace.root(), base, &inside).map_err(refused)
}

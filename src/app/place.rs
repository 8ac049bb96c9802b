//! Where a run works: the root of the workspace, and the paths that were named.

use crate::cli::{CheckArgs, Cli};
use crate::config;
use crate::failure::Failure;
use crate::values::nearest;
use crate::workspace::{MAX_BYTES, Workspace};
use clap::CommandFactory;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// `--root`, else the nearest ancestor with `.git` of the working directory, or of the first path if that lies elsewhere.
pub(super) fn root(args: &CheckArgs) -> Result<PathBuf, Failure> {
    if let Some(root) = &args.root {
        return Ok(root.clone());
    }
    let here =
        std::env::current_dir().map_err(|error| Failure::from(error).of("the working directory cannot be used"))?;
    let with_git = |start: &Path| {
        start
            .ancestors()
            .find(|folder| folder.join(".git").exists())
            .map(Path::to_path_buf)
    };
    let from_here = with_git(&here).unwrap_or_else(|| here.clone());
    // Everything lies below `/`, where a container starts: that says nothing about the workspace.
    let is_everything = from_here.parent().is_none() && !from_here.join(".git").exists();
    let Some(first) = args.paths.first() else {
        return match is_everything {
            true => Err(Failure::new(
                "the working directory is `/`: run in the folder of the repository, or set it with --root",
            )),
            false => Ok(from_here),
        };
    };
    let first = here.join(first);
    let Ok(first) = first.canonicalize() else {
        return Ok(from_here);
    };
    if first.starts_with(&from_here) && !is_everything {
        return Ok(from_here);
    }
    let folder = if first.is_dir() {
        first.clone()
    } else {
        first.parent().map(Path::to_path_buf).unwrap_or_default()
    };
    // In a container there may be no repository, and its configuration still counts.
    let has_config = |folder: &&Path| config::NAMES.iter().any(|name| folder.join(name).exists());
    let configured = folder.ancestors().find(has_config).map(Path::to_path_buf);
    Ok(with_git(&folder).or(configured).unwrap_or(folder))
}

/// Why a path cannot be judged that does not exist. What looks like a word may have been meant for a command.
fn absent(path: &Path) -> Failure {
    let shown = path.display().to_string();
    let is_word = !shown.contains(['/', '.', '\\']) && !shown.is_empty();
    if !is_word {
        return Failure::new(format!("`{shown}` does not exist"));
    }
    let program = Cli::command();
    let commands = program.get_subcommands().filter(|command| !command.is_hide_set());
    let names: Vec<&str> = commands.map(clap::Command::get_name).collect();
    let help = match nearest(&shown, names.iter().copied()) {
        Some(near) => format!("did you mean `plimsoll {near}`?"),
        None => format!("commands: {}", names.join(", ")),
    };
    Failure::new(format!("`{shown}` is neither a command nor a file here ({help})"))
}

/// The named paths relative to the root; the root itself if none is named.
pub(super) fn paths(args: &CheckArgs, workspace: &mut Workspace) -> Result<Vec<PathBuf>, Failure> {
    if args.paths.is_empty() {
        return Ok(vec![PathBuf::new()]);
    }
    args.paths
        .iter()
        .map(|path| {
            // Something can have this name; with a name for the text it is standard input.
            let is_input = path == Path::new("-");
            if let Some(name) = args.stdin_filename.as_ref().filter(|_| is_input) {
                return standard_input(name, workspace);
            }
            if is_input && !path.exists() && !workspace.root().join(path).exists() {
                let help = "`-` reads standard input and requires --stdin-filename";
                return Err(Failure::new(help));
            }
            // `--root DIR .` means the root, wherever the command was started.
            let from_root = args.root.is_some() && path.is_relative() && !path.exists();
            let place = if from_root {
                workspace.root().join(path)
            } else {
                path.clone()
            };
            if !place.exists() {
                return Err(absent(path));
            }
            let relative = workspace.relative(&place).ok_or_else(|| {
                Failure::new(format!(
                    "`{}` is outside the root; set another root with --root",
                    path.display()
                ))
            })?;
            if !workspace.root().join(&relative).is_dir()
                && let Err(missing) = workspace.source(&relative)
            {
                return Err(Failure::from(missing).of(format!("`{}` cannot be read", path.display())));
            }
            Ok(relative)
        })
        .collect()
}

/// A path relative to the root, of which the last folders may be missing: an editor knows a file before it is written.
fn relative(name: &Path, workspace: &Workspace) -> Option<PathBuf> {
    let (there, folder) = name
        .ancestors()
        .find_map(|place| Some((workspace.relative(place)?, place)))?;
    let rest = name.strip_prefix(folder).ok()?;
    let is_below = rest.components().all(|part| matches!(part, Component::Normal(_)));
    is_below.then(|| rest.components().fold(there, |path, part| path.join(part)))
}

/// Takes what is on standard input for the file of `--stdin-filename`, whatever is on disk.
fn standard_input(name: &Path, workspace: &mut Workspace) -> Result<PathBuf, Failure> {
    let outside = || Failure::new(format!("`{}` is outside the root", name.display()));
    let from_root = || relative(&workspace.root().join(name), workspace);
    let path = relative(name, workspace).or_else(from_root).ok_or_else(outside)?;
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::from(error).of("standard input cannot be read"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::new(format!(
            "standard input is larger than {} MiB",
            MAX_BYTES >> 20
        )));
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::new("standard input is not UTF-8"))?;
    workspace.preload(&path, text);
    Ok(path)
}

//! What a run is told: plimsoll.yaml and what it names, and the variables that were handed over.

use super::{base, lock_file, output};
use crate::cli::CheckArgs;
use crate::config::extends::inherited;
use crate::config::{self, Config, Mistake};
use crate::failure::Failure;
use crate::known_images::{Images, Own};
use crate::parse::yaml::Value;
use crate::resolve::compose::env::Env;
use crate::resolve::compose::load::Files;
use crate::values::path::clean;
use crate::workspace::Workspace;
use crate::{git, lock, rules};
use std::path::{Path, PathBuf};

/// The configuration and its path, if there is a file.
///
/// # Errors
/// It cannot be read, or is wrong, or has no such profile as the command line names.
pub(super) fn read(args: &CheckArgs, workspace: &mut Workspace) -> Result<(Config, Option<PathBuf>), Failure> {
    let (config, path) = match path(args, workspace)? {
        None => (Config::default(), None),
        Some(path) => (at(&path, args.config_from.as_deref(), workspace)?, Some(path)),
    };
    match &args.profile {
        Some(profile) if !config.profiles.contains_key(profile) && profile != config::AUTO => {
            let known: Vec<&str> = config.profiles.keys().map(String::as_str).collect();
            Err(Failure::new(format!(
                "there is no profile `{profile}`; known: {}",
                known.join(", ")
            )))
        }
        _ => Ok((config, path)),
    }
}

/// Where the configuration lies: what the command line names, else that of the base, else the first of the usual names.
fn path(args: &CheckArgs, workspace: &mut Workspace) -> Result<Option<PathBuf>, Failure> {
    if let Some(text) = &args.given_lock {
        workspace.preload(Path::new(lock::NAME), text.clone());
    }
    if let Some(text) = &args.given_config {
        let path = config::NAMES.first().map_or_else(PathBuf::new, PathBuf::from);
        workspace.preload(&path, text.clone());
        return Ok(Some(path));
    }
    let from_base = match &args.config_from {
        Some(base) => base::config(base, workspace.root(), args.config.as_deref())?,
        None => None,
    };
    // Where the base has none the change's own counts.
    if let Some((path, text)) = from_base {
        workspace.preload(&path, text);
        return Ok(Some(path));
    }
    let Some(path) = &args.config else {
        let mut names = config::NAMES.iter().map(PathBuf::from);
        // A link that leads nowhere is not the same as no configuration.
        return Ok(names.find(|name| workspace.is_named(name)));
    };
    let named = workspace
        .relative(path)
        .or_else(|| workspace.relative(&workspace.root().join(path)));
    let named = named.filter(|named| workspace.exists(named) == Some(true));
    let absent = || {
        Failure::new(format!(
            "the configuration `{}` does not exist or is outside the root",
            path.display()
        ))
    };
    named.ok_or_else(absent).map(Some)
}

/// The configuration of a commit: the file that counts now, as it was there, else one of the usual names.
///
/// # Errors
/// It cannot be read, or is wrong.
pub(super) fn of_commit(path: Option<&Path>, workspace: &mut Workspace) -> Result<Config, Failure> {
    let usual = config::NAMES.map(PathBuf::from);
    let named = path.map(Path::to_path_buf).into_iter().chain(usual);
    let found: Vec<PathBuf> = named.filter(|name| workspace.is_named(name)).collect();
    found
        .first()
        .map_or_else(|| Ok(Config::default()), |path| at(path, None, workspace))
}

/// The configuration in this file, with what it extends: that of the commit `base`, where one is named.
fn at(path: &Path, base: Option<&str>, workspace: &mut Workspace) -> Result<Config, Failure> {
    let loaded = workspace.yaml(path).map_err(|missing| {
        let what = format!("the configuration `{}` cannot be read", path.display());
        Failure::from(missing).of(what)
    })?;
    // Its YAML problems are mistakes of the configuration, not findings.
    let mut mistakes: Vec<Mistake> = workspace
        .take_problems()
        .into_iter()
        .map(|problem| Mistake {
            span: problem.finding.span,
            message: problem.finding.message,
            help: problem.finding.help,
        })
        .collect();
    if !loaded.file.is_whole() {
        return Err(output::mistakes(&mistakes, workspace.sources()));
    }
    let whole = inherited(&loaded.file, &mut |path| extended(path, base, workspace));
    let whole = whole.map_err(|mistake| output::mistakes(&[mistake], workspace.sources()))?;
    // What is wrong there is said where it is named.
    workspace.take_problems();
    let names = rules::names();
    let result = config::read(
        whole.as_ref().unwrap_or(&loaded.file),
        &config::Known {
            rules: &names,
            sources: workspace.sources(),
            known_as: rules::known_as,
        },
    );
    match result {
        Ok(config) => {
            for file in config
                .compose
                .iter()
                .flat_map(|set| set.files.iter().chain(&set.env_file))
            {
                if workspace.exists(Path::new(&file.value)) != Some(true) {
                    mistakes.push(Mistake {
                        span: file.span,
                        message: format!("`{}` does not exist", file.value),
                        help: "the path is relative to the root".to_owned(),
                    });
                }
            }
            if mistakes.is_empty() {
                return Ok(config);
            }
        }
        Err(found) => mistakes.extend(found),
    }
    Err(output::mistakes(&mistakes, workspace.sources()))
}

/// The document behind a path of `extends`.
fn extended(path: &str, base: Option<&str>, workspace: &mut Workspace) -> Result<Value, Failure> {
    let path = clean(path);
    let inside = config::NAMES.iter().map(|name| PathBuf::from(&path).join(name));
    let candidates: Vec<PathBuf> = inside.chain([PathBuf::from(&path)]).collect();
    for path in &candidates {
        if let Some(base) = base {
            match git::file_at(workspace.root(), base, path) {
                Ok(Some(text)) => {
                    workspace.preload(path, text);
                    return of_workspace(path, workspace);
                }
                Ok(None) => {}
                Err(failure) => return Err(failure),
            }
        }
        // What another repository holds that is checked out here is nobody's change, but for a submodule: a change can move that.
        let is_changed = base.is_some() && workspace.may_be_of_change(path);
        if !is_changed && workspace.is_named(path) && !workspace.root().join(path).is_dir() {
            return of_workspace(path, workspace);
        }
    }
    Err(Failure::new(match base {
        Some(base) => format!("it does not exist in `{base}`"),
        None => "it does not exist, or is outside of the root".to_owned(),
    }))
}

fn of_workspace(path: &Path, workspace: &mut Workspace) -> Result<Value, Failure> {
    let loaded = workspace.yaml(path).map_err(Failure::from)?;
    config::extends::document(&loaded.file)
}

/// What is known of images: the lock in the root, that of the base where `from` names one, the table that the configuration names, and the tables here.
///
/// # Errors
/// One of them cannot be read, or is wrong.
pub(super) fn images(
    config: &Config,
    from: Option<(&str, Option<&Path>)>,
    workspace: &mut Workspace,
) -> Result<Images, Failure> {
    let own = own_images(config, from, workspace)?;
    let base = from
        .map(|(base, _)| lock_file::of_commit(workspace.root(), base))
        .transpose()?;
    Ok(Images::new(own, lock_file::read(workspace)?, base))
}

/// The table of images that the configuration names: that of the base where `from` names one, with the configuration that was asked for.
pub(super) fn own_images(
    config: &Config,
    from: Option<(&str, Option<&Path>)>,
    workspace: &mut Workspace,
) -> Result<Own, Failure> {
    let Some(file) = &config.catalogue else {
        return Ok(Own::default());
    };
    // What the configuration of the base names is that of the base.
    if let Some((base, named)) = from {
        let path = Path::new(&file.value);
        match git::file_at(workspace.root(), base, path) {
            Ok(Some(text)) => workspace.preload(path, text),
            // The base has no configuration that could name it.
            Ok(None) if base::config(base, workspace.root(), named) == Ok(None) => {}
            Ok(None) => {
                return Err(Failure::new(format!(
                    "the catalogue `{}` does not exist in `{base}`",
                    file.value
                )));
            }
            Err(failure) => {
                return Err(failure.of(format!("the catalogue `{}` of `{base}` cannot be read", file.value)));
            }
        }
    }
    let text = workspace
        .text(Path::new(&file.value))
        .map_err(|missing| Failure::from(missing).of(format!("the catalogue `{}` cannot be read", file.value)))?;
    Own::parse(&text).map_err(|(line, what)| Failure::new(format!("the catalogue {}:{line}: {what}", file.value)))
}

/// The variables that were handed over; `None` if none were.
pub(super) fn environment(args: &CheckArgs) -> Result<Option<Env>, Failure> {
    if args.env_file.is_empty() && !args.env {
        return Ok(None);
    }
    let mut env = Env::default();
    env.complete = true;
    for path in &args.env_file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let what = format!("the env file `{}` cannot be read", path.display());
            Failure::from(error).of(what)
        })?;
        let (mut more, _) = Env::parse(&text, &env);
        more.add_missing(&env);
        env = more;
        env.complete = true;
    }
    if args.env {
        for (name, value) in std::env::vars_os() {
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                env.set(name, value);
            }
        }
    }
    Ok(Some(env))
}

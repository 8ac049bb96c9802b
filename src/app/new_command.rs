//! `plimsoll new`: writes a template, all of its files or none.

use super::output;
use crate::cli::NewArgs;
use crate::config::Config;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::scaffold::{self, Template};
use std::path::Path;

pub(super) fn run(args: &NewArgs) -> Outcome {
    match try_run(args) {
        Ok(outcome) => outcome,
        Err(failure) => output::complain(failure),
    }
}

fn try_run(args: &NewArgs) -> Result<Outcome, Failure> {
    let template = template(args)?;
    let outcome = show_or_write(&template.files, &args.folder, args.dry_run, args.force)?;
    for sentence in &template.why {
        output::tell(format!("see plimsoll.yaml: {sentence}"));
    }
    Ok(outcome)
}

fn template(args: &NewArgs) -> Result<Template, Failure> {
    let config = Config::default();
    let Some(profile) = config.profiles.get(&args.profile) else {
        return match &args.lang {
            None => Ok(scaffold::lightweight()),
            Some(_) => Err(Failure::new(format!(
                "`{}` is only available in python: remove --lang",
                args.profile
            ))),
        };
    };
    scaffold::of(profile, args.lang.as_deref()).map_err(|offered| {
        let offered = offered.join(", ");
        Failure::new(format!("the profile `{}` is available in {offered}", args.profile))
    })
}

/// Prints files, or writes them and says so.
pub(super) fn show_or_write(
    files: &[(&str, String)],
    folder: &Path,
    is_dry: bool,
    force: bool,
) -> Result<Outcome, Failure> {
    if is_dry {
        let text = files.iter().map(|(path, text)| format!("# ==> {path}\n{text}\n"));
        return Ok(output::print(&text.collect::<String>()));
    }
    write(files, folder, force)?;
    let paths: Vec<_> = files.iter().map(|(path, _)| *path).collect();
    output::tell(format!("wrote {} into `{}`", paths.join(", "), folder.display()));
    Ok(Outcome::Pass)
}

/// Writes files into a folder, which is made if it is missing: all of them, or none where one must not be replaced.
fn write(files: &[(&str, String)], folder: &Path, force: bool) -> Result<(), Failure> {
    let there: Vec<_> = files
        .iter()
        .map(|(path, _)| *path)
        .filter(|path| folder.join(path).symlink_metadata().is_ok())
        .collect();
    if !there.is_empty() && !force {
        return Err(Failure::new(format!(
            "{} already in `{}`; --force replaces, --dry-run shows what would be written",
            match there.as_slice() {
                [one] => format!("{one} is"),
                several => format!("{} are", several.join(", ")),
            },
            folder.display()
        )));
    }
    let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|data| data.is_symlink());
    let leads_away = |path: &&str| {
        Path::new(path)
            .ancestors()
            .any(|part| part != Path::new("") && is_link(&folder.join(part)))
    };
    if let Some(path) = files.iter().map(|(path, _)| *path).find(leads_away) {
        return Err(Failure::new(format!(
            "`{path}` cannot be written: its path includes a link"
        )));
    }
    // All of them, or none: what stands in the way is found before the first one is written.
    let is_other =
        |path: &Path, wanted: fn(&std::fs::Metadata) -> bool| path.symlink_metadata().is_ok_and(|data| !wanted(&data));
    let is_blocked = |path: &&str| {
        let mut above = Path::new(path)
            .ancestors()
            .skip(1)
            .filter(|part| *part != Path::new(""));
        is_other(&folder.join(path), std::fs::Metadata::is_file)
            || above.any(|part| is_other(&folder.join(part), std::fs::Metadata::is_dir))
    };
    if let Some(path) = files.iter().map(|(path, _)| *path).find(is_blocked) {
        return Err(Failure::new(format!(
            "`{path}` cannot be written: something that is no file is in its way"
        )));
    }
    for (path, text) in files {
        let full = folder.join(path);
        let refused = |failure: Failure| failure.of(format!("`{}` cannot be written", full.display()));
        let parent = full.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|error| refused(error.into()))?;
        output::file(&full, text, Some(folder)).map_err(refused)?;
    }
    Ok(())
}

//! The name of a project, which Compose gives to interpolation as `COMPOSE_PROJECT_NAME`.

use crate::discover::ComposeSet;
use crate::resolve::compose::env::Env;
use crate::resolve::compose::interpolate::substitute;
use crate::resolve::compose::load::Files;
use std::path::Path;

/// Gives a set's variables the name of its project, if nobody else does.
pub(super) fn set(set: &ComposeSet, folder: &Path, env: &mut Env, files: &mut dyn Files) {
    const VARIABLE: &str = "COMPOSE_PROJECT_NAME";
    if env.get(VARIABLE).is_none()
        && let Some(name) = of(set, folder, env, files)
    {
        env.set(VARIABLE, name);
    }
}

/// The name that Compose gives to a set that nothing else names: what the last file with a `name` says, else that of its folder (compose-go
/// `cli/options.go`). `None` for the root of the checkout, which is called otherwise on each machine.
fn of(set: &ComposeSet, folder: &Path, env: &Env, files: &mut dyn Files) -> Option<String> {
    let mut written = None;
    for file in &set.files {
        let Ok(loaded) = files.yaml(file) else { continue };
        let mut named = loaded
            .file
            .documents
            .iter()
            .rev()
            .filter_map(|document| document.get("name"));
        let name = named.find_map(|name| substitute(name.str()?, &|name| env.held(name)).ok());
        written = name.map(|name| name.text).filter(|name| !name.is_empty()).or(written);
    }
    written.or_else(|| Some(normal(folder.file_name()?.to_str()?)).filter(|name| !name.is_empty()))
}

/// The name of a folder as one of a project.
fn normal(name: &str) -> String {
    let kept = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let name: String = name.chars().filter(kept).collect();
    name.to_ascii_lowercase().trim_start_matches(['-', '_']).to_owned()
}

//! Which files are Dockerfiles and Compose files, and which Compose files belong together.
//!
//! Nothing that looks like one is dropped in silence: what was not taken is in [`Found::left_out`], and what could not be looked at is
//! a finding.

mod names;
mod overlays;
mod parts;
mod sets;
mod shape;
mod template;

use crate::parse::dockerfile;
use crate::workspace::{Hidden, Workspace, is_pointer};
use globset::GlobMatcher;
use names::Name;
pub(crate) use sets::ComposeSet;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// What there is to judge.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Dockerfiles, relative to the root, without links.
    pub dockerfiles: Vec<PathBuf>,
    /// Files that may say how images are built: Bake files, jobs, Skaffold, development containers.
    pub recipes: Vec<PathBuf>,
    /// Compose sets: the files of each, later ones over earlier ones.
    pub sets: Vec<ComposeSet>,
    /// What looked like one of them and is none, and why.
    pub left_out: BTreeMap<PathBuf, String>,
    /// How many of those somebody excluded.
    pub excluded: usize,
}

/// What is not searched.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exclude<'a> {
    /// The patterns of the configuration: they do not go before a path that is named in spite of them.
    pub configured: &'a [GlobMatcher],
    /// The patterns of the command line.
    pub given: &'a [GlobMatcher],
}

impl Exclude<'_> {
    /// The pattern that keeps a file below `start` from being looked at: it fits the file, or a folder that the file is in.
    fn takes(&self, start: &Path, file: &Path) -> Option<&str> {
        let fits = |globs: &[GlobMatcher], path: &Path| {
            let mut parts = path.ancestors().filter(|path| !path.as_os_str().is_empty());
            parts.find_map(|path| globs.iter().position(|glob| glob.is_match(path)))
        };
        if let Some(index) = fits(self.given, file) {
            return self.given.get(index).map(|glob| glob.glob().glob());
        }
        let index = fits(self.configured, file).filter(|_| fits(self.configured, start).is_none())?;
        self.configured.get(index).map(|glob| glob.glob().glob())
    }
}

/// Searches the given paths (relative to the root): folders are searched, files are taken as they are.
pub(crate) fn discover(workspace: &mut Workspace, paths: &[PathBuf], exclude: Exclude<'_>) -> Found {
    let mut found = Found::default();
    for path in paths {
        if workspace.is_folder(path) == Some(true) {
            search(workspace, path, exclude, &mut found);
            found.recipes.extend(jobs(workspace, path, exclude));
        } else if path
            .file_name()
            .is_some_and(|name| names::is_recipe(&name.to_string_lossy()))
        {
            found.recipes.push(path.clone());
        } else if looks_like_yaml(path) {
            found.sets.push(ComposeSet {
                files: vec![path.clone()],
                ..ComposeSet::default()
            });
        } else {
            found.dockerfiles.push(path.clone());
        }
    }
    for file in &mut found.dockerfiles {
        if let Ok(real) = workspace.real(file) {
            *file = real;
        }
    }
    found.dockerfiles.sort();
    found.dockerfiles.dedup();
    parts::settle(workspace, &mut found.sets);
    let mut seen = HashSet::new();
    found
        .sets
        .retain(|set| seen.insert((set.files.clone(), set.env.clone())));
    found
}

/// What ignore files keep from being looked at, for whoever asks.
pub(crate) fn hidden(workspace: &Workspace, paths: &[PathBuf]) -> Vec<PathBuf> {
    let is_wanted = |name: &str| {
        !matches!(
            names::read(name),
            None | Some(Name::Variables | Name::Other(_) | Name::SeldomCompose)
        )
    };
    let mut hidden = Vec::new();
    for path in paths {
        let all = workspace.search(path, &is_wanted, Hidden::Included);
        let seen = workspace.search(path, &is_wanted, Hidden::LeftOut);
        hidden.extend(all.files.difference(&seen.files).cloned());
    }
    hidden
}

/// Whether Compose, started in a folder, looks for a file of this name there, and reads its variables or its services.
pub(crate) fn is_looked_for(name: &str) -> bool {
    name == ".env" || names::BASE.contains(&name) || names::OVERRIDE.contains(&name)
}

/// Why the files of a set that nobody names belong together.
pub(crate) fn why(set: &ComposeSet) -> &'static str {
    let is = |index: usize, names: &[&str]| {
        let name = set.files.get(index).and_then(|file| file.file_name());
        name.is_some_and(|name| names.iter().any(|known| name == *known))
    };
    match set.files.len() {
        _ if set.taken.is_some() => "part of other files: the rest is checked alone",
        _ if set.orphan || set.needs.is_some() => "an override file without a base",
        1 if is(0, &names::BASE) => "Compose finds it automatically",
        1 => "checked alone, as with `docker compose -f`",
        _ if is(1, &names::OVERRIDE) => "Compose finds them automatically",
        _ => "the second one requires the first",
    }
}

/// Everything below a folder.
fn search(workspace: &mut Workspace, start: &Path, exclude: Exclude<'_>, found: &mut Found) {
    let is_wanted = |name: &str| names::read(name).is_some() || names::is_recipe(name);
    let searched = workspace.search(start, &is_wanted, Hidden::LeftOut);
    for (path, why) in &searched.unread {
        let help = "make the folder readable, or add it to `.gitignore` if nothing in it is committed";
        workspace.note(path, &format!("this folder was not searched: {why}"), help);
    }
    for path in searched.absent {
        found
            .left_out
            .insert(path, "git tracks it, but it is not in this checkout".to_owned());
    }
    let mut folders: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for path in searched.files {
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            continue;
        };
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        if let Some(pattern) = exclude.takes(start, &path) {
            if !matches!(
                names::read(&name),
                Some(Name::Variables | Name::Other(_) | Name::SeldomCompose)
            ) {
                found.excluded += 1;
                found.left_out.insert(path, format!("matched by `exclude`: {pattern}"));
            }
            continue;
        }
        if names::is_recipe(&name) {
            found.recipes.push(path.clone());
        }
        let kind = sure(names::read(&name), &path, workspace);
        if let Some((line, tag)) = template_tag(workspace, &path, kind) {
            let why = format!("it is a template: `{tag}` in line {line}");
            workspace.leave_out(&path, line, &format!("this file was not checked: {why}"));
            found.left_out.insert(path, why);
            continue;
        }
        // A workflow of GitHub that is called `compose.yml`.
        let is_workflow = kind == Some(Name::Compose) && folder.ends_with(".github/workflows");
        match kind
            .filter(|_| !is_workflow)
            .or(is_workflow.then_some(Name::PerhapsCompose))
        {
            Some(Name::Compose) => folders.entry(folder).or_default().push(name),
            Some(Name::Variables) => {
                folders.entry(folder).or_default();
            }
            Some(Name::PerhapsCompose) => match workspace.glance(&path) {
                Ok(text) if !(shape::is_compose(&text) || is_pointer(&text)) => {
                    let why = "it has no top-level `services` or `include`";
                    found.left_out.insert(path, why.to_owned());
                }
                _ => folders.entry(folder).or_default().push(name),
            },
            Some(Name::Other(ending)) => {
                found
                    .left_out
                    .insert(path, format!("it has the file extension `.{ending}`"));
            }
            Some(kind) => match is_dockerfile(workspace, &path, kind) {
                true => found.dockerfiles.push(path),
                false => {
                    let why = "its first instruction is not FROM or ARG";
                    found.left_out.insert(path, why.to_owned());
                }
            },
            None => {}
        }
    }
    sets_of(workspace, folders, found);
}

/// The sets of every folder, by the names in it that Compose files have.
fn sets_of(workspace: &mut Workspace, folders: BTreeMap<PathBuf, Vec<String>>, found: &mut Found) {
    let paths = folders
        .iter()
        .flat_map(|(folder, names)| names.iter().map(|name| folder.join(name)));
    workspace.read_ahead(paths);
    for (folder, names) in folders {
        let known = found.sets.len();
        workspace.take_asked();
        sets::of_folder(workspace, &folder, &names, &mut found.sets);
        let asked = workspace.take_asked().into_iter();
        let asked: BTreeSet<PathBuf> = asked.filter(|path| path.parent() != Some(&folder)).collect();
        for set in found.sets.iter_mut().skip(known) {
            set.asked.clone_from(&asked);
        }
        // Each was read by now, unless a link leads nowhere; then that is said.
        for name in names {
            let _ = workspace.source(&folder.join(name));
        }
    }
}

/// The workflows of GitHub below a folder.
fn jobs(workspace: &Workspace, start: &Path, exclude: Exclude<'_>) -> Vec<PathBuf> {
    let folder = Path::new(".github/workflows");
    if !folder.starts_with(start) {
        return Vec::new();
    }
    let entries = workspace.tree(folder, &[], None).entries;
    let files = entries.iter().map(|entry| folder.join(&entry.path));
    let is_yaml = |path: &PathBuf| {
        path.extension()
            .is_some_and(|ending| ending == "yml" || ending == "yaml")
    };
    files
        .filter(|path| is_yaml(path) && exclude.takes(start, path).is_none())
        .collect()
}

/// What a name says, where the content has to be asked whether it says anything.
fn sure<'a>(kind: Option<Name<'a>>, path: &Path, workspace: &Workspace) -> Option<Name<'a>> {
    if kind != Some(Name::SeldomCompose) {
        return kind;
    }
    let text = workspace.glance(path).ok()?;
    shape::is_surely_compose(&text).then_some(Name::Compose)
}

fn template_tag(workspace: &mut Workspace, path: &Path, kind: Option<Name<'_>>) -> Option<(usize, &'static str)> {
    let is_dockerfile = match kind? {
        Name::Variables | Name::Other(_) => return None,
        Name::Compose | Name::PerhapsCompose | Name::SeldomCompose => false,
        _ => true,
    };
    template::tag(&workspace.glance(path).ok()?, is_dockerfile, path)
}

fn looks_like_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        matches!(
            extension.to_string_lossy().to_ascii_lowercase().as_str(),
            "yml" | "yaml" | "json"
        )
    })
}

/// Whether a file with a fitting name is a Dockerfile. What cannot be read is taken, so that it is reported.
fn is_dockerfile(workspace: &mut Workspace, path: &Path, name: Name<'_>) -> bool {
    match name {
        Name::Dockerfile => true,
        // Not kept: what turns out to be something else is nothing that a report speaks of.
        _ => {
            let whole = !matches!(name, Name::LikeDockerfile);
            workspace
                .glance(path)
                .map_or(true, |text| is_pointer(&text) || begins(&text, whole))
        }
    }
}

/// Whether a text begins as a Dockerfile does: with `FROM` or `ARG`, or with the name of the program that reads it. `whole` wants more of
/// it than the word, as Python and prose begin with `from` too.
fn begins(text: &str, whole: bool) -> bool {
    let beginning = dockerfile::beginning(text);
    let mut words = beginning.instruction.split_whitespace();
    let keyword = words.next().unwrap_or("");
    let words: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
    if beginning.has_frontend {
        return true;
    }
    if keyword.eq_ignore_ascii_case("from") {
        return !whole
            || matches!(words.as_slice(), [_] | [_, _, _] if words.get(1).is_none_or(|word| word.eq_ignore_ascii_case("as")));
    }
    keyword.eq_ignore_ascii_case("arg") && (!whole || !words.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut workspace = Workspace::open(folder.path()).unwrap();
        let found = discover(&mut workspace, &[PathBuf::new()], Exclude::default());
        found
            .sets
            .iter()
            .map(|set| set.files.iter().map(|file| file.display().to_string()).collect())
            .collect()
    }

    #[test]
    fn the_base_takes_one_override_and_families_mix() {
        let text = "services: {a: {image: x:1}}";
        assert_eq!(
            sets(&[("compose.yaml", text), ("docker-compose.override.yml", text)]),
            [["compose.yaml", "docker-compose.override.yml"]]
        );
    }

    #[test]
    fn further_files_stand_alone_or_over_the_base() {
        let base = ("compose.yaml", "services: {a: {image: x:1}}");
        let overlay = ("compose.prod.yaml", "services: {a: {restart: always}}");
        let alone = ("compose.tools.yaml", "services: {b: {image: y:1}}");
        let other = ("compose.ci.yml", "on: push\njobs: {}");
        assert_eq!(
            sets(&[base, overlay, alone, other]),
            [
                vec!["compose.yaml"],
                vec!["compose.yaml", "compose.prod.yaml"],
                vec!["compose.tools.yaml"]
            ]
        );
    }

    #[test]
    fn a_file_that_uses_what_the_base_defines_goes_over_it() {
        let base = ("compose.yaml", "services: {a: {image: x:1}}\nvolumes: {data: {}}");
        let waits = ("compose.tests.yaml", "services: {t: {image: t:1, depends_on: [a]}}");
        let mounts = (
            "compose.upgrade.yaml",
            "services: {u: {image: u:1, volumes: ['data:/d']}}",
        );
        assert_eq!(
            sets(&[base, waits, mounts]),
            [
                vec!["compose.yaml"],
                vec!["compose.yaml", "compose.tests.yaml"],
                vec!["compose.yaml", "compose.upgrade.yaml"]
            ]
        );
    }

    #[test]
    fn a_variable_names_the_files() {
        let text = "services: {a: {image: x:1}}";
        assert_eq!(
            sets(&[
                ("compose.yaml", text),
                ("compose.prod.yaml", text),
                (".env", "COMPOSE_FILE=compose.yaml:compose.prod.yaml\n")
            ]),
            [["compose.yaml", "compose.prod.yaml"]]
        );
    }
}

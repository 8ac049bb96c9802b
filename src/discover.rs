//! Which files are Dockerfiles and Compose files, and which Compose files belong together.

use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::load::{Files, Missing};
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The names that Compose looks for, first one first (compose-go `cli/options.go`).
const BASE: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];
/// The overrides that Compose adds to the base, first one first.
const OVERRIDE: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Endings of `Dockerfile.*` that make it something else: ignore files, templates, documents, editors' leftovers.
const NOT_DOCKERFILE: [&str; 22] = [
    "dockerignore",
    "j2",
    "jinja",
    "jinja2",
    "tmpl",
    "tpl",
    "template",
    "erb",
    "mustache",
    "in",
    "m4",
    "md",
    "txt",
    "rst",
    "sh",
    "py",
    "go",
    "orig",
    "rej",
    "bak",
    "swp",
    "lock",
];

/// What there is to judge.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Dockerfiles, relative to the root.
    pub dockerfiles: Vec<PathBuf>,
    /// Compose sets: the files of each, later ones over earlier ones.
    pub sets: Vec<ComposeSet>,
}

/// Compose files that are merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ComposeSet {
    /// The files, later ones over earlier ones.
    pub files: Vec<PathBuf>,
    /// Whether it is an overlay without the file that it belongs on.
    pub orphan: bool,
    /// Whether nobody says that these files belong together: the last one is incomplete, and the first one may complete it.
    pub guessed: bool,
    /// The file beside it that gives its services what they lack to run.
    pub completed_by: Option<PathBuf>,
}

/// Searches the given paths (relative to the root): folders are searched, files are taken as they are.
pub(crate) fn discover(workspace: &mut Workspace, paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let mut dockerfiles = Vec::new();
    let mut folders: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for path in paths {
        if workspace.root().join(path).is_dir() {
            for file in workspace.find(path, &|name| is_dockerfile_name(name) || is_compose_name(name)) {
                let name = file
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default();
                if is_compose_name(&name) {
                    folders
                        .entry(file.parent().map(Path::to_path_buf).unwrap_or_default())
                        .or_default()
                        .push(name);
                } else {
                    dockerfiles.push((file, false));
                }
            }
        } else if looks_like_yaml(path) {
            found.sets.push(ComposeSet {
                files: vec![path.clone()],
                ..ComposeSet::default()
            });
        } else {
            dockerfiles.push((path.clone(), true));
        }
    }
    for (file, named) in dockerfiles {
        if named || is_dockerfile(workspace, &file) {
            found.dockerfiles.push(file);
        }
    }
    for (folder, names) in folders {
        sets_of_folder(workspace, &folder, &names, &mut found.sets);
    }
    found.dockerfiles.sort();
    found.dockerfiles.dedup();
    let mut seen = std::collections::HashSet::new();
    found.sets.retain(|set| seen.insert(set.files.clone()));
    found
}

fn is_dockerfile_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if matches!(lower.as_str(), "dockerfile" | "containerfile")
        || lower.ends_with(".dockerfile")
        || lower.ends_with(".containerfile")
    {
        return true;
    }
    let suffix = lower
        .strip_prefix("dockerfile.")
        .or_else(|| lower.strip_prefix("containerfile."));
    suffix.is_some_and(|suffix| {
        !suffix.is_empty() && !NOT_DOCKERFILE.contains(&suffix.rsplit('.').next().unwrap_or(suffix))
    })
}

fn is_compose_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let Some(stem) = lower.strip_suffix(".yaml").or_else(|| lower.strip_suffix(".yml")) else {
        return false;
    };
    let rest = stem
        .strip_prefix("docker-compose")
        .or_else(|| stem.strip_prefix("compose"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
}

fn looks_like_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        matches!(
            extension.to_string_lossy().to_ascii_lowercase().as_str(),
            "yml" | "yaml"
        )
    })
}

/// Whether a file with a fitting name is a Dockerfile: what is exactly called so is; of any other, the first
/// instruction must be one that a Dockerfile can begin with. What cannot be read is taken, so that it is reported.
fn is_dockerfile(workspace: &mut Workspace, path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    if matches!(name.as_str(), "dockerfile" | "containerfile") {
        return true;
    }
    match workspace.source(path) {
        Ok(source) => first_instruction(&workspace.sources().get(source).text),
        Err(_) => true,
    }
}

fn first_instruction(text: &str) -> bool {
    let line = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    let word = line.and_then(|line| line.split_whitespace().next()).unwrap_or("");
    word.eq_ignore_ascii_case("from") || word.eq_ignore_ascii_case("arg")
}

/// The sets of one folder: the base with its override, and every other Compose file, alone or over the base.
fn sets_of_folder(workspace: &mut Workspace, folder: &Path, names: &[String], sets: &mut Vec<ComposeSet>) {
    let first = |order: &[&str]| {
        order
            .iter()
            .find(|wanted| names.iter().any(|name| name == *wanted))
            .map(|name| (*name).to_owned())
    };
    let base = first(&BASE);
    let overlay = base.as_ref().and_then(|_| first(&OVERRIDE));
    let mut taken: Vec<String> = Vec::new();
    if let Some(base) = &base {
        let mut files = match compose_file_variable(workspace, folder) {
            Some(files) => files,
            None => [Some(base), overlay.as_ref()]
                .into_iter()
                .flatten()
                .map(|name| folder.join(name))
                .collect(),
        };
        files.retain(|file| workspace.exists(file) != Some(false));
        taken.extend(
            files
                .iter()
                .filter_map(|file| file.file_name())
                .map(|name| name.to_string_lossy().into_owned()),
        );
        sets.push(ComposeSet {
            files,
            ..ComposeSet::default()
        });
    }
    let base_shape = base.as_ref().and_then(|base| shape(workspace, &folder.join(base)));
    if let (Some(shape), Some(set)) = (&base_shape, sets.last_mut())
        && !shape.complete
        && set.files.len() == 1
    {
        set.orphan = goes_over_an_ancestor(workspace, folder, shape);
        set.completed_by = names
            .iter()
            .filter(|name| Some(*name) != base.as_ref())
            .map(|name| folder.join(name))
            .find(|path| self::shape(workspace, path).is_some_and(|other| other.completes(shape)));
    }
    // `COMPOSE_FILE` may leave the base out: it never goes over itself.
    let others = names
        .iter()
        .filter(|name| !taken.contains(name) && Some(*name) != base.as_ref());
    for name in others {
        let path = folder.join(name);
        let Some(shape) = shape(workspace, &path) else { continue };
        let set = match (&base, &base_shape) {
            (Some(base), Some(below)) if !shape.complete || shape.stands_on(below) => ComposeSet {
                files: vec![folder.join(base), path],
                guessed: true,
                ..ComposeSet::default()
            },
            // An overlay beside no base at all: Compose does not find a file then.
            (None, _) if !shape.complete => ComposeSet {
                files: vec![path],
                orphan: true,
                ..ComposeSet::default()
            },
            _ => ComposeSet {
                files: vec![path],
                ..ComposeSet::default()
            },
        };
        sets.push(set);
    }
}

/// Whether every service that has nothing to run is one of a base file further up: then this file is meant to go over that
/// one (`docker compose -f compose.yaml -f ci/compose.yaml`), whatever its name says.
fn goes_over_an_ancestor(workspace: &mut Workspace, folder: &Path, shape: &Shape) -> bool {
    let ancestors: Vec<PathBuf> = folder.ancestors().skip(1).map(Path::to_path_buf).collect();
    ancestors.iter().any(|ancestor| {
        let base = BASE
            .iter()
            .map(|name| ancestor.join(name))
            .find(|path| workspace.exists(path) == Some(true));
        let above = base.and_then(|base| self::shape(workspace, &base));
        above.is_some_and(|above| shape.empty.iter().all(|name| above.defines.contains(name)))
    })
}

/// `COMPOSE_FILE` of a folder's `.env`.
fn compose_file_variable(workspace: &mut Workspace, folder: &Path) -> Option<Vec<PathBuf>> {
    let text = workspace.text(&folder.join(".env")).ok()?;
    let (env, _) = crate::resolve::compose::env::Env::parse(&text, &crate::resolve::compose::env::Env::default());
    let separator = env.get("COMPOSE_PATH_SEPARATOR").unwrap_or(":").to_owned();
    let list = env.get("COMPOSE_FILE").filter(|list| !list.is_empty())?;
    Some(
        list.split(separator.as_str())
            .map(|file| crate::resolve::compose::paths::join(folder, file))
            .collect(),
    )
}

/// What a Compose file looks like from outside.
#[derive(Default)]
struct Shape {
    /// What it defines: `services/api`, `volumes/data`.
    defines: BTreeSet<String>,
    /// What it uses, by the same names.
    uses: BTreeSet<String>,
    /// The services that have nothing to run.
    empty: BTreeSet<String>,
    /// Whether every service has something to run.
    complete: bool,
}

impl Shape {
    /// Whether it uses what only the other one defines. A service that both define says nothing: an alternative has the same.
    fn stands_on(&self, below: &Shape) -> bool {
        let dangling = |name: &&String| !self.defines.contains(*name);
        self.uses
            .iter()
            .filter(dangling)
            .any(|name| below.defines.contains(name))
    }

    /// Whether it gives every service of the other one that has nothing to run what it lacks.
    fn completes(&self, other: &Shape) -> bool {
        let runs = |name: &String| self.defines.contains(name) && !self.empty.contains(name);
        other.empty.iter().all(runs)
    }
}

/// The names in a list of strings or the keys of a mapping.
fn listed(value: Option<&Value>) -> Vec<String> {
    match value.map(|value| &value.data) {
        Some(Data::Map(map)) => map.keys().cloned().collect(),
        Some(Data::Seq(items)) => items
            .iter()
            .filter_map(|item| item.str().or_else(|| item.get("source")?.str()).map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

/// The shape of a Compose file; `None` if it is none (no `services` and no `include` at the top). A file that cannot be
/// read counts as complete: it is reported on its own.
fn shape(workspace: &mut Workspace, path: &Path) -> Option<Shape> {
    let loaded = match workspace.yaml(path) {
        Ok(loaded) => loaded,
        Err(Missing::Outside) => {
            workspace.note_outside(path);
            return None;
        }
        Err(_) => return None,
    };
    let documents: Vec<&Value> = loaded
        .file
        .documents
        .iter()
        .filter(|document| document.map().is_some())
        .collect();
    let has = |key: &str| documents.iter().any(|document| document.get(key).is_some());
    if !has("services") && !has("include") {
        return loaded.file.broken.then(|| Shape {
            complete: true,
            ..Shape::default()
        });
    }
    let mut shape = Shape {
        complete: true,
        ..Shape::default()
    };
    for document in documents {
        for section in ["services", "volumes", "networks", "secrets", "configs"] {
            shape.defines.extend(
                listed(document.get(section))
                    .into_iter()
                    .map(|name| format!("{section}/{name}")),
            );
        }
        for (name, entry) in document.get("services").and_then(Value::map).into_iter().flatten() {
            let sets = |key: &str| entry.value.get(key).is_some_and(|value| value.data != Data::Null);
            if !["image", "build", "extends", "provider"].into_iter().any(sets) {
                shape.complete = false;
                shape.empty.insert(format!("services/{name}"));
            }
            shape.uses.extend(
                listed(entry.value.get("depends_on"))
                    .into_iter()
                    .map(|name| format!("services/{name}")),
            );
            for section in ["networks", "secrets", "configs"] {
                shape.uses.extend(
                    listed(entry.value.get(section))
                        .into_iter()
                        .map(|name| format!("{section}/{name}")),
                );
            }
            for volume in listed(entry.value.get("volumes")) {
                if let Some((name, _)) = volume
                    .split_once(':')
                    .filter(|(name, _)| !name.starts_with(['.', '/', '~', '$']))
                {
                    shape.uses.insert(format!("volumes/{name}"));
                }
            }
        }
    }
    Some(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide_where_they_can() {
        for name in [
            "Dockerfile",
            "Containerfile",
            "api.Dockerfile",
            "Dockerfile.dev",
            "dockerfile",
            "Dockerfile.alpine-3.20",
        ] {
            assert!(is_dockerfile_name(name), "{name}");
        }
        for name in [
            "Dockerfile.dockerignore",
            "Dockerfile.j2",
            "Dockerfile.api.tmpl",
            "Dockerfiles",
            "README.md",
            "Dockerfile.",
        ] {
            assert!(!is_dockerfile_name(name), "{name}");
        }
        for name in [
            "compose.yaml",
            "docker-compose.yml",
            "compose.prod.yaml",
            "docker-compose-dev.yml",
            "compose_x.yml",
        ] {
            assert!(is_compose_name(name), "{name}");
        }
        for name in ["composer.yaml", "my-compose.yml", "compose.json", "docker-composer.yml"] {
            assert!(!is_compose_name(name), "{name}");
        }
    }

    fn sets(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut workspace = Workspace::open(folder.path()).unwrap();
        let found = discover(&mut workspace, &[PathBuf::new()]);
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

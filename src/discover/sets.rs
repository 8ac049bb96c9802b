//! The Compose sets of a folder: what Compose finds by itself, what `COMPOSE_FILE` names, and every other Compose file.

use super::names::{BASE, OVERRIDE};
use super::shape::{Shape, shape};
use crate::finding::{Finding, Layer, ReaderRule};
use crate::parse::Problem;
use crate::resolve::compose::env::Env;
use crate::resolve::compose::load::Files;
use crate::resolve::compose::paths::join;
use crate::source::{Span, slashed};
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

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
    /// Another file that defines what this one needs, and a name that it defines, though nobody says that they belong together.
    pub needs: Option<(PathBuf, String)>,
    /// The folder that its relative paths start from, where that is the folder of the file that it needs.
    pub start: Option<PathBuf>,
    /// The services that it gives something to run and that no other Compose file of the repository defines: nobody adds to them.
    pub sole: HashSet<String>,
    /// Networks, volumes, secrets and configs (`networks/back`) that it uses and does not define, each with a file beside it or further up
    /// that does: people start it with one of their own.
    pub lent: BTreeMap<String, PathBuf>,
    /// The services that others extend or include, where these files are parts of theirs and incomplete alone: they are judged there.
    pub taken: Option<BTreeSet<String>>,
    /// The `.env` that names the files, if one does: its variables come before those of the set's own folder.
    pub env: Option<PathBuf>,
    /// Paths outside of its folder that decided which files these are.
    pub asked: BTreeSet<PathBuf>,
}

/// The sets of one folder: the base with its override, the files that the folder's `.env` names, and every other Compose file, alone
/// or over the base. `names` are Compose files in the folder.
pub(super) fn of_folder(workspace: &mut Workspace, folder: &Path, names: &[String], sets: &mut Vec<ComposeSet>) {
    let listed = listed(workspace, folder);
    let first = |order: &[&str]| {
        let is_there = |wanted: &&&str| {
            names.iter().any(|name| name == **wanted) && workspace.exists(&folder.join(wanted)) != Some(false)
        };
        order.iter().find(is_there).map(|name| folder.join(name))
    };
    let (base, overlay) = (first(&BASE), first(&OVERRIDE));
    let mut taken: Vec<PathBuf> = Vec::new();
    taken.extend(listed.iter().flat_map(|set| set.files.iter().cloned()));
    sets.extend(listed);
    let base_shape = base.as_ref().and_then(|base| shape(workspace, base));
    // `COMPOSE_FILE` takes no base out of sight: others start it with `-f`, or with variables of their own.
    if let Some(base) = base.as_ref().filter(|base| !taken.contains(base)) {
        let files: Vec<PathBuf> = [Some(base.clone()), overlay].into_iter().flatten().collect();
        taken.extend(files.iter().cloned());
        let mut set = ComposeSet {
            files,
            ..ComposeSet::default()
        };
        if let Some(shape) = base_shape
            .as_ref()
            .filter(|shape| !shape.complete && set.files.len() == 1)
        {
            set.needs = goes_over_an_ancestor(workspace, folder, shape);
            set.completed_by = names
                .iter()
                .map(|name| folder.join(name))
                .filter(|path| path != base)
                .find(|path| self::shape(workspace, path).is_some_and(|other| other.completes(shape)));
        }
        sets.push(set);
    }
    for path in names.iter().map(|name| folder.join(name)) {
        if taken.contains(&path) || Some(&path) == base.as_ref() {
            continue;
        }
        let Some(shape) = shape(workspace, &path) else { continue };
        sets.push(match (&base, &base_shape) {
            (Some(base), Some(below)) if !shape.complete || shape.stands_on(below) => ComposeSet {
                files: vec![base.clone(), path],
                guessed: true,
                ..ComposeSet::default()
            },
            // An overlay beside no base at all: Compose does not find a file then.
            (None, _) => ComposeSet {
                files: vec![path],
                orphan: !shape.complete,
                ..ComposeSet::default()
            },
            _ => ComposeSet {
                files: vec![path],
                ..ComposeSet::default()
            },
        });
    }
}

/// The base file further up that defines every service that has nothing to run, and one of these: then this file is meant to go over
/// that one (`docker compose -f compose.yaml -f ci/compose.yaml`), whatever its name says.
fn goes_over_an_ancestor(workspace: &mut Workspace, folder: &Path, shape: &Shape) -> Option<(PathBuf, String)> {
    let first = shape.empty.first()?;
    let ancestors: Vec<PathBuf> = folder.ancestors().skip(1).map(Path::to_path_buf).collect();
    ancestors.iter().find_map(|ancestor| {
        let base = BASE
            .iter()
            .map(|name| ancestor.join(name))
            .find(|path| workspace.exists(path) == Some(true))?;
        let above = self::shape(workspace, &base)?;
        let is_above = shape.empty.iter().all(|name| above.defines.contains(name));
        is_above.then(|| (base, first.trim_start_matches("services/").to_owned()))
    })
}

/// The sets that `COMPOSE_FILE` in the `.env` of a folder names, as far as they are there: one, or one for each way that `${V:+x}` in it
/// may turn out. Compose refuses a set with a file that is not.
fn listed(workspace: &mut Workspace, folder: &Path) -> Vec<ComposeSet> {
    let path = folder.join(".env");
    // Most of these files are about something else.
    if !workspace.glance(&path).is_ok_and(|text| text.contains("COMPOSE_FILE")) {
        return Vec::new();
    }
    let Ok(source) = workspace.source(&path) else {
        return Vec::new();
    };
    let text = workspace.sources().get(source).text.clone();
    let here = workspace.root().join(folder);
    let mut outer = Env::default();
    outer.set("PWD", here.to_string_lossy());
    let (env, _) = Env::parse(&text, &outer);
    let mut ways = vec![env.clone()];
    if !env.deciding.is_empty() {
        outer.assume(env.deciding);
        ways.push(Env::parse(&text, &outer).0);
    }
    let written = place(&text);
    let span = Span::new(source, written.start, written.end);
    let is_open = text.get(written).is_some_and(|value| value.contains('$'));
    let sets = ways.iter().filter_map(|env| set(workspace, folder, env, span, is_open));
    sets.map(|set| ComposeSet {
        env: Some(path.clone()),
        ..set
    })
    .collect()
}

/// The set that these variables name; none of its files may be there.
fn set(workspace: &mut Workspace, folder: &Path, env: &Env, span: Span, is_open: bool) -> Option<ComposeSet> {
    let list = env.get("COMPOSE_FILE")?;
    let separator = env.get("COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty());
    let mut files = Vec::new();
    let mut is_whole = true;
    for name in list.split(separator.unwrap_or(":")) {
        let inside = Path::new(name).strip_prefix(workspace.root());
        let file = inside.map_or_else(|_| join(folder, name), Path::to_path_buf);
        if workspace.is_file(&file) {
            files.push(file);
            continue;
        }
        is_whole = false;
        // A link that leads nowhere is said by itself, at the link.
        if workspace.is_named(&file) && workspace.is_folder(&file) != Some(true) {
            let _ = workspace.source(&file);
        } else {
            workspace.report(absent(name, span, is_open));
        }
    }
    let is_complete = |file: &PathBuf| shape(workspace, file).is_none_or(|shape| shape.complete);
    let orphan = !is_whole && !files.iter().all(is_complete);
    (!files.is_empty()).then(|| ComposeSet {
        files,
        orphan,
        ..ComposeSet::default()
    })
}

fn absent(name: &str, span: Span, is_open: bool) -> Problem {
    let shown = if name.is_empty() {
        "an empty name".to_owned()
    } else {
        format!("`{}`", slashed(Path::new(name)))
    };
    if is_open {
        let message = format!(
            "`COMPOSE_FILE` includes {shown}, which is not in this checkout; a variable in it may be set elsewhere"
        );
        let finding = Finding::new(span, message).help("name the files under `compose:` in plimsoll.yaml");
        return Problem::new(ReaderRule::UndecidedValue, finding);
    }
    let message = format!("`COMPOSE_FILE` includes {shown}, which does not exist in this repository");
    let finding = Finding::new(span, message)
        .help("use a committed file: Compose refuses the whole list otherwise")
        .layer(Layer::Compose);
    Problem::new(ReaderRule::UndefinedReference, finding)
}

/// The bytes of the value of `COMPOSE_FILE`, the last one if there are several.
fn place(text: &str) -> std::ops::Range<usize> {
    let mut start = 0;
    let mut found = 0..0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_start();
        let body = body.strip_prefix("export ").map_or(body, str::trim_start);
        let value = body
            .strip_prefix("COMPOSE_FILE")
            .and_then(|rest| rest.trim_start_matches([' ', '\t']).strip_prefix(['=', ':']));
        if let Some(value) = value {
            let at = start + line.len() - value.len() + (value.len() - value.trim_start().len());
            found = at..at + value.trim().len();
        }
        start += line.len();
    }
    found
}

//! Compose files that are no project by themselves: parts that others extend or include, and overrides of a base that lies elsewhere.
//!
//! Only what is incomplete alone is looked at: what Compose takes alone is judged alone.

use super::ComposeSet;
use super::names::BASE;
use super::overlays;
use super::shape::{Shape, definitions_of, pattern, shape};
use crate::order::Order as _;
use crate::resolve::compose::load::Files;
use crate::resolve::compose::paths::{is_remote, join, parent};
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Files of parts that are looked at besides those of the sets.
const MAX_PARTS: usize = 1_000;
/// Bytes of a file that may define a service, and how many of them are read.
const MAX_BYTES: u64 = 64 << 10;
const MAX_BASES: usize = 8;
/// Sets for which such files are looked for.
const MAX_LOOKS: usize = 40;
/// Files beside one that are looked at.
const MAX_BESIDE: usize = 50;

/// Finds out which sets are parts of others, and which need another file.
pub(super) fn settle(workspace: &mut Workspace, sets: &mut [ComposeSet]) {
    let mut shapes = BTreeMap::new();
    for file in sets.iter().flat_map(|set| &set.files) {
        if !shapes.contains_key(file)
            && let Some(shape) = shape(workspace, file)
        {
            shapes.insert(file.clone(), shape);
        }
    }
    let sole = |set: &&mut ComposeSet| (set.files.len() == 1 || set.guessed) && set.env.is_none();
    let lacks = |set: &&mut ComposeSet| {
        let last = set.files.last().and_then(|file| shapes.get(file));
        last.is_some_and(|shape| shape.missing().next().is_some())
    };
    let mut open: Vec<&mut ComposeSet> = sets.iter_mut().filter(sole).filter(lacks).collect();
    if open.is_empty() {
        return;
    }
    let used = Used::by(workspace, &shapes);
    let mut looked: BTreeSet<PathBuf> = BTreeSet::new();
    let mut bases = BTreeMap::new();
    let (mut has_joined, mut near) = (false, None);
    for set in &mut open {
        let Some((file, shape)) = set.files.last().and_then(|file| shapes.get_key_value(file)) else {
            continue;
        };
        // What Compose starts by itself is a project, whoever else takes of it.
        let is_main = is_base(file) && parent(file).as_os_str().is_empty();
        if let Some(user) = used.files.get(file).filter(|_| !is_main) {
            set.files = vec![file.clone()];
            set.asked.insert(user.clone());
            set.taken = Some(used.services(file, shape));
            (set.guessed, set.orphan, set.completed_by, set.needs) = (false, false, None, None);
        } else if set.needs.is_none() && set.completed_by.is_none() {
            if looked.len() < MAX_LOOKS && looked.insert(file.clone()) {
                further(workspace, (file, shape), &shapes, &mut bases);
                let near = near.get_or_insert_with(|| Named::of(workspace));
                near.definitions(workspace, file, &mut bases);
            }
            // What has nothing to run goes over another one, where scripts start Compose with files of their choice, or where nothing
            // in it could be started.
            let services = shape.defines.iter().filter(|name| name.starts_with("services/"));
            let is_empty = !is_main && services.count() == shape.empty.len();
            let is_joined =
                workspace.joins(file) || !shape.empty.is_empty() && (is_empty || workspace.starts_elsewhere());
            if is_joined && !std::mem::replace(&mut has_joined, true) {
                joined(workspace, &shapes, &mut bases);
            }
            set.needs = needed(set, file, shape, (&shapes, &bases), is_joined);
            if set.needs.is_none() {
                set.lent = lent(file, shape, &bases);
            }
            // What nothing in the checkout completes, a line starts with a file that is made first.
            let is_alone = is_empty && workspace.joins(file);
            set.orphan = (set.orphan || is_of_a_tool(file) || is_alone) && set.needs.is_none();
            let other = set.needs.iter().map(|(other, _)| other.clone());
            set.asked.extend(other);
        }
        if set.orphan || set.needs.is_some() {
            set.sole = overlays::sole(
                file,
                shape,
                set.needs.as_ref().map(|(base, _)| base.as_path()),
                shapes.iter().chain(&bases),
            );
            let base = set.needs.as_ref().filter(|_| set.files.len() == 1);
            set.start = base.and_then(|(base, _)| overlays::start(workspace, file, shape, base));
        }
    }
}

/// What files take of other files.
#[derive(Default)]
struct Used {
    /// The files that another one extends from or includes, and one that does.
    files: BTreeMap<PathBuf, PathBuf>,
    /// The files that are included.
    included: BTreeSet<PathBuf>,
    /// The services that are extended.
    extended: BTreeSet<(PathBuf, String)>,
}

impl Used {
    /// What these files take, and the parts that they take again.
    fn by(workspace: &mut Workspace, shapes: &BTreeMap<PathBuf, Shape>) -> Self {
        let mut used = Used::default();
        let mut further = Vec::new();
        for (file, shape) in shapes {
            further.extend(used.take(file, shape));
        }
        let mut seen: BTreeSet<PathBuf> = shapes.keys().cloned().collect();
        while let Some(file) = further.pop().filter(|_| seen.len() < shapes.len() + MAX_PARTS) {
            if seen.insert(file.clone())
                && workspace.is_file(&file)
                && let Some(shape) = shape(workspace, &file)
            {
                further.extend(used.take(&file, &shape));
            }
        }
        used
    }

    /// Notes what a file takes; gives the files that it takes it from.
    fn take(&mut self, file: &Path, shape: &Shape) -> Vec<PathBuf> {
        let local = |text: &&String| !is_remote(text) && !text.contains('$');
        let folder = parent(file);
        let mut from = Vec::new();
        for path in shape.includes.iter().filter(local).map(|text| join(&folder, text)) {
            self.included.insert(path.clone());
            from.push(path);
        }
        for extended in &shape.extends {
            if let Some(text) = extended.file.as_ref().filter(local) {
                let path = join(&folder, text);
                self.extended.insert((path.clone(), extended.service.clone()));
                from.push(path);
            }
        }
        from.retain(|path| path != file);
        for path in &from {
            self.files.entry(path.clone()).or_insert_with(|| file.to_path_buf());
        }
        from
    }

    /// The services of a file that others take, and those that these extend in the same file.
    fn services(&self, file: &Path, shape: &Shape) -> BTreeSet<String> {
        let names = shape.defines.iter().filter_map(|name| name.strip_prefix("services/"));
        let is_taken = |name: &&str| {
            self.included.contains(file) || self.extended.contains(&(file.to_path_buf(), (*name).to_owned()))
        };
        let mut open: Vec<String> = names.filter(is_taken).map(str::to_owned).collect();
        let mut taken = BTreeSet::new();
        while let Some(name) = open.pop() {
            let own = shape
                .extends
                .iter()
                .filter(|extended| extended.file.is_none() && extended.by == name);
            let bases: Vec<String> = own.map(|extended| extended.service.clone()).collect();
            if taken.insert(name) {
                open.extend(bases);
            }
        }
        taken
    }
}

/// Whether a tool of development starts a file with a base of its own.
fn is_of_a_tool(file: &Path) -> bool {
    file.components()
        .any(|part| part.as_os_str() == ".ddev" || part.as_os_str() == ".docksal")
}

/// Whether Compose finds a file by itself.
fn is_base(file: &Path) -> bool {
    BASE.iter().any(|name| file.file_name().is_some_and(|own| own == *name))
}

/// Adds files of the repository that are no Compose files by their names and define a service that this one lacks, where its scripts
/// start Compose with a folder of their choice.
fn further(
    workspace: &mut Workspace,
    (file, shape): (&Path, &Shape),
    shapes: &BTreeMap<PathBuf, Shape>,
    bases: &mut BTreeMap<PathBuf, Shape>,
) {
    let Some(lacked) = shape.missing().find(|name| name.starts_with("services/")) else {
        return;
    };
    if bases.values().any(|base| base.runs(lacked)) || !(workspace.starts_elsewhere() || workspace.joins(file)) {
        return;
    }
    let service = lacked.trim_start_matches("services/");
    let line = format!("\n  {service}:");
    let is_yaml = |path: &&PathBuf| {
        path.extension()
            .is_some_and(|ending| ending == "yml" || ending == "yaml")
    };
    let mut all: Vec<PathBuf> = workspace
        .tracked()
        .into_iter()
        .flat_map(|all| all.iter())
        .filter(is_yaml)
        .cloned()
        .collect();
    all.order_by_key(|path| (path.components().count(), path.clone()));
    all.retain(|path| !shapes.contains_key(path) && !bases.contains_key(path));
    let is_candidate = |path: &PathBuf| {
        let text = workspace.peek(path, MAX_BYTES).unwrap_or_default();
        text.contains("services:") && text.contains(&line)
    };
    let found: Vec<PathBuf> = all
        .into_iter()
        .take(MAX_PARTS)
        .filter(is_candidate)
        .take(MAX_BASES)
        .collect();
    for path in found {
        if let Some(shape) = self::shape(workspace, &path) {
            bases.insert(path, shape);
        }
    }
}

/// Adds the files that only define networks and volumes and that a line starts Compose with beside others.
fn joined(workspace: &mut Workspace, shapes: &BTreeMap<PathBuf, Shape>, bases: &mut BTreeMap<PathBuf, Shape>) {
    let mut all: Vec<PathBuf> = workspace.joined().iter().map(PathBuf::from).collect();
    all.sort();
    all.retain(|path| !shapes.contains_key(path) && !bases.contains_key(path));
    for path in all.into_iter().take(MAX_BESIDE) {
        if workspace.is_file(&path)
            && let Some(shape) = definitions_of(workspace, &path)
        {
            bases.insert(path, shape);
        }
    }
}

/// Endings of files that are there to be copied: `compose.override.yaml.example`.
const PATTERNS: [&str; 6] = [".example", ".sample", ".dist", ".template", ".tmpl", ".tpl"];

/// The files that git tracks with names of Compose files, by their folders, in order.
#[derive(Default)]
struct Named {
    /// YAML files.
    plain: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// Patterns of such files.
    patterns: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
}

impl Named {
    fn of(workspace: &Workspace) -> Self {
        let mut named = Self::default();
        for path in workspace.tracked().into_iter().flat_map(|all| all.iter()) {
            let Some(name) = path.file_name().map(|name| name.to_string_lossy().to_lowercase()) else {
                continue;
            };
            if !name.contains("compose") {
                continue;
            }
            let pattern = PATTERNS.iter().find_map(|ending| name.strip_suffix(ending));
            let plain = pattern.unwrap_or(&name);
            if plain.ends_with(".yml") || plain.ends_with(".yaml") {
                let all = match pattern {
                    Some(_) => &mut named.patterns,
                    None => &mut named.plain,
                };
                all.entry(parent(path)).or_default().insert(path.clone());
            }
        }
        named
    }

    /// Adds the files beside one, or further up, that only define networks and volumes, and patterns of an override beside it: they are
    /// there to be merged with it.
    fn definitions(&self, workspace: &mut Workspace, file: &Path, bases: &mut BTreeMap<PathBuf, Shape>) {
        let folder = parent(file);
        let of = |all: &BTreeMap<PathBuf, BTreeSet<PathBuf>>, folder: &Path| {
            all.get(folder).into_iter().flatten().cloned().collect::<Vec<_>>()
        };
        let patterns = of(&self.patterns, &folder).into_iter().map(|path| (path, true));
        let plain = folder
            .ancestors()
            .flat_map(|above| of(&self.plain, above))
            .map(|path| (path, false));
        for (path, is_pattern) in patterns.chain(plain).take(MAX_BESIDE) {
            if path == file || bases.contains_key(&path) {
                continue;
            }
            let found = match is_pattern {
                true => pattern(workspace, &path, MAX_BYTES),
                false => definitions_of(workspace, &path),
            };
            if let Some(shape) = found {
                bases.insert(path, shape);
            }
        }
    }
}

/// What a file uses and does not define, each with a file beside it or further up that is there to define it.
fn lent(file: &Path, shape: &Shape, bases: &BTreeMap<PathBuf, Shape>) -> BTreeMap<String, PathBuf> {
    let folder = parent(file);
    let near = || bases.iter().filter(|(path, _)| folder.starts_with(parent(path)));
    let missing = shape.missing().filter(|name| !name.starts_with("services/"));
    let found = missing.filter_map(|name| {
        let (path, _) = near().find(|(_, other)| other.defines.contains(name))?;
        Some((name.clone(), path.clone()))
    });
    found.collect()
}

/// A file that defines all that a set lacks: one beside it or further up; where its folder has no base, one anywhere, if a service is
/// among what it lacks (networks and volumes have the same names everywhere). What Compose finds by itself needs nothing.
fn needed(
    set: &ComposeSet,
    file: &Path,
    shape: &Shape,
    (shapes, further): (&BTreeMap<PathBuf, Shape>, &BTreeMap<PathBuf, Shape>),
    is_joined: bool,
) -> Option<(PathBuf, String)> {
    if is_base(file) && !is_joined {
        return None;
    }
    let below = set.files.first().filter(|first| first.as_path() != file);
    let below = below.and_then(|first| shapes.get(first));
    let lacks = |name: &&String| !below.is_some_and(|below| below.runs(name));
    let missing: Vec<&String> = shape.missing().filter(lacks).collect();
    let first = missing.first()?;
    let folder = parent(file);
    let has_base = BASE.iter().any(|name| shapes.contains_key(&folder.join(name)));
    let anywhere = is_joined || !has_base && missing.iter().any(|name| name.starts_with("services/"));
    let is_near = |other: &Path| folder.starts_with(parent(other));
    let mut others = shapes
        .iter()
        .filter(|(other, _)| *other != file && (anywhere || is_near(other)))
        .chain(further);
    // Several files together, where a line starts it with them.
    let all: BTreeSet<&String> = match is_joined {
        true => others
            .clone()
            .flat_map(|(_, other)| other.defines.iter().filter(|name| other.runs(name)))
            .collect(),
        false => BTreeSet::new(),
    };
    // Without a base, parts that are started in many ways stand beside each other: each service is in one of them.
    let beside = || {
        shapes
            .iter()
            .filter(|(other, _)| *other != file && parent(other) == folder)
    };
    let mut services = missing.iter().filter(|name| name.starts_with("services/")).peekable();
    let is_spread =
        !has_base && services.peek().is_some() && services.all(|name| beside().any(|(_, other)| other.runs(name)));
    let is_split = is_spread || missing.iter().all(|name| all.contains(name));
    let first = missing
        .iter()
        .copied()
        .find(|name| name.starts_with("services/"))
        .filter(|_| is_spread)
        .unwrap_or(first);
    let runs = |other: &Shape| match is_split {
        true => other.runs(first),
        false => missing.iter().all(|name| other.runs(name)),
    };
    // Without a base beside it, one further up that has a service that it lacks.
    let is_above = |path: &Path, other: &Shape| {
        let above = parent(path);
        let mut services = missing.iter().filter(|name| name.starts_with("services/"));
        !has_base && above != folder && folder.starts_with(&above) && services.any(|name| other.runs(name))
    };
    let (other, _) = others.find(|(path, other)| runs(other) || is_above(path, other))?;
    let name = first.split_once('/').map_or(first.as_str(), |(_, name)| name);
    Some((other.clone(), name.to_owned()))
}

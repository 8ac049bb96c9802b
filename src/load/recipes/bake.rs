//! Bake files (buildx `bake/bake.go`): targets with what they inherit, and what a matrix makes of them.

mod functions;
mod resolved;
mod value;

use super::{Recipes, comments, dockerfile, path};
use crate::fact::Fact;
use crate::parse::hcl::{self, Body, Expr};
use crate::repository::recipe::Recipe;
use crate::source::Span;
use crate::workspace::Workspace;
use indexmap::IndexMap;
use resolved::Resolved;
pub(super) use resolved::is_local;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use value::{Local, Scope, Value};

/// Targets of one set of files, and combinations of one matrix, that are followed.
const MOST: usize = 500;
const COMBINATIONS: usize = 256;

/// Whether a file of this name, in lower case, is one.
pub(super) fn is_one(name: &str) -> bool {
    let ends = name.ends_with(".hcl") || name.ends_with(".json");
    ends && name.starts_with("docker-bake") || name.ends_with("bake.hcl")
}

/// The place of a name among those that are read together (`bake.go`, `defaultFilenames`).
pub(super) fn order(name: &str) -> Option<usize> {
    const USUAL: [&str; 4] = [
        "docker-bake.json",
        "docker-bake.hcl",
        "docker-bake.override.json",
        "docker-bake.override.hcl",
    ];
    USUAL.iter().position(|usual| name == *usual)
}

/// The builds of files that are read together, later ones over earlier ones.
pub(super) fn read(files: &[&PathBuf], recipes: &mut Recipes, workspace: &mut Workspace) {
    let mut bodies = Vec::new();
    let mut is_whole = true;
    for file in files {
        let Ok(source) = workspace.source(file) else {
            is_whole = false;
            continue;
        };
        let text = &workspace.sources().get(source).text;
        if recipes.is_too_long(source, text) {
            is_whole = false;
            continue;
        }
        let is_json = file
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        let read = if is_json {
            hcl::parse_json(source, text)
        } else {
            hcl::parse(source, text)
        };
        match read {
            Ok(body) => bodies.push(body),
            Err(refused) => {
                is_whole = false;
                let line = refused.value.to_string();
                let why = line.lines().next().unwrap_or_default();
                recipes.note(refused.span, format!("the builds of this file are not known: {why}"));
            }
        }
        recipes.comments.extend(comments(source, text));
    }
    let folder = files.first().and_then(|file| file.parent()).unwrap_or(Path::new(""));
    let set = Set::of(&bodies);
    if set.is_cut
        && let Some(last) = set.targets.last()
    {
        recipes.note(
            last.place,
            format!("more than {MOST} targets; those behind this one are not followed"),
        );
    }
    let mut found = set.recipes(folder, workspace);
    found.iter_mut().for_each(|recipe| recipe.is_certain &= is_whole);
    recipes.all.extend(found);
}

/// A target by its name, of a matrix or not.
struct Target<'a> {
    name: String,
    place: Span,
    bodies: Vec<&'a Body>,
    local: Local,
}

/// Files that are read together.
struct Set<'a> {
    scope: Scope<'a>,
    targets: Vec<Target<'a>>,
    by_name: HashMap<String, usize>,
    groups: HashMap<&'a str, Vec<String>>,
    is_cut: bool,
}

impl<'a> Set<'a> {
    fn of(bodies: &'a [Body]) -> Self {
        let mut set = Self {
            scope: Scope::of(bodies),
            targets: Vec::new(),
            by_name: HashMap::new(),
            groups: HashMap::new(),
            is_cut: false,
        };
        let mut merged: IndexMap<&str, (Span, Vec<&'a Body>)> = IndexMap::new();
        for block in bodies.iter().flat_map(|body| &body.blocks) {
            let name = block.label.value.as_str();
            match block.kind.as_str() {
                "target" => {
                    let entry = merged.entry(name).or_insert((block.label.span, Vec::new()));
                    entry.1.push(&block.body);
                }
                "group" => {
                    let members = block.body.get("targets");
                    let members = members
                        .map(|members| set.texts(members, &Local::new()))
                        .unwrap_or_default();
                    set.groups.insert(name, members.unwrap_or_default());
                }
                _ => {}
            }
        }
        for (name, (place, bodies)) in merged {
            set.expand(name, place, bodies);
        }
        set
    }

    /// A target, or those that its matrix makes of it: they are a group of its name.
    fn expand(&mut self, name: &'a str, place: Span, bodies: Vec<&'a Body>) {
        let written = |name| bodies.iter().rev().find_map(|body| body.get(name));
        let Some(matrix) = written("matrix") else {
            self.add(name.to_owned(), place, bodies, Local::new());
            return;
        };
        let combinations = match self.scope.value(matrix, &Local::new()).0 {
            Value::Map(axes) => combinations(&axes),
            _ => vec![Local::new()],
        };
        let mut members = Vec::new();
        for (number, local) in combinations.into_iter().enumerate() {
            let own = written("name").and_then(|name| self.scope.value(name, &local).0.text());
            let own = own.unwrap_or_else(|| format!("{name}-{number}"));
            members.push(own.clone());
            self.add(own, place, bodies.clone(), local);
        }
        self.groups.entry(name).or_insert(members);
    }

    fn add(&mut self, name: String, place: Span, bodies: Vec<&'a Body>, local: Local) {
        if self.targets.len() >= MOST {
            self.is_cut = true;
            return;
        }
        self.by_name.insert(name.clone(), self.targets.len());
        self.targets.push(Target {
            name,
            place,
            bodies,
            local,
        });
    }

    /// The builds of all targets that are not only there to be inherited.
    fn recipes(&self, folder: &Path, workspace: &Workspace) -> Vec<Recipe> {
        let mut known = HashMap::new();
        for number in 0..self.targets.len() {
            self.resolve(number, &mut known, 0);
        }
        let wanted = self.wanted();
        let parents = self.parents();
        let is_built = |target: &Target<'_>| {
            wanted.contains(&target.name) || !target.name.starts_with('_') && !parents.contains(&target.name)
        };
        let targets = self.targets.iter().enumerate().filter(|(_, target)| is_built(target));
        targets
            .filter_map(|(number, target)| {
                let resolved = known.remove(&number).flatten()?;
                let ships = !resolved.is_local && (resolved.has_tags || wanted.contains(&target.name));
                Some(recipe(target, resolved, ships, folder, workspace))
            })
            .collect()
    }

    /// The targets of the group `default`, or the target of that name, through all groups.
    fn wanted(&self) -> HashSet<String> {
        let mut wanted = HashSet::new();
        let mut open = vec!["default".to_owned()];
        while let Some(name) = open.pop() {
            if wanted.insert(name.clone()) {
                open.extend(self.groups.get(name.as_str()).into_iter().flatten().cloned());
            }
        }
        wanted
    }

    fn parents(&self) -> HashSet<String> {
        let inherited = self.targets.iter().filter_map(|target| {
            let inherits = target.bodies.iter().rev().find_map(|body| body.get("inherits"))?;
            self.texts(inherits, &target.local)
        });
        let mut in_groups = self.groups.values().flatten().cloned().collect::<HashSet<String>>();
        in_groups.extend(self.wanted());
        inherited.flatten().filter(|name| !in_groups.contains(name)).collect()
    }

    /// The texts of a list; `None` where one is not known.
    fn texts(&self, expr: &Expr, local: &Local) -> Option<Vec<String>> {
        match self.scope.value(expr, local).0 {
            Value::List(items) => items.iter().map(Value::text).collect(),
            _ => None,
        }
    }
}

/// Every way to take one value of each axis; what is not known, or too much, stays unknown.
fn combinations(axes: &IndexMap<String, Value>) -> Vec<Local> {
    let mut all = vec![Local::new()];
    for (name, values) in axes {
        let unknown = [Value::Unknown("its matrix is not written out, or too large".to_owned())];
        let values = match values {
            Value::List(values) if !values.is_empty() && all.len() * values.len() <= COMBINATIONS => values.as_slice(),
            _ => &unknown,
        };
        all = all
            .iter()
            .flat_map(|before| {
                values.iter().map(|value| {
                    let mut local = before.clone();
                    local.insert(name.clone(), value.clone());
                    local
                })
            })
            .collect();
    }
    all
}

fn recipe(target: &Target<'_>, resolved: Resolved, ships: bool, folder: &Path, workspace: &Workspace) -> Recipe {
    let place = target.place;
    let from = |folder: &Path| {
        // `cwd://` is where it is started.
        let local = |text: String| text.strip_prefix("cwd://").map(str::to_owned).unwrap_or(text);
        let starts_here = resolved
            .dockerfile
            .value()
            .is_some_and(|text| text.starts_with("cwd://"));
        let context = path(folder, &resolved.context.clone().map(local), ".", place);
        let written = resolved.dockerfile.clone().map(local);
        let dockerfile = dockerfile(&context, starts_here.then_some(folder), &written, place);
        (context, dockerfile)
    };
    let is_there = |(_, dockerfile): &(_, Fact<PathBuf>)| dockerfile.value().is_none_or(|path| workspace.is_file(path));
    // People start it in its folder, and in the root.
    let (own, root) = (from(folder), from(Path::new("")));
    let starts_in_root = !is_there(&own) && is_there(&root);
    let (context, mut dockerfile) = if starts_in_root { root } else { own };
    if resolved.is_inline {
        dockerfile = Fact::unknown("it is written in the file: `dockerfile-inline`", place);
    }
    Recipe {
        name: format!("the target `{}`", target.name),
        place,
        file: PathBuf::from(workspace.sources().path(place)),
        context,
        dockerfile,
        target: resolved.target,
        args: resolved
            .args
            .into_iter()
            .filter(|(_, value)| !value.is_absent())
            .collect(),
        contexts: resolved.contexts.into_iter().collect(),
        platforms: resolved.platforms,
        ships,
        // Else it is another file of its name that stands in the root.
        is_certain: !starts_in_root || folder.as_os_str().is_empty(),
    }
}

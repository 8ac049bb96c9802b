//! What the builds of each Dockerfile come to: the stages that they make, with the arguments that all of them give, and the folder
//! that they are built in.

use crate::build::BuiltFile;
use crate::container::{Accounts, Container, ContainerKind, ImageSource};
use crate::fact::{Fact, Sourced, State};
use crate::finding::{Finding, Layer, ReaderRule, Severity};
use crate::load::{Builder, replaced};
use crate::parse::Problem;
use crate::parse::dockerfile::{Dockerfile, Kind};
use crate::repository::recipe::Recipe;
use crate::resolve::compose::load::Files;
use crate::resolve::stage::{self, Plan};
use crate::source::{Span, slashed};
use crate::workspace::Workspace;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Stages of one Dockerfile that are built for themselves, and Dockerfiles that do not exist.
const MOST: usize = 32;

/// What some builds make of a Dockerfile.
struct Made {
    target: Option<String>,
    plan: Arc<Plan>,
    ships: bool,
}

impl Builder<'_> {
    /// Every Dockerfile that was found, or that a build names: one that no service builds makes containers of its own.
    pub(in crate::load) fn dockerfiles_with(
        &mut self,
        dockerfiles: &[PathBuf],
        recipes: &[Recipe],
        left_out: &BTreeMap<PathBuf, String>,
    ) {
        let mut all: BTreeMap<PathBuf, Vec<&Recipe>> =
            dockerfiles.iter().map(|path| (path.clone(), Vec::new())).collect();
        let mut absent = BTreeMap::new();
        for recipe in recipes {
            let Some(named) = recipe.dockerfile.value() else {
                continue;
            };
            let path = self.workspace.real(named).unwrap_or_else(|_| named.clone());
            if let Some(recipes) = all.get_mut(&path) {
                recipes.push(recipe);
                continue;
            }
            if left_out.contains_key(&path) {
                continue;
            }
            match self.workspace.is_file(&path) {
                true => all.entry(path).or_default().push(recipe),
                false => {
                    absent.entry(path).or_insert(recipe);
                }
            }
        }
        let missing = absent
            .iter()
            .take(MOST)
            .filter_map(|(path, recipe)| missing(recipe, path, self.workspace));
        self.problems.extend(missing.collect::<Vec<_>>());
        for (path, recipes) in all {
            self.dockerfile_with(&path, &recipes);
        }
    }

    fn dockerfile_with(&mut self, path: &Path, recipes: &[&Recipe]) {
        let Some(file) = self.built_file(path).filter(|file| !file.ast.is_foreign()) else {
            return;
        };
        let known = self.built.get(&file.path);
        let is_of_service = known.is_some();
        let known = known.into_iter().flat_map(|usage| &usage.plans);
        let mut shipped: HashSet<Option<usize>> = known.map(|(_, plan)| plan.shipped).collect();
        let mut made = self.made(&file, recipes);
        if !is_of_service {
            ship_last(&mut made, &file);
        }
        let folders = recipes.iter().filter_map(|recipe| {
            let context = recipe.context.sourced()?;
            (self.workspace.exists(&context.value) == Some(true)).then(|| (context.value.clone(), context.span))
        });
        let folders: Vec<(PathBuf, Span)> = folders.collect();
        let inputs: BTreeSet<PathBuf> = recipes.iter().map(|recipe| recipe.file.clone()).collect();
        let (made, beside): (Vec<Made>, Vec<Made>) = made.into_iter().partition(|made| made.ships);
        for made in &beside {
            self.problems.extend(made.plan.problems.iter().cloned());
        }
        let usage = self.used(&file);
        usage.beside = beside.iter().filter_map(|made| made.plan.shipped).collect();
        usage.recipes = folders;
        usage.described.clone_from(&inputs);
        usage.plans.extend(made.iter().map(|made| (None, made.plan.clone())));
        let is_only = !is_of_service && made.len() == 1;
        for made in made {
            if shipped.insert(made.plan.shipped) {
                let name = match made.target {
                    Some(target) if !is_only => format!("{} (target {target})", file.path),
                    _ => file.path.clone(),
                };
                self.alone(name, &file, made.plan, inputs.clone());
            }
        }
    }

    /// A container of what a Dockerfile makes.
    fn alone(&mut self, name: String, file: &Arc<BuiltFile>, plan: Arc<Plan>, inputs: BTreeSet<PathBuf>) {
        let Some(span) = plan.shipped().map(|shipped| shipped.from) else {
            return;
        };
        let image = ImageSource::Built {
            file: file.clone(),
            plan,
        };
        let (profile, chosen) = self.profile_of_dockerfile(&file.path, &image);
        self.containers.push(Container {
            name,
            kind: ContainerKind::Dockerfile,
            span,
            set: None,
            service: None,
            image,
            accounts: Accounts::default(),
            profile,
            chosen,
            built: None,
            inputs,
            ledger: OnceLock::new(),
        });
    }

    /// What the builds make, by target.
    fn made(&mut self, file: &BuiltFile, recipes: &[&Recipe]) -> Vec<Made> {
        let mut by_target: IndexMap<Option<String>, Vec<&Recipe>> = IndexMap::new();
        for recipe in recipes {
            let target = recipe.target.value().map(|target| target.to_lowercase());
            if by_target.len() < MOST || by_target.contains_key(&target) {
                by_target.entry(target).or_default().push(recipe);
            }
        }
        let mut made = Vec::new();
        for (target, recipes) in by_target {
            let mut plan = stage::resolve(&file.ast, target.as_deref(), &arguments(&file.ast, &recipes));
            if plan.shipped.is_none() && target.is_some() {
                let undefined = recipes.iter().filter_map(|recipe| undefined(recipe, file, &plan));
                self.problems.extend(undefined);
                continue;
            }
            let contexts = joined(&recipes, |recipe| &recipe.contexts);
            // What nothing stands in any more is not judged: the stage is another image then.
            if replaced::with(&mut plan, &contexts).is_ok() {
                made.push(Made {
                    target,
                    plan: Arc::new(plan),
                    ships: recipes.iter().any(|recipe| recipe.ships),
                });
            }
        }
        made
    }
}

/// What is built without a target, as somebody does by hand, ships whatever else is built: a description of another build takes
/// nothing out of sight.
fn ship_last(made: &mut Vec<Made>, file: &BuiltFile) {
    if let Some(made) = made.iter_mut().find(|made| made.target.is_none()) {
        made.ships = true;
        return;
    }
    let plan = stage::resolve(&file.ast, None, &[]);
    match made.iter_mut().find(|made| made.plan.shipped == plan.shipped) {
        Some(made) => made.ships = true,
        None => made.push(Made {
            target: None,
            plan: Arc::new(plan),
            ships: true,
        }),
    }
}

/// Whether all of the builds give an argument, and none of them the default that the Dockerfile has.
fn replaces_default(recipes: &[&Recipe], name: &str, default: &str) -> bool {
    recipes.iter().all(|recipe| {
        let given = recipe.args.iter().rev().find(|(own, _)| own == name);
        given.is_some_and(|(_, value)| value.value().is_some_and(|value| value != default))
    })
}

/// The arguments that all of the builds give. What is not known, or differs, is as the Dockerfile has it where some build may have it so.
fn arguments(file: &Dockerfile, recipes: &[&Recipe]) -> Vec<(String, Fact<String>)> {
    let mut defaults: BTreeMap<&str, &str> = BTreeMap::new();
    for instruction in &file.instructions {
        if let Kind::Arg(arguments) = &instruction.kind {
            let given = arguments.iter().filter_map(|one| Some((one, one.value.as_ref()?)));
            defaults.extend(given.map(|(one, value)| (one.name.value.as_str(), value.value.as_str())));
        }
    }
    let mut all = joined(recipes, |recipe| &recipe.args);
    all.retain(|(name, value)| {
        let default = defaults.get(name.as_str());
        value.value().is_some() || default.is_none_or(|default| replaces_default(recipes, name, default))
    });
    let platforms = |recipe: &&Recipe| match recipe.platforms.value().map(Vec::as_slice) {
        Some([platform]) => Some(platform.clone()),
        _ => None,
    };
    let mut built = recipes.iter().map(platforms);
    let first = built.next().flatten();
    if let (Some(platform), Some(recipe)) = (first, recipes.first())
        && built.all(|other| other.as_ref() == Some(&platform))
        && let (Some(span), Some((system, machine))) = (recipe.platforms.span(), platform.split_once('/'))
    {
        let machine = machine.split('/').next().unwrap_or(machine);
        for (name, value) in [
            ("TARGETPLATFORM", platform.as_str()),
            ("TARGETOS", system),
            ("TARGETARCH", machine),
        ] {
            all.push((name.to_owned(), Fact::known(value.to_owned(), span)));
        }
    }
    all
}

/// What all builds say alike; what only some say, or what differs, is unknown.
fn joined(recipes: &[&Recipe], of: impl Fn(&Recipe) -> &Vec<(String, Fact<String>)>) -> Vec<(String, Fact<String>)> {
    let mut all: IndexMap<&str, (&Fact<String>, usize, bool)> = IndexMap::new();
    for recipe in recipes {
        let mut own: IndexMap<&str, &Fact<String>> = IndexMap::new();
        own.extend(of(recipe).iter().map(|(name, value)| (name.as_str(), value)));
        for (name, value) in own {
            let entry = all.entry(name).or_insert((value, 0, true));
            entry.1 += 1;
            entry.2 &= entry.0.value() == value.value();
        }
    }
    let values = all.into_iter().filter(|(name, _)| *name != "*");
    let values = values.map(|(name, (value, count, is_same))| {
        let value = match value {
            Fact::Known(known) if count < recipes.len() || !is_same => {
                Fact::unknown("builds give it different values", known.span)
            }
            value => value.clone(),
        };
        (name.to_owned(), value)
    });
    values.collect()
}

/// Whether somebody wrote it down like this, and no variable changes it.
fn is_written<T>(known: &Sourced<T>) -> bool {
    matches!(known.state, State::Known | State::Substituted) && known.span.start < known.span.end
}

fn undefined(recipe: &Recipe, file: &BuiltFile, plan: &Plan) -> Option<Problem> {
    let target = recipe.target.sourced().filter(|target| is_written(target))?;
    if plan.stages.is_empty() || !recipe.is_certain {
        return None;
    }
    let message = format!(
        "{} builds the stage `{}`, which `{}` does not have",
        recipe.name, target.value, file.path
    );
    let finding = Finding::new(target.span, message).help(crate::load::images::stage_names(plan));
    Some(Problem::new(
        ReaderRule::UndefinedStage,
        finding.aspect(target.value.clone()),
    ))
}

/// A context or a Dockerfile that does not exist, and that nothing here makes.
fn missing(recipe: &Recipe, path: &Path, workspace: &Workspace) -> Option<Problem> {
    let is_left_out = |path: &Path| {
        let below = |tracked: &HashSet<PathBuf>| tracked.iter().any(|one| one.starts_with(path));
        workspace.tracked().is_some_and(|tracked| below(tracked))
    };
    let is_absent = |path: &Path| {
        workspace.exists(path) == Some(false) && !workspace.ignored(path) && !workspace.made(path) && !is_left_out(path)
    };
    let (context, dockerfile) = (recipe.context.sourced()?, recipe.dockerfile.sourced()?);
    if !recipe.is_certain || !is_absent(path) {
        return None;
    }
    let (span, message) = if is_absent(&context.value) {
        let span = Some(context).filter(|context| is_written(context))?.span;
        (
            span,
            format!(
                "{} is built in `{}`, which does not exist",
                recipe.name,
                slashed(&context.value)
            ),
        )
    } else {
        let span = Some(dockerfile).filter(|dockerfile| is_written(dockerfile))?.span;
        (
            span,
            format!(
                "{} is built from `{}`, which does not exist",
                recipe.name,
                slashed(path)
            ),
        )
    };
    let finding = Finding::new(span, message)
        .help("correct the path, or remove the build")
        .layer(Layer::Build);
    let finding = finding.severity(Severity::Warning).aspect(slashed(path));
    Some(Problem::new(ReaderRule::UndefinedReference, finding))
}

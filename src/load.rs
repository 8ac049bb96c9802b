//! From files to everything that is judged, in one go: every set loaded, every stage resolved, each service joined with what it
//! builds, and with what was read of its image.

mod accounts;
mod alternates;
mod bind_sources;
mod contexts;
mod dockerfiles;
mod elf;
mod env_files;
mod exposed;
mod go_sources;
mod guess;
mod hide;
mod images;
mod inline;
mod links;
mod locked;
mod manifests;
mod profiles;
mod project_name;
mod published;
mod recipes;
mod replaced;
mod requirements;
mod scripts;
mod seccomp;
mod sets;
mod steps_down;
mod uv_lock;

use crate::build::growth::Sides;
use crate::build::{BuiltFile, JudgedFile};
use crate::config::budget::GROWTH;
use crate::config::{Config, DeclaredSet};
use crate::container::{BuiltImage, Container};
use crate::discover::{ComposeSet, Found};
use crate::failure::Failure;
use crate::finding::{Finding, ReaderRule};
use crate::known_images;
use crate::parse::Problem;
use crate::parse::dockerfile::Dockerfile;
use crate::redact::Secrets;
use crate::repository::recipe::Recipe;
use crate::repository::{ExposedFile, Made, Recorded, Repository, UnsetVariable, sizes};
use crate::resolve::compose::env::Env;
use crate::resolve::compose::load::once;
use crate::resolve::compose::project::Project;
use crate::resolve::stage;
use crate::source::{SourceId, Span, Spanned};
use crate::usage::Recording;
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All that a run knows besides the files of the repository.
pub(crate) struct Inputs<'a> {
    /// What plimsoll.yaml says.
    pub config: &'a Config,
    /// Variables that were handed over; they are all there are.
    pub env: Option<Env>,
    /// The profile of what nothing else gives one.
    pub profile: Option<String>,
    /// What is known of images.
    pub images: known_images::Images,
    /// What images had when somebody recorded it.
    pub recorded: Recorded,
    /// What running containers took, if somebody recorded it.
    pub usage: Option<Arc<Recording>>,
    /// The day to hold dates against, `YYYY-MM-DD`.
    pub today: String,
    /// Whether only a part of the workspace was asked for.
    pub selected: bool,
    /// Who is asked once it is known what will run.
    pub lookup: &'a dyn Lookup,
}

impl<'a> Inputs<'a> {
    /// A configuration and nothing else: no variables, no facts of images, nobody to ask.
    pub(crate) fn of(config: &'a Config) -> Self {
        Self {
            config,
            env: None,
            profile: None,
            images: known_images::Images::default(),
            recorded: Recorded::default(),
            usage: None,
            today: known_images::TABLE_DATE.to_owned(),
            selected: false,
            lookup: &Nowhere,
        }
    }
}

/// What lies outside of the repository's files, and what to look for there is known only when they are read.
pub(crate) trait Lookup {
    /// The images that were built for these containers.
    ///
    /// # Errors
    /// The sentence of a gate that cannot run: an image that was asked for is not there.
    fn images(&self, sets: &[Project], containers: &[Container], workspace: &Workspace)
    -> Result<BuiltImages, Failure>;

    /// The profiles that the services of a file ask for in the base, by service; `None` where the base's policy does not count.
    fn base_profiles(&self, file: &Path) -> Option<Arc<BTreeMap<String, String>>>;

    /// For each of these containers ([`sizes::identity`]) what the files of the commit that the change began at make, and what
    /// those of HEAD make. Nothing where that cannot be worked out.
    fn growth(&self, asked: &BTreeSet<String>, inputs: &Inputs<'_>, workspace: &Workspace) -> BTreeMap<String, Sides>;
}

/// Looks nowhere.
pub(crate) struct Nowhere;

impl Lookup for Nowhere {
    fn images(&self, _: &[Project], _: &[Container], _: &Workspace) -> Result<BuiltImages, Failure> {
        Ok(BuiltImages::default())
    }

    fn base_profiles(&self, _: &Path) -> Option<Arc<BTreeMap<String, String>>> {
        None
    }

    fn growth(&self, _: &BTreeSet<String>, _: &Inputs<'_>, _: &Workspace) -> BTreeMap<String, Sides> {
        BTreeMap::new()
    }
}

/// Images that were built.
#[derive(Debug, Default)]
pub(crate) struct BuiltImages {
    /// What was read of them, by the number of the container that they were built for.
    pub found: BTreeMap<usize, Arc<BuiltImage>>,
    /// Why others were not read, and where they are named.
    pub doubts: Vec<(Span, String)>,
}

/// Loads and joins everything that is judged.
///
/// # Errors
/// Those of [`Lookup::images`]; what the lock says of one of the images is broken.
pub(crate) fn load(found: &Found, inputs: Inputs<'_>, workspace: &mut Workspace) -> Result<Repository, Failure> {
    let declared = inputs.config.compose.iter().map(|set| {
        let files = set.files.iter().map(|file| PathBuf::from(&file.value)).collect();
        let found = ComposeSet {
            files,
            ..ComposeSet::default()
        };
        (found, Some(set))
    });
    let discovered = found.sets.iter().map(|set| (set.clone(), None));
    let all: Vec<_> = discovered.chain(declared).collect();
    let recipes = recipes::read(&found.recipes, workspace);
    let mut builder = read(&all, found, &recipes.all, &[], &inputs, workspace);
    builder.problems.extend(recipes.problems);
    builder.built_images()?;
    let Builder {
        mut sets,
        containers,
        dockerfiles,
        mut problems,
        unset,
        deciding,
        handed_over,
        mut exposed,
        ..
    } = builder;
    exposed.extend(exposed::tracked(&sets, workspace));
    let asked = growing(&sets, &containers, &inputs);
    let growth = match asked.is_empty() {
        true => BTreeMap::new(),
        false => inputs.lookup.growth(&asked, &inputs, workspace),
    };
    let alternates = alternates::find(&all, &deciding, &inputs, &mut problems, workspace);
    if inputs.usage.is_none() {
        problems.extend(inputs.config.not_held.iter().map(not_held));
    }
    problems.extend(workspace.take_problems());
    once(&mut problems);
    let bind_sources = bind_sources::read(&mut sets, workspace);
    let mut repository = Repository {
        made: Made::by(&sets),
        builders: std::sync::OnceLock::new(),
        comments: [workspace.yaml_comments(), recipes.comments].concat(),
        recipes: recipes.all,
        tracked: workspace.tracked().cloned(),
        exposed,
        bind_sources,
        links: links::leading_out(&sets, workspace),
        open_seccomp: seccomp::open(&sets, workspace),
        profiles: inputs.config.profiles.clone(),
        host: inputs.config.host.clone(),
        origin: workspace.origin(),
        reach: None,
        handed_over,
        sets,
        dockerfiles,
        containers,
        problems,
        unset,
        growth,
        alternates,
        today: inputs.today,
        selected: inputs.selected,
        images: inputs.images,
        recorded: inputs.recorded,
        usage: inputs.usage,
    };
    let contexts = repository.recipes.iter().flat_map(|recipe| &recipe.contexts);
    repository.made.add_contexts(contexts.map(|(name, _)| name.clone()));
    let named = repository.named_images();
    repository.made.published = published::here(&named, workspace);
    repository.made.add_stages(&repository.dockerfiles);
    let names = named.iter().map(|image| image.name.as_str());
    repository.images.refuse(names)?;
    Ok(repository)
}

/// What must not be shown of all that was read.
pub(crate) fn secrets(repository: &Repository, workspace: &Workspace) -> Secrets {
    let mut secrets = hide::secrets(repository, workspace);
    repository
        .handed_over
        .iter()
        .for_each(|value| secrets.add_handed_over(value));
    secrets
}

/// A set of files, and its entry in the configuration if it has one.
type DeclaredOrFound<'a> = (ComposeSet, Option<&'a DeclaredSet>);

/// Reads and joins sets and Dockerfiles, with these variables taken to be set.
fn read<'a>(
    sets: &[DeclaredOrFound<'_>],
    found: &Found,
    recipes: &[Recipe],
    assumed: &'a [String],
    inputs: &'a Inputs<'a>,
    workspace: &'a mut Workspace,
) -> Builder<'a> {
    let mut builder = Builder {
        inputs,
        assumed,
        workspace,
        sets: Vec::new(),
        containers: Vec::new(),
        dockerfiles: Vec::new(),
        problems: Vec::new(),
        unset: Vec::new(),
        deciding: Vec::new(),
        handed_over: BTreeSet::new(),
        exposed: Vec::new(),
        refused_files: BTreeSet::new(),
        files: HashMap::new(),
        ahead: HashMap::new(),
        built: BTreeMap::new(),
        contexts: contexts::Contexts::default(),
        is_overlay: false,
    };
    builder.parse_ahead(&found.dockerfiles);
    for (set, declared) in sets {
        builder.compose_set(set, *declared);
    }
    builder.excuse_suites();
    builder.services();
    builder.dockerfiles_with(&found.dockerfiles, recipes, &found.left_out);
    builder.judged_files();
    builder
}

/// The containers that may not grow as they like and whose size nobody recorded.
fn growing(sets: &[Project], containers: &[Container], inputs: &Inputs<'_>) -> BTreeSet<String> {
    let has_budget = |container: &&Container| {
        let profile = inputs.config.profiles.get(&container.profile);
        let has_budget = profile.is_some_and(|profile| profile.limits.get(&GROWTH).is_some());
        sizes::is_built(container) && has_budget && inputs.recorded.of(container, containers).is_none()
    };
    let asked = containers.iter().filter(has_budget);
    asked.map(|container| sizes::identity(container, sets)).collect()
}

/// A budget that nothing was measured for must not look like one that was kept.
fn not_held(key: &Spanned<String>) -> Problem {
    let message = format!("cannot check `{}`: no record of running containers is given", key.value);
    let help = "record with `plimsoll usage --record usage.jsonl` and check with `--usage usage.jsonl`";
    Problem::new(ReaderRule::UndecidedValue, Finding::new(key.span, message).help(help))
}

/// A Dockerfile and who builds it.
struct Use {
    file: Arc<BuiltFile>,
    plans: Vec<(Option<String>, Arc<stage::Plan>)>,
    /// The folders that services build it in, if they are known, and where they say so.
    folders: Vec<Option<(PathBuf, Span)>>,
    /// The folders that others build it in, as far as they are known and there.
    recipes: Vec<(PathBuf, Span)>,
    /// The stages that those build and nobody keeps.
    beside: Vec<usize>,
    /// The files of those others.
    described: BTreeSet<PathBuf>,
    foreign_runtime: bool,
}

struct Builder<'a> {
    inputs: &'a Inputs<'a>,
    /// Variables that are taken to be set.
    assumed: &'a [String],
    workspace: &'a mut Workspace,
    sets: Vec<Project>,
    containers: Vec<Container>,
    dockerfiles: Vec<JudgedFile>,
    problems: Vec<Problem>,
    unset: Vec<UnsetVariable>,
    /// For each set the variables that decide which of two texts a value is.
    deciding: Vec<Vec<Spanned<String>>>,
    /// Values of variables that were handed over, where a file uses them.
    handed_over: BTreeSet<String>,
    /// Files of variables with tokens that git tracks.
    exposed: Vec<ExposedFile>,
    /// Files of variables that Compose refuses, once they are reported.
    refused_files: BTreeSet<SourceId>,
    files: HashMap<PathBuf, Option<Arc<BuiltFile>>>,
    /// Dockerfiles that are parsed before somebody asks.
    ahead: HashMap<SourceId, Dockerfile>,
    built: BTreeMap<String, Use>,
    contexts: contexts::Contexts,
    /// Whether the set whose services are read goes over a file that is none of its own: its paths may start elsewhere.
    is_overlay: bool,
}

impl Builder<'_> {
    /// Gives every container whose built image is found what was read of it.
    fn built_images(&mut self) -> Result<(), Failure> {
        let images = self
            .inputs
            .lookup
            .images(&self.sets, &self.containers, self.workspace)?;
        for (index, image) in images.found {
            if let Some(container) = self.containers.get_mut(index) {
                container.built = Some(image);
            }
        }
        let problem = |(span, doubt): (Span, String)| {
            let message = format!("{doubt}; its size is estimated without it");
            let help = "build the image before the check, or pass an archive of it";
            let mut finding = Finding::new(span, message).help(help);
            finding.undecided = true;
            Problem::new(ReaderRule::UndecidedValue, finding)
        };
        self.problems.extend(images.doubts.into_iter().map(problem));
        Ok(())
    }
}

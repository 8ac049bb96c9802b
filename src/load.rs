//! From files to units: every set loaded, every stage resolved, each service joined with what it builds.

mod contexts;
mod exposed;
mod hide;
mod inline;
mod scripts;
mod seccomp;

use crate::build::{BuiltFile, JudgedFile};
use crate::config::{Config, DeclaredSet};
use crate::container::{Container, ContainerKind, ImageSource, probed, running};
use crate::discover::{ComposeSet, Found};
use crate::fact::{Fact, Sourced, Unknown};
use crate::finding::{Finding, Layer, ReaderRule, Severity};
use crate::parse::{Problem, dockerfile};
use crate::redact::Secrets;
use crate::repository::{Repository, UnsetVariable};
use crate::resolve::compose::env::Env;
use crate::resolve::compose::load::{Files, Loader, Missing, Set, once};
use crate::resolve::compose::paths::join;
use crate::resolve::compose::service::{Build, Project, Service};
use crate::resolve::compose::{consistency, read};
use crate::resolve::stage;
use crate::source::{Span, Spanned, slashed};
use crate::workspace::Workspace;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What a run was told besides its configuration.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// Variables that were handed over; they are all there are.
    pub env: Option<Env>,
    /// The profile of what nothing else gives one.
    pub profile: Option<String>,
}

/// Loads and joins everything.
pub(crate) fn build(found: &Found, config: &Config, given: &Given, workspace: &mut Workspace) -> (Repository, Secrets) {
    let mut builder = Builder {
        config,
        given,
        workspace,
        repository: Repository::default(),
        files: HashMap::new(),
        built: BTreeMap::new(),
        contexts: contexts::Contexts::default(),
    };
    for set in &found.sets {
        builder.compose_set(set, None);
    }
    for set in &config.compose {
        let files = set.files.iter().map(|file| PathBuf::from(&file.value)).collect();
        let found = ComposeSet {
            files,
            ..ComposeSet::default()
        };
        builder.compose_set(&found, Some(set));
    }
    builder.services();
    for path in &found.dockerfiles {
        builder.dockerfile_alone(path);
    }
    builder.judged_files();
    let mut repository = builder.repository;
    repository.comments = workspace.yaml_comments();
    repository.tracked = workspace.tracked().cloned();
    repository.exposed = exposed::tracked(&repository.sets, workspace);
    repository.open_seccomp = seccomp::open(&repository.sets, workspace);
    repository.problems.extend(config.not_held.iter().map(not_held));
    once(&mut repository.problems);
    let secrets = hide::secrets(&repository, workspace);
    (repository, secrets)
}

/// What is said of a set whose services lack what another file gives them.
fn incomplete(set: &ComposeSet, project: &Project) -> Option<Problem> {
    let has_nothing = |service: &&Service| service.image.is_absent() && service.build.is_none();
    let service = project.services.iter().find(has_nothing).or(project.services.first())?;
    let name = &service.name.value;
    if let Some(other) = &set.completed_by {
        let other = slashed(other);
        let message = format!("`{name}` has no image here: only `{other}` completes it");
        let files: Vec<String> = set.files.iter().map(|file| slashed(file)).collect();
        let help = format!(
            "in plimsoll.yaml, `compose: [{{files: [{}, {other}]}}]`",
            files.join(", ")
        );
        let finding = Finding::new(service.name.span, message)
            .help(help)
            .severity(Severity::Note);
        return Some(Problem::new(ReaderRule::ServiceWithoutImage, finding.aspect("image")));
    }
    let file = set.files.last().filter(|_| set.orphan)?;
    let message = format!("override file without a base: `{name}` has no image here");
    let help = format!("in plimsoll.yaml, `compose: [{{files: [BASE, {}]}}]`", slashed(file));
    let finding = Finding::new(service.name.span, message)
        .help(help)
        .severity(Severity::Note);
    Some(Problem::new(ReaderRule::UndecidedValue, finding))
}

/// A budget that no rule looks at must not look like one that was kept.
fn not_held(key: &Spanned<String>) -> Problem {
    let message = format!(
        "'{}' is not held against anything yet: a pass says nothing about it",
        key.value
    );
    Problem::new(
        ReaderRule::UndecidedValue,
        Finding::new(key.span, message).help("take it out, or check it by other means"),
    )
}

/// Inline Dockerfiles that are followed.
const MAX_INLINE: usize = 100;

/// A Dockerfile and who builds it.
struct Use {
    file: Rc<BuiltFile>,
    plans: Vec<(Option<String>, Rc<stage::Plan>)>,
    /// The folders that services build it in, if they are known, and where they say so.
    folders: Vec<Option<(PathBuf, Span)>>,
    foreign_runtime: bool,
}

struct Builder<'a> {
    config: &'a Config,
    given: &'a Given,
    workspace: &'a mut Workspace,
    repository: Repository,
    files: HashMap<PathBuf, Option<Rc<BuiltFile>>>,
    built: BTreeMap<String, Use>,
    contexts: contexts::Contexts,
}

impl Builder<'_> {
    fn compose_set(&mut self, set: &ComposeSet, declared: Option<&DeclaredSet>) {
        let folder = set
            .files
            .first()
            .and_then(|file| file.parent())
            .map(Path::to_path_buf)
            .unwrap_or_default();
        let (env, env_files) = self.environment(&folder, declared);
        let complete = env.complete;
        let loader = Loader::new(self.workspace);
        let document = loader.run(&Set {
            files: &set.files,
            folder: &folder,
            env: &env,
        });
        let mut problems = document.problems.clone();
        let mut project = read::project(&document, &folder, &mut problems);
        project.files = set.files.clone();
        project.declared_profiles = declared.map(|set| set.profiles.clone()).unwrap_or_default();
        project.read_files = document
            .files
            .iter()
            .map(|(path, _)| path.clone())
            .chain(document.env_files.clone())
            .chain(env_files)
            .collect();
        project.guessed_of = if set.guessed {
            project.own_sources(&document.files)
        } else {
            Vec::new()
        };
        project.partial |= set.orphan || set.completed_by.is_some();
        problems.extend(incomplete(set, &project));
        consistency::check(&project, self.workspace, &mut problems);
        problems.retain(|problem| !project.is_only_guessed(&problem.finding));
        self.repository.problems.append(&mut problems);
        self.repository.unset.extend(
            document
                .unset
                .into_iter()
                .map(|unset| UnsetVariable { unset, complete }),
        );
        self.repository.sets.push(project);
    }

    /// The variables of a set: what was handed over, else what its declaration names, else the `.env` of its folder.
    fn environment(&mut self, folder: &Path, declared: Option<&DeclaredSet>) -> (Env, Vec<PathBuf>) {
        if let Some(env) = &self.given.env {
            return (env.clone(), Vec::new());
        }
        let path = declared
            .and_then(|set| set.env_file.as_ref())
            .map_or_else(|| folder.join(".env"), |file| PathBuf::from(&file.value));
        match self.workspace.text(&path) {
            Ok(text) => {
                let (mut env, _) = Env::parse(&text, &Env::default());
                env.complete = true;
                (env, vec![path])
            }
            Err(_) => (Env::default(), Vec::new()),
        }
    }

    fn services(&mut self) {
        let sets = std::mem::take(&mut self.repository.sets);
        for (set_index, set) in sets.iter().enumerate() {
            for (index, service) in set.services.iter().enumerate() {
                let image = self.image(service);
                let profile = self.profile_of_service(service, &image);
                let unit = Container {
                    name: service.name.value.clone(),
                    kind: ContainerKind::Service,
                    span: service.name.span,
                    set: Some(set_index),
                    service: Some(index),
                    user: running(Some(service), &image, service.name.span),
                    health: probed(Some(service), &image, service.name.span),
                    image,
                    profile,
                    ledger: OnceCell::new(),
                    measured: OnceCell::new(),
                };
                self.repository.containers.push(unit);
            }
        }
        self.repository.sets = sets;
    }

    /// What the container of a service starts from.
    fn image(&mut self, service: &Service) -> ImageSource {
        let unknown = |reason: String, span: Span| ImageSource::Unknown(Unknown { reason, span });
        let Some(build) = &service.build else {
            return match &service.image {
                Fact::Known(name) => ImageSource::Named(name.clone()),
                Fact::Unknown(reason) => ImageSource::Unknown(reason.clone()),
                Fact::Absent => ImageSource::None,
            };
        };
        let file = match &build.inline {
            Fact::Unknown(reason) => return ImageSource::Unknown(reason.clone()),
            Fact::Known(inline) => match self.inline_file(service, inline) {
                Some(file) => file,
                None => return unknown("its Dockerfile is not written line by line".to_owned(), inline.span),
            },
            Fact::Absent => match self.named_file(service, build) {
                Ok(file) => file,
                Err(image) => return image,
            },
        };
        self.built(service, build, file)
    }

    /// The Dockerfile that `context` and `dockerfile` name.
    fn named_file(&mut self, service: &Service, build: &Build) -> Result<Rc<BuiltFile>, ImageSource> {
        let unknown = |reason: String, span: Span| ImageSource::Unknown(Unknown { reason, span });
        let folder = match (&build.folder, &build.context) {
            (Some(folder), _) => folder.clone(),
            (None, Fact::Unknown(reason)) => return Err(ImageSource::Unknown(reason.clone())),
            (None, _) => {
                return Err(unknown(
                    "it is built from a remote context, which is not fetched".to_owned(),
                    build.span,
                ));
            }
        };
        let name = match &build.dockerfile {
            Fact::Known(name) => name.value.as_str(),
            Fact::Absent => "Dockerfile",
            Fact::Unknown(reason) => return Err(ImageSource::Unknown(reason.clone())),
        };
        let path = join(&folder, name);
        if let Some(file) = self.built_file(&path) {
            return Ok(file);
        }
        self.missing_dockerfile(service, build, &folder, &path);
        Err(unknown(
            format!("its Dockerfile '{}' cannot be read here", path.display()),
            build.span,
        ))
    }

    /// The Dockerfile inside the Compose file.
    fn inline_file(&mut self, service: &Service, inline: &Sourced<String>) -> Option<Rc<BuiltFile>> {
        let source = self.workspace.sources().get(inline.span.source);
        let path = format!("{} (service {})", source.path, service.name.value);
        let key = PathBuf::from(&path);
        if let Some(known) = self.files.get(&key) {
            return known.clone();
        }
        // Each one costs a copy of what stands before it: a file of nothing but inline Dockerfiles stays bounded.
        let inlined = self.files.values().flatten().filter(|file| file.is_inline).count();
        let text = inline::padded(source, inline).filter(|_| inlined < MAX_INLINE);
        let file = text.map(|(text, indent)| {
            let ast = dockerfile::parse_indented(inline.span.source, &text, indent);
            self.repository
                .problems
                .extend(ast.problems.iter().filter(|_| !ast.is_foreign()).cloned());
            Rc::new(BuiltFile {
                source: inline.span.source,
                path,
                ast,
                is_inline: true,
            })
        });
        self.files.insert(key, file.clone());
        file
    }

    /// A service that builds a stage of a Dockerfile.
    fn built(&mut self, service: &Service, build: &Build, file: Rc<BuiltFile>) -> ImageSource {
        let unknown = |reason: String, span: Span| ImageSource::Unknown(Unknown { reason, span });
        let target = match &build.target {
            Fact::Known(target) => Some(target.value.as_str()),
            Fact::Absent => None,
            Fact::Unknown(reason) => return ImageSource::Unknown(reason.clone()),
        };
        if file.ast.is_foreign() {
            return unknown(
                "its Dockerfile is read by a front end of its own".to_owned(),
                build.span,
            );
        }
        let args: Vec<(String, Fact<String>)> = build
            .args
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Fact::Absent => Fact::unknown(
                        format!("the variable {name} comes from the environment of the build"),
                        build.span,
                    ),
                    value => value.clone(),
                };
                (name.clone(), value)
            })
            .collect();
        let plan = Rc::new(stage::resolve(&file.ast, target, &args));
        if plan.shipped.is_none()
            && let (Some(target), Fact::Known(wanted)) = (target, &build.target)
        {
            let finding = Finding::new(
                wanted.span,
                format!(
                    "service '{}' builds the stage '{target}', which '{}' does not have",
                    service.name.value, file.path
                ),
            )
            .help(stage_names(&plan));
            self.repository
                .problems
                .push(Problem::new(ReaderRule::UndefinedStage, finding));
        }
        let usage = self.built.entry(file.path.clone()).or_insert_with(|| Use {
            file: file.clone(),
            plans: Vec::new(),
            folders: Vec::new(),
            foreign_runtime: false,
        });
        let span = build.context.span().unwrap_or(build.span);
        usage.foreign_runtime |= !service.runs_on_linux();
        usage.folders.push(build.folder.clone().map(|folder| (folder, span)));
        usage.plans.push((Some(service.name.value.clone()), plan.clone()));
        ImageSource::Built { file, plan }
    }

    /// A context that is here without its Dockerfile: the build fails. A context that is not here says nothing.
    fn missing_dockerfile(&mut self, service: &Service, build: &Build, folder: &Path, path: &Path) {
        let is_here = self.workspace.exists(folder) == Some(true) && self.workspace.exists(path) == Some(false);
        if is_here && !self.workspace.ignored(path) && build.dockerfile.span().is_some_and(|span| span.start < span.end)
        {
            let span = build.dockerfile.span().unwrap_or(build.span);
            let finding = Finding::new(
                span,
                format!(
                    "service '{}' is built from '{}', which is not there",
                    service.name.value,
                    path.display()
                ),
            )
            .help("the path is relative to the build context")
            // Compose reads the file without a word; the build fails.
            .layer(Layer::Build);
            self.repository
                .problems
                .push(Problem::new(ReaderRule::UndefinedReference, finding));
        }
    }

    fn built_file(&mut self, path: &Path) -> Option<Rc<BuiltFile>> {
        if let Some(known) = self.files.get(path) {
            return known.clone();
        }
        let file = match self.workspace.source(path) {
            Ok(source) => {
                let text = self.workspace.sources().get(source);
                let ast = dockerfile::parse(source, &text.text);
                self.repository
                    .problems
                    .extend(ast.problems.iter().filter(|_| !ast.is_foreign()).cloned());
                Some(Rc::new(BuiltFile {
                    source,
                    path: text.path.clone(),
                    ast,
                    is_inline: false,
                }))
            }
            Err(_) => None,
        };
        self.files.insert(path.to_path_buf(), file.clone());
        file
    }

    /// A Dockerfile that was found. It is a unit of its own if no service builds it.
    fn dockerfile_alone(&mut self, path: &Path) {
        let Some(file) = self.built_file(path) else {
            if self.workspace.source(path) == Err(Missing::Outside) {
                self.workspace.note_outside(path);
            }
            return;
        };
        if file.ast.is_foreign() || self.built.contains_key(&file.path) {
            return;
        }
        let plan = Rc::new(stage::resolve(&file.ast, None, &[]));
        let usage = Use {
            file: file.clone(),
            plans: vec![(None, plan.clone())],
            folders: Vec::new(),
            foreign_runtime: false,
        };
        self.built.insert(file.path.clone(), usage);
        let Some(shipped) = plan.shipped() else { return };
        let span = shipped.from;
        let profile = self
            .assigned(None, Some(&file.path))
            .map_or_else(|| self.fallback_profile(), |(name, _)| name);
        let image = ImageSource::Built {
            file: file.clone(),
            plan,
        };
        self.repository.containers.push(Container {
            name: file.path.clone(),
            kind: ContainerKind::Dockerfile,
            span,
            set: None,
            service: None,
            user: running(None, &image, span),
            health: probed(None, &image, span),
            image,
            profile,
            ledger: OnceCell::new(),
            measured: OnceCell::new(),
        });
    }

    fn judged_files(&mut self) {
        for usage in std::mem::take(&mut self.built).into_values() {
            let mut shipped: Vec<usize> = usage.plans.iter().filter_map(|(_, plan)| plan.shipped).collect();
            shipped.sort_unstable();
            shipped.dedup();
            for (_, plan) in &usage.plans {
                self.repository.problems.extend(plan.problems.iter().cloned());
            }
            let services = usage.plans.iter().filter_map(|(service, _)| service.clone()).collect();
            if let Some((_, plan)) = usage.plans.into_iter().next() {
                let context = self
                    .contexts
                    .find(&usage.file, &plan, &usage.folders, self.config, self.workspace);
                self.repository.dockerfiles.push(JudgedFile {
                    file: usage.file,
                    plan,
                    shipped,
                    services,
                    foreign_runtime: usage.foreign_runtime,
                    context,
                    runs: OnceCell::new(),
                    contents: OnceCell::new(),
                });
            }
        }
    }

    // ---- profiles

    fn fallback_profile(&self) -> String {
        self.given.profile.clone().unwrap_or_else(|| "default".to_owned())
    }

    /// The first assignment that fits, and whether it is final.
    fn assigned(&self, service: Option<&str>, dockerfile: Option<&str>) -> Option<(String, bool)> {
        self.config
            .assign
            .iter()
            .find(|assignment| assignment.fits(service, dockerfile))
            .map(|assignment| (assignment.profile.value.clone(), assignment.is_final))
    }

    fn profile_of_service(&mut self, service: &Service, image: &ImageSource) -> String {
        let dockerfile = match image {
            ImageSource::Built { file, .. } => Some(file.path.as_str()),
            _ => None,
        };
        let assigned = self.assigned(Some(&service.name.value), dockerfile);
        if let Some((name, true)) = &assigned {
            return name.clone();
        }
        if let Some(wanted) = &service.wanted_profile {
            if self.config.profiles.contains_key(&wanted.value) {
                return wanted.value.clone();
            }
            let finding = Finding::new(
                wanted.span,
                format!(
                    "service '{}' asks for the profile '{}', which is not there",
                    service.name.value, wanted.value
                ),
            );
            let near = crate::values::nearest(&wanted.value, self.config.profiles.keys().map(String::as_str));
            let help = near.map_or_else(
                || {
                    format!(
                        "known: {}",
                        self.config.profiles.keys().cloned().collect::<Vec<_>>().join(", ")
                    )
                },
                |near| format!("did you mean '{near}'?"),
            );
            self.repository
                .problems
                .push(Problem::new(ReaderRule::UnmatchedAssignment, finding.help(help)));
        }
        assigned.map_or_else(|| self.fallback_profile(), |(name, _)| name)
    }
}

fn stage_names(plan: &stage::Plan) -> String {
    let names: Vec<&str> = plan
        .stages
        .iter()
        .filter_map(|stage| stage.name.as_ref())
        .map(|name| name.value.as_str())
        .collect();
    if names.is_empty() {
        "it has no named stages".to_owned()
    } else {
        format!("its stages: {}", names.join(", "))
    }
}

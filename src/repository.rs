//! Everything that is judged: the Compose sets, the Dockerfiles and the containers, and what a rule may ask of them.

mod entrypoint;
pub(crate) mod host_paths;
mod made;
pub(crate) mod named_images;
mod observed;
mod reach;
pub(crate) mod recipe;
pub(crate) mod sizes;

pub(crate) use made::Made;
pub(crate) use observed::Observed;
pub(crate) use reach::Reach;
pub(crate) use sizes::Recorded;

use crate::build::growth::Sides;
use crate::build::{FileSystem, JudgedFile};
use crate::config::Profile;
use crate::container::{Container, ContainerKind, Decided, ImageSource, Ladder, Probed, start};
use crate::known_images::{Image, Images};
use crate::resolve::compose::paths::join;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::{Mount, Service};
use crate::resolve::stage::{ImageUse, Plan};
use crate::source::{SourceId, Span};
use crate::usage::Recording;
use crate::values::image_ref::ImageRef;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything that there is to judge.
#[derive(Debug)]
pub struct Repository {
    /// The Compose sets.
    pub sets: Vec<Project>,
    /// The Dockerfiles, each once.
    pub dockerfiles: Vec<JudgedFile>,
    /// The containers.
    pub containers: Vec<Container>,
    /// What readers found.
    pub problems: Vec<crate::parse::Problem>,
    /// The budgets by the names of their profiles.
    pub profiles: BTreeMap<String, Profile>,
    /// What the host has, by plimsoll.yaml.
    pub(crate) host: crate::config::Limits,
    /// The day to hold dates against, `YYYY-MM-DD`.
    pub today: String,
    /// What stands where services mount paths of the checkout, by path relative to the root.
    pub bind_sources: std::collections::HashMap<std::path::PathBuf, BindSource>,
    /// Where links of the checkout lead that services get at, by path relative to the root: absolute, or from the root up (`../../etc`).
    pub links: std::collections::HashMap<std::path::PathBuf, String>,
    /// Variables without a value, over all sets.
    pub unset: Vec<UnsetVariable>,
    /// How images are built elsewhere than in Compose files.
    pub(crate) recipes: Vec<recipe::Recipe>,
    /// The comments of every YAML file.
    pub comments: Vec<crate::source::Spanned<String>>,
    /// Files with secrets that git tracks.
    pub exposed: Vec<ExposedFile>,
    /// Seccomp profiles that allow every system call, by path.
    pub open_seccomp: std::collections::HashSet<std::path::PathBuf>,
    /// Whose repository it is and its name there, by its remote.
    pub origin: Option<(String, String)>,
    /// The paths that git tracks, if there is a repository.
    pub tracked: Option<Arc<std::collections::HashSet<std::path::PathBuf>>>,
    /// Whether only a part of the workspace was asked for: what nothing here matches may be matched elsewhere.
    pub selected: bool,
    /// What is known of images.
    pub images: Images,
    /// What images had when somebody recorded it.
    pub recorded: Recorded,
    /// What running containers took, if somebody recorded it.
    pub(crate) usage: Option<Arc<Recording>>,
    /// What the files of the commit that the change began at make, and what those of HEAD make, where nothing is recorded; by
    /// [`sizes::identity`].
    pub(crate) growth: BTreeMap<String, Sides>,
    /// The names that are made here.
    pub made: Made,
    /// Who makes them.
    pub(crate) builders: std::sync::OnceLock<sizes::Builders>,
    /// Values of variables that were handed over and have names of secrets.
    pub(crate) handed_over: BTreeSet<String>,
    /// What is judged, where it is not everything.
    pub(crate) reach: Option<Reach>,
    /// What the same files say where other variables are set.
    pub alternates: Vec<Alternate>,
}

/// What some sets say where variables are set that decide which of two texts a value is (`${V:+x}`).
#[derive(Debug)]
pub struct Alternate {
    /// The variables that are taken to be set.
    pub assumed: Vec<String>,
    /// The sets, and what they build.
    pub repository: Repository,
}

impl Repository {
    /// Whether a service builds an image of this name.
    pub fn builds_image(&self, name: &str) -> bool {
        self.made.images.contains(name.strip_suffix(":latest").unwrap_or(name))
    }

    /// Who decides the settings of a container: below Compose the stage of its image, whichever service builds that.
    pub(crate) fn ladder<'a>(&'a self, container: &'a Container) -> Ladder<'a> {
        let ladder = container.ladder(self.service(container), &self.images);
        let builder = sizes::built_by(container, self);
        Ladder {
            image: builder.map_or(ladder.image, |builder| &builder.image),
            ..ladder
        }
    }

    /// Whether an image is one of those that this repository publishes: by the owner or the name of its remote, by a job that
    /// pushes it, or by a service that builds one of that name for another registry.
    pub(crate) fn publishes(&self, name: &str) -> bool {
        let image = ImageRef::parse(name);
        let is_of = |(owner, name): &(String, String)| {
            let namespace = image.name.split_once('/').map(|(namespace, _)| namespace);
            let is_in = namespace.is_some_and(|namespace| namespace.eq_ignore_ascii_case(name));
            // A name without an owner is theirs where no image of that name is known.
            let is_bare = || {
                let rest = image.name.strip_prefix(name.to_lowercase().as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                    && image.path() == image.name
                    && !self.images.knows(&image.name)
            };
            image.belongs_to(owner) || is_in || image.is_named_like(name) || is_bare()
        };
        let is_twin = |made: &String| image.official().is_none() && ImageRef::parse(made).last() == image.last();
        self.origin.as_ref().is_some_and(is_of)
            || self.made.published.contains(&image.path())
            || self.made.images.iter().any(is_twin)
    }

    /// Whether some build gives a context under this name.
    pub(crate) fn gives_context(&self, name: &str) -> bool {
        self.made.contexts.contains(name)
    }

    /// Whether a build gives another context under this name (`additional_contexts`), or it can only be one: a stage of another
    /// Dockerfile has the name, and no official image does.
    pub fn has_context(&self, name: &str) -> bool {
        let is_stage = || self.made.stages.contains(name) && self.images.get(name).user().is_none();
        self.gives_context(name) || is_stage()
    }

    /// The platform that a container's service asks for, as written.
    pub(crate) fn platform(&self, container: &Container) -> Option<&str> {
        self.service(container)?.written(&["platform"])?.str()
    }

    /// An image that a container comes from, as it is for the container's platform.
    pub(crate) fn image_of(&self, container: &Container, name: &str) -> Image {
        self.images.get_for(name, container.platform(self.service(container)))
    }

    /// The Compose part of a container.
    pub fn service(&self, container: &Container) -> Option<&Service> {
        self.sets.get(container.set?)?.services.get(container.service?)
    }
}

/// A file with a secret that git tracks.
#[derive(Clone, Debug)]
pub struct ExposedFile {
    /// Where the Compose file names it.
    pub span: Span,
    /// Its path, relative to the workspace root.
    pub path: String,
    /// What it is to Compose: ``the secret `db` ``, ``the env_file of `api` ``.
    pub role: String,
    /// What was seen in it is a token by its form.
    pub has_token: bool,
}

/// A path of the checkout that services mount.
#[derive(Clone, Copy, Debug)]
pub struct BindSource {
    /// What stands there.
    pub kind: BindKind,
    /// Where it is mounted first.
    pub first: Span,
}

/// What stands at a path of the checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindKind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// Nothing, and git does not ignore the path.
    Absent,
}

/// A variable without a value.
#[derive(Clone, Debug)]
pub struct UnsetVariable {
    /// Where it is used, and how.
    pub unset: crate::resolve::compose::interpolate::Unset,
    /// Whether the environment was declared complete.
    pub complete: bool,
    /// Whether the environment was declared, and a script or a job of the repository gives it a value.
    pub assigned: bool,
    /// Why Compose refuses the empty text in its place, where the environment was declared.
    pub refusal: Option<String>,
}

/// A container with all that a rule may look at.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The container.
    pub container: &'a Container,
    /// Everything else.
    pub repository: &'a Repository,
    /// Its budgets.
    pub profile: &'a Profile,
}

impl<'a> Subject<'a> {
    /// Its Compose set.
    pub fn project(&self) -> Option<&'a Project> {
        self.repository.sets.get(self.container.set?)
    }

    /// Its service.
    pub fn service(&self) -> Option<&'a Service> {
        self.repository.service(self.container)
    }

    /// Whether a part of its set, or the service that it extends, could not be read: what is absent may not be absent.
    pub fn is_partial(&self) -> bool {
        self.project().is_some_and(|project| project.partial) || self.service().is_some_and(Service::is_partial)
    }

    /// The file that says most of it: its Dockerfile, else the Compose file.
    pub fn file(&self) -> SourceId {
        match &self.container.image {
            ImageSource::Built { file, .. } => file.source,
            _ => self.container.span.source,
        }
    }

    /// What messages call it: `api` in backticks, or the path of the Dockerfile.
    pub fn label(&self) -> String {
        match self.container.kind {
            ContainerKind::Service => format!("`{}`", self.container.name),
            ContainerKind::Dockerfile => format!("the image of `{}`", self.container.name),
        }
    }

    /// How the image's own entrypoint steps down from root, where it is known to and nothing replaces it.
    pub fn steps_down(&self) -> Option<&'static str> {
        let row = self.known_image(self.container.image.root()?).user()?;
        Some(row.steps_down).filter(|how| !how.is_empty() && !self.has_own_entrypoint())
    }

    /// Whether the service or the stage sets an entrypoint in place of the base image's.
    pub fn has_own_entrypoint(&self) -> bool {
        let stage = self.container.image.stage();
        self.service().is_some_and(|service| !service.entrypoint.is_absent())
            || stage.is_some_and(|stage| !stage.entrypoint.is_absent()) && !self.repeats_entrypoint()
    }

    /// Where the shipped stage names what it starts from.
    pub fn base_span(&self) -> Option<Span> {
        let ImageSource::Built { plan, .. } = &self.container.image else {
            return None;
        };
        plan.references()
            .iter()
            .find(|word| word.usage == ImageUse::From && Some(word.within) == plan.shipped)
            .map(|word| word.span)
    }

    /// What stands in the checkout where a mount of the service takes a path of it, if it does and that is known.
    pub(crate) fn bind_source(&self, mount: &Mount) -> Option<BindSource> {
        let path = join(&self.project()?.folder, mount.local_source()?);
        self.repository.bind_sources.get(&path).copied()
    }

    /// What a demand weighs: an error where the profile demands it, a warning where the author shows that they care, else
    /// a note.
    pub fn weight(&self, demand: crate::config::Demand, intended: bool) -> crate::finding::Severity {
        use crate::finding::Severity;
        if self.profile.demands(demand) {
            Severity::Error
        } else if intended {
            Severity::Warning
        } else {
            Severity::Note
        }
    }

    /// Gives a finding about a demand its weight, and the place of the demand.
    pub fn demanded(
        &self,
        finding: crate::finding::Finding,
        demand: crate::config::Demand,
        intended: bool,
    ) -> crate::finding::Finding {
        let finding = finding.severity(self.weight(demand, intended));
        match self.profile.demands.get(&demand) {
            Some(Some(span)) => finding.related(*span, "required here"),
            _ => finding,
        }
    }

    /// The end of a sentence about what is missing: `; profile NAME requires WHAT`, where it does.
    pub fn requirement_clause(&self, demand: crate::config::Demand, what: &str) -> String {
        if self.profile.demands(demand) {
            format!("; profile `{}` requires {what}", self.profile.name)
        } else {
            String::new()
        }
    }

    /// Gives a finding about a budget its weight, its figures and the place of the budget: an error against a figure that
    /// somebody chose, else a warning.
    pub fn above<T>(
        &self,
        finding: crate::finding::Finding,
        limit: &crate::config::Limit<T>,
        measured: impl Into<Option<crate::finding::Measured>>,
    ) -> crate::finding::Finding {
        let severity = if limit.chosen {
            crate::finding::Severity::Error
        } else {
            crate::finding::Severity::Warning
        };
        let mut finding = finding.severity(severity);
        finding.measured = measured.into();
        match limit.span {
            Some(span) => finding.related(span, "the budget"),
            None => finding,
        }
    }

    /// Whether a setting that is absent is known to be absent: every part of its Compose set could be read, and it is a
    /// container at all.
    pub fn absence_is_sure(&self) -> bool {
        match (self.project(), self.service()) {
            (Some(project), Some(service)) => {
                !service.has_provider && (!self.is_partial() || project.alone_has(service))
            }
            _ => !self.is_partial(),
        }
    }

    /// What the container's file system is known to hold, without what the service mounts.
    pub fn contents(&self) -> Arc<FileSystem> {
        let (file, plan) = match &self.container.image {
            ImageSource::Built { file, plan } => (file, plan),
            ImageSource::Named(name) => return Arc::new(FileSystem::image(self.known_image(&name.value))),
            _ => return Arc::new(FileSystem::unknown()),
        };
        let judged = self
            .repository
            .dockerfiles
            .iter()
            .find(|judged| Arc::ptr_eq(&judged.file, file));
        let (Some(judged), Some(shipped)) = (judged, plan.shipped) else {
            return Arc::new(FileSystem::unknown());
        };
        let same = |plan: &Plan| plan.stages.iter().map(|stage| stage.base.clone()).collect::<Vec<_>>();
        let found = if Arc::ptr_eq(plan, &judged.plan) || same(plan) == same(&judged.plan) {
            judged.contents().get(shipped).cloned()
        } else {
            crate::build::filesystem::all(judged, plan).into_iter().nth(shipped)
        };
        found.unwrap_or_else(|| Arc::new(FileSystem::unknown()))
    }

    /// An image that it comes from, as it is for its platform.
    pub(crate) fn known_image(&self, name: &str) -> Image {
        self.repository.image_of(self.container, name)
    }

    /// Who decides its settings.
    fn ladder(&self) -> Ladder<'a> {
        self.repository.ladder(self.container)
    }

    /// What it is started with.
    pub fn effective(&self) -> start::Effective {
        start::Effective::of(self.ladder())
    }

    /// Who it runs as, without the rest of [`Subject::effective`].
    pub fn user(&self) -> Decided<String> {
        self.ladder().user()
    }

    /// Whether anything probes it, without the rest of [`Subject::effective`].
    pub fn probed(&self) -> Probed {
        self.ladder().probed()
    }
}

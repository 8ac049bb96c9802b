//! The unit of judgement: a service with the stage that it builds and the facts of its image, or a Dockerfile alone.

mod contents;
pub mod effective;
pub mod layers;
pub mod ledger;
pub mod needs;
pub mod origins;
mod packages;
mod process;
pub mod reach;
mod runs;
mod sizes;
mod tools;

pub use contents::Contents;
pub use packages::{Action, Manager, PackageCommand};
pub use process::{Decider, Probed, Running, probed, running};
pub use runs::RunStep;
pub use sizes::{Measured, Recorded};

use crate::catalogue;
use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::model::image::ImageRef;
use crate::parse::dockerfile::{Dockerfile, Instruction};
use crate::resolve::compose::service::{Healthcheck, Mount, Project, Service};
use crate::resolve::stage::{Base, ImageUse, Plan, Stage};
use crate::source::{SourceId, Span};
use std::rc::Rc;

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Compose service.
    Service,
    /// A Dockerfile that no service builds.
    Dockerfile,
}

/// A unit.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The name of the service, or the path of the Dockerfile.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The place that stands for it.
    pub span: Span,
    /// The number of its Compose set.
    pub set: Option<usize>,
    /// The number of its service in the set.
    pub service: Option<usize>,
    /// What its container starts from.
    pub image: Image,
    /// The profile whose budgets hold for it.
    pub profile: String,
    /// Who it runs as.
    pub user: Running,
    /// Whether anything probes it.
    pub health: Probed,
    /// How big its image is, once somebody asks ([`ledger::of_unit`]).
    pub ledger: std::cell::OnceCell<Rc<ledger::Ledger>>,
    /// Its image, if it was built and every layer of it was read.
    pub measured: std::cell::OnceCell<Rc<Measured>>,
}

impl Unit {
    /// Where its image is named, if it is not built here.
    pub fn image_span(&self) -> Option<Span> {
        match &self.image {
            Image::Named(name) => Some(name.span),
            _ => None,
        }
    }
}

/// What a container starts from.
#[derive(Clone, Debug)]
pub enum Image {
    /// A stage that is built here.
    Built {
        /// The Dockerfile.
        file: Rc<BuiltFile>,
        /// Its stages, for this target and these arguments.
        plan: Rc<Plan>,
    },
    /// An image from elsewhere.
    Named(Sourced<String>),
    /// Nothing that can be known here.
    Unknown(Unknown),
    /// Nothing is said.
    None,
}

impl Image {
    /// The stage that ships, if it is built here.
    pub fn stage(&self) -> Option<&Stage> {
        match self {
            Image::Built { plan, .. } => plan.shipped(),
            _ => None,
        }
    }

    /// The image at the root of everything: the named one, or the base of the stage.
    pub fn root(&self) -> Option<&str> {
        match self {
            Image::Named(name) => Some(&name.value),
            Image::Built { plan, .. } => match &plan.shipped()?.root_image {
                Base::Image(Fact::Known(name)) => Some(&name.value),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A Dockerfile with its text.
#[derive(Debug)]
pub struct BuiltFile {
    /// Its text.
    pub source: SourceId,
    /// Its path relative to the workspace root, or the name of the service that holds it inline.
    pub path: String,
    /// Its instructions.
    pub ast: Dockerfile,
    /// Whether it stands inside a Compose file.
    pub is_inline: bool,
}

/// A path of the host without the ways to write it otherwise: `//var/run/./docker.sock`.
fn host_path(text: &str) -> String {
    crate::model::volume::clean(text)
}

/// Everything that there is to judge.
#[derive(Debug, Default)]
pub struct World {
    /// The Compose sets.
    pub sets: Vec<Project>,
    /// The Dockerfiles, each once.
    pub dockerfiles: Vec<JudgedFile>,
    /// The units.
    pub units: Vec<Unit>,
    /// What readers found.
    pub problems: Vec<crate::parse::Problem>,
    /// The day to hold dates against, `YYYY-MM-DD`; empty is that of the tables.
    pub today: String,
    /// Variables without a value, over all sets.
    pub unset: Vec<UnsetVariable>,
    /// The comments of every YAML file.
    pub comments: Vec<crate::source::Spanned<String>>,
    /// Files with secrets that git tracks.
    pub exposed: Vec<ExposedFile>,
    /// Seccomp profiles that allow every system call, by path.
    pub open_seccomp: std::collections::HashSet<std::path::PathBuf>,
    /// The paths that git tracks, if there is a repository.
    pub tracked: Option<Rc<std::collections::HashSet<std::path::PathBuf>>>,
    /// Whether only a part of the workspace was asked for: what nothing here matches may be matched elsewhere.
    pub selected: bool,
    /// Sizes of base images that the configuration adds.
    pub own_images: catalogue::Own,
    /// What images had when somebody recorded it.
    pub recorded: Recorded,
    /// The names that are made here, once somebody asks.
    pub made: std::cell::OnceCell<Made>,
}

/// Names that look like images of a registry and are not.
#[derive(Debug, Default)]
pub struct Made {
    images: std::collections::HashSet<String>,
    contexts: std::collections::HashSet<String>,
}

impl World {
    /// Whether a service builds an image of this name.
    pub fn builds_image(&self, name: &str) -> bool {
        self.made()
            .images
            .contains(name.strip_suffix(":latest").unwrap_or(name))
    }

    /// Whether a build gives another context under this name (`additional_contexts`).
    pub fn has_context(&self, name: &str) -> bool {
        self.made().contexts.contains(name)
    }

    fn made(&self) -> &Made {
        self.made.get_or_init(|| {
            let mut made = Made::default();
            for service in self.sets.iter().flat_map(|set| &set.services) {
                if let (Some(_), Some(image)) = (&service.build, service.image.value()) {
                    made.images
                        .insert(image.strip_suffix(":latest").unwrap_or(image).to_owned());
                }
                let Some(contexts) = service.written(&["build", "additional_contexts"]) else {
                    continue;
                };
                let items = contexts.seq().unwrap_or(&[]).iter().filter_map(|item| item.str());
                made.contexts
                    .extend(items.filter_map(|item| item.split('=').next()).map(str::to_owned));
                made.contexts
                    .extend(contexts.map().into_iter().flat_map(|map| map.keys().cloned()));
            }
            made
        })
    }
}

/// A file with a secret that git tracks.
#[derive(Clone, Debug)]
pub struct ExposedFile {
    /// Where the Compose file names it.
    pub span: Span,
    /// Its path, relative to the workspace root.
    pub path: String,
    /// What it is to Compose: `the secret 'db'`, `the env_file of service 'api'`.
    pub role: String,
}

/// A Dockerfile that is judged as a file.
#[derive(Debug)]
pub struct JudgedFile {
    /// The file.
    pub file: Rc<BuiltFile>,
    /// Its stages without arguments and for its last stage, or as its first service builds it.
    pub plan: Rc<Plan>,
    /// Stages that ship, by index and ascending: for every service that builds it.
    pub shipped: Vec<usize>,
    /// The services that build it.
    pub services: Vec<String>,
    /// The files that it is built from, where that is known.
    pub context: Option<Context>,
    /// What its RUN instructions run, once somebody asks.
    pub runs: std::cell::OnceCell<Vec<RunStep>>,
    /// What its stages hold at their ends, once somebody asks.
    pub contents: std::cell::OnceCell<Vec<Rc<Contents>>>,
}

/// How far a stage gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Nothing that ships needs it.
    Unused,
    /// Something is taken out of it; its layers stay behind.
    Helps,
    /// Its layers are part of an image that ships.
    Ships,
}

impl World {
    /// The day to hold dates against.
    pub fn today(&self) -> &str {
        if self.today.is_empty() {
            catalogue::TABLE_DATE
        } else {
            &self.today
        }
    }
}

impl JudgedFile {
    /// How far each stage gets, by index. Where the target is not known every stage may ship.
    pub fn fates(&self) -> Vec<Fate> {
        let stages = &self.plan.stages;
        if self.shipped.is_empty() {
            return vec![Fate::Ships; stages.len()];
        }
        let mut fates = vec![Fate::Unused; stages.len()];
        // A stage only needs earlier ones, so one pass from the end is enough.
        for (index, stage) in stages.iter().enumerate().rev() {
            if self.shipped.binary_search(&index).is_ok() {
                raise(&mut fates, index, Fate::Ships);
            }
            let fate = fates.get(index).copied().unwrap_or(Fate::Unused);
            if fate == Fate::Unused {
                continue;
            }
            for need in &stage.needs {
                raise(&mut fates, *need, Fate::Helps);
            }
            if let Base::Stage(base) = stage.base {
                raise(&mut fates, base, fate);
            }
        }
        fates
    }

    /// Every stage with its number and how far it gets.
    pub fn stages(&self) -> impl Iterator<Item = (usize, &Stage, Fate)> {
        let fates = self.fates();
        self.plan
            .stages
            .iter()
            .enumerate()
            .map(move |(index, stage)| (index, stage, fates.get(index).copied().unwrap_or(Fate::Unused)))
    }

    /// The instructions of a stage behind its FROM.
    pub fn instructions(&self, stage: &Stage) -> &[Instruction] {
        self.file
            .ast
            .instructions
            .get(stage.instructions.clone())
            .unwrap_or(&[])
    }

    /// What a stage is called in messages: its name, or its number from 1 where it has none.
    pub fn stage_name(&self, index: usize) -> String {
        match self.plan.stages.get(index).and_then(|stage| stage.name.as_ref()) {
            Some(name) => format!("stage '{}'", name.value),
            None if self.plan.stages.len() == 1 => "the image".to_owned(),
            None => format!("stage {}", index + 1),
        }
    }

    /// What each stage holds at its end.
    pub fn contents(&self) -> &[Rc<Contents>] {
        self.contents.get_or_init(|| contents::all(self, &self.plan))
    }

    /// Goes through the instructions of a stage: `see` gets each one with what the stage holds before it.
    pub fn walk(&self, stage: usize, see: &mut dyn FnMut(&Instruction, &Contents)) {
        let done = self.contents();
        let mut room = usize::MAX;
        let mut contents = contents::start(&self.plan, stage, done, &mut room);
        contents::walk(self, &self.plan, stage, &mut contents, done, see);
    }

    /// The stages whose image is an image that ships.
    pub fn shipped_stages(&self) -> Vec<usize> {
        if self.shipped.is_empty() {
            return self.plan.shipped.into_iter().collect();
        }
        self.shipped.clone()
    }

    /// What the RUN instructions in shell form run, where that can be told.
    pub fn run_steps(&self) -> &[RunStep] {
        self.runs.get_or_init(|| runs::steps(self))
    }
}

fn raise(fates: &mut [Fate], index: usize, fate: Fate) {
    if let Some(known) = fates.get_mut(index) {
        *known = (*known).max(fate);
    }
}

/// A variable without a value.
#[derive(Clone, Debug)]
pub struct UnsetVariable {
    /// Where it is used, and how.
    pub unset: crate::resolve::compose::interpolate::Unset,
    /// Whether the environment was declared complete.
    pub complete: bool,
}

/// A unit with all that a rule may look at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The unit.
    pub unit: &'a Unit,
    /// Everything else.
    pub world: &'a World,
    /// Its budgets.
    pub profile: &'a crate::config::Profile,
}

impl<'a> View<'a> {
    /// Its Compose set.
    pub fn project(&self) -> Option<&'a Project> {
        self.world.sets.get(self.unit.set?)
    }

    /// Its service.
    pub fn service(&self) -> Option<&'a Service> {
        self.project()?.services.get(self.unit.service?)
    }

    /// Whether a part of its set could not be read, so that what is absent may not be absent.
    pub fn is_partial(&self) -> bool {
        self.project().is_some_and(|project| project.partial)
    }

    /// What messages call it: `service 'api'`, or the path of the Dockerfile.
    pub fn label(&self) -> String {
        match self.unit.kind {
            Kind::Service => format!("service '{}'", self.unit.name),
            Kind::Dockerfile => format!("the image of '{}'", self.unit.name),
        }
    }

    /// How the image's own entrypoint steps down from root, where it is known to and nothing replaces it.
    pub fn steps_down(&self) -> Option<&'static str> {
        let replaced = self.service().is_some_and(|service| !service.entrypoint.is_absent())
            || self
                .unit
                .image
                .stage()
                .is_some_and(|stage| !stage.entrypoint.is_absent());
        let row = catalogue::user(&ImageRef::parse(self.unit.image.root()?))?;
        Some(row.steps_down).filter(|how| !how.is_empty() && !replaced)
    }

    /// Where the shipped stage names what it starts from.
    pub fn base_span(&self) -> Option<Span> {
        let Image::Built { plan, .. } = &self.unit.image else {
            return None;
        };
        plan.references()
            .iter()
            .find(|word| word.usage == ImageUse::From && Some(word.within) == plan.shipped)
            .map(|word| word.span)
    }

    /// The path of the host behind a mount, and where it is written: a bind mount's source, or the device of a volume that
    /// is a bind mount in disguise.
    pub fn host_path(&self, mount: &'a Mount) -> Option<(String, Span)> {
        let source = mount.source.sourced()?;
        if mount.kind.value().is_some_and(|kind| kind == "bind") {
            return Some((host_path(&source.value), source.span));
        }
        let volume = self
            .project()?
            .volumes
            .iter()
            .find(|volume| volume.name.value == source.value)?;
        let options = volume.raw.get("driver_opts")?;
        let is_bind = options
            .get("o")
            .and_then(|value| value.str())
            .is_some_and(|text| text.split(',').any(|option| matches!(option, "bind" | "rbind")));
        let device = options.get("device").filter(|_| is_bind)?;
        Some((host_path(device.str()?), device.span))
    }

    /// What a demand weighs: an error where the profile demands it, a warning where the author shows that they care, else
    /// a note.
    pub fn weight(&self, demand: crate::config::Demand, cares: bool) -> crate::finding::Severity {
        use crate::finding::Severity;
        if self.profile.demands(demand) {
            Severity::Error
        } else if cares {
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
        cares: bool,
    ) -> crate::finding::Finding {
        let finding = finding.severity(self.weight(demand, cares));
        match self.profile.demands.get(&demand) {
            Some(Some(span)) => finding.related(*span, "demanded here"),
            _ => finding,
        }
    }

    /// The end of a sentence about a demand: who demands it, if anybody does.
    pub fn demander(&self, demand: crate::config::Demand) -> String {
        if self.profile.demands(demand) {
            format!(", which the profile '{}' demands", self.profile.name)
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
        self.project().is_none_or(|project| !project.partial)
            && self.service().is_none_or(|service| !service.has_provider)
    }

    /// What the container's file system is known to hold, without what the service mounts.
    pub fn contents(&self) -> Rc<Contents> {
        let (file, plan) = match &self.unit.image {
            Image::Built { file, plan } => (file, plan),
            Image::Named(name) => return Rc::new(Contents::image(&name.value)),
            _ => return Rc::new(Contents::unknown()),
        };
        let judged = self
            .world
            .dockerfiles
            .iter()
            .find(|judged| Rc::ptr_eq(&judged.file, file));
        let (Some(judged), Some(shipped)) = (judged, plan.shipped) else {
            return Rc::new(Contents::unknown());
        };
        let same = |plan: &Plan| plan.stages.iter().map(|stage| stage.base.clone()).collect::<Vec<_>>();
        let found = if Rc::ptr_eq(plan, &judged.plan) || same(plan) == same(&judged.plan) {
            judged.contents().get(shipped).cloned()
        } else {
            contents::all(judged, plan).into_iter().nth(shipped)
        };
        found.unwrap_or_else(|| Rc::new(Contents::unknown()))
    }

    /// What its container is started with.
    pub fn effective(&self) -> effective::Effective {
        effective::Effective::of(self.unit, self.service())
    }

    /// The Compose health check.
    pub fn healthcheck(&self) -> Option<&'a Healthcheck> {
        self.service()?.healthcheck.as_ref()
    }
}

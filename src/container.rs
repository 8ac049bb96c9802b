//! What will run: a service with the stage that it builds and the facts of its image, or a Dockerfile that no service builds.

mod health;
mod ladder;
pub(crate) mod needs;
pub(crate) mod reach;
pub(crate) mod start;

pub(crate) use health::Probed;
pub(crate) use ladder::{Decided, Decider, Ladder};

use crate::archive::Measured;
use crate::build::BuiltFile;
use crate::build::size::Ledger;
use crate::fact::{Fact, Sourced, Unknown};
use crate::known_images::Images;
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{Base, Plan, Stage};
use crate::source::Span;
use std::sync::Arc;

/// What a container runs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// A Compose service.
    Service,
    /// A Dockerfile that no service builds.
    Dockerfile,
}

/// A container that will run.
#[derive(Clone, Debug)]
pub struct Container {
    /// The name of the service, or the path of the Dockerfile.
    pub name: String,
    /// What it is.
    pub kind: ContainerKind,
    /// The place that stands for it.
    pub span: Span,
    /// The number of its Compose set.
    pub set: Option<usize>,
    /// The number of its service in the set.
    pub service: Option<usize>,
    /// What its container starts from.
    pub image: ImageSource,
    /// What its service puts over the accounts of the image.
    pub accounts: Accounts,
    /// The profile whose budgets hold for it.
    pub profile: String,
    /// Why it is this one.
    pub chosen: Chosen,
    /// Every path that was looked for to find out what it starts from, be there something or not.
    pub inputs: std::collections::BTreeSet<std::path::PathBuf>,
    /// What was read of its image, if that was built and found.
    pub built: Option<Arc<BuiltImage>>,
    /// How big its image is, once somebody asks (`repository::sizes::of_container`).
    pub ledger: std::sync::OnceLock<Arc<Ledger>>,
}

/// Why a container has its profile.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// Who says so: `x-plimsoll`, `assign`, `--profile`; empty for nobody.
    pub by: &'static str,
    /// Where that is written, if it is.
    pub span: Option<Span>,
    /// What it was told by, where that is `auto`.
    pub why: Option<String>,
}

impl Container {
    /// Who decides its settings; `service` is its Compose part.
    pub(crate) fn ladder<'a>(&'a self, service: Option<&'a Service>, images: &'a Images) -> Ladder<'a> {
        Ladder {
            service,
            images,
            platform: self.platform(service),
            image: &self.image,
            accounts: &self.accounts,
            place: self.span,
        }
    }

    /// The platform that its image is asked for, where that is written: `platform` of a service that runs an image as it comes, or of
    /// the FROM that it starts with.
    pub(crate) fn platform<'a>(&'a self, service: Option<&'a Service>) -> Option<&'a str> {
        match &self.image {
            ImageSource::Built { .. } => self.image.stage()?.platform.value().map(String::as_str),
            _ => service?.written(&["platform"])?.str(),
        }
    }

    /// What is in its image, if that was built and every layer of it was read, and where it was found.
    pub fn measured(&self) -> Option<(&str, &Measured)> {
        let built = self.built.as_ref()?;
        Some((&built.source, built.content.as_ref()?))
    }

    /// Where its image is named, if it is not built here.
    pub fn image_span(&self) -> Option<Span> {
        match &self.image {
            ImageSource::Named(name) => Some(name.span),
            _ => None,
        }
    }
}

/// What a service puts over the accounts of its image.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    /// Accounts that it gives the number 0.
    pub zero: std::collections::BTreeSet<String>,
    /// Why it is not known which account has which number, if it is not.
    pub unknown: Option<Unknown>,
}

/// What a container starts from.
#[derive(Clone, Debug)]
pub enum ImageSource {
    /// A stage that is built here.
    Built {
        /// The Dockerfile.
        file: Arc<BuiltFile>,
        /// Its stages, for this target and these arguments.
        plan: Arc<Plan>,
    },
    /// An image from elsewhere.
    Named(Sourced<String>),
    /// Nothing that can be known here.
    Unknown(Unknown),
    /// Nothing is said.
    None,
}

impl ImageSource {
    /// The stage that ships, if it is built here.
    pub fn stage(&self) -> Option<&Stage> {
        match self {
            ImageSource::Built { plan, .. } => plan.shipped(),
            _ => None,
        }
    }

    /// The image at the root of everything: the named one, or the base of the stage.
    pub fn root(&self) -> Option<&str> {
        match self {
            ImageSource::Named(name) => Some(&name.value),
            ImageSource::Built { plan, .. } => match &plan.shipped()?.root_image {
                Base::Image(Fact::Known(name)) => Some(&name.value),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What was read of a built image.
#[derive(Debug)]
pub struct BuiltImage {
    /// Where it was found: `api.tar`, ``the engine's image `shop/api` ``.
    pub source: String,
    /// The instruction and the bytes of each layer.
    pub layers: Vec<(String, u64)>,
    /// What is in it, if every layer was read and not only counted.
    pub content: Option<Measured>,
}

impl BuiltImage {
    /// An image that was read in full.
    pub fn read(source: String, content: Measured) -> Self {
        let layers = content.layers.iter();
        Self {
            source,
            layers: layers.map(|layer| (layer.instruction.clone(), layer.bytes)).collect(),
            content: Some(content),
        }
    }
}

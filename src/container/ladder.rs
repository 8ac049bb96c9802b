//! Who decides a setting of a container: the Compose file, else the stage that it builds, else the base image, else the engine. There
//! is one way down, and every setting takes it.

use super::{Accounts, ImageSource};
use crate::fact::Fact;
use crate::known_images::Images;
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{Base, Stage};
use crate::source::Span;

/// Who decides a setting of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decider {
    /// The Compose file.
    Compose,
    /// An instruction of the stage, or of one that it starts from.
    Stage,
    /// Compose or the stage names this account, which the build gives the number 0.
    Account(String),
    /// The image of this name, which is started or built on.
    Base(String),
    /// Nobody: the engine does what it does by default.
    Engine,
    /// Whatever image it starts from: which one that is, is not known.
    Unknown,
}

impl Decider {
    /// The word in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Decider::Compose => "compose",
            Decider::Stage | Decider::Account(_) => "dockerfile",
            Decider::Base(_) | Decider::Unknown => "image",
            Decider::Engine => "engine",
        }
    }
}

/// A setting and who decides it. `Absent` is the default of the decider.
#[derive(Clone, Debug)]
pub struct Decided<T> {
    /// What it is.
    pub value: Fact<T>,
    /// Who says so, or who would have to be asked where it is not known.
    pub by: Decider,
}

/// The rungs of one container.
#[derive(Clone, Copy)]
pub(crate) struct Ladder<'a> {
    /// Its Compose part, if it has one.
    pub service: Option<&'a Service>,
    /// What is known of images.
    pub images: &'a Images,
    /// The platform that its image is asked for.
    pub platform: Option<&'a str>,
    /// What it starts from.
    pub image: &'a ImageSource,
    /// What its service puts over the accounts of the image.
    pub accounts: &'a Accounts,
    /// The place that stands for it.
    pub place: Span,
}

/// What a rung says where nothing else is to be heeded: a fact that is not absent.
pub(super) fn stated<T: Clone>(fact: &Fact<T>) -> Option<Fact<T>> {
    (!fact.is_absent()).then(|| fact.clone())
}

impl Ladder<'_> {
    /// Goes down until somebody says something. `Some(Absent)` is said: it keeps those below from being asked. `base` is asked
    /// last, with the name of an image and where that is written.
    pub(super) fn decide<T>(
        &self,
        compose: impl FnOnce(&Service) -> Option<Fact<T>>,
        stage: impl FnOnce(&Stage) -> Option<Fact<T>>,
        base: impl FnOnce(&str, Span) -> Fact<T>,
    ) -> Decided<T> {
        let decided = |value, by| Decided { value, by };
        if let Some(value) = self.service.and_then(compose) {
            return decided(value, Decider::Compose);
        }
        let unknown = |reason: &str, span| decided(Fact::unknown(reason, span), Decider::Unknown);
        let shipped = match self.image {
            ImageSource::Built { plan, .. } => match plan.shipped() {
                Some(shipped) => shipped,
                None => return unknown("the stage that it builds is unknown", self.place),
            },
            ImageSource::Named(name) => {
                return decided(base(&name.value, name.span), Decider::Base(name.value.clone()));
            }
            ImageSource::Unknown(reason) => return decided(Fact::Unknown(reason.clone()), Decider::Unknown),
            ImageSource::None => return unknown("it has no image", self.place),
        };
        if let Some(value) = stage(shipped) {
            return decided(value, Decider::Stage);
        }
        match &shipped.root_image {
            Base::Scratch => decided(Fact::Absent, Decider::Engine),
            Base::Image(Fact::Known(name)) => {
                decided(base(&name.value, shipped.from), Decider::Base(name.value.clone()))
            }
            Base::Image(Fact::Unknown(reason)) => decided(Fact::Unknown(reason.clone()), Decider::Unknown),
            _ => unknown("its base image is unknown", shipped.from),
        }
    }
}

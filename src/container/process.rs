//! Who a container runs as, and whether anything probes it: Compose, else the stage, else the base image.

use super::ImageSource;
use crate::fact::{Fact, Sourced, State, Unknown, Why};
use crate::known_images;
use crate::parse::dockerfile::Healthcheck as StageHealth;
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{Base, Stage};
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use crate::values::user::UserSpec;

/// Who a container runs as, and who says so.
#[derive(Clone, Debug)]
pub enum Running {
    /// Known.
    As {
        /// The user, as written; empty is the image's default, root.
        user: Sourced<String>,
        /// Who decides it.
        by: Decider,
    },
    /// Not known, and why.
    Unknown(Unknown),
}

/// Who decides something about a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decider {
    /// The Compose file.
    Compose,
    /// An instruction of the stage.
    Stage,
    /// Compose or the stage names this account, which the build gives the number 0.
    Account(String),
    /// The default of this base image.
    Base(String),
    /// Nobody: the stage starts from scratch.
    Scratch,
}

/// Whether a container is probed.
#[derive(Clone, Debug)]
pub enum Probed {
    /// By this Compose health check.
    Compose(Span),
    /// By this HEALTHCHECK of the stage.
    Stage(Span),
    /// Somebody switched it off here.
    Off(Span),
    /// Nobody says anything, and the image is known to have none.
    Never,
    /// Nobody says anything here; whether the image does is not known.
    Unknown(Unknown),
}

/// Who the container of a service or Dockerfile runs as: Compose, else the stage, else the base image.
pub(crate) fn running(service: Option<&Service>, image: &ImageSource, place: Span) -> Running {
    let running = written(service, image, place);
    match (running, image) {
        (Running::As { user, .. }, ImageSource::Built { file, .. })
            if file.gives_number_zero(&UserSpec::parse(&user.value).user) =>
        {
            let name = UserSpec::parse(&user.value).user;
            Running::As {
                user: user.map(|_| "0".to_owned()),
                by: Decider::Account(name),
            }
        }
        (running, _) => running,
    }
}

fn written(service: Option<&Service>, image: &ImageSource, place: Span) -> Running {
    match service.map(|service| &service.user) {
        Some(Fact::Known(user)) => {
            let mut user = user.clone();
            if let Some(span) = image.stage().and_then(|stage| stage.user.span()) {
                user.overridden.push((span, Why::Compose));
            }
            return Running::As {
                user,
                by: Decider::Compose,
            };
        }
        Some(Fact::Unknown(unknown)) => return Running::Unknown(unknown.clone()),
        _ => {}
    }
    match image {
        ImageSource::Built { plan, .. } => match plan.shipped() {
            Some(stage) => stage_user(stage),
            None => Running::Unknown(Unknown {
                reason: "the stage that it builds is not known".to_owned(),
                span: place,
            }),
        },
        ImageSource::Named(name) => base_user(&name.value, name.span),
        ImageSource::Unknown(unknown) => Running::Unknown(unknown.clone()),
        ImageSource::None => Running::Unknown(Unknown {
            reason: "it has no image".to_owned(),
            span: place,
        }),
    }
}

fn stage_user(stage: &Stage) -> Running {
    match &stage.user {
        Fact::Known(user) => Running::As {
            user: user.clone(),
            by: Decider::Stage,
        },
        Fact::Unknown(unknown) => Running::Unknown(unknown.clone()),
        Fact::Absent => match &stage.root_image {
            Base::Scratch => Running::As {
                user: nothing(stage.from),
                by: Decider::Scratch,
            },
            Base::Image(Fact::Known(name)) => base_user(&name.value, stage.from),
            Base::Image(Fact::Unknown(unknown)) => Running::Unknown(unknown.clone()),
            _ => Running::Unknown(Unknown {
                reason: "its base image is not known".to_owned(),
                span: stage.from,
            }),
        },
    }
}

fn base_user(name: &str, span: Span) -> Running {
    match known_images::user(&ImageRef::parse(name)) {
        Some(row) => Running::As {
            user: Sourced {
                value: row.user.to_owned(),
                state: State::EngineDefault,
                span,
                overridden: Vec::new(),
            },
            by: Decider::Base(name.to_owned()),
        },
        None => Running::Unknown(Unknown {
            reason: format!("the default user of the image '{name}' is not known here"),
            span,
        }),
    }
}

fn nothing(span: Span) -> Sourced<String> {
    Sourced {
        value: String::new(),
        state: State::EngineDefault,
        span,
        overridden: Vec::new(),
    }
}

impl Running {
    /// Whether it is known to be root.
    pub fn is_root(&self) -> bool {
        matches!(self, Running::As { user, .. } if UserSpec::parse(&user.value).is_root())
    }

    /// Whether it is known not to be root.
    pub fn is_not_root(&self) -> bool {
        matches!(self, Running::As { user, .. } if !UserSpec::parse(&user.value).is_root())
    }
}

/// Whether anything probes the container (the engine merges field by field, moby `daemon/commit.go` `merge`).
pub(crate) fn probed(service: Option<&Service>, image: &ImageSource, place: Span) -> Probed {
    if let Some(check) = service.and_then(|service| service.healthcheck.as_ref()) {
        if check.disabled {
            return Probed::Off(check.span);
        }
        match &check.test {
            Fact::Known(test) if test.value.first().is_some_and(|word| word == "NONE") => {
                return Probed::Off(test.span);
            }
            Fact::Known(test) if !test.value.is_empty() => return Probed::Compose(test.span),
            Fact::Unknown(unknown) => return Probed::Unknown(unknown.clone()),
            _ => {}
        }
    }
    let unknown = |reason: String, span| Probed::Unknown(Unknown { reason, span });
    match image {
        ImageSource::Built { plan, .. } => {
            let Some(stage) = plan.shipped() else {
                return unknown("the stage that it builds is not known".to_owned(), place);
            };
            match &stage.healthcheck {
                Fact::Known(check) => match *check.value {
                    StageHealth::None => Probed::Off(check.span),
                    StageHealth::Command(_) => Probed::Stage(check.span),
                },
                Fact::Unknown(reason) => Probed::Unknown(reason.clone()),
                Fact::Absent => match &stage.root_image {
                    Base::Scratch => Probed::Never,
                    Base::Image(Fact::Known(name)) => base_probe(&name.value, stage.from),
                    Base::Image(Fact::Unknown(reason)) => Probed::Unknown(reason.clone()),
                    _ => unknown("its base image is not known".to_owned(), stage.from),
                },
            }
        }
        ImageSource::Named(name) => base_probe(&name.value, name.span),
        ImageSource::Unknown(reason) => Probed::Unknown(reason.clone()),
        ImageSource::None => unknown("it has no image".to_owned(), place),
    }
}

fn base_probe(name: &str, span: Span) -> Probed {
    if known_images::has_no_healthcheck(&ImageRef::parse(name)) {
        Probed::Never
    } else {
        Probed::Unknown(Unknown {
            reason: format!("whether the image '{name}' has a health check is not known here"),
            span,
        })
    }
}

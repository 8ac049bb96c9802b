//! What a container is started with: the engine's merge of what Compose says and what the image says (moby
//! `daemon/commit.go`, `merge`). Compose wins value by value, a health check field by field.

use super::{Container, ImageSource};
use crate::fact::{Fact, Sourced, State, Unknown};
use crate::known_images;
use crate::parse::dockerfile::{self, Command, Form, Healthcheck as StageHealth, Word};
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{Base, Stage};
use crate::source::{Span, Spanned};
use crate::values::image_ref::ImageRef;

/// The merged configuration of a container.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The program, as the engine gets it.
    pub entrypoint: Fact<Vec<String>>,
    /// Its arguments, or the program where there is no entrypoint.
    pub command: Fact<Vec<String>>,
    /// The folder that it starts in.
    pub workdir: Fact<String>,
    /// The signal that asks it to end.
    pub stop_signal: Fact<String>,
    /// The health check.
    pub health: Health,
    /// Every variable, with where its value comes from; the image's first.
    pub environment: Vec<(String, Fact<String>, Span)>,
    /// Ports that the image or Compose exposes, as written.
    pub exposed: Vec<Spanned<String>>,
    /// Paths that the image declares as volumes.
    pub image_volumes: Vec<Spanned<String>>,
}

/// A merged health check; times are in nanoseconds. `Absent` is the engine's default.
#[derive(Clone, Debug)]
pub struct Health {
    /// `CMD ...` or `CMD-SHELL ...`; absent where nothing probes, `NONE` where somebody switched it off.
    pub test: Fact<Vec<String>>,
    /// Time between probes.
    pub interval: Fact<i64>,
    /// Time that a probe may take.
    pub timeout: Fact<i64>,
    /// Time in which failures do not count.
    pub start_period: Fact<i64>,
    /// Time between probes in that time.
    pub start_interval: Fact<i64>,
    /// Failures until it is unhealthy.
    pub retries: Fact<i64>,
}

impl Effective {
    /// The merge for a unit; `service` is its Compose part.
    pub fn of(container: &Container, service: Option<&Service>) -> Self {
        let image = FromImage::of(&container.image, container.span);
        let own =
            |get: fn(&Service) -> &Fact<Vec<String>>| service.map_or(Fact::Absent, |service| get(service).clone());
        let (entrypoint, command) = (own(|service| &service.entrypoint), own(|service| &service.command));
        // With a program of its own a service does not get the arguments of another one; an empty list is none.
        let has_program = entrypoint.value().is_some_and(|words| !words.is_empty());
        let (entrypoint, command) = match (entrypoint, command) {
            (Fact::Absent, Fact::Absent) => (image.entrypoint, image.command),
            (Fact::Absent, command) => (image.entrypoint, command),
            (entrypoint, Fact::Absent) if !has_program => (entrypoint, image.command),
            own => own,
        };
        let written = |key: &str| {
            let value = service.and_then(|service| service.written(&[key]));
            value.map_or(Fact::Absent, |value| match value.str() {
                Some(text) => Fact::Known(Sourced {
                    value: text.to_owned(),
                    state: value.state,
                    span: value.span,
                    overridden: Vec::new(),
                }),
                None => Fact::unknown("it is no text that is known here", value.span),
            })
        };
        let mut environment = image.environment;
        for variable in service.map_or(&[][..], |service| &service.environment) {
            let entry = (variable.name.clone(), variable.value.clone(), variable.span);
            match environment.iter_mut().find(|(name, ..)| *name == variable.name) {
                Some(known) => *known = entry,
                None => environment.push(entry),
            }
        }
        let exposed = service
            .and_then(|service| service.written(&["expose"])?.seq())
            .unwrap_or(&[])
            .iter()
            .filter_map(|item| Some(Spanned::new(item.scalar_text()?, item.span)));
        Self {
            entrypoint,
            command,
            workdir: written("working_dir").or(image.workdir),
            stop_signal: written("stop_signal").or(image.stop_signal),
            health: health(service, image.health),
            environment,
            exposed: image.exposed.into_iter().chain(exposed).collect(),
            image_volumes: image.volumes,
        }
    }

    /// Every known word of what starts the container: the program first, if it is known.
    pub fn words(&self) -> Vec<&str> {
        let known = [&self.entrypoint, &self.command];
        known
            .into_iter()
            .filter_map(Fact::value)
            .flatten()
            .map(String::as_str)
            .collect()
    }
}

fn health(service: Option<&Service>, image: Health) -> Health {
    let Some(own) = service.and_then(|service| service.healthcheck.as_ref()) else {
        return image;
    };
    if own.disabled {
        return Health {
            test: Fact::known(vec!["NONE".to_owned()], own.span),
            ..Health::absent()
        };
    }
    Health {
        test: match &own.test {
            Fact::Known(test) if test.value.is_empty() => image.test,
            test => test.clone().or(image.test),
        },
        interval: own.interval.clone().or(image.interval),
        timeout: own.timeout.clone().or(image.timeout),
        start_period: own.start_period.clone().or(image.start_period),
        start_interval: own.start_interval.clone().or(image.start_interval),
        retries: own.retries.clone().or(image.retries),
    }
}

impl Health {
    fn absent() -> Self {
        Self::all(&Fact::Absent, &Fact::Absent)
    }

    fn all(test: &Fact<Vec<String>>, number: &Fact<i64>) -> Self {
        Self {
            test: test.clone(),
            interval: number.clone(),
            timeout: number.clone(),
            start_period: number.clone(),
            start_interval: number.clone(),
            retries: number.clone(),
        }
    }
}

/// What the image says.
struct FromImage {
    entrypoint: Fact<Vec<String>>,
    command: Fact<Vec<String>>,
    workdir: Fact<String>,
    stop_signal: Fact<String>,
    health: Health,
    environment: Vec<(String, Fact<String>, Span)>,
    exposed: Vec<Spanned<String>>,
    volumes: Vec<Spanned<String>>,
}

impl FromImage {
    fn of(image: &ImageSource, place: Span) -> Self {
        match image {
            ImageSource::Built { plan, .. } => match plan.shipped() {
                Some(stage) => Self::stage(stage),
                None => Self::unknown("the stage that it builds is not known", place),
            },
            ImageSource::Named(name) => Self::named(&name.value, name.span),
            ImageSource::Unknown(unknown) => Self::unknown(&unknown.reason, unknown.span),
            ImageSource::None => Self::unknown("it has no image", place),
        }
    }

    fn unknown(reason: &str, span: Span) -> Self {
        let words = Fact::unknown(reason, span);
        Self {
            entrypoint: words.clone(),
            command: words.clone(),
            workdir: Fact::unknown(reason, span),
            stop_signal: Fact::unknown(reason, span),
            health: Health::all(&words, &Fact::unknown(reason, span)),
            environment: Vec::new(),
            exposed: Vec::new(),
            volumes: Vec::new(),
        }
    }

    /// An image from elsewhere, by the catalogue.
    fn named(name: &str, span: Span) -> Self {
        let image = ImageRef::parse(name);
        let mut found = Self::unknown(&format!("what the image '{name}' says is not known here"), span);
        if let Some((entrypoint, command)) = known_images::started(&image) {
            let words = |words: Vec<String>| {
                if words.is_empty() {
                    return Fact::Absent;
                }
                Fact::Known(Sourced {
                    value: words,
                    state: State::EngineDefault,
                    span,
                    overridden: Vec::new(),
                })
            };
            (found.entrypoint, found.command) = (words(entrypoint), words(command));
        }
        if known_images::has_no_healthcheck(&image) {
            found.health = Health::absent();
        }
        found
    }

    fn stage(stage: &Stage) -> Self {
        let base = match &stage.root_image {
            Base::Image(Fact::Known(name)) => Self::named(&name.value, stage.from),
            Base::Image(Fact::Unknown(unknown)) => Self::unknown(&unknown.reason, unknown.span),
            Base::Scratch => Self {
                entrypoint: Fact::Absent,
                command: Fact::Absent,
                workdir: Fact::Absent,
                stop_signal: Fact::Absent,
                health: Health::absent(),
                environment: Vec::new(),
                exposed: Vec::new(),
                volumes: Vec::new(),
            },
            _ => Self::unknown("its base image is not known", stage.from),
        };
        let entrypoint = command(stage, stage.entrypoint.sourced().map(|known| &*known.value));
        let cmd = command(stage, stage.cmd.sourced().map(|known| &*known.value));
        let health = match &stage.healthcheck {
            Fact::Known(known) => probe(&known.value, known.span),
            Fact::Unknown(unknown) => Health::all(&Fact::Unknown(unknown.clone()), &Fact::Unknown(unknown.clone())),
            Fact::Absent => base.health,
        };
        // A new ENTRYPOINT takes the base's CMD away.
        let inherited = if stage.entrypoint.is_absent() {
            base.command
        } else {
            Fact::Absent
        };
        Self {
            entrypoint: entrypoint.or(base.entrypoint),
            command: cmd.or(inherited),
            workdir: stage.workdir.clone().or(base.workdir),
            stop_signal: stage.stopsignal.clone().or(base.stop_signal),
            health,
            environment: stage
                .env
                .iter()
                .map(|(name, value)| (name.to_owned(), value.clone(), value.span().unwrap_or(stage.from)))
                .collect(),
            exposed: stage.exposed.to_vec(),
            volumes: stage.volumes.to_vec(),
        }
    }
}

/// A command of a stage as the engine gets it: the shell form behind the stage's shell.
fn command(stage: &Stage, command: Option<&Command>) -> Fact<Vec<String>> {
    let Some(command) = command else { return Fact::Absent };
    let words = |words: &[Word]| words.iter().map(|word| word.value.clone()).collect::<Vec<_>>();
    Fact::known(
        match command.form {
            Form::Exec => words(&command.words),
            Form::Shell => {
                let mut all = match &stage.shell {
                    Fact::Known(shell) => words(&shell.value),
                    _ => vec!["/bin/sh".to_owned(), "-c".to_owned()],
                };
                all.push(command.text.text.clone());
                all
            }
        },
        command.span,
    )
}

fn probe(check: &StageHealth, span: Span) -> Health {
    let StageHealth::Command(probe) = check else {
        return Health {
            test: Fact::known(vec!["NONE".to_owned()], span),
            ..Health::absent()
        };
    };
    let time = |word: &Option<Word>| match word {
        None => Fact::Absent,
        Some(word) => match dockerfile::duration(&word.value) {
            Some(time) => Fact::known(time, word.span),
            None => Fact::Unknown(Unknown {
                reason: "it is no duration that is known here".to_owned(),
                span: word.span,
            }),
        },
    };
    let mut test = match probe.command.form {
        Form::Exec => vec!["CMD".to_owned()],
        Form::Shell => vec!["CMD-SHELL".to_owned(), probe.command.text.text.clone()],
    };
    test.extend(probe.command.words.iter().map(|word| word.value.clone()));
    Health {
        test: Fact::known(test, span),
        interval: time(&probe.interval),
        timeout: time(&probe.timeout),
        start_period: time(&probe.start_period),
        start_interval: time(&probe.start_interval),
        retries: match &probe.retries {
            Some(word) => match word.value.parse() {
                Ok(number) => Fact::known(number, word.span),
                Err(_) => Fact::unknown("it is no number that is known here", word.span),
            },
            None => Fact::Absent,
        },
    }
}

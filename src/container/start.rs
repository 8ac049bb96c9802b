//! What a container is started with: the engine's merge of what Compose says and what the image says (moby
//! `daemon/commit.go`, `merge`), each value with who decides it.

use super::ImageSource;
use super::health::Health;
use super::ladder::{Decided, Decider, Ladder, stated};
use crate::fact::{Fact, Sourced, State, Why};
use crate::parse::dockerfile::{Command, Form, Word};
use crate::resolve::compose::service::Service;
use crate::resolve::stage::Stage;
use crate::source::{Span, Spanned};
use crate::values::user::UserSpec;
use indexmap::IndexMap;

/// The merged configuration of a container.
#[derive(Clone, Debug)]
pub struct Effective {
    /// Who it runs as, as written; empty is the image's default, root.
    pub user: Decided<String>,
    /// The program, as the engine gets it.
    pub entrypoint: Decided<Vec<String>>,
    /// Its arguments, or the program where there is no entrypoint.
    pub command: Decided<Vec<String>>,
    /// The folder that it starts in.
    pub workdir: Decided<String>,
    /// The signal that asks it to end.
    pub stop_signal: Decided<String>,
    /// The health check.
    pub health: Health,
    /// Every variable by its name, with where that is written; the image's first.
    pub environment: IndexMap<String, (Decided<String>, Span)>,
    /// Ports that the image or Compose exposes, as written.
    pub exposed: Vec<(Spanned<String>, Decider)>,
    /// Paths that the image declares as volumes.
    pub image_volumes: Vec<Spanned<String>>,
}

impl Effective {
    /// The merge.
    pub(crate) fn of(ladder: Ladder<'_>) -> Self {
        Self {
            user: ladder.user(),
            entrypoint: ladder.entrypoint(),
            command: ladder.command(),
            workdir: ladder.text("working_dir", |stage| &stage.workdir),
            stop_signal: ladder.text("stop_signal", |stage| &stage.stopsignal),
            health: ladder.health(),
            environment: ladder.environment(),
            exposed: ladder.exposed(),
            image_volumes: ladder
                .image
                .stage()
                .map_or_else(Vec::new, |stage| stage.volumes.to_vec()),
        }
    }

    /// Every known word of what starts the container: the program first, if it is known.
    pub fn words(&self) -> Vec<&str> {
        let known = [&self.entrypoint.value, &self.command.value];
        known
            .into_iter()
            .filter_map(Fact::value)
            .flatten()
            .map(String::as_str)
            .collect()
    }
}

impl Ladder<'_> {
    /// Who the container runs as. Where nobody says anything that is root.
    pub(crate) fn user(&self) -> Decided<String> {
        let mut decided = self.decide(
            |service| stated(&service.user),
            |stage| stated(&stage.user),
            |name, span| match self.images.get_for(name, self.platform).user() {
                Some(row) => default(row.user, span),
                None => Fact::unknown(format!("the default user of the image `{name}` is unknown"), span),
            },
        );
        let stage = self.image.stage();
        match (&mut decided.value, stage) {
            (Fact::Known(user), Some(stage)) if decided.by == Decider::Compose => {
                user.overridden
                    .extend(stage.user.span().map(|span| (span, Why::Compose)));
            }
            (value @ Fact::Absent, Some(stage)) => *value = default(String::new(), stage.from),
            _ => {}
        }
        self.numbered(decided)
    }

    /// The user by the number that the account has.
    fn numbered(&self, mut decided: Decided<String>) -> Decided<String> {
        let Fact::Known(user) = &mut decided.value else {
            return decided;
        };
        let name = UserSpec::parse(&user.value).user;
        let is_name = name != "root" && name.bytes().any(|byte| !byte.is_ascii_digit());
        let is_zero_in_image = matches!(self.image, ImageSource::Built { file, .. } if file.gives_number_zero(&name));
        if is_name && self.accounts.zero.contains(&name) || is_zero_in_image {
            user.value = "0".to_owned();
            decided.by = Decider::Account(name);
        } else if let Some(unknown) = self.accounts.unknown.as_ref().filter(|_| is_name) {
            decided.value = Fact::Unknown(unknown.clone());
        }
        decided
    }

    fn entrypoint(&self) -> Decided<Vec<String>> {
        self.decide(
            |service| stated(&service.entrypoint),
            |stage| written(stage, stage.entrypoint.sourced()),
            |name, span| {
                let started = self.images.get_for(name, self.platform).started();
                of_image(started.map(|(entrypoint, _)| entrypoint), name, span)
            },
        )
    }

    fn command(&self) -> Decided<Vec<String>> {
        // With a program of its own neither a service nor a stage gets the arguments of another one; an empty list is none.
        let has_program = |service: &Service| service.entrypoint.value().is_some_and(|words| !words.is_empty());
        self.decide(
            |service| stated(&service.command).or_else(|| has_program(service).then_some(Fact::Absent)),
            |stage| {
                let own = written(stage, stage.cmd.sourced());
                own.or_else(|| (!stage.entrypoint.is_absent()).then_some(Fact::Absent))
            },
            |name, span| {
                let started = self.images.get_for(name, self.platform).started();
                of_image(started.map(|(_, command)| command), name, span)
            },
        )
    }

    /// A key of the service whose value is a text, or what the stage says.
    fn text(&self, key: &str, stage: fn(&Stage) -> &Fact<String>) -> Decided<String> {
        self.decide(
            |service| {
                let value = service.written(&[key])?;
                Some(match value.str() {
                    Some(text) => Fact::Known(Sourced {
                        value: text.to_owned(),
                        state: value.state,
                        span: value.span,
                        overridden: Vec::new(),
                    }),
                    None => Fact::unknown("its value is unknown", value.span),
                })
            },
            |shipped| stated(stage(shipped)),
            not_known,
        )
    }

    fn environment(&self) -> IndexMap<String, (Decided<String>, Span)> {
        let mut all = IndexMap::new();
        let mut set = |name: &str, value: &Fact<String>, span, by| {
            let value = value.clone();
            all.insert(name.to_owned(), (Decided { value, by }, span));
        };
        if let Some(stage) = self.image.stage() {
            for (name, value) in stage.env.iter() {
                set(name, value, value.span().unwrap_or(stage.from), Decider::Stage);
            }
        }
        for variable in self.service.into_iter().flat_map(Service::variables) {
            set(&variable.name, &variable.value, variable.span, Decider::Compose);
        }
        all
    }

    fn exposed(&self) -> Vec<(Spanned<String>, Decider)> {
        let stage = self.image.stage().map_or(&[][..], |stage| stage.exposed.as_slice());
        let of_stage = stage.iter().map(|port| (port.clone(), Decider::Stage));
        let service = self.service.and_then(|service| service.written(&["expose"])?.seq());
        let of_service = service.unwrap_or(&[]).iter().filter_map(|item| {
            let port = Spanned::new(item.scalar_text()?, item.span);
            Some((port, Decider::Compose))
        });
        of_stage.chain(of_service).collect()
    }
}

/// What an image does where nothing is written.
pub(super) fn default<T>(value: T, span: Span) -> Fact<T> {
    Fact::Known(Sourced {
        value,
        state: State::EngineDefault,
        span,
        overridden: Vec::new(),
    })
}

fn not_known<T>(name: &str, span: Span) -> Fact<T> {
    Fact::unknown(format!("the configuration of the image `{name}` is unknown"), span)
}

/// Words that an image from elsewhere brings, if they are known; no words are none.
fn of_image(words: Option<Vec<String>>, name: &str, span: Span) -> Fact<Vec<String>> {
    match words {
        Some(words) if words.is_empty() => Fact::Absent,
        Some(words) => default(words, span),
        None => not_known(name, span),
    }
}

/// A command of a stage as the engine gets it: the shell form behind the stage's shell.
fn written<C: AsRef<Command>>(stage: &Stage, command: Option<&Sourced<C>>) -> Option<Fact<Vec<String>>> {
    let command = command?.value.as_ref();
    let words = |words: &[Word]| words.iter().map(|word| word.value.clone()).collect::<Vec<_>>();
    let all = match command.form {
        Form::Exec => words(&command.words),
        Form::Shell => {
            let mut all = match &stage.shell {
                Fact::Known(shell) => words(&shell.value),
                _ => vec!["/bin/sh".to_owned(), "-c".to_owned()],
            };
            all.push(command.text.text.clone());
            all
        }
    };
    Some(Fact::known(all, command.span))
}

//! The health check of a container. The engine merges what Compose says into the image's own field by field (moby
//! `daemon/commit.go`, `merge`); a HEALTHCHECK of a Dockerfile takes the place of the base's as a whole.

use super::ladder::{Decided, Decider, Ladder, stated};
use super::start::default;
use crate::fact::{Fact, Unknown};
use crate::known_images::is_probed;
use crate::parse::dockerfile::{self, Form, Healthcheck as StageHealth, Probe, Word};
use crate::resolve::compose::service::Healthcheck;
use crate::source::Span;

/// What the engine takes for a health check that is switched off.
const NONE: &str = "NONE";

/// A merged health check; times are in nanoseconds. `Absent` is the engine's default.
#[derive(Clone, Debug)]
pub struct Health {
    /// `CMD ...` or `CMD-SHELL ...`; absent where nothing probes, `NONE` where somebody switched it off.
    pub test: Decided<Vec<String>>,
    /// Time between probes.
    pub interval: Decided<i64>,
    /// Time that a probe may take.
    pub timeout: Decided<i64>,
    /// Time in which failures do not count.
    pub start_period: Decided<i64>,
    /// Time between probes in that time.
    pub start_interval: Decided<i64>,
    /// Failures until it is unhealthy.
    pub retries: Decided<i64>,
}

/// Whether a container is probed.
#[derive(Clone, Debug)]
pub enum Probed {
    /// By the check that this one gives.
    By(Decider),
    /// Somebody switched it off here.
    Off(Span),
    /// Nobody says anything, and the image is known to have none.
    Never,
    /// Nobody says anything here; whether the image does is not known.
    Unknown(Unknown),
}

impl Ladder<'_> {
    /// The merged health check.
    pub(super) fn health(&self) -> Health {
        Health {
            test: self.test(|name, span| self.test_of_image(name, span)),
            interval: self.figure(|check| &check.interval, |probe| time(probe.interval.as_ref())),
            timeout: self.figure(|check| &check.timeout, |probe| time(probe.timeout.as_ref())),
            start_period: self.figure(|check| &check.start_period, |probe| time(probe.start_period.as_ref())),
            start_interval: self.figure(
                |check| &check.start_interval,
                |probe| time(probe.start_interval.as_ref()),
            ),
            retries: self.figure(|check| &check.retries, |probe| count(probe.retries.as_ref())),
        }
    }

    /// Whether anything probes the container.
    pub(crate) fn probed(&self) -> Probed {
        // Which test that is need not be known.
        let test = self.test(
            |name, span| match is_probed(&self.images.get_for(name, self.platform)) {
                true => Fact::known(Vec::new(), span),
                false => self.test_of_image(name, span),
            },
        );
        match test.value {
            Fact::Known(words) if words.value.first().is_some_and(|word| word == NONE) => Probed::Off(words.span),
            Fact::Known(_) => Probed::By(test.by),
            Fact::Absent => Probed::Never,
            Fact::Unknown(unknown) => Probed::Unknown(unknown),
        }
    }

    fn test(&self, of_image: impl Fn(&str, Span) -> Fact<Vec<String>>) -> Decided<Vec<String>> {
        let off = |span| Some(Fact::known(vec![NONE.to_owned()], span));
        self.decide(
            |service| {
                let check = service.healthcheck.as_ref()?;
                match &check.test {
                    _ if check.disabled => off(check.span),
                    // An empty list is nothing said.
                    Fact::Known(test) if test.value.is_empty() => None,
                    test => stated(test),
                }
            },
            |stage| match &stage.healthcheck {
                Fact::Absent => None,
                Fact::Unknown(unknown) => Some(Fact::Unknown(unknown.clone())),
                Fact::Known(check) => match &*check.value {
                    StageHealth::None => off(check.span),
                    StageHealth::Command(probe) => Some(Fact::known(words(probe), check.span)),
                },
            },
            of_image,
        )
    }

    fn test_of_image(&self, name: &str, span: Span) -> Fact<Vec<String>> {
        match self.images.get_for(name, self.platform).healthcheck() {
            Some(test) if test.is_empty() => Fact::Absent,
            Some(test) => default(test, span),
            None => not_known(name, span),
        }
    }

    fn figure(&self, compose: fn(&Healthcheck) -> &Fact<i64>, stage: impl FnOnce(&Probe) -> Fact<i64>) -> Decided<i64> {
        self.decide(
            |service| match service.healthcheck.as_ref()? {
                check if check.disabled => Some(Fact::Absent),
                check => stated(compose(check)),
            },
            |shipped| match &shipped.healthcheck {
                Fact::Absent => None,
                Fact::Unknown(unknown) => Some(Fact::Unknown(unknown.clone())),
                Fact::Known(check) => Some(match &*check.value {
                    StageHealth::None => Fact::Absent,
                    StageHealth::Command(probe) => stage(probe),
                }),
            },
            |name, span| match self.images.get_for(name, self.platform).healthcheck() {
                Some(test) if test.is_empty() => Fact::Absent,
                _ => not_known(name, span),
            },
        )
    }
}

fn not_known<T>(name: &str, span: Span) -> Fact<T> {
    Fact::unknown(format!("it is unknown whether the image `{name}` has one"), span)
}

fn words(probe: &Probe) -> Vec<String> {
    let mut test = match probe.command.form {
        Form::Exec => vec!["CMD".to_owned()],
        Form::Shell => vec!["CMD-SHELL".to_owned(), probe.command.text.text.clone()],
    };
    test.extend(probe.command.words.iter().map(|word| word.value.clone()));
    test
}

fn time(word: Option<&Word>) -> Fact<i64> {
    word.map_or(Fact::Absent, |word| match dockerfile::duration(&word.value) {
        Some(time) => Fact::known(time, word.span),
        None => Fact::unknown("its duration is unknown", word.span),
    })
}

fn count(word: Option<&Word>) -> Fact<i64> {
    word.map_or(Fact::Absent, |word| match word.value.parse() {
        Ok(number) => Fact::known(number, word.span),
        Err(_) => Fact::unknown("its number is unknown", word.span),
    })
}

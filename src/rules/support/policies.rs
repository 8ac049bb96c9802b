//! What a policy of one's own may ask of a container, and the answers.

use super::labels;
use crate::config::figure::Kind;
use crate::config::policy::{Class, Condition, Test, class};
use crate::config::registries::full_name;
use crate::container::{ContainerKind, ImageSource};
use crate::fact::{Fact, Unknown};
use crate::redact::Secrets;
use crate::repository::Subject;
use crate::settings::{Settings, State, Value};
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use crate::values::number::Real;

/// A setting of a container.
#[derive(Debug)]
pub(in crate::rules) enum Answer {
    /// Texts that mean the same, or the entries of a list.
    Texts(Vec<String>, Span),
    /// A figure; `None` is without a limit.
    Amount(Option<f64>, Span),
    /// A flag.
    Flag(bool, Span),
    /// It cannot be known here.
    Unknown(Unknown),
    /// Nothing sets it.
    Absent,
}

impl Answer {
    /// Where it is set.
    pub(in crate::rules) fn span(&self) -> Option<Span> {
        match self {
            Answer::Texts(_, span) | Answer::Amount(_, span) | Answer::Flag(_, span) => Some(*span),
            Answer::Unknown(_) | Answer::Absent => None,
        }
    }

    /// For a sentence: `2 GiB`, `` `root` ``, `not set`.
    pub(in crate::rules) fn words(&self, key: &str) -> String {
        match self {
            // Whatever it holds stays here.
            Answer::Texts(..) if key.starts_with("environment.") => "set".to_owned(),
            Answer::Texts(texts, _) => texts.first().map_or("empty".to_owned(), |text| format!("`{text}`")),
            Answer::Amount(None, _) => "unlimited".to_owned(),
            Answer::Amount(Some(amount), _) => match class(key) {
                Some(Class::Amount(kind)) => kind.amount(*amount),
                _ => amount.to_string(),
            },
            Answer::Flag(flag, _) => flag.to_string(),
            Answer::Unknown(unknown) => unknown.reason.clone(),
            Answer::Absent => "not set".to_owned(),
        }
    }

    /// Whether the condition holds; `None` where that is not known.
    pub(in crate::rules) fn meets(&self, condition: &Condition) -> Option<bool> {
        if matches!(self, Answer::Unknown(_)) {
            return None;
        }
        Some(condition.any.iter().any(|test| self.passes(test, &condition.key.value)))
    }

    fn passes(&self, test: &Test, key: &str) -> bool {
        match (test, self) {
            (Test::Set(wanted), Answer::Amount(None, _) | Answer::Absent) => !wanted,
            (Test::Set(wanted), Answer::Texts(texts, _)) => *wanted != texts.iter().all(String::is_empty),
            (Test::Set(wanted), _) => *wanted,
            (Test::Flag(wanted), Answer::Flag(flag, _)) => wanted == flag,
            (Test::Flag(wanted), _) => !wanted,
            (Test::Amount(bounds), Answer::Amount(Some(actual), _)) => {
                bounds.iter().all(|(order, written)| order.holds(*actual, *written))
            }
            (Test::Amount(bounds), Answer::Amount(None, _)) => bounds
                .iter()
                .all(|(order, written)| order.holds(f64::INFINITY, *written)),
            // A limit that is not set limits nothing.
            (Test::Amount(bounds), _) if is_limit(key) => bounds
                .iter()
                .all(|(order, written)| order.holds(f64::INFINITY, *written)),
            (Test::Amount(_), _) => false,
            (Test::Text(glob, wanted), Answer::Texts(texts, _)) => {
                *wanted == texts.iter().any(|text| glob.is_match(text))
            }
            (Test::Text(_, wanted), _) => !wanted,
        }
    }
}

fn is_limit(key: &str) -> bool {
    matches!(key, "memory" | "swap" | "cpus" | "pids")
}

/// The settings of a container, for conditions.
pub(in crate::rules) struct Answers<'a> {
    subject: &'a Subject<'a>,
    settings: Settings,
}

impl<'a> Answers<'a> {
    pub(in crate::rules) fn of(subject: &'a Subject<'a>) -> Self {
        Self {
            subject,
            // Messages are masked where they are shown.
            settings: Settings::of(subject.container, subject.repository, &Secrets::default()),
        }
    }

    /// The setting of this name.
    pub(in crate::rules) fn get(&self, key: &str) -> Answer {
        let container = self.subject.container;
        let place = container.span;
        match key {
            "service" => match container.kind {
                ContainerKind::Service => Answer::Texts(vec![container.name.clone()], place),
                ContainerKind::Dockerfile => Answer::Absent,
            },
            "profile" => Answer::Texts(vec![container.profile.clone()], place),
            "image" => self.image(),
            "base" => match (container.image.root(), &container.image) {
                (Some(name), _) => Answer::Texts(
                    names(name),
                    self.subject
                        .base_span()
                        .or_else(|| container.image_span())
                        .unwrap_or(place),
                ),
                (None, ImageSource::Unknown(unknown)) => Answer::Unknown(unknown.clone()),
                _ => Answer::Absent,
            },
            _ => match key.strip_prefix("labels.") {
                Some(name) => self.label(name),
                None => self.setting(key),
            },
        }
    }

    fn image(&self) -> Answer {
        match &self.subject.container.image {
            ImageSource::Named(name) => Answer::Texts(names(&name.value), name.span),
            ImageSource::Unknown(unknown) => Answer::Unknown(unknown.clone()),
            _ => match self.subject.service().map(|service| &service.image) {
                Some(Fact::Known(name)) => Answer::Texts(names(&name.value), name.span),
                Some(Fact::Unknown(unknown)) => Answer::Unknown(unknown.clone()),
                _ => Answer::Absent,
            },
        }
    }

    /// A label of the container: the service's, else the build's, else the stage's.
    fn label(&self, name: &str) -> Answer {
        let service = self.subject.service();
        let of = |path: &[&str]| service.and_then(|service| labels::written(service, path, name));
        let of_stage = || {
            self.subject
                .container
                .image
                .stage()
                .and_then(|stage| stage.labels.get(name).cloned())
        };
        let label = of(&["labels"]).or_else(|| of(&["build", "labels"])).or_else(of_stage);
        match label {
            Some(Fact::Known(text)) => Answer::Texts(vec![text.value], text.span),
            Some(Fact::Unknown(unknown)) => Answer::Unknown(unknown),
            Some(Fact::Absent) | None => Answer::Absent,
        }
    }

    fn setting(&self, key: &str) -> Answer {
        let (first, rest) = key.split_once('.').unwrap_or((key, ""));
        let is_time = matches!(class(key), Some(Class::Amount(Kind::Time)));
        let name = if is_time { format!("{key}_ns") } else { key.to_owned() };
        let found = self
            .settings
            .known
            .iter()
            .find(|setting| setting.key() == name || (first == "logging" && setting.name == first));
        let Some(setting) = found else {
            let place = self.subject.container.span;
            let reason = format!("the image decides `{key}`, and nothing is known of it");
            return match self.settings.unknown.contains(&first) {
                true => Answer::Unknown(Unknown { reason, span: place }),
                false if key == "user" => Answer::Texts(vec!["root".to_owned()], place),
                false if key == "replicas" => Answer::Amount(Some(1.0), place),
                false => Answer::Absent,
            };
        };
        let unknown = || {
            let reason = setting
                .reason
                .clone()
                .unwrap_or_else(|| format!("`{key}` is not known"));
            Answer::Unknown(Unknown {
                reason,
                span: setting.span,
            })
        };
        if first == "environment" {
            return match setting.state {
                State::Unknown | State::Absent => unknown(),
                _ => Answer::Texts(vec!["set".to_owned()], setting.span),
            };
        }
        let value = match first {
            "logging" => rest
                .split('.')
                .try_fold(setting.value.as_ref(), |value, part| Some(value?.part(part)))
                .flatten(),
            _ => setting.value.as_ref(),
        };
        match value {
            _ if setting.state == State::Unknown => unknown(),
            Some(value) => answer(key, value, setting.span),
            None => Answer::Absent,
        }
    }
}

fn answer(key: &str, value: &Value, span: Span) -> Answer {
    match value {
        Value::Flag(flag) => Answer::Flag(*flag, span),
        Value::Number(number) | Value::Bytes(number) => Answer::Amount(Some((*number).real()), span),
        Value::Time(nanoseconds) => Answer::Amount(Some((*nanoseconds).real() / 1e9), span),
        Value::Fraction(number) => Answer::Amount(Some(*number), span),
        Value::Unlimited => Answer::Amount(None, span),
        // The numbers and names of root are one to the engine.
        Value::Text(text) if key == "user" => match text.split(':').next() {
            Some("0" | "" | "root") | None => Answer::Texts(vec!["root".to_owned()], span),
            Some(name) => Answer::Texts(vec![text.clone(), name.to_owned()], span),
        },
        Value::Text(text) => Answer::Texts(vec![text.clone()], span),
        Value::List(items) if class(key) == Some(Class::Text) => {
            let words: Vec<String> = items.iter().map(short).collect();
            Answer::Texts(vec![words.join(" ")], span)
        }
        Value::List(items) => Answer::Texts(items.iter().map(short).collect(), span),
        Value::Parts(_) => Answer::Texts(vec![short(value)], span),
    }
}

/// A value in one line, lists and mappings in the short form of Compose: `127.0.0.1:8080:80/tcp`, `./data:/data:ro`.
fn short(value: &Value) -> String {
    let part = |name: &str| value.part(name).map(short);
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) | Value::Bytes(number) | Value::Time(number) => number.to_string(),
        Value::Fraction(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Unlimited => "unlimited".to_owned(),
        Value::List(items) => items.iter().map(short).collect::<Vec<_>>().join(","),
        Value::Parts(_) if value.part("protocol").is_some() => format!(
            "{}:{}:{}/{}",
            part("host_ip").unwrap_or_else(|| "0.0.0.0".to_owned()),
            part("published").unwrap_or_default(),
            part("target").unwrap_or_default(),
            part("protocol").unwrap_or_default()
        ),
        Value::Parts(_) => {
            let mode = match value.part("read_only") {
                Some(Value::Flag(true)) => Some("ro".to_owned()),
                _ => None,
            };
            let parts = [part("source"), part("target"), mode];
            parts.into_iter().flatten().collect::<Vec<_>>().join(":")
        }
    }
}

/// The names of an image: with its registry and tag as an engine fills them in, and as it is written.
fn names(name: &str) -> Vec<String> {
    let image = ImageRef::parse(name);
    let tag = match (&image.tag, &image.digest) {
        (Some(tag), _) => format!(":{tag}"),
        (None, None) => ":latest".to_owned(),
        (None, Some(_)) => ":".to_owned(),
    };
    vec![format!("{}{tag}", full_name(&image)), name.trim().to_owned()]
}

//! The settings of a container, as one list: what is set, and what is known of what is not. JSON and `--show` say the same because
//! both say this list.

mod collect;

use crate::container::start::Effective;
use crate::container::{Container, Decider};
use crate::fact::{self, Fact};
use crate::redact::Secrets;
use crate::repository::Repository;
use crate::source::Span;
use collect::Collector;
use serde::{Serialize, Serializer};

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// What it belongs to, if it is a part: `healthcheck`, `environment`.
    pub group: Option<&'static str>,
    /// Its name in every output: `memory`, `interval_ns`, the name of a variable.
    pub name: String,
    /// What it is; `None` where that is not known, or not shown.
    pub value: Option<Value>,
    /// How it is known.
    pub state: State,
    /// Where it is decided.
    pub span: Span,
    /// Who decides it, where an image can as well.
    pub by: Option<Decider>,
    /// Why it is not known.
    pub reason: Option<String>,
}

impl Setting {
    /// The name behind that of its group: `healthcheck.interval_ns`.
    pub(crate) fn key(&self) -> String {
        match self.group {
            Some(group) => format!("{group}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// How a setting is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Written down.
    Known,
    /// Holds unless a variable is set.
    AssumedDefault,
    /// Nothing is written; the engine or the image does this.
    EngineDefault,
    /// Something is written that cannot be known here.
    Unknown,
    /// A variable that is named and gets its value from whoever runs Compose.
    Absent,
}

impl State {
    fn of<T>(fact: &Fact<T>) -> Self {
        match fact {
            Fact::Absent => State::Absent,
            Fact::Unknown(_) => State::Unknown,
            Fact::Known(sourced) => match sourced.state {
                fact::State::Known | fact::State::Substituted => State::Known,
                fact::State::AssumedDefault => State::AssumedDefault,
                fact::State::EngineDefault => State::EngineDefault,
            },
        }
    }

    /// The word in every output.
    pub(crate) fn word(self) -> &'static str {
        match self {
            State::Known => "known",
            State::AssumedDefault => "assumed-default",
            State::EngineDefault => "engine-default",
            State::Unknown => "unknown",
            State::Absent => "absent",
        }
    }
}

/// What a setting is. Secrets are masked.
#[derive(Debug)]
pub(crate) enum Value {
    Flag(bool),
    Number(i64),
    Fraction(f64),
    Bytes(i64),
    /// Nanoseconds.
    Time(i64),
    /// A limit that limits nothing.
    Unlimited,
    Text(String),
    List(Vec<Value>),
    /// Named parts; those that are not set are not there.
    Parts(Vec<(String, Value)>),
}

impl Value {
    /// A part of this name.
    pub(crate) fn part(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Parts(parts) => parts.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Flag(flag) => to.serialize_bool(*flag),
            Value::Number(number) | Value::Bytes(number) | Value::Time(number) => to.serialize_i64(*number),
            Value::Fraction(fraction) => number(*fraction).serialize(to),
            Value::Unlimited => to.serialize_none(),
            Value::Text(text) => to.serialize_str(text),
            Value::List(items) => to.collect_seq(items),
            Value::Parts(parts) => to.collect_map(parts.iter().map(|(name, value)| (name, value))),
        }
    }
}

/// The settings of a container.
#[derive(Debug)]
pub(crate) struct Settings {
    /// What is set or known.
    pub known: Vec<Setting>,
    /// The names of what the image decides, where what it says is not known here.
    pub unknown: Vec<&'static str>,
}

impl Settings {
    /// All of a container, in a fixed order.
    pub(crate) fn of(container: &Container, repository: &Repository, secrets: &Secrets) -> Self {
        let service = repository.service(container);
        let mut collector = Collector {
            secrets,
            settings: Settings {
                known: Vec::new(),
                unknown: Vec::new(),
            },
        };
        collector.image(&container.image);
        collector.merged(&Effective::of(repository.ladder(container)));
        if let Some(service) = service {
            collector.limits(service);
            collector.permissions(service);
            collector.surroundings(service);
        }
        collector.settings
    }
}

/// Whole numbers without a fraction.
pub(crate) fn number(value: f64) -> serde_json::Value {
    #[allow(clippy::cast_possible_truncation)]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        serde_json::json!(value as i64)
    } else {
        serde_json::json!(value)
    }
}

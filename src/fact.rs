//! An effective value that knows how sure it is and which places made it so.

use crate::source::Span;

/// How a known value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Written down.
    Known,
    /// A variable that is set here put it in: it is not written where it stands.
    Substituted,
    /// Holds unless a variable is set: `${MEM:-128m}`.
    AssumedDefault,
    /// Nothing is written; the engine or the image does this.
    EngineDefault,
}

/// Why an earlier value no longer counts, or why this one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A later file of the set says otherwise.
    Override,
    /// The service extends another one.
    Extends,
    /// The file is included by another one.
    Include,
    /// The Compose file says otherwise than the image.
    Compose,
}

impl Why {
    /// The words for a related location.
    pub fn words(self) -> &'static str {
        match self {
            Why::Override => "overridden value",
            Why::Extends => "value of the extended service",
            Why::Include => "value of the included file",
            Why::Compose => "value of the image",
        }
    }
}

/// A known value with its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// How it is known.
    pub state: State,
    /// The place that decided it.
    pub span: Span,
    /// The places that it overrode, nearest first.
    pub overridden: Vec<(Span, Why)>,
}

impl<T> Sourced<T> {
    /// A value that is written at `span`.
    pub fn known(value: T, span: Span) -> Self {
        Self {
            value,
            state: State::Known,
            span,
            overridden: Vec::new(),
        }
    }

    /// The end of a sentence about a value that a variable can change; else nothing.
    pub fn proviso(&self) -> &'static str {
        match self.state {
            State::AssumedDefault => ", unless the variable has another value",
            State::Known | State::Substituted | State::EngineDefault => "",
        }
    }

    /// The end of a sentence about this value and another one; this one's counts first.
    pub fn proviso_with<U>(&self, other: &Sourced<U>) -> &'static str {
        match self.proviso() {
            "" => other.proviso(),
            own => own,
        }
    }

    /// The same origin with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced {
            value: change(self.value),
            state: self.state,
            span: self.span,
            overridden: self.overridden,
        }
    }
}

/// A value that cannot be known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Why, as a phrase: `the variable MEM is not set`.
    pub reason: String,
    /// The place that makes it so.
    pub span: Span,
}

/// A value in one of three states. Unknown is never a pass and never a zero.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact<T> {
    /// Nobody says anything.
    Absent,
    /// It is known.
    Known(Sourced<T>),
    /// Somebody says something that cannot be read here.
    Unknown(Unknown),
}

impl<T> Fact<T> {
    /// A value that is written at `span`.
    pub fn known(value: T, span: Span) -> Self {
        Fact::Known(Sourced::known(value, span))
    }

    /// A value that cannot be known, and why.
    pub fn unknown(reason: impl Into<String>, span: Span) -> Self {
        Fact::Unknown(Unknown {
            reason: reason.into(),
            span,
        })
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Fact::Known(known) => Some(&known.value),
            _ => None,
        }
    }

    /// The value with its origin, if it is known.
    pub fn sourced(&self) -> Option<&Sourced<T>> {
        match self {
            Fact::Known(known) => Some(known),
            _ => None,
        }
    }

    /// The place that decides it, if somebody says something.
    pub fn span(&self) -> Option<Span> {
        match self {
            Fact::Absent => None,
            Fact::Known(known) => Some(known.span),
            Fact::Unknown(unknown) => Some(unknown.span),
        }
    }

    /// Whether nobody says anything.
    pub fn is_absent(&self) -> bool {
        matches!(self, Fact::Absent)
    }

    /// The same origin with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Fact::Absent => Fact::Absent,
            Fact::Known(known) => Fact::Known(known.map(change)),
            Fact::Unknown(unknown) => Fact::Unknown(unknown),
        }
    }

    /// This value, or the other one where nobody says anything.
    pub fn or(self, other: Fact<T>) -> Fact<T> {
        if self.is_absent() { other } else { self }
    }
}

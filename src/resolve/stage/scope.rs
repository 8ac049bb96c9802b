//! Variables while a Dockerfile is built: which ARG and ENV hold where, and what a word becomes.

use std::collections::HashMap;
use std::sync::Arc;

use crate::fact::{Fact, Sourced, State};
use crate::failure::Failure;
use crate::parse::dockerfile::Word;
use crate::parse::dockerfile::lex::{self, Variable};
use crate::source::Span;

/// The arguments that the builder sets itself; their values depend on where it runs.
pub(crate) const PLATFORM_ARGS: [&str; 10] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
];

/// Why a value is not followed.
pub(super) const TOO_MANY: &str = "the file has too many values";

/// A name as messages show it: they are copied along with every value that rests on it.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

/// The values that are inherited or grow are bounded together, so that a small file cannot use up the memory.
pub(super) struct Allowance {
    bytes: usize,
}

impl Allowance {
    /// For a file of this length.
    pub(super) fn new(length: usize) -> Self {
        Self {
            bytes: length.saturating_mul(8).saturating_add(1 << 20),
        }
    }

    /// Whether `bytes` more may be kept.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        match self.bytes.checked_sub(bytes) {
            Some(left) => {
                self.bytes = left;
                true
            }
            None => false,
        }
    }

    /// A copy of a fact, or unknown when there is no room.
    pub(super) fn copy(&mut self, fact: &Fact<String>) -> Fact<String> {
        match fact {
            Fact::Known(known) if !self.take(known.value.len()) => Fact::unknown(TOO_MANY, known.span),
            other => other.clone(),
        }
    }
}

/// The variables that words may name.
#[derive(Clone, Default)]
pub(super) struct Scope {
    variables: Arc<HashMap<Arc<str>, Arc<Fact<String>>>>,
    /// The image at the root may set more of them.
    pub open: bool,
}

impl Scope {
    /// The scope of FROM: what the builder sets.
    pub(super) fn global(build_args: &[(String, Fact<String>)], whole: Span, target: &str) -> Self {
        let mut variables: HashMap<Arc<str>, Arc<Fact<String>>> = HashMap::new();
        for name in PLATFORM_ARGS {
            let given = build_args.iter().find(|(given, _)| given == name);
            let fact = match given {
                Some((_, fact)) => fact.clone(),
                None => Fact::unknown(format!("{name} is set by the builder"), whole),
            };
            variables.insert(name.into(), Arc::new(fact));
        }
        variables.insert("TARGETSTAGE".into(), Arc::new(Fact::known(target.to_owned(), whole)));
        Self {
            variables: Arc::new(variables),
            open: false,
        }
    }

    /// The same variables, under a root image that may set more.
    pub(super) fn under(self, open: bool) -> Self {
        Self { open, ..self }
    }

    /// How many variables it has.
    pub(super) fn len(&self) -> usize {
        self.variables.len()
    }

    /// The value of a variable, if it is declared.
    pub(super) fn get(&self, name: &str) -> Option<&Arc<Fact<String>>> {
        self.variables.get(name)
    }

    /// Sets a variable.
    pub(super) fn set(&mut self, name: &str, fact: Arc<Fact<String>>) {
        Arc::make_mut(&mut self.variables).insert(name.into(), fact);
    }

    fn look_up(&self, name: &str, room: &mut Allowance) -> Variable {
        match self.get(name).map(AsRef::as_ref) {
            Some(Fact::Known(known)) if !room.take(known.value.len()) => Variable::Unknown(TOO_MANY.to_owned()),
            Some(Fact::Known(known)) => Variable::Set {
                value: known.value.clone(),
                assumed: !matches!(known.state, State::Known | State::Substituted),
            },
            Some(Fact::Unknown(unknown)) => Variable::Unknown(unknown.reason.clone()),
            Some(Fact::Absent) => Variable::NotGiven(format!("the build argument {} is not set", shown(name))),
            None if self.open => Variable::Unknown(format!("{} is set by the base image, if at all", shown(name))),
            None => Variable::Unset,
        }
    }

    /// What `text`, written at `span`, becomes, and the variables in it that nobody declares.
    ///
    /// Errors: the builder's reason to refuse it.
    pub(super) fn expand(
        &self,
        word: &Word,
        escape: char,
        room: &mut Allowance,
    ) -> Result<(Fact<String>, Vec<String>), Failure> {
        let (text, span) = (word.value.as_str(), word.span);
        let mut undeclared = Vec::new();
        let expanded = lex::expand(text, escape, &mut |name, needed| {
            if needed && undeclared.len() < 10 && self.get(name).is_none() {
                undeclared.push(shown(name));
            }
            self.look_up(name, room)
        })?;
        if let Some(reason) = expanded.unknown {
            return Ok((Fact::unknown(reason, span), undeclared));
        }
        // Without a variable the value is no longer than what is written.
        if text.contains('$') && !room.take(expanded.value.len()) {
            return Ok((Fact::unknown(TOO_MANY, span), undeclared));
        }
        let mut sourced = Sourced::known(expanded.value, span);
        if expanded.assumed {
            sourced.state = State::AssumedDefault;
        }
        Ok((Fact::Known(sourced), undeclared))
    }
}

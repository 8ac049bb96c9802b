//! ARG and ENV: the variables before the first FROM and those of the current stage.

use super::Walk;
use crate::fact::{Fact, Sourced, State};
use crate::parse::dockerfile::{Argument, KeyValue};
use std::sync::Arc;

impl Walk<'_> {
    pub(super) fn global_arg(&mut self, argument: &Argument) {
        let name = argument.name.value.as_str();
        let fact = if let Some(given) = self.args.get(name) {
            given.clone()
        } else if let Some(value) = argument.value.as_ref().filter(|value| asks_for(&value.value, name))
            && self.global.get(name).is_none()
        {
            // `ARG V=${V:?}`: what the build is given takes its place before it is read (moby/buildkit#4856).
            Arc::new(Fact::unknown(
                format!("the build argument `{name}` is not given"),
                value.span,
            ))
        } else if let Some(value) = &argument.value {
            let value = self.global_word(value);
            Arc::new(assumed(value))
        } else if self.global.get(name).is_some() {
            // `ARG TARGETARCH` declares what the builder sets anyway.
            return;
        } else {
            Arc::new(Fact::Absent)
        };
        self.global.set(name, fact);
    }

    pub(super) fn stage_arg(&mut self, argument: &Argument) {
        let name = argument.name.value.as_str();
        let fact = if let Some(given) = self.args.get(name) {
            given.clone()
        } else if let Some(value) = &argument.value {
            let value = self.word(value);
            Arc::new(assumed(value))
        } else if let Some(global) = self.global.get(name) {
            global.clone()
        } else if self.scopes.last().is_some_and(|scope| scope.get(name).is_some()) {
            // Without a value it leaves an ENV of its name alone.
            return;
        } else {
            Arc::new(Fact::Absent)
        };
        if let Some(scope) = self.scopes.last_mut() {
            scope.set(name, fact);
        }
    }

    pub(super) fn env(&mut self, pairs: &[KeyValue]) {
        for (name, value) in self.pairs(pairs) {
            if let Some(scope) = self.scopes.last_mut() {
                scope.set(&name, value.clone());
            }
            self.change(|stage| stage.env.set(&name, value));
        }
    }

    /// Names and values of ENV or LABEL, expanded: all of them see the variables from before the instruction.
    pub(super) fn pairs(&mut self, pairs: &[KeyValue]) -> Vec<(String, Arc<Fact<String>>)> {
        let mut expanded = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let value = self.word(&pair.value);
            if let Fact::Known(name) = self.word(&pair.key) {
                expanded.push((name.value, Arc::new(value)));
            }
        }
        expanded
    }
}

/// The default of an ARG: true unless the build is given another value.
fn assumed(fact: Fact<String>) -> Fact<String> {
    match fact {
        Fact::Known(known) => Fact::Known(Sourced {
            state: State::AssumedDefault,
            ..known
        }),
        other => other,
    }
}

/// Whether a value is a demand for a variable: `${V:?}`, `${V?why}`.
fn asks_for(value: &str, name: &str) -> bool {
    let inside = value
        .trim_matches('"')
        .strip_prefix("${")
        .and_then(|rest| rest.strip_prefix(name));
    inside.is_some_and(|rest| rest.starts_with(":?") || rest.starts_with('?'))
}

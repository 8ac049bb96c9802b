//! A target of a Bake file with what it inherits (buildx `bake/bake.go`, `Target.Merge`).

use super::Set;
use super::value::{Local, Value};
use crate::fact::{Fact, Sourced, State};
use crate::parse::hcl::{Body, Expr, Kind};
use crate::source::Span;
use indexmap::IndexMap;
use std::collections::HashMap;

/// How far targets may inherit from each other.
const DEEP: usize = 64;

/// A target with what it inherits.
#[derive(Clone)]
pub(super) struct Resolved {
    pub context: Fact<String>,
    pub dockerfile: Fact<String>,
    pub target: Fact<String>,
    pub args: IndexMap<String, Fact<String>>,
    pub contexts: IndexMap<String, Fact<String>>,
    pub platforms: Fact<Vec<String>>,
    pub is_inline: bool,
    pub has_tags: bool,
    pub is_local: bool,
}

impl Resolved {
    fn new(fact: &Fact<String>) -> Self {
        let mut args = IndexMap::new();
        if !fact.is_absent() {
            args.insert("*".to_owned(), fact.clone());
        }
        Self {
            context: fact.clone(),
            dockerfile: fact.clone(),
            target: fact.clone(),
            args,
            contexts: IndexMap::new(),
            platforms: Fact::Absent,
            is_inline: false,
            has_tags: false,
            is_local: false,
        }
    }
}

impl Set<'_> {
    /// A target with what it inherits; `None` while that is being found out.
    pub(super) fn resolve(
        &self,
        number: usize,
        known: &mut HashMap<usize, Option<Resolved>>,
        depth: usize,
    ) -> Option<Resolved> {
        if let Some(known) = known.get(&number) {
            return known.clone();
        }
        let target = self.targets.get(number)?;
        known.insert(number, None);
        let mut resolved = Resolved::new(&Fact::Absent);
        let inherits = target.bodies.iter().rev().find_map(|body| body.get("inherits"));
        if let Some(inherits) = inherits {
            let names = self.texts(inherits, &target.local);
            let unknown = |why: &str| Resolved::new(&Fact::unknown(why, inherits.span));
            if names.is_none() {
                resolved = unknown("what it inherits is not known");
            }
            for name in names.unwrap_or_default() {
                let parent = self.by_name.get(&name).filter(|_| depth < DEEP);
                let parent = parent.and_then(|parent| self.resolve(*parent, known, depth + 1));
                // What is taken over is copied, each time.
                let parent = parent.filter(|parent| self.scope.take(8 + parent.args.len()));
                match parent {
                    Some(parent) => resolved.inherit(parent),
                    None => resolved = unknown("it inherits from a target that is not known"),
                }
            }
        }
        for body in &target.bodies {
            self.apply(body, &target.local, &mut resolved);
        }
        known.insert(number, Some(resolved.clone()));
        Some(resolved)
    }

    /// What a block says, over what was said before.
    fn apply(&self, body: &Body, local: &Local, resolved: &mut Resolved) {
        for (name, expr) in &body.attributes {
            match name.value.as_str() {
                "context" => {
                    resolved.context = self
                        .text(expr, local)
                        .or(std::mem::replace(&mut resolved.context, Fact::Absent))
                }
                "dockerfile" => {
                    resolved.dockerfile = self.text(expr, local);
                    resolved.is_inline = false;
                }
                "target" => resolved.target = self.text(expr, local),
                "dockerfile-inline" => resolved.is_inline = true,
                "args" => self.pairs(expr, local, &mut resolved.args),
                "contexts" => self.pairs(expr, local, &mut resolved.contexts),
                "platforms" => {
                    let platforms = self.texts(expr, local);
                    resolved.platforms = match platforms {
                        Some(platforms) if platforms.is_empty() => Fact::Absent,
                        Some(platforms) => Fact::known(platforms, expr.span),
                        None => Fact::unknown("it is not written out", expr.span),
                    };
                }
                "tags" => resolved.has_tags = self.texts(expr, local).is_none_or(|tags| !tags.is_empty()),
                "output" => resolved.is_local = self.is_local(expr, local),
                _ => {}
            }
        }
    }

    /// Whether what is built is no image: files, an archive, or nothing at all.
    fn is_local(&self, expr: &Expr, local: &Local) -> bool {
        let is_it = |value: &Value| match value {
            Value::Text(text) => is_local(text),
            Value::Map(map) => map
                .get("type")
                .and_then(Value::text)
                .is_some_and(|kind| is_local(&format!("type={kind}"))),
            _ => false,
        };
        match self.scope.value(expr, local).0 {
            Value::List(items) => !items.is_empty() && items.iter().all(is_it),
            _ => false,
        }
    }

    fn text(&self, expr: &Expr, local: &Local) -> Fact<String> {
        let (value, assumed) = self.scope.value(expr, local);
        fact(&value, assumed, expr.span)
    }

    fn pairs(&self, expr: &Expr, local: &Local, into: &mut IndexMap<String, Fact<String>>) {
        // Each has a place of its own where it is written out.
        if let Kind::Object(pairs) = &expr.kind {
            for (key, value) in pairs {
                let name = self.scope.value(key, local).0.text();
                let name = name.unwrap_or_else(|| "*".to_owned());
                into.insert(name, self.text(value, local));
            }
            return;
        }
        match self.scope.value(expr, local) {
            (Value::Map(map), assumed) => {
                into.extend(
                    map.iter()
                        .map(|(name, value)| (name.clone(), fact(value, assumed, expr.span))),
                );
            }
            (Value::Unknown(why), _) => {
                into.insert("*".to_owned(), Fact::unknown(why, expr.span));
            }
            _ => {}
        }
    }
}

impl Resolved {
    /// What a further parent says goes over what those before it say (`bake.go`, `Target.Merge`).
    fn inherit(&mut self, parent: Self) {
        let before = std::mem::replace(self, parent);
        let over = |own: &mut Fact<String>, before: Fact<String>| {
            *own = std::mem::replace(own, Fact::Absent).or(before);
        };
        over(&mut self.context, before.context);
        over(&mut self.dockerfile, before.dockerfile);
        over(&mut self.target, before.target);
        let merged = |own: &mut IndexMap<_, _>, mut before: IndexMap<_, _>| {
            before.extend(std::mem::take(own));
            *own = before;
        };
        merged(&mut self.args, before.args);
        merged(&mut self.contexts, before.contexts);
        if self.platforms.is_absent() {
            self.platforms = before.platforms;
        }
        self.is_inline |= before.is_inline;
        self.has_tags |= before.has_tags;
        self.is_local |= before.is_local;
    }
}

/// Whether an output is no image.
pub(in crate::load::recipes) fn is_local(output: &str) -> bool {
    let mut parts = output.split(',').map(str::trim);
    match parts.find_map(|part| part.strip_prefix("type=")) {
        Some(kind) => matches!(kind, "cacheonly" | "local" | "tar"),
        // A folder.
        None => !output.is_empty(),
    }
}

fn fact(value: &Value, assumed: bool, span: Span) -> Fact<String> {
    match value {
        Value::Null => Fact::Absent,
        Value::Unknown(why) => Fact::unknown(why.clone(), span),
        value => match value.text() {
            Some(text) => {
                let mut text = Sourced::known(text, span);
                if assumed {
                    text.state = State::AssumedDefault;
                }
                Fact::Known(text)
            }
            None => Fact::unknown("it is no text", span),
        },
    }
}

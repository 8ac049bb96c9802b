//! Settings that are a block of their own: build, tmpfs, ulimits, restart policy and health check.

use super::Reader;
use super::forms::{boolean, is_tmpfs, items, pairs, text, tmpfs_size, words};
use crate::fact::{Fact, Sourced, State};
use crate::finding::ReaderRule;
use crate::parse::yaml::{Data, Entry, Value};
use crate::resolve::compose::paths::{is_remote, join};
use crate::resolve::compose::service::{Build, Healthcheck, Tmpfs, Ulimit};
use crate::source::Spanned;
use crate::values::path;

impl Reader<'_> {
    pub(super) fn build(&mut self, entry: &Entry) -> Option<Build> {
        let raw = &entry.value;
        raw.map()?;
        let context = match text(raw.get("context")) {
            // Compose's default: the project folder.
            Fact::Absent => Fact::Known(Sourced {
                value: ".".to_owned(),
                state: State::EngineDefault,
                span: entry.key,
                overridden: Vec::new(),
            }),
            context => context,
        };
        let folder = context
            .value()
            .filter(|context| !is_remote(context) && !context.contains("://"))
            .map(|context| join(self.folder, context));
        Some(Build {
            folder,
            context,
            dockerfile: text(raw.get("dockerfile")),
            inline: text(raw.get("dockerfile_inline")),
            target: text(raw.get("target")),
            args: pairs(raw.get("args"))
                .into_iter()
                .map(|(name, value, _)| (name, value))
                .collect(),
            span: entry.key,
        })
    }

    pub(super) fn tmpfs(&mut self, raw: &Value) -> Vec<Tmpfs> {
        let mut found = Vec::new();
        for item in items(raw.get("tmpfs")) {
            let (Data::Str(text) | Data::Unknown { text, .. }) = &item.data else {
                continue;
            };
            let (target, options) = text.split_once(':').unwrap_or((text, ""));
            let mut size = match &item.data {
                Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), item.span),
                _ => Fact::Absent,
            };
            let mut rest = Vec::new();
            for option in options.split(',').filter(|option| !option.is_empty()) {
                match option.strip_prefix("size=") {
                    Some(amount) => size = tmpfs_size(amount, item),
                    None => rest.push(option.to_owned()),
                }
            }
            found.push(Tmpfs {
                target: path::clean(target),
                size,
                options: rest,
                span: item.span,
            });
        }
        for item in items(raw.get("volumes")).iter().filter(|item| is_tmpfs(item)) {
            let target = item.get("target").and_then(Value::str).unwrap_or("").to_owned();
            let size = self.size(item, &["tmpfs", "size"]);
            let span = item
                .at(&["tmpfs", "size"])
                .or(item.get("target"))
                .map_or(item.span, |value| value.span);
            found.push(Tmpfs {
                target: path::clean(&target),
                size,
                options: Vec::new(),
                span,
            });
        }
        found
    }

    pub(super) fn ulimits(&mut self, raw: &Value) -> Vec<Ulimit> {
        let Some(map) = raw.get("ulimits").and_then(Value::map) else {
            return Vec::new();
        };
        map.iter()
            .map(|(name, entry)| {
                let path = ["ulimits", name.as_str()];
                let (soft, hard) = if entry.value.map().is_some() {
                    let half = |key: &str| entry.value.get(key).cloned();
                    let mut read = |value: Option<Value>, key: &str| {
                        value.map_or(Fact::Absent, |value| self.integer_of(&value, &["ulimits", name, key]))
                    };
                    (read(half("soft"), "soft"), read(half("hard"), "hard"))
                } else {
                    let both = self.integer_of(&entry.value, &path);
                    (both.clone(), both)
                };
                Ulimit {
                    name: Spanned::new(name.clone(), entry.key),
                    soft,
                    hard,
                }
            })
            .collect()
    }

    /// `deploy.restart_policy` wins over `restart` as a whole, and without a condition means no restart (docker/compose
    /// `pkg/compose/create.go`, `getRestartPolicy`).
    pub(super) fn restart(&mut self, raw: &Value) -> Fact<String> {
        if let Some(entry) = raw.get("deploy").and_then(|deploy| deploy.entry("restart_policy"))
            && entry.value.map().is_some()
        {
            let attempts = self
                .integer(&entry.value, &["max_attempts"])
                .value()
                .copied()
                .filter(|attempts| *attempts > 0);
            return match text(entry.value.get("condition")) {
                Fact::Absent => Fact::known("no".to_owned(), entry.key),
                condition => condition.map(|condition| match condition.as_str() {
                    "any" => "always".to_owned(),
                    "none" => "no".to_owned(),
                    "on-failure" => {
                        attempts.map_or("on-failure".to_owned(), |attempts| format!("on-failure:{attempts}"))
                    }
                    other => other.to_owned(),
                }),
            };
        }
        text(raw.get("restart"))
    }

    pub(super) fn healthcheck(&mut self, entry: &Entry) -> Option<Healthcheck> {
        let raw = &entry.value;
        raw.map()?;
        let test = match raw.get("test") {
            Some(Value {
                data: Data::Str(text),
                span,
                state,
                overridden,
                ..
            }) => Fact::Known(Sourced {
                value: vec!["CMD-SHELL".to_owned(), text.clone()],
                state: *state,
                span: *span,
                overridden: overridden.clone(),
            }),
            Some(value) => words(value),
            None => Fact::Absent,
        };
        if let Fact::Known(known) = &test
            && let Some(first) = known.value.first()
            && !matches!(first.as_str(), "CMD" | "CMD-SHELL" | "NONE")
            && let Some(value) = raw.get("test")
        {
            let message = format!("a health check as a list begins with CMD, CMD-SHELL or NONE, not `{first}`");
            self.problem(
                ReaderRule::WrongComposeType,
                value,
                &["healthcheck", "test"],
                message,
                "write `test: [CMD, ...]`",
            );
        }
        Some(Healthcheck {
            test,
            disabled: boolean(raw.get("disable")).value() == Some(&true),
            interval: self.duration(raw, &["interval"]),
            timeout: self.duration(raw, &["timeout"]),
            start_period: self.duration(raw, &["start_period"]),
            start_interval: self.duration(raw, &["start_interval"]),
            retries: self.integer(raw, &["retries"]),
            span: entry.key,
        })
    }
}

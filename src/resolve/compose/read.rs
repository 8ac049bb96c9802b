//! From the merged tree to typed services. What Compose cannot read becomes a problem, and the setting is unknown.

mod forms;

pub(crate) use forms::known_text;

use super::load::Document;
use super::paths::{is_remote, join};
use super::project::{Definition, Project};
use super::service::{Build, Healthcheck, Service, Tmpfs, Ulimit, Variable};
use crate::fact::{Fact, Sourced, State};
use crate::finding::{Finding, Layer, ReaderRule};
use crate::parse::Problem;
use crate::parse::yaml::{Data, Entry, Value};
use crate::source::Spanned;
use crate::values::number::Real;
use crate::values::{bytes, duration, path};
use forms::{
    boolean, command, dependencies, device, env_file, is_tmpfs, items, known, logging, mount, names, pairs, port,
    sources, spanned, strings, text, tmpfs_size, twin, words,
};
use std::path::Path;

/// The project of a loaded document.
pub(crate) fn project(document: &Document, folder: &Path, problems: &mut Vec<Problem>) -> Project {
    let mut project = Project {
        files: document.files.iter().map(|(path, _)| path.clone()).collect(),
        folder: folder.to_path_buf(),
        partial: document.partial,
        displaced: document.displaced.clone(),
        ..Project::default()
    };
    let Some(tree) = &document.tree else { return project };
    project.version = tree.entry("version").map(|entry| entry.key);
    for (name, entry) in section(tree, "services") {
        // What is no mapping is reported by the schema check.
        if entry.value.map().is_some() {
            let mut service = Reader { problems, folder, name }.service(entry);
            service.lost_lines = document.partial_services.contains(name);
            project.services.push(service);
        }
    }
    for (key, target) in [
        ("networks", &mut project.networks),
        ("volumes", &mut project.volumes),
        ("secrets", &mut project.secrets),
        ("configs", &mut project.configs),
        ("models", &mut project.models),
    ] {
        for (name, entry) in section(tree, key) {
            target.push(Definition {
                name: Spanned::new(name.clone(), entry.key),
                raw: entry.value.clone(),
            });
        }
    }
    project
}

fn section<'a>(tree: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Entry)> {
    tree.get(key).and_then(Value::map).into_iter().flatten()
}

struct Reader<'a> {
    problems: &'a mut Vec<Problem>,
    folder: &'a Path,
    name: &'a str,
}

impl Reader<'_> {
    fn service(&mut self, entry: &Entry) -> Service {
        let raw = &entry.value;
        let memory = twin(
            self.size(raw, &["deploy", "resources", "limits", "memory"]),
            self.size(raw, &["mem_limit"]),
            |value| *value > 0,
        );
        let swap = match (self.size(raw, &["memswap_limit"]), &memory) {
            (Fact::Absent | Fact::Known(Sourced { value: 0, .. }), Fact::Known(limit)) if limit.value > 0 => {
                Fact::Known(Sourced {
                    value: limit.value.saturating_mul(2),
                    state: State::EngineDefault,
                    ..limit.clone()
                })
            }
            (Fact::Absent, Fact::Unknown(unknown)) => Fact::Unknown(unknown.clone()),
            (swap, _) => swap,
        };
        let networks = names(raw.get("networks"));
        let network_mode = text(raw.get("network_mode"));
        let networks_written = !networks.is_empty();
        let networks = if networks_written || !network_mode.is_absent() || raw.get("provider").is_some() {
            networks
        } else {
            vec![Spanned::new("default".to_owned(), entry.key)]
        };
        Service {
            name: Spanned::new(self.name.to_owned(), entry.key),
            profiles: strings(raw.get("profiles")).into_iter().filter_map(spanned).collect(),
            image: text(raw.get("image")),
            build: raw.entry("build").and_then(|entry| self.build(entry)),
            has_provider: raw.get("provider").is_some(),
            wanted_profile: raw
                .at(&["x-plimsoll", "profile"])
                .and_then(|value| value.str().map(|name| Spanned::new(name.to_owned(), value.span))),
            memory,
            memory_reservation: twin(
                self.size(raw, &["deploy", "resources", "reservations", "memory"]),
                self.size(raw, &["mem_reservation"]),
                |value| *value > 0,
            ),
            swap,
            cpus: twin(
                self.number(raw, &["deploy", "resources", "limits", "cpus"]),
                self.number(raw, &["cpus"]),
                |value| *value > 0.0,
            ),
            cpu_reservation: self.number(raw, &["deploy", "resources", "reservations", "cpus"]),
            cpu_quota: self.integer(raw, &["cpu_quota"]),
            cpu_period: self.integer(raw, &["cpu_period"]),
            cpu_shares: self.integer(raw, &["cpu_shares"]),
            pids: twin(
                self.integer(raw, &["deploy", "resources", "limits", "pids"]),
                self.integer(raw, &["pids_limit"]),
                |value| *value > 0,
            ),
            shm_size: self.size(raw, &["shm_size"]),
            tmpfs: self.tmpfs(raw),
            ulimits: self.ulimits(raw),
            user: text(raw.get("user")),
            privileged: boolean(raw.get("privileged")),
            read_only: boolean(raw.get("read_only")),
            cap_add: strings(raw.get("cap_add")),
            cap_drop: strings(raw.get("cap_drop")),
            security_opt: strings(raw.get("security_opt")),
            network_mode,
            pid: text(raw.get("pid")),
            ipc: text(raw.get("ipc")),
            uts: text(raw.get("uts")),
            userns_mode: text(raw.get("userns_mode")),
            cgroup: text(raw.get("cgroup")),
            use_api_socket: boolean(raw.get("use_api_socket")),
            ports: items(raw.get("ports"))
                .iter()
                .filter(|item| item.map().is_some())
                .map(port)
                .collect(),
            volumes: items(raw.get("volumes"))
                .iter()
                .filter(|item| item.map().is_some() && !is_tmpfs(item))
                .map(mount)
                .collect(),
            devices: items(raw.get("devices")).iter().map(device).collect(),
            networks,
            networks_written,
            lost_lines: false,
            restart: self.restart(raw),
            healthcheck: raw.entry("healthcheck").and_then(|entry| self.healthcheck(entry)),
            logging: raw
                .entry("logging")
                .filter(|entry| entry.value.map().is_some())
                .map(logging),
            environment: pairs(raw.get("environment"))
                .into_iter()
                .map(|(name, value, span)| Variable { name, value, span })
                .collect(),
            given: Vec::new(),
            env_files: items(raw.get("env_file")).iter().map(env_file).collect(),
            replicas: self
                .integer(raw, &["scale"])
                .or(self.integer(raw, &["deploy", "replicas"])),
            command: command(raw.get("command")),
            entrypoint: command(raw.get("entrypoint")),
            depends_on: dependencies(raw.get("depends_on")),
            secrets: sources(raw.get("secrets")),
            configs: sources(raw.get("configs")),
            models: names(raw.get("models")),
            raw: raw.clone(),
        }
    }

    fn problem(&mut self, rule: ReaderRule, value: &Value, path: &[&str], message: String, help: &str) {
        let finding = Finding::new(value.span, message).help(help).layer(Layer::Compose);
        self.problems.push(Problem::new(
            rule,
            finding.aspect(format!("services.{}.{}", self.name, path.join("."))),
        ));
    }

    /// A byte size. A YAML float is dropped by Compose without a word: it is absent (see the rule `ignored-setting`).
    fn size(&mut self, raw: &Value, path: &[&str]) -> Fact<i64> {
        let Some(value) = raw.at(path) else { return Fact::Absent };
        match &value.data {
            Data::Int(bytes) => known(*bytes, value),
            // A whole number is one in quotes as well, a negative one included: `"-1"` is "no limit".
            Data::Str(text) => match text.parse().ok().or_else(|| bytes::compose(text)) {
                Some(bytes) => known(bytes, value),
                None => {
                    let message = format!("Compose cannot read the size '{text}' of '{}'", path.join("."));
                    self.problem(
                        ReaderRule::InvalidSize,
                        value,
                        path,
                        message,
                        "write a number and b, k, m or g: 512m",
                    );
                    Fact::unknown(format!("'{text}' is no size"), value.span)
                }
            },
            Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
            _ => Fact::Absent,
        }
    }

    fn number(&mut self, raw: &Value, path: &[&str]) -> Fact<f64> {
        let Some(value) = raw.at(path) else { return Fact::Absent };
        match &value.data {
            Data::Int(number) => known(number.real(), value),
            Data::Float(number) if number.is_finite() => known(*number, value),
            Data::Float(number) => self.no_number(&number.to_string(), value, path),
            Data::Str(text) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => known(number, value),
                _ => self.no_number(text, value, path),
            },
            Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
            _ => Fact::Absent,
        }
    }

    fn no_number(&mut self, text: &str, value: &Value, path: &[&str]) -> Fact<f64> {
        let message = format!("Compose cannot read the number '{text}' of '{}'", path.join("."));
        let help = "write cores as a decimal number: '0.5'";
        self.problem(ReaderRule::WrongComposeType, value, path, message, help);
        Fact::unknown(format!("'{text}' is no number"), value.span)
    }

    fn integer(&mut self, raw: &Value, path: &[&str]) -> Fact<i64> {
        let Some(value) = raw.at(path) else { return Fact::Absent };
        self.integer_of(value, path)
    }

    fn integer_of(&mut self, value: &Value, path: &[&str]) -> Fact<i64> {
        match &value.data {
            Data::Int(number) => known(*number, value),
            // Compose truncates.
            #[allow(clippy::cast_possible_truncation)]
            Data::Float(number) => known(*number as i64, value),
            Data::Str(text) => match text.parse() {
                Ok(number) => known(number, value),
                Err(_) => {
                    let message = format!("'{}' must be an integer, not '{text}'", path.join("."));
                    self.problem(ReaderRule::WrongComposeType, value, path, message, "");
                    Fact::unknown(format!("'{text}' is no integer"), value.span)
                }
            },
            Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
            _ => Fact::Absent,
        }
    }

    fn duration(&mut self, raw: &Value, path: &[&str]) -> Fact<i64> {
        let Some(value) = raw.at(path) else { return Fact::Absent };
        match &value.data {
            Data::Str(text) => match duration::parse(text) {
                Some(nanoseconds) => known(nanoseconds, value),
                None => {
                    let message = format!("Compose cannot read the duration '{text}' of '{}'", path.join("."));
                    self.problem(
                        ReaderRule::InvalidDuration,
                        value,
                        path,
                        message,
                        "write a number and a unit: 30s, 1m30s, 500ms",
                    );
                    Fact::unknown(format!("'{text}' is no duration"), value.span)
                }
            },
            Data::Unknown { reason, .. } => Fact::unknown(reason.clone(), value.span),
            _ => Fact::Absent,
        }
    }

    fn build(&mut self, entry: &Entry) -> Option<Build> {
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

    fn tmpfs(&mut self, raw: &Value) -> Vec<Tmpfs> {
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

    fn ulimits(&mut self, raw: &Value) -> Vec<Ulimit> {
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
    fn restart(&mut self, raw: &Value) -> Fact<String> {
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

    fn healthcheck(&mut self, entry: &Entry) -> Option<Healthcheck> {
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
            let message = format!("a health check as a list begins with CMD, CMD-SHELL or NONE, not '{first}'");
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

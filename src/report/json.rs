//! The JSON contract: everything that is known, notes included, for machines. Additive changes only.

use super::place::region;
use super::{Report, escape, words};
use crate::build::size::{Bytes, Ledger};
use crate::container::start::Effective;
use crate::container::{Container, ContainerKind, Decided, ImageSource};
use crate::fact::{Fact, Sourced, State};
use crate::finding::{Basis, Severity};
use crate::repository::{Repository, sizes};
use crate::requirements::{COLUMNS, Cell, Requirements};
use crate::resolve::compose::service::{Mount, Port, Service, Tmpfs, Ulimit};
use crate::source::{ColumnUnit, Span, Spanned};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The report as one JSON document.
pub(crate) fn render(report: &Report) -> String {
    let repository = report.repository.as_ref();
    let writer = Writer { report };
    let document = Document {
        schema: 1,
        verdict: report.verdict.word(),
        error: report.error.as_ref().map(|error| writer.mask(error)),
        scope: &report.scope,
        sets: &report.sets,
        policy_changes: report.policy.iter().map(|sentence| writer.mask(sentence)).collect(),
        summary: Summary {
            error: report.count(Severity::Error),
            warning: report.count(Severity::Warning),
            note: report.count(Severity::Note),
            files: report.files.len(),
            excluded: report.excluded,
            vendored: &report.vendored,
        },
        hardened: Each(report.requirements.iter(), &|standing| writer.standing(standing)),
        findings: Each(report.findings.iter(), &|reported| writer.finding(reported)),
        units: Each(
            repository.map_or(&[][..], |repository| &repository.containers).iter(),
            &|container| repository.map_or(Value::Null, |repository| writer.unit(container, repository)),
        ),
    };
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    // A string value may hold what a CI runner takes for a command.
    format!("{}\n", escape::json(&text))
}

/// One unit, as it stands in the document.
pub(crate) fn unit(report: &Report, container: &Container, repository: &Repository) -> Value {
    Writer { report }.unit(container, repository)
}

#[derive(Serialize)]
struct Document<'a, H, F, U> {
    schema: u32,
    verdict: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    scope: &'a str,
    sets: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policy_changes: Vec<String>,
    summary: Summary<'a>,
    hardened: H,
    findings: F,
    units: U,
}

#[derive(Serialize)]
struct Summary<'a> {
    error: usize,
    warning: usize,
    note: usize,
    files: usize,
    excluded: usize,
    vendored: &'a BTreeMap<String, usize>,
}

/// A list whose entries are made one at a time: thousands of services are never in memory at once.
struct Each<'f, I>(I, &'f dyn Fn(<I as Iterator>::Item) -> Value)
where
    I: Iterator + Clone;

impl<I: Iterator + Clone> Serialize for Each<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone().map(self.1))
    }
}

struct Writer<'a> {
    report: &'a Report,
}

impl Writer<'_> {
    fn mask(&self, text: &str) -> String {
        self.report.secrets.mask(text).into_owned()
    }

    fn location(&self, span: Span) -> Value {
        let source = self.report.sources.get(span.source);
        let region = region(source, span, ColumnUnit::CodePoints);
        json!({
            "path": source.path,
            "line": region.start.line,
            "column": region.start.column,
            "end_line": region.end.line,
            "end_column": region.end.column,
        })
    }

    fn finding(&self, reported: &super::Reported) -> Value {
        let finding = &reported.finding;
        let related: Vec<Value> = finding
            .related
            .iter()
            .map(|related| {
                let source = self.report.sources.get(related.span.source);
                let at = region(source, related.span, ColumnUnit::CodePoints).start;
                json!({"path": source.path, "line": at.line, "column": at.column, "message": self.mask(&related.message)})
            })
            .collect();
        let measured = finding.measured.as_ref().map(|measured| {
            json!({
                "quantity": measured.quantity,
                "actual": number(measured.actual),
                "budget": number(measured.budget),
                "unit": measured.unit,
                "basis": measured.basis.word(),
            })
        });
        json!({
            "rule": reported.rule.name,
            "severity": reported.severity.word(),
            "layer": reported.layer.word(),
            "message": words::message(self.report, reported),
            "help": words::help(self.report, reported),
            "unit": reported.unit,
            "location": self.location(finding.span),
            "related": related,
            "measured": measured,
            "fixable": !finding.fix.is_empty(),
            "fingerprint": reported.fingerprint,
        })
    }

    fn standing(&self, standing: &Requirements) -> Value {
        let demands: Map<String, Value> = COLUMNS
            .iter()
            .zip(standing.cells.iter().zip(&standing.demanded))
            .map(|((word, _), (cell, demanded))| {
                let location = match cell {
                    Cell::NotMet(span) | Cell::Unknown(span) => self.location(*span),
                    Cell::Met | Cell::NotAsked => Value::Null,
                };
                let value = json!({"state": cell.word(), "demanded": demanded, "location": location});
                ((*word).to_owned(), value)
            })
            .collect();
        json!({
            "service": standing.service,
            "location": self.location(standing.span),
            "profile": standing.profile,
            "hardened": standing.is_hardened(),
            "demands": demands,
        })
    }

    fn unit(&self, container: &Container, repository: &Repository) -> Value {
        let mut out = Map::new();
        let mut put = |key: &str, value: Value| {
            out.insert(key.to_owned(), value);
        };
        let service = repository.service(container);
        let kind = match container.kind {
            ContainerKind::Service => "service",
            ContainerKind::Dockerfile => "dockerfile",
        };
        put("name", json!(container.name));
        put("kind", json!(kind));
        put("profile", json!(container.profile));
        put("location", self.location(container.span));
        let effective = Effective::of(container.ladder(service));
        put("user", self.user(&effective.user));
        put("image_name", self.image(&container.image));
        put("image", self.ledger(&sizes::of_container(container, repository)));
        put("container", self.container(&effective));
        if let Some(service) = service {
            self.service(service, &mut put);
        }
        for (key, value) in &mut out {
            if !matches!(key.as_str(), "kind" | "location") {
                self.hide(value);
            }
        }
        Value::Object(out)
    }

    /// Hides secrets in every text below a value but in what we say ourselves and in places.
    fn hide(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(masked) = self.report.secrets.mask(text) {
                    *text = masked;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide(item)),
            Value::Object(map) => {
                for (key, value) in map {
                    if !matches!(
                        key.as_str(),
                        "state" | "location" | "basis" | "decided_by" | "dockerfile"
                    ) {
                        self.hide(value);
                    }
                }
            }
            _ => {}
        }
    }

    /// What the engine starts: the merge of the image's configuration and Compose's.
    fn container(&self, effective: &Effective) -> Value {
        let words = |decided: &Decided<Vec<String>>| {
            self.fact(&decided.value, |words| {
                json!(words.iter().map(|word| self.mask(word)).collect::<Vec<_>>())
            })
        };
        let number = |decided: &Decided<i64>| self.fact(&decided.value, |number| json!(number));
        let health = &effective.health;
        let environment: Map<String, Value> = effective
            .environment
            .iter()
            .map(|(name, (decided, span))| {
                (
                    name.clone(),
                    json!({"state": state(&decided.value), "location": self.location(*span)}),
                )
            })
            .collect();
        let place = |item: &Spanned<String>| json!({"value": item.value, "location": self.location(item.span)});
        json!({
            "entrypoint": words(&effective.entrypoint),
            "command": words(&effective.command),
            "workdir": self.fact(&effective.workdir.value, |text| json!(text)),
            "stop_signal": self.fact(&effective.stop_signal.value, |text| json!(text)),
            "healthcheck": {
                "test": words(&health.test),
                "interval_ns": number(&health.interval),
                "timeout_ns": number(&health.timeout),
                "start_period_ns": number(&health.start_period),
                "start_interval_ns": number(&health.start_interval),
                "retries": number(&health.retries),
            },
            "environment": environment,
            "exposed_ports": effective.exposed.iter().map(|(port, _)| place(port)).collect::<Vec<_>>(),
            "image_volumes": effective.image_volumes.iter().map(place).collect::<Vec<_>>(),
        })
    }

    fn user(&self, user: &Decided<String>) -> Value {
        let mut value = self.fact(&user.value, |user| json!(user));
        if let (Fact::Known(_), Some(object)) = (&user.value, value.as_object_mut()) {
            object.insert("decided_by".to_owned(), json!(user.by.word()));
        }
        value
    }

    fn image(&self, image: &ImageSource) -> Value {
        match image {
            ImageSource::Named(name) => self.sourced(name, &json!(self.mask(&name.value))),
            ImageSource::Built { file, plan } => json!({
                "value": Value::Null,
                "state": "known",
                "location": plan.shipped().map(|stage| self.location(stage.from)),
                "dockerfile": file.path,
                "stage": plan.shipped().and_then(|stage| stage.name.as_ref()).map(|name| name.value.clone()),
            }),
            ImageSource::Unknown(unknown) => self.unknown(unknown),
            ImageSource::None => absent(),
        }
    }

    fn ledger(&self, ledger: &Ledger) -> Value {
        let total = ledger.total();
        let layers: Vec<Value> = ledger
            .rows
            .iter()
            .map(|row| {
                json!({
                    "instruction": self.mask(&row.what),
                    "size_bytes": size(row.bytes),
                    "at_least_bytes": row.bytes.at_least,
                    "estimate_bytes": row.bytes.estimate,
                    "basis": row.bytes.basis().word(),
                    "why": self.mask(&row.why),
                    "location": self.location(row.span),
                })
            })
            .collect();
        json!({
            "size_bytes": size(total),
            "at_least_bytes": total.at_least,
            "estimate_bytes": total.estimate,
            "basis": total.basis().word(),
            "layers": layers,
        })
    }

    fn service(&self, service: &Service, put: &mut dyn FnMut(&str, Value)) {
        put("memory", self.fact(&service.memory, |value| json!(value)));
        put(
            "memory_reservation",
            self.fact(&service.memory_reservation, |value| json!(value)),
        );
        put("swap", self.fact(&service.swap, |value| json!(value)));
        put("cpus", self.fact(&service.cpus, |value| number(*value)));
        put("cpu_quota", self.fact(&service.cpu_quota, |value| json!(value)));
        put("cpu_period", self.fact(&service.cpu_period, |value| json!(value)));
        put("cpu_shares", self.fact(&service.cpu_shares, |value| json!(value)));
        put(
            "pids",
            self.fact(
                &service.pids,
                |value| if *value > 0 { json!(value) } else { Value::Null },
            ),
        );
        put("shm_size", self.fact(&service.shm_size, |value| json!(value)));
        put(
            "tmpfs",
            list(
                service.tmpfs.iter().map(|mount| self.tmpfs(mount)).collect(),
                service.tmpfs.first().map(|mount| self.location(mount.span)),
            ),
        );
        let ulimits: Map<String, Value> = service
            .ulimits
            .iter()
            .map(|ulimit| (ulimit.name.value.clone(), self.ulimit(ulimit)))
            .collect();
        put(
            "ulimits",
            list_value(
                Value::Object(ulimits),
                service.ulimits.first().map(|ulimit| self.location(ulimit.name.span)),
            ),
        );
        put("privileged", self.fact(&service.privileged, |value| json!(value)));
        put("read_only", self.fact(&service.read_only, |value| json!(value)));
        put("cap_add", self.facts(&service.cap_add));
        put("cap_drop", self.facts(&service.cap_drop));
        put("security_opt", self.facts(&service.security_opt));
        put("network_mode", self.fact(&service.network_mode, |value| json!(value)));
        put("pid", self.fact(&service.pid, |value| json!(value)));
        put("ipc", self.fact(&service.ipc, |value| json!(value)));
        put("userns_mode", self.fact(&service.userns_mode, |value| json!(value)));
        put(
            "ports",
            list(
                service.ports.iter().map(|port| self.port(port)).collect(),
                service.ports.first().map(|port| self.location(port.span)),
            ),
        );
        let volumes = service.volumes.iter().map(|mount| self.mount(mount)).collect();
        put(
            "volumes",
            list(volumes, service.volumes.first().map(|mount| self.location(mount.span))),
        );
        put("devices", self.facts(&service.devices));
        let networks = service.networks.iter().map(|network| json!(network.value)).collect();
        put(
            "networks",
            list(
                networks,
                service.networks.first().map(|network| self.location(network.span)),
            ),
        );
        put("restart", self.fact(&service.restart, |value| json!(value)));
        put("healthcheck", self.healthcheck(service));
        put("logging", self.logging(service));
        let environment: Vec<Value> = service
            .variables()
            .map(|variable| json!({"name": variable.name, "state": state(&variable.value), "location": self.location(variable.span)}))
            .collect();
        put(
            "environment",
            list(
                environment,
                service.variables().next().map(|variable| self.location(variable.span)),
            ),
        );
        put("replicas", self.fact(&service.replicas, |value| json!(value)));
        put(
            "command",
            self.fact(&service.command, |words| {
                json!(words.iter().map(|word| self.mask(word)).collect::<Vec<_>>())
            }),
        );
        put(
            "entrypoint",
            self.fact(&service.entrypoint, |words| {
                json!(words.iter().map(|word| self.mask(word)).collect::<Vec<_>>())
            }),
        );
        put(
            "profiles",
            json!(
                service
                    .profiles
                    .iter()
                    .map(|profile| profile.value.clone())
                    .collect::<Vec<_>>()
            ),
        );
    }

    fn sourced<T>(&self, sourced: &Sourced<T>, value: &Value) -> Value {
        let state = match sourced.state {
            State::Known => "known",
            State::AssumedDefault => "assumed-default",
            State::EngineDefault => "engine-default",
        };
        json!({"value": value, "state": state, "location": self.location(sourced.span)})
    }

    fn unknown(&self, unknown: &crate::fact::Unknown) -> Value {
        json!({"value": Value::Null, "state": "unknown", "location": self.location(unknown.span), "reason": self.mask(&unknown.reason)})
    }

    fn fact<T>(&self, fact: &Fact<T>, value: impl Fn(&T) -> Value) -> Value {
        match fact {
            Fact::Absent => absent(),
            Fact::Known(sourced) => self.sourced(sourced, &self.masked(value(&sourced.value))),
            Fact::Unknown(unknown) => self.unknown(unknown),
        }
    }

    fn masked(&self, value: Value) -> Value {
        match value {
            Value::String(text) => json!(self.mask(&text)),
            other => other,
        }
    }

    fn facts(&self, facts: &[Fact<String>]) -> Value {
        let values: Vec<Value> = facts
            .iter()
            .filter_map(|fact| fact.value())
            .map(|text| json!(self.mask(text)))
            .collect();
        let location = facts.iter().find_map(Fact::span).map(|span| self.location(span));
        let mut value = list(values, location);
        if facts.iter().any(|fact| matches!(fact, Fact::Unknown(_)))
            && let Some(object) = value.as_object_mut()
        {
            object.insert("state".to_owned(), json!("unknown"));
        }
        value
    }

    fn tmpfs(&self, mount: &Tmpfs) -> Value {
        json!({"target": mount.target, "size": mount.size.value(), "options": mount.options})
    }

    fn ulimit(&self, ulimit: &Ulimit) -> Value {
        json!({"soft": ulimit.soft.value(), "hard": ulimit.hard.value()})
    }

    fn port(&self, port: &Port) -> Value {
        json!({
            "host_ip": port.host_ip.value(),
            "published": port.published.value(),
            "target": port.target.value(),
            "protocol": port.protocol,
        })
    }

    fn mount(&self, mount: &Mount) -> Value {
        json!({
            "type": mount.kind.value(),
            "source": mount.source.value().map(|source| self.mask(source)),
            "target": mount.target.value(),
            "read_only": mount.read_only.value().copied().unwrap_or(false),
        })
    }

    fn healthcheck(&self, service: &Service) -> Value {
        let Some(check) = &service.healthcheck else {
            return absent();
        };
        let words = |words: &Vec<String>| words.iter().map(|word| self.mask(word)).collect::<Vec<_>>();
        let value = json!({
            "test": check.test.value().map(words),
            "disable": check.disabled,
            "interval_ns": check.interval.value(),
            "timeout_ns": check.timeout.value(),
            "start_period_ns": check.start_period.value(),
            "start_interval_ns": check.start_interval.value(),
            "retries": check.retries.value(),
        });
        let mut out = list_value(value, Some(self.location(check.span)));
        if let (Fact::Unknown(_), Some(object)) = (&check.test, out.as_object_mut()) {
            object.insert("state".to_owned(), json!("unknown"));
        }
        out
    }

    fn logging(&self, service: &Service) -> Value {
        let Some(logging) = &service.logging else {
            return absent();
        };
        let options: Map<String, Value> = logging
            .options
            .iter()
            .map(|(name, value)| (name.clone(), json!(value.value().map(|text| self.mask(text)))))
            .collect();
        list_value(
            json!({"driver": logging.driver.value(), "options": options}),
            Some(self.location(logging.span)),
        )
    }
}

/// The best figure that there is.
fn size(bytes: Bytes) -> Option<u64> {
    match bytes.basis() {
        Basis::Unknown => None,
        _ => Some(bytes.estimate.unwrap_or(bytes.at_least)),
    }
}

fn state<T>(fact: &Fact<T>) -> &'static str {
    match fact {
        Fact::Absent => "absent",
        Fact::Unknown(_) => "unknown",
        Fact::Known(sourced) if sourced.state == State::AssumedDefault => "assumed-default",
        Fact::Known(_) => "known",
    }
}

fn absent() -> Value {
    json!({"value": Value::Null, "state": "absent", "location": Value::Null})
}

fn list(values: Vec<Value>, location: Option<Value>) -> Value {
    if values.is_empty() {
        absent()
    } else {
        list_value(Value::Array(values), location)
    }
}

fn list_value(value: Value, location: Option<Value>) -> Value {
    match location {
        Some(location) => json!({"value": value, "state": "known", "location": location}),
        None => absent(),
    }
}

/// Whole numbers without a fraction.
fn number(value: f64) -> Value {
    #[allow(clippy::cast_possible_truncation)]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

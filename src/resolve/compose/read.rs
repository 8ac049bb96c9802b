//! From the merged tree to typed services. What Compose cannot read becomes a problem, and the setting is unknown.

mod blocks;
mod forms;
mod numbers;

pub(crate) use forms::known_text;

use super::load::Document;
use super::project::{Definition, Project};
use super::service::Service;
use crate::finding::{Change, Finding, Layer, ReaderRule};
use crate::parse::Problem;
use crate::parse::yaml::{Entry, Value};
use crate::source::Spanned;
use crate::values::{bytes, duration};
use forms::{
    boolean, command, dependencies, device, env_file, items, logging, mounts, names, options, ports, sources, spanned,
    strings, text, variables,
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
    project.versions = document.versions.iter().copied().collect();
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

/// Whether a service without networks does not come into the default one either.
fn takes_no_default(raw: &Value) -> bool {
    !text(raw.get("network_mode")).is_absent() || raw.get("provider").is_some()
}

fn wanted_profile(raw: &Value) -> Option<Spanned<String>> {
    let value = raw.at(&["x-plimsoll", "profile"])?;
    Some(Spanned::new(value.str()?.to_owned(), value.span))
}

struct Reader<'a> {
    problems: &'a mut Vec<Problem>,
    folder: &'a Path,
    name: &'a str,
}

impl Reader<'_> {
    fn service(&mut self, entry: &Entry) -> Service {
        let raw = &entry.value;
        let memory = self.memory(raw);
        let swap = self.swap(raw, &memory);
        let networks = names(raw.get("networks"));
        let networks_written = !networks.is_empty();
        Service {
            name: Spanned::new(self.name.to_owned(), entry.key),
            profiles: strings(raw.get("profiles")).into_iter().filter_map(spanned).collect(),
            image: text(raw.get("image")),
            build: raw.entry("build").and_then(|entry| self.build(entry)),
            has_provider: raw.get("provider").is_some(),
            wanted_profile: wanted_profile(raw),
            memory,
            memory_reservation: self.memory_reservation(raw),
            swap,
            cpus: self.cpus(raw),
            cpu_reservation: self.number(raw, &["deploy", "resources", "reservations", "cpus"]),
            cpu_quota: self.integer(raw, &["cpu_quota"]),
            cpu_period: self.integer(raw, &["cpu_period"]),
            cpu_shares: self.integer(raw, &["cpu_shares"]),
            pids: self.pids(raw),
            shm_size: self.size(raw, &["shm_size"]),
            tmpfs: self.tmpfs(raw),
            ulimits: self.ulimits(raw),
            user: text(raw.get("user")),
            privileged: boolean(raw.get("privileged")),
            read_only: boolean(raw.get("read_only")),
            cap_add: strings(raw.get("cap_add")),
            cap_drop: strings(raw.get("cap_drop")),
            security_opt: options(raw.get("security_opt")),
            network_mode: text(raw.get("network_mode")),
            pid: text(raw.get("pid")),
            ipc: text(raw.get("ipc")),
            uts: text(raw.get("uts")),
            userns_mode: text(raw.get("userns_mode")),
            cgroup: text(raw.get("cgroup")),
            use_api_socket: boolean(raw.get("use_api_socket")),
            ports: ports(raw.get("ports")),
            volumes: mounts(raw.get("volumes")),
            devices: items(raw.get("devices")).iter().map(device).collect(),
            networks: if networks_written || takes_no_default(raw) {
                networks
            } else {
                vec![Spanned::new("default".to_owned(), entry.key)]
            },
            networks_written,
            lost_lines: false,
            restart: self.restart(raw),
            healthcheck: raw.entry("healthcheck").and_then(|entry| self.healthcheck(entry)),
            logging: raw
                .entry("logging")
                .filter(|entry| entry.value.map().is_some())
                .map(logging),
            environment: variables(raw.get("environment")),
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
        let near = match (rule, value.str()) {
            (ReaderRule::InvalidDuration, Some(text)) => duration::near(text),
            (ReaderRule::InvalidSize, Some(text)) => bytes::near(text),
            _ => None,
        };
        let finding = match near {
            Some((near, true)) => finding.change(Change::Replace(value.span, near)),
            Some((near, false)) => finding.change(Change::Replace(value.span, near)).with_care(),
            None => finding,
        };
        self.problems.push(Problem::new(
            rule,
            finding.aspect(format!("services.{}.{}", self.name, path.join("."))),
        ));
    }
}

//! The suggested limits as a Compose override file.

use super::{RESOURCES, Usage};
use crate::config::budget::{CPUS, MEMORY, PIDS};
use crate::resolve::compose::service::Service;
use crate::usage::suggest::Resource;
use std::fmt::Write as _;

const HEAD: &str = "# Limits by measured use, written by `plimsoll usage --format compose`.\n";

pub(super) fn render(usage: &Usage<'_>) -> String {
    let mut out = String::new();
    for (name, (service, limits)) in usage.suggested() {
        let set: Vec<_> = RESOURCES
            .into_iter()
            .zip(limits)
            .filter_map(|(resource, value)| Some((resource, value?)))
            .collect();
        if set.is_empty() {
            continue;
        }
        let _ = writeln!(out, "  {}:", serde_json::Value::from(name));
        let mut twins = String::new();
        for (resource, value) in set {
            let (key, twin, budget) = match resource {
                Resource::Cpus => ("cpus", "cpus", &CPUS),
                Resource::Memory => ("mem_limit", "memory", &MEMORY),
                Resource::Pids => ("pids_limit", "pids", &PIDS),
            };
            let written = budget.kind.written(value);
            match is_below_deploy(service, resource) {
                true if resource == Resource::Pids => drop(writeln!(twins, "          {twin}: {written}")),
                true => drop(writeln!(twins, "          {twin}: \"{written}\"")),
                false => drop(writeln!(out, "    {key}: {written}")),
            }
        }
        if !twins.is_empty() {
            let _ = write!(out, "    deploy:\n      resources:\n        limits:\n{twins}");
        }
    }
    match out.is_empty() {
        true => format!("{HEAD}# Nothing is suggested: `plimsoll usage` says why.\nservices: {{}}\n"),
        false => format!("{HEAD}services:\n{out}"),
    }
}

/// Whether a service has this limit below `deploy`: Compose refuses it in both places.
fn is_below_deploy(service: Option<&Service>, resource: Resource) -> bool {
    let Some(service) = service else { return false };
    let key = match resource {
        Resource::Cpus => service.limit_key(service.cpus.span(), "cpus", "deploy.resources.limits.cpus"),
        Resource::Memory => service.limit_key(service.memory.span(), "mem_limit", "deploy.resources.limits.memory"),
        Resource::Pids => service.limit_key(service.pids.span(), "pids_limit", "deploy.resources.limits.pids"),
    };
    key.starts_with("deploy")
}

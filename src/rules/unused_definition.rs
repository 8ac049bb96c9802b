use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::project::Project;
use std::collections::HashSet;

rule! {
    /// A network, volume, secret or config is defined and no service uses it.
    ///
    /// ## Why it matters
    /// Nothing is wrong with the services, but a definition without a user is mostly a misspelled name at one of the
    /// two ends, or what is left of a service that is gone.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     volumes: ["data:/data"]
    /// networks:
    ///   backend:  # <- here
    /// volumes:
    ///   data:
    ///   cache:  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     volumes: ["data:/data"]
    /// networks:
    ///   default:
    ///     internal: true
    /// volumes:
    ///   data:
    /// ```
    RULE {
        name: "unused-definition",
        group: Group::Start,
        layer: Layer::Hygiene,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Project(check),
    }
}
fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    if !project.is_whole() {
        return;
    }
    let all = || project.services.iter();
    let listed = |path: &'static [&'static str]| {
        all()
            .filter_map(move |service| service.written(path).and_then(Value::seq))
            .flatten()
    };
    let networks: HashSet<&str> = all()
        .flat_map(|service| &service.networks)
        .map(|name| name.value.as_str())
        .collect();
    let volumes: HashSet<&str> = all()
        .flat_map(|service| &service.volumes)
        .filter_map(|mount| mount.source.value())
        .map(String::as_str)
        .collect();
    let named = |paths: &[&'static [&'static str]]| -> HashSet<&str> {
        paths
            .iter()
            .flat_map(|path| listed(path))
            .filter_map(|item| item.get("source").unwrap_or(item).str())
            .collect()
    };
    // A name that a variable gives may be any of them.
    let open = |paths: &[&'static [&'static str]]| {
        let unknown = |value: &Value| matches!(value.data, Data::Unknown { .. });
        paths
            .iter()
            .flat_map(|path| listed(path))
            .any(|item| unknown(item.get("source").unwrap_or(item)))
    };
    const VOLUMES: &[&[&str]] = &[&["volumes"]];
    const SECRETS: &[&[&str]] = &[&["secrets"], &["build", "secrets"]];
    const CONFIGS: &[&[&str]] = &[&["configs"]];
    let rows = [
        ("network", &project.networks, networks, false),
        ("volume", &project.volumes, volumes, open(VOLUMES)),
        ("secret", &project.secrets, named(SECRETS), open(SECRETS)),
        ("config", &project.configs, named(CONFIGS), open(CONFIGS)),
    ];
    for (kind, definitions, used, open) in rows {
        if open {
            continue;
        }
        for definition in definitions {
            let name = &definition.name.value;
            if used.contains(name.as_str()) {
                continue;
            }
            found.push(
                Finding::new(definition.name.span, format!("no service uses the {kind} `{name}`"))
                    .help("delete it, or use it in a service")
                    .change(Change::Drop(definition.name.span))
                    .with_care()
                    .aspect(format!("{kind}s:{name}")),
            );
        }
    }
}

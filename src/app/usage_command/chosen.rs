//! Which containers are sampled, and what the engine tells of them in our words.

use crate::cli::UsageArgs;
use crate::engine::{Container, Happening, Inspected};
use crate::repository::Repository;
use crate::usage::{EventKind, Limits, Seen};

/// The characters of an identity that the docker CLI shows.
const SHORT: usize = 12;
const SERVICE: &str = "com.docker.compose.service";

/// Why there is nothing to sample.
pub(super) fn nothing(args: &UsageArgs, running: usize) -> String {
    match (args.names.as_slice(), running) {
        (_, 0) => "no container is running".to_owned(),
        ([], _) => "no container of these Compose files is running".to_owned(),
        (names, _) => format!(
            "no running container is a service or has the name `{}`",
            names.join("`, `")
        ),
    }
}

/// The start of an identity.
pub(super) fn short(id: &str) -> String {
    id.chars().take(SHORT).collect()
}

/// The containers that were asked for: by name, else those of Compose projects below the root, if some run, else all.
pub(super) fn chosen<'c>(
    args: &UsageArgs,
    all: &'c [Container],
    repository: Option<&Repository>,
) -> Vec<&'c Container> {
    if !args.names.is_empty() {
        let is_called = |container: &&Container| {
            let names = container
                .names
                .iter()
                .flatten()
                .map(|name| name.trim_start_matches('/'));
            let service = container.labels.as_ref().and_then(|labels| labels.get(SERVICE));
            let mut known = names.chain(service.map(String::as_str));
            known.any(|known| args.names.iter().any(|name| name == known))
                || args
                    .names
                    .iter()
                    .any(|name| name.len() >= SHORT && container.id.starts_with(name.as_str()))
        };
        return all.iter().filter(is_called).collect();
    }
    let here = args
        .root
        .clone()
        .or_else(|| std::env::current_dir().ok())
        .and_then(|here| here.canonicalize().ok());
    let is_here = |container: &&Container| {
        let folder = label(container, "com.docker.compose.project.working_dir");
        let service = label(container, SERVICE);
        let is_below = folder
            .zip(here.as_ref())
            .is_some_and(|(folder, here)| std::path::Path::new(folder).starts_with(here));
        let is_known = service.zip(repository).is_some_and(|(service, repository)| {
            repository.containers.iter().any(|container| container.name == service)
        });
        is_below && is_known
    };
    let own: Vec<&Container> = all.iter().filter(is_here).collect();
    if own.is_empty() { all.iter().collect() } else { own }
}

/// A container as the engine tells of it.
pub(super) fn seen(id: &str, inspected: &Inspected) -> Seen {
    let label = |key: &str| inspected.config.labels.as_ref()?.get(key).cloned();
    let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
    let host = &inspected.host_config;
    let period = if host.cpu_period > 0 { host.cpu_period } else { 100_000 };
    #[allow(clippy::cast_precision_loss)]
    let cpus = match (host.nano_cpus, host.cpu_quota) {
        (nanos, _) if nanos > 0 => Some(nanos as f64 / 1e9),
        (_, quota) if quota > 0 => Some(quota as f64 / period as f64),
        _ => None,
    };
    Seen {
        id: id.to_owned(),
        name: inspected.name.trim_start_matches('/').to_owned(),
        service: label(SERVICE),
        project: label("com.docker.compose.project"),
        image: Some(inspected.config.image.clone()).filter(|image| !image.is_empty()),
        digests: vec![inspected.image.clone()],
        limits: Some(Limits {
            memory: positive(host.memory),
            cpus,
            pids: host.pids_limit.and_then(positive),
        }),
        ..Seen::default()
    }
}

/// What of a container's events is kept.
pub(super) fn kind(happened: &Happening) -> Option<EventKind> {
    let code = || {
        let code = happened.actor.attributes.as_ref()?.get("exitCode")?;
        code.parse().ok()
    };
    Some(match happened.action.as_str() {
        "start" => EventKind::Start,
        "health_status: healthy" => EventKind::Healthy,
        "health_status: unhealthy" => EventKind::Unhealthy,
        "oom" => EventKind::Oom,
        "die" => EventKind::Exit(code().unwrap_or(0)),
        "destroy" => EventKind::Removed,
        _ => return None,
    })
}

fn label<'c>(container: &'c Container, key: &str) -> Option<&'c str> {
    container.labels.as_ref()?.get(key).map(String::as_str)
}

//! Images that are made to hold the socket, as their makers start them and with nothing beside it.

use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::rules::support::networks::name_on_the_engine;
use crate::source::Spanned;
use crate::values::host_path::is_engine_socket;
use crate::values::image_ref::ImageRef;

/// Whether the image is one of these: not built here under that name, and with no other program.
fn is_plain(service: &Service, images: &[&str]) -> bool {
    let image = service.image.value().map(|image| ImageRef::parse(image).path());
    let others = ["post_start", "pre_start", "pre_stop"];
    image.is_some_and(|image| images.contains(&image.as_str()))
        && service.build.is_none()
        && service.entrypoint.is_absent()
        && !others.iter().any(|key| service.written(&[key]).is_some())
        && service.healthcheck.as_ref().is_none_or(|check| asks_only(check.test.value()))
}

/// Whether a probe is one request and nothing else, which a shell would run beside the socket.
fn asks_only(test: Option<&Vec<String>>) -> bool {
    let Some(words) = test else { return true };
    let line = words.join(" ");
    let line = line.trim().trim_end_matches("|| exit 1").to_owned();
    !line.contains(['|', ';', '&', '$', '`', '<', '>', '\n'])
        && words.iter().flat_map(|word| word.split(' ')).all(|word| !matches!(word, "sh" | "-c" | "bash" | "ash" | "eval" | "exec"))
}

/// Whether it is one of the proxies that let only some requests through, which must hold the socket itself, and nobody outside of its
/// networks reaches it.
pub(super) fn is_proxy(subject: &Subject<'_>, service: &Service) -> bool {
    const PROXIES: [&str; 5] = [
        "11notes/socket-proxy",
        "ghcr.io/tecnativa/docker-socket-proxy",
        "lscr.io/linuxserver/socket-proxy",
        "tecnativa/docker-socket-proxy",
        "wollomatic/socket-proxy",
    ];
    // In the network of the host everybody reaches its port, and in that of another container whoever that one publishes it to.
    let is_of_engine = |name: &Spanned<String>| subject.project()?.network(&name.value).and_then(name_on_the_engine);
    let is_apart = service.network_mode.is_absent() && service.networks.iter().all(|name| is_of_engine(name).is_none());
    let is_socket = |source: &String| is_engine_socket(source);
    // Its rules are a file of the image, and any file may lie over it.
    let is_alone = service.volumes.iter().all(|mount| mount.source.value().is_some_and(is_socket))
        && service.configs.is_empty()
        && service.secrets.is_empty()
        && !is_taken_from(subject, service);
    is_plain(service, &PROXIES) && is_alone && !is_open(service) && !service.publishes() && is_apart
}

/// Whether another service gets all that this one mounts.
fn is_taken_from(subject: &Subject<'_>, service: &Service) -> bool {
    let mut services = subject.project().into_iter().flat_map(|project| &project.services);
    services.any(|other| {
        let names = other.written(&["volumes_from"]).and_then(|names| names.seq()).unwrap_or(&[]);
        let mut names = names.iter().filter_map(|name| name.str());
        names.any(|name| name.split(':').next() == Some(service.name.value.as_str()))
    })
}

/// Whether a proxy is told to let containers be made, or starts something else: who can make one is root of the host.
fn is_open(service: &Service) -> bool {
    let is_on = |name: &str| {
        let mut variables = service.variables().filter(|variable| variable.name == name);
        variables.any(|variable| variable.value.value().is_none_or(|value| !matches!(value.as_str(), "" | "0" | "false")))
    };
    // This one has no other program, and its words say what passes, or who else may say it.
    let takes_words = service.image.value().is_some_and(|image| image.contains("wollomatic/"));
    let lets_make = |name: &str, value: &str| {
        let name = name.to_ascii_lowercase().replace('_', "");
        name.contains("allowpost") && (value.contains(".*") || value.contains("create")) || name.contains("proxycontainername")
    };
    let is_told = match service.command.value() {
        Some(words) => !takes_words || words.iter().any(|word| lets_make(word, word)),
        None => !service.command.is_absent(),
    };
    let mut variables = service.variables();
    let is_set = variables.any(|variable| lets_make(&variable.name, variable.value.value().map_or(".*", String::as_str)));
    is_told || takes_words && is_set || is_on("POST") && is_on("CONTAINERS")
}

/// Whether the exporter of a host's figures sees the root of its file system, as its documentation has it: it runs as `nobody`, for
/// whom the socket is closed.
pub(super) fn is_seen_only(service: &Service, path: &str) -> bool {
    const EXPORTERS: [&str; 2] = ["prom/node-exporter", "quay.io/prometheus/node-exporter"];
    let mut mounts = service.volumes.iter().filter(|mount| mount.source.value().is_some_and(|source| source == path));
    let is_nobody = service.user.is_absent() && service.written(&["group_add"]).is_none();
    is_plain(service, &EXPORTERS) && is_nobody && mounts.all(|mount| mount.read_only.value() == Some(&true))
}

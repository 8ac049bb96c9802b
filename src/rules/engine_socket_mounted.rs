use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::repository::host_paths::{self, Way};
use crate::resolve::compose::service::Service;
use crate::values::image_ref::ImageRef;
use crate::rules::support::networks::name_on_the_engine;
use crate::source::{Span, Spanned};
use crate::values::host_path::{is_above_a_socket, is_engine_socket};

rule! {
    /// A container can command the container engine of its host.
    ///
    /// ## Why it matters
    /// Whoever can write to the engine's socket can start a privileged container with the whole disk of the host in it.
    /// `:ro` does not help: it keeps the file from being replaced, not the connection from being used (seen with engine
    /// 20, 28 and 29). A folder above the socket gives the same.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   proxy:
    ///     image: acme/proxy:1.4
    ///     volumes:
    ///       - /var/run/docker.sock:/var/run/docker.sock:ro  # <- here
    ///   agent:
    ///     image: acme/agent:1.4
    ///     use_api_socket: true  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     configs: [engine]
    /// configs:
    ///   engine:
    ///     file: /var/run/docker.sock  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   proxy:
    ///     image: acme/proxy:1.4
    ///     environment:
    ///       DOCKER_HOST: tcp://socket-proxy:2375
    /// ```
    ///
    /// ## Notes
    /// A proxy that lets only some requests through must hold the socket itself: a note for the known ones that publish no
    /// port and do not let containers be made; ignore the rule for others, with the reason. A note also for the exporter
    /// of Prometheus that sees `/` read-only: it runs as `nobody`.
    RULE {
        name: "engine-socket-mounted",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["CL-0001", "d6355c88-1e8d-49e9-b2f2-f8a1ca12c75b"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    for host in host_paths::of(subject, service) {
        let (path, shown) = (&host.path, host.shown());
        let is_socket = is_engine_socket(path);
        let message = match host.way {
            // What is copied into an image is no socket any more.
            Way::Context => continue,
            _ if is_socket => {
                format!("`{name}` mounts {shown}, the socket of the container engine: it can become root of the host")
            }
            _ if is_above_a_socket(path) => {
                format!("`{name}` mounts {shown} of the host, where the socket of the container engine is")
            }
            _ => continue,
        };
        let one = finding(service, host.span, message, &format!("{} {path}", host.key));
        found.push(match is_seen_only(service, path) || is_socket && is_proxy(subject, service) {
            true => one.severity(Severity::Note),
            false => one,
        });
    }
    for mount in &service.volumes {
        // Of `${SOCKET}:/var/run/docker.sock` the target says what it is.
        let target = mount.target.value().filter(|target| is_engine_socket(target));
        if let (None, Some(span), Some(target)) = (mount.source.value(), mount.source.span(), target)
            && !is_engine_socket(&mount.source_text)
        {
            let message = format!("`{name}` gets the socket of the container engine at `{target}`");
            found.push(finding(service, span, message, &format!("volumes {target}")));
        }
    }
    if let Some(socket) = service.use_api_socket.sourced().filter(|fact| fact.value) {
        found.push(
            Finding::new(
                socket.span,
                format!("`{name}` sets `use_api_socket`: it gets the engine's socket and the registry logins"),
            )
            .help(format!("remove `use_api_socket`, or accept it: `{IGNORE}`"))
            .aspect("use_api_socket"),
        );
    }
}

/// Whether the image is one of these, as its makers start it: not built here under that name, and with no other program.
fn is_plain(service: &Service, images: &[&str]) -> bool {
    let image = service.image.value().map(|image| ImageRef::parse(image).path());
    image.is_some_and(|image| images.contains(&image.as_str()))
        && service.build.is_none()
        && service.entrypoint.is_absent()
        && !["post_start", "pre_stop"].iter().any(|key| service.written(&[key]).is_some())
}

/// Whether it is one of the proxies that let only some requests through, which must hold the socket itself, and nobody outside of its
/// networks reaches it.
fn is_proxy(subject: &Subject<'_>, service: &Service) -> bool {
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
    is_plain(service, &PROXIES) && !is_open(service) && !service.publishes() && is_apart
}

/// Whether a proxy is told to let containers be made, or starts something else: who can make one is root of the host.
fn is_open(service: &Service) -> bool {
    let is_on = |name: &str| {
        let mut variables = service.environment.iter().filter(|variable| variable.name == name);
        variables.any(|variable| variable.value.value().is_none_or(|value| !matches!(value.as_str(), "" | "0" | "false")))
    };
    // This one has no other program, and its words say what passes.
    let takes_words = service.image.value().is_some_and(|image| image.contains("wollomatic/"));
    let lets_make = |word: &String| word.to_ascii_lowercase().contains("allowpost") && (word.contains(".*") || word.contains("create"));
    let is_told = match service.command.value() {
        Some(words) => !takes_words || words.iter().any(lets_make),
        None => !service.command.is_absent(),
    };
    is_told || is_on("POST") && is_on("CONTAINERS")
}

/// Whether the exporter of a host's figures sees the root of its file system, as its documentation has it: it runs as `nobody`, for
/// whom the socket is closed.
fn is_seen_only(service: &Service, path: &str) -> bool {
    const EXPORTERS: [&str; 2] = ["prom/node-exporter", "quay.io/prometheus/node-exporter"];
    let mut mounts = service.volumes.iter().filter(|mount| mount.source.value().is_some_and(|source| source == path));
    let is_nobody = service.user.is_absent() && service.written(&["group_add"]).is_none();
    is_plain(service, &EXPORTERS) && is_nobody && mounts.all(|mount| mount.read_only.value() == Some(&true))
}

const IGNORE: &str = "# plimsoll: ignore[engine-socket-mounted] REASON";

fn help(service: &Service) -> String {
    // The proxy is the one that has to hold the socket.
    if service
        .image
        .value()
        .is_some_and(|image| image.contains("socket-proxy"))
    {
        return format!("accept it for the proxy, with a reason: `{IGNORE}`");
    }
    format!(
        "remove the mount and set `DOCKER_HOST` to a proxy that lets only the needed requests through \
         (`tecnativa/docker-socket-proxy`), or accept it: `{IGNORE}`"
    )
}

fn finding(service: &Service, span: Span, message: String, aspect: &str) -> Finding {
    Finding::new(span, message).help(help(service)).aspect(aspect)
}

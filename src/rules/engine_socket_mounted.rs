mod plain;

use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::repository::host_paths::{self, Way};
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::host_path::{is_above_a_socket, is_engine_socket};
use plain::{is_proxy, is_seen_only};

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
    /// port, mount nothing else and do not let containers be made; ignore the rule for others, with the reason. A note also
    /// for the exporter of Prometheus that sees `/` read-only: it runs as `nobody`.
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

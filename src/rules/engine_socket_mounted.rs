use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

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
    /// A proxy that lets only some requests through must hold the socket itself: ignore the rule there, with the reason.
    RULE {
        name: "engine-socket-mounted",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["CL-0001"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    for mount in &service.volumes {
        let (span, message, subject) = match subject.host_path(mount) {
            Some((path, span)) if is_engine_socket(&path) => (
                span,
                format!(
                    "service '{name}' mounts '{path}', the socket of the container engine: it can become root of the host"
                ),
                path,
            ),
            Some((path, span)) if is_above_a_socket(&path) => (
                span,
                format!("service '{name}' mounts '{path}' of the host, where the socket of the container engine is"),
                path,
            ),
            Some(_) => continue,
            // Of `${SOCKET}:/var/run/docker.sock` the target says what it is.
            None if mount.source.value().is_none()
                && mount.target.value().is_some_and(|target| is_engine_socket(target)) =>
            {
                let target = mount.target.value().cloned().unwrap_or_default();
                let Some(span) = mount.source.span() else { continue };
                (
                    span,
                    format!("service '{name}' gets the socket of the container engine at '{target}'"),
                    target,
                )
            }
            None => continue,
        };
        found.push(
            Finding::new(span, message)
                .help(help(service))
                .aspect(format!("volumes {subject}")),
        );
    }
    if let Some(socket) = service.use_api_socket.sourced().filter(|fact| fact.value) {
        found.push(
            Finding::new(
                socket.span,
                format!("service '{name}' has use_api_socket: it gets the engine's socket and the registry logins"),
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

/// Whether a path of the host is the socket of an engine.
fn is_engine_socket(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    matches!(
        name,
        "docker.sock" | "podman.sock" | "crio.sock" | "containerd.sock" | "docker.raw.sock" | "docker_engine"
    )
}

/// Whether the sockets lie somewhere below a path.
pub(super) fn is_above_a_socket(path: &str) -> bool {
    matches!(
        path,
        "/" | "/var"
            | "/var/run"
            | "/run"
            | "/run/containerd"
            | "/var/run/containerd"
            | "/run/podman"
            | "/var/run/podman"
            | "/run/crio"
            | "/var/run/crio"
    )
}

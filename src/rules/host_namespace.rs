use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A container shares a namespace with its host, or with another container.
    ///
    /// ## Why it matters
    /// With `network_mode: host` it reaches what listens on the host's loopback, and its published ports are discarded.
    /// With `pid: host` it sees every process and its environment, with `ipc: host` their shared memory. Another
    /// container's namespace is what sidecars use: worth knowing, no more.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     network_mode: host  # <- here
    ///     pid: host  # <- here
    ///   sidecar:
    ///     image: acme/sidecar:1.4
    ///     network_mode: service:api  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     ipc: private
    /// ```
    RULE {
        name: "host-namespace",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["CL-0008", "CL-0010"],
        check: Check::Service(check),
    }
}

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let settings = [
        ("network_mode", &service.network_mode, "network"),
        ("pid", &service.pid, "processes"),
        ("ipc", &service.ipc, "shared memory"),
        ("uts", &service.uts, "host name"),
        ("userns_mode", &service.userns_mode, "user numbers"),
        ("cgroup", &service.cgroup, "control groups"),
    ];
    for (key, fact, what) in settings {
        let Some(mode) = fact.sourced() else { continue };
        let (message, help, severity) = if mode.value == "host" {
            (
                format!("service '{name}' shares the {what} of the host ({key}: host)"),
                format!("leave `{key}` out"),
                Severity::Error,
            )
        } else if mode.value.starts_with("service:") || mode.value.starts_with("container:") {
            (
                format!(
                    "service '{name}' shares the {what} of another container ({key}: {})",
                    mode.value
                ),
                format!("leave `{key}` out unless it is a sidecar"),
                Severity::Note,
            )
        } else {
            continue;
        };
        let mut finding = Finding::new(mode.span, message)
            .help(help)
            .severity(severity)
            .aspect(key);
        for (span, why) in &mode.overridden {
            finding = finding.related(*span, why.words());
        }
        found.push(finding);
    }
}

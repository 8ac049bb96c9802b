use super::{Check, Group};
use crate::config::Demand;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::rules::support::networks::name_on_the_engine;
use crate::resolve::compose::service::Service;

rule! {
    /// A container shares a namespace with its host, or with another container.
    ///
    /// ## Why it matters
    /// With `network_mode: host` it reaches what listens on the host's loopback, and its published ports are discarded.
    /// With `pid: host` it sees every process and its environment, with `ipc: host` their shared memory. Another
    /// container's namespace is what sidecars use: worth knowing, no more. A network whose name is `host` is the host's,
    /// whether or not it says `external`. Host networking is a warning, an error where the profile demands `private`; the
    /// other namespaces are errors.
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
    ///   worker:
    ///     image: acme/worker:1.4
    ///     networks: [outer]  # <- here
    /// networks:
    ///   outer: {name: host, external: true}
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

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
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
            // Host networking is mostly chosen, and none of it makes root of the host.
            let severity = match key {
                "network_mode" => subject.weight(Demand::Private, true),
                _ => Severity::Error,
            };
            let help = match key {
                "network_mode" => "remove `network_mode: host` and publish the ports that are needed".to_owned(),
                _ => format!("remove `{key}: host`"),
            };
            let message = format!("service '{name}' shares the {what} of the host ({key}: host)");
            (message, help, severity)
        } else if mode.value.starts_with("service:") || mode.value.starts_with("container:") {
            (
                format!(
                    "service '{name}' shares the {what} of another container ({key}: {})",
                    mode.value
                ),
                format!("remove `{key}` unless `{name}` is a sidecar"),
                Severity::Note,
            )
        } else {
            continue;
        };
        let mut finding = Finding::new(mode.span, message)
            .help(help)
            .severity(severity)
            .aspect(key);
        // Without the network of the host its ports would have to be published.
        if mode.value == "host" && key != "network_mode" {
            finding = finding.change(Change::Drop(service.key(key))).with_care();
        }
        for (span, why) in &mode.overridden {
            finding = finding.related(*span, why.words());
        }
        found.push(finding);
    }
    let Some(project) = subject.project() else { return };
    for network in &service.networks {
        let host = project.network(&network.value).and_then(name_on_the_engine);
        if let Some((_, span)) = host.filter(|(host, _)| *host == "host") {
            let message = format!("service '{name}' shares the network of the host (network `{}`)", network.value);
            found.push(
                Finding::new(network.span, message)
                    .help("give the network another name, and publish the ports that are needed")
                    .severity(subject.weight(Demand::Private, true))
                    .related(span, "the engine's own network of that name")
                    .aspect("network_mode"),
            );
        }
    }
}

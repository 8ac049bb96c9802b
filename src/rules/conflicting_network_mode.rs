use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// The network mode of a service rules out another of its network settings.
    ///
    /// ## Why it matters
    /// Compose refuses `network_mode` beside `networks`. A service that shares the network of another one has no ports
    /// and no host name of its own: the engine refuses to create it. With `host` the engine discards published ports
    /// with no more than a warning, because the process listens on the host itself.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     network_mode: host  # <- here
    ///     networks: [default]
    ///   vpn:
    ///     image: acme/vpn:2.0
    ///   worker:
    ///     image: acme/worker:1.4
    ///     network_mode: service:vpn
    ///     ports: ["8080:80"]  # <- here
    ///   agent:
    ///     image: acme/agent:1.4
    ///     network_mode: host
    ///     ports: ["127.0.0.1:9090:90"]  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   vpn:
    ///     image: acme/vpn:2.0
    ///     ports: ["8080:80"]
    ///   worker:
    ///     image: acme/worker:1.4
    ///     network_mode: service:vpn
    ///   agent:
    ///     image: acme/agent:1.4
    ///     network_mode: host
    /// ```
    RULE {
        name: "conflicting-network-mode",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(mode) = service.network_mode.sourced() else {
        return;
    };
    let name = &service.name.value;
    let ports = service.ports.first().map(|port| port.span);
    if mode.value == "host" {
        if let Some(span) = ports {
            let message =
                format!("service '{name}' publishes ports, which the engine discards in the network of the host");
            found.push(
                Finding::new(span, message)
                    .help("delete `ports`, or `network_mode: host`")
                    .related(mode.span, "the network mode")
                    .severity(Severity::Warning)
                    .layer(Layer::Ignored)
                    .aspect("ports"),
            );
        }
        return;
    }
    if !mode.value.starts_with("service:") && !mode.value.starts_with("container:") {
        return;
    }
    let hostname = service
        .written(&["hostname"])
        .filter(|value| value.scalar_text().as_deref() != Some(""));
    for (span, what, subject) in [
        (ports, "publishes ports", "ports"),
        (hostname.map(|value| value.span), "has a host name", "hostname"),
    ] {
        let Some(span) = span else { continue };
        let message = format!(
            "service '{name}' {what}, which the engine refuses in a network that it shares (`{}`)",
            mode.value
        );
        found.push(
            Finding::new(span, message)
                .help(format!("set `{subject}` on the service that owns the network"))
                .related(mode.span, "the network mode")
                .layer(Layer::Engine)
                .aspect(subject),
        );
    }
}

use super::{Check, Group};
use crate::config::Demand;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::{Port, Service};

rule! {
    /// A port is published on every address of the host.
    ///
    /// ## Why it matters
    /// Without a host address Compose binds `0.0.0.0` and `::`, and the engine's own firewall rules let the packets in
    /// before those of the host are asked. A database on a laptop or server is then open to the network.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   db:
    ///     image: postgres:16
    ///     x-plimsoll: {profile: database}
    ///     ports:
    ///       - "5432:5432"  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   db:
    ///     image: postgres:16
    ///     x-plimsoll: {profile: database}
    ///     ports:
    ///       - "127.0.0.1:5432:5432"
    /// ```
    RULE {
        name: "port-on-every-interface",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &["CL-0005", "no-unbound-port-interfaces"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    // The engine discards ports without a network of its own.
    if service
        .network_mode
        .value()
        .is_some_and(|mode| mode == "host" || mode == "none")
    {
        return;
    }
    let cares = subject.profile.is_of("database");
    // A range is one entry of the file.
    for same in service.ports.chunk_by(|one, next| one.span == next.span) {
        let Some(port) = same.first().filter(|port| is_everywhere(port)) else {
            continue;
        };
        let shown = shown(same);
        let help = match port.published.value() {
            Some(published) if same.len() == 1 => format!(
                "put an address before it: \"127.0.0.1:{published}:{}\"",
                port.target.value().map_or_else(String::new, i64::to_string)
            ),
            _ => "put an address before it: \"127.0.0.1:...\"".to_owned(),
        };
        found.push(
            Finding::new(
                port.published.span().or(port.target.span()).unwrap_or(port.span),
                format!(
                    "service '{}' publishes port {shown} on every address of the host",
                    service.name.value
                ),
            )
            .help(help)
            .severity(subject.weight(Demand::Private, cares))
            .aspect(format!("ports {shown}")),
        );
    }
}

fn is_everywhere(port: &Port) -> bool {
    if port.host_ip.is_absent() {
        return true;
    }
    port.host_ip
        .value()
        .is_some_and(|address| matches!(address.as_str(), "0.0.0.0" | "::" | "[::]"))
}

/// The container's port, or the first and last one of a range.
fn shown(ports: &[Port]) -> String {
    let target = |port: Option<&Port>| {
        port.and_then(|port| port.target.value())
            .map_or_else(|| "?".to_owned(), i64::to_string)
    };
    let (first, last) = (target(ports.first()), target(ports.last()));
    if first == last {
        first
    } else {
        format!("{first}-{last}")
    }
}

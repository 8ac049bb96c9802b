use super::{Check, Group};
use crate::fact::Sourced;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Value;
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// The network mode of a service rules out another of its network settings.
    ///
    /// ## Why it matters
    /// Compose refuses `network_mode` beside `networks`. A service that shares the network of another one has no ports, host
    /// name, links, DNS servers or hosts of its own, and one in the network of the host has no links: the engine refuses to
    /// create it. The name of a network is no mode. With `host` and `none` the engine discards published ports with no more
    /// than a warning. `uts: host` rules out a host name.
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
/// Settings that a container without a network of its own cannot have (moby `runconfig/hostconfig_unix.go`,
/// `validateNetMode`).
const OF_THE_NETWORK: [(&str, &str); 6] = [
    ("ports", "publishes ports"),
    ("hostname", "sets a host name"),
    ("links", "sets links"),
    ("dns", "sets DNS servers"),
    ("extra_hosts", "sets extra hosts"),
    ("expose", "exposes ports"),
];

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    host_name(service, found);
    let Some(mode) = service.network_mode.sourced() else {
        return;
    };
    let shares = mode.value.starts_with("service:") || mode.value.starts_with("container:");
    match mode.value.as_str() {
        "host" | "none" => discarded(service, mode, found),
        "bridge" | "default" => bridge_links(subject, service, mode, found),
        _ if shares => {
            for (key, what) in OF_THE_NETWORK {
                let help = format!("set `{key}` on the service that owns the network");
                found.extend(beside(service, mode, key, what, &help));
            }
        }
        _ => unknown(subject, service, mode, found),
    }
    if mode.value == "host" {
        let help = "remove `links`: services on the host are at localhost";
        found.extend(beside(service, mode, "links", "sets links", help));
    }
}

/// A setting that the engine refuses beside the network mode.
fn beside(service: &Service, mode: &Sourced<String>, key: &str, what: &str, help: &str) -> Option<Finding> {
    let value = service.written(&[key])?;
    let is_empty = value.is_null()
        || value.seq().is_some_and(<[Value]>::is_empty)
        || value.map().is_some_and(|map| map.is_empty())
        || value.str() == Some("");
    if is_empty {
        return None;
    }
    let place = value.seq().and_then(<[Value]>::first).unwrap_or(value);
    let message = format!(
        "`{}` {what}, which the engine refuses beside `network_mode: {}`",
        service.name.value, mode.value
    );
    let finding = Finding::new(place.span, message).help(help).related(mode.span, "the network mode");
    Some(finding.layer(Layer::Engine).aspect(key))
}

/// Ports that nobody listens to: the host's own network, or none.
fn discarded(service: &Service, mode: &Sourced<String>, found: &mut Vec<Finding>) {
    let Some(port) = service.ports.first() else { return };
    let message = format!(
        "`{}` publishes ports, which the engine discards with `network_mode: {}`",
        service.name.value, mode.value
    );
    found.push(
        Finding::new(port.span, message)
            .help(format!("remove `ports`, or `network_mode: {}`", mode.value))
            .related(mode.span, "the network mode")
            .severity(Severity::Warning)
            .layer(Layer::Ignored)
            .aspect("ports"),
    );
}

/// On the engine's own bridge only containers of that bridge can be linked to.
fn bridge_links(subject: &Subject<'_>, service: &Service, mode: &Sourced<String>, found: &mut Vec<Finding>) {
    let Some(project) = subject.project() else { return };
    for link in service.written(&["links"]).and_then(Value::seq).unwrap_or(&[]) {
        let Some(target) = link.str().and_then(|text| text.split(':').next()) else {
            continue;
        };
        let is_elsewhere = project.service(target).is_some_and(|other| {
            let other = other.network_mode.value().map(String::as_str);
            !matches!(other, Some("bridge" | "default"))
        });
        if is_elsewhere {
            let message = format!(
                "`{}` is linked to `{target}`, which is not on the engine's default bridge",
                service.name.value
            );
            found.push(
                Finding::new(link.span, message)
                    .help("remove `links` and `network_mode`: services of one network reach each other by name")
                    .related(mode.span, "the network mode")
                    .layer(Layer::Engine)
                    .aspect("links"),
            );
        }
    }
}

/// The host name is the host's own (moby: "conflicting options: hostname and the UTS mode").
fn host_name(service: &Service, found: &mut Vec<Finding>) {
    if service.uts.value().is_none_or(|mode| mode != "host") {
        return;
    }
    for key in ["hostname", "domainname"] {
        if let Some(value) = service.written(&[key]).filter(|value| value.str() != Some("")) {
            let message = format!(
                "`{}` sets `{key}`, which the engine refuses beside `uts: host`",
                service.name.value
            );
            found.push(
                Finding::new(value.span, message)
                    .help(format!("remove `{key}`, or `uts: host`"))
                    .related(service.key("uts"), "the host's own name")
                    .layer(Layer::Engine)
                    .aspect(key),
            );
        }
    }
}

/// A mode that is a network's name. The engine looks for a network of exactly that name, which Compose does not create.
fn unknown(subject: &Subject<'_>, service: &Service, mode: &Sourced<String>, found: &mut Vec<Finding>) {
    let (name, text) = (&service.name.value, mode.value.as_str());
    let network = subject.project().and_then(|project| project.network(text));
    let is_misspelled = ["host", "none", "bridge"].contains(&text.to_ascii_lowercase().as_str());
    let (message, help) = match network {
        // An external network, or one with a name of its own, may be found under it.
        Some(network) if network.raw.get("external").is_none() && network.raw.get("name").is_none() => (
            format!("`network_mode: {text}` of `{name}` is a network, not a mode"),
            format!("write `networks: [{text}]`"),
        ),
        None if is_misspelled => (
            format!("`{text}` of `{name}` is not a network mode"),
            format!("write `network_mode: {}`", text.to_ascii_lowercase()),
        ),
        _ => return,
    };
    let finding = Finding::new(mode.span, message).help(help).layer(Layer::Engine);
    found.push(finding.aspect("network_mode"));
}

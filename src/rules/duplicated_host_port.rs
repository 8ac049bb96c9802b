use super::{Check, Group};
use crate::config::Config;
use crate::fact::{Fact, Sourced};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Data;
use crate::resolve::compose::consistency::together;
use crate::resolve::compose::service::{Port, Project, Service};
use std::collections::HashMap;
use std::net::IpAddr;

rule! {
    /// Two services that run together publish one port of the host.
    ///
    /// ## Why it matters
    /// The first container gets the port, and the second one does not start: the port is taken already. Services that
    /// no Compose profile brings together, and ports on different host addresses, do not clash.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     ports: ["8080:80"]
    ///   admin:
    ///     image: acme/admin:1.4
    ///     ports:
    ///       - "127.0.0.1:8080:90"  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     ports: ["127.0.0.1:8080:80"]
    ///   admin:
    ///     image: acme/admin:1.4
    ///     ports: ["127.0.0.1:8081:90"]
    ///   blue:
    ///     image: acme/web:1.4
    ///     profiles: [blue]
    ///     ports: ["9000:80"]
    ///   green:
    ///     image: acme/web:1.5
    ///     profiles: [green]
    ///     ports: ["9000:80"]
    /// ```
    RULE {
        name: "duplicated-host-port",
        group: Group::Resources,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &["no-duplicate-exported-ports"],
        check: Check::Project(check),
    }
}
fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    let mut taken: HashMap<(u16, &str), Vec<(&Service, &Port)>> = HashMap::new();
    for service in project.services.iter().filter(|service| publishes(project, service)) {
        for port in &service.ports {
            // A range is where the engine looks for a free port: it finds another one.
            let Some(number) = port.published.value().and_then(|text| text.parse::<u16>().ok()) else {
                continue;
            };
            if number == 0 {
                continue;
            }
            let others = taken.entry((number, &port.protocol)).or_default();
            let clash = others.iter().find(|(other, earlier)| {
                other.name.value != service.name.value && together(other, service) && overlap(earlier, port)
            });
            // Of a range that clashes as a whole the first port is enough.
            let said = found.last().is_some_and(|finding| finding.span == port.span);
            if let Some((other, earlier)) = clash.filter(|_| !said) {
                let (name, rival) = (&service.name.value, &other.name.value);
                let published = [&port.published, &earlier.published];
                let proviso = published
                    .iter()
                    .filter_map(|fact| fact.sourced())
                    .map(Sourced::proviso)
                    .find(|words| !words.is_empty());
                let message = format!(
                    "services '{name}' and '{rival}' both publish port {number}/{} of the host{}",
                    port.protocol,
                    proviso.unwrap_or("")
                );
                found.push(
                    Finding::new(port.span, message)
                        .help("give one of them another host port")
                        .related(earlier.span, format!("taken by '{rival}'"))
                        .about(name)
                        .aspect(format!("ports:{number}/{}", port.protocol)),
                );
            }
            others.push((service, port));
        }
    }
}

/// In the network of the host, or on internal networks only, nothing is published.
fn publishes(project: &Project, service: &Service) -> bool {
    let internal = |name: &str| {
        let network = project.network(name);
        network.is_some_and(|network| {
            network
                .raw
                .get("internal")
                .is_some_and(|value| value.data == Data::Bool(true))
        })
    };
    let networks = &service.networks;
    service.network_mode.is_absent()
        && (networks.is_empty() || networks.iter().any(|network| !internal(&network.value)))
}

/// Whether two ports are bound on one address. No address is every one of both families.
fn overlap(a: &Port, b: &Port) -> bool {
    let (a, b) = match (address(a), address(b)) {
        (Some(a), Some(b)) => (a, b),
        _ => return false,
    };
    match (a, b) {
        (None, _) | (_, None) => true,
        (Some(a), Some(b)) => a == b || (a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified())),
    }
}

/// The address: inside, `None` is every one; outside, `None` is one that is not known.
fn address(port: &Port) -> Option<Option<IpAddr>> {
    match &port.host_ip {
        Fact::Absent => Some(None),
        Fact::Known(text) => text.value.parse().ok().map(Some),
        Fact::Unknown(_) => None,
    }
}

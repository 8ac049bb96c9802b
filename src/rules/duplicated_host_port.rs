use super::{Check, Group};
use crate::config::Config;
use crate::fact::{Fact, Sourced};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Data;
use crate::resolve::compose::consistency::together;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::{Port, Service};
use crate::values::image_ref::ImageRef;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

rule! {
    /// Two containers that run together publish one port of the host.
    ///
    /// ## Why it matters
    /// The first container gets the port, and the second one does not start: the port is taken already. One service clashes
    /// with itself where it publishes a port twice, on `127.0.0.1` and on every address for instance, or where its replicas
    /// are more than its host ports. Services that no Compose profile starts together, services with no replica, and ports
    /// on different host addresses do not clash.
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
    ///   worker:
    ///     image: acme/worker:1.4
    ///     deploy: {replicas: 2}
    ///     ports:
    ///       - "9090:90"  # <- here
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
    let mut said: HashSet<(&str, &str)> = HashSet::new();
    for service in project.services.iter().filter(|service| publishes(project, service)) {
        replicas(service, found);
        for port in &service.ports {
            // A range is where the engine looks for a free port: it finds another one.
            let Some(number) = port.published.value().and_then(|text| text.parse::<u16>().ok()) else {
                continue;
            };
            if number == 0 {
                continue;
            }
            let others = taken.entry((number, &port.protocol)).or_default();
            let clash = others
                .iter()
                .find(|(other, earlier)| together(project, other, service) && overlap(earlier, port));
            if let Some((other, earlier)) = clash {
                // Of two services that clash, or of a range that does as a whole, the first port is enough.
                let pair = (other.name.value.as_str(), service.name.value.as_str());
                let is_first = said.insert(pair) || pair.0 == pair.1;
                if is_first && found.last().is_none_or(|finding| finding.span != port.span) {
                    let finding = twice((service, port), (other, earlier), number);
                    found.push(match is_one_of_them_chosen(project, other, service) {
                        true => finding.severity(Severity::Note),
                        false => finding,
                    });
                }
            }
            others.push((service, port));
        }
    }
}

/// Whether the names differ in nothing but the device that computes: `web-cpu` and `web-cuda`, `web` and `web-gpu`.
fn is_for_another_device(one: &str, other: &str) -> bool {
    const DEVICES: [&str; 9] = ["amd", "cpu", "cuda", "gpu", "intel", "mps", "nvidia", "rocm", "xpu"];
    let common = |name: &str| -> Vec<String> {
        let words = name.split(['-', '_', '.']).filter(|word| !DEVICES.contains(word));
        words.map(str::to_owned).collect()
    };
    let shared = common(one);
    !shared.is_empty() && shared == common(other)
}

/// Whether two services run variants of one thing: they are built in one folder, or from images of one name.
fn is_one_product(one: &Service, other: &Service) -> bool {
    let folder = |service: &Service| service.build.as_ref()?.folder.clone();
    let repository = |service: &Service| Some(ImageRef::parse(service.image.value()?).name);
    folder(one).is_some_and(|own| folder(other) == Some(own))
        || repository(one).is_some_and(|own| repository(other) == Some(own))
}

/// Whether people start one of the two: the file has one for development beside the one that ships, or a line names one without the
/// other.
fn is_one_of_them_chosen(project: &Project, first: &Service, second: &Service) -> bool {
    let (one, other) = (first.name.value.as_str(), second.name.value.as_str());
    const WORDS: [&str; 4] = ["dev", "development", "debug", "test"];
    let is_of_developers = |name: &str| name.split(['-', '_', '.']).any(|word| WORDS.contains(&word));
    one != other
        && (is_of_developers(one) != is_of_developers(other)
            || is_for_another_device(one, other) && is_one_product(first, second)
            || project.started.iter().any(|names| names.contains(one) != names.contains(other)))
}

fn twice((service, port): (&Service, &Port), (other, earlier): (&Service, &Port), number: u16) -> Finding {
    let (name, rival) = (&service.name.value, &other.name.value);
    let proviso = proviso(&[&port.published, &earlier.published]);
    let shown = format!("{number}/{}", port.protocol);
    let (message, help) = if name == rival {
        (
            format!("`{name}` publishes host port {shown} twice{proviso}"),
            "remove one of the entries, or change its host port; in an override file, `ports: !override` replaces the list",
        )
    } else {
        (
            format!("`{name}` and `{rival}` both publish host port {shown}{proviso}"),
            "change the host port of one",
        )
    };
    Finding::new(port.span, message)
        .help(help)
        .related(earlier.span, format!("taken by `{rival}`"))
        .about(name)
        .aspect(format!("ports:{shown}"))
}

/// Replicas of a service all publish the same host ports: each needs one of its own.
fn replicas(service: &Service, found: &mut Vec<Finding>) {
    let Some(replicas) = service.replicas.sourced().filter(|replicas| replicas.value > 1) else {
        return;
    };
    let short = service.ports.iter().find_map(|port| {
        let room = room(port.published.value()?)?;
        (room < replicas.value && address(port).is_some()).then_some((port, room))
    });
    let Some((port, room)) = short else { return };
    let name = &service.name.value;
    let published = port.published.value().map_or("", String::as_str);
    let what = if room == 1 {
        format!("host port {published}/{}", port.protocol)
    } else {
        format!("{room} host ports, {published}/{}", port.protocol)
    };
    let message = format!(
        "the {} replicas of `{name}` share {what}{}",
        replicas.value,
        proviso(&[&port.published])
    );
    let target = port.target.value().map_or_else(String::new, i64::to_string);
    found.push(
        Finding::new(port.span, message)
            .help(format!(
                "publish only the container port (`\"{target}\"`), publish a range of {} host ports, or run one replica",
                replicas.value
            ))
            .related(replicas.span, "the number of replicas")
            // Its mesh gives one port to all replicas.
            .fits_swarm(true)
            .about(name)
            .aspect(format!("ports:{published}/{}", port.protocol)),
    );
}

/// How many host ports an entry has to give; `None` where the engine takes any free one.
fn room(published: &str) -> Option<i64> {
    let (first, last) = published.split_once('-').unwrap_or((published, published));
    let (first, last) = (first.parse::<i64>().ok()?, last.parse::<i64>().ok()?);
    (first > 0 && last >= first).then_some(last - first + 1)
}

/// The end of a sentence about values of which one may be set otherwise.
fn proviso(facts: &[&Fact<String>]) -> &'static str {
    let words = facts.iter().filter_map(|fact| fact.sourced()).map(Sourced::proviso);
    words.into_iter().find(|words| !words.is_empty()).unwrap_or("")
}

/// In the network of the host, on internal networks only, or without any replica, nothing is published.
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
    let publishes_at_all = service.network_mode.is_absent() && service.replicas.value() != Some(&0);
    publishes_at_all && (networks.is_empty() || networks.iter().any(|network| !internal(&network.value)))
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

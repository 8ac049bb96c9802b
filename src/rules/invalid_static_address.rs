use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Value;
use crate::resolve::compose::consistency::together;
use crate::resolve::compose::project::{Definition, Project};
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::subnet::Subnet;
use std::net::IpAddr;

rule! {
    /// An address that the engine cannot give, or a network that it cannot make.
    ///
    /// ## Why it matters
    /// An address of one's own needs a network with a subnet of one's own, must lie in it, and can be had once: the gateway,
    /// which is the first address unless the file names another one, the first and the last address of the subnet are
    /// taken, and replicas cannot share one. The engine refuses to start the container.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks:
    ///       back:
    ///         ipv4_address: 10.20.1.10  # <- here
    ///   web:
    ///     image: acme/web:1.4
    ///     networks:
    ///       default:
    ///         ipv4_address: 172.20.0.10  # <- here
    ///   db:
    ///     image: postgres:17.2
    ///     networks:
    ///       back:
    ///         ipv4_address: 10.20.0.1  # <- here
    ///   cache:
    ///     image: redis:7.4
    ///     networks: [edge]
    /// networks:
    ///   back:
    ///     ipam: {config: [{subnet: 10.20.0.0/24}]}
    ///   edge:
    ///     ipam:
    ///       config:
    ///         - subnet: 10.30.0.0  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks:
    ///       back:
    ///         ipv4_address: 10.20.0.10
    /// networks:
    ///   back:
    ///     ipam: {config: [{subnet: 10.20.0.0/24, gateway: 10.20.0.1}]}
    /// ```
    RULE {
        name: "invalid-static-address",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Project(check),
    }
}

/// An address that a service asks for.
struct Wish<'p> {
    service: &'p Service,
    network: &'p str,
    address: IpAddr,
    span: Span,
}

fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    let mut wishes: Vec<Wish<'_>> = Vec::new();
    let running = |service: &&Service| service.replicas.value() != Some(&0);
    for service in project.services.iter().filter(running) {
        for wish in of_service(service, found) {
            let network = project.network(wish.network);
            let finding = shared(project, &wish, &wishes).or_else(|| refused(&wish, network, project.partial));
            found.extend(finding.map(|finding| {
                let name = &service.name.value;
                finding.about(name).aspect(format!("networks:{}", wish.network))
            }));
            wishes.push(wish);
        }
    }
    // Compose only creates networks that a service uses.
    let used = project.used_networks();
    for network in &project.networks {
        if is_made_here(network) && used.contains(network.name.value.as_str()) {
            malformed(network, found);
        }
    }
}

/// The addresses that a service asks for; what is none is reported at once.
fn of_service<'p>(service: &'p Service, found: &mut Vec<Finding>) -> Vec<Wish<'p>> {
    let mut wishes = Vec::new();
    let networks = service.written(&["networks"]).and_then(Value::map);
    for (network, entry) in networks.into_iter().flatten() {
        for (key, is_v4) in [("ipv4_address", true), ("ipv6_address", false)] {
            let Some(value) = entry.value.get(key) else { continue };
            let Some(text) = value.str().filter(|text| !text.is_empty()) else {
                continue;
            };
            match text.parse::<IpAddr>() {
                Ok(address) if address.is_ipv4() == is_v4 => wishes.push(Wish {
                    service,
                    network,
                    address,
                    span: value.span,
                }),
                read => {
                    // Compose reads the address, the engine its kind.
                    let layer = if read.is_ok() { Layer::Engine } else { Layer::Compose };
                    let kind = if is_v4 { "IPv4" } else { "IPv6" };
                    let message = format!("`{text}` of `{}` is not an {kind} address", service.name.value);
                    let help = format!("write an {kind} address of the subnet of `{network}`");
                    let finding = Finding::new(value.span, message).help(help).about(&service.name.value);
                    found.push(finding.layer(layer).aspect(format!("networks:{network}")));
                }
            }
        }
    }
    wishes
}

/// An address that replicas or two services would share.
fn shared(project: &Project, wish: &Wish<'_>, earlier: &[Wish<'_>]) -> Option<Finding> {
    let (name, address) = (&wish.service.name.value, wish.address);
    if let Some(replicas) = wish.service.replicas.sourced().filter(|replicas| replicas.value > 1) {
        let message = format!("the {} replicas of `{name}` share the address {address}", replicas.value);
        let finding = Finding::new(wish.span, message).help("remove the address, or run one replica");
        return Some(finding.related(replicas.span, "the number of replicas"));
    }
    let other = earlier.iter().find(|other| {
        other.network == wish.network && other.address == address && together(project, other.service, wish.service)
    })?;
    let message = format!("`{name}` and `{}` share the address {address}", other.service.name.value);
    let finding = Finding::new(wish.span, message).help("give one of them another address");
    Some(finding.related(other.span, "the same address"))
}

/// Why a network cannot give an address.
fn refused(wish: &Wish<'_>, network: Option<&Definition>, partial: bool) -> Option<Finding> {
    let (name, address) = (&wish.service.name.value, wish.address);
    let Some(network) = network else {
        // The default network is there without being written.
        return (wish.network == "default" && !partial).then(|| no_subnet(wish, wish.service.name.span));
    };
    if !is_made_here(network) || has_driver(&network.raw, &["ipam", "driver"], "default") {
        return None;
    }
    let ranges = ranges(network);
    let of_kind: Vec<_> = ranges
        .iter()
        .filter(|range| range.subnet.address.is_ipv4() == address.is_ipv4())
        .collect();
    if of_kind.is_empty() {
        // A subnet that cannot be read is reported by itself, and one that is not known may fit.
        let is_written = items(network).iter().any(|item| item.get("subnet").is_some());
        let is_known = items(network).iter().all(|item| item.get("subnet").is_none_or(|subnet| subnet.str().is_some()));
        let is_other_kind = !ranges.is_empty() && is_known;
        return (!is_written || is_other_kind).then(|| no_subnet(wish, network.name.span));
    }
    let Some(range) = of_kind.iter().find(|range| range.subnet.contains(address)) else {
        let subnets: Vec<String> = of_kind.iter().map(|range| range.subnet.network().to_string()).collect();
        let message = format!("the address {address} of `{name}` is not in `{}`, {}", wish.network, subnets.join(", "));
        let finding = Finding::new(wish.span, message).help("use an address of the subnet, or remove it");
        return Some(finding.related(of_kind.first().map_or(network.name.span, |range| range.span), "the subnet"));
    };
    let is_bridge = !has_driver(&network.raw, &["driver"], "bridge");
    let taken = range.taken(address).filter(|_| is_bridge)?;
    let message = format!("the address {address} of `{name}` is taken: it is the {taken} of `{}`", wish.network);
    let finding = Finding::new(wish.span, message).help("use another address of the subnet, or remove it");
    Some(finding.related(range.span, "the subnet"))
}

fn no_subnet(wish: &Wish<'_>, place: Span) -> Finding {
    let (name, network) = (&wish.service.name.value, wish.network);
    let kind = if wish.address.is_ipv4() { "IPv4" } else { "IPv6" };
    let message = format!("`{name}` sets an {kind} address in `{network}`, which has no {kind} subnet");
    let help = format!("add `ipam: {{config: [{{subnet: ...}}]}}` to the network `{network}`, or remove the address");
    Finding::new(wish.span, message).help(help).related(place, "the network")
}

/// A subnet of a network with what the engine keeps of it for itself.
struct Range {
    subnet: Subnet,
    span: Span,
    gateway: Option<IpAddr>,
    /// Whether only a part of it is given out: which address the gateway gets by default is not known then.
    is_cut: bool,
}

impl Range {
    /// What an address of the subnet is taken by.
    fn taken(&self, address: IpAddr) -> Option<&'static str> {
        if self.gateway == Some(address) {
            return Some("gateway");
        }
        let (IpAddr::V4(first), IpAddr::V4(wanted)) = (self.subnet.network().address, address) else {
            return None;
        };
        let size = 1_u64 << (32 - self.subnet.prefix);
        match u64::from(u32::from(wanted)).wrapping_sub(u64::from(u32::from(first))) {
            0 => Some("network address"),
            1 if self.gateway.is_none() && !self.is_cut => Some("gateway"),
            offset if offset + 1 == size => Some("broadcast address"),
            _ => None,
        }
    }
}

fn ranges(network: &Definition) -> Vec<Range> {
    items(network)
        .iter()
        .filter_map(|item| {
            let value = item.get("subnet")?;
            Some(Range {
                subnet: Subnet::parse(value.str()?)?,
                span: value.span,
                gateway: item.get("gateway").and_then(|gateway| gateway.str()?.parse().ok()),
                is_cut: item.get("ip_range").is_some(),
            })
        })
        .collect()
}

fn items(network: &Definition) -> &[Value] {
    network.raw.at(&["ipam", "config"]).and_then(Value::seq).unwrap_or(&[])
}

/// Whether another driver is named than this one.
fn has_driver(raw: &Value, path: &[&str], usual: &str) -> bool {
    raw.at(path).is_some_and(|driver| !matches!(driver.str(), Some(name) if name == usual || name.is_empty()))
}

fn is_made_here(network: &Definition) -> bool {
    let external = network.raw.get("external").and_then(Value::scalar_text);
    network.raw.get("external").is_none() || external.as_deref() == Some("false")
}

/// Parts of `ipam` that Compose or the engine cannot read. Host bits and a gateway outside are `invalid-subnet`.
fn malformed(network: &Definition, found: &mut Vec<Finding>) {
    let name = &network.name.value;
    let mut tell = |layer: Layer, span: Span, message: String, help: &str| {
        let finding = Finding::new(span, message).help(help).layer(layer);
        found.push(finding.aspect(format!("networks:{name}.ipam")));
    };
    for item in items(network) {
        let text = |key: &str| item.get(key).and_then(|value| Some((value.str()?, value.span)));
        let subnet = match text("subnet") {
            Some((written, span)) => match Subnet::parse(written).filter(|_| written.trim() == written) {
                Some(subnet) if subnet.address.is_ipv4() && subnet.prefix > 30 => {
                    let message = format!("the subnet {written} of `{name}` is too small for a gateway and a container");
                    tell(Layer::Engine, span, message, "write a larger subnet: /29 or wider");
                    Some(subnet)
                }
                Some(subnet) => Some(subnet),
                None => {
                    let message = format!("`{written}` of network `{name}` is not a subnet");
                    tell(Layer::Compose, span, message, "write an address and a prefix length: `10.20.0.0/24`");
                    continue;
                }
            },
            None if item.get("subnet").is_some() => continue,
            None => None,
        };
        for (key, what) in [("gateway", "gateway"), ("ip_range", "range")] {
            let Some((written, span)) = text(key) else { continue };
            let reads = match key {
                "gateway" => written.parse::<IpAddr>().is_ok(),
                _ => Subnet::parse(written).is_some(),
            };
            if !reads {
                let right = if key == "gateway" { "an address: `10.20.0.1`" } else { "a part of the subnet: `10.20.0.128/25`" };
                let message = format!("`{written}` of network `{name}` is not a {what}");
                tell(Layer::Compose, span, message, &format!("write {right}"));
            } else if subnet.is_none() {
                let message = format!("network `{name}` has a {what} without a subnet");
                tell(Layer::Engine, span, message, "add `subnet` beside it, or remove it");
            }
        }
        let auxiliary = item.get("aux_addresses").and_then(Value::map);
        for (host, entry) in auxiliary.into_iter().flatten() {
            let address = entry.value.str().and_then(|text| text.parse::<IpAddr>().ok());
            if let (Some(subnet), Some(address)) = (subnet, address)
                && !subnet.contains(address)
            {
                let message = format!("the address {address} of `{host}` is not in the subnet {subnet} of `{name}`");
                tell(Layer::Engine, entry.value.span, message, "use an address of the subnet, or remove it");
            }
        }
    }
}

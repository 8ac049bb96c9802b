use super::support::networks::subnets;
use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::resolve::compose::project::Project;
use crate::source::Span;
use crate::values::subnet::Subnet;

rule! {
    /// Two networks have address ranges that overlap, or may.
    ///
    /// ## Why it matters
    /// The engine refuses the second one: "Pool overlaps with other one on this address space". A fixed range among those
    /// that the engine gives to networks by itself is a note: another project on the host may have it already.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [front, back, third]
    /// networks:
    ///   front:
    ///     ipam: {config: [{subnet: 10.20.0.0/16}]}
    ///   back:
    ///     ipam: {config: [{subnet: 10.20.5.0/24}]}  # <- here
    ///   third:
    ///     ipam: {config: [{subnet: 172.20.0.0/16}]}  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [front, back]
    /// networks:
    ///   front:
    ///     ipam: {config: [{subnet: 10.20.4.0/24}]}
    ///   back:
    ///     ipam: {config: [{subnet: 10.20.5.0/24}]}
    /// ```
    RULE {
        name: "overlapping-subnets",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Project(check),
    }
}

/// What the engine gives to networks that ask for no range (moby, `libnetwork/ipamutils`).
const POOLS: [(&str, &str); 2] = [("172.16.0.0/12", "172.17.0.0 to 172.31.255.255"), ("192.168.0.0/16", "192.168.0.0/16")];

fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    let mut seen: Vec<(&str, Subnet, Span)> = Vec::new();
    // Compose only creates networks that a service uses.
    let used = project.used_networks();
    for network in &project.networks {
        let name = network.name.value.as_str();
        // A file without services is a part of a set.
        if !used.contains(name) && !project.services.is_empty() {
            continue;
        }
        let drivers = network
            .raw
            .get("driver")
            .and_then(|driver| driver.str())
            .unwrap_or("bridge");
        if drivers != "bridge" {
            continue;
        }
        for (subnet, span) in subnets(network) {
            let other = seen.iter().find(|(_, known, _)| known.overlaps(subnet));
            if let Some((other, known, place)) = other {
                found.push(
                    Finding::new(
                        span,
                        format!("the subnet {subnet} of network `{name}` overlaps {known} of network `{other}`"),
                    )
                    .help("give each network a range of its own")
                    .related(*place, format!("network `{other}`"))
                    .aspect(format!("networks:{name}.ipam")),
                );
            } else if let Some(pool) = pool(subnet) {
                found.push(
                    Finding::new(span, format!("{subnet} is in the engine's default address pools ({pool})"))
                        .help("choose one outside of 172.16.0.0/12 and 192.168.0.0/16, or let the engine choose")
                        .severity(Severity::Note)
                        .aspect(format!("networks:{name}.ipam pool")),
                );
            }
            if seen.len() < 200 {
                seen.push((name, subnet, span));
            }
        }
    }
}

/// The range of the engine's that a subnet lies in.
fn pool(subnet: Subnet) -> Option<&'static str> {
    let is_inside = |pool: &str| Subnet::parse(pool).is_some_and(|pool| pool.prefix <= subnet.prefix && pool.overlaps(subnet));
    POOLS.iter().find(|(pool, _)| is_inside(pool)).map(|(_, shown)| *shown)
}

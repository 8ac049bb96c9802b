use super::support::networks::subnets;
use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::resolve::compose::project::Project;
use crate::source::Span;
use crate::values::subnet::Subnet;

rule! {
    /// Two networks of a project have address ranges that overlap.
    ///
    /// ## Why it matters
    /// The engine refuses the second one: "Pool overlaps with other one on this address space".
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [front, back]
    /// networks:
    ///   front:
    ///     ipam: {config: [{subnet: 10.20.0.0/16}]}
    ///   back:
    ///     ipam: {config: [{subnet: 10.20.5.0/24}]}  # <- here
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

fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    let mut seen: Vec<(&str, Subnet, Span)> = Vec::new();
    // Compose only creates networks that a service uses.
    let used = project.used_networks();
    for network in &project.networks {
        let name = network.name.value.as_str();
        if !used.contains(name) {
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
                        format!("the subnet {subnet} of network '{name}' overlaps {known} of network '{other}'"),
                    )
                    .help("give each network a range of its own")
                    .related(*place, format!("network '{other}'"))
                    .aspect(format!("networks:{name}.ipam")),
                );
            }
            if seen.len() < 200 {
                seen.push((name, subnet, span));
            }
        }
    }
}

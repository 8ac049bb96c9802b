use super::support::networks::subnets;
use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::resolve::compose::project::Project;
use crate::values::subnet::Subnet;
use std::net::IpAddr;

rule! {
    /// A network's address range has host bits set, or its gateway is outside it.
    ///
    /// ## Why it matters
    /// A gateway outside its range is refused by every engine. Host bits are refused by engines from 28 on ("invalid subnet
    /// 10.20.5.7/24: it should be 10.20.5.0/24"); older ones take them.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [back, edge]
    /// networks:
    ///   back:
    ///     ipam: {config: [{subnet: 10.20.5.7/24}]}  # <- here
    ///   edge:
    ///     ipam:
    ///       config:
    ///         - subnet: 10.30.0.0/24
    ///           gateway: 10.31.0.1  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [back]
    /// networks:
    ///   back:
    ///     ipam: {config: [{subnet: 10.20.5.0/24, gateway: 10.20.5.1}]}
    /// ```
    RULE {
        name: "invalid-subnet",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Project(check),
    }
}

fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    for network in &project.networks {
        let name = &network.name.value;
        let ranges = subnets(network);
        for (subnet, span) in &ranges {
            let right = subnet.network();
            if right != *subnet {
                found.push(
                    Finding::new(
                        *span,
                        format!("the subnet {subnet} of network `{name}` has host bits set: it is {right}"),
                    )
                    .help(format!("write `{right}`"))
                    .fix(*span, right.to_string())
                    .aspect(format!("networks:{name}.ipam")),
                );
            }
        }
        let items = network
            .raw
            .at(&["ipam", "config"])
            .and_then(|config| config.seq())
            .unwrap_or(&[]);
        for item in items.iter().filter(|_| !ranges.is_empty()) {
            let own = item.get("subnet").and_then(|value| Subnet::parse(value.str()?));
            let gateway = item
                .get("gateway")
                .and_then(|value| Some((value.str()?.parse::<IpAddr>().ok()?, value.span)));
            let (Some(own), Some((gateway, span))) = (own, gateway) else {
                continue;
            };
            if !own.contains(gateway) {
                found.push(
                    Finding::new(
                        span,
                        format!("the gateway {gateway} of network `{name}` is not in its subnet {own}"),
                    )
                    .help("use an address of the subnet, or remove `gateway`")
                    .aspect(format!("networks:{name}.gateway")),
                );
            }
        }
    }
}

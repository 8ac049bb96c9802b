//! Networks that Compose creates.

use crate::resolve::compose::project::Definition;
use crate::source::Span;
use crate::values::subnet::Subnet;

/// The subnets that are written for a network that Compose creates.
pub(in crate::rules) fn subnets(network: &Definition) -> Vec<(Subnet, Span)> {
    if network
        .raw
        .get("external")
        .is_some_and(|external| external.scalar_text().as_deref() != Some("false"))
    {
        return Vec::new();
    }
    let items = network
        .raw
        .at(&["ipam", "config"])
        .and_then(|config| config.seq())
        .unwrap_or(&[]);
    items
        .iter()
        .filter_map(|item| item.get("subnet"))
        .filter_map(|value| Some((Subnet::parse(value.str()?)?, value.span)))
        .collect()
}

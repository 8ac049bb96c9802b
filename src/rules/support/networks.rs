//! Networks by the names that they have on the engine, and those that Compose creates.

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

/// The name that the engine looks a network up by, where the file says one: `name`, what `external` says, or the key of an external
/// network. Compose takes a network that is there already, with a warning where it did not make it (seen with 5.6.1).
pub(in crate::rules) fn name_on_the_engine(network: &Definition) -> Option<(&str, Span)> {
    let external = network.raw.get("external");
    let written = network.raw.get("name").or_else(|| external?.get("name"));
    match written {
        Some(name) => Some((name.str()?, name.span)),
        None => external
            .filter(|external| external.scalar_text().as_deref() == Some("true"))
            .map(|_| (network.name.value.as_str(), network.name.span)),
    }
}

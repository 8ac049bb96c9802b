use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::resolve::compose::project::Project;
use crate::values::nearest;

rule! {
    /// A bridge network has an option that its driver does not know.
    ///
    /// ## Why it matters
    /// The engine takes a misspelled option without a word and without effect; a switch that is no boolean it refuses.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    /// networks:
    ///   default:
    ///     driver_opts:
    ///       com.docker.network.bridge.enable_ic: "false"  # <- here
    ///       com.docker.network.bridge.enable_ip_masquerade: "maybe"  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    /// networks:
    ///   default:
    ///     driver_opts:
    ///       com.docker.network.bridge.enable_icc: "false"
    /// ```
    RULE {
        name: "unknown-driver-option",
        group: Group::Start,
        layer: Layer::Ignored,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Project(check),
    }
}

const BRIDGE: &str = "com.docker.network.bridge.";

/// The options below [`BRIDGE`] (moby `daemon/libnetwork/drivers/bridge/labels.go`).
const KNOWN: [&str; 9] = [
    "name",
    "enable_ip_masquerade",
    "enable_icc",
    "inhibit_ipv4",
    "host_binding_ipv4",
    "default_bridge",
    "gateway_mode_ipv4",
    "gateway_mode_ipv6",
    "trusted_host_interfaces",
];
const SWITCHES: [&str; 4] = ["enable_ip_masquerade", "enable_icc", "inhibit_ipv4", "default_bridge"];
/// The words of Go's `strconv.ParseBool`.
const BOOLEANS: [&str; 12] = [
    "1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False",
];

fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    for network in &project.networks {
        let name = &network.name.value;
        let driver = network.raw.get("driver").map(|driver| driver.str());
        if !matches!(driver, None | Some(Some("bridge"))) {
            continue;
        }
        for (key, entry) in network
            .raw
            .get("driver_opts")
            .and_then(|options| options.map())
            .into_iter()
            .flatten()
        {
            let Some(option) = key.strip_prefix(BRIDGE) else {
                continue;
            };
            let subject = format!("networks:{name}.{key}");
            if !KNOWN.contains(&option) {
                let near = nearest(option, KNOWN);
                let help = near.map_or_else(
                    || format!("known: {}", KNOWN.join(", ")),
                    |near| format!("did you mean `{BRIDGE}{near}`?"),
                );
                found.push(
                    Finding::new(
                        entry.key,
                        format!("the bridge of network `{name}` has no option `{key}`, so it has no effect"),
                    )
                    .help(help)
                    .aspect(subject),
                );
            } else if SWITCHES.contains(&option)
                && let Some(text) = entry.value.str()
                && !BOOLEANS.contains(&text)
            {
                found.push(
                    Finding::new(
                        entry.value.span,
                        format!("the option `{key}` of network `{name}` is `{text}`; the engine requires true or false"),
                    )
                    .help("write `\"true\"` or `\"false\"`, with quotes")
                    .severity(Severity::Error)
                    .layer(Layer::Engine)
                    .aspect(subject),
                );
            }
        }
    }
}

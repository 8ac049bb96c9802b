use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::resolve::compose::consistency::together;
use crate::parse::yaml::{Data, Value};
use crate::resolve::compose::project::{Definition, Project};
use crate::resolve::compose::service::Service;
use crate::source::Span;

rule! {
    /// Services share a network whose members cannot reach each other.
    ///
    /// ## Why it matters
    /// With `enable_icc` false the engine drops what goes from one container of the network to another one. Names still
    /// resolve, and every connection runs into its timeout (measured with engines 20.10, 28 and 29). On an internal network
    /// even a single member then reaches nothing at all.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [backend]
    ///   db:
    ///     image: postgres:17.2
    ///     networks: [backend]
    /// networks:
    ///   backend:
    ///     driver_opts:
    ///       com.docker.network.bridge.enable_icc: "false"  # <- here
    ///   vault:
    ///     internal: true
    ///     driver_opts:
    ///       com.docker.network.bridge.enable_icc: "false"  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [edge]
    /// networks:
    ///   edge:
    ///     driver_opts:
    ///       com.docker.network.bridge.enable_icc: "false"
    /// ```
    RULE {
        name: "isolated-members",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Project(check),
    }
}
const OPTION: &str = "com.docker.network.bridge.enable_icc";

fn check(project: &Project, _: &Config, found: &mut Vec<Finding>) {
    for network in &project.networks {
        let Some(value) = network.raw.at(&["driver_opts", OPTION]) else {
            continue;
        };
        // The words of Go's `strconv.ParseBool`.
        let off = value
            .scalar_text()
            .is_some_and(|text| matches!(text.as_str(), "0" | "f" | "F" | "false" | "FALSE" | "False"));
        let name = &network.name.value;
        let members: Vec<(&Service, Span)> = project
            .services
            .iter()
            .filter_map(|service| {
                let member = service.networks.iter().find(|member| member.value == *name)?;
                Some((service, member.span))
            })
            .collect();
        let meet = |index: usize, service: &Service| {
            members
                .iter()
                .enumerate()
                .any(|(other, (member, _))| other != index && together(project, member, service))
        };
        let cut_off: Vec<&(&Service, Span)> = members
            .iter()
            .enumerate()
            .filter(|(index, (service, _))| meet(*index, service))
            .map(|(_, member)| member)
            .collect();
        if !off {
            continue;
        }
        if cut_off.is_empty() {
            found.extend(walled_in(network, value));
            continue;
        }
        let names: Vec<String> = cut_off
            .iter()
            .map(|(service, _)| format!("`{}`", service.name.value))
            .collect();
        let message = format!(
            "services {} share the network `{name}` and cannot reach each other on it",
            names.join(", ")
        );
        let mut finding = Finding::new(value.span, message)
            .help("delete the option, or put services that talk to each other on a network without it")
            .change(Change::Replace(value.span, "\"true\"".to_owned()))
            .with_care()
            .aspect(format!("networks:{name}.{OPTION}"));
        for (service, span) in cut_off {
            finding = finding.related(*span, format!("`{}`", service.name.value));
        }
        found.push(finding);
    }
}

/// A network whose members reach neither each other nor anything outside, however many there are.
fn walled_in(network: &Definition, option: &Value) -> Option<Finding> {
    let internal = network.raw.get("internal")?;
    let name = &network.name.value;
    matches!(internal.data, Data::Bool(true)).then(|| {
        let message = format!("services on `{name}` reach nothing: the network is internal and isolates its members");
        Finding::new(option.span, message)
            .help("delete the option, or set `network_mode: none` for a service that needs no network")
            .related(internal.span, "nothing outside")
            .aspect(format!("networks:{name}.{OPTION}"))
    })
}

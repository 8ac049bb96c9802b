use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::resolve::compose::consistency::together;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;
use crate::source::Span;

rule! {
    /// Services share a network whose members cannot reach each other.
    ///
    /// ## Why it matters
    /// With `enable_icc` false the engine drops what goes from one container of the network to another one. Names still
    /// resolve, and every connection runs into its timeout (measured with engines 20.10, 28 and 29).
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
                .any(|(other, (member, _))| other != index && together(member, service))
        };
        let cut_off: Vec<&(&Service, Span)> = members
            .iter()
            .enumerate()
            .filter(|(index, (service, _))| meet(*index, service))
            .map(|(_, member)| member)
            .collect();
        if !off || cut_off.is_empty() {
            continue;
        }
        let names: Vec<String> = cut_off
            .iter()
            .map(|(service, _)| format!("'{}'", service.name.value))
            .collect();
        let message = format!(
            "services {} share the network '{name}' and cannot reach each other on it",
            names.join(", ")
        );
        let mut finding = Finding::new(value.span, message)
            .help("delete the option, or give services that talk to each other a network without it")
            .aspect(format!("networks:{name}.{OPTION}"));
        for (service, span) in cut_off {
            finding = finding.related(*span, format!("service '{}'", service.name.value));
        }
        found.push(finding);
    }
}

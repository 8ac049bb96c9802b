use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// Ports are published by a service whose networks are all internal.
    ///
    /// ## Why it matters
    /// An internal network has no way out and none in: the engine accepts the ports, publishes none of them, and says
    /// nothing (measured with engines 20.10, 28 and 29).
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [back]
    ///     ports: ["8080:80"]  # <- here
    /// networks:
    ///   back: {internal: true}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [back, edge]
    ///     ports: ["8080:80"]
    /// networks:
    ///   back: {internal: true}
    ///   edge: {}
    /// ```
    RULE {
        name: "unpublishable-port",
        group: Group::Start,
        layer: Layer::Ignored,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(project) = subject.project() else { return };
    if service.networks.is_empty() || subject.is_partial() || !service.network_mode.is_absent() {
        return;
    }
    let internal = |name: &str| {
        let network = project.network(name)?;
        let set = network.raw.get("internal")?;
        (set.scalar_text().as_deref() == Some("true") && network.raw.get("external").is_none()).then_some(set.span)
    };
    let places: Vec<_> = service.networks.iter().map(|name| internal(&name.value)).collect();
    let (Some(port), false) = (service.ports.first(), places.iter().any(Option::is_none)) else {
        return;
    };
    let names: Vec<String> = service
        .networks
        .iter()
        .map(|name| format!("`{}`", name.value))
        .collect();
    let mut finding = Finding::new(
        port.span,
        format!(
            "`{}` publishes ports but is only on internal networks ({}), so nothing is published",
            service.name.value,
            names.join(", ")
        ),
    )
    .help("add the service to a network that is not internal, or delete `ports`")
    .aspect("ports");
    for span in places.into_iter().flatten() {
        finding = finding.related(span, "the network is internal");
    }
    found.push(finding);
}

use super::{Check, Group};
use crate::config::Demand;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Data;
use crate::repository::Subject;
use crate::resolve::compose::consistency::together;
use crate::resolve::compose::project::{Definition, Project};
use crate::resolve::compose::service::Service;

rule! {
    /// A database is on a network that leads outside, or that it shares with a published service.
    ///
    /// ## Why it matters
    /// On a network that is not `internal` a container that was broken into can send what it holds anywhere; on one that it
    /// shares with a service that strangers talk to, the way to it is one step long. The engine gives an internal network
    /// no route outwards.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   db:  # <- here
    ///     image: postgres:17.2
    ///   cache:
    ///     image: redis:7.4
    ///     networks:
    ///       - backend  # <- here
    ///   api:
    ///     image: acme/api:1.4
    ///     ports: ["127.0.0.1:8080:80"]
    ///     networks: [backend]
    /// networks:
    ///   backend: {internal: true}
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// assign:
    ///   - {services: [db, cache], profile: database}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   db:
    ///     image: postgres:17.2
    ///     networks: [backend]
    ///   api:
    ///     image: acme/api:1.4
    ///     networks: [backend, edge]
    ///   proxy:
    ///     image: acme/proxy:1.4
    ///     ports: ["127.0.0.1:8080:80"]
    ///     networks: [edge]
    /// networks:
    ///   backend: {internal: true}
    ///   edge: {}
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// assign:
    ///   - {services: [db], profile: database}
    /// ```
    ///
    /// ```yaml pass
    /// services:
    ///   cache:
    ///     image: redis:7.4
    ///     networks: [backend]
    /// networks:
    ///   backend: {internal: true}
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   inner: {harden: [internal-network]}
    /// assign:
    ///   - {services: [cache], profile: inner}
    /// ```
    ///
    /// ## Notes
    /// Only for services of the profile `database` and those that extend it, and an error where the profile has `harden:
    /// [internal-network]`. External networks are not checked.
    RULE {
        name: "shared-bridge-network",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(project) = subject
        .project()
        .filter(|_| subject.profile.belongs_inside() && subject.absence_is_sure())
    else {
        return;
    };
    if !service.network_mode.is_absent() {
        return;
    }
    let name = &service.name.value;
    let what = match subject.profile.is_of("database") {
        true => "is a database on",
        false => "is on",
    };
    let clause = subject.requirement_clause(Demand::InternalNetwork, "an internal one");
    let subject = |finding: Finding| subject.demanded(finding.aspect("networks"), Demand::InternalNetwork, false);
    // Without `networks` there is the default one.
    if !service.networks_written {
        if is_open(project, "default") {
            let message = format!("`{name}` {what} the default network, which has outside access{clause}");
            let finding =
                Finding::new(service.name.span, message).help("put it on a network of its own with `internal: true`");
            found.push(subject(finding));
        }
        return;
    }
    for network in &service.networks {
        if is_open(project, &network.value) {
            let message = format!(
                "`{name}` {what} the network `{}`, which has outside access{clause}",
                network.value
            );
            let finding = Finding::new(network.span, message).help("set `internal: true` on the network");
            let finding = match project.network(&network.value) {
                Some(definition) => finding.related(definition.name.span, "the network"),
                None => finding,
            };
            found.push(subject(finding));
            continue;
        }
        let neighbour = project.services.iter().find(|other| {
            other.name.value != *name
                && !other.ports.is_empty()
                && together(project, service, other)
                && other.networks.iter().any(|known| known.value == network.value)
        });
        if let Some(neighbour) = neighbour {
            let message = format!(
                "`{name}` {what} the network `{}`, where `{}` publishes ports{clause}",
                network.value, neighbour.name.value
            );
            let finding = Finding::new(network.span, message)
                .help("move services that publish ports to another network")
                .related(neighbour.name.span, "it publishes ports");
            found.push(subject(finding));
        }
    }
}

/// Whether a network is known to lead outside: it is made here, and not internal.
fn is_open(project: &Project, name: &str) -> bool {
    let is = |definition: &Definition, key: &str| {
        let value = definition.raw.get(key);
        value.is_some_and(|value| !matches!(value.data, Data::Bool(false) | Data::Null))
    };
    match project.network(name) {
        Some(definition) => !is(definition, "internal") && !is(definition, "external"),
        None => name == "default",
    }
}

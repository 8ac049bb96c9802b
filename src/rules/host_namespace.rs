use super::{Check, Group};
use crate::config::Demand;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::rules::support::networks::name_on_the_engine;
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::image_ref::ImageRef;

rule! {
    /// A container shares a namespace with its host, or with another container.
    ///
    /// ## Why it matters
    /// With `network_mode: host` it reaches what listens on the host's loopback, and its published ports are discarded.
    /// With `pid: host` it sees every process and its environment, with `ipc: host` their shared memory. Another
    /// container's namespace is what sidecars use: worth knowing, no more. A network whose name is `host` is the host's,
    /// whether or not it says `external`. Host networking is a warning, once a file, an error where the profile requires
    /// `private`, and a note where the file shows that it is meant: a job of the network (an agent, a tunnel, a name server),
    /// a capability over it, a comment beside it, or every service has it. The other namespaces are errors.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     network_mode: host  # <- here
    ///     pid: host  # <- here
    ///   sidecar:
    ///     image: acme/sidecar:1.4
    ///     network_mode: service:api  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     networks: [outer]  # <- here
    /// networks:
    ///   outer: {name: host, external: true}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     ipc: private
    /// ```
    RULE {
        name: "host-namespace",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &[
            "CL-0008",
            "CL-0010",
            "071a71ff-f868-47a4-ac0b-3c59e4ab5443",
            "baa3890f-bed7-46f5-ab8f-1da8fc91c729",
            "4f31dd9f-2cc3-4751-9b53-67e4af83dac0",
            "8af7162d-6c98-482f-868e-0d33fb675ca8",
        ],
        check: Check::Service(check),
    }
}

/// Jobs that are about the network of the host, by words of the image's or the service's name: tunnels, name servers, agents that
/// measure it, edge proxies, and what finds devices at home by broadcasts.
const JOBS: [&str; 53] = [
    "adguard", "agent", "alertmanager", "avahi", "beszel", "bird", "cadvisor", "caddy", "cilium", "cloudflared", "coredns", "coturn", "dhcp",
    "dns", "emby", "exporter", "firewall", "frr", "gluetun", "home-assistant", "homeassistant", "homebridge", "jellyfin",
    "keepalived", "mdns", "matter-server", "metallb", "netbird", "netdata", "nginx-proxy", "npmplus", "haproxy", "proxy-manager", "ntopng", "openvpn", "pihole", "plex", "prometheus",
    "promtail", "scrypted", "snmp", "speedtest", "suricata", "tailscale", "tcpdump", "telegraf", "traefik", "turn", "unifi",
    "vpn", "wireguard", "zeek", "zerotier",
];

/// Whether the file shows that host networking is what the service is for: its job, a right over the network, a comment, or every
/// service of a larger set has it.
fn is_chosen(subject: &Subject<'_>, service: &Service, mode: Span) -> bool {
    let image = service.image.value().map_or("", String::as_str);
    let name = ImageRef::parse(image).name.to_lowercase();
    let own = service.name.value.to_lowercase();
    let is_job = JOBS.iter().any(|job| name.contains(job) || own.contains(job));
    let added = Service::capabilities(&service.cap_add);
    let has_rights = added.iter().any(|(right, _)| right.starts_with("NET_") && right != "NET_BIND_SERVICE");
    // The comments are in order, and only a neighbour is near.
    let comments = &subject.repository.comments;
    let behind = comments.partition_point(|comment| comment.span < mode);
    let near = comments.iter().skip(behind.saturating_sub(1)).take(2);
    let is_said = near.into_iter().any(|comment| {
        let text = comment.value.to_lowercase();
        let distance = match comment.span.start >= mode.end {
            true => comment.span.start - mode.end,
            false => mode.start.saturating_sub(comment.span.end),
        };
        let speaks = ["host", "network", "port", "broadcast", "multicast", "discover"].iter().any(|word| text.contains(word));
        comment.span.source == mode.source && distance < NEAR && speaks
    });
    // What it connects to listens on the host's own loopback.
    let calls_home = service.variables().any(|variable| {
        let value = variable.value.value().map_or("", String::as_str);
        if names_another(&variable.name) && ["127.0.0.1", "localhost"].contains(&value.split(':').next().unwrap_or("")) {
            return true;
        }
        ["://localhost", "://127.0.0.1", "@localhost", "@127.0.0.1"].iter().any(|host| value.contains(host))
    });
    let is_host = |service: &Service| service.network_mode.value().is_some_and(|mode| mode == "host");
    let all = subject.project().map_or(&[][..], |project| &project.services);
    is_job || has_rights || calls_home || is_said || all.len() > 1 && all.iter().all(is_host)
}

/// Whether a variable names what a service connects to (`DB_HOST`), and not where it listens itself.
fn names_another(variable: &str) -> bool {
    let mut words = variable.split('_').rev();
    let is_place = words.next().is_some_and(|last| ["HOST", "HOSTNAME", "ADDR", "ADDRESS", "SERVER"].contains(&last));
    let mut others = words.peekable();
    let is_of_another = others.peek().is_some();
    is_place && is_of_another && others.all(|word| !["BIND", "LISTEN", "SERVER", "HTTP", "WEB", "API", "APP"].contains(&word))
}

/// Services of a set that are looked at for one that says the same.
const LOOKED_AT: usize = 500;

/// Bytes between a value and a comment beside, above or below it.
const NEAR: u32 = 40;

/// Whether a service before this one says the same in the same file, and nothing shows that it is meant: one decision is one warning.
fn is_again(subject: &Subject<'_>, mode: Span) -> bool {
    let all = subject.project().map_or(&[][..], |project| &project.services);
    let mut before = all
        .iter()
        .take(LOOKED_AT)
        .filter_map(|other| Some((other, other.network_mode.sourced()?)));
    before.any(|(other, found)| {
        let is_before = found.span.source == mode.source && found.span.start < mode.start;
        found.value == "host" && is_before && !is_chosen(subject, other, found.span)
    })
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let settings = [
        ("network_mode", &service.network_mode, "network"),
        ("pid", &service.pid, "processes"),
        ("ipc", &service.ipc, "shared memory"),
        ("uts", &service.uts, "host name"),
        ("userns_mode", &service.userns_mode, "user numbers"),
        ("cgroup", &service.cgroup, "control groups"),
    ];
    for (key, fact, what) in settings {
        let Some(mode) = fact.sourced() else { continue };
        let (message, help, severity) = if mode.value == "host" {
            // Host networking is mostly chosen, and none of it makes root of the host.
            let severity = match key {
                "network_mode" => {
                    let is_known = is_again(subject, mode.span) || is_chosen(subject, service, mode.span);
                    subject.weight(Demand::Private, !is_known)
                }
                _ => Severity::Error,
            };
            let help = match key {
                "network_mode" => "remove `network_mode: host` and publish the ports that are needed".to_owned(),
                _ => format!("remove `{key}: host`"),
            };
            let message = format!("`{name}` shares the {what} of the host (`{key}: host`)");
            (message, help, severity)
        } else if mode.value.starts_with("service:") || mode.value.starts_with("container:") {
            (
                format!(
                    "`{name}` shares the {what} of another container (`{key}: {}`)",
                    mode.value
                ),
                format!("remove `{key}` unless `{name}` is a sidecar"),
                Severity::Note,
            )
        } else {
            continue;
        };
        let mut finding = Finding::new(mode.span, message)
            .help(help)
            .severity(severity)
            .aspect(key);
        // Without the network of the host its ports would have to be published.
        if mode.value == "host" && key != "network_mode" {
            finding = finding.change(Change::Drop(service.key(key))).with_care();
        }
        for (span, why) in &mode.overridden {
            finding = finding.related(*span, why.words());
        }
        found.push(finding);
    }
    let Some(project) = subject.project() else { return };
    for network in &service.networks {
        let host = project.network(&network.value).and_then(name_on_the_engine);
        if let Some((_, span)) = host.filter(|(host, _)| *host == "host") {
            let message = format!("`{name}` shares the network of the host (network `{}`)", network.value);
            found.push(
                Finding::new(network.span, message)
                    .help("give the network another name, and publish the ports that are needed")
                    .severity(subject.weight(Demand::Private, true))
                    .related(span, "the engine's own network of that name")
                    .aspect("network_mode"),
            );
        }
    }
}

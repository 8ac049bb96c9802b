use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::source::Span;

rule! {
    /// A sysctl is set that containers cannot have of their own.
    ///
    /// ## Why it matters
    /// Only settings with a namespace belong to a container. For any other the start fails: "sysctl "vm.swappiness" is not
    /// in a separate kernel namespace". They are settings of the host.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   search:
    ///     image: acme/search:1.4
    ///     sysctls:
    ///       vm.max_map_count: 262144  # <- here
    ///       net.core.somaxconn: 1024
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   search:
    ///     image: acme/search:1.4
    ///     sysctls:
    ///       net.core.somaxconn: 1024
    ///       kernel.shmmax: 67108864
    /// ```
    RULE {
        name: "unsafe-sysctl",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

/// Settings of the IPC and UTS namespaces (runc `libcontainer/configs/validate`).
const OWN: [&str; 9] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
    "kernel.domainname",
];

/// Settings below `net.` that a network of its own does not have, or has for reading only (Linux, `net/core/sysctl_net_core.c` and
/// `net/ipv4/sysctl_net_ipv4.c`): what they set is of the host (docker/compose#12073).
const OF_THE_HOST: [&str; 18] = [
    "net.core.bpf_jit_enable",
    "net.core.bpf_jit_harden",
    "net.core.busy_poll",
    "net.core.busy_read",
    "net.core.default_qdisc",
    "net.core.dev_weight",
    "net.core.netdev_budget",
    "net.core.netdev_budget_usecs",
    "net.core.netdev_max_backlog",
    "net.core.rmem_default",
    "net.core.rmem_max",
    "net.core.wmem_default",
    "net.core.wmem_max",
    "net.ipv4.inet_peer_maxttl",
    "net.ipv4.inet_peer_threshold",
    "net.ipv4.tcp_max_orphans",
    "net.ipv4.tcp_mem",
    "net.ipv4.udp_mem",
];

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(written) = service.written(&["sysctls"]) else {
        return;
    };
    let mut names: Vec<(String, Span, Option<String>)> = Vec::new();
    if let Some(map) = written.map() {
        names.extend(map.iter().map(|(name, entry)| (name.clone(), entry.key, entry.value.scalar_text())));
    }
    for item in written.seq().unwrap_or(&[]) {
        if let Some((name, value)) = item.str().and_then(|text| text.split_once('=')) {
            names.push((name.to_owned(), item.span, Some(value.to_owned())));
        }
    }
    for (name, span, value) in names {
        let is_of_network = name.starts_with("net.") && !OF_THE_HOST.contains(&name.as_str());
        let has_own = is_of_network || name.starts_with("fs.mqueue.") || OWN.contains(&name.as_str());
        if !name.contains('.') || name.contains(['/', '$']) {
            continue;
        }
        let (why, help) = if !has_own {
            (
                "is a setting of the host, not of a container".to_owned(),
                format!("remove it here, and set `{name}` on the host with `sysctl -w`"),
            )
        } else if let Some(namespace) = host_namespace(service, &name) {
            (
                format!("belongs to the host because of `{namespace}`"),
                format!("remove it here and set it on the host, or remove `{namespace}`"),
            )
        } else if let Some(value) = value.filter(|value| takes_numbers(&name) && !are_numbers(value)) {
            let message = format!("`{}` sets `{name}` to `{value}`, which is not a number, so it does not start", service.name.value);
            let finding = Finding::new(span, message).help("write a number: `1` for yes, `0` for no");
            found.push(finding.aspect(format!("sysctls:{name}=")).raised("2026.12"));
            continue;
        } else {
            continue;
        };
        let message = format!("`{}` sets `{name}`, which {why}, so it does not start", service.name.value);
        found.push(Finding::new(span, message).help(help).aspect(format!("sysctls:{name}")));
    }
}

/// Whether the kernel takes nothing but numbers for a setting: of those below `net.` that texts are written to, all have such a word.
fn takes_numbers(name: &str) -> bool {
    const OF_NUMBERS: [&str; 9] = [
        "fs.mqueue.", "kernel.msg", "kernel.sem", "kernel.shm", "net.core.", "net.ipv4.conf.", "net.ipv4.ip_", "net.ipv4.tcp_", "net.ipv6.conf.",
    ];
    const OF_TEXTS: [&str; 7] = ["congestion", "qdisc", "secret", "_key", "_ulp", "reserved_ports", "_flow_"];
    OF_NUMBERS.iter().any(|start| name.starts_with(start)) && !OF_TEXTS.iter().any(|word| name.contains(word))
}

/// Whether a text is numbers with blanks between, as the kernel reads them: decimal, octal or hexadecimal.
fn are_numbers(text: &str) -> bool {
    text.contains('$')
        || text.split_ascii_whitespace().all(|word| {
            let word = word.strip_prefix('-').unwrap_or(word);
            let hex = word.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
            hex || word.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// The setting by which a namespace that a sysctl is of is the host's own.
fn host_namespace(service: &Service, name: &str) -> Option<&'static str> {
    let is_host = |mode: &Fact<String>| mode.value().is_some_and(|mode| mode == "host");
    match name {
        _ if name.starts_with("net.") => is_host(&service.network_mode).then_some("network_mode: host"),
        "kernel.domainname" => is_host(&service.uts).then_some("uts: host"),
        _ => is_host(&service.ipc).then_some("ipc: host"),
    }
}

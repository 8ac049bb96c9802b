use super::{Check, Group};
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

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(written) = service.written(&["sysctls"]) else {
        return;
    };
    let mut names: Vec<(String, Span)> = Vec::new();
    if let Some(map) = written.map() {
        names.extend(map.iter().map(|(name, entry)| (name.clone(), entry.key)));
    }
    for item in written.seq().unwrap_or(&[]) {
        if let Some((name, _)) = item.str().and_then(|text| text.split_once('=')) {
            names.push((name.to_owned(), item.span));
        }
    }
    for (name, span) in names {
        let has_own = name.starts_with("net.") || name.starts_with("fs.mqueue.") || OWN.contains(&name.as_str());
        if has_own || !name.contains('.') || name.contains(['/', '$']) {
            continue;
        }
        found.push(
            Finding::new(
                span,
                format!(
                    "service '{}' sets {name}, which is a setting of the host and not of a container, so it does not start",
                    service.name.value
                ),
            )
            .help(format!("delete it here, and set {name} on the host with sysctl -w"))
            .aspect(format!("sysctls:{name}")),
        );
    }
}

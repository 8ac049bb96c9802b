use super::{Check, Group};
use crate::config::budget::CAPABILITIES;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::image_ref::ImageRef;

rule! {
    /// A container gets a capability that reaches beyond it.
    ///
    /// ## Why it matters
    /// `SYS_ADMIN` mounts file systems, `SYS_MODULE` loads code into the kernel, `DAC_READ_SEARCH` opens files of the host
    /// by number, and `ALL` is everything. The engine takes every spelling: `CAP_SYS_ADMIN` and `sys_admin` are the same.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cap_add:
    ///       - SYS_ADMIN  # <- here
    ///       - cap_net_admin  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cap_add: [NET_BIND_SERVICE]
    /// ```
    ///
    /// ## Notes
    /// A profile whose `capabilities` name it allows it. NET_ADMIN is a note for images that make a VPN, and for Caddy.
    RULE {
        name: "dangerous-capability",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["CL-0011", "CL-0024", "CL-0027", "CL-0028", "CL-0030"],
        check: Check::Service(check),
    }
}

/// What each one can do; the first ones are as good as root of the host.
const ERRORS: [(&str, &str); 6] = [
    ("ALL", "do everything that root on the host can"),
    ("SYS_ADMIN", "mount file systems and take over the host"),
    ("SYS_MODULE", "load code into the kernel"),
    ("SYS_RAWIO", "write to the memory and the ports of the host"),
    ("DAC_READ_SEARCH", "read every file of the host"),
    ("BPF", "load programs into the kernel"),
];
const WARNINGS: [(&str, &str); 14] = [
    ("AUDIT_CONTROL", "switch off the audit log of the host"),
    (
        "CHECKPOINT_RESTORE",
        "choose process numbers and look into other processes",
    ),
    ("LINUX_IMMUTABLE", "make files that cannot be removed"),
    ("MAC_ADMIN", "change the mandatory access rules"),
    ("MAC_OVERRIDE", "bypass the mandatory access rules"),
    ("MKNOD", "make device files"),
    ("NET_ADMIN", "change interfaces, routes and firewalls"),
    ("PERFMON", "watch the whole host"),
    ("SYSLOG", "read the kernel's log and addresses"),
    ("SYS_BOOT", "restart the host"),
    ("SYS_PTRACE", "look into other processes"),
    ("SYS_RESOURCE", "raise its own limits"),
    ("SYS_TIME", "set the clock of the host"),
    ("SYS_TTY_CONFIG", "take over terminals of the host"),
];

/// Whether the image is one that makes a private network.
fn is_tunnel(service: &Service) -> bool {
    const WORDS: [&str; 8] = [
        "gluetun",
        "netbird",
        "openvpn",
        "tailscale",
        "vpn",
        "wg-easy",
        "wireguard",
        "zerotier",
    ];
    let image = service.image.value().map(|image| ImageRef::parse(image).name);
    image.is_some_and(|name| WORDS.iter().any(|word| name.contains(word)))
}

/// Caddy asks for larger buffers with it, as its makers' example says.
fn is_caddy(service: &Service) -> bool {
    let image = service.image.value();
    image.is_some_and(|image| ImageRef::parse(image).official() == Some("caddy"))
}

/// Whether it gets the devices that tunnels and virtual machines make their networks with.
fn has_network_device(service: &Service) -> bool {
    let mut devices = service.devices.iter().filter_map(|device| device.value());
    devices.any(|device| ["/dev/net/tun", "/dev/kvm", "/dev/vhost-net"].iter().any(|path| device.starts_with(path)))
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    for (name, written) in Service::capabilities(&service.cap_add) {
        let row = |table: &'static [(&str, &str)]| table.iter().find(|(known, _)| *known == name);
        let (can, severity) = match (row(&ERRORS), row(&WARNINGS)) {
            (Some((_, can)), _) => (can, Severity::Error),
            (_, Some((_, can))) => (can, Severity::Warning),
            _ => continue,
        };
        let allowed = subject.profile.limits.names(&CAPABILITIES);
        if allowed.is_some_and(|list| list.value.contains(&name)) {
            continue;
        }
        let is_said = is_said(subject, service, &name);
        let can = if name == "ALL" {
            format!("do {can}")
        } else {
            (*can).to_owned()
        };
        // A tunnel is made of interfaces and routes: it cannot do without.
        let (severity, help) = if is_said {
            (Severity::Note, format!("remove `{name}` from `cap_add`"))
        } else if name == "NET_ADMIN" && (is_tunnel(service) || is_caddy(service) || has_network_device(service)) {
            let help = "accept it: `# plimsoll: ignore[dangerous-capability] REASON`".to_owned();
            (Severity::Note, help)
        } else {
            (severity, format!("remove `{name}` from `cap_add`"))
        };
        let message = format!("`{}` adds the capability `{name}`: it can {can}", service.name.value);
        let is_to_go = help.starts_with("remove");
        let finding = Finding::new(written.span, message)
            .help(help)
            .severity(severity)
            .aspect(format!("cap_add {name}"));
        found.push(match is_to_go {
            true => finding.change(Change::Remove(written.span)).with_care(),
            false => finding,
        });
    }
}

/// Whether what a capability allows is little beside what is said of the service already.
fn is_said(subject: &Subject<'_>, service: &Service, name: &str) -> bool {
    let allowed = subject.profile.limits.names(&CAPABILITIES);
    let is_judged = |other: &str| !allowed.as_ref().is_some_and(|list| list.value.iter().any(|one| one == other));
    let added = Service::capabilities(&service.cap_add);
    let is_greater = |other: &str| matches!(other, "ALL" | "SYS_ADMIN") && is_judged(other);
    let is_less = !ERRORS.iter().any(|(known, _)| *known == name);
    is_less && added.iter().any(|(other, _)| is_greater(other.as_str()))
        || service.privileged.value().is_some_and(|privileged| *privileged)
}

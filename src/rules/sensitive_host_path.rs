use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::repository::host_paths::{self, HostPath, Way};
use crate::resolve::compose::service::Service;
use crate::values::host_path::{holds_keys, is_above_a_socket, is_obeyed, is_of_a_session};
use crate::values::path::is_at_or_below;

rule! {
    /// A container sees a folder that the host itself runs on.
    ///
    /// ## Why it matters
    /// Who can write to the host's `/etc`, `/usr` or `/boot` owns the host; who can read `/etc`, `/root` or `/proc` reads
    /// its password hashes, keys and environments. Read-only, only the folders themselves count: `/etc/localtime` is fine.
    /// What root of the host runs or obeys counts by itself where it can be written to: `/usr/bin`, `/etc/cron.d`,
    /// `/lib/modules`, `/etc/passwd`. So do home folders and what has keys in them. It does not matter how the
    /// path is set: a mount, the options of a volume, a config or secret file, a build context, `..` after `${HOME}`.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   agent:
    ///     image: acme/agent:1.4
    ///     volumes:
    ///       - /etc:/host/etc  # <- here
    ///       - /usr/local/bin:/tools  # <- here
    ///       - /proc:/host/proc:ro  # <- here
    ///       - ~/.ssh:/keys  # <- here
    ///   backup:
    ///     image: acme/backup:1.4
    ///     volumes: ["everything:/data"]
    /// volumes:
    ///   everything:
    ///     driver_opts:
    ///       type: overlay
    ///       device: overlay
    ///       o: lowerdir=/etc,upperdir=/tmp/upper,workdir=/tmp/work  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   agent:
    ///     image: acme/agent:1.4
    ///     volumes:
    ///       - /etc/localtime:/etc/localtime:ro
    ///       - /lib/modules:/lib/modules:ro
    /// ```
    /// ```yaml pass
    /// services:
    ///   agent:
    ///     image: acme/agent:1.4
    ///     volumes:
    ///       - data:/etc
    ///       - ./etc:/etc/app
    /// volumes:
    ///   data:
    /// ```
    ///
    /// ## Notes
    /// `/proc` and `/sys`, read-only and below `/host` or `/rootfs`, are a note: agents of monitoring are made for them.
    RULE {
        name: "sensitive-host-path",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["CL-0013", "CL-0025", "1c1325ff-831d-43a1-973e-839ae57dfcc0"],
        check: Check::Service(check),
    }
}

const PATHS: [&str; 9] = [
    "/etc",
    "/boot",
    "/dev",
    "/lib",
    "/proc",
    "/root",
    "/sys",
    "/usr",
    "/var/lib/docker",
];

/// Files that are all that a folder of [`PATHS`] is worth.
const FILES: [&str; 8] = [
    "/etc/gshadow",
    "/etc/kubernetes",
    "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/pki",
    "/etc/rancher/k3s/k3s.yaml",
    "/etc/shadow",
    "/etc/sudoers",
    "/proc/kcore",
];

/// Where the system bus listens, on which systemd and others take orders of root.
const BUS: [&str; 4] = [
    "/run/dbus",
    "/run/dbus/system_bus_socket",
    "/var/run/dbus",
    "/var/run/dbus/system_bus_socket",
];

/// Whether a mount is one of those that agents of monitoring are made for: `/proc:/host/proc:ro`.
fn is_monitored(service: &Service, host: &HostPath) -> bool {
    let is_of_agent = |target: &String| target.starts_with("/host/") || target.starts_with("/rootfs/");
    let mut mounts = service.volumes.iter().filter(|mount| mount.source.span() == Some(host.span));
    matches!(host.path.as_str(), "/proc" | "/sys") && mounts.any(|mount| mount.target.value().is_some_and(is_of_agent))
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    for host in host_paths::of(subject, service) {
        let (path, shown) = (&host.path, host.shown());
        let is_whole = PATHS.contains(&path.as_str());
        let (may, severity) = match host.way {
            // The rule about sockets speaks of what they lie in.
            Way::Mount { .. } | Way::File if is_above_a_socket(path) => continue,
            Way::Mount { writable: true } if is_whole || is_obeyed(path) => ("write", Severity::Error),
            // A socket takes orders through a read-only mount as well.
            Way::Mount { .. } if BUS.contains(&path.as_str()) => {
                ("control the services of the host through", Severity::Warning)
            }
            Way::Mount { .. } if is_of_a_session(path) => ("control the session of a user through", Severity::Warning),
            Way::Mount { .. } if is_monitored(service, &host) => ("read", Severity::Note),
            Way::Mount { .. } | Way::File if is_whole => ("read", Severity::Warning),
            // The keys of others' hosts are no secrets.
            Way::Mount { .. } | Way::File if path.ends_with("/known_hosts") || path.ends_with(".pub") => continue,
            Way::Mount { .. } | Way::File if holds_keys(path) || FILES.contains(&path.as_str()) => {
                ("read the keys and logins in", Severity::Warning)
            }
            Way::Context if path == "/" => ("copy", Severity::Error),
            Way::Context if holds_keys(path) || PATHS.iter().any(|known| is_at_or_below(known, path)) => {
                ("copy", Severity::Warning)
            }
            _ => continue,
        };
        let (message, help) = match host.way {
            Way::Context => (
                format!("the build of `{name}` may {may} {shown} of the host into an image"),
                "name the folder of the checkout that the build needs",
            ),
            Way::Mount { writable: true } => (
                format!("`{name}` may {may} {shown} of the host"),
                "mount only the file or folder that it needs, with `:ro` where it only reads",
            ),
            _ => (
                format!("`{name}` may {may} {shown} of the host"),
                "mount only the file or folder that it needs",
            ),
        };
        let finding = Finding::new(host.span, message).help(help).severity(severity);
        let finding = finding.aspect(format!("{} {path}", host.key));
        let is_raised = severity == Severity::Error && !is_whole && path != "/";
        found.push(if is_raised { finding.raised("2026.12") } else { finding });
    }
}

use super::engine_socket_mounted::is_above_a_socket;
use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A container sees a folder that the host itself runs on.
    ///
    /// ## Why it matters
    /// Who can write to the host's `/etc`, `/usr` or `/boot` owns the host; who can read `/etc`, `/root` or `/proc` reads
    /// its password hashes, keys and environments. Only the folders themselves count: `/etc/localtime` is fine.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   agent:
    ///     image: acme/agent:1.4
    ///     volumes:
    ///       - /etc:/host/etc  # <- here
    ///       - /proc:/host/proc:ro  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   agent:
    ///     image: acme/agent:1.4
    ///     volumes:
    ///       - /etc/localtime:/etc/localtime:ro
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
    RULE {
        name: "sensitive-host-path",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["CL-0013", "CL-0025"],
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

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    for mount in &service.volumes {
        let Some((path, span)) = subject.host_path(mount) else {
            continue;
        };
        if !PATHS.contains(&path.as_str()) || is_above_a_socket(&path) {
            continue;
        }
        // What cannot be known is not taken for the worse.
        let read_only = mount.read_only.value() == Some(&true) || matches!(mount.read_only, Fact::Unknown(_));
        let (may, severity) = if read_only {
            ("read", Severity::Warning)
        } else {
            ("write", Severity::Error)
        };
        let help = if read_only {
            "mount the one file or folder that it needs"
        } else {
            "mount the one file or folder that it needs, with `:ro` where it only reads"
        };
        found.push(
            Finding::new(
                span,
                format!("service '{}' may {may} '{path}' of the host", service.name.value),
            )
            .help(help)
            .severity(severity)
            .aspect(format!("volumes {path}")),
        );
    }
}

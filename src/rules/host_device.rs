use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Value;
use crate::repository::Subject;
use crate::repository::host_paths::{devices_of_the_checkout, mounted_devices};
use crate::resolve::compose::service::Service;
use crate::values::host_path::resolve;
use crate::values::path::{clean, is_at_or_below};

rule! {
    /// A container gets a device of the host.
    ///
    /// ## Why it matters
    /// A disk, `/dev/mem` or `/dev/kmsg` reaches past every other limit of the container, and a cgroup rule can open
    /// whole classes of devices. Disks, `/dev/mem` and rules with a `*` are errors, other devices a warning. Graphics
    /// cards are not counted.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     devices:
    ///       - /dev/sda:/dev/sda  # <- here
    ///     device_cgroup_rules:
    ///       - "c 1:* rwm"  # <- here
    ///     volumes: ["disk:/disk"]
    /// volumes:
    ///   disk:
    ///     driver_opts: {type: ext4, device: /dev/sda1}  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     devices:
    ///       - nvidia.com/gpu=all
    /// ```
    RULE {
        name: "host-device",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &["CL-0016"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let links = &subject.repository.links;
    let local = subject.project().map(|project| devices_of_the_checkout(project, service)).unwrap_or_default();
    let linked = local.iter().filter_map(|(path, span)| Some((links.get(path)?.as_str(), *span)));
    let devices = service.devices.iter().filter_map(Fact::sourced);
    for (written, span) in devices.map(|device| (device.value.as_str(), device.span)).chain(linked) {
        let written = written.split(':').next().unwrap_or(written);
        if is_graphics(written) {
            continue;
        }
        let path = resolve(written, 0, true).unwrap_or_else(|| clean(written));
        let (severity, why) = match danger(&path) {
            Some(why) => (Severity::Error, why),
            None if is_for_a_job(&path) => (Severity::Note, ""),
            None => (Severity::Warning, ""),
        };
        let finding = Finding::new(
            span,
            format!("`{name}` gets the device `{path}` of the host{why}"),
        )
        .help("remove the device if the service works without it")
        .aspect(format!("devices {path}"));
        found.push(weighed(finding, severity));
    }
    for (path, span) in mounted_devices(subject, service) {
        found.push(
            Finding::new(span, format!("`{name}` mounts the device `{path}` of the host"))
                .help("use a volume, or bind-mount only the folder that it needs")
                .severity(Severity::Error)
                .raised("2026.12")
                .aspect(format!("volumes {path}")),
        );
    }
    let rules = service
        .written(&["device_cgroup_rules"])
        .and_then(Value::seq)
        .unwrap_or(&[]);
    for rule in rules {
        let Some(text) = rule.scalar_text() else { continue };
        let severity = if opens_a_class(&text) {
            Severity::Error
        } else {
            Severity::Warning
        };
        let finding = Finding::new(
            rule.span,
            format!("`{name}` may use every device that `{text}` matches"),
        )
        .help("list the one device in `devices`")
        .aspect(format!("device_cgroup_rules {text}"));
        found.push(weighed(finding, severity));
    }
}

/// All devices were warnings at first.
fn weighed(finding: Finding, severity: Severity) -> Finding {
    let finding = finding.severity(severity);
    if severity == Severity::Error {
        finding.raised("2026.12")
    } else {
        finding
    }
}

/// What a container can do with a device that is the host: a disk, or the memory.
fn danger(path: &str) -> Option<&'static str> {
    const DISKS: [&str; 26] = [
        "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "dm-", "md", "loop", "sr", "ram", "zram", "nbd", "bcache", "zd",
        "rbd", "drbd", "pmem", "sg", "dasd", "fd", "mtd", "mtdblock", "ploop", "scd", "ubiblock",
    ];
    let name = path.strip_prefix("/dev")?;
    let name = match name.strip_prefix('/') {
        Some(name) => name,
        None if name.is_empty() => return Some(", every one of them"),
        None => return None,
    };
    if matches!(name, "mem" | "kmem" | "port") {
        return Some(", and with it the memory of every process");
    }
    let is_numbered = |rest: &str| rest.starts_with(|next: char| next.is_ascii_alphanumeric());
    let is_disk = ["mapper", "disk", "block", "cciss", "ida", "etherd", "rbd", "zvol"]
        .iter()
        .any(|folder| is_at_or_below(name, folder))
        || name == "root"
        || name.split_once('/').is_some_and(|(group, _)| names_volumes(group))
        // Tapes, but not `stdin`.
        || ["st", "nst"].iter().any(|start| name.strip_prefix(start).is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_digit())))
        || DISKS
            .iter()
            .any(|start| name.strip_prefix(start).is_some_and(is_numbered));
    is_disk.then_some(", a disk: it can read and write every file on it")
}

/// Whether a folder of `/dev` is a volume group of LVM, by the names that installers and people give to them.
fn names_volumes(folder: &str) -> bool {
    let name = folder.to_ascii_lowercase();
    name.starts_with("vg") || name.ends_with("vg") || name.contains("volgroup") || ["pve", "centos", "rhel", "fedora"].contains(&&*name)
}

/// Whether a rule (`TYPE MAJOR:MINOR ACCESS`) opens every device of some kind, or one that is the host. All of one driver, such as USB
/// (`c 189:*`), are what sticks and cameras are documented with; memory and the miscellaneous ones (1 and 10) are not of one kind.
fn opens_a_class(rule: &str) -> bool {
    let mut words = rule.split_whitespace();
    let kind = words.next().unwrap_or("");
    let numbers = words.next().unwrap_or("*:*");
    let is_all = numbers.starts_with('*') || matches!(numbers, "1:*" | "10:*");
    matches!(kind, "a" | "b") || is_all || matches!(numbers, "1:1" | "1:2" | "1:4")
}

/// Devices that only give a container what it is for: virtual machines, tunnels, sound, cameras, and what is plugged in.
fn is_for_a_job(path: &str) -> bool {
    const JOBS: [&str; 10] = [
        "/dev/kvm", "/dev/net/tun", "/dev/vhost-net", "/dev/snd", "/dev/video", "/dev/ttyUSB", "/dev/ttyACM", "/dev/ttyAMA", "/dev/serial",
        "/dev/bus/usb",
    ];
    JOBS.iter().any(|start| clean(path).starts_with(start))
}

/// Graphics cards, and devices by their name in a vendor's list (`nvidia.com/gpu=all`).
fn is_graphics(path: &str) -> bool {
    !path.starts_with('/')
        || ["/dev/dri", "/dev/nvidia", "/dev/kfd"]
            .iter()
            .any(|start| clean(path).starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_and_memory_are_known_by_every_name() {
        for path in [
            "/dev/sda",
            "/dev/sda1",
            "/dev/nvme0n1p2",
            "/dev/mem",
            "/dev/disk/by-id/x",
            "/dev",
            "/dev/mapper/a",
            "/dev/md0",
            "/dev/vg0/root",
            "/dev/ubuntu-vg/ubuntu-lv",
            "/dev/pve/data",
            "/dev/cciss/c0d0",
            "/dev/mtdblock0",
            "/dev/dasda",
            "/dev/fd0",
        ] {
            assert!(danger(path).is_some(), "{path}");
        }
        for path in [
            "/dev/snd",
            "/dev/fuse",
            "/dev/kvm",
            "/dev/ttyUSB0",
            "/dev/net/tun",
            "/dev/mei",
            "/dev/video0",
            "/devices",
            "/dev/fd/0",
            "/dev/stdin",
            "/dev/input/event0",
            "/dev/serial/by-id/x",
        ] {
            assert!(danger(path).is_none(), "{path}");
        }
        assert!(!opens_a_class("c 189:* rmw") && opens_a_class("c *:* rwm"));
        assert!(opens_a_class("c 1:* rwm") && opens_a_class("a") && opens_a_class("b 8:0 r"));
        assert!(!opens_a_class("c 10:200 rwm"));
    }
}

//! Where root of the host obeys what is written.

use crate::values::path::{is_at_or_below, is_below};

/// What root of the host runs, loads or obeys: programs and libraries, orders for what starts by itself, accounts, settings of the
/// kernel, and the state of what runs containers. Who can write there is root of the host with the next login, start or minute.
const OBEYED: [&str; 104] = [
    "/bin",
    "/boot",
    "/etc/NetworkManager",
    "/etc/alternatives",
    "/etc/anacrontab",
    "/etc/apt",
    "/etc/bash.bashrc",
    "/etc/binfmt.d",
    "/etc/cni",
    "/etc/containerd",
    "/etc/containers",
    "/etc/crio",
    "/etc/cron.d",
    "/etc/cron.daily",
    "/etc/cron.hourly",
    "/etc/cron.monthly",
    "/etc/cron.weekly",
    "/etc/crontab",
    "/etc/dbus-1",
    "/etc/default",
    "/etc/doas.conf",
    "/etc/docker/daemon.json",
    "/etc/environment",
    "/etc/fstab",
    "/etc/group",
    "/etc/gshadow",
    "/etc/init.d",
    "/etc/inittab",
    "/etc/kubernetes/manifests",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/logrotate.d",
    "/etc/modprobe.d",
    "/etc/modules-load.d",
    "/etc/network",
    "/etc/pam.d",
    "/etc/passwd",
    "/etc/polkit-1",
    "/etc/profile",
    "/etc/profile.d",
    "/etc/rancher",
    "/etc/rc.local",
    "/etc/security",
    "/etc/shadow",
    "/etc/ssh",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/sysctl.conf",
    "/etc/sysctl.d",
    "/etc/systemd",
    "/etc/tmpfiles.d",
    "/etc/udev",
    "/etc/update-motd.d",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix",
    "/proc/sys/fs",
    "/proc/sys/kernel",
    "/proc/sysrq-trigger",
    "/root/.bash_profile",
    "/root/.bashrc",
    "/root/.profile",
    "/root/.ssh",
    "/run/libvirt",
    "/run/systemd",
    "/run/udev",
    "/sbin",
    "/sys/firmware/efi/efivars",
    "/sys/fs/bpf",
    "/sys/fs/cgroup",
    "/sys/kernel/debug",
    "/sys/kernel/livepatch",
    "/sys/kernel/security",
    "/sys/kernel/tracing",
    "/sys/kernel/uevent_helper",
    "/sys/power",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/sbin",
    "/var/lib/cloud",
    "/var/lib/cni",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker/containers",
    "/var/lib/docker/overlay2",
    "/var/lib/docker/plugins",
    "/var/lib/docker/swarm",
    "/var/lib/dpkg",
    "/var/lib/incus",
    "/var/lib/kubelet",
    "/var/lib/libvirt",
    "/var/lib/lxd",
    "/var/lib/rancher",
    "/var/lib/systemd",
    "/var/snap/lxd",
    "/var/spool/cron",
];

/// Whether root of the host obeys what is written at a path, below it, or somewhere in it.
pub(crate) fn is_obeyed(path: &str) -> bool {
    let path = match path.strip_prefix("/var/run/") {
        Some(below) => format!("/run/{below}"),
        None => path.to_owned(),
    };
    let touches = |known: &str| is_at_or_below(&path, known) || is_below(known, &path);
    // `/opt` as a whole is somebody's programs.
    let is_below_opt = ["/opt/cni", "/opt/containerd"]
        .iter()
        .any(|known| is_at_or_below(&path, known));
    is_below_opt || is_started(&path) || OBEYED.iter().any(|known| touches(known))
}

/// Whether the next login of whoever has the home folder starts what is written there: that may be root, or somebody who commands the engine.
fn is_started(path: &str) -> bool {
    const STARTED: [&str; 9] = [
        ".bash_login",
        ".bash_profile",
        ".bashrc",
        ".config/autostart",
        ".config/systemd",
        ".local/bin",
        ".profile",
        ".zprofile",
        ".zshrc",
    ];
    let below = below_a_home(path);
    below.is_some_and(|below| STARTED.iter().any(|known| is_at_or_below(below, known)))
}

/// The rest of a path below a home folder.
fn below_a_home(path: &str) -> Option<&str> {
    let of_user = || path.strip_prefix("/home/")?.split_once('/').map(|(_, below)| below);
    path.strip_prefix("~/")
        .or_else(|| path.strip_prefix("/root/"))
        .or_else(of_user)
}

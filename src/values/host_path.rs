//! Paths of the host as Compose files write them: behind the home folder, the working folder or a variable, and with `..` that
//! climbs out of what is known here.

mod obeyed;

pub(crate) use obeyed::is_obeyed;

use super::path::{clean, name};

/// Where a path leads: `/etc`, or `~/.ssh` below whatever home folder it is; `None` where that cannot be told.
///
/// `depth` is how many folders above the project folder belong to the workspace: what `../` reaches within them is no part of
/// the host. `text` is what interpolation leaves: `${HOME}` where a variable is set everywhere, nothing where one is not set.
/// `certain` says that nothing was left out of it.
pub(crate) fn resolve(text: &str, depth: usize, certain: bool) -> Option<String> {
    let text = text.trim_end_matches('\\');
    if let Some(rest) = text.strip_prefix("${HOME}").or_else(|| text.strip_prefix('~')) {
        let (climbs, rest) = climb(rest);
        return Some(match (climbs, rest.as_str()) {
            (0, "") => "~".to_owned(),
            (0, rest) => format!("~/{rest}"),
            // The home folder of root lies in `/`.
            (_, rest) => format!("/{rest}"),
        });
    }
    // A named pipe of Windows.
    if text.starts_with(r"\\.\pipe\") {
        return Some(text.to_owned());
    }
    if text.starts_with('/') {
        let path = clean(text);
        let path = below_a_process(&path).unwrap_or(path);
        let is_sure = certain || text.split('/').any(|part| part == "..") || is_engine_socket(&path);
        return is_sure.then_some(path);
    }
    let (climbs, rest) = match text.strip_prefix("${PWD}") {
        Some(rest) => climb(rest),
        None => climb(text),
    };
    // Nobody climbs out of the checkout by chance to find `/etc`, but a folder beside the checkout may be called so.
    let beyond = climbs.saturating_sub(depth);
    let enough = match rest.as_str() {
        "" => 3,
        rest if is_engine_socket(rest) => 1,
        _ => 2,
    };
    (beyond >= enough).then(|| format!("/{rest}"))
}

/// Where a path through the root or the working folder of a process leads, as `/proc/1/root/etc`: those that the engine sees are of the
/// host (proc(5)), and that of its own processes is the root as a rule.
fn below_a_process(path: &str) -> Option<String> {
    let mut parts = path.strip_prefix("/proc/")?.split('/');
    let is_process =
        |part: &str| matches!(part, "self" | "thread-self") || part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().filter(|part| is_process(part))?;
    let mut link = parts.next()?;
    if link == "task" {
        parts.next()?;
        link = parts.next()?;
    }
    matches!(link, "root" | "cwd").then(|| format!("/{}", parts.collect::<Vec<_>>().join("/")))
}

/// The folder of the host that shows the same as a file system of the kernel, by its type for mount(2).
pub(crate) fn of_the_kernel(kind: &str) -> Option<&'static str> {
    match kind {
        "proc" => Some("/proc"),
        "devtmpfs" => Some("/dev"),
        "sysfs" | "cgroup" | "cgroup2" | "debugfs" | "tracefs" | "securityfs" | "configfs" | "efivarfs" | "bpf"
        | "pstore" => Some("/sys"),
        _ => None,
    }
}

/// How far a path goes up, and what then follows.
fn climb(path: &str) -> (usize, String) {
    let path = clean(path.trim_start_matches('/'));
    let mut rest = path.as_str();
    let mut climbs = 0;
    loop {
        match rest {
            "." => return (climbs, String::new()),
            ".." => return (climbs + 1, String::new()),
            _ => match rest.strip_prefix("../") {
                Some(below) => {
                    climbs += 1;
                    rest = below;
                }
                None => return (climbs, rest.to_owned()),
            },
        }
    }
}

/// Whether a path is the socket of a container engine.
pub(crate) fn is_engine_socket(path: &str) -> bool {
    let last = path.rsplit('\\').next().unwrap_or(path);
    matches!(
        name(last),
        "docker.sock"
            | "podman.sock"
            | "crio.sock"
            | "containerd.sock"
            | "docker.raw.sock"
            | "docker.sock.raw"
            | "docker.proxy.sock"
            | "dockershim.sock"
            | "balena.sock"
            | "balena-engine.sock"
            | "containerd.sock.ttrpc"
            | "docker_engine"
            | "buildkitd.sock"
            | "cri-dockerd.sock"
    )
}

/// Whether the sockets lie somewhere below a path.
pub(crate) fn is_above_a_socket(path: &str) -> bool {
    const FOLDERS: [&str; 10] = [
        "",
        "/buildkit",
        "/containerd",
        "/crio",
        "/docker",
        "/docker/containerd",
        "/host-services",
        "/k3s",
        "/k3s/containerd",
        "/podman",
    ];
    let below = path.strip_prefix("/var").unwrap_or(path).strip_prefix("/run");
    let is_of_user = |below: &str| {
        below
            .strip_prefix("/user/")
            .is_some_and(|user| user.ends_with("/podman") && user.matches('/').count() == 1)
    };
    matches!(path, "/" | "/var") || below.is_some_and(|below| FOLDERS.contains(&below) || is_of_user(below))
}

/// Folders and files of a home folder that hold keys and logins.
const KEYS: [&str; 16] = [
    ".ssh",
    ".aws",
    ".azure",
    ".config/gcloud",
    ".config/gh",
    ".docker",
    ".git-credentials",
    ".gnupg",
    ".kube",
    ".netrc",
    ".npmrc",
    ".password-store",
    ".pgpass",
    ".pypirc",
    ".terraform.d",
    ".vault-token",
];

/// Whether a path is the folder where the programs of a user listen: the session's bus, the agent of its keys, an engine without root.
pub(crate) fn is_of_a_session(path: &str) -> bool {
    let below = path.strip_prefix("/var").unwrap_or(path).strip_prefix("/run/user");
    below.is_some_and(|user| user.is_empty() || user.starts_with('/') && !user.trim_start_matches('/').contains('/'))
}

/// Whether a path is a home folder, or holds the keys of one.
pub(crate) fn holds_keys(path: &str) -> bool {
    let below = match path.strip_prefix("/home/").or_else(|| path.strip_prefix("/Users/")) {
        Some(rest) => rest.split_once('/').map_or("", |(_, below)| below),
        None => match path.strip_prefix('~').or_else(|| path.strip_prefix("/root")) {
            Some("") => "",
            Some(rest) => match rest.strip_prefix('/') {
                Some(below) => below,
                None => return false,
            },
            None if path == "/home" => "",
            None => return false,
        },
    };
    below.is_empty() || KEYS.iter().any(|key| super::path::is_at_or_below(below, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_climbs_out_of_sight_ends_at_the_root() {
        for (text, depth, path) in [
            ("/var/run/../run/docker.sock", 0, Some("/var/run/docker.sock")),
            ("${HOME}/..", 0, Some("/")),
            ("~/../../etc", 0, Some("/etc")),
            ("~/.ssh/", 0, Some("~/.ssh")),
            ("${HOME}", 0, Some("~")),
            ("${PWD}/../../../etc", 1, Some("/etc")),
            ("${PWD}/../../etc", 1, None),
            ("../../../..", 1, Some("/")),
            ("../..", 0, None),
            ("../run/docker.sock", 0, Some("/run/docker.sock")),
            ("./etc", 0, None),
            ("/proc/1/root", 0, Some("/")),
            ("/proc/self/root/etc", 0, Some("/etc")),
            ("/proc/self/task/7/cwd/etc", 0, Some("/etc")),
            ("/proc/sys/root", 0, Some("/proc/sys/root")),
            ("/proc/1/rooted", 0, Some("/proc/1/rooted")),
        ] {
            assert_eq!(resolve(text, depth, true).as_deref(), path, "{text}");
        }
        // A variable that is not set leaves nothing behind.
        assert_eq!(resolve("/etc", 0, false), None);
        assert_eq!(resolve("/../../etc", 0, false).as_deref(), Some("/etc"));
    }

    #[test]
    fn what_the_host_obeys_is_known_from_above_and_below() {
        for path in [
            "/usr/bin",
            "/usr/bin/runc",
            "/usr/local",
            "/etc/cron.d/x",
            "/etc/docker",
            "/lib/modules",
            "/var/run/systemd/private",
            "/var/run/libvirt/libvirt-sock",
            "/var/lib/docker/containers",
            "/etc/update-motd.d/x",
            "~/.bashrc",
            "/home/a/.config/systemd/user",
            "/var/snap/lxd/common/lxd/unix.socket",
            "/var/lib/incus/unix.socket",
            "/proc/sys",
            "/sys/fs",
            "/var/lib",
        ] {
            assert!(is_obeyed(path), "{path}");
        }
        for path in [
            "/etc/localtime",
            "/etc/letsencrypt",
            "/etc/sshd",
            "/usr/share/zoneinfo",
            "/usr/src",
            "/var/lib/postgresql",
            "/var/lib/docker/volumes",
            "/opt",
            "/root/.docker/config.json",
            "/run/user/1000",
            "/proc/sys/net",
            "~/bin",
        ] {
            assert!(!is_obeyed(path), "{path}");
        }
    }

    #[test]
    fn keys_are_known_in_every_home_folder() {
        for path in [
            "~",
            "~/.ssh",
            "/root/.aws/credentials",
            "/home/x",
            "/home/x/.config/gcloud",
            "/home",
        ] {
            assert!(holds_keys(path), "{path}");
        }
        for path in [
            "~/data",
            "~/.cache/x",
            "/home/x/.sshd",
            "/roots/.ssh",
            "/etc",
            "/home/x/src/.ssh",
        ] {
            assert!(!holds_keys(path), "{path}");
        }
    }
}

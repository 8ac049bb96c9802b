//! Mounts over what the engine or the runtime puts into a container itself: its file systems, and its files in `/etc`
//! (runc `checkProcMount`; tried with engine 20.10).

use super::finding;
use crate::finding::Finding;
use crate::repository::{BindKind, Subject};
use crate::resolve::compose::service::Service;
use crate::values::path::{clean, is_below};

/// Files below `/proc` that may be replaced.
const REPLACEABLE: [&str; 11] = [
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/net/dev",
    "/proc/slabinfo",
    "/proc/stat",
    "/proc/swaps",
    "/proc/sys/crypto/fips_enabled",
    "/proc/sys/kernel/ns_last_pid",
    "/proc/uptime",
];

/// Files that the engine writes for each container.
const WRITTEN: [&str; 3] = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"];

pub(super) fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    for mount in &service.volumes {
        let (Some(kind), Some(to)) = (mount.kind.value(), mount.target.sourced()) else {
            continue;
        };
        let target = clean(&to.value);
        let source = mount.source.value().map_or("", String::as_str);
        let here = subject.bind_source(mount).map(|source| source.kind);
        let is_known = kind == "volume" || mount.local_source().is_some();
        // A part of the host's own may be mounted there.
        let is_procs = clean(source) == "/proc" || is_below(&clean(source), "/proc");
        let why = match target.as_str() {
            "/proc" if is_known => "the runtime mounts nothing but a proc file system there",
            "/dev" if is_known => "the runtime does not start a container without `/dev/null`",
            inner if is_below(inner, "/proc") && !REPLACEABLE.contains(&inner) && !is_procs && is_part(kind, source) => {
                "the runtime mounts nothing below `/proc`"
            }
            file if WRITTEN.contains(&file) && (kind == "volume" || matches!(here, Some(BindKind::Folder))) => {
                "it is a file, and no folder fits there"
            }
            _ => continue,
        };
        found.push(refused(name, &target, to.span, why));
    }
    for mount in &service.tmpfs {
        let target = clean(&mount.target);
        let why = match target.as_str() {
            "/proc" => "the runtime needs its own file system there",
            "/dev" if !mount.options.iter().any(|option| option == "dev") => {
                "the runtime does not start a container without `/dev/null`"
            }
            file if WRITTEN.contains(&file) => "it is a file, and no folder fits there",
            _ => continue,
        };
        found.push(refused(name, &target, mount.span, why));
    }
}

/// Whether it is a bind mount or a volume of which the source is known.
fn is_part(kind: &str, source: &str) -> bool {
    matches!(kind, "bind" | "volume") && !source.contains('$')
}

fn refused(name: &str, target: &str, span: crate::source::Span, why: &str) -> Finding {
    let message = format!("`{name}` mounts something at `{target}`, so it does not start: {why}");
    finding(span, message, "mount it at another path", target).raised("2026.12")
}

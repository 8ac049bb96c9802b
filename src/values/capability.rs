//! Linux capabilities by the names that the engine takes.

/// Every capability that a current engine knows (capabilities(7), Linux 5.9 and later), without `CAP_`.
pub(crate) const ALL: [&str; 41] = [
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// The one name of a capability: upper case, without `CAP_`; `ALL` stays. The engine takes every spelling of a name
/// but `CAP_ALL` (moby `daemon/pkg/oci/caps`).
pub(crate) fn normal(text: &str) -> String {
    let upper = text.to_ascii_uppercase();
    match upper.strip_prefix("CAP_") {
        Some("ALL") | None => upper,
        Some(rest) => rest.to_owned(),
    }
}

/// Whether the engine knows a normal name.
pub(crate) fn is_known(name: &str) -> bool {
    name == "ALL" || ALL.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_has_one_normal_form() {
        for text in ["CHOWN", "CAP_CHOWN", "chown", "cap_chown"] {
            assert_eq!(normal(text), "CHOWN");
        }
        assert!(is_known(&normal("all")));
        assert!(!is_known(&normal("CAP_ALL")));
        assert!(!is_known(&normal("NET_BIND_SERVIC")));
    }
}

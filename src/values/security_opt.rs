//! Security options as Compose and the engine read them.

/// One entry of `security_opt` (moby `daemon/daemon_unix.go` `parseSecurityOpt`, docker/compose `parseSecurityOpts`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityOpt {
    /// Whether a program can gain privileges: `no-new-privileges` with or without a boolean.
    NoNewPrivileges(bool),
    /// A seccomp profile: `unconfined`, `builtin`, or a file.
    Seccomp(String),
    /// An AppArmor profile by name, or `unconfined`.
    AppArmor(String),
    /// An SELinux option, or `disable`.
    Label(String),
    /// `systempaths=unconfined`: nothing of /proc and /sys is masked.
    SystemPaths,
    /// Whether the container can write to its control groups.
    WritableCgroups(bool),
    /// Accepted somewhere, and nothing that is judged: Windows' and Podman's own.
    Other,
    /// The engine knows no such key.
    UnknownKey(String),
    /// The key is known, and its value is no boolean.
    NotBoolean(String),
    /// Neither a key with a value nor `no-new-privileges`.
    NoValue,
}

impl SecurityOpt {
    /// What `text` means.
    pub fn parse(text: &str) -> Self {
        if text == "no-new-privileges" {
            return SecurityOpt::NoNewPrivileges(true);
        }
        let Some((key, value)) = text.split_once('=').or_else(|| text.split_once(':')) else {
            return SecurityOpt::NoValue;
        };
        match key {
            "no-new-privileges" => {
                boolean(value).map_or(SecurityOpt::NotBoolean(key.to_owned()), SecurityOpt::NoNewPrivileges)
            }
            "writable-cgroups" => {
                boolean(value).map_or(SecurityOpt::NotBoolean(key.to_owned()), SecurityOpt::WritableCgroups)
            }
            "seccomp" => SecurityOpt::Seccomp(value.to_owned()),
            "apparmor" => SecurityOpt::AppArmor(value.to_owned()),
            "label" => SecurityOpt::Label(value.to_owned()),
            // Compose takes this one away before the engine sees it, and only in this spelling.
            "systempaths" if text == "systempaths=unconfined" => SecurityOpt::SystemPaths,
            "credentialspec" | "mask" | "unmask" | "proc-opts" => SecurityOpt::Other,
            _ => SecurityOpt::UnknownKey(key.to_owned()),
        }
    }

    /// The word for its kind, where a later one of the same kind takes its place.
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            SecurityOpt::NoNewPrivileges(_) => Some("no-new-privileges"),
            SecurityOpt::Seccomp(_) => Some("seccomp"),
            SecurityOpt::AppArmor(_) => Some("apparmor"),
            SecurityOpt::WritableCgroups(_) => Some("writable-cgroups"),
            _ => None,
        }
    }
}

/// Go's `strconv.ParseBool`.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::SecurityOpt::{self, *};

    #[test]
    fn options_are_read_as_the_engine_reads_them() {
        for (text, option) in [
            ("no-new-privileges", NoNewPrivileges(true)),
            ("no-new-privileges:True", NoNewPrivileges(true)),
            ("no-new-privileges=0", NoNewPrivileges(false)),
            ("no-new-privileges:yes", NotBoolean("no-new-privileges".to_owned())),
            ("no_new_privileges", NoValue),
            ("seccomp:unconfined", Seccomp("unconfined".to_owned())),
            ("seccomp=./a.json", Seccomp("./a.json".to_owned())),
            ("label:type:svirt_t", Label("type:svirt_t".to_owned())),
            ("systempaths=unconfined", SystemPaths),
            ("systempaths:unconfined", UnknownKey("systempaths".to_owned())),
            ("writable-cgroups=1", WritableCgroups(true)),
            ("writable-cgroups:false", WritableCgroups(false)),
            ("foo:bar", UnknownKey("foo".to_owned())),
        ] {
            assert_eq!(SecurityOpt::parse(text), option, "{text}");
        }
    }
}

//! Options of a tmpfs (moby/sys `mount/tmpfs_linux.go`, `MergeTmpfsOptions`; Linux `mm/shmem.c`).

/// Flags that mount takes of a tmpfs.
const FLAGS: [&str; 30] = [
    "async",
    "atime",
    "defaults",
    "dev",
    "diratime",
    "dirsync",
    "exec",
    "mand",
    "noatime",
    "nodev",
    "nodiratime",
    "noexec",
    "nomand",
    "norelatime",
    "nostrictatime",
    "nosuid",
    "private",
    "relatime",
    "ro",
    "rprivate",
    "rshared",
    "rslave",
    "runbindable",
    "rw",
    "shared",
    "slave",
    "strictatime",
    "suid",
    "sync",
    "unbindable",
];

/// Why the engine or the kernel refuses an option; `None` if it is taken, or is a size, which another check looks at.
pub(crate) fn refusal(option: &str) -> Option<&'static str> {
    if option.trim() != option {
        return Some("options are joined by commas alone");
    }
    let Some((key, value)) = option.split_once('=') else {
        return (!FLAGS.contains(&option)).then_some("it is not an option of a tmpfs");
    };
    let is_octal = |text: &str| !text.is_empty() && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match key {
        "size" | "mpol" | "huge" | "nr_inodes" | "nr_blocks" => None,
        "mode" => (!is_octal(value)).then_some("a mode is an octal number"),
        "uid" | "gid" => (!is_number(value)).then_some("the kernel takes numbers here, not names"),
        _ => Some("it is not an option of a tmpfs"),
    }
}

#[cfg(test)]
mod tests {
    use super::refusal;

    /// What engine 20.10 refused and started.
    #[test]
    fn options_are_those_of_the_engine() {
        for option in [
            "64m",
            "size:50m",
            "foo=1",
            " mode=700",
            "mode=u+rwx",
            "mode=0o777",
            "uid=app",
            "noswap",
        ] {
            assert!(refusal(option).is_some(), "{option}");
        }
        for option in [
            "size=64m",
            "mode=01777",
            "uid=1000",
            "exec",
            "nr_inodes=100",
            "mpol=default",
            "defaults",
            "private",
        ] {
            assert_eq!(refusal(option), None, "{option}");
        }
    }
}

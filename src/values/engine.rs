//! Words that the engine reads: signals, ulimits, CPU sets, hardware addresses, device rules, ports.

/// Whether the engine knows a signal: by number, or by name with or without `SIG` (moby/sys `signal`).
pub(crate) fn is_signal(text: &str) -> bool {
    if let Ok(number) = text.parse::<i64>() {
        return number > 0;
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let real_time = |start: &str, sign: char, most: u32| {
        let rest = name.strip_prefix(start);
        rest.is_some_and(|rest| {
            let offset = rest.strip_prefix(sign).and_then(|number| number.parse::<u32>().ok());
            rest.is_empty() || offset.is_some_and(|offset| (1..=most).contains(&offset))
        })
    };
    SIGNALS.contains(&name) || real_time("RTMIN", '+', 15) || real_time("RTMAX", '-', 14)
}

const SIGNALS: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "UNUSED", "URG",
    "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "EMT",
];

/// Whether a word is a platform (containerd `platforms.Parse`): a system or an architecture that is known, or up to three parts.
pub(crate) fn is_platform(text: &str) -> bool {
    const KNOWN: [&str; 40] = [
        "386",
        "aarch64",
        "aix",
        "amd64",
        "android",
        "arm",
        "arm64",
        "arm64be",
        "armbe",
        "armel",
        "armhf",
        "darwin",
        "dragonfly",
        "freebsd",
        "i386",
        "illumos",
        "ios",
        "js",
        "linux",
        "loong64",
        "macos",
        "mips",
        "mips64",
        "mips64le",
        "mipsle",
        "netbsd",
        "openbsd",
        "plan9",
        "ppc",
        "ppc64",
        "ppc64le",
        "riscv",
        "riscv64",
        "s390",
        "s390x",
        "solaris",
        "wasm",
        "windows",
        "x86-64",
        "x86_64",
    ];
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-()%+".contains(&byte))
    };
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        [word] => KNOWN.contains(&word.to_ascii_lowercase().as_str()),
        [_, _] | [_, _, _] => parts.iter().all(|part| is_part(part)),
        _ => false,
    }
}

/// Ulimits that the runtime knows, in upper case too (runc `libcontainer/specconv`).
pub(crate) const ULIMITS: [&str; 16] = [
    "as",
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// Whether a list of CPUs is one: `0-3,7` (moby `pkg/parsers`, `ParseUintList`).
pub(crate) fn is_cpu_set(text: &str) -> bool {
    text.is_empty()
        || text.split(',').all(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            matches!((first.parse::<u32>(), last.parse::<u32>()), (Ok(first), Ok(last)) if first <= last)
        })
}

/// Whether a hardware address is one, in one of the three ways of Go's `net.ParseMAC`.
pub(crate) fn is_hardware_address(text: &str) -> bool {
    let hex = |part: &str, digits: usize| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts = |sign: char, digits: usize| {
        text.split(sign)
            .all(|part| hex(part, digits))
            .then(|| text.split(sign).count())
    };
    matches!(parts(':', 2).or(parts('-', 2)), Some(6 | 8 | 20)) || matches!(parts('.', 4), Some(3 | 4 | 10))
}

/// Whether a device rule is one: `c 1:3 rwm` (moby `daemon/daemon_unix.go`).
pub(crate) fn is_device_rule(text: &str) -> bool {
    let mut words = text.split(' ');
    let (Some(kind), Some(numbers), Some(access), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    let is_number = |text: &str| text == "*" || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(kind, "a" | "b" | "c")
        && numbers
            .split_once(':')
            .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
        && (1..=3).contains(&access.len())
        && access.bytes().all(|byte| b"rwm".contains(&byte))
}

/// Whether a port of `expose` is one: `80`, `8000-8010`, `53/udp` (docker/go-connections `nat`).
pub(crate) fn is_exposed_port(text: &str) -> bool {
    let (range, _) = text.split_once('/').unwrap_or((text, ""));
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    matches!((first.parse::<u16>(), last.parse::<u16>()), (Ok(first), Ok(last)) if first <= last)
}

/// Whether a numeric uid or gid is out of the range that the runtime takes; a name is not.
pub(crate) fn is_bad_id(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number && (text.starts_with('-') && !digits.trim_matches('0').is_empty() || digits.parse::<i32>().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What engine 20.10 took and refused.
    #[test]
    fn words_are_those_of_the_engine() {
        for text in ["SIGTERM", "sigterm", "TERM", "15", "99", "SIGRTMIN+3", "RTMAX-14"] {
            assert!(is_signal(text), "{text}");
        }
        for text in ["SIGFOO", "0", "'SIGTERM'", "SIGRTMIN+16", ""] {
            assert!(!is_signal(text), "{text}");
        }
        assert!(is_cpu_set("0,1") && is_cpu_set("0-3") && is_cpu_set(""));
        assert!(!is_cpu_set("0-") && !is_cpu_set("1-0") && !is_cpu_set("0, 1"));
        assert!(is_hardware_address("02:42:ac:11:00:02") && is_hardware_address("0242.ac11.0002"));
        assert!(!is_hardware_address("zz") && !is_hardware_address("02:42:ac:11:00"));
        assert!(is_device_rule("c 1:3 mr") && is_device_rule("a *:* rwm"));
        assert!(!is_device_rule("foo") && !is_device_rule("c 1:3") && !is_device_rule("c 1:3 x"));
        assert!(is_exposed_port("80-90") && is_exposed_port("80/udp") && is_exposed_port("0"));
        assert!(!is_exposed_port("80:80") && !is_exposed_port("70000") && !is_exposed_port("http"));
        assert!(is_bad_id("-1") && is_bad_id("99999999999") && !is_bad_id("1000") && !is_bad_id("app"));
    }
}

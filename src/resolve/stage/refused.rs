//! Expanded values that the builder refuses: signals, platforms, sources of COPY and ADD.

use crate::parse::dockerfile::Transfer;
use crate::values::image_ref::is_digest;

/// The names of signals without `SIG` (moby/sys `signal_linux.go`); those of the real-time ones are counted.
const SIGNALS: [&str; 34] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1",
    "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
];

/// Whether a text names a signal, or is the number of one.
pub(super) fn is_signal(text: &str) -> bool {
    if let Ok(number) = text.parse::<i64>() {
        return number != 0;
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let counted = |start: &str, most: u32| {
        let rest = name.strip_prefix(start);
        rest.is_some_and(|rest| {
            !rest.starts_with('0') && rest.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number))
        })
    };
    SIGNALS.contains(&name) || matches!(name, "RTMIN" | "RTMAX") || counted("RTMIN+", 15) || counted("RTMAX-", 14)
}

/// Whether a text is a platform: `linux/arm/v7`, `linux/amd64`, `arm64` (containerd/platforms `Parse`).
pub(super) fn is_platform(text: &str) -> bool {
    let is_part = |part: &str| {
        let part = part.split('(').next().unwrap_or(part);
        !part.is_empty()
            && part
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter))
    };
    // A single name that is not known here may be one that the builder knows.
    text.split('/').count() <= 3 && text.split('/').all(is_part)
}

/// Whether a source is fetched over HTTP; a repository is a source of its own kind.
fn is_url(source: &str) -> bool {
    source.starts_with("http://") || source.starts_with("https://")
}

/// Whether a source is a repository of git.
fn is_repository(source: &str) -> bool {
    let path = source.split(['#', '?']).next().unwrap_or(source);
    is_url(source) && path.ends_with(".git") || source.starts_with("git@") || source.starts_with("git://")
}

/// Why the builder refuses a source, and what to write.
pub(super) fn source(words: &Transfer, adds: bool, source: &str) -> Option<(String, String)> {
    if !adds {
        let why = "COPY does not support URLs".to_owned();
        return is_url(source).then(|| (why, format!("write `ADD {source} ...`, or download it in a RUN")));
    }
    let checksum = words.checksum.as_ref()?;
    let (why, help) = if words.sources.len() != 1 {
        (
            "`--checksum` is for one source".to_owned(),
            "write an ADD for each source",
        )
    } else if !is_url(source) && !is_repository(source) {
        (
            "`--checksum` is for URLs and repositories".to_owned(),
            "remove `--checksum`",
        )
    } else if !is_repository(source) && !checksum.value.contains('$') && !is_digest(&checksum.value) {
        let help = "write `sha256:` and the 64 hex digits of the sum";
        (format!("`--checksum={}` is not a digest", checksum.value), help)
    } else {
        return None;
    };
    Some((why, help.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_and_numbers() {
        // Each was tried with BuildKit of dockerd 20.10, or read in its table.
        for text in ["SIGTERM", "term", "SIGRTMIN+3", "RTMAX-14", "9", "99", "SIGWINCH"] {
            assert!(is_signal(text), "{text}");
        }
        for text in ["SIGFOO", "0", "SIGTERM # c", "", "RTMIN+16", "RTMIN+0"] {
            assert!(!is_signal(text), "{text}");
        }
    }

    #[test]
    fn platforms_have_up_to_three_parts() {
        for text in ["linux/amd64", "linux/arm/v7", "arm64", "windows(10.0.17763)/amd64"] {
            assert!(is_platform(text), "{text}");
        }
        for text in ["foo/bar/baz/qux", "linux/", "", "linux amd64", "/amd64"] {
            assert!(!is_platform(text), "{text}");
        }
    }
}

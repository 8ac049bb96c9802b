//! Paths as text, with `/` between the parts.

/// A path without `.`, `..` where there is something to go up from, doubled slashes and a slash at the end (Go's
/// `path.Clean`); `.` if nothing is left.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if *last != ".." => {
                    parts.pop();
                }
                _ if !rooted => parts.push(part),
                _ => {}
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Whether a path lies in a folder; everything lies in `""`, and every absolute path in `/`.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    match folder {
        "" => true,
        "/" => path.starts_with('/') && path != "/",
        _ => path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
    }
}

/// Whether a path is a folder or lies in it; everything lies in `""`.
pub(crate) fn is_at_or_below(path: &str, folder: &str) -> bool {
    path == folder || is_below(path, folder)
}

/// The last part of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether the first word of a command names this file: by its path, or in a folder where programs are looked for.
pub(crate) fn is_started_as(word: &str, workdir: &str, path: &str) -> bool {
    if word.starts_with('/') {
        clean(word) == path
    } else if word.contains('/') {
        clean(&format!("{workdir}/{word}")) == path
    } else {
        [
            "/usr/local/sbin/",
            "/usr/local/bin/",
            "/usr/sbin/",
            "/usr/bin/",
            "/sbin/",
            "/bin/",
        ]
        .iter()
        .any(|folder| path.strip_prefix(folder) == Some(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_in_go() {
        for (path, expected) in [
            ("", "."),
            ("a/", "a"),
            ("./a//b/.", "a/b"),
            ("/../a", "/a"),
            ("../a", "../a"),
            ("a/../..", ".."),
            ("/", "/"),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
    }
}

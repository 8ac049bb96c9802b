//! Mounts: the short form of Compose.

use super::path::clean;
/// What kind of mount the source makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MountKind {
    /// A path of the host.
    Bind,
    /// A named or anonymous volume.
    Volume,
}

/// A mount in the short form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Bind or volume.
    pub kind: MountKind,
    /// The path on the host or the name of the volume; `None` for an anonymous volume.
    pub source: Option<String>,
    /// The path in the container, cleaned.
    pub target: String,
    /// Whether it is mounted read-only.
    pub read_only: bool,
    /// `nocopy`: the engine puts nothing of the image into the volume.
    pub keeps_empty: bool,
}

/// A mount `[source:]target[:options]` (compose-go `format/volume.go`); `None` if Compose refuses it. Windows paths keep
/// their drive letter.
pub(crate) fn parse(text: &str) -> Option<Mount> {
    if text.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let colon = rest
            .char_indices()
            .find(|(index, character)| *character == ':' && !is_drive(rest, *index));
        match colon {
            Some((index, _)) => {
                parts.push(rest.get(..index)?);
                rest = rest.get(index + 1..)?;
                if rest.is_empty() {
                    parts.push("");
                }
            }
            None => {
                parts.push(rest);
                rest = "";
            }
        }
    }
    let (source, target, options) = match parts.as_slice() {
        [target] => (None, *target, ""),
        [source, target] => (Some(*source), *target, ""),
        [source, target, options] => (Some(*source), *target, *options),
        _ => return None,
    };
    if target.is_empty() || source.is_some_and(str::is_empty) || parts.len() == 3 && options.is_empty() {
        return None;
    }
    let kind = match source {
        Some(source) if source.starts_with(['.', '/', '~', '\\']) || is_drive(source, 1) => MountKind::Bind,
        // What a variable holds wherever the file is deployed is an absolute path.
        Some(source)
            if ["${HOME}", "${PWD}", "${PATH}"]
                .iter()
                .any(|start| source.starts_with(start)) =>
        {
            MountKind::Bind
        }
        _ => MountKind::Volume,
    };
    Some(Mount {
        kind,
        source: source.map(str::to_owned),
        target: clean(target),
        read_only: is_read_only(options),
        keeps_empty: options.split(',').any(|option| option == "nocopy"),
    })
}

/// Whether options separated by commas leave a mount read-only: of `ro` and `rw` the last one counts, for Compose as for mount(2).
pub(crate) fn is_read_only(options: &str) -> bool {
    let mut options = options.rsplit(',');
    options.find(|option| matches!(*option, "ro" | "rw")) == Some("ro")
}

/// A single letter before a colon is a drive to Compose, whatever follows.
fn is_drive(text: &str, colon: usize) -> bool {
    colon == 1 && text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.as_bytes().get(1) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_mounts_are_binds_volumes_or_anonymous() {
        let bind = parse("./x:/y:ro").unwrap();
        assert_eq!(
            (bind.kind, bind.source.as_deref(), bind.target.as_str(), bind.read_only),
            (MountKind::Bind, Some("./x"), "/y", true)
        );
        let volume = parse("data:/var/lib/").unwrap();
        assert_eq!((volume.kind, volume.target.as_str()), (MountKind::Volume, "/var/lib"));
        assert_eq!(
            ["/x:/y:ro,rw", "/x:/y:rw,ro", "/x:/y:z,ro", "/x:/y"].map(|text| parse(text).unwrap().read_only),
            [false, true, true, false]
        );
        assert_eq!(parse("/data").unwrap().source, None);
        assert_eq!(parse("C:\\x:/y").unwrap().kind, MountKind::Bind);
        assert!(parse("").is_none());
        assert!(parse(":/y").is_none());
        assert!(parse("aa:/b:ro:rw").is_none());
        // A single letter is a drive to Compose 5.6.1.
        assert_eq!(parse("a:b:c:d").unwrap().source.as_deref(), Some("a:b"));
    }

    #[test]
    fn paths_are_cleaned_like_go_does() {
        for (path, cleaned) in [
            ("/var/run/docker.sock/", "/var/run/docker.sock"),
            ("/a/../b", "/b"),
            ("./a//b/.", "a/b"),
            ("../x", "../x"),
            ("/..", "/"),
        ] {
            assert_eq!(clean(path), cleaned);
        }
    }
}

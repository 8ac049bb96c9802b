//! Image references.

/// An image reference in its parts, as written (distribution/reference): nothing is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRef {
    /// The registry host with its port, if one is written.
    pub registry: Option<String>,
    /// The name without the registry: `library/nginx`, `nginx`, `acme/api`.
    pub name: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest with its algorithm.
    pub digest: Option<String>,
}

impl ImageRef {
    /// The parts of `text`. Nothing is checked: what cannot be a reference comes back as a name.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let last_part = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match rest.get(last_part..).and_then(|last| last.find(':')) {
            Some(colon) => {
                let at = last_part + colon;
                (rest.get(..at).unwrap_or(rest), rest.get(at + 1..).map(str::to_owned))
            }
            None => (rest, None),
        };
        let (registry, name) = match path.split_once('/') {
            Some((first, name)) if first.contains(['.', ':']) || first == "localhost" => {
                (Some(first.to_owned()), name.to_owned())
            }
            _ => (None, path.to_owned()),
        };
        Self {
            registry,
            name,
            tag,
            digest,
        }
    }

    /// The short name of an official image (`docker.io/library/nginx:1` is `nginx`); `None` for any other.
    pub fn official(&self) -> Option<&str> {
        match self.registry.as_deref() {
            None | Some("docker.io" | "index.docker.io" | "registry-1.docker.io") => {}
            Some(_) => return None,
        }
        let name = self.name.strip_prefix("library/").unwrap_or(&self.name);
        (!name.contains('/')).then_some(name)
    }

    /// Whether the reference means another image tomorrow by its own word: no tag, or a tag that is made to move.
    pub fn floats(&self) -> bool {
        if self.digest.is_some() {
            return false;
        }
        match self.tag.as_deref() {
            None => true,
            Some(tag) => matches!(
                tag,
                "latest"
                    | "edge"
                    | "nightly"
                    | "dev"
                    | "develop"
                    | "master"
                    | "main"
                    | "snapshot"
                    | "unstable"
                    | "canary"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ImageRef;

    #[test]
    fn references_fall_into_their_parts() {
        let image = ImageRef::parse("ghcr.io:443/acme/api:1.2@sha256:ab");
        assert_eq!(image.registry.as_deref(), Some("ghcr.io:443"));
        assert_eq!(image.name, "acme/api");
        assert_eq!(image.tag.as_deref(), Some("1.2"));
        assert_eq!(image.digest.as_deref(), Some("sha256:ab"));
        assert_eq!(ImageRef::parse("localhost:5000/x").tag, None);
        assert_eq!(ImageRef::parse("docker.io/library/nginx:1").official(), Some("nginx"));
        assert_eq!(ImageRef::parse("acme/nginx:1").official(), None);
        assert_eq!(ImageRef::parse("quay.io/nginx:1").official(), None);
    }

    #[test]
    fn a_reference_floats_without_a_tag_or_with_a_moving_one() {
        for (text, floats) in [
            ("nginx", true),
            ("nginx:latest", true),
            ("nginx:1.27", false),
            ("nginx@sha256:ab", false),
            ("x:latest@sha256:ab", false),
        ] {
            assert_eq!(ImageRef::parse(text).floats(), floats, "{text}");
        }
    }
}

//! `registries`: where images may come from.

use super::read::Reader;
use crate::parse::yaml::Value;
use crate::source::{Span, Spanned};
use crate::values::image_ref::ImageRef;
use globset::{GlobBuilder, GlobMatcher};

/// The registries that are allowed, and where the list is written.
#[derive(Debug)]
pub(crate) struct Registries {
    /// Patterns of a registry and of as many folders of it as are written.
    pub allowed: Vec<GlobMatcher>,
    /// The list.
    pub span: Span,
}

impl Registries {
    /// Whether an image comes from one of them.
    pub(crate) fn allow(&self, image: &ImageRef) -> bool {
        let home = home(image);
        let names = std::iter::once(full_name(image)).chain(home);
        names
            .into_iter()
            .any(|name| self.allowed.iter().any(|glob| is_below(glob, &name)))
    }

    /// The patterns as they are written.
    pub(crate) fn words(&self) -> Vec<String> {
        self.allowed.iter().map(|glob| glob.glob().glob().to_owned()).collect()
    }
}

/// Whether a pattern matches a name, or the folders at the beginning of it.
fn is_below(glob: &GlobMatcher, name: &str) -> bool {
    let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
    ends.into_iter()
        .any(|end| name.get(..end).is_some_and(|folder| glob.is_match(folder)))
}

/// The name with its registry and folder, as an engine fills it in: `nginx` is `docker.io/library/nginx`.
pub(crate) fn full_name(image: &ImageRef) -> String {
    let registry = image.registry.as_deref().unwrap_or(HUB).to_ascii_lowercase();
    let registry = match registry.as_str() {
        "index.docker.io" | "registry-1.docker.io" => HUB,
        registry => registry,
    };
    let folder = match registry == HUB && !image.name.contains('/') {
        true => "library/",
        false => "",
    };
    format!("{registry}/{folder}{}", image.name)
}

/// The name in Docker Hub of an image that comes from a mirror of it (cloud.google.com/artifact-registry/docs/pull-cached-dockerhub-images;
/// gallery.ecr.aws/docker).
fn home(image: &ImageRef) -> Option<String> {
    let name = match image.registry.as_deref()? {
        "mirror.gcr.io" => &image.name,
        "public.ecr.aws" => image
            .name
            .strip_prefix("docker/")
            .filter(|name| name.starts_with("library/"))?,
        _ => return None,
    };
    Some(format!("{HUB}/{name}"))
}

const HUB: &str = "docker.io";

impl Reader<'_> {
    /// A list of registries with folders.
    pub(super) fn registries(&mut self, value: &Value, what: &str) -> Registries {
        let mut allowed = Vec::new();
        for Spanned { value: text, span } in self.texts(value, what) {
            let host = text.split('/').next().unwrap_or_default();
            if !host.contains(['.', ':', '*']) && host != "localhost" {
                let message = format!("`{text}` does not begin with a registry");
                self.mistake(
                    span,
                    message,
                    format!("write `{HUB}/{text}` for a folder of Docker Hub"),
                );
                continue;
            }
            match GlobBuilder::new(text.trim_end_matches('/'))
                .literal_separator(true)
                .build()
            {
                Ok(glob) => allowed.push(glob.compile_matcher()),
                Err(error) => self.mistake(span, format!("`{text}` is not a pattern: {}", error.kind()), ""),
            }
        }
        Registries {
            allowed,
            span: value.span,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(patterns: &[&str], image: &str) -> bool {
        let glob = |text: &&str| {
            GlobBuilder::new(text)
                .literal_separator(true)
                .build()
                .unwrap()
                .compile_matcher()
        };
        let registries = Registries {
            allowed: patterns.iter().map(glob).collect(),
            span: Span::new(crate::source::SourceId::default(), 0, 0),
        };
        registries.allow(&ImageRef::parse(image))
    }

    #[test]
    fn a_name_is_what_an_engine_makes_of_it() {
        for image in [
            "nginx",
            "nginx:1.27",
            "docker.io/nginx",
            "library/nginx",
            "index.docker.io/library/nginx@sha256:00",
            "mirror.gcr.io/library/nginx",
            "public.ecr.aws/docker/library/nginx:1",
        ] {
            assert!(allows(&["docker.io/library"], image), "{image}");
        }
        for image in [
            "acme/nginx",
            "ghcr.io/library/nginx",
            "public.ecr.aws/nginx/nginx",
            "localhost/nginx",
        ] {
            assert!(!allows(&["docker.io/library"], image), "{image}");
        }
    }

    #[test]
    fn folders_end_at_a_slash() {
        assert!(allows(&["ghcr.io/acme"], "ghcr.io/acme/api:1"));
        assert!(allows(&["ghcr.io/acme"], "ghcr.io/acme/team/api"));
        assert!(!allows(&["ghcr.io/acme"], "ghcr.io/acme-evil/api"));
        assert!(!allows(&["ghcr.io/acme"], "ghcr.io.evil.example/acme/api"));
        assert!(allows(&["*.example.com"], "r.example.com/x/y"));
        assert!(!allows(&["*.example.com"], "evil.org/r.example.com/x"));
        assert!(allows(&["r.example.com:5000/base"], "R.Example.com:5000/base/os"));
    }
}

//! Which references mean another image tomorrow.

use super::ImageRef;

impl ImageRef {
    /// Whether the reference means another image tomorrow by its own word: no tag, or a tag without any version in it. A
    /// distribution's code name is a version, and so is a name that carries its release (`ubi9-minimal`).
    pub(crate) fn floats(&self) -> bool {
        if self.digest.is_some() || self.names_its_release() {
            return false;
        }
        let Some(tag) = self.tag.as_deref() else { return true };
        // Anything else may be the name of one build: a commit, a branch of a repository, a code name.
        tag.split(['-', '_', '.'])
            .all(|word| MOVING.binary_search(&word).is_ok() || VARIANTS.binary_search(&word).is_ok())
    }

    /// Whether the first version of the rules (2026.11) let the tag pass.
    pub(crate) fn passed_at_first(&self) -> bool {
        const FIRST: [&str; 10] = [
            "latest", "edge", "nightly", "dev", "develop", "master", "main", "snapshot", "unstable", "canary",
        ];
        self.tag.as_deref().is_some_and(|tag| !FIRST.contains(&tag))
    }

    /// Whether a word of the name is a distribution with its release: `ubi9-minimal`, `distroless/base-debian12`.
    fn names_its_release(&self) -> bool {
        self.name.split(['/', '-']).any(|part| {
            let digits = part.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
            let system = part.strip_suffix(digits).unwrap_or(part);
            digits.starts_with(|first: char| first.is_ascii_digit())
                && [
                    "almalinux",
                    "alpine",
                    "centos",
                    "debian",
                    "el",
                    "fedora",
                    "ol",
                    "rhel",
                    "rockylinux",
                    "ubi",
                    "ubuntu",
                ]
                .contains(&system)
        })
    }
}

/// Words of tags that are made to move.
const MOVING: [&str; 29] = [
    "beta",
    "canary",
    "current",
    "daily",
    "dev",
    "devel",
    "develop",
    "development",
    "edge",
    "experimental",
    "head",
    "insiders",
    "latest",
    "lts",
    "main",
    "mainline",
    "master",
    "next",
    "nightly",
    "preview",
    "prod",
    "production",
    "release",
    "rolling",
    "snapshot",
    "stable",
    "testing",
    "trunk",
    "unstable",
];

/// Words of tags that say which kind of image it is, and not which version.
const VARIANTS: [&str; 45] = [
    "aio",
    "alpine",
    "amd64",
    "apache",
    "arm64",
    "base",
    "ce",
    "cli",
    "community",
    "cuda",
    "debian",
    "debug",
    "dind",
    "distroless",
    "ee",
    "enterprise",
    "fpm",
    "full",
    "git",
    "glibc",
    "gpu",
    "headless",
    "jdk",
    "jre",
    "linux",
    "lite",
    "management",
    "minimal",
    "musl",
    "nginx",
    "nonroot",
    "oss",
    "otel",
    "perl",
    "python",
    "root",
    "rootless",
    "runtime",
    "server",
    "slim",
    "standalone",
    "ubuntu",
    "uclibc",
    "unprivileged",
    "zts",
];

#[cfg(test)]
mod tests {
    use super::{MOVING, VARIANTS};
    use crate::values::image_ref::ImageRef;

    #[test]
    fn the_words_of_tags_are_sorted() {
        assert!(MOVING.is_sorted() && VARIANTS.is_sorted());
    }

    #[test]
    fn a_reference_floats_without_a_tag_or_with_a_moving_one() {
        for (text, floats) in [
            ("nginx", true),
            ("nginx:latest", true),
            ("nginx:1.27", false),
            ("nginx@sha256:ab", false),
            ("x:latest@sha256:ab", false),
            ("redis:alpine", true),
            ("nextcloud:fpm-alpine", true),
            ("nginx:stable-alpine-slim", true),
            ("node:lts", true),
            ("x:latest-dev", true),
            ("debian:bookworm-slim", false),
            ("ubuntu:noble", false),
            ("redis:alpine3.22", false),
            ("python:3-slim", false),
            ("x:deadbeef", false),
            ("redhat/ubi9-minimal", false),
            ("registry.access.redhat.com/ubi8/nodejs-20", false),
            ("gcr.io/distroless/base-debian12:nonroot", false),
            ("rancher/k3s", true),
            ("oauth2-proxy/oauth2-proxy", true),
        ] {
            assert_eq!(ImageRef::parse(text).floats(), floats, "{text}");
        }
    }
}

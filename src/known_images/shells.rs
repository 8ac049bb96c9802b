//! Which shell `/bin/sh` is.

use super::tag;
use crate::values::image_ref::ImageRef;

/// A `/bin/sh` that is not bash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sh {
    /// Debian's and Ubuntu's.
    Dash {
        /// Whether it has `set -o pipefail` (dash 0.5.12-12 of Debian 13 does; tried: 0.5.12-2 of Debian 12 does not).
        pipefail: Option<bool>,
    },
    /// Alpine's.
    Busybox,
}

impl Sh {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Sh::Dash { .. } => "dash",
            Sh::Busybox => "busybox",
        }
    }
}

/// Official images that are built on Debian or Ubuntu unless their tag says otherwise (their Dockerfiles, by the facts that
/// `catalogue/` names).
const DEBIAN: [&str; 28] = [
    "buildpack-deps",
    "cassandra",
    "debian",
    "drupal",
    "ghost",
    "golang",
    "gradle",
    "haproxy",
    "httpd",
    "joomla",
    "julia",
    "mariadb",
    "mongo",
    "nginx",
    "node",
    "perl",
    "php",
    "postgres",
    "python",
    "rabbitmq",
    "redis",
    "redmine",
    "ruby",
    "rust",
    "tomcat",
    "ubuntu",
    "wordpress",
    "eclipse-temurin",
];

/// Words of a tag that stand for another system.
const OTHERS: [&str; 12] = [
    "ubi",
    "centos",
    "oracle",
    "oraclelinux",
    "amazonlinux",
    "al2023",
    "fedora",
    "windowsservercore",
    "nanoserver",
    "corretto",
    "photon",
    "rockylinux",
];

/// The `/bin/sh` of an official image; `None` where it is bash, or not known.
pub(super) fn posix_shell(image: &ImageRef) -> Option<Sh> {
    let name = image.official()?;
    let (version, suffix) = tag(image);
    let parts = || suffix.split(['-', '.']);
    if matches!(name, "alpine" | "busybox") || parts().any(|part| part.starts_with("alpine")) {
        return Some(Sh::Busybox);
    }
    if !DEBIAN.contains(&name) || parts().any(|part| OTHERS.iter().any(|other| part.starts_with(other))) {
        return None;
    }
    let old = [
        "jessie", "stretch", "buster", "bullseye", "bookworm", "xenial", "bionic", "focal", "jammy", "noble",
    ];
    let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
    let pipefail = match (name, major) {
        _ if parts().any(|part| old.contains(&part)) => Some(false),
        _ if parts().any(|part| part == "trixie") => Some(true),
        ("debian", Some(major)) => Some(major >= 13),
        ("ubuntu", Some(major)) if major <= 24 => Some(false),
        _ => None,
    };
    Some(Sh::Dash { pipefail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_follows_the_distribution() {
        let of = |image: &str| posix_shell(&ImageRef::parse(image));
        assert_eq!(of("debian:12-slim"), Some(Sh::Dash { pipefail: Some(false) }));
        assert_eq!(of("debian:13"), Some(Sh::Dash { pipefail: Some(true) }));
        assert_eq!(
            of("python:3.13-slim-bookworm"),
            Some(Sh::Dash { pipefail: Some(false) })
        );
        assert_eq!(of("python:3.13-slim"), Some(Sh::Dash { pipefail: None }));
        assert_eq!(of("ubuntu:24.04"), Some(Sh::Dash { pipefail: Some(false) }));
        assert_eq!(of("node:22-alpine3.20"), Some(Sh::Busybox));
        assert_eq!(of("eclipse-temurin:21-jdk-ubi9-minimal"), None);
        assert_eq!(of("almalinux:9"), None);
        assert_eq!(of("acme/debian:12"), None);
    }
}

//! The C library of an image, with its release.

use super::tag;
use crate::values::image_ref::ImageRef;

/// A C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Libc {
    /// musl.
    Musl,
    /// The GNU C library 2.x: x.
    Glibc(u32),
}

impl std::fmt::Display for Libc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Libc::Musl => f.write_str("musl"),
            Libc::Glibc(release) => write!(f, "glibc 2.{release}"),
        }
    }
}

/// Releases by the words that stand for them in tags, with their glibc 2.x (`libc6` of Debian and Ubuntu; of the Debians 11, 12
/// and 13 `ldd --version` was looked at).
const RELEASES: [(&str, &str, &[&str], u32); 10] = [
    ("debian", "9", &["stretch"], 24),
    ("debian", "10", &["buster"], 28),
    ("debian", "11", &["bullseye", "oldoldstable"], 31),
    ("debian", "12", &["bookworm", "oldstable"], 36),
    ("debian", "13", &["trixie", "stable", "latest"], 41),
    ("ubuntu", "16.04", &["xenial"], 23),
    ("ubuntu", "18.04", &["bionic"], 27),
    ("ubuntu", "20.04", &["focal"], 31),
    ("ubuntu", "22.04", &["jammy"], 35),
    ("ubuntu", "24.04", &["noble"], 39),
];

/// The Debian that `golang:1.N` and `rust:1.N` are built on where their tags name none, from this N on (docker-library/official-images,
/// `library/golang` and `library/rust` from 2021 to 2026: the last build of each tag).
const GOLANG: [(u32, &str); 4] = [(16, "bullseye"), (19, "bookworm"), (24, "trixie"), (u32::MAX, "")];
const RUST: [(u32, &str); 5] = [
    (50, "buster"),
    (55, "bullseye"),
    (72, "bookworm"),
    (89, "trixie"),
    (u32::MAX, ""),
];

/// The C library of an image, where its release is known.
pub(super) fn libc(image: &ImageRef) -> Option<Libc> {
    if image.registry.as_deref() == Some("gcr.io") {
        return of_distroless(image.name.strip_prefix("distroless/")?);
    }
    let name = image.official()?;
    let (version, suffix) = tag(image);
    let parts = || suffix.split(['-', '.']);
    if name == "alpine" || parts().any(|part| part.starts_with("alpine")) {
        return Some(Libc::Musl);
    }
    let named = |word: &str| RELEASES.iter().find(|(_, _, words, _)| words.contains(&word));
    let of_word = |word: &str| named(word).map(|(.., release)| Libc::Glibc(*release));
    match name {
        "debian" | "ubuntu" => RELEASES
            .iter()
            .find(|(of, number, words, _)| {
                *of == name
                    && (version.split('.').next() == Some(*number)
                        || version == *number
                        || parts().any(|part| words.contains(&part)))
            })
            .map(|(.., release)| Libc::Glibc(*release)),
        "golang" | "rust" | "buildpack-deps" | "gcc" | "node" | "php" | "python" | "ruby" | "perl" | "nginx" => {
            let distribution =
                parts().find(|part| named(part).is_some_and(|(_, _, words, _)| words.first() == Some(part)));
            match distribution {
                Some(word) => of_word(word),
                None if matches!(suffix, "" | "slim" | "latest") => of_word(default(name, version)?),
                None => None,
            }
        }
        _ => None,
    }
}

/// The C library of a distribution, by what its `os-release` says: `debian 12`.
pub(super) fn of_system(system: &str) -> Option<Libc> {
    let (id, version) = system.split_once(' ')?;
    let row = RELEASES
        .iter()
        .find(|(of, number, ..)| *of == id && *number == version)?;
    Some(Libc::Glibc(row.3))
}

/// The Debian that has this glibc 2.x, by the word that ends the tags of builders.
pub(crate) fn debian_with(glibc: u32) -> Option<&'static str> {
    let row = RELEASES
        .iter()
        .find(|(of, _, _, release)| *of == "debian" && *release == glibc)?;
    row.2.first().copied()
}

/// The Debian of a tag that names none.
fn default(name: &str, version: &str) -> Option<&'static str> {
    let table: &[(u32, &str)] = match name {
        "golang" => &GOLANG,
        "rust" => &RUST,
        _ => return None,
    };
    let mut numbers = version.split('.');
    let (Some("" | "1"), minor) = (numbers.next(), numbers.next()) else {
        return None;
    };
    let Some(minor) = minor else {
        return Some("trixie");
    };
    let minor: u32 = minor.parse().ok()?;
    // Within these releases of Go the Debian changed.
    if name == "golang" && matches!(minor, 16 | 19 | 20 | 24) && numbers.next().is_some() {
        return None;
    }
    let row = table
        .windows(2)
        .find(|pair| matches!(pair, [(from, _), (to, _)] if (*from..*to).contains(&minor)))?;
    row.first().map(|(_, word)| *word)
}

/// Of `base-debian12`, `cc-debian12` and the like; `static` has none.
fn of_distroless(name: &str) -> Option<Libc> {
    let (kind, release) = name.rsplit_once("-debian")?;
    let number = release.split('-').next()?;
    let row = RELEASES
        .iter()
        .find(|(of, known, ..)| *of == "debian" && *known == number)?;
    (kind != "static").then_some(Libc::Glibc(row.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_known_by_tag() {
        let of = |image: &str| libc(&ImageRef::parse(image)).map(|libc| libc.to_string());
        for (image, expected) in [
            ("debian:bookworm-slim", "glibc 2.36"),
            ("debian:12.7", "glibc 2.36"),
            ("debian:11-slim", "glibc 2.31"),
            ("debian", "glibc 2.41"),
            ("debian:stable-slim", "glibc 2.41"),
            ("ubuntu:22.04", "glibc 2.35"),
            ("ubuntu:noble-20260905", "glibc 2.39"),
            ("rust", "glibc 2.41"),
            ("rust:1.91-slim", "glibc 2.41"),
            ("rust:1.88.0", "glibc 2.36"),
            ("rust:1-slim-bullseye", "glibc 2.31"),
            ("rust:1.54", "glibc 2.28"),
            ("golang:1.22.3", "glibc 2.36"),
            ("golang:1.24", "glibc 2.41"),
            ("golang:1.18-bullseye", "glibc 2.31"),
            ("golang:1.26-alpine3.23", "musl"),
            ("python:3.13-slim-bookworm", "glibc 2.36"),
            ("gcr.io/distroless/cc-debian12:nonroot", "glibc 2.36"),
        ] {
            assert_eq!(of(image).as_deref(), Some(expected), "{image}");
        }
        for image in [
            "ubuntu",
            "ubuntu:26.04",
            "golang:1.24.2",
            "rust:nightly",
            "rust:1.20",
            "python:3.13-slim",
            "acme/debian:12",
            "gcr.io/distroless/static-debian12",
            "gcr.io/distroless/cc",
        ] {
            assert_eq!(of(image), None, "{image}");
        }
    }
}

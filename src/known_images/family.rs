//! Families of images whose file systems were read as a whole, and which of them an image belongs to.

use super::{builds, is_of, tag};
use crate::values::image_ref::ImageRef;

/// The files of a system as a whole: its family in the table of programs, and for Debian the releases that it may be.
pub(super) struct Family {
    /// Its name in the table of programs.
    pub name: &'static str,
    /// The releases of Debian that it may be made of.
    pub debian: &'static [&'static str],
    /// Programs in which it differs from what was read.
    pub unlike: &'static [&'static str],
}

const BOTH: &[&str] = &["12", "13"];

const BOOKWORM: &[&str] = &["12"];

const TRIXIE: &[&str] = &["13"];

/// Releases of Ubuntu before 24.04 have Debian's scripts for accounts.
const OLDER_UBUNTU: &[&str] = &["adduser", "addgroup"];

/// What the images of .NET may have besides their distribution: its own program, and what ca-certificates brings along.
const OF_DOTNET: &[&str] = &["openssl", "adduser", "addgroup", "gpgv"];

pub(super) fn family(image: &ImageRef) -> Option<Family> {
    let known = |name, debian| {
        let unlike = &[];
        Some(Family { name, debian, unlike })
    };
    if let Some(found) = dotnet(image) {
        return Some(found);
    }
    if let Some(kind) = distroless(image) {
        return match (kind, is_debug(image)) {
            ("static", false) => known("distroless-static", &[]),
            ("static", true) => known("distroless-static:debug", &[]),
            _ => None,
        };
    }
    let name = image.official()?;
    let (version, suffix) = tag(image);
    let alpine = suffix.split('-').any(|part| part.starts_with("alpine"));
    // `slim-bookworm` of Python, `bookworm-slim` of Node; other releases of Debian were not read.
    let slim = match suffix {
        "slim" => Some(BOTH),
        "slim-bookworm" | "bookworm-slim" => Some(BOOKWORM),
        "slim-trixie" | "trixie-slim" => Some(TRIXIE),
        _ => None,
    };
    // The templates of these releases are those that were read.
    let recent = |first: (u32, u32)| {
        let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
        let major = numbers.next().unwrap_or(0);
        version.is_empty() || (major, numbers.next().unwrap_or(u32::MAX)) >= first
    };
    match name {
        "alpine" => known("alpine", &[]),
        "busybox" => known("busybox", &[]),
        "debian" => match debian(version, suffix)? {
            "12" => known("debian-slim", BOOKWORM),
            _ => known("debian-slim", TRIXIE),
        },
        "ubuntu" if version == "24.04" || suffix.starts_with("noble") => known("ubuntu", &[]),
        "ubuntu"
            if matches!(version, "20.04" | "22.04") || suffix.starts_with("jammy") || suffix.starts_with("focal") =>
        {
            let unlike = OLDER_UBUNTU;
            Some(Family {
                name: "ubuntu",
                debian: &[],
                unlike,
            })
        }
        "python" if recent((3, 11)) && alpine => known("python-alpine", &[]),
        "python" if recent((3, 11)) => known("python-slim", slim?),
        "node" if recent((18, 0)) && alpine => known("node-alpine", &[]),
        "node" if recent((18, 0)) => known("node-slim", slim?),
        _ => None,
    }
}

/// The images that run programs of .NET: their distribution with its certificates, its libraries and nothing that downloads
/// (dotnet/dotnet-docker `src/runtime-deps/8.0`, `src/aspnet/8.0` were read, and issue 2379: none since 5.0 has curl or wget).
fn dotnet(image: &ImageRef) -> Option<Family> {
    let is_runtime = matches!(
        image.name.as_str(),
        "dotnet/aspnet" | "dotnet/runtime" | "dotnet/runtime-deps"
    );
    if !is_runtime || image.registry.as_deref() != Some("mcr.microsoft.com") {
        return None;
    }
    let (version, suffix) = tag(image);
    let tags = builds::find(image).map_or(&[][..], |found| &found.build.tags);
    let words = [suffix]
        .into_iter()
        .chain(tags.iter().copied())
        .flat_map(|tag| tag.split('-'));
    let known = |name, debian| {
        let unlike = OF_DOTNET;
        Some(Family { name, debian, unlike })
    };
    if suffix.contains("chiseled") || suffix.contains("distroless") || suffix.contains("composite") {
        return None;
    }
    for word in words {
        match word {
            "bookworm" => return known("debian-slim", BOOKWORM),
            "trixie" => return known("debian-slim", TRIXIE),
            "noble" | "jammy" => return known("ubuntu", &[]),
            _ if word.starts_with("alpine") => return known("alpine", &[]),
            _ => {}
        }
    }
    // Debian 11 and 12, before there were these tags.
    (suffix.is_empty() && matches!(version, "6.0" | "7.0")).then_some(known("debian-slim", BOTH)?)
}

/// The release of a Debian tag, of those that were read.
pub(super) fn debian(version: &str, suffix: &str) -> Option<&'static str> {
    let word = if version.is_empty() {
        suffix.split('-').next()?
    } else {
        version
    };
    match word {
        "bookworm" | "oldstable" => Some("12"),
        "trixie" | "stable" | "latest" => Some("13"),
        _ if is_of(version, "12") => Some("12"),
        _ if is_of(version, "13") => Some("13"),
        _ => None,
    }
}

/// The kind of a distroless image: `static`, `base`, `cc`, `python3` ...
pub(super) fn distroless(image: &ImageRef) -> Option<&str> {
    if image.registry.as_deref() != Some("gcr.io") {
        return None;
    }
    let kind = image.name.strip_prefix("distroless/")?;
    Some(kind.split('-').next().unwrap_or(kind))
}

pub(super) fn is_debug(image: &ImageRef) -> bool {
    image.tag.as_deref().is_some_and(|tag| tag.contains("debug")) || image.name.contains("debug")
}

/// Whether an image is made of Debian as it was read.
pub(crate) fn is_debian(image: &ImageRef) -> bool {
    family(image).is_some_and(|family| !family.debian.is_empty())
}

/// The releases of Debian whose package lists were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Debian {
    /// 11.
    Bullseye,
    /// 12.
    Bookworm,
    /// 13.
    Trixie,
}

impl Debian {
    /// Its number.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Bullseye => 11,
            Self::Bookworm => 12,
            Self::Trixie => 13,
        }
    }
}

/// Official images that are Debian's minbase with little besides their server.
const LEAN: [&str; 6] = ["debian", "httpd", "memcached", "nginx", "postgres", "redis"];

/// The release of Debian that an image is made of, if it has hardly any packages besides minbase: what apt brings along is not there
/// yet. The large images of languages have compilers and headers.
pub(crate) fn lean_debian(image: &ImageRef) -> Option<Debian> {
    let name = image.official()?;
    let (version, suffix) = tag(image);
    if !LEAN.contains(&name) && !suffix.split('-').any(|part| part == "slim") {
        return None;
    }
    let of_word = |word: &str| match word {
        "bullseye" => Some(Debian::Bullseye),
        "bookworm" => Some(Debian::Bookworm),
        "trixie" => Some(Debian::Trixie),
        _ => None,
    };
    let of_tag = |tag: &str| tag.split('-').find_map(of_word);
    if name == "debian" && is_of(version, "11") {
        return Some(Debian::Bullseye);
    }
    let known = match name {
        "debian" => debian(version, suffix),
        _ => None,
    };
    match known {
        Some("12") => Some(Debian::Bookworm),
        Some(_) => Some(Debian::Trixie),
        // The same build may have a tag that says it; the word of another distribution says that it is none.
        None => of_tag(suffix).or_else(|| {
            let has_system =
                suffix.split('-').any(|part| super::release::variant(part).is_none()) || suffix.contains("alpine");
            let found = builds::find(image).filter(|_| !has_system && name != "debian")?;
            found.build.tags.iter().find_map(|tag| of_tag(tag))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debian_of_an_image_is_in_its_tag_or_in_another_of_the_same_build() {
        for (image, release) in [
            ("debian:12-slim", Some(Debian::Bookworm)),
            ("debian:bookworm-20260824-slim", Some(Debian::Bookworm)),
            ("debian:latest", Some(Debian::Trixie)),
            ("debian:11", Some(Debian::Bullseye)),
            ("debian:bullseye-slim", Some(Debian::Bullseye)),
            ("debian:10-slim", None),
            ("debian:sid-slim", None),
            ("python:3.13-slim-bookworm", Some(Debian::Bookworm)),
            ("python:3.14-slim", Some(Debian::Trixie)),
            ("python:3.11-slim-buster", None),
            ("python:3.14", None),
            ("node:22-alpine", None),
            ("nginx:1-alpine-slim", None),
            ("nginx:latest", Some(Debian::Trixie)),
            ("ubuntu:24.04", None),
            ("acme/debian:12", None),
        ] {
            assert_eq!(lean_debian(&ImageRef::parse(image)), release, "{image}");
        }
    }
}

//! Families of images whose file systems were read as a whole, and which of them an image belongs to.

use super::{is_of, tag};
use crate::values::image_ref::ImageRef;

/// The files of a system as a whole: its family in the table of programs, and for Debian the releases that it may be.
pub(super) struct Family {
    /// Its name in the table of programs.
    pub name: &'static str,
    /// The releases of Debian that it may be made of.
    pub debian: &'static [&'static str],
}

const BOTH: &[&str] = &["12", "13"];

const BOOKWORM: &[&str] = &["12"];

const TRIXIE: &[&str] = &["13"];

pub(super) fn family(image: &ImageRef) -> Option<Family> {
    let known = |name, debian| Some(Family { name, debian });
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
    // `slim-bookworm`; other releases of Debian were not read.
    let slim = match suffix.strip_prefix("slim").map(|rest| rest.trim_start_matches('-')) {
        Some("") => Some(BOTH),
        Some("bookworm") => Some(BOOKWORM),
        Some("trixie") => Some(TRIXIE),
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
        "python" if recent((3, 11)) && alpine => known("python-alpine", &[]),
        "python" if recent((3, 11)) => known("python-slim", slim?),
        "node" if recent((22, 0)) && alpine => known("node-alpine", &[]),
        "node" if recent((22, 0)) => known("node-slim", slim?),
        _ => None,
    }
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

/// Whether an image is made of Debian as it was read: its packages are those of the table.
pub(crate) fn is_debian(image: &ImageRef) -> bool {
    family(image).is_some_and(|family| !family.debian.is_empty())
}

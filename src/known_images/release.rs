//! Releases of official images: when they end, how big they are, and which variant is smaller.

use super::builds::{self, Build};
use super::{family, is_of, rows, tag};
use crate::order::Order as _;
use crate::values::image_ref::ImageRef;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// A release that is no longer supported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// What: `python 3.8`, `debian buster`.
    pub what: String,
    /// Since when, as `YYYY-MM-DD`; empty where the day is not known.
    pub date: &'static str,
}

/// Another variant of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Variant {
    /// Its tag.
    pub tag: &'static str,
    /// Its unpacked size in MB.
    pub size_mb: f64,
    /// Its C library.
    pub libc: &'static str,
}

/// A tag in its version and the rest, like [`super::tag`].
pub(super) fn split(tag: &'static str) -> (&'static str, &'static str) {
    if tag.starts_with(|first: char| first.is_ascii_digit()) || tag.starts_with('v') {
        return tag.split_once('-').unwrap_or((tag, ""));
    }
    ("", tag)
}

/// Releases of distributions whose packages were not read.
const UNREAD: [&str; 7] = ["bionic", "bullseye", "buster", "focal", "jessie", "stretch", "xenial"];

/// What a tag says besides the version, without the current releases of distributions: `slim-bookworm` is `slim`,
/// `alpine3.20` is `alpine`. `None` where it is made of a release that was not read.
pub(super) fn variant(suffix: &str) -> Option<String> {
    let is_read = !suffix.split('-').any(|part| UNREAD.contains(&part));
    is_read.then(|| shape(suffix))
}

/// The same without any releases of distributions: `slim-buster` is `slim`, too.
pub(super) fn shape(suffix: &str) -> String {
    let mut parts = Vec::new();
    for part in suffix.split('-') {
        match part {
            "" | "latest" | "bookworm" | "trixie" | "noble" | "jammy" => {}
            _ if UNREAD.contains(&part) => {}
            _ if part.starts_with("alpine") => parts.push("alpine"),
            _ => parts.push(part),
        }
    }
    parts.join("-")
}

/// Cycles of a product: version, code name, last day.
type Cycles = Vec<(&'static str, &'static str, &'static str)>;

fn cycles() -> &'static HashMap<&'static str, Cycles> {
    static TABLE: OnceLock<HashMap<&'static str, Cycles>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = HashMap::new();
        for columns in rows(include_str!("end-of-life.tsv")) {
            let [image, _product, cycles, _source] = columns.as_slice() else {
                continue;
            };
            let cycles = cycles
                .split(' ')
                .filter_map(|cycle| {
                    let (name, end) = cycle.split_once('=')?;
                    let (version, code) = name.split_once('/').unwrap_or((name, ""));
                    Some((version, code, end))
                })
                .collect();
            table.insert(*image, cycles);
        }
        table
    })
}

/// What an image is made of that was no longer supported on a day: the program that it is named after, and the
/// distribution that its tag names.
pub(crate) fn ended(image: &ImageRef, today: &str) -> Vec<End> {
    let (version, suffix) = tag(image);
    let distroless = family::distroless(image).and_then(|_| image.name.rsplit_once("-debian"));
    let Some(official) = image
        .official()
        .or_else(|| of_maker(image))
        .or(distroless.map(|_| "distroless"))
    else {
        return Vec::new();
    };
    let words = || suffix.split('-').filter(|word| !word.is_empty());
    let mut found = Vec::new();
    let mut add = |product: &'static str, version: &str, code: &str| {
        let Some(cycles) = cycles().get(product) else { return };
        let hit = cycles
            .iter()
            .filter(|(cycle, name, _)| {
                (!version.is_empty() && is_of(version, cycle)) || (!code.is_empty() && *name == code)
            })
            .max_by_key(|(cycle, ..)| cycle.len());
        let Some((cycle, name, end)) = hit else {
            // A release that is not listed ended before the next one of its line did.
            let newer = cycles.iter().filter(|(cycle, ..)| is_older(version, cycle));
            let next = newer.reduce(|one, other| if is_older(other.0, one.0) { other } else { one });
            if next.is_some_and(|(_, _, end)| *end == "true" || *end < today) {
                let what = format!("{product} {version}");
                found.extend((!found.iter().any(|end: &End| end.what == what)).then_some(End { what, date: "" }));
            }
            return;
        };
        let is_over = *end == "true" || *end < today;
        if is_over {
            let shown = if code.is_empty() { cycle } else { name };
            let end = End {
                what: format!("{product} {shown}"),
                date: if *end == "true" { "" } else { end },
            };
            if !found.contains(&end) {
                found.push(end);
            }
        }
    };
    if let Some((product, _)) = cycles().get_key_value(official) {
        add(product, version.trim_start_matches('v'), "");
    }
    // `gcr.io/distroless/static-debian11`
    if let Some((_, release)) = distroless {
        add("debian", release, "");
    }
    for word in words() {
        match word.strip_prefix("alpine") {
            Some(release) => add("alpine", release, ""),
            None => {
                add("debian", "", word);
                add("ubuntu", "", word);
            }
        }
    }
    // The image, and not the program: since July 2022 only early access builds are made (docker-library/docs openjdk/deprecated.md@4338f09).
    let number = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if let ("openjdk", Some(major @ 6..=25)) = (official, number.filter(|_| !words().any(|word| word == "ea"))) {
        let date = if major < 19 { "2022-07-31" } else { "" };
        let what = format!("the image openjdk {major}");
        found.extend((date < today).then_some(End { what, date }));
    }
    found
}

/// Whether a version is older than a cycle of the same line: `1.15` and `1.16`.
fn is_older(version: &str, cycle: &str) -> bool {
    let numbers = |text: &str| -> Option<(u32, u32)> {
        let mut parts = text.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    match (numbers(version), numbers(cycle)) {
        (Some((line, own)), Some((other, later))) => line == other && own < later,
        _ => false,
    }
}

/// The product of an image that its maker publishes elsewhere.
fn of_maker(image: &ImageRef) -> Option<&'static str> {
    let is_dotnet = image.registry.as_deref() == Some("mcr.microsoft.com") && image.name.starts_with("dotnet/");
    is_dotnet.then_some("dotnet")
}

/// The unpacked size of an image in MB.
pub(crate) fn size_mb(image: &ImageRef) -> Option<f64> {
    megabytes(builds::find_with(image, |build| !build.size_mb.is_empty())?.build)
}

fn megabytes(build: &Build) -> Option<f64> {
    build.size_mb.parse().ok().filter(|size| *size > 0.0)
}

/// Variants of the same release that are clearly smaller, the biggest first: the same distribution, slim, then Alpine.
pub(crate) fn smaller(image: &ImageRef) -> Vec<Variant> {
    let Some(found) = builds::find(image) else {
        return Vec::new();
    };
    let Some(size) = megabytes(found.build) else {
        return Vec::new();
    };
    let (known, own) = split(found.tag);
    let own = variant(own).unwrap_or_default();
    let wanted = ["slim", "alpine"].map(|kind| {
        if own.is_empty() {
            kind.to_owned()
        } else {
            format!("{own}-{kind}")
        }
    });
    let extends = |tag: &'static str| {
        let (version, suffix) = split(tag);
        let suffix = variant(suffix).unwrap_or_default();
        if known.is_empty() && own.is_empty() {
            // `bookworm`: the name of the release is all of the tag.
            return tag.strip_suffix("-slim") == Some(found.tag);
        }
        version == known && (wanted.contains(&suffix) || (own == "slim" && suffix == "alpine"))
    };
    let mut variants: Vec<Variant> = Vec::new();
    for build in builds::builds(image) {
        let Some(size_mb) = megabytes(build).filter(|other| *other < size * 0.7) else {
            continue;
        };
        // The shortest of its tags says it best.
        let tag = build
            .tags
            .iter()
            .copied()
            .filter(|tag| extends(tag))
            .min_by_key(|tag| tag.len());
        variants.extend(tag.map(|tag| Variant {
            tag,
            size_mb,
            libc: build.libc,
        }));
    }
    // Builds of one variant on several distributions: the one with the plainest tag stands for all.
    variants.order_by_key(|other| other.tag.len());
    let mut seen = HashSet::new();
    variants.retain(|other| seen.insert(variant(split(other.tag).1)));
    variants.order_by(|a, b| b.size_mb.total_cmp(&a.size_mb));
    variants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(image: &str) -> Vec<String> {
        ended(&ImageRef::parse(image), "2026-11-23")
            .into_iter()
            .map(|end| format!("{} {}", end.what, end.date))
            .collect()
    }

    #[test]
    fn releases_end_with_their_program_or_distribution() {
        assert_eq!(
            over("python:3.8-slim-buster"),
            ["python 3.8 2024-10-07", "debian buster 2024-06-30"]
        );
        assert_eq!(over("debian:10-slim"), ["debian 10 2024-06-30"]);
        assert_eq!(over("ubuntu:focal-20240101"), ["ubuntu focal 2025-05-31"]);
        assert_eq!(
            over("node:18.20-alpine3.15"),
            ["node 18 2025-04-30", "alpine 3.15 2023-11-01"]
        );
        assert_eq!(over("nginx:1.15"), ["nginx 1.15 "]);
        assert_eq!(over("golang:1.9-alpine"), ["golang 1.9 "]);
        assert_eq!(over("mcr.microsoft.com/dotnet/sdk:8.0"), ["dotnet 8 2026-11-10"]);
        assert_eq!(
            over("mcr.microsoft.com/dotnet/aspnet:3.1-alpine3.15"),
            ["dotnet 3.1 2022-12-13", "alpine 3.15 2023-11-01"]
        );
        assert_eq!(
            over("gcr.io/distroless/static-debian11:nonroot"),
            ["debian 11 2026-08-31"]
        );
        for current in [
            "mcr.microsoft.com/dotnet/runtime-deps:10.0-alpine",
            "mcr.microsoft.com/dotnet/framework/aspnet:4.8",
            "gcr.io/distroless/base-debian12",
            "influxdb:2.7",
            "node:0.10",
            "python:3.12",
            "python:3",
            "python",
            "debian:bookworm",
            "redis:7",
            "acme/python:3.8",
        ] {
            assert_eq!(over(current), [""; 0], "{current}");
        }
        assert!(ended(&ImageRef::parse("python:3.9"), "2025-01-01").is_empty());
    }

    #[test]
    fn smaller_variants_are_of_the_same_release() {
        let tags =
            |image: &str| -> Vec<&str> { smaller(&ImageRef::parse(image)).iter().map(|other| other.tag).collect() };
        assert_eq!(tags("python:3.12.4"), ["3.12-slim", "3.12-alpine"]);
        assert_eq!(tags("python:3.12-slim"), ["3.12-alpine"]);
        assert_eq!(tags("python:3.12-alpine"), [""; 0]);
        assert_eq!(tags("python:3.12-bullseye"), [""; 0]);
        assert_eq!(tags("debian:bookworm"), ["bookworm-slim"]);
        assert_eq!(size_mb(&ImageRef::parse("alpine:3.22")), Some(8.3));
    }
}

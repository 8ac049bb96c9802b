//! What the releases of a line of an image have in common: bounds of their size, by what was seen of several of them, and their user.

use super::builds;
use super::release::{self, shape};
use super::sizes::figure;
use super::{is_of, tag};
use crate::values::image_ref::ImageRef;

/// What each release of a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// So many bytes at least.
    pub at_least: u64,
    /// So many at most, where that was looked at.
    pub at_most: Option<u64>,
}

/// The range of the line that a tag is of. A digest may pin any other release.
pub(super) fn range(image: &ImageRef) -> Option<Range> {
    if image.digest.is_some() {
        return None;
    }
    let figures = of_line(image, 1)?;
    let (least, most) = figures.split_once(' ').unwrap_or((figures, ""));
    let at_most = figure(most).map(|(bytes, doubt)| bytes.saturating_add(doubt));
    let (bytes, doubt) = figure(least)?;
    let at_least = bytes.saturating_sub(doubt);
    Some(Range { at_least, at_most })
}

/// The user that all releases of the line have.
pub(super) fn user(image: &ImageRef) -> Option<&'static str> {
    of_line(image, 2)
}

/// Whether all releases of the line have a HEALTHCHECK, or none has.
pub(super) fn healthcheck(image: &ImageRef) -> Option<bool> {
    of_line(image, 3).map(|said| said != "no")
}

/// What the longest line that a tag is of has in a cell.
fn of_line(image: &ImageRef, cell: usize) -> Option<&'static str> {
    let found = builds::ranges(image).filter_map(|line| {
        let said = line.get(cell).copied().filter(|said| !said.is_empty())?;
        let lines = line[0].split(' ').filter(|line| holds(line, image));
        Some((lines.map(str::len).max()?, said))
    });
    found.max_by_key(|(length, _)| *length).map(|(_, text)| text)
}

/// Whether a line has a tag: `=3` is that very tag and so is any word; a version and a variant are all its releases (`14-alpine` has
/// `14.2-alpine3.12`), with a plus the later ones as well; `*` is every version, and a text with stars behind its
/// beginning is a pattern.
fn holds(line: &'static str, image: &ImageRef) -> bool {
    let wanted = image.tag.as_deref().unwrap_or("latest");
    if let Some(exactly) = line.strip_prefix('=') {
        return wanted == exactly;
    }
    if let Some((start, rest)) = line.split_once('*').filter(|(start, _)| !start.is_empty()) {
        return wanted.strip_prefix(start).is_some_and(|left| ends_so(left, rest));
    }
    let (version, suffix) = tag(image);
    let version = version.trim_start_matches('v');
    let (from, words) = match line.strip_prefix('*') {
        Some(rest) => ("*", rest.trim_start_matches('-')),
        None => release::split(line),
    };
    let from = from.trim_start_matches('v');
    let is_version = match (from, from.strip_suffix('+')) {
        ("", _) => false,
        ("*", _) => true,
        (_, Some(from)) => !version.is_empty() && numbers(version) >= numbers(from),
        _ => is_of(version, from),
    };
    wanted == line || is_version && shape(&without_numbers(suffix)) == words
}

/// Whether a text ends as a pattern does, whose stars are any text and which has one before it.
fn ends_so(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => text.ends_with(pattern),
        Some((part, rest)) => text.split_once(part).is_some_and(|(_, left)| ends_so(left, rest)),
    }
}

/// The words of a suffix, without the versions of what else is in the image (`15-3.4-alpine` of PostGIS).
fn without_numbers(suffix: &str) -> String {
    let is_word = |part: &&str| !part.starts_with(|first: char| first.is_ascii_digit());
    let words: Vec<&str> = suffix.split('-').filter(is_word).collect();
    words.join("-")
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map_while(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_releases_and_their_variant_only() {
        let holds = |line: &'static str, tag: &str| holds(line, &ImageRef::parse(&format!("a/b:{tag}")));
        for (line, tag) in [
            ("14-alpine", "14-alpine"),
            ("14-alpine", "14.2.1-alpine3.12"),
            ("14+-alpine", "14-alpine"),
            ("14+-alpine", "20.1-alpine"),
            ("3-slim", "3.9-slim-buster"),
            ("latest", "latest"),
            ("*", "latest"),
            ("*", "1.2"),
            ("*", "v2.10.1-bookworm"),
            ("*-alpine", "alpine"),
            ("v2", "v2.10"),
            ("2.10+", "v2.10.1"),
            ("v2.10+", "3"),
            ("=3", "3"),
            ("*-alpine", "15-3.4-alpine"),
            ("RELEASE.2024*", "RELEASE.2024-01-16T16-07-38Z"),
            ("12*-devel-*", "12.4.1-devel-ubuntu22.04"),
            ("12*-devel-*", "12.1.1-cudnn8-devel-rockylinux8"),
            ("12*-devel", "12.1.1-devel"),
        ] {
            assert!(holds(line, tag), "{line} {tag}");
        }
        for (line, tag) in [
            ("14-alpine", "14"),
            ("14-alpine", "alpine"),
            ("14-alpine", "140-alpine"),
            ("14+-alpine", "12.22-alpine"),
            ("14+-alpine", "alpine"),
            ("3-slim", "3.9"),
            ("latest", "stable"),
            ("*", "stable"),
            ("*", "1.2-alpine"),
            ("*", "9.1-wolfi"),
            ("*-alpine", "1-alpine-slim"),
            ("3-slim", "slim"),
            ("2.10+", "v2.9"),
            ("2.10+", "2"),
            ("=3", "3.1"),
            ("RELEASE.2024*", "RELEASE.2023-12-23T07-19-11Z"),
            ("12*-devel-*", "12.4.1-devel"),
            ("12*-devel-*", "12.4.1-runtime-ubuntu22.04"),
            ("12*-devel", "12.4.1-devel-ubuntu22.04"),
        ] {
            assert!(!holds(line, tag), "{line} {tag}");
        }
        assert!(!super::holds("14-alpine", &ImageRef::parse("a/b")));
    }

    #[test]
    fn a_digest_may_pin_any_release() {
        let of = |name: &str| range(&ImageRef::parse(name)).is_some();
        assert!(of("nginx:1.25"));
        assert!(!of("nginx:1.25@sha256:00"));
        assert!(!of("nginx:1.25-otel"));
        assert!(!of("acme/nginx:1.25"));
    }

    #[test]
    fn a_user_is_that_of_all_releases_of_a_line() {
        let of = |name: &str| user(&ImageRef::parse(name));
        assert_eq!(of("quay.io/prometheus/node-exporter:v1.8.1"), Some("nobody"));
        assert_eq!(of("quay.io/prometheus/node-exporter:0.12.0"), None);
        assert_eq!(of("prom/prometheus:v3.7.3"), Some("nobody"));
        assert_eq!(of("prom/prometheus:v1.8.2"), None);
        assert_eq!(of("grafana/loki:2.5.0"), Some("loki"));
        assert_eq!(of("grafana/loki:3.1.0"), Some("10001"));
    }

    #[test]
    fn a_health_check_is_that_of_all_releases_of_a_line() {
        let of = |name: &str| healthcheck(&ImageRef::parse(name));
        assert_eq!(of("openzipkin/zipkin:3"), Some(true));
        assert_eq!(of("openzipkin/zipkin:2.16"), None);
        assert_eq!(of("prom/prometheus:v2.45.0"), Some(false));
        assert_eq!(of("containrrr/watchtower:1.5.3"), None);
        assert_eq!(of("containrrr/watchtower"), Some(true));
        assert_eq!(of("acme/watchtower"), None);
    }
}

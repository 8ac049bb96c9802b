//! How big base images are, with what is not certain about each figure; and a table of one's own with more images.

use super::TABLE_DATE;
use super::builds::{self, Fit, Found};
use super::ranges::{Range, range};
use crate::values::image_ref::ImageRef;

/// The size of a base image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseSize {
    /// It has at least this many bytes.
    pub at_least: u64,
    /// The figure itself, in bytes; `None` where only the lower end is known.
    pub estimate: Option<u64>,
    /// It has at most this many bytes; `None` where a digest pins what nobody has read.
    pub at_most: Option<u64>,
    /// Where the figure is from.
    pub why: String,
    /// The official image that it holds everything of, as a reference; itself for official images.
    pub like: String,
}

/// What a tag may lose before it is read again, in percent: tags move, and the figure is of one release.
const MOVES: u64 = 5;
/// What it may gain, in percent of what it has then.
const GAINS: u64 = 10;
/// Up to this first number it hardly ever changes, and releases are told by the second (`golang:1.N`, `nginx:1.N`, `python:3.N`): so many
/// of them on, an image may have become quite another (nginx on Alpine has three times what it had 14 releases before).
const LASTING: u64 = 3;
const NEAR: u64 = 4;
/// How many times as large, or as small, another release of the same line and variant may be: a tag like `latest` moves on to it. So
/// may the build of another platform be smaller.
pub(super) const OTHER: u64 = 2;

/// A table of one's own, one line a tag: its rows add to the bundled ones and override them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    rows: Vec<OwnRow>,
}

#[derive(Clone, Debug)]
struct OwnRow {
    image: String,
    tag: String,
    bytes: u64,
    doubt: u64,
    like: String,
}

impl Own {
    /// Reads the table: a heading that names at least the columns `image`, `tag` and `size_mb` (decimal MB), split by tabs.
    /// Figures with more than two decimals are taken at their word to the last digit; others as rounded. A column `like` may
    /// name the official image that one's own is made from.
    ///
    /// # Errors
    /// The number of the line, from 1, and what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut lines = text.lines().enumerate();
        let heading: Vec<&str> = lines.next().map_or("", |(_, line)| line).split('\t').collect();
        let column = |name: &str| heading.iter().position(|known| *known == name);
        let (Some(image), Some(tag), Some(size)) = (column("image"), column("tag"), column("size_mb")) else {
            return Err((
                1,
                "the heading must name the columns image, tag and size_mb, split by tabs".to_owned(),
            ));
        };
        let like = column("like");
        let mut rows = Vec::new();
        for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let columns: Vec<&str> = line.split('\t').collect();
            let get = |at: usize| columns.get(at).map_or("", |text| text.trim());
            if get(image).is_empty() || get(tag).is_empty() {
                return Err((index + 1, "the image or the tag is missing".to_owned()));
            }
            let Some((bytes, doubt)) = figure(get(size)) else {
                return Err((index + 1, format!("`{}` is not a size in MB", get(size))));
            };
            rows.push(OwnRow {
                image: get(image).to_owned(),
                tag: get(tag).to_owned(),
                bytes,
                doubt,
                like: like.map_or("", get).to_owned(),
            });
        }
        Ok(Self { rows })
    }

    /// Whether a row is of this image.
    pub(super) fn speaks_of(&self, image: &ImageRef) -> bool {
        self.find(image).is_some()
    }

    fn find(&self, image: &ImageRef) -> Option<&OwnRow> {
        let tag = image.tag.as_deref().unwrap_or("latest");
        self.rows.iter().rev().find(|row| {
            let known = ImageRef::parse(&row.image);
            let same = match (known.official(), image.official()) {
                (Some(one), Some(other)) => one == other,
                _ => known.registry == image.registry && known.name == image.name,
            };
            same && row.tag == tag
        })
    }
}

/// A figure in MB as bytes, and by how many it may be off.
pub(super) fn figure(text: &str) -> Option<(u64, u64)> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 6 || !part.bytes().all(|byte| byte.is_ascii_digit()) || whole.starts_with('+') {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{part:0<6}").parse().ok()?;
    let bytes = whole.checked_mul(1_000_000)?.checked_add(fraction)?;
    let doubt = match part.len() {
        // Zeros at the end are left out, and above 1000 MB the tables round to 10 MB.
        0..=2 if whole >= 1000 => 5_000_000,
        0..=2 => 5_000,
        3 => 500,
        4 => 50,
        5 => 5,
        _ => 0,
    };
    (bytes > 0).then_some((bytes, doubt))
}

/// Whether the release that was read is not too many releases away from the one that is meant.
fn is_near(image: &ImageRef, found: &Found) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let version = text.trim_start_matches('v').split('-').next().unwrap_or("");
        version.split('.').map_while(|number| number.parse().ok()).collect()
    };
    let wanted = numbers(super::tag(image).0);
    match (wanted.as_slice(), numbers(found.build.release).as_slice()) {
        ([first, second, ..], [known, release, ..]) if *first <= LASTING => {
            first == known && second.abs_diff(*release) <= NEAR
        }
        // Which release was read is not known.
        ([first, _, ..], _) if *first <= LASTING => numbers(found.tag).len() > 1,
        _ => true,
    }
}

/// The size of an image, from one's own table or the bundled one, or what it has at least; `None` where neither speaks of its
/// release.
pub(super) fn base_size(image: &ImageRef, own: &Own) -> Option<BaseSize> {
    let tag = image.tag.as_deref().unwrap_or("latest");
    if let Some(row) = own.find(image).filter(|_| image.digest.is_none()) {
        let itself = image.official().map(|name| format!("{name}:{tag}")).unwrap_or_default();
        return Some(BaseSize {
            at_least: row.bytes.saturating_sub(row.doubt),
            estimate: Some(row.bytes),
            at_most: Some(row.bytes.saturating_add(row.doubt)),
            why: format!("{}:{} in the catalogue of the configuration", row.image, row.tag),
            like: if row.like.is_empty() { itself } else { row.like.clone() },
        });
    }
    let sized = builds::find_with(image, |build| !build.size_mb.is_empty()).and_then(|found| of_build(image, &found));
    let found = match sized {
        Some(size) if size.at_least > 0 => Some(size),
        other => bounded(image).or(other),
    };
    narrowed(image, found)
}

/// A size within the range of the line that the image is of, or what that alone says.
fn narrowed(image: &ImageRef, size: Option<BaseSize>) -> Option<BaseSize> {
    let Some(Range { at_least, at_most }) = range(image) else {
        return size;
    };
    let Some(size) = size else {
        return Some(BaseSize {
            at_least,
            estimate: None,
            at_most,
            why: format!(
                "the catalogue of {TABLE_DATE}: {}, whose size is not known beyond what other releases have",
                like(image)
            ),
            like: like(image),
        });
    };
    let at_most = match (size.at_most, at_most) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    Some(BaseSize {
        at_least: size.at_least.max(at_least),
        at_most,
        ..size
    })
}

/// What the size of a build says of a reference.
fn of_build(image: &ImageRef, found: &Found) -> Option<BaseSize> {
    let (bytes, doubt) = figure(found.build.size_mb)?;
    let is_this = found.fit == Fit::Tag && !found.build.is_estimate && !image.floats();
    let (at_least, at_most) = if found.fit == Fit::Line && !is_near(image, found) {
        (0, None)
    } else if is_this {
        let most = bytes.saturating_add(doubt).saturating_mul(100) / (100 - GAINS);
        (bytes.saturating_sub(doubt) / 100 * (100 - MOVES), Some(most))
    } else {
        (bytes / OTHER, Some(bytes.saturating_mul(OTHER)))
    };
    Some(BaseSize {
        at_least,
        estimate: Some(bytes),
        // Whatever tag stands before a digest, it may pin anything: that makes an image no smaller than one takes it for.
        at_most: at_most.filter(|_| image.digest.is_none()),
        why: why(image, found),
        like: like(image),
    })
}

/// What an image has at least of which no size was seen.
fn bounded(image: &ImageRef) -> Option<BaseSize> {
    let found = builds::find_with(image, |build| !build.at_least_mb.is_empty())?;
    let (bytes, doubt) = figure(found.build.at_least_mb)?;
    let is_of_line = found.fit == Fit::Tag || is_near(image, &found);
    is_of_line.then(|| BaseSize {
        at_least: bytes.saturating_sub(doubt) / 100 * (100 - MOVES),
        estimate: None,
        at_most: None,
        why: format!(
            "{}, whose size is not known beyond what a pull transfers",
            why(image, &found)
        ),
        like: like(image),
    })
}

fn like(image: &ImageRef) -> String {
    let name = image.official().map_or_else(|| image.path(), str::to_owned);
    format!("{name}:{}", image.tag.as_deref().unwrap_or("latest"))
}

fn why(image: &ImageRef, found: &Found) -> String {
    let name = image.official().map_or_else(|| image.path(), str::to_owned);
    let release = match found.build.release {
        "" => String::new(),
        release => format!(", release {release}"),
    };
    format!("the catalogue of {TABLE_DATE}: {name}:{}{release}", found.tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_say_how_far_they_may_be_off() {
        for (text, bytes, doubt) in [
            ("116.57", 116_570_000, 5_000),
            ("7.8", 7_800_000, 5_000),
            ("1120", 1_120_000_000, 5_000_000),
            ("83.123456", 83_123_456, 0),
            ("0.002", 2_000, 500),
        ] {
            assert_eq!(figure(text), Some((bytes, doubt)), "{text}");
        }
        for text in [
            "",
            "-1",
            "1e3",
            "x",
            "0",
            "1.2345678",
            "1.-5",
            "99999999999999999999",
            "+1",
        ] {
            assert_eq!(figure(text), None, "{text}");
        }
    }

    #[test]
    fn the_number_of_a_release_is_its_name() {
        let size =
            |name: &str| base_size(&ImageRef::parse(name), &Own::default()).map(|size| (size.at_least, size.estimate));
        for (number, name) in [
            ("debian:12-slim", "debian:bookworm-slim"),
            ("debian:13", "debian:trixie"),
            ("ubuntu:noble", "ubuntu:24.04"),
        ] {
            assert!(size(number).is_some_and(|(at_least, _)| at_least > 0), "{number}");
            assert_eq!(size(number), size(name), "{number}");
        }
        assert_eq!(size("debian:11"), None);
    }

    #[test]
    fn the_release_that_was_read_has_the_closer_bounds() {
        let of = |text: &str| base_size(&ImageRef::parse(text), &Own::default());
        let known = of("debian:bookworm").unwrap();
        assert_eq!(known.estimate, Some(116_570_000));
        assert!(known.at_least < 116_565_000 && known.at_least > 110_000_000);
        assert!(known.why.contains("release 12"), "{}", known.why);
        for other in ["httpd:2.4.1-alpine", "busybox"] {
            let other = of(other).unwrap();
            let estimate = other.estimate.unwrap();
            assert_eq!((other.at_least, other.at_most), (estimate / 2, Some(estimate * 2)));
        }
        let pinned = of("debian:bookworm@sha256:ab").unwrap();
        assert_eq!((pinned.at_least, pinned.at_most), (116_570_000 / 2, None));
        let far = of("nginx:1.13-alpine@sha256:ab").unwrap();
        assert_eq!((far.at_least, far.at_most), (0, None));
        assert_eq!(of("python:2.6"), None);
        assert_eq!(of("acme/python:3.12"), None);
    }

    #[test]
    fn a_range_of_releases_narrows_the_bounds_of_each() {
        let of = |text: &str| {
            let size = base_size(&ImageRef::parse(text), &Own::default())?;
            Some((size.at_least / 1_000_000, size.at_most.map(|most| most / 1_000_000)))
        };
        // Half of the size of another release was all that was known of them; of the last three nothing was.
        for (image, at_least, at_most) in [
            ("nginx", 102, Some(324)),
            ("redis:7.2", 107, Some(225)),
            ("node:18.17.0-alpine", 104, Some(255)),
            ("nginx:1.13", 102, None),
            ("docker.elastic.co/kibana/kibana:8.4.1", 354, None),
            ("prom/node-exporter:v1.8.1", 7, Some(75)),
        ] {
            assert_eq!(of(image), Some((at_least, at_most)), "{image}");
        }
        assert_eq!(of("prom/node-exporter:v1.8.1@sha256:00"), None);
        assert_eq!(of("nginx:1.13@sha256:00"), Some((0, None)));
    }

    #[test]
    fn what_a_pull_transfers_is_a_lower_end() {
        let of = |text: &str| {
            let size = base_size(&ImageRef::parse(text), &Own::default())?;
            Some((size.at_least / 1_000_000, size.estimate, size.at_most))
        };
        // The tag, a release of its line, and one on another distribution.
        assert_eq!(of("buildpack-deps:jessie-scm"), None);
        assert_eq!(of("rabbitmq:3-management@sha256:00"), Some((106, None, None)));
        assert_eq!(of("ruby:2.7.1"), Some((544, None, None)));
        // Another variant, a release that is too far away, another line.
        for other in ["node:14-stretch-slim", "mongo:3.0", "java:7-jre"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn a_table_of_ones_own_adds_and_overrides() {
        let own = Own::parse("image\ttag\tsize_mb\tlike\nacme/base\t1\t12.000001\tdebian:bookworm\nalpine\t3.22\t9\n")
            .unwrap();
        let of = |text: &str| base_size(&ImageRef::parse(text), &own).unwrap();
        assert_eq!(of("acme/base:1").at_least, 12_000_001);
        assert_eq!(of("acme/base:1").like, "debian:bookworm");
        assert_eq!(of("docker.io/library/alpine:3.22").estimate, Some(9_000_000));
        assert_eq!(of("alpine:3.21").estimate, Some(7_800_000));
        assert_eq!(Own::parse("a\tb\n").unwrap_err().0, 1);
        assert_eq!(Own::parse("image\ttag\tsize_mb\nx\t1\tbig\n").unwrap_err().0, 2);
    }

    #[test]
    fn a_release_that_is_far_from_the_one_that_was_read_has_no_bounds() {
        let bounds = |text: &str| {
            let size = base_size(&ImageRef::parse(text), &Own::default())?;
            Some((size.at_least > 0, size.at_most.is_some()))
        };
        // What it is made from was read.
        assert_eq!(bounds("rust:1.39"), Some((false, false)));
        // What other releases have was seen.
        assert_eq!(bounds("rust:1.64"), Some((true, false)));
        assert_eq!(bounds("python:3.7"), Some((true, false)));
        assert_eq!(bounds("golang:1.15"), Some((true, false)));
        for (image, is_bounded) in [
            // 22.6 MB in 2021, 62 MB in 2026 (docker-library/repo-info).
            ("nginx:1.21.0-alpine", false),
            ("nginx:1.13-alpine", false),
            ("nginx:1.29-alpine", true),
            ("golang:1.9", false),
            ("golang:1.26.4", true),
            ("python:3.2", false),
            ("postgres:17.2", true),
            ("node:22.12-alpine", true),
            ("redis:7.0-alpine", true),
        ] {
            assert_eq!(bounds(image), Some((is_bounded, is_bounded)), "{image}");
        }
    }
}

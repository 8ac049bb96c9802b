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
                "the catalogue of {TABLE_DATE} has no size of `{}`, only {} from other releases",
                like(image),
                if at_most.is_some() { "bounds" } else { "a lower bound" }
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
            "the catalogue of {TABLE_DATE} has no size of `{}`, only a lower bound: what a pull of {} transfers",
            like(image),
            found_name(image, &found)
        ),
        like: like(image),
    })
}

fn like(image: &ImageRef) -> String {
    let name = image.official().map_or_else(|| image.path(), str::to_owned);
    format!("{name}:{}", image.tag.as_deref().unwrap_or("latest"))
}

fn why(image: &ImageRef, found: &Found) -> String {
    let release = match found.build.release {
        "" => String::new(),
        release => format!(", release {release}"),
    };
    format!("the catalogue of {TABLE_DATE}: {}{release}", found_name(image, found))
}

fn found_name(image: &ImageRef, found: &Found) -> String {
    let name = image.official().map_or_else(|| image.path(), str::to_owned);
    format!("{name}:{}", found.tag)
}

#[cfg(test)]
mod tests;

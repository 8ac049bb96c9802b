//! The builds of images that were read: what `catalogue/` says, one file an image, as `catalogue/embed` writes it down.
//!
//! A cell is empty where nothing is known, and `-` where a list is known to be empty.

use super::{is_of, release};
use crate::values::image_ref::ImageRef;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// One build of an image, under all the tags that it has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Build {
    /// Its tags, as they stood on the day of the catalogue.
    pub tags: Vec<&'static str>,
    /// What the facts were read of; empty where only the tag is known.
    pub release: &'static str,
    /// Its unpacked size in MB (10^6 bytes), as it is printed; empty where it was not seen.
    pub size_mb: &'static str,
    /// What it has at least, in MB, where its size was not seen.
    pub at_least_mb: &'static str,
    /// Whether the size is of another release than the tags.
    pub is_estimate: bool,
    /// Its USER; `root` where no line says one.
    pub user: Option<&'static str>,
    /// Its ENTRYPOINT in words.
    pub entrypoint: Option<Vec<&'static str>>,
    /// Its CMD in words.
    pub cmd: Option<Vec<&'static str>>,
    /// The ports of its EXPOSE lines.
    pub exposed: Option<Vec<&'static str>>,
    /// Its volumes.
    pub volumes: Option<Vec<&'static str>>,
    /// Whether it has a HEALTHCHECK.
    pub healthcheck: Option<bool>,
    /// `apk`, `apt`, `none` ...; empty where it was not seen.
    pub package_manager: &'static str,
    /// `glibc`, `musl`, `none`; empty where it was not seen.
    pub libc: &'static str,
    /// `yes`, `no`, a path; empty where it was not seen.
    pub shell: &'static str,
    /// Programs that it has, of those that were looked for.
    pub has: Vec<&'static str>,
    /// Programs that it has not, of those that were looked for.
    pub lacks: Vec<&'static str>,
}

/// How a reference and a build belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The build has this very tag.
    Tag,
    /// It is of the same line and variant: `3.12.4-slim` and a build of `3.12-slim`.
    Line,
}

const TABLE: &str = include_str!("images.tsv");
const COLUMNS: usize = 16;
/// How the line of a range begins.
const RANGE: &str = "\t*\t";

/// The part of the table that speaks of an image, and its builds once somebody asked.
struct Image {
    variables: &'static str,
    text: &'static str,
    builds: OnceLock<Builds>,
}

/// The builds of an image, and which one has a tag.
struct Builds {
    all: Vec<Build>,
    by_tag: HashMap<&'static str, usize>,
}

fn index() -> &'static HashMap<&'static str, Image> {
    static INDEX: OnceLock<HashMap<&'static str, Image>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = HashMap::new();
        let mut rest = TABLE.split_once('\n').map_or("", |(_, rest)| rest);
        while let Some((heading, after)) = rest.split_once('\n') {
            let (name, variables) = heading.split_once('\t').unwrap_or((heading, ""));
            let mut end = 0;
            for line in after.split_inclusive('\n') {
                if !line.starts_with('\t') {
                    break;
                }
                end += line.len();
            }
            let (text, next) = after.split_at(end);
            let builds = OnceLock::new();
            let image = Image {
                variables,
                text,
                builds,
            };
            index.insert(name, image);
            rest = next;
        }
        index
    })
}

/// Registries and folders that keep the very images of a folder of Docker Hub, by their publishers' word.
const COPIES: [(&str, &str); 8] = [
    ("bitnamilegacy/", "bitnami/"),
    ("docker.n8n.io/", ""),
    ("docker.redpanda.com/", ""),
    ("ghcr.io/home-assistant/", "homeassistant/"),
    ("ghcr.io/linuxserver/", "linuxserver/"),
    ("lscr.io/linuxserver/", "linuxserver/"),
    ("quay.io/minio/", "minio/"),
    ("quay.io/prometheus/", "prom/"),
];

fn image(image: &ImageRef) -> Option<&'static Image> {
    let name = image.official().map_or_else(|| image.path(), str::to_owned);
    let copied = || {
        let copy = |(folder, of): &(&str, &str)| Some(format!("{of}{}", name.strip_prefix(folder)?));
        index().get(COPIES.iter().find_map(copy)?.as_str())
    };
    index().get(name.as_str()).or_else(copied)
}

/// All builds of an image that were read; empty for images that are not in the catalogue.
pub(crate) fn builds(reference: &ImageRef) -> &'static [Build] {
    known(reference).map_or(&[], |builds| &builds.all)
}

fn known(reference: &ImageRef) -> Option<&'static Builds> {
    let image = image(reference)?;
    Some(image.builds.get_or_init(|| {
        let all = read(lines(image.text, false));
        let mut by_tag = HashMap::new();
        for (number, build) in all.iter().enumerate() {
            for tag in &build.tags {
                by_tag.entry(*tag).or_insert(number);
            }
        }
        Builds { all, by_tag }
    }))
}

/// The names of the variables that an image sets besides PATH, over all its tags: one that only some of them set is among
/// them. `None` where they are not known.
pub(super) fn environment(reference: &ImageRef) -> Option<HashSet<&'static str>> {
    match image(reference)?.variables {
        "" => None,
        "-" => Some(HashSet::new()),
        names => Some(names.split(' ').collect()),
    }
}

/// A range ([`super::ranges`]): its lines, the figures, the user, and whether there is a HEALTHCHECK.
pub(super) type Line = [&'static str; 4];

/// The ranges of an image.
pub(super) fn ranges(reference: &ImageRef) -> impl Iterator<Item = Line> {
    let text = image(reference).map_or("", |image| image.text);
    lines(text, true).filter_map(|line| {
        let mut cells = line.strip_prefix(RANGE)?.split('\t');
        Some(std::array::from_fn(|_| cells.next().unwrap_or("")))
    })
}

/// The lines of an image that are ranges, or those that are builds.
fn lines(text: &'static str, of_ranges: bool) -> impl Iterator<Item = &'static str> {
    text.lines().filter(move |line| line.starts_with(RANGE) == of_ranges)
}

fn read(lines: impl Iterator<Item = &'static str>) -> Vec<Build> {
    let mut rows: Vec<Vec<&'static str>> = Vec::new();
    for line in lines {
        let mut cells: Vec<&'static str> = line.split('\t').skip(1).collect();
        cells.resize(COLUMNS, "");
        for (at, cell) in cells.iter_mut().enumerate() {
            // `"3`: as in the build of that number.
            let said = cell.strip_prefix('"').and_then(|number| number.parse::<usize>().ok());
            if let Some(above) = said {
                *cell = rows.get(above).and_then(|row| row.get(at)).copied().unwrap_or("");
            }
        }
        rows.push(cells);
    }
    rows.iter().map(|cells| build(cells)).collect()
}

fn build(cells: &[&'static str]) -> Build {
    let cell = |at: usize| cells.get(at).copied().unwrap_or("");
    let list = |at: usize, separator: char| match cell(at) {
        "" => None,
        "-" => Some(Vec::new()),
        words => Some(words.split(separator).collect()),
    };
    let words = |at: usize| list(at, ' ').unwrap_or_default();
    let size = cell(2);
    Build {
        tags: words(0),
        release: cell(1),
        size_mb: size.trim_start_matches('~'),
        at_least_mb: cell(3),
        is_estimate: size.starts_with('~'),
        user: Some(cell(5)).filter(|user| !user.is_empty()),
        entrypoint: list(6, '\u{1f}'),
        cmd: list(7, '\u{1f}'),
        exposed: list(8, ' '),
        volumes: list(9, ' '),
        healthcheck: match cell(10) {
            "" => None,
            said => Some(said != "no"),
        },
        package_manager: cell(11),
        libc: cell(12),
        shell: cell(13),
        has: words(14),
        lacks: words(15),
    }
}

/// A build that a reference names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// The build.
    pub build: &'static Build,
    /// The tag of it that was meant.
    pub tag: &'static str,
    /// How sure that is.
    pub fit: Fit,
}

/// The build that a reference names: by its tag, or by the line and the variant that its release belongs to. A digest may pin
/// any release: what it names is at best of the same line.
pub(crate) fn find(image: &ImageRef) -> Option<Found> {
    let wanted = image.tag.as_deref().unwrap_or("latest");
    let builds = known(image)?;
    let named = builds.by_tag.get_key_value(wanted);
    if let Some((build, tag)) = named.and_then(|(tag, number)| Some((builds.all.get(*number)?, *tag))) {
        let fit = if image.digest.is_some() { Fit::Line } else { Fit::Tag };
        return Some(Found { build, tag, fit });
    }
    of_line(image, is_same, |_| true)
}

/// An official image with the version that its moving tag was on the day of the catalogue: the same build, the same variant.
pub(crate) fn versioned(name: &str) -> Option<String> {
    let image = ImageRef::parse(name);
    image.official()?;
    let found = find(&image).filter(|found| found.fit == Fit::Tag)?;
    let rest = ["latest", "lts", "mainline", "stable"]
        .iter()
        .find_map(|word| found.tag.strip_prefix(word));
    let variant = match rest.filter(|rest| rest.is_empty() || rest.starts_with('-')) {
        Some(rest) => rest.to_owned(),
        None => format!("-{}", found.tag),
    };
    let is_version = |tag: &&&str| {
        let version = tag.strip_suffix(variant.as_str()).unwrap_or_default();
        version.starts_with(|first: char| first.is_ascii_digit())
            && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let versions: Vec<&str> = found.build.tags.iter().filter(is_version).copied().collect();
    let line = versions.iter().find(|tag| tag.matches('.').count() == 1);
    let version = line.or(versions.first().filter(|_| versions.len() == 1))?;
    let bare = image
        .tag
        .as_deref()
        .and_then(|tag| name.strip_suffix(tag)?.strip_suffix(':'));
    Some(format!("{}:{version}", bare.unwrap_or(name)))
}

/// Whether two tags are of the same variant; of a distribution that was not read, only the very same one is.
fn is_same(wanted: &str, other: &str) -> bool {
    let variant = release::variant(wanted);
    wanted == other || variant.is_some() && release::variant(other) == variant
}

/// The build that speaks for a reference: the one that it names, else one of the same line and variant of which that is known
/// which is asked for, on another distribution if need be: they differ by less than releases do.
pub(super) fn find_with(image: &ImageRef, is_wanted: impl Fn(&Build) -> bool) -> Option<Found> {
    let has_shape = |wanted: &str, other: &str| release::shape(wanted) == release::shape(other);
    find(image)
        .filter(|found| is_wanted(found.build))
        .or_else(|| of_line(image, is_same, &is_wanted))
        .or_else(|| of_line(image, has_shape, &is_wanted))
}

fn tags(image: &ImageRef) -> impl Iterator<Item = (&'static Build, &'static str)> {
    let builds = builds(image).iter();
    builds.flat_map(|build| build.tags.iter().map(move |tag| (build, *tag)))
}

/// A build of the line and the variant of a reference.
fn of_line(
    image: &ImageRef,
    is_variant: impl Fn(&str, &str) -> bool,
    is_wanted: impl Fn(&Build) -> bool,
) -> Option<Found> {
    // Their numbers are releases of different systems, not patches of a line.
    if matches!(image.official(), Some("debian" | "ubuntu" | "buildpack-deps")) {
        return None;
    }
    let (version, suffix) = super::tag(image);
    let is_of_line = |tag: &'static str| {
        let (line, other) = release::split(tag);
        let same = if line.is_empty() {
            version.is_empty()
        } else {
            is_of(version, line) || version.is_empty()
        };
        same && is_variant(suffix, other)
    };
    // The longest line is the nearest: `3.12.4` is of `3.12` before it is of `3`; then the same words, then the plainest.
    let candidates = tags(image).filter(|(build, tag)| is_wanted(build) && is_of_line(tag));
    let (build, tag) = candidates.max_by_key(|(_, tag)| {
        let (line, other) = release::split(tag);
        let line = if version.is_empty() { 0 } else { line.len() };
        (line, other == suffix, Reverse(tag.len()))
    })?;
    Some(Found {
        build,
        tag,
        fit: Fit::Line,
    })
}

#[cfg(test)]
mod tests;

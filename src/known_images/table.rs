//! The table of images: a row says what is known of a tag, and tags that are made alike share one.

use super::{Has, is_of, release, rows, tag};
use crate::values::image_ref::ImageRef;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A row of the table of images.
pub(super) struct Row {
    /// The tag as it is listed.
    pub tag: &'static str,
    /// Its unpacked size in MB.
    pub size_mb: f64,
    /// `glibc`, `musl`.
    pub libc: &'static str,
    /// Where the figure was read: the file is named after the release.
    pub source: &'static str,
    /// Its package manager: `apt`, `apk`, `none`.
    pub manager: &'static str,
    /// Whether it has `/bin/sh`.
    pub shell: Has,
    /// `curl`, `wget` and `bash`, each with whether it is there.
    pub tools: [(&'static str, Has); 3],
    /// Whether it has an entrypoint.
    pub entrypoint: bool,
}

/// Rows by image.
pub(super) fn images() -> &'static HashMap<&'static str, Vec<Row>> {
    static TABLE: OnceLock<HashMap<&'static str, Vec<Row>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: HashMap<&'static str, Vec<Row>> = HashMap::new();
        for columns in rows(include_str!("base-images.tsv")) {
            if let [
                image,
                tag,
                size,
                manager,
                libc,
                shell,
                curl,
                wget,
                bash,
                entrypoint,
                source,
            ] = columns.as_slice()
            {
                table.entry(image).or_default().push(Row {
                    tag,
                    size_mb: size.parse().unwrap_or(0.0),
                    libc,
                    source,
                    manager,
                    shell: Has::said(shell),
                    tools: [
                        ("curl", Has::said(curl)),
                        ("wget", Has::said(wget)),
                        ("bash", Has::said(bash)),
                    ],
                    entrypoint: *entrypoint == "yes",
                });
            }
        }
        table
    })
}

/// Tags that are two names of one image: the number and the name of a release (docker-library/official-images, `library/debian`
/// and `library/ubuntu`).
const SAME: [(&str, &str, &str); 7] = [
    ("debian", "12", "bookworm"),
    ("debian", "12-slim", "bookworm-slim"),
    ("debian", "13", "trixie"),
    ("debian", "13-slim", "trixie-slim"),
    ("ubuntu", "jammy", "22.04"),
    ("ubuntu", "noble", "24.04"),
    ("ubuntu", "resolute", "26.04"),
];

/// The tag of an image under the name that the table has for it.
pub(super) fn known_tag(image: &ImageRef) -> &str {
    let given = image.tag.as_deref().unwrap_or("latest");
    let official = image.official().unwrap_or("");
    let same = SAME.iter().find(|(name, tag, _)| *name == official && *tag == given);
    same.map_or(given, |(_, _, known)| known)
}

/// The row that speaks of an image: its tag, or the tag that its release and variant belong to.
pub(super) fn row(image: &ImageRef) -> Option<&'static Row> {
    let rows = images().get(image.official()?)?;
    let given = known_tag(image);
    if let Some(row) = rows.iter().find(|row| row.tag == given) {
        return Some(row);
    }
    if matches!(image.official(), Some("debian" | "ubuntu" | "buildpack-deps")) {
        return None;
    }
    let (version, suffix) = tag(image);
    let suffix = release::variant(suffix)?;
    rows.iter().rev().find(|row| {
        let (known, other) = release::split(row.tag);
        release::variant(other).is_some_and(|other| other == suffix)
            && (version.is_empty() || known.is_empty() || is_of(version, known))
    })
}

#[cfg(test)]
mod tests {

    #[test]
    fn every_row_names_its_source() {
        for text in [
            include_str!("programs.tsv"),
            include_str!("accounts.tsv"),
            include_str!("base-images.tsv"),
            include_str!("end-of-life.tsv"),
            include_str!("debian-packages.tsv"),
        ] {
            let width = text.lines().next().unwrap().split('\t').count();
            for line in text.lines() {
                let columns: Vec<&str> = line.split('\t').collect();
                assert_eq!(columns.len(), width, "{line}");
                assert!(!columns[width - 1].is_empty(), "{line}");
            }
        }
    }
}

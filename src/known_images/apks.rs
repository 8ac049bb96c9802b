//! Packages of Alpine 3.21 to 3.24: how big they are at least.
//!
//! `apks.tsv` holds the smallest installed size that the package lists of official images showed for each (docker-library/repo-info,
//! read on 2026-08-22), of 100 kB and more, without what the base image has. The lists round, and other releases differ: a quarter is
//! taken off. What a package brings along is not known.

use super::rows;
use crate::values::image_ref::ImageRef;

/// The releases that the table was read from.
const RELEASES: [&str; 4] = ["3.21", "3.22", "3.23", "3.24"];

/// Whether an image is an Alpine that the table speaks of, with nothing added.
pub(crate) fn is_plain_alpine(image: &ImageRef) -> bool {
    let tag = image.tag.as_deref().unwrap_or("");
    let release = |known: &str| {
        tag.strip_prefix(known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    image.official() == Some("alpine") && RELEASES.into_iter().any(release)
}

/// The number of a package and its least bytes.
pub(crate) fn apk(name: &str) -> Option<(usize, u64)> {
    let mut table = rows(include_str!("apks.tsv")).enumerate();
    let (number, row) = table.find(|(_, row)| row.first() == Some(&name))?;
    let bytes: u64 = row.get(1)?.parse().ok()?;
    Some((number, bytes / 4 * 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_known_on_the_alpine_that_was_read() {
        assert!(apk("git").is_some_and(|(_, bytes)| (4_000_000..7_100_000).contains(&bytes)));
        assert_eq!(apk("name"), None);
        assert_eq!(apk("busybox"), None);
        for (image, is) in [
            ("alpine:3.22", true),
            ("alpine:3.22.1", true),
            ("alpine:3.2", false),
            ("alpine:3.20", false),
            ("alpine", false),
            ("alpine:edge", false),
            ("node:22-alpine3.22", false),
        ] {
            assert_eq!(is_plain_alpine(&ImageRef::parse(image)), is, "{image}");
        }
    }
}

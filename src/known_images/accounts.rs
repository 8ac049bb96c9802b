//! Which accounts an image's `/etc/passwd` has.

use super::family::{debian, distroless};
use super::{Has, release, rows, tag};
use crate::values::image_ref::ImageRef;
use std::collections::HashSet;
use std::sync::OnceLock;

/// Whether an image's `/etc/passwd` has a name.
pub(super) fn account(image: &ImageRef, name: &str) -> Has {
    // The account came with 23.04.
    let old = ["18.04", "20.04", "22.04", "bionic", "focal", "jammy"];
    if name == "ubuntu"
        && image.official() == Some("ubuntu")
        && image.tag.as_deref().is_some_and(|tag| old.contains(&tag))
    {
        return Has::No;
    }
    static TABLE: OnceLock<Vec<(&'static str, &'static str, HashSet<&'static str>)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("accounts.tsv"))
            .filter_map(|columns| {
                let [system, release, accounts, _source] = columns.as_slice() else {
                    return None;
                };
                let names = accounts
                    .split(' ')
                    .map(|account| account.split(':').next().unwrap_or(account))
                    .collect();
                Some((*system, *release, names))
            })
            .collect()
    });
    let told = |system: &str, release: &str| {
        table
            .iter()
            .any(|(known, of, names)| *known == system && of.starts_with(release) && names.contains(name))
    };
    let (version, suffix) = tag(image);
    let alpine = suffix.contains("alpine");
    let base = match (distroless(image), image.official()) {
        (Some("static" | "base"), _) => ("distroless", ""),
        (_, Some("alpine")) => ("alpine", ""),
        (_, Some("busybox")) => ("busybox", ""),
        (_, Some("debian")) => match debian(version, suffix) {
            Some(release) => ("debian", release),
            None => return Has::Unknown,
        },
        (_, Some("ubuntu")) if version == "24.04" || suffix.starts_with("noble") => ("ubuntu", ""),
        // Their Dockerfiles were read, and make no other account than the table says.
        (
            _,
            Some("python" | "node" | "golang" | "ruby" | "rust" | "php" | "postgres" | "redis" | "nginx" | "memcached"),
        ) => {
            if alpine {
                ("alpine", "")
            } else if release::variant(suffix).is_some() {
                ("debian", "")
            } else {
                return Has::Unknown;
            }
        }
        _ => return Has::Unknown,
    };
    let own = image.official().map(|official| format!("image {official}"));
    if told(base.0, base.1) || own.is_some_and(|own| told(&own, "")) {
        Has::Yes
    } else {
        Has::No
    }
}

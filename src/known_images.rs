//! Facts about official images, embedded: who their containers run as, what they hold, how big they are, when they end.
//!
//! The tables were read from the images' own Dockerfiles, file lists and release pages; each row names its source. What is
//! not in them is unknown, never absent.

mod accounts;
mod apks;
mod builds;
mod clients;
mod configuration;
mod contents;
mod credentials;
mod databases;
mod debs;
mod elsewhere;
mod family;
mod has;
mod image;
mod libc;
mod package_lacks;
mod paths;
mod programs;
mod ranges;
mod release;
mod root;
mod servers;
mod shells;
mod sizes;

use crate::values::image_ref::ImageRef;
use std::collections::HashMap;
use std::sync::OnceLock;

pub(crate) use apks::{apk, is_plain_alpine};
pub(crate) use builds::versioned;
pub(crate) use clients::passes_on;
pub(crate) use configuration::{Remedy, unread};
pub(crate) use contents::has_loader_need;
pub(crate) use credentials::{is_guessable, password_variables};
pub(crate) use databases::is_database;
pub(crate) use debs::{deb, debs_total};
pub(crate) use elsewhere::moved;
pub(crate) use family::{Debian, is_debian, lean_debian};
pub(crate) use has::Has;
pub(crate) use image::{Image, Images};
pub(crate) use libc::{Libc, debian_with};
pub(crate) use package_lacks::package_lacks;
pub(crate) use paths::{PathKind, has_usual_path, path_kind};
pub(crate) use release::{End, ended, size_mb, smaller};
pub(crate) use root::{StartsAsRoot, starts_as_root};
pub(crate) use shells::Sh;
pub(crate) use sizes::{BaseSize, Own};

/// The newest day that the bundled tables speak of: dates are held against it, never against a clock.
pub(crate) const TABLE_DATE: &str = "2026-11-23";

/// Who an image's containers run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUser {
    /// Its USER, as written; empty where it has none, which means root.
    pub user: String,
    /// How its entrypoint steps down from root by itself; empty where it does not.
    pub steps_down: &'static str,
}

/// The default user of an image: that of its build, else the one that all tags of an official image agree on; `None` for images
/// that are not in the tables.
fn user(image: &ImageRef) -> Option<BaseUser> {
    static TABLE: OnceLock<HashMap<&'static str, BaseUser>> = OnceLock::new();
    let table = TABLE.get_or_init(|| users(include_str!("known_images/default-users.tsv")));
    let agrees = |known: &&BaseUser| {
        let is_root = |user: &str| matches!(user, "root" | "0" | "");
        let same = |user: &str| user == known.user || is_root(user) && is_root(&known.user);
        builds::builds(image).iter().filter_map(|build| build.user).all(same)
    };
    let official = image.official().and_then(|name| table.get(name));
    let of_build = builds::find(image).and_then(|found| found.build.user);
    match of_build.or_else(|| ranges::user(image)) {
        None => official.filter(agrees).cloned(),
        Some("root" | "0") => Some(BaseUser {
            user: String::new(),
            steps_down: official.map_or("", |known| known.steps_down),
        }),
        Some(user) => Some(BaseUser {
            user: user.to_owned(),
            steps_down: "",
        }),
    }
}

/// Whether it has no HEALTHCHECK: official images have none, by the policy of their maintainers (docker-library/faq,
/// "healthcheck").
fn has_no_healthcheck(image: &ImageRef) -> bool {
    image.official().is_some() && user(image).is_some() || has_healthcheck(image) == Some(false)
}

/// Whether it has a HEALTHCHECK: the build of that very tag tells, or all releases of its line.
fn has_healthcheck(image: &ImageRef) -> Option<bool> {
    let told = builds::find(image).filter(|found| found.fit == builds::Fit::Tag);
    told.and_then(|found| found.build.healthcheck)
        .or_else(|| ranges::healthcheck(image))
}

/// Whether an image has a health check, of which nothing else need be known.
pub(crate) fn is_probed(image: &Image) -> bool {
    let in_tables = || has_healthcheck(image) == Some(true);
    image.healthcheck().map_or_else(in_tables, |test| !test.is_empty())
}

/// Whether an official image sets no WORKDIR: those whose Dockerfiles, down to the distribution, have no such line.
pub(crate) fn starts_in_root(image: &ImageRef) -> bool {
    matches!(
        image.official(),
        Some(
            "alpine"
                | "almalinux"
                | "amazonlinux"
                | "buildpack-deps"
                | "busybox"
                | "debian"
                | "fedora"
                | "nginx"
                | "node"
                | "oraclelinux"
                | "python"
                | "rockylinux"
                | "ubuntu"
        )
    )
}

/// Folders outside of its volumes that a container of an official image writes to before it serves anything
/// (docker-library/docs `nginx/content.md`, "Running nginx in read-only mode"; for the others the folders of socket, process id
/// and log in the images' Dockerfiles and default settings).
pub(crate) fn written(image: &ImageRef) -> &'static [&'static str] {
    match image.official() {
        Some("httpd") => &["/usr/local/apache2/logs"],
        Some("mariadb") => &["/run/mysqld", "/tmp"],
        Some("mongo") => &["/tmp"],
        Some("mysql") => &["/var/run/mysqld", "/tmp"],
        Some("nginx") => &["/var/cache/nginx", "/run"],
        Some("postgres") => &["/run/postgresql"],
        _ => &[],
    }
}

fn users(text: &'static str) -> HashMap<&'static str, BaseUser> {
    let mut table = HashMap::new();
    for columns in rows(text) {
        if let [image, user, steps_down, _source] = columns.as_slice() {
            let user = BaseUser {
                user: (*user).to_owned(),
                steps_down,
            };
            table.entry(*image).or_insert(user);
        }
    }
    table
}

/// The rows of a table without its heading.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect())
}

/// The tag of an image in two: its version, and what follows the first dash (`3.12-slim-bookworm`); `latest` where it has
/// none.
fn tag(image: &ImageRef) -> (&str, &str) {
    let tag = image.tag.as_deref().unwrap_or("latest");
    if tag.starts_with(|first: char| first.is_ascii_digit()) || tag.starts_with('v') {
        return tag.split_once('-').unwrap_or((tag, ""));
    }
    ("", tag)
}

/// Whether `version` is `wanted` or a release of it: `3.12.4` is one of `3.12`.
fn is_of(version: &str, wanted: &str) -> bool {
    version
        .strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn official_images_have_a_known_user_and_others_do_not() {
        let of = |text: &str| user(&ImageRef::parse(text));
        assert_eq!(of("python:3.12-alpine").map(|row| row.user).as_deref(), Some(""));
        assert!(of("docker.io/library/postgres:16").is_some_and(|row| row.steps_down.starts_with("gosu")));
        assert_eq!(of("solr:9").map(|row| row.user).as_deref(), Some("8983"));
        assert_eq!(of("acme/python:3"), None);
    }

    #[test]
    fn builds_that_disagree_speak_for_themselves() {
        let of = |text: &str| user(&ImageRef::parse(text)).map(|row| row.user);
        assert_eq!(of("haproxy:1").as_deref(), Some(""));
        assert_eq!(of("haproxy:3.4").as_deref(), Some("haproxy"));
        assert_eq!(of("haproxy:2.2-not-read"), None);
        assert_eq!(of("docker:dind-rootless").as_deref(), Some("rootless"));
        assert_eq!(of("prom/prometheus:latest").as_deref(), Some("nobody"));
    }
}

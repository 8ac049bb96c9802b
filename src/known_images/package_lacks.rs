//! Programs that packages are known not to bring, with all that comes with them.

use super::family::is_debian;
use super::rows;
use crate::values::image_ref::ImageRef;
use std::collections::HashSet;
use std::sync::OnceLock;

/// Whether a package of Debian, with all that comes with it, is known not to bring a program.
fn brings_no(package: &str, program: &str) -> bool {
    static TABLE: OnceLock<Vec<(Vec<&'static str>, HashSet<&'static str>)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("debian-packages.tsv"))
            .filter_map(|columns| {
                let [lacking, packages, _source] = columns.as_slice() else {
                    return None;
                };
                Some((lacking.split(' ').collect(), packages.split(' ').collect()))
            })
            .collect()
    });
    let name = package.split(['=', ':']).next().unwrap_or(package);
    table
        .iter()
        .any(|(lacking, packages)| lacking.contains(&program) && packages.contains(name))
}

/// Packages of Alpine that bring neither `curl` nor `bash` along, with all that they depend on.
const PLAIN_APKS: [&str; 54] = [
    "alpine-conf",
    "build-base",
    "busybox-extras",
    "bzip2",
    "ca-certificates",
    "ca-certificates-bundle",
    "coreutils",
    "dumb-init",
    "file",
    "findutils",
    "fontconfig",
    "freetype",
    "g++",
    "gcc",
    "gcompat",
    "gettext",
    "git",
    "gnupg",
    "gzip",
    "icu-data-full",
    "icu-libs",
    "iputils",
    "jq",
    "krb5-libs",
    "libc-dev",
    "libc6-compat",
    "libffi",
    "libffi-dev",
    "libgcc",
    "libintl",
    "libpq",
    "libssl3",
    "libstdc++",
    "libxml2-dev",
    "libxslt-dev",
    "linux-headers",
    "make",
    "musl-dev",
    "netcat-openbsd",
    "openssl",
    "openssl-dev",
    "procps",
    "python3-dev",
    "shadow",
    "sqlite",
    "su-exec",
    "tar",
    "tini",
    "tzdata",
    "unzip",
    "wget",
    "xz",
    "zlib",
    "zlib-dev",
];

/// Packages of Debian and Ubuntu that bring neither `pip` nor `python`, with all that comes with them: those are in
/// python3-pip and python-is-python3, which none of these names (as their descriptions say; no index was searched).
const PLAIN_PYTHON: [&str; 12] = [
    "build-essential",
    "ca-certificates",
    "curl",
    "gcc",
    "git",
    "libpq-dev",
    "python3",
    "python3-dev",
    "python3-minimal",
    "python3-venv",
    "tzdata",
    "wget",
];

/// Whether a package that is installed into an image is known not to bring a program.
pub(crate) fn package_lacks(image: &ImageRef, package: &str, program: &str) -> bool {
    let is_python = matches!(program, "pip" | "pip3" | "python");
    if is_python && (is_debian(image) || image.official() == Some("ubuntu")) {
        return PLAIN_PYTHON.binary_search(&package).is_ok();
    }
    if is_debian(image) {
        return brings_no(package, program);
    }
    let is_alpine =
        image.official() == Some("alpine") || image.tag.as_deref().is_some_and(|tag| tag.contains("alpine"));
    let name = package.split(['=', '~', '<', '>', '@']).next().unwrap_or(package);
    is_alpine && matches!(program, "curl" | "bash") && PLAIN_APKS.binary_search(&name).is_ok()
}

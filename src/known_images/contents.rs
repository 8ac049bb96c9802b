//! What official images hold: programs, accounts, a shell, a C library.

use super::{is_of, release, rows, tag};
use crate::values::image_ref::ImageRef;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Not known here.
    Unknown,
}

impl Has {
    fn said(text: &str) -> Self {
        match text {
            "yes" => Has::Yes,
            "no" => Has::No,
            _ => Has::Unknown,
        }
    }
}

/// Names of programs that are there, and that were looked for in vain.
struct Programs {
    release: &'static str,
    present: HashSet<&'static str>,
    absent: HashSet<&'static str>,
}

impl Programs {
    fn has(&self, name: &str) -> Has {
        match (self.present.contains(name), self.absent.contains(name)) {
            (true, _) => Has::Yes,
            (_, true) => Has::No,
            _ => Has::Unknown,
        }
    }
}

/// Rows by family or image.
fn programs() -> &'static HashMap<&'static str, Vec<Programs>> {
    static TABLE: OnceLock<HashMap<&'static str, Vec<Programs>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: HashMap<&'static str, Vec<Programs>> = HashMap::new();
        for columns in rows(include_str!("programs.tsv")) {
            if let [family, release, present, absent, _source] = columns.as_slice() {
                table.entry(family).or_default().push(Programs {
                    release,
                    present: present.split(' ').collect(),
                    absent: absent.split(' ').collect(),
                });
            }
        }
        table
    })
}

/// The files of a system as a whole: its family in the table of programs, and for Debian the releases that it may be.
struct Family {
    name: &'static str,
    debian: &'static [&'static str],
}

const BOTH: &[&str] = &["12", "13"];
const BOOKWORM: &[&str] = &["12"];
const TRIXIE: &[&str] = &["13"];

fn family(image: &ImageRef) -> Option<Family> {
    let known = |name, debian| Some(Family { name, debian });
    if let Some(kind) = distroless(image) {
        return match (kind, is_debug(image)) {
            ("static", false) => known("distroless-static", &[]),
            ("static", true) => known("distroless-static:debug", &[]),
            _ => None,
        };
    }
    let name = image.official()?;
    let (version, suffix) = tag(image);
    let alpine = suffix.split('-').any(|part| part.starts_with("alpine"));
    // `slim-bookworm`; other releases of Debian were not read.
    let slim = match suffix.strip_prefix("slim").map(|rest| rest.trim_start_matches('-')) {
        Some("") => Some(BOTH),
        Some("bookworm") => Some(BOOKWORM),
        Some("trixie") => Some(TRIXIE),
        _ => None,
    };
    // The templates of these releases are those that were read.
    let recent = |first: (u32, u32)| {
        let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
        let major = numbers.next().unwrap_or(0);
        version.is_empty() || (major, numbers.next().unwrap_or(u32::MAX)) >= first
    };
    match name {
        "alpine" => known("alpine", &[]),
        "busybox" => known("busybox", &[]),
        "debian" => match debian(version, suffix)? {
            "12" => known("debian-slim", BOOKWORM),
            _ => known("debian-slim", TRIXIE),
        },
        "ubuntu" if version == "24.04" || suffix.starts_with("noble") => known("ubuntu", &[]),
        "python" if recent((3, 11)) && alpine => known("python-alpine", &[]),
        "python" if recent((3, 11)) => known("python-slim", slim?),
        "node" if recent((22, 0)) && alpine => known("node-alpine", &[]),
        "node" if recent((22, 0)) => known("node-slim", slim?),
        _ => None,
    }
}

/// The release of a Debian tag, of those that were read.
fn debian(version: &str, suffix: &str) -> Option<&'static str> {
    let word = if version.is_empty() {
        suffix.split('-').next()?
    } else {
        version
    };
    match word {
        "bookworm" | "oldstable" => Some("12"),
        "trixie" | "stable" | "latest" => Some("13"),
        _ if is_of(version, "12") => Some("12"),
        _ if is_of(version, "13") => Some("13"),
        _ => None,
    }
}

/// The kind of a distroless image: `static`, `base`, `cc`, `python3` ...
fn distroless(image: &ImageRef) -> Option<&str> {
    if image.registry.as_deref() != Some("gcr.io") {
        return None;
    }
    let kind = image.name.strip_prefix("distroless/")?;
    Some(kind.split('-').next().unwrap_or(kind))
}

fn is_debug(image: &ImageRef) -> bool {
    image.tag.as_deref().is_some_and(|tag| tag.contains("debug")) || image.name.contains("debug")
}

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
    manager: &'static str,
    shell: Has,
    tools: [(&'static str, Has); 3],
    entrypoint: bool,
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

/// Whether an image has a program, by name. What its own layers did to it counts, what a later build does not.
pub(crate) fn program(image: &ImageRef, name: &str) -> Has {
    let client = super::clients::has(image, name);
    if client != Has::Unknown {
        return client;
    }
    if let Some(family) = family(image) {
        let of = |family: &str, release: &str| {
            programs().get(family).map_or(Has::Unknown, |rows| {
                rows.iter()
                    .filter(|row| row.release.starts_with(release))
                    .map(|row| row.has(name))
                    .find(|has| *has != Has::Unknown)
                    .unwrap_or(Has::Unknown)
            })
        };
        let has = if family.name == "debian-slim" {
            Has::No
        } else {
            of(family.name, "")
        };
        let bases = family.debian.iter().map(|release| of("debian-slim", release));
        return match has {
            Has::No => bases.fold(Has::No, |known, base| {
                if known == base {
                    known
                } else {
                    differ(family.debian, base)
                }
            }),
            has => has,
        };
    }
    let Some(official) = image.official() else {
        return Has::Unknown;
    };
    let (version, suffix) = tag(image);
    let alpine = suffix.contains("alpine");
    let major = version.split('.').next().unwrap_or("");
    let told = programs().get(official).and_then(|rows| {
        rows.iter()
            .filter(|row| {
                let (release, flavour) = row.release.split_once(' ').unwrap_or((row.release, ""));
                let same = release == "mainline" || major.is_empty() || release.split('.').next() == Some(major);
                same && flavour.contains("alpine") == alpine && flavour.contains("slim") == suffix.contains("slim")
            })
            .map(|row| row.has(name))
            .find(|has| *has != Has::Unknown)
    });
    if let Some(has) = told {
        return has;
    }
    let Some(row) = row(image) else {
        return Has::Unknown;
    };
    if row.shell == Has::No && row.libc == "none" && row.manager == "none" && matches!(name, "sh" | "bash" | "ash") {
        return Has::No;
    }
    if let Some((_, has)) = row.tools.iter().find(|(tool, _)| *tool == name) {
        return *has;
    }
    // What busybox brings to Alpine is in every image that is made of it.
    let in_alpine = || {
        programs()
            .get("alpine")
            .is_some_and(|rows| rows.iter().any(|row| row.has(name) == Has::Yes))
    };
    if row.manager == "apk" && in_alpine() {
        Has::Yes
    } else {
        Has::Unknown
    }
}

/// Two releases that may be meant say different things; one that is meant for sure decides.
fn differ(releases: &[&str], base: Has) -> Has {
    if releases.len() == 1 { base } else { Has::Unknown }
}

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
const PLAIN_APKS: [&str; 41] = [
    "alpine-conf",
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
    "libc6-compat",
    "libffi",
    "libgcc",
    "libintl",
    "libpq",
    "libssl3",
    "libstdc++",
    "netcat-openbsd",
    "openssl",
    "procps",
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
];

/// Whether a package that is installed into an image is known not to bring a program.
pub(crate) fn package_lacks(image: &ImageRef, package: &str, program: &str) -> bool {
    if is_debian(image) {
        return brings_no(package, program);
    }
    let is_alpine =
        image.official() == Some("alpine") || image.tag.as_deref().is_some_and(|tag| tag.contains("alpine"));
    let name = package.split(['=', '~', '<', '>', '@']).next().unwrap_or(package);
    is_alpine && matches!(program, "curl" | "bash") && PLAIN_APKS.binary_search(&name).is_ok()
}

/// Whether an image is made of Debian as it was read: its packages are those of the table.
pub(crate) fn is_debian(image: &ImageRef) -> bool {
    family(image).is_some_and(|family| !family.debian.is_empty())
}

/// Whether an image has `/bin/sh`.
pub(crate) fn shell(image: &ImageRef) -> Has {
    if distroless(image).is_some() {
        return if is_debug(image) {
            Has::Unknown
        } else if image.digest.is_some() && image.tag.is_none() {
            // A digest alone may be that of a debug image.
            Has::Unknown
        } else {
            Has::No
        };
    }
    match program(image, "sh") {
        Has::Unknown => row(image).map_or(Has::Unknown, |row| row.shell),
        has => has,
    }
}

/// Whether an image has an entrypoint, so that a command is only its argument.
pub(crate) fn has_entrypoint(image: &ImageRef) -> Has {
    match (image.official(), row(image)) {
        (Some("alpine" | "debian" | "ubuntu" | "busybox" | "python" | "golang" | "ruby" | "rust"), _) => Has::No,
        (_, Some(row)) if row.entrypoint => Has::Yes,
        (_, Some(_)) => Has::No,
        _ => Has::Unknown,
    }
}

/// The ENTRYPOINT and CMD of an official image as they were last seen for its tag; an empty list is none.
pub(crate) fn started(image: &ImageRef) -> Option<(Vec<String>, Vec<String>)> {
    let (name, tag) = (image.official()?, row(image)?.tag);
    let found = rows(include_str!("commands.tsv")).find(|row| row.starts_with(&[name, tag]))?;
    let words = |column: usize| match found.get(column).copied().unwrap_or("") {
        "" => Some(Vec::new()),
        list => serde_json::from_str(list).ok(),
    };
    Some((words(2)?, words(3)?))
}

/// The C library of an image.
pub(crate) fn has_libc(image: &ImageRef) -> Option<&'static str> {
    Some(row(image)?.libc).filter(|libc| matches!(*libc, "glibc" | "musl"))
}

/// Whether a program of an image needs a loader and libraries beside it: for sure (measured: official Python is built with
/// `--enable-shared`), or because distributions link their programs so. `None` where that is not known.
pub(crate) fn has_loader_need(image: &ImageRef, path: &str) -> Option<bool> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let folder = path.strip_suffix(name)?.trim_end_matches('/');
    match image.official()? {
        "python" if folder == "/usr/local/bin" && name.starts_with("python") && !name.contains("config") => Some(true),
        "node" if folder == "/usr/local/bin" && name == "node" => Some(false),
        "alpine" | "debian" | "ubuntu" | "python" | "node"
            if matches!(folder, "/bin" | "/usr/bin") && program(image, name) == Has::Yes =>
        {
            // Scripts and links are no programs of their own.
            matches!(
                name,
                "bash" | "dash" | "sh" | "busybox" | "wget" | "tar" | "gzip" | "perl" | "grep" | "sed"
            )
            .then_some(false)
        }
        _ => None,
    }
}

/// Whether an image's `/etc/passwd` has a name.
pub(crate) fn account(image: &ImageRef, name: &str) -> Has {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn has(image: &str, name: &str) -> Has {
        program(&ImageRef::parse(image), name)
    }

    #[test]
    fn programs_are_there_absent_or_unknown() {
        for (image, name, expected) in [
            ("alpine:3.20", "wget", Has::Yes),
            ("alpine:3.20", "curl", Has::No),
            ("alpine:3.20", "no-such-tool", Has::Unknown),
            ("debian:bookworm-slim", "curl", Has::No),
            ("debian:bookworm-slim", "adduser", Has::Yes),
            ("debian:13", "adduser", Has::No),
            ("debian:11", "curl", Has::Unknown),
            ("python:3.12-slim", "curl", Has::No),
            ("python:3.12-slim", "adduser", Has::Unknown),
            ("python:3.12-slim-trixie", "adduser", Has::No),
            ("python:3.12-slim-bookworm", "adduser", Has::Yes),
            ("python:3.12-slim-bullseye", "curl", Has::Unknown),
            ("python:3.6-slim", "curl", Has::Unknown),
            ("python:3.12", "curl", Has::Yes),
            ("node:24-alpine3.22", "curl", Has::No),
            ("redis:7.4-alpine", "curl", Has::No),
            ("redis:7.4-alpine", "redis-cli", Has::Yes),
            ("redis:7.4-alpine", "wget", Has::Yes),
            ("postgres:16-alpine", "pg_isready", Has::Unknown),
            ("nginx:1.27", "curl", Has::Yes),
            ("gcr.io/distroless/static-debian12", "curl", Has::No),
            ("acme/alpine:3", "curl", Has::Unknown),
        ] {
            assert_eq!(has(image, name), expected, "{image} {name}");
        }
    }

    #[test]
    fn shells_and_accounts_are_known_of_some_images() {
        let sh = |image: &str| shell(&ImageRef::parse(image));
        assert_eq!(sh("nats:2.10"), Has::No);
        assert_eq!(sh("nats:2.10-alpine"), Has::Yes);
        assert_eq!(sh("gcr.io/distroless/base-debian12:nonroot"), Has::No);
        assert_eq!(sh("gcr.io/distroless/base-debian12:debug"), Has::Unknown);
        assert_eq!(sh("acme/api:1"), Has::Unknown);
        let of = |image: &str, name: &str| account(&ImageRef::parse(image), name);
        assert_eq!(of("python:3.12-alpine", "mcp"), Has::No);
        assert_eq!(of("node:22-alpine", "node"), Has::Yes);
        assert_eq!(of("alpine", "www-data"), Has::No);
        assert_eq!(of("debian:12", "www-data"), Has::Yes);
        assert_eq!(of("gcr.io/distroless/static", "nonroot"), Has::Yes);
        assert_eq!(of("acme/api", "api"), Has::Unknown);
    }

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

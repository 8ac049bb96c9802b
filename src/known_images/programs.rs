//! Which programs an image has: those that its family, its own row of programs or its package manager brings.

use super::builds::Build;
use super::family::{Family, family};
use super::{Has, builds, clients, rows, tag};
use crate::values::image_ref::ImageRef;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// Names of programs that are there, and that were looked for in vain.
struct Programs {
    release: &'static str,
    present: &'static str,
    absent: &'static str,
    /// Both, once somebody asks: a run is about few images.
    names: OnceLock<[HashSet<&'static str>; 2]>,
}

impl Programs {
    fn has(&self, name: &str) -> Has {
        let lists = || [self.present, self.absent].map(|list| list.split(' ').collect());
        let [present, absent] = self.names.get_or_init(lists);
        match (present.contains(name), absent.contains(name)) {
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
                    present,
                    absent,
                    names: OnceLock::new(),
                });
            }
        }
        table
    })
}

/// Programs that no image of a distribution or a language has before something installs them: managers of packages beside
/// the language's own, and tools of distributions that their images leave away.
const OF_NONE: [&str; 11] = [
    "add-apt-repository",
    "bun",
    "bunx",
    "lsb_release",
    "pdm",
    "pipenv",
    "pnpm",
    "pnpx",
    "poetry",
    "uv",
    "uvx",
];

/// Images besides the families of which that holds, in all their variants.
const WITHOUT: [&str; 7] = [
    "buildpack-deps",
    "debian",
    "eclipse-temurin",
    "golang",
    "node",
    "python",
    "ubuntu",
];

/// Package managers, and the word of the catalogue for images that have them.
const MANAGERS: [(&str, &str); 4] = [("apk", "apk"), ("apt", "apt"), ("apt-get", "apt"), ("dpkg", "apt")];

/// Whether an image has a program, by name. What its own layers did to it counts, what a later build does not.
pub(super) fn program(image: &ImageRef, name: &str) -> Has {
    let client = clients::has(image, name);
    if client != Has::Unknown {
        return client;
    }
    let name = if name == "pip3" { "pip" } else { name };
    if let Some(family) = family(image) {
        return match family.unlike.contains(&name) {
            true => Has::Unknown,
            false if OF_NONE.contains(&name) => Has::No,
            false => of_family(&family, name),
        };
    }
    let Some(official) = image.official() else {
        return Has::Unknown;
    };
    if WITHOUT.contains(&official) && OF_NONE.contains(&name) {
        return Has::No;
    }
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
    let Some(found) = builds::find(image) else {
        return Has::Unknown;
    };
    let build = found.build;
    if build.shell == "no"
        && build.libc == "none"
        && build.package_manager == "none"
        && matches!(name, "sh" | "bash" | "ash")
    {
        return Has::No;
    }
    if build.has.contains(&name) {
        return Has::Yes;
    }
    if build.lacks.contains(&name) {
        return Has::No;
    }
    if lacked_by_all_alike(image, build, name) {
        return Has::No;
    }
    if let Some((_, manager)) = MANAGERS.iter().find(|(program, _)| *program == name)
        && matches!(build.package_manager, "apk" | "apt")
    {
        return if build.package_manager == *manager {
            Has::Yes
        } else {
            Has::No
        };
    }
    // What busybox brings to Alpine is in every image that is made of it.
    let in_alpine = || {
        programs()
            .get("alpine")
            .is_some_and(|rows| rows.iter().any(|row| row.has(name) == Has::Yes))
    };
    if build.package_manager == "apk" && in_alpine() {
        Has::Yes
    } else {
        Has::Unknown
    }
}

/// Whether the images of a family have a program.
fn of_family(family: &Family, name: &str) -> Has {
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
    match has {
        Has::No => bases.fold(Has::No, |known, base| {
            if known == base {
                known
            } else {
                differ(family.debian, base)
            }
        }),
        has => has,
    }
}

/// What every build of the same kind that was looked at lacks, one that nobody looked at lacks too.
fn lacked_by_all_alike(image: &ImageRef, build: &Build, name: &str) -> bool {
    let alike = builds::builds(image).iter().filter(|other| {
        other.package_manager == build.package_manager && other.libc == build.libc && !build.libc.is_empty()
    });
    let (has, lacks) = alike.fold((false, false), |(has, lacks), other| {
        (has || other.has.contains(&name), lacks || other.lacks.contains(&name))
    });
    build.has.is_empty() && build.lacks.is_empty() && lacks && !has
}

/// Two releases that may be meant say different things; one that is meant for sure decides.
fn differ(releases: &[&str], base: Has) -> Has {
    if releases.len() == 1 { base } else { Has::Unknown }
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
            ("python:3.12-slim", "pip3", Has::Yes),
            ("python:3.12", "uv", Has::No),
            ("node:24", "pnpm", Has::No),
            ("node:24", "apk", Has::No),
            ("node:24-trixie-slim", "wget", Has::No),
            ("node:20-slim", "curl", Has::No),
            ("node:24-bullseye-slim", "curl", Has::Unknown),
            ("ubuntu:22.04", "sudo", Has::No),
            ("ubuntu:22.04", "adduser", Has::Unknown),
            ("mcr.microsoft.com/dotnet/aspnet:10.0", "curl", Has::No),
            ("mcr.microsoft.com/dotnet/aspnet:9.0.1", "wget", Has::No),
            ("mcr.microsoft.com/dotnet/aspnet:9.0-alpine", "wget", Has::Yes),
            ("mcr.microsoft.com/dotnet/aspnet:6.0", "curl", Has::No),
            ("mcr.microsoft.com/dotnet/aspnet:10.0", "openssl", Has::Unknown),
            ("mcr.microsoft.com/dotnet/sdk:10.0", "curl", Has::Unknown),
            (
                "mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled",
                "curl",
                Has::Unknown,
            ),
            ("python:3.12-slim", "adduser", Has::Unknown),
            ("python:3.12-slim-trixie", "adduser", Has::No),
            ("python:3.12-slim-bookworm", "adduser", Has::Yes),
            ("python:3.12-slim-bullseye", "curl", Has::Unknown),
            ("python:3.6-slim", "adduser", Has::Unknown),
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
}

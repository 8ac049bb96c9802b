//! What official images start with and on: a shell, an entrypoint, a command, a C library.

use super::family::{distroless, is_debug};
use super::programs::program;
use super::{Has, builds};
use crate::values::image_ref::ImageRef;

/// Whether an image has `/bin/sh`.
pub(super) fn shell(image: &ImageRef) -> Has {
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
        Has::Unknown => builds::find(image).map_or(Has::Unknown, |found| Has::said(found.build.shell)),
        has => has,
    }
}

/// Whether an image has an entrypoint, so that a command is only its argument.
pub(super) fn has_entrypoint(image: &ImageRef) -> Has {
    match (
        image.official(),
        builds::find(image).and_then(|found| found.build.entrypoint.as_deref()),
    ) {
        (Some("alpine" | "debian" | "ubuntu" | "busybox" | "python" | "golang" | "ruby" | "rust"), _) => Has::No,
        (_, Some([])) => Has::No,
        (_, Some(_)) => Has::Yes,
        _ => Has::Unknown,
    }
}

/// The ENTRYPOINT and CMD of an image as they were last seen for its tag; an empty list is none.
pub(super) fn started(image: &ImageRef) -> Option<(Vec<String>, Vec<String>)> {
    let build = builds::find(image)?.build;
    let words = |list: &Option<Vec<&str>>| Some(list.as_ref()?.iter().map(|word| (*word).to_owned()).collect());
    Some((words(&build.entrypoint)?, words(&build.cmd)?))
}

/// The ports that an image exposes; `None` where that is not known.
pub(super) fn exposed(image: &ImageRef) -> Option<&'static [&'static str]> {
    builds::find(image)?.build.exposed.as_deref()
}

/// The folders that an image declares as volumes; empty where none is known.
pub(super) fn volumes(image: &ImageRef) -> &'static [&'static str] {
    builds::find(image)
        .and_then(|found| found.build.volumes.as_deref())
        .unwrap_or(&[])
}

/// The C library of an image.
pub(super) fn has_libc(image: &ImageRef) -> Option<&'static str> {
    Some(builds::find(image)?.build.libc).filter(|libc| matches!(*libc, "glibc" | "musl"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known_images::accounts::account;

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
}

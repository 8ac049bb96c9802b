use super::{Check, Group};
use crate::build::linked::{self, Builder, Linkage};
use crate::build::{FileSystem, JudgedFile};
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::{self, Image, Libc};
use crate::repository::Repository;
use crate::source::Span;
use std::collections::HashSet;

rule! {
    /// A program is built against a newer glibc, or against another C library, than the stage that runs it has.
    ///
    /// ## Why it matters
    /// The build passes and the container stops at once: `version 'GLIBC_2.39' not found`, or, on Alpine, `not found` about a
    /// program that is there. A builder whose tag names no Debian release moves to the next one by itself.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM rust:1.91-slim AS build
    /// WORKDIR /src
    /// COPY . .
    /// RUN cargo build --release
    /// FROM debian:bookworm-slim
    /// COPY --from=build /src/target/release/api /usr/local/bin/api  # <- here
    /// CMD ["api"]
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM rust:1.91-slim-bookworm AS build
    /// WORKDIR /src
    /// COPY . .
    /// RUN cargo build --release
    /// FROM debian:bookworm-slim
    /// COPY --from=build /src/target/release/api /usr/local/bin/api
    /// CMD ["api"]
    /// ```
    ///
    /// ## Notes
    /// Every program that is linked with glibc 2.34 or newer requires 2.34. What requires more depends on the program: one
    /// that Rust links on Debian 13 requires 2.39 if it starts processes. Go links with a C library only where cgo is on and
    /// the program uses `net`, `os/user` or C. Only programs that the stage starts are looked at, and only on images whose C
    /// library is known.
    RULE {
        name: "incompatible-libc",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for shipped in file.shipped_stages() {
        let (Some(stage), Some(contents)) = (file.plan.stages.get(shipped), file.contents().get(shipped)) else {
            continue;
        };
        let Some(runs) = contents.root().and_then(Image::libc).filter(|_| file.runs_on_linux(stage)) else {
            continue;
        };
        let mut tell = |span: Span, message: String, help: String| {
            found.push(Finding::new(span, message).help(help).related(stage.from, "base image of the stage"));
        };
        of_context(file, shipped, contents, runs, &mut tell);
        let mut seen = HashSet::new();
        for program in linked::started(file, shipped) {
            let Some(copied) = program.copied.filter(|copied| seen.insert(*copied)) else {
                continue;
            };
            let linkage = program.linkage;
            let Some(what) = mismatch(linkage, runs, contents) else { continue };
            let stage = file.stage_name(shipped);
            let message = format!("{stage} starts a program linked with {}, but has {runs}: {what}", linkage.libc);
            tell(copied, message, help(linkage, runs));
        }
    }
}

/// What goes wrong where a program runs on another C library, if anything does.
fn mismatch(linkage: Linkage, runs: Libc, contents: &FileSystem) -> Option<&'static str> {
    match (linkage.libc, runs) {
        (Libc::Musl, Libc::Musl) => None,
        (Libc::Glibc(_), Libc::Glibc(release)) => {
            let (sure, worst) = linkage.needs()?;
            match linkage.by {
                Builder::Go if release < sure => Some("it does not start if it uses `net`, `os/user` or C"),
                _ if release < sure => Some("it does not start"),
                _ if release < worst => Some("it does not start if it uses anything newer, as starting processes does"),
                _ => None,
            }
        }
        _ if contents.may_have_libc(linkage.libc) => None,
        _ if linkage.by == Builder::Go => Some("it does not start if it uses `net`, `os/user` or C"),
        _ => Some("it does not start"),
    }
}

fn help(linkage: Linkage, runs: Libc) -> String {
    match (linkage.by, linkage.libc, runs) {
        (Builder::Go, ..) => "build it with `CGO_ENABLED=0 go build`, or on the same distribution as the stage that runs it".to_owned(),
        (_, Libc::Glibc(_), Libc::Glibc(release)) => match known_images::debian_with(release) {
            Some(word) => format!("use a builder tag that ends in `-{word}`: both stages need the same release"),
            None => "build on the release that runs it, or run on the one that builds".to_owned(),
        },
        (Builder::Cargo, ..) => "build it for `x86_64-unknown-linux-musl`, or run it on the distribution that builds it".to_owned(),
        (Builder::C, ..) => "build it on the distribution that runs it, or link it with `-static`".to_owned(),
    }
}

/// A program of the checkout, by its own header.
fn of_context(
    file: &JudgedFile,
    shipped: usize,
    contents: &FileSystem,
    runs: Libc,
    tell: &mut dyn FnMut(Span, String, String),
) {
    let context = file.context.as_ref().filter(|context| context.is_certain() && file.plan.shipped == Some(shipped));
    let Some(program) = context.and_then(|context| context.scripts.iter().find(|script| script.loader.is_some())) else {
        return;
    };
    let Some(loader) = &program.loader else { return };
    let is_musl = loader.contains("/ld-musl-");
    let (is_other, asked) = match runs {
        Libc::Musl => (!is_musl && loader.contains("/ld-linux"), Libc::Glibc(0)),
        Libc::Glibc(_) => (is_musl, Libc::Musl),
    };
    if is_other && !contents.may_have_libc(asked) {
        let stage = file.stage_name(shipped);
        let message = format!("{stage} starts `{}`, which requires `{loader}`, but the image has {runs}: it does not start", program.path);
        tell(program.word, message, format!("build it for {runs}, or link it statically"));
    }
}

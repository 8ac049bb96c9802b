use super::{Check, Group};
use crate::build::linked::{self, Builder};
use crate::build::{FileSystem, JudgedFile};
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::{self, Image};
use crate::parse::dockerfile::Kind;
use crate::repository::Repository;
use crate::resolve::stage::Base;
use std::collections::HashSet;

rule! {
    /// A program is copied into an empty image without the loader and libraries that it needs.
    ///
    /// ## Why it matters
    /// A dynamically linked program names its loader (`/lib/ld-musl-x86_64.so.1`, `/lib64/ld-linux-x86-64.so.2`). Without
    /// it the kernel says "no such file or directory" about the program itself, and the container never starts.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM scratch
    /// COPY --from=python:3.12-alpine /usr/local/bin/python /usr/local/bin/python  # <- here
    /// COPY --from=python:3.12-alpine /usr/local/lib/python3.12 /usr/local/lib/python3.12
    /// CMD ["/usr/local/bin/python", "-V"]
    /// ```
    ///
    /// ```dockerfile fail
    /// FROM golang:1.26 AS build
    /// WORKDIR /src
    /// COPY . .
    /// RUN go build -o /api ./cmd/api
    /// FROM gcr.io/distroless/static-debian12:nonroot
    /// COPY --from=build /api /api  # <- here
    /// CMD ["/api"]
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM golang:1.26 AS build
    /// WORKDIR /src
    /// COPY . .
    /// RUN CGO_ENABLED=0 go build -o /api ./cmd/api
    /// FROM gcr.io/distroless/static-debian12:nonroot
    /// COPY --from=build /api /api
    /// CMD ["/api"]
    /// ```
    /// ```dockerfile pass
    /// FROM scratch
    /// COPY --from=python:3.12-alpine /usr/local /usr/local
    /// COPY --from=python:3.12-alpine /lib /lib
    /// COPY --from=python:3.12-alpine /usr/lib /usr/lib
    /// CMD ["/usr/local/bin/python", "-V"]
    /// ```
    ///
    /// ## Notes
    /// An error for the Python of official images, which was measured, for what cargo builds for a gnu target, and for a
    /// program of the build context whose own header says so; a warning for programs of official images that their
    /// distributions link so, and for Go, which links dynamically only what uses `net`, `os/user` or C. Programs of other
    /// images are not known here, and a stage that starts nothing (`docker build --output`) is left alone.
    RULE {
        name: "loader-missing",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

const HELP: &str = "link it statically, or start from an image that has its C library";

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for shipped in file.shipped_stages() {
        let Some(contents) = file.contents().get(shipped).filter(|contents| !contents.may_load()) else {
            continue;
        };
        of_context(file, shipped, found);
        built(file, shipped, contents, found);
        for index in file.plan.lineage(shipped) {
            let Some(stage) = file.plan.stages.get(index).filter(|stage| file.runs_on_linux(stage)) else {
                continue;
            };
            for (offset, instruction) in file.instructions(stage).iter().enumerate() {
                let Kind::Copy(transfer) = &instruction.kind else {
                    continue;
                };
                let Some(image) = transfer.from.as_ref().and_then(|from| origin(file, &from.value)) else {
                    continue;
                };
                for source in &transfer.sources {
                    let path = source.value.trim_matches('"');
                    let Some(sure) = known_images::has_loader_need(&image, path) else {
                        continue;
                    };
                    let loader = match image.has_libc() {
                        Some("musl") => "/lib/ld-musl-*.so.1",
                        _ => "/lib64/ld-linux-*.so.2",
                    };
                    let message = format!(
                        "{} gets `{path}` without its loader ({loader}) and libraries, so it cannot run",
                        file.stage_name(index)
                    );
                    let severity = if sure && contents.is_certain() {
                        Severity::Error
                    } else {
                        Severity::Warning
                    };
                    found.push(
                        Finding::new(source.span, message)
                            .help("start from the image itself, or COPY /lib and the program's libraries as well")
                            .related(stage.from, "base image of the stage")
                            .severity(severity)
                            .aspect(format!("COPY {}.{offset}", index + 1)),
                    );
                }
            }
        }
    }
}

/// A program of the checkout, by its own header.
fn of_context(file: &JudgedFile, shipped: usize, found: &mut Vec<Finding>) {
    let context = file.context.as_ref().filter(|context| context.is_certain() && file.plan.shipped == Some(shipped));
    let Some(program) = context.and_then(|context| context.scripts.iter().find(|script| script.loader.is_some())) else {
        return;
    };
    let Some(loader) = program.loader.as_ref().filter(|_| is_native(file, shipped)) else {
        return;
    };
    let message = format!(
        "{} starts `{}`, which requires the loader `{loader}`; it is missing, so the program cannot run",
        file.stage_name(shipped),
        program.path
    );
    let finding = Finding::new(program.word, message);
    found.push(finding.help(HELP).aspect("program"));
}

/// Programs that another stage builds.
fn built(file: &JudgedFile, shipped: usize, contents: &FileSystem, found: &mut Vec<Finding>) {
    if !is_native(file, shipped) {
        return;
    }
    let mut seen = HashSet::new();
    for program in linked::started(file, shipped) {
        let Some(copied) = program.copied.filter(|copied| seen.insert(*copied)) else {
            continue;
        };
        let (linkage, stage) = (program.linkage, file.stage_name(shipped));
        let (how, help) = match linkage.by {
            Builder::Go => (
                "cgo links it dynamically if it uses `net` or `os/user`",
                "build it with `CGO_ENABLED=0 go build`, or start from `gcr.io/distroless/base-debian12`",
            ),
            Builder::Cargo => (
                "cargo links it dynamically",
                "build it with `--target x86_64-unknown-linux-musl`, or start from `gcr.io/distroless/cc-debian12`",
            ),
            Builder::C => ("it is linked dynamically", "link it with `-static`, or start from the image that built it"),
        };
        let needs = if linkage.is_sure { "needs" } else { "may need" };
        let message = format!("{stage} starts a program that {needs} the loader of {}, and has none: {how}", linkage.libc);
        let severity = if linkage.is_sure && contents.is_certain() {
            Severity::Error
        } else {
            Severity::Warning
        };
        let finding = Finding::new(copied, message).help(help).severity(severity);
        found.push(finding.aspect(format!("built {}", copied.start)));
    }
}

/// Whether the kernel runs what a stage starts.
fn is_native(file: &JudgedFile, stage: usize) -> bool {
    file.plan.stages.get(stage).is_some_and(|stage| file.runs_on_linux(stage))
}

/// The image that a `--from` takes from: it is named, or at the root of the stage that is.
fn origin(file: &JudgedFile, from: &str) -> Option<Image> {
    let stage = match from.parse::<usize>() {
        Ok(number) => Some(number),
        Err(_) => file.plan.find(from),
    };
    match stage {
        None => Some(file.images.get(from)),
        Some(stage) => match &file.plan.stages.get(stage)?.root_image {
            Base::Image(name) => Some(file.images.get(name.value()?)),
            _ => None,
        },
    }
}

use super::{Check, Group};
use crate::build::{JudgedFile, StageUse};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::known_images;
use crate::parse::dockerfile::{Kind, Mount};
use crate::repository::Repository;
use crate::resolve::stage::{Base, Stage};
use crate::values::image_ref::ImageRef;
use crate::values::path::clean;

rule! {
    /// A Dockerfile that BuildKit refuses.
    ///
    /// ## Why it matters
    /// The build stops before its first step. The instructions that can be read are still judged.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUNN echo hello  # <- here
    /// EXPOSE 80000  # <- here
    /// COPY https://example.org/a /a  # <- here
    /// STOPSIGNAL SIGEND  # <- here
    /// RUN --mount=type=cache,sharing=no,target=/c make  # <- here
    /// RUN --mount=type=cache make  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN echo hello
    /// EXPOSE 8000
    /// ADD https://example.org/a /a
    /// STOPSIGNAL SIGINT
    /// RUN --mount=type=cache,sharing=locked,target=/c make
    /// ```
    ///
    /// ## Notes
    /// A version that `# syntax=` pins refuses what is newer than it: flags and heredocs are checked against it.
    RULE {
        name: "invalid-dockerfile",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &["DL1000"],
        check: Check::Dockerfile(check),
    }
}

/// Mounts whose target comes to be `/`: the only refusal that rests on what the base image says.
fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for (_, stage, stage_use) in file.stages() {
        if stage_use == StageUse::Unused {
            continue;
        }
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            let Kind::Run(run) = &instruction.kind else { continue };
            let number = stage.instructions.start + offset;
            let workdir = file.plan.workdir_at(number);
            for mount in run.mounts.iter().filter(|mount| is_over_root(mount, workdir, stage)) {
                found.push(
                    Finding::new(mount.span, "the mount has no target, so it would cover `/`")
                        .help("add `target=/FOLDER`")
                        .aspect(format!("RUN {number} --mount")),
                );
            }
        }
    }
}

/// Whether a mount lies over the root for want of a target. A target of `/` is refused when it is read.
fn is_over_root(mount: &Mount, workdir: &Fact<String>, stage: &Stage) -> bool {
    let needs_target = matches!(mount.kind().as_str(), "bind" | "cache" | "tmpfs");
    let target = mount.target().map_or("", |word| word.value.as_str());
    if !needs_target || target.starts_with('/') || target.contains('$') {
        return false;
    }
    let folder = match workdir {
        Fact::Known(folder) => folder.value.as_str(),
        Fact::Absent if starts_in_root(stage) => "/",
        _ => return false,
    };
    clean(&format!("{folder}/{target}")) == "/"
}

/// Whether the image at the root of a stage is known to set no WORKDIR.
fn starts_in_root(stage: &Stage) -> bool {
    match &stage.root_image {
        Base::Scratch => true,
        Base::Image(Fact::Known(name)) => known_images::starts_in_root(&ImageRef::parse(&name.value)),
        _ => false,
    }
}

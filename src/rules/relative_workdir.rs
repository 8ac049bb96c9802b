use super::{Check, Group};
use crate::build::{JudgedFile, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::Kind;
use crate::repository::Repository;
use crate::resolve::stage::{Base, Stage};
use crate::values::image_ref::ImageRef;

rule! {
    /// A relative WORKDIR, or a relative destination, with nothing before it that says what it is relative to.
    ///
    /// ## Why it matters
    /// It joins the folder that the base image happens to end in, so it moves when the base image does. Below an absolute
    /// WORKDIR of the same stage, or of the stage that it starts from, a relative one is fine. On a plain distribution, which
    /// ends in `/`, and on an image that is not known here it is a note, and so is a COPY to `.` there: its files land between
    /// the folders of the system.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// WORKDIR app  # <- here
    /// ```
    /// ```dockerfile fail
    /// FROM python:3.13-slim
    /// COPY requirements.txt .  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim AS base
    /// WORKDIR /srv
    /// FROM base
    /// WORKDIR app
    /// ```
    RULE {
        name: "relative-workdir",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[
            "DL3000",
            "CKV_DOCKER_10",
            "DS-0009",
            "WorkdirRelativePath",
            "6b376af8-cfe8-49ab-a08d-f32de23661a4",
        ],
        check: Check::Dockerfile(check),
    }
}

/// Whether the base is a distribution, which ends in `/`: what is relative to that is where it seems to be.
fn is_bare(base: &Base) -> bool {
    let Base::Image(name) = base else { return false };
    let image = name.value().map(|name| ImageRef::parse(name));
    let official = image.as_ref().and_then(|image| image.official());
    official.is_some_and(|name| {
        [
            "almalinux",
            "alpine",
            "busybox",
            "debian",
            "fedora",
            "rockylinux",
            "ubuntu",
        ]
        .contains(&name)
    })
}

/// Whether the base is somebody's own image: what it ends in is not known here, and its author may be the same.
fn is_unknown(base: &Base) -> bool {
    let Base::Image(name) = base else { return false };
    name.value().is_none_or(|name| ImageRef::parse(name).official().is_none())
}

/// Languages whose official images set no WORKDIR (their Dockerfiles).
const LANGUAGES: [&str; 4] = ["node", "perl", "python", "ruby"];

/// The first COPY of a stage whose destination is relative to the root of the image.
fn lands_in_root(file: &JudgedFile, index: usize, stage: &Stage, found: &mut Vec<Finding>) {
    let Base::Image(name) = &stage.base else { return };
    let image = name.value().map(|name| ImageRef::parse(name));
    let is_language = image.as_ref().and_then(|image| image.official()).is_some_and(|name| LANGUAGES.contains(&name));
    if !is_language && !is_bare(&stage.base) {
        return;
    }
    let first = stage.instructions.clone().find_map(|at| {
        let transfer = file.plan.transfer(at).filter(|transfer| transfer.destination.is_absent())?;
        let target = transfer.target.value()?;
        // A drive letter or a backslash is one of Windows, and what a variable holds is not seen.
        let is_plain = !target.contains(['\\', ':', '$', '`']);
        Some((file.file.ast.instructions.get(at)?, target)).filter(|_| is_plain)
    });
    let Some((instruction, target)) = first else { return };
    let shown = match target.trim_start_matches("./").trim_end_matches('/') {
        "" | "." => "/".to_owned(),
        path => format!("/{path}"),
    };
    let keyword = instruction.keyword.value;
    found.push(
        Finding::new(instruction.keyword.span, format!("this {keyword} writes to `{shown}`: no WORKDIR is set before it"))
            .help("set `WORKDIR /app` before it")
            .severity(Severity::Note)
            .aspect(format!("{keyword} {}", index + 1)),
    );
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for (index, stage, stage_use) in file.stages() {
        if stage_use != StageUse::Unused {
            lands_in_root(file, index, stage, found);
        }
        let known = match stage.base {
            Base::Stage(base) => file.plan.stages.get(base).is_some_and(|base| !base.workdir.is_absent()),
            // Nothing has no folder but the root.
            Base::Scratch => true,
            Base::Image(_) => false,
        };
        if known || stage_use == StageUse::Unused {
            continue;
        }
        let first = file
            .instructions(stage)
            .iter()
            .find_map(|instruction| match &instruction.kind {
                Kind::Workdir(word) => Some(word),
                _ => None,
            });
        let Some(word) = first else { continue };
        let path = word.value.trim_matches(['"', '\'']);
        // A variable may hold an absolute path; a drive letter or backslash is one of Windows.
        if path.starts_with(['/', '$', '\\']) || path.contains(':') || path.contains('`') {
            continue;
        }
        let message = format!(
            "`WORKDIR {path}` of {} is relative, and no absolute one precedes it",
            file.stage_name(index)
        );
        let help = match path.strip_prefix('~') {
            Some(rest) => format!("WORKDIR does not expand `~`: write the home folder, such as `WORKDIR /root{rest}`"),
            None => format!("write an absolute path: `WORKDIR /{}`", path.trim_start_matches("./")),
        };
        let finding = Finding::new(word.span, message).help(help).aspect(format!("WORKDIR {}", index + 1));
        let is_plain = path == word.value && !path.contains(['$', ' ', '~']);
        let finding = match is_plain {
            true => finding.fix(word.span, format!("/{}", path.trim_start_matches("./"))),
            false => finding,
        };
        found.push(if is_bare(&stage.base) || is_unknown(&stage.base) {
            finding.severity(Severity::Note)
        } else {
            finding.with_care()
        });
    }
}

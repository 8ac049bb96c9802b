//! A configuration file that a COPY puts where the server of the image does not look.

use crate::build::JudgedFile;
use crate::fact::Fact;
use crate::finding::Finding;
use crate::known_images::{self, Remedy};
use crate::parse::dockerfile::{Form, Kind};
use crate::repository::Repository;
use crate::resolve::stage::{Base, Stage};
use crate::values::image_ref::ImageRef;
use crate::values::path::name;

/// Scripts here may put a file where it is read.
const STARTED: [&str; 2] = ["/docker-entrypoint-initdb.d", "/docker-entrypoint.d"];

pub(super) fn unread(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    for index in file.shipped_stages() {
        let (Some(stage), Some(contents)) = (file.plan.stages.get(index), file.contents().get(index)) else {
            continue;
        };
        let Base::Image(Fact::Known(base)) = &stage.root_image else {
            continue;
        };
        if STARTED.iter().any(|folder| contents.covers(folder).is_some()) || is_started_otherwise(file, repository) {
            continue;
        }
        let image = ImageRef::parse(&base.value);
        for (at, path) in copied(file, index) {
            let Some(remedy) = known_images::unread(&image, &path) else {
                continue;
            };
            let is_used = match remedy {
                // The file that is read may lead to this one.
                Remedy::Place(read) => contents.covers(read).is_some(),
                Remedy::Command(_) => false,
            };
            let Some(instruction) = file.file.ast.instructions.get(at) else {
                continue;
            };
            if is_used || !starts_server(stage, remedy) || is_named(file, index, &path) {
                continue;
            }
            let help = match remedy {
                Remedy::Command(words) => format!("start it with `CMD {}`", Remedy::command(words, &path)),
                Remedy::Place(read) => format!("copy it to `{read}`"),
            };
            let message = format!("nothing reads `{path}`: `{}` starts without it", base.value);
            found.push(
                Finding::new(instruction.keyword.span, message)
                    .help(help)
                    .related(stage.from, "base image of the stage")
                    .aspect(format!("COPY {path}")),
            );
        }
    }
}

/// Whether a service gives what is built a command of its own, or may.
pub(super) fn is_started_otherwise(file: &JudgedFile, repository: &Repository) -> bool {
    let services = repository.sets.iter().flat_map(|set| &set.services);
    services
        .filter(|service| file.services.contains(&service.name.value))
        .any(|service| !service.command.is_absent() || !service.entrypoint.is_absent())
}

/// The files that COPY brings into a stage by name: the instruction, and where they land.
fn copied(file: &JudgedFile, stage: usize) -> Vec<(usize, String)> {
    let mut copied = Vec::new();
    let stages = file.plan.lineage(stage).into_iter().filter_map(|index| file.plan.stages.get(index));
    for at in stages.flat_map(|stage| stage.instructions.clone()) {
        let kind = file.file.ast.instructions.get(at).map(|instruction| &instruction.kind);
        let (Some(Kind::Copy(_) | Kind::Add(_)), Some(transfer)) = (kind, file.plan.transfer(at)) else {
            continue;
        };
        let Some(to) = transfer.destination.value() else { continue };
        match transfer.sources.as_slice() {
            [Fact::Known(source)] if !transfer.into_folder && name(&source.value).contains('.') => copied.push((at, to.clone())),
            sources => {
                let names = sources.iter().filter_map(|source| source.value()).map(|source| name(source));
                copied.extend(names.map(|name| (at, format!("{}/{name}", to.trim_end_matches('/')))));
            }
        }
    }
    copied
}

/// Whether a stage starts the server of its image, and that with nothing that is not seen here.
fn starts_server(stage: &Stage, remedy: Remedy) -> bool {
    let program = match &stage.cmd {
        _ if !stage.entrypoint.is_absent() => return false,
        Fact::Absent => return true,
        Fact::Known(command) if command.value.form == Form::Exec => command.value.words.first(),
        _ => return false,
    };
    program.is_some_and(|program| remedy.program() == Some(name(&program.value)))
}

/// Whether anything else in the stages names the file or its folder.
fn is_named(file: &JudgedFile, stage: usize, path: &str) -> bool {
    let folder = path.strip_suffix(name(path)).unwrap_or("/").trim_end_matches('/');
    let names = |text: &str| text.contains(folder);
    // A file in the root, and what a step does in its own folder, cannot be told from other words.
    if folder.is_empty() {
        return true;
    }
    let Some(shipped) = file.plan.stages.get(stage) else {
        return true;
    };
    let is_in_command = match &shipped.cmd {
        Fact::Known(command) => command.value.words.iter().any(|word| names(&word.value)),
        _ => false,
    };
    let steps = file.run_steps().iter().filter(|step| file.plan.lineage(stage).contains(&step.stage));
    let mut steps = steps.map(|step| &*step.text.text);
    let is_in_env = shipped.env.iter().any(|(_, value)| value.value().is_none_or(|value| names(value)));
    is_in_command || is_in_env || steps.any(names) || shipped.workdir.value().is_some_and(|workdir| names(workdir))
}

//! Arguments of the build that a command of the container uses: ARG is gone when it runs.

use super::variables::{Quoting, plain, sets};
use crate::build::JudgedFile;
use crate::finding::Finding;
use crate::parse::dockerfile::{Command, Form, Healthcheck, Kind, Text};
use crate::parse::shell::{self, split};
use crate::repository::Repository;
use crate::resolve::stage::Stage;
use crate::source::Span;
use std::collections::HashSet;

/// A finding for each such variable of a stage that ships. `base` are the names that the image at its root sets.
pub(super) fn check(
    file: &JudgedFile,
    repository: &Repository,
    stage: &Stage,
    base: Option<&HashSet<String>>,
) -> Vec<(String, Finding)> {
    let Some(base) = base.filter(|_| stage.shell.is_absent()) else { return Vec::new() };
    let probe = stage.healthcheck.value().and_then(|check| match check.as_ref() {
        Healthcheck::Command(probe) => Some(&probe.command),
        _ => None,
    });
    let starts = [&stage.entrypoint, &stage.cmd].map(|start| start.value().map(AsRef::as_ref));
    let is_given = |name: &str| {
        let variables = repository.sets.iter().flat_map(|set| &set.services);
        base.contains(name)
            || stage.env.get(name).is_some()
            || variables.flat_map(|service| service.variables()).any(|variable| variable.name == name)
    };
    let mut found: Vec<(String, Finding)> = Vec::new();
    for (text, span) in [probe].into_iter().chain(starts).flatten().filter_map(script) {
        let Some(script) = split(&text).filter(|script| !script.commands.iter().any(reads_more)) else { continue };
        for (name, range) in plain(&text.text, Quoting::Shell) {
            let is_said = found.iter().any(|(said, _)| said == name);
            if is_said || is_given(name) || sets(&text.text, &script.commands, name) {
                continue;
            }
            let Some(declared) = argument(file, stage, name) else { continue };
            let message = format!("`${name}` is empty here: an ARG only exists during the build, and this runs in the container");
            let finding = Finding::new(span.unwrap_or_else(|| text.span(range)), message)
                .help(format!("add `ENV {name}=${name}` below the ARG"))
                .related(declared, "declared here")
                .raised("2026.12");
            found.push((name.to_owned(), finding));
        }
    }
    found
}

/// Whether a command may set any variable.
fn reads_more(command: &shell::Command) -> bool {
    matches!(command.program(), Some("." | "source" | "eval" | "read" | "mapfile" | "getopts"))
}

/// What a command gives to a shell, with its place where that is one word.
fn script(command: &Command) -> Option<(Text, Option<Span>)> {
    match (command.form, command.words.as_slice()) {
        (Form::Shell, _) => Some((command.text.clone(), None)),
        (Form::Exec, [shell, flag, line, ..])
            if matches!(shell.value.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash")) && flag.value == "-c" =>
        {
            let mut text = Text::empty(line.span.source, line.span.start as usize);
            text.push(&line.value, line.span.start as usize);
            Some((text, Some(line.span)))
        }
        _ => None,
    }
}

/// Where a stage declares an argument with a default, which somebody expects to be there.
fn argument(file: &JudgedFile, stage: &Stage, name: &str) -> Option<Span> {
    let declared = file.instructions(stage).iter().flat_map(|instruction| match &instruction.kind {
        Kind::Arg(arguments) => arguments.as_slice(),
        _ => &[],
    });
    let named = declared.filter(|argument| argument.name.value == name && argument.value.is_some());
    named.map(|argument| argument.name.span).next_back()
}

//! A build whose manifest names a file that no instruction has copied yet.

use super::{Input, folder, is_unconditional, may_find};
use crate::build::context::Reader;
use crate::build::{JudgedFile, RunStep};
use crate::finding::{Finding, Severity};
use crate::parse::dockerfile::Kind;
use crate::parse::shell::Command;
use crate::values::path::{clean, name};

/// The first file that a step cannot do without.
pub(super) fn unmet(file: &JudgedFile, step: &RunStep) -> Option<Finding> {
    let context = file.context.as_ref().filter(|context| context.is_certain())?;
    if context.demands.is_empty() {
        return None;
    }
    step.commands().iter().enumerate().find_map(|(number, command)| {
        let (manifests, readers) = reads(command)?;
        if !is_unconditional(step, number, command) {
            return None;
        }
        let folder = folder(file, step, number)?;
        manifests.iter().find_map(|manifest| {
            let source = source(file, step, &clean(&format!("{folder}/{manifest}")))?;
            let demands = context.demands.iter().filter(|demand| demand.manifest == source && readers.contains(&demand.reader));
            let missing = demands.map(|demand| demand.needs.as_str()).find(|needs| {
                let input = Input {
                    names: vec![(*needs).to_owned()],
                    upwards: name(needs) == *needs,
                };
                !needs.starts_with('/') && !may_find(file, step, number, &input, &folder)
            })?;
            let program = command.words.first()?;
            let shown: Vec<&str> = command.words.iter().take(2).map(|word| word.text.as_str()).collect();
            let message = format!(
                "`{}` reads `{}`, which `{manifest}` requires and no earlier step copies",
                shown.join(" "),
                clean(&format!("{folder}/{missing}"))
            );
            let wanted = missing.strip_suffix("/Cargo.toml").unwrap_or(missing);
            Some(
                Finding::new(program.span, message)
                    .help(format!("copy `{wanted}` before this step"))
                    .severity(Severity::Warning)
                    .aspect(format!("RUN {}.{number}", step.instruction)),
            )
        })
    })
}

/// The manifests that a command reads, and as whom.
fn reads(command: &Command) -> Option<(&'static [&'static str], &'static [Reader])> {
    let arguments: Vec<&str> = command.arguments().iter().map(|word| word.text.as_str()).collect();
    let has = |options: &[&str]| {
        let is = |word: &&str| options.iter().any(|option| word == option || option.starts_with("--") && word.starts_with(&format!("{option}=")));
        arguments.iter().any(is)
    };
    if command.arguments().iter().any(|word| word.dynamic) {
        return None;
    }
    match (command.program()?, arguments.as_slice()) {
        ("cargo", ["build" | "b" | "check" | "test" | "fetch" | "vendor" | "rustc", ..]) if !has(&["--manifest-path", "-C"]) => {
            Some((&["Cargo.toml"], &[Reader::Cargo]))
        }
        ("uv", ["sync", ..])
            if !has(&[
                "--no-install-project",
                "--no-install-workspace",
                "--no-install-local",
                "--only-group",
                "--only-dev",
                "--package",
                "--all-packages",
                "--project",
                "--directory",
            ]) =>
        {
            Some((&["pyproject.toml"], &[Reader::Hatch]))
        }
        ("pip" | "pip3", ["install", ..]) | ("uv", ["pip", "install", ..]) if arguments.contains(&".") => {
            Some((&["pyproject.toml"], &[Reader::Hatch]))
        }
        ("pnpm", ["install" | "i", ..]) if !has(&["-g", "--global", "-C", "--dir", "--prefix", "--ignore-workspace"]) => {
            let readers: &[Reader] = match has(&["--frozen-lockfile"]) {
                true => &[Reader::Pnpm, Reader::FrozenPnpm],
                false => &[Reader::Pnpm],
            };
            Some((&["package.json", "pnpm-workspace.yaml"], readers))
        }
        _ => None,
    }
}

/// The file of the context that lies at a path of the image, if it is that for sure.
fn source<'a>(file: &'a JudgedFile, step: &RunStep, path: &str) -> Option<&'a str> {
    let context = file.context.as_ref()?;
    let lineage = file.plan.lineage(step.stage);
    let mut runs = file.run_steps().iter().filter(|other| lineage.contains(&other.stage) && other.instruction <= step.instruction);
    if runs.any(|run| run.mentions(name(path))) {
        return None;
    }
    let mut found = None;
    for index in lineage {
        let stage = file.plan.stages.get(index)?;
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            let at = stage.instructions.start + offset;
            match &instruction.kind {
                _ if at >= step.instruction => break,
                // It may bring another one.
                Kind::Copy(words) | Kind::Add(words) if words.from.is_some() => {
                    let destination = words.destination.value.trim_end_matches('/');
                    if destination.is_empty() || destination.starts_with('.') || path.starts_with(&format!("{destination}/")) {
                        return None;
                    }
                }
                Kind::Copy(_) | Kind::Add(_) => {
                    let brought = context.brought(context.copy(at)?, &file.plan)?;
                    found = brought.into_iter().find(|(there, _)| there == path).map(|(_, entry)| entry.path.as_str()).or(found);
                }
                _ => {}
            }
        }
    }
    found
}

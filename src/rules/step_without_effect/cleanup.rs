//! A clean-up of Alpine's package cache that nothing filled.

use crate::build::{Action, JudgedFile, Manager, RunStep, StageUse};
use crate::finding::{Change, Finding, Severity};
use crate::parse::shell::Command;
use crate::rules::support::steps::without;

/// Where `apk` keeps what it downloads.
const CACHE: &str = "/var/cache/apk";

pub(super) fn of_nothing(file: &JudgedFile, found: &mut Vec<Finding>) {
    for step in file.run_steps().iter().filter(|step| step.stage_use != StageUse::Unused) {
        let mut commands = step.commands().iter().enumerate();
        let Some((number, command)) = commands.find(|(_, command)| is_cleanup(command)) else {
            continue;
        };
        if !step.packages.iter().any(|(_, package)| package.manager == Manager::Apk) || fills(file, step) {
            continue;
        }
        let finding =
            Finding::new(command.span, format!("this deletes nothing: `apk add --no-cache` leaves `{CACHE}` empty"))
                .help("remove it")
                .severity(Severity::Note)
                .aspect(format!("RUN {} cache", step.instruction));
        found.push(match without(step, number) {
            Some(gone) => finding.change(Change::Cut(gone)),
            None => finding,
        });
    }
}

/// Whether a command deletes the cache and nothing else.
fn is_cleanup(command: &Command) -> bool {
    let mut operands = command.arguments().iter().filter(|word| !word.text.starts_with('-')).peekable();
    command.program() == Some("rm")
        && operands.peek().is_some()
        && operands.all(|word| word.text.trim_end_matches(['/', '*']) == CACHE)
        && !command.conditional
        && command.inside.is_none()
}

/// Whether any step of the same image may fill the cache.
fn fills(file: &JudgedFile, step: &RunStep) -> bool {
    let lineage = file.plan.lineage(step.stage);
    let steps = file.run_steps().iter().filter(|other| lineage.contains(&other.stage) && other.instruction <= step.instruction);
    let mut steps = steps.map(|other| (other, other.packages.iter().filter(|(_, package)| package.manager == Manager::Apk).collect::<Vec<_>>()));
    steps.any(|(other, packages)| {
        // `apk` in a text that is not understood.
        let is_plain = other.script.is_some() && (packages.is_empty() != other.mentions("apk "));
        !is_plain || packages.iter().any(|(_, package)| !package.has(&["--no-cache"]) && package.action != Action::Remove)
    })
}

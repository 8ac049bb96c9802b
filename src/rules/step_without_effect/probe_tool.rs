//! `curl` that is installed for a health check alone, in an image whose BusyBox can ask as well.

use crate::build::{Action, JudgedFile, Manager, StageUse};
use crate::fact::Fact;
use crate::finding::{Finding, Severity};
use crate::known_images::Has;
use crate::parse::dockerfile::{Healthcheck, Kind};
use crate::parse::shell::{self, Joint};
use crate::repository::Repository;
use crate::resolve::stage::{Base, Stage};

const TOOL: &str = "curl";

pub(super) fn twice(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    let Some((index, stage)) = file.plan.shipped.and_then(|index| Some((index, file.plan.stages.get(index)?))) else {
        return;
    };
    let Base::Image(Fact::Known(base)) = &stage.root_image else {
        return;
    };
    let has_wget = file.images.get(&base.value).program("wget") == Has::Yes;
    let Some(address) = asked(stage).filter(|_| has_wget && !is_used(file, repository)) else {
        return;
    };
    let lineage = file.plan.lineage(index);
    for step in file.run_steps() {
        if step.stage_use != StageUse::Ships || !lineage.contains(&step.stage) {
            continue;
        }
        let installs = step.packages.iter().filter(|(_, package)| package.manager == Manager::Apk && package.action == Action::Install);
        let mut words = installs.filter_map(|(at, _)| step.commands().get(*at)).flat_map(|command| command.arguments());
        if let Some(word) = words.find(|word| word.text == TOOL) {
            let message = format!("`{TOOL}` is installed for the health check alone: `{}` has `wget`", base.value);
            found.push(
                Finding::new(word.span, message)
                    .help(format!("probe with `wget -q -O /dev/null {address}` and remove `{TOOL}`"))
                    .severity(Severity::Note)
                    .aspect("probe"),
            );
        }
    }
}

/// The address that the health check asks with `curl`, with nothing that `wget` could not say.
fn asked(stage: &Stage) -> Option<String> {
    const PLAIN: [&str; 11] = ["-f", "-s", "-S", "-fs", "-sf", "-fsS", "-sS", "-sSf", "--fail", "--silent", "--show-error"];
    let Fact::Known(check) = &stage.healthcheck else { return None };
    let Healthcheck::Command(probe) = check.value.as_ref() else { return None };
    let words: Vec<String> = if probe.command.words.is_empty() {
        let script = shell::split(&probe.command.text)?;
        let (first, rest) = script.commands.split_first()?;
        let gives_up = rest.iter().all(|command| command.joint == Joint::Or && matches!(command.program(), Some("exit" | "false")));
        let is_plain = gives_up && first.redirections.is_empty();
        is_plain.then(|| first.words.iter().map(|word| word.text.clone()).collect())?
    } else {
        probe.command.words.iter().map(|word| word.value.clone()).collect()
    };
    let (program, arguments) = words.split_first()?;
    let mut operands = arguments.iter().filter(|word| !PLAIN.contains(&word.as_str()));
    let address = operands.next().filter(|address| address.contains("://") && !address.contains(['$', '\'', '"']))?;
    (program == TOOL && operands.next().is_none()).then(|| address.clone())
}

/// Whether anything else that is judged names the tool: another instruction, a script, a service that runs the image.
fn is_used(file: &JudgedFile, repository: &Repository) -> bool {
    let in_file = file.file.ast.instructions.iter().any(|instruction| match &instruction.kind {
        Kind::Cmd(command) | Kind::Entrypoint(command) => {
            command.text.text.contains(TOOL) || command.words.iter().any(|word| word.value.contains(TOOL))
        }
        Kind::Onbuild(_) => true,
        _ => false,
    });
    let in_steps = file.run_steps().iter().filter(|step| step.stage_use != StageUse::Unused).any(|step| {
        let installs: Vec<usize> = step.packages.iter().map(|(at, _)| *at).collect();
        let mut others = step.commands().iter().enumerate().filter(|(at, _)| !installs.contains(at));
        step.script.is_none() || others.any(|(_, command)| command.words.iter().any(|word| word.text.contains(TOOL)))
    });
    let services = repository.sets.iter().flat_map(|set| &set.services);
    let mut builders = services.filter(|service| file.services.contains(&service.name.value));
    let starts = |words: &Fact<Vec<String>>| words.value().is_some_and(|words| words.iter().any(|word| word.contains(TOOL)));
    let in_services = builders.any(|service| starts(&service.command) || starts(&service.entrypoint) || service.healthcheck.is_some());
    in_file || in_steps || in_services
}

use super::{Check, Group};
use crate::build::{Action, JudgedFile, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Repository;

rule! {
    /// sudo is installed or used in an image.
    ///
    /// ## Why it matters
    /// A build runs as whom USER says, so it needs no sudo; a container that has it keeps a setuid program and mostly a
    /// rule that lets its user become root.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends sudo  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends git
    /// USER 1000:1000
    /// ```
    RULE {
        name: "sudo-in-image",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &["DL3004", "DS-0010", "CKV2_DOCKER_1", "8ada6e80-0ade-439e-b176-0b28f6bce35a"],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let mut seen = Vec::new();
    for step in file.run_steps().iter().filter(|step| step.stage_use == StageUse::Ships) {
        // One per stage says it.
        if seen.contains(&step.stage) {
            continue;
        }
        let installed = step
            .packages
            .iter()
            .filter(|(_, package)| package.action == Action::Install)
            .find_map(|(index, _)| {
                let command = step.commands().get(*index)?;
                command
                    .words
                    .iter()
                    .find(|word| word.text == "sudo")
                    .map(|word| (word.span, "installs"))
            });
        let used = step
            .commands()
            .iter()
            .find(|command| command.program() == Some("sudo"))
            .and_then(|command| command.words.first())
            .map(|word| (word.span, "uses"));
        let Some((span, does)) = used.or(installed) else {
            continue;
        };
        seen.push(step.stage);
        found.push(
            Finding::new(span, format!("{} {does} sudo", file.stage_name(step.stage)))
                .help("move the commands that need root above USER, and remove sudo")
                .aspect(format!("sudo {}", step.stage + 1)),
        );
    }
}

use super::{Check, Group};
use crate::build::{JudgedFile, RunStep, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::shell::{Command, Joint};
use crate::repository::Repository;

rule! {
    /// A step can fail and the build goes on.
    ///
    /// ## Why it matters
    /// Of a pipe the shell takes the last command's status: when the download in front of `| sh` fails, the shell runs
    /// nothing and is content. Of a heredoc without `set -e` only the last command counts.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN curl -fsSL https://example.org/install.sh | sh  # <- here
    /// RUN <<EOF  # <- here
    /// apt-get update
    /// rm -rf /var/lib/apt/lists/*
    /// EOF
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// SHELL ["/bin/bash", "-o", "pipefail", "-c"]
    /// RUN curl -fsSL https://example.org/install.sh | sh
    /// RUN <<EOF
    /// set -e
    /// apt-get update
    /// rm -rf /var/lib/apt/lists/*
    /// EOF
    /// ```
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN set -o pipefail; curl -fsSL https://example.org/install.sh | sh
    /// RUN curl -fsSL https://example.org/x.tar.gz | tar -xz
    /// RUN VERSION="$(curl -fsSL https://example.org/version | cat)" && test -n "$VERSION"
    /// ```
    ///
    /// ## Notes
    /// A pipe into a program that fails on empty input (`tar`, `gpg`, `sha256sum -c`) masks nothing.
    RULE {
        name: "masked-failure",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &["DL4006"],
        check: Check::Dockerfile(check),
    }
}

/// Programs that download or build: the ones whose failure matters.
const SOURCES: [&str; 17] = [
    "curl", "wget", "make", "cmake", "ninja", "npm", "yarn", "pnpm", "go", "cargo", "mvn", "gradle", "dotnet", "pip",
    "pip3", "apt-get", "git",
];
/// Programs that are content with nothing.
const CONTENT: [&str; 15] = [
    "sh", "bash", "ash", "dash", "zsh", "tee", "python", "python3", "perl", "node", "cat", "dd", "sudo", "xargs",
    "tail",
];
/// Programs whose failure in the middle of a script does no harm, or cannot happen.
const HARMLESS: [&str; 9] = ["echo", "printf", "cd", "set", "export", ":", "true", "umask", "alias"];

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for step in file
        .run_steps()
        .iter()
        .filter(|step| step.stage_use != StageUse::Unused)
    {
        if !step.has_pipefail() {
            for (index, command) in step.commands().iter().enumerate() {
                found.extend(masked_pipe(step, index, command));
            }
        }
        found.extend(masked_script(file, step));
    }
}

fn masked_pipe(step: &RunStep, index: usize, command: &Command) -> Option<Finding> {
    let program = command.program().filter(|program| SOURCES.contains(program))?;
    // In `$(...)` the value is what counts, and mostly missed at once; after `||` a failure is meant to be fine.
    if command.inside.is_some() || command.joint == Joint::Or || command.conditional {
        return None;
    }
    let next = step.script.as_ref()?.piped_into(index)?;
    let into = next.program().filter(|into| CONTENT.contains(into))?;
    let into = if into == "sudo" {
        next.arguments()
            .iter()
            .find(|word| !word.text.starts_with('-'))?
            .text
            .as_str()
    } else {
        into
    };
    if !CONTENT.contains(&into) {
        return None;
    }
    Some(
        Finding::new(
            command.words.first()?.span,
            format!("when {program} fails here, {into} ends well and the build goes on"),
        )
        .help("begin the stage with SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"], or write to a file first")
        .aspect(format!("RUN {}.{index}", step.instruction)),
    )
}

/// A heredoc of several commands whose shell goes on after a failure.
fn masked_script(file: &JudgedFile, step: &RunStep) -> Option<Finding> {
    let instruction = step.of(file)?;
    let heredoc = instruction.heredocs.first()?;
    // Only a heredoc that is the script itself; text that is fed into a program is not run here.
    let body_first = step.text.original(0) >= heredoc.body.start;
    if !body_first || step.stops_at_failure() {
        return None;
    }
    let top: Vec<&Command> = step
        .commands()
        .iter()
        .filter(|command| command.inside.is_none() && !command.words.is_empty())
        .collect();
    let (_, before) = top.split_last()?;
    // What ends a line that another one follows is not looked at again.
    let ignored = before.iter().zip(top.iter().skip(1)).find(|(one, next)| {
        next.joint == Joint::Then
            && !one.conditional
            && one.program().is_some_and(|program| !HARMLESS.contains(&program))
    });
    let (one, _) = ignored?;
    let program = one.program()?;
    Some(
        Finding::new(
            instruction.keyword.span.to(heredoc.marker),
            format!("when {program} fails in this script, the next line runs and the build goes on"),
        )
        .help("begin the script with `set -e`")
        .related(one.words.first()?.span, "such a failure is not seen")
        .aspect(format!("RUN {}", step.instruction)),
    )
}

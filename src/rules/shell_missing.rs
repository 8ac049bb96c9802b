use super::malformed_exec_form::words::is_list;
use super::{Check, Group};
use crate::build::{FileSystem, JudgedFile, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::Has;
use crate::fact::Fact;
use crate::parse::dockerfile::{Command, Form, Healthcheck, Instruction, Kind, Word};
use crate::repository::Repository;
use crate::resolve::stage::Base;
use crate::source::Span;
use std::collections::HashMap;

rule! {
    /// A command in shell form, or a shell script, in an image that has no shell.
    ///
    /// ## Why it matters
    /// Shell form runs `/bin/sh -c`, and `FROM scratch` or a distroless image has no `/bin/sh`: RUN fails the build, CMD
    /// and ENTRYPOINT fail the start, and a HEALTHCHECK makes the container unhealthy for ever.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM scratch
    /// COPY server /app/server
    /// RUN chmod +x /app/server  # <- here
    /// HEALTHCHECK CMD /app/server --check  # <- here
    /// CMD /app/server  # <- here
    /// ```
    ///
    /// ```dockerfile fail
    /// FROM nats:2.10
    /// COPY entrypoint.sh /entrypoint.sh
    /// ENTRYPOINT ["/entrypoint.sh"]  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM scratch
    /// COPY --chmod=755 server /app/server
    /// HEALTHCHECK CMD ["/app/server", "--check"]
    /// CMD ["/app/server"]
    /// ```
    /// ```dockerfile pass
    /// FROM scratch
    /// COPY --from=busybox:1.37 /bin/ /bin/
    /// RUN mkdir /data
    /// CMD ls /data
    /// ```
    RULE {
        name: "shell-missing",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let shipped = file.shipped_stages();
    let stages: Vec<(usize, StageUse)> = file
        .stages()
        .filter(|(_, stage, stage_use)| *stage_use != StageUse::Unused && stage.shell.is_absent())
        .map(|(index, _, stage_use)| (index, stage_use))
        .collect();
    let started = started(file, &shipped);
    for (index, stage_use) in stages {
        let Some(stage) = file.plan.stages.get(index) else {
            continue;
        };
        // Most images have one; what a stage has been given it keeps.
        let root = match &stage.root_image {
            Base::Scratch => "it starts from scratch".to_owned(),
            Base::Image(name) => match name.value() {
                Some(name) if file.images.get(name).shell() == Has::No => {
                    format!("`{name}` has none")
                }
                _ => continue,
            },
            Base::Stage(_) => continue,
        };
        let name = file.stage_name(index);
        let mut offset = 0;
        file.walk(index, &mut |instruction, contents| {
            offset += 1;
            let what = match &instruction.kind {
                Kind::Run(run) => {
                    // A mount may bring one for this command.
                    let is_line = run.command.form == Form::Shell
                        && !run.mounts.iter().any(|mount| mount.kind() == "bind")
                        && instruction.script().is_some_and(|script| script.interpreter.is_none());
                    (is_line && contents.shell() == Has::No).then(|| (instruction.keyword.span, "this RUN".to_owned()))
                }
                _ if stage_use == StageUse::Ships => {
                    let started = started.get(&instruction.span.start).cloned();
                    started.map(|(word, what)| (word.unwrap_or(instruction.keyword.span), what))
                }
                _ => None,
            };
            // A list that is no JSON is the cause, and said as that.
            let Some((span, what)) = what.filter(|_| !is_meant_as_list(instruction)) else {
                return;
            };
            let keyword = instruction.keyword.value;
            let then = match keyword {
                "RUN" => "the build fails",
                "HEALTHCHECK" => "the container is never healthy",
                _ => "the container does not start",
            };
            let help = match keyword {
                "RUN" => "run it in an earlier stage, or use `COPY --chmod` and `--chown`",
                _ if what.starts_with("the script") => {
                    "start the program itself, or build on an image that has a shell"
                }
                "HEALTHCHECK" => "write the command as a list: HEALTHCHECK CMD [\"/program\", \"argument\"]",
                _ => "write the command as a list: [\"/program\", \"argument\"]",
            };
            found.push(
                Finding::new(span, format!("{name} has no shell for {what} ({root}), so {then}"))
                    .help(help)
                    .related(stage.from, "base image of the stage")
                    .aspect(format!("{keyword} {}.{}", index + 1, offset - 1)),
            );
        });
    }
}

/// What needs a shell when a container of an image that ships starts or is probed, by where the instruction begins that says so, be it
/// of that stage or of one that it starts from: the word that it is about, if it is one, and what it is.
fn started(file: &JudgedFile, shipped: &[usize]) -> HashMap<u32, (Option<Span>, String)> {
    let mut found = HashMap::new();
    for index in shipped {
        let (Some(stage), Some(contents)) = (file.plan.stages.get(*index), file.contents().get(*index)) else {
            continue;
        };
        if !stage.shell.is_absent() || contents.shell() != Has::No {
            continue;
        }
        let mut add = |span: Option<Span>, command: &Command, what: &str| {
            let needs = match command.form {
                Form::Shell => Some((None, format!("this {what}"))),
                Form::Exec => script(command.words.first(), contents),
            };
            if let (Some(span), Some(needs)) = (span, needs) {
                found.insert(span.start, needs);
            }
        };
        match (&stage.entrypoint, &stage.cmd) {
            (Fact::Known(entrypoint), _) => add(stage.entrypoint.span(), &entrypoint.value, "ENTRYPOINT"),
            (Fact::Absent, Fact::Known(cmd)) => add(stage.cmd.span(), &cmd.value, "CMD"),
            _ => {}
        }
        if let Fact::Known(check) = &stage.healthcheck
            && let Healthcheck::Command(probe) = check.value.as_ref()
        {
            add(stage.healthcheck.span(), &probe.command, "HEALTHCHECK");
        }
    }
    found
}

/// A program that is a shell script: by its first line where the Dockerfile writes it, else by its name.
fn script(word: Option<&Word>, contents: &FileSystem) -> Option<(Option<Span>, String)> {
    let word = word?;
    let is_script = match contents.interpreter(&contents.absolute(&word.value)) {
        Some(line) => line.is_empty() || line.split_whitespace().next() == Some("/bin/sh"),
        None => word.value.ends_with(".sh"),
    };
    let is_there = contents.runs(&word.value) != Has::No;
    (is_script && is_there).then(|| (Some(word.span), format!("the script `{}`", word.value)))
}

/// Whether a command in shell form was meant as a list.
fn is_meant_as_list(instruction: &Instruction) -> bool {
    let command = match &instruction.kind {
        Kind::Run(run) => &run.command,
        Kind::Cmd(command) | Kind::Entrypoint(command) => command,
        Kind::Healthcheck(check) => match check.as_ref() {
            Healthcheck::Command(probe) => &probe.command,
            Healthcheck::None => return false,
        },
        _ => return false,
    };
    command.form == Form::Shell && is_list(&command.text.text)
}

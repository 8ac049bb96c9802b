use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::model::image::ImageRef;
use crate::parse::dockerfile::{Form, Healthcheck, Instruction, Kind, Transfer};
use crate::resolve::stage::{Base, Stage};
use crate::source::Span;
use crate::unit::{Fate, JudgedFile, World};
use std::collections::HashSet;

rule! {
    /// A command in shell form in an image that has no shell.
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

fn check(file: &JudgedFile, _: &World, found: &mut Vec<Finding>) {
    let programs = programs(file);
    // Whether each stage may hold a shell at its end.
    let mut ends_with: Vec<bool> = Vec::new();
    for (index, stage, fate) in file.stages() {
        let before = match stage.base {
            Base::Stage(base) => ends_with.get(base).copied().unwrap_or(true),
            _ => false,
        };
        let brings = || {
            let mut instructions = file.instructions(stage).iter();
            instructions.any(|instruction| may_bring_shell(&programs, instruction))
        };
        ends_with.push(before || brings());
        let Some(base) = without_shell(stage).filter(|_| fate != Fate::Unused) else {
            continue;
        };
        let mut has_shell = before;
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            if has_shell {
                break;
            }
            let name = file.stage_name(index);
            let keyword = instruction.keyword.value;
            let in_shell_form = match &instruction.kind {
                Kind::Run(run) if run.command.form == Form::Shell => {
                    // A mount may bring one for this command.
                    !run.mounts.iter().any(|mount| mount.kind() == "bind")
                        && instruction.script().is_some_and(|script| script.interpreter.is_none())
                }
                Kind::Cmd(command) => {
                    command.form == Form::Shell
                        && counts(stage.cmd.span(), instruction, fate)
                        && stage.entrypoint.is_absent()
                }
                Kind::Entrypoint(command) => {
                    command.form == Form::Shell && counts(stage.entrypoint.span(), instruction, fate)
                }
                Kind::Healthcheck(check) => {
                    matches!(check.as_ref(), Healthcheck::Command(probe) if probe.command.form == Form::Shell)
                        && counts(stage.healthcheck.span(), instruction, fate)
                }
                _ => false,
            };
            if in_shell_form {
                let then = match keyword {
                    "RUN" => "the build fails",
                    "HEALTHCHECK" => "the container is never healthy",
                    _ => "the container does not start",
                };
                found.push(
                    Finding::new(
                        instruction.keyword.span,
                        format!("{name} has no shell for this {keyword} ({base}), so {then}"),
                    )
                    .help(match keyword {
                        "RUN" => "do it in an earlier stage, or with COPY --chmod and --chown",
                        "HEALTHCHECK" => "write the command as a list: HEALTHCHECK CMD [\"/program\", \"argument\"]",
                        _ => "write the command as a list: [\"/program\", \"argument\"]",
                    })
                    .related(stage.from, "what the stage starts from")
                    .subject(format!("{keyword} {}.{offset}", index + 1)),
                );
            }
            has_shell |= may_bring_shell(&programs, instruction);
        }
    }
}

/// Whether the instruction is the one of its kind that holds in an image that ships.
fn counts(effective: Option<Span>, instruction: &Instruction, fate: Fate) -> bool {
    fate == Fate::Ships && effective == Some(instruction.span)
}

/// Why the root of a stage has no shell, where it is known to have none.
fn without_shell(stage: &Stage) -> Option<String> {
    // Another shell than /bin/sh was chosen; where it comes from is not followed.
    if !stage.shell.is_absent() {
        return None;
    }
    match &stage.root_image {
        Base::Scratch => Some("it starts from scratch".to_owned()),
        Base::Image(name) => {
            let name = name.value()?;
            let image = ImageRef::parse(name);
            let distroless = image.registry.as_deref() == Some("gcr.io")
                && image.name.starts_with("distroless/")
                && !image.name.contains("debug")
                && image.digest.is_none()
                && image.tag.as_deref().is_none_or(|tag| !tag.contains("debug"));
            distroless.then(|| format!("'{name}' has none"))
        }
        Base::Stage(_) => None,
    }
}

/// Whether an instruction may put a program at /bin/sh.
fn may_bring_shell(programs: &HashSet<&str>, instruction: &Instruction) -> bool {
    match &instruction.kind {
        // Whatever a program of the image does (`busybox --install`).
        Kind::Run(run) => run.command.form == Form::Exec,
        Kind::Add(transfer) => unpacks(transfer) || may_reach(programs, transfer),
        Kind::Copy(transfer) => may_reach(programs, transfer),
        _ => false,
    }
}

/// ADD of an archive, or of something that may be one.
fn unpacks(transfer: &Transfer) -> bool {
    transfer.sources.iter().any(|source| {
        let name = source.value.trim_matches('"');
        [
            "tar", ".tgz", ".txz", ".tbz", ".gz", ".xz", ".bz2", ".zst", "$", "*", "?",
        ]
        .iter()
        .any(|part| name.contains(part))
    })
}

/// Whether a copy may end at /bin/sh or put a folder above it.
fn may_reach(programs: &HashSet<&str>, transfer: &Transfer) -> bool {
    let to = transfer.destination.value.trim_matches('"');
    if to.contains('$') || transfer.parents {
        return true;
    }
    let to = to.trim_end_matches('/');
    match to {
        "/bin" | "/bin/sh" | "/usr" | "/usr/bin" | "bin" | "usr" | "./bin" | "/busybox" => true,
        // Into the root, a single program is none; a folder may be anything.
        "" | "." | "/." => !transfer
            .sources
            .iter()
            .all(|source| is_program(programs, &source.value)),
        _ => false,
    }
}

/// Whether a source is a file: something runs it by its name.
fn is_program(programs: &HashSet<&str>, source: &str) -> bool {
    let name = source.trim_matches('"').rsplit('/').next().unwrap_or("");
    name != "sh" && name != "busybox" && programs.contains(name)
}

/// What CMD and ENTRYPOINT run from the root folder, by name.
fn programs(file: &JudgedFile) -> HashSet<&str> {
    let instructions = file.file.ast.instructions.iter();
    instructions
        .filter_map(|instruction| {
            let (Kind::Cmd(command) | Kind::Entrypoint(command)) = &instruction.kind else {
                return None;
            };
            let first = match command.words.first() {
                Some(word) => word.value.as_str(),
                None => command.text.text.split_whitespace().next().unwrap_or(""),
            };
            let name = first
                .strip_prefix("./")
                .or_else(|| first.strip_prefix('/'))
                .unwrap_or(first);
            (!name.contains('/')).then_some(name)
        })
        .collect()
}

mod caller;

use super::{Check, Group};
use crate::build::{FileSystem, JudgedFile, RunStep, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::Has;
use crate::parse::dockerfile::{Instruction, Kind};
use crate::parse::shell::{Command, Joint, Word};
use crate::repository::Repository;
use crate::values::image_ref::ImageRef;

rule! {
    /// A RUN calls a program that its stage does not have at that point.
    ///
    /// ## Why it matters
    /// The build stops with "not found". Alpine has `apk`, `addgroup` and `adduser`; Debian has `apt-get`, `groupadd` and
    /// `useradd`; slim images have no `curl`, `git` or `gcc` before they are installed.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM alpine:3.22
    /// RUN apt-get update && apt-get install -y curl  # <- here
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.22
    /// RUN useradd -m app  # <- here
    /// ```
    /// ```dockerfile fail
    /// FROM python:3.13-slim
    /// RUN curl -fsSL https://example.com/tool -o /usr/local/bin/tool  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM alpine:3.22
    /// RUN apk add --no-cache shadow && useradd -m app
    /// RUN command -v curl && curl -fsSL https://example.com || true
    /// RUN curl() { wget -q -O- "$2"; } && curl -fsSL https://example.com
    /// RUN export PATH=/opt/tools:$PATH && bash -c true
    /// ```
    ///
    /// ## Notes
    /// An error for the package manager of another distribution, else a warning.
    /// The shell that SHELL or the first line of a heredoc names counts as one of them.
    /// Only commands that a build cannot do without are looked at, in images whose programs are known. After a package
    /// that may install the program, or anything that is not understood, nothing is reported.
    /// What a program calls counts as well: `git` for `pip install git+https:...`, `xz` for `tar -xJf`. `nvm`, `sdk` and
    /// `conda activate` are functions of an interactive shell, which `sh` does not have.
    RULE {
        name: "build-command-missing",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let stages: Vec<usize> = file
        .stages()
        .filter(|(_, _, stage_use)| *stage_use != StageUse::Unused)
        .map(|(index, _, _)| index)
        .collect();
    for index in stages {
        let Some(stage) = file.plan.stages.get(index).filter(|stage| stage.has_posix_shell()) else {
            continue;
        };
        let mut at = stage.instructions.start;
        let mut told = false;
        file.walk(index, &mut |instruction, contents| {
            let step = file.run_step(at).filter(|_| !may_mount_programs(instruction));
            at += 1;
            // What follows from the first one is not said again.
            let Some(step) = step.filter(|_| !told) else {
                return;
            };
            if let Some(missing) = function(step).filter(|missing| contents.program(&missing.word.text) != Has::Yes) {
                found.push(finding(&file.stage_name(index), &missing, contents).aspect(format!("function of RUN {}", step.instruction)));
                told = true;
                return;
            }
            if contents.shell() != Has::Yes {
                return;
            }
            if step.shell != "/bin/sh" && contents.runs(&step.shell) == Has::No {
                let base = contents.root().map_or_else(|| "scratch".to_owned(), |image| written(image));
                let message = format!(
                    "{} runs this RUN with `{}`, which does not exist here: `{base}` does not include it, and no earlier step installs it",
                    file.stage_name(index),
                    step.shell
                );
                let help = "install it in an earlier step with the default shell, or set SHELL to one that exists";
                let finding = Finding::new(instruction.keyword.span, message).help(help);
                found.push(finding.aspect(format!("shell of RUN {}", step.instruction)));
                told = true;
                return;
            }
            if let Some(missing) = missing(file, step, contents) {
                let name = file.stage_name(index);
                found.push(finding(&name, &missing, contents).aspect(format!("RUN {}", step.instruction)));
                told = true;
            }
        });
    }
}

/// A program that is not there.
struct Missing<'a> {
    /// Where it is called.
    word: &'a Word,
    why: Why<'a>,
}

#[derive(Clone, Copy)]
enum Why<'a> {
    /// The word names it.
    Called,
    /// The word makes this program call this other one.
    CalledBy(&'a str, &'static str),
    /// It is a function of an interactive shell; what to do.
    Function(&'static str),
}

fn finding(stage: &str, missing: &Missing<'_>, contents: &FileSystem) -> Finding {
    let word = missing.word;
    let base = contents.root().map_or_else(|| "scratch".to_owned(), |image| written(image));
    let absent = format!("which does not exist here: `{base}` does not include it, and no earlier step installs it");
    let (message, help) = match missing.why {
        Why::Called => (format!("{stage} runs `{}`, {absent}", word.text), help(&word.text, contents)),
        Why::CalledBy(program, other) => {
            let message = format!("`{program}` runs `{other}` for `{}`, {absent}", word.text);
            (message, "install it in an earlier step")
        }
        Why::Function(help) => {
            let message = format!(
                "{stage} runs `{}`, a function that only an interactive shell defines: `sh` does not find it",
                word.text
            );
            (message, help)
        }
    };
    let finding = Finding::new(word.span, message).help(help);
    match missing.why {
        Why::Called if is_of_another_system(&word.text, contents) => finding.severity(Severity::Error),
        Why::Called => finding,
        _ => finding.raised("2026.12"),
    }
}

/// A function of an interactive shell that a RUN surely calls.
fn function(step: &RunStep) -> Option<Missing<'_>> {
    let script = step.script.as_ref().filter(|script| !script.has_functions && step.shell == "/bin/sh")?;
    let decisive = script.decisive(step.stops_at_failure());
    let commands = step.commands().iter().zip(decisive).take_while(|(command, _)| !changes_names(command));
    let mut called = commands.filter(|(command, fails)| {
        *fails && matches!(command.joint, Joint::First | Joint::And | Joint::Then) && !command.conditional && command.inside.is_none()
    });
    called.find_map(|(command, _)| {
        let why = Why::Function(caller::function(command)?);
        Some(Missing { word: command.words.first()?, why })
    })
}

/// The first program that a RUN calls in every build, and that is not there.
fn missing<'a>(file: &JudgedFile, step: &'a RunStep, before: &FileSystem) -> Option<Missing<'a>> {
    let commands = step.commands();
    let script = step.script.as_ref().filter(|script| !script.has_functions)?;
    let mut decisive = script.decisive(step.stops_at_failure());
    // What an absent program should bring through a pipe does not come: the end of the pipe decides.
    for (index, next) in commands.iter().enumerate().skip(1).rev() {
        let end = decisive.get(index).copied().filter(|_| next.joint == Joint::Pipe);
        if let (Some(end), Some(decides)) = (end, decisive.get_mut(index - 1)) {
            *decides = end;
        }
    }
    let mut state: Option<FileSystem> = None;
    for (index, command) in commands.iter().enumerate() {
        // What may fail without harm, or may not be reached, ends what is certain.
        if !matches!(command.joint, Joint::First | Joint::And | Joint::Then | Joint::Pipe) || command.conditional {
            return None;
        }
        if changes_names(command) {
            return None;
        }
        let fails = decisive.get(index) == Some(&true);
        let contents = state.as_ref().unwrap_or(before);
        let called = plain(command).filter(|word| contents.program(&word.text) == Has::No);
        if let Some(word) = called
            && (command.inside.is_none() || is_all_of_a_text(commands, index))
        {
            let why = Why::Called;
            return (fails || command.inside.is_some()).then_some(Missing { word, why });
        }
        if fails && command.inside.is_none() {
            let called = caller::needs(command).filter(|(_, _, other)| contents.program(other) == Has::No);
            if let Some((word, program, other)) = called.filter(|_| contents.program("apk") != Has::Yes) {
                return Some(Missing { word, why: Why::CalledBy(program, other) });
            }
        }
        // Nothing comes that would ask what is there then.
        if !fails || index + 1 == commands.len() {
            return None;
        }
        let mut after = state.take().unwrap_or_else(|| before.clone());
        after.take_effects(file.effects().at(step.instruction), index, step);
        state = Some(after);
    }
    None
}

/// Whether a command is all that is substituted into a text, so that the text lacks it: `echo "deb $(lsb_release -cs) main"`.
fn is_all_of_a_text(commands: &[Command], index: usize) -> bool {
    let Some(command) = commands.get(index) else { return false };
    let outer = command.inside.and_then(|outer| commands.get(outer));
    let writes = outer.is_some_and(|outer| {
        matches!(outer.program(), Some("echo" | "printf")) && outer.joint != Joint::Or && outer.inside.is_none()
    });
    let is_tried = command.redirections.iter().any(|to| to.descriptor.as_deref() == Some("2") || to.operator.starts_with('&'));
    let is_alone = commands.get(index + 1).is_none_or(|next| next.inside != command.inside);
    writes && is_alone && !is_tried && command.joint == Joint::First
}

/// Whether what a command is called after this one is decided by more than what is there: by an alias, another PATH, a file that is
/// read.
fn changes_names(command: &Command) -> bool {
    let is_bare = command.words.is_empty();
    let sets_path = is_bare && command.assignments.iter().any(|assignment| assignment.name == "PATH");
    let exports_path = || command.arguments().iter().any(|word| word.text.starts_with("PATH="));
    let is_named = |names: &[&str]| command.program().is_some_and(|program| names.contains(&program));
    sets_path
        || is_named(&["export", "readonly", "declare", "typeset"]) && exports_path()
        || is_named(&[".", "alias", "eval", "hash", "source"])
}

/// Whether a mount may bring programs: what is in a folder of the context or in a cache is not known, but a cache of packages holds
/// none, and neither do secrets, sockets and empty folders.
fn may_mount_programs(instruction: &Instruction) -> bool {
    let Kind::Run(run) = &instruction.kind else { return false };
    run.mounts.iter().any(|mount| match mount.kind().as_str() {
        "tmpfs" | "secret" | "ssh" => false,
        "cache" => mount.target().is_none_or(|target| {
            let is_store = |part: &str| target.value.split('/').any(|name| name.trim_start_matches('.') == part);
            !(is_store("cache") || target.value.starts_with("/var/lib/apt"))
        }),
        _ => true,
    })
}

/// The program of a command, where it is a name that the shell has to look up.
fn plain(command: &Command) -> Option<&Word> {
    let word = command.words.first()?;
    let is_name = !word.dynamic && !word.text.is_empty() && !word.text.contains(['/', '$', '=', '{', '%', '<']);
    let is_path_set = command.assignments.iter().any(|assignment| assignment.name == "PATH");
    (is_name && !is_path_set && !command.negated && !crate::build::Traits::of(&word.text).is_built_in()).then_some(word)
}

/// Whether a program is the package manager of another distribution than the image's: no release changes that.
fn is_of_another_system(program: &str, contents: &FileSystem) -> bool {
    let others: &[&str] = match program {
        "apt-get" | "apt" => &["apk"],
        "apk" => &["apt-get"],
        "dnf" | "yum" | "microdnf" | "zypper" => &["apk", "apt-get"],
        _ => return false,
    };
    others.iter().any(|other| contents.program(other) == Has::Yes)
}

/// An image as people write it.
fn written(image: &ImageRef) -> String {
    let name = image.official().unwrap_or(&image.name);
    match &image.tag {
        Some(tag) => format!("{name}:{tag}"),
        None => name.to_owned(),
    }
}

fn help(program: &str, contents: &FileSystem) -> &'static str {
    let has = |other: &str| contents.program(other) == Has::Yes;
    match program {
        "apt-get" | "apt" | "dpkg" if has("apk") => "write `apk add --no-cache`: this is an Alpine image",
        "apk" if has("apt-get") => "write `apt-get update && apt-get install -y`: this is not an Alpine image",
        "useradd" if has("adduser") => "write `adduser -D`, which this image has",
        "groupadd" if has("addgroup") => "write `addgroup`, which this image has",
        "adduser" if has("useradd") => "write `useradd -m`, which this image has",
        "addgroup" if has("groupadd") => "write `groupadd`, which this image has",
        _ => "install it in an earlier step, or use a program that exists",
    }
}

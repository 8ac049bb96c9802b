pub(super) mod words;

use super::{Check, Group};
use crate::build::{JudgedFile, StageUse};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::{Has, Images};
use crate::parse::dockerfile::{Command, Form, Healthcheck, Instruction, Kind, Word};
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{Base, Stage};
use crate::source::Span;
use words::{Fault, fault, is_list};

rule! {
    /// A command is written as a list that cannot work.
    ///
    /// ## Why it matters
    /// A list is JSON, or it is none: with single quotes, without quotes or with a comma too many the shell looks for a
    /// program called `[node,`. No shell reads a list, so the first word is the name of the program, blanks and all, a
    /// variable stays as it is written, and `&&` and `>` are arguments.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM python:3.13-slim
    /// RUN ['mkdir', '/data']  # <- here
    /// RUN ["echo", "a", ">", "/x"]  # <- here
    /// USER 1000:1000
    /// HEALTHCHECK CMD ["CMD-SHELL", "test -f /x"]  # <- here
    /// CMD ["python app.py"]  # <- here
    /// ```
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: python:3.13-slim
    ///     command: [python, app.py, "$${MODE}"]  # <- here
    ///     healthcheck:
    ///       test: [CMD-SHELL, test, -f, /x]  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM python:3.13-slim
    /// RUN ["mkdir", "/data"]
    /// RUN [ -f /etc/passwd ] && echo a > /x
    /// USER 1000:1000
    /// HEALTHCHECK CMD test -f /x
    /// ENTRYPOINT ["/bin/sh", "-c", "exec python app.py $MODE"]
    /// ```
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: python:3.13-slim
    ///     entrypoint: [sh, -c]
    ///     command: ["python app.py $${MODE}"]
    ///     healthcheck:
    ///       test: [CMD-SHELL, "test -f /x"]
    /// ```
    ///
    /// ## Notes
    /// An error where the program cannot start: a blank or a variable in its name, or no JSON in an image without a shell.
    /// Nothing is said where a shell, a script or a program with a syntax of its own gets the words.
    RULE {
        name: "malformed-exec-form",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Both(check_service, check_file),
    }
}

/// What stands before the words of a list.
enum Before {
    /// Nothing: the first word is the program.
    Nothing,
    /// An entrypoint with these words.
    Words(Vec<String>),
    /// An image that may have an entrypoint.
    Unknown,
}

fn check_file(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    if super::command_missing::is_read_by_others(file) {
        return;
    }
    for (index, stage, stage_use) in file.stages() {
        if stage_use == StageUse::Unused {
            continue;
        }
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            let Some((command, before)) = command(instruction, stage, stage_use, &file.images) else {
                continue;
            };
            let keyword = instruction.keyword.value;
            let aspect = format!("{keyword} {}.{offset}", index + 1);
            if command.form == Form::Shell && is_list(&command.text.text) && stage.has_posix_shell() {
                let no_shell = stage.shell.is_absent() && file.contents().get(index).is_some_and(|at| at.shell() == Has::No);
                let finding = no_json(command, no_shell).aspect(aspect);
                found.push(match words::as_list(&command.text.text) {
                    Some(list) => finding.fix(command.span, list),
                    None => finding,
                });
                continue;
            }
            let words: Vec<&str> = command.words.iter().map(|word| word.value.as_str()).collect();
            if let Some(fault) = faulty(&words, &before)
                && let Some(word) = command.words.get(fault.at)
                && !is_path_with_blanks(file, instruction, word)
            {
                // What is given to an entrypoint at the start would be lost behind a shell.
                let takes_more = matches!(instruction.kind, Kind::Entrypoint(_));
                let is_alone = matches!(&before, Before::Nothing) && !fault.is_program && !takes_more;
                let finding = finding(word.span, fault).aspect(aspect);
                found.push(match words::for_a_shell(&words).filter(|_| is_alone) {
                    Some(list) => finding.fix(command.span, list).with_care(),
                    None => finding,
                });
            }
        }
    }
}

fn no_json(command: &Command, no_shell: bool) -> Finding {
    let first = command.text.text.split_whitespace().next().unwrap_or("[");
    let shown: String = first.chars().take(40).collect();
    let what = if no_shell {
        "this list is not valid JSON, so it needs a shell, which the image does not include".to_owned()
    } else {
        format!("this list is not valid JSON, so a shell looks for a program called `{shown}`")
    };
    let help = "put every word in double quotes, with commas between them and nothing behind the bracket: `[\"a\", \"b\"]`";
    let severity = if no_shell { Severity::Error } else { Severity::Warning };
    Finding::new(command.span, what).help(help).severity(severity)
}

fn finding(span: Span, fault: Fault) -> Finding {
    let severity = if fault.is_program {
        Severity::Error
    } else {
        Severity::Warning
    };
    Finding::new(span, fault.why).help(fault.help).severity(severity)
}

/// The fault of a list behind what starts it, as a number of its own words.
fn faulty(words: &[&str], before: &Before) -> Option<Fault> {
    let ahead: Vec<&str> = match before {
        Before::Nothing => Vec::new(),
        Before::Words(ahead) => ahead.iter().map(String::as_str).collect(),
        // It may split its words, or hand them to a shell.
        Before::Unknown => return None,
    };
    let all: Vec<&str> = ahead.iter().chain(words).copied().collect();
    let mut fault = fault(&all)?;
    fault.at = fault.at.checked_sub(ahead.len())?;
    Some(fault)
}

/// The command of an instruction, if it holds, with what stands before its words.
fn command<'a>(
    instruction: &'a Instruction,
    stage: &Stage,
    stage_use: StageUse,
    images: &Images,
) -> Option<(&'a Command, Before)> {
    let holds = |span: Option<Span>| stage_use == StageUse::Ships && span == Some(instruction.span);
    match &instruction.kind {
        Kind::Run(run) => Some((&run.command, Before::Nothing)),
        Kind::Entrypoint(command) if holds(stage.entrypoint.span()) => Some((command, Before::Nothing)),
        Kind::Cmd(command) if holds(stage.cmd.span()) => match &stage.entrypoint {
            Fact::Known(entrypoint) if entrypoint.value.form == Form::Exec => {
                let words = entrypoint.value.words.iter().map(|word| word.value.clone());
                Some((command, Before::Words(words.collect())))
            }
            Fact::Known(_) | Fact::Unknown(_) => None,
            Fact::Absent => Some((command, of_base(stage, images))),
        },
        Kind::Healthcheck(check) if holds(stage.healthcheck.span()) => match check.as_ref() {
            Healthcheck::Command(probe) => Some((&probe.command, Before::Nothing)),
            Healthcheck::None => None,
        },
        _ => None,
    }
}

/// What the image at the root of a stage puts before a command.
fn of_base(stage: &Stage, images: &Images) -> Before {
    match &stage.root_image {
        Base::Scratch => Before::Nothing,
        Base::Image(Fact::Known(name)) => of_image(&name.value, images),
        _ => Before::Unknown,
    }
}

/// The entrypoints of official images execute the words that they are given; those of others may do anything with them.
fn of_image(name: &str, images: &Images) -> Before {
    let image = images.get(name);
    match image.has_entrypoint() {
        Has::No => Before::Nothing,
        Has::Yes if image.official().is_some() => Before::Nothing,
        Has::Yes | Has::Unknown => Before::Unknown,
    }
}

/// Whether the file itself makes something with such a name.
fn is_path_with_blanks(file: &JudgedFile, own: &Instruction, word: &Word) -> bool {
    word.value.contains(char::is_whitespace)
        && file.file.ast.instructions.iter().any(|instruction| match &instruction.kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => transfer.destination.value.contains(word.value.as_str()),
            Kind::Run(run) if instruction.span != own.span => run.command.text.text.contains(word.value.as_str()),
            _ => false,
        })
}

fn check_service(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let images = &subject.repository.images;
    let before = match (&service.entrypoint, subject.container.image.stage()) {
        (Fact::Known(words), _) if words.value.is_empty() => Before::Nothing,
        (Fact::Known(words), _) => Before::Words(words.value.clone()),
        (Fact::Unknown(_), _) => Before::Unknown,
        (Fact::Absent, Some(stage)) => match &stage.entrypoint {
            Fact::Known(entrypoint) if entrypoint.value.form == Form::Exec => {
                Before::Words(entrypoint.value.words.iter().map(|word| word.value.clone()).collect())
            }
            Fact::Absent => of_base(stage, images),
            _ => Before::Unknown,
        },
        (Fact::Absent, None) => subject.container.image.root().map_or(Before::Unknown, |name| of_image(name, images)),
    };
    list(service, &["entrypoint"], &Before::Nothing, found);
    list(service, &["command"], &before, found);
    list(service, &["healthcheck", "test"], &Before::Nothing, found);
}

/// A list of a service, as it is written.
fn list(service: &Service, key: &[&str], before: &Before, found: &mut Vec<Finding>) {
    let Some(items) = service.written(key).and_then(|value| value.seq()) else {
        return;
    };
    let mut words: Vec<(&str, Span)> = items.iter().map(|item| (item.str().unwrap_or(""), item.span)).collect();
    if key == ["healthcheck", "test"] {
        let Some((kind, _)) = words.first().copied() else { return };
        words.remove(0);
        if kind == "CMD-SHELL"
            && let Some((_, span)) = words.get(1)
        {
            found.push(
                Finding::new(*span, "the shell runs only the word before this one: `CMD-SHELL` takes one string")
                    .help("write the whole command as one string, or begin with `CMD`")
                    .aspect(key.join(".")),
            );
        }
        if kind != "CMD" {
            return;
        }
    }
    let texts: Vec<&str> = words.iter().map(|(text, _)| *text).collect();
    if let Some(fault) = faulty(&texts, before)
        && let Some((_, span)) = words.get(fault.at)
    {
        found.push(finding(*span, fault).layer(Layer::Ignored).aspect(key.join(".")));
    }
}

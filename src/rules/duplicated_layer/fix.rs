//! The edit that spares the second copy: `COPY --chown=...`, and the `chown` only for the folder itself.

use crate::build::JudgedFile;
use crate::build::layers::{Act, FileChange, Written};
use crate::finding::Edit;
use crate::parse::dockerfile::{Kind, Transfer};
use crate::parse::shell::Word;
use crate::resolve::stage::Base;
use crate::source::Span;
use crate::values::path::{clean, is_below};

/// Folders that images bring files in: what is in them was not all copied by one COPY.
const SYSTEM: [&str; 17] = [
    "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "proc", "root", "run", "sbin", "sys", "tmp",
    "usr", "var",
];

/// The edits, where they leave an image with the same files, owners and modes for certain: the RUN begins with the one
/// `chown -R`, right behind the COPY, and nothing else of the stage is in the folder.
pub(super) fn edits(file: &JudgedFile, change: &FileChange, hit: &[&Written]) -> Option<Vec<Edit>> {
    let step = file
        .run_steps()
        .iter()
        .find(|step| step.instruction == change.instruction)?;
    let command = step.commands().first().filter(|command| !command.conditional)?;
    let [program, flag, value, path] = command.words.as_slice() else {
        return None;
    };
    let is_plain = |word: &Word| !word.dynamic && !word.quoted;
    if program.span != change.span || change.inside || !is_plain(value) || !is_plain(path) {
        return None;
    }
    if !matches!(flag.text.as_str(), "-R" | "--recursive") {
        return None;
    }
    let at = hit.first()?.instruction;
    if hit.iter().any(|written| written.instruction != at) {
        return None;
    }
    let copy = file.file.ast.instructions.get(at)?;
    let Kind::Copy(words) = &copy.kind else { return None };
    let option = match (change.act, program.text.as_str()) {
        (Act::Own, "chown") => format!(" --chown={}", owner(&value.text, words)?),
        (Act::Mode, "chmod") => format!(" --chmod={}", mode(&value.text, words)?),
        _ => return None,
    };
    if words.parents || !is_alone(file, step.stage, &change.path, at, change.instruction) {
        return None;
    }
    let behind = Span {
        start: copy.keyword.span.end,
        ..copy.keyword.span
    };
    Some(vec![
        Edit {
            span: behind,
            text: option,
        },
        Edit {
            span: Span {
                start: program.span.end,
                ..flag.span
            },
            text: String::new(),
        },
    ])
}

/// The owner as COPY takes it. COPY gives a user without a group the group of the same number, chown leaves group root.
fn owner(value: &str, words: &Transfer) -> Option<String> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    if words.chown.is_some() || words.link && !is_number {
        return None;
    }
    match value.split_once(':') {
        Some((user, group)) => (is_name(user) && is_name(group)).then(|| value.to_owned()),
        // Files of another stage keep their own groups.
        None => (is_name(value) && words.from.is_none()).then(|| format!("{value}:0")),
    }
}

/// The mode as COPY takes it: octal.
fn mode(value: &str, words: &Transfer) -> Option<String> {
    let is_octal = matches!(value.len(), 3 | 4) && value.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    (is_octal && words.chmod.is_none()).then(|| value.to_owned())
}

/// Whether nothing but one COPY writes into a folder before a RUN, and nothing happens between the two.
fn is_alone(file: &JudgedFile, stage: usize, folder: &str, copy: usize, run: usize) -> bool {
    let mut parts = folder.trim_start_matches('/').split('/');
    let top = parts.next().unwrap_or("");
    let depth = parts.count();
    if top.is_empty() || SYSTEM.contains(&top) || matches!(top, "opt" | "srv") && depth == 0 {
        return false;
    }
    let Some(stage) = file.plan.stages.get(stage) else {
        return false;
    };
    let destination = file
        .plan
        .transfer(copy)
        .and_then(|transfer| transfer.destination.value().map(|path| clean(path)));
    !matches!(stage.base, Base::Stage(_))
        && stage.instructions.contains(&copy)
        && copy < run
        && destination.as_deref() == Some(folder)
        && (stage.instructions.start..copy).all(|at| stays_out(file, folder, at))
        && (copy + 1..run).all(|at| is_metadata(file, at))
}

/// Whether an instruction writes nothing into a folder, for certain.
fn stays_out(file: &JudgedFile, folder: &str, at: usize) -> bool {
    let apart = |path: &str| path != folder && !is_below(path, folder) && !is_below(folder, path);
    let workdir = |at: usize| file.plan.workdir_at(at).value().map(|path| clean(path));
    match file.file.ast.instructions.get(at).map(|instruction| &instruction.kind) {
        Some(Kind::Copy(_) | Kind::Add(_)) => file
            .plan
            .transfer(at)
            .and_then(|transfer| transfer.destination.value())
            .is_some_and(|path| apart(&clean(path))),
        Some(Kind::Workdir(_)) => workdir(at + 1).is_some_and(|path| !is_below(&path, folder)),
        Some(Kind::Run(_)) => {
            let step = file.run_steps().iter().find(|step| step.instruction == at);
            let outside = match file.plan.workdir_at(at) {
                crate::fact::Fact::Absent => true,
                known => known
                    .value()
                    .is_some_and(|path| clean(path) != folder && !is_below(&clean(path), folder)),
            };
            outside && step.is_some_and(|step| !step.mentions(folder) && !step.mentions("$"))
        }
        Some(Kind::User(_)) => true,
        _ => is_metadata(file, at),
    }
}

/// Whether an instruction writes no files at all.
fn is_metadata(file: &JudgedFile, at: usize) -> bool {
    file.file.ast.instructions.get(at).is_some_and(|instruction| {
        matches!(
            instruction.keyword.value,
            "ARG" | "CMD" | "ENTRYPOINT" | "ENV" | "EXPOSE" | "HEALTHCHECK" | "LABEL" | "STOPSIGNAL"
        )
    })
}

//! The scripts of a context that a container starts with: what the kernel will make of them.

use crate::build::BuiltFile;
use crate::build::context::{Context, EntryKind, Script};
use crate::fact::Fact;
use crate::parse::dockerfile::{Command, Form, Kind};
use crate::resolve::stage::Plan;
use crate::values::path::{clean, name};
use crate::workspace::Workspace;
use std::path::Path;

/// The kernel reads so much of a `#!` line (`BINPRM_BUF_SIZE`).
const PEEK: u64 = 256;

/// Programs that change what a file holds or whether it can be run.
const CHANGERS: [&str; 10] = [
    "chmod", "dos2unix", "sed", "tr ", "perl", "install ", "mv ", "cp ", "ln ", "git ",
];

/// The script of the shipped stage's ENTRYPOINT, or of its CMD where there is none, if it comes from the context as it is.
pub(super) fn started(context: &Context, file: &BuiltFile, plan: &Plan, workspace: &Workspace) -> Option<Script> {
    let shipped = plan.shipped?;
    let stage = plan.stages.get(shipped)?;
    let command: &Command = match (&stage.entrypoint, &stage.cmd) {
        (Fact::Known(entrypoint), _) => &entrypoint.value,
        (Fact::Absent, Fact::Known(cmd)) => &cmd.value,
        _ => return None,
    };
    let word = command.words.first().filter(|_| command.form == Form::Exec)?;
    let workdir = stage.workdir.value().map_or("/", String::as_str);
    let lineage = plan.lineage(shipped);
    let of_lineage = |stage: usize| lineage.contains(&stage);

    // Of several copies to one path the last one counts.
    let mut found = None;
    for copy in context.copies.iter().filter(|copy| of_lineage(copy.stage)) {
        let (brought, kind) = (context.brought(copy, plan)?, kind(file, copy.instruction)?);
        let is_plain = matches!(kind, Kind::Copy(words) | Kind::Add(words) if words.chmod.is_none());
        let entry = brought.iter().find(|(path, _)| is_meant(&word.value, workdir, path));
        if let Some((_, entry)) = entry {
            found = (is_plain && entry.kind == EntryKind::File).then(|| (copy.instruction, entry.path.clone()));
        }
    }
    let (instruction, path) = found?;
    let file_name = name(&path);
    let is_changed = lineage
        .iter()
        .filter_map(|index| plan.stages.get(*index))
        .flat_map(|stage| stage.instructions.clone())
        .filter(|later| *later > instruction)
        .filter_map(|later| file.ast.instructions.get(later))
        .any(|later| match &later.kind {
            Kind::Run(_) => {
                let text = workspace.sources().slice(later.span);
                text.contains(file_name) || CHANGERS.iter().any(|program| text.contains(program))
            }
            Kind::Copy(words) | Kind::Add(words) => words.from.is_some(),
            _ => false,
        });
    if is_changed {
        return None;
    }
    let place = Path::new(&context.folder).join(&path);
    let start = workspace.peek(&place, PEEK)?;
    let is_text = !start.contains(['\0', '\u{fffd}']) && !start.trim().is_empty();
    Some(Script {
        word: word.span,
        path,
        executable: workspace.is_executable(&place)?,
        is_text,
        first_line: start
            .strip_prefix("#!")
            .map(|rest| rest.split('\n').next().unwrap_or(rest).to_owned()),
    })
}

fn kind(file: &BuiltFile, instruction: usize) -> Option<&Kind> {
    file.ast
        .instructions
        .get(instruction)
        .map(|instruction| &instruction.kind)
}

/// Whether the first word of a command names this file: by its path, or in a folder where programs are looked for.
fn is_meant(word: &str, workdir: &str, path: &str) -> bool {
    if word.starts_with('/') {
        clean(word) == path
    } else if word.contains('/') {
        clean(&format!("{workdir}/{word}")) == path
    } else {
        [
            "/usr/local/sbin/",
            "/usr/local/bin/",
            "/usr/sbin/",
            "/usr/bin/",
            "/sbin/",
            "/bin/",
        ]
        .iter()
        .any(|folder| path.strip_prefix(folder) == Some(word))
    }
}

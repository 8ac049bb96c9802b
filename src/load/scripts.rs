//! The scripts of a context that a container starts with: what the kernel will make of them.

use super::elf;
use crate::build::BuiltFile;
use crate::build::context::{Context, EntryKind, Script};
use crate::container::needs;
use crate::fact::Fact;
use crate::parse::dockerfile::{Command, Form, Kind, Transfer, Word};
use crate::parse::shell;
use crate::resolve::stage::{Plan, Stage};
use crate::source::Span;
use crate::values::path::{is_at_or_below, is_started_as, name};
use crate::workspace::Workspace;
use std::io::Read;
use std::path::Path;

/// The kernel reads so much of a `#!` line (`BINPRM_BUF_SIZE`).
const PEEK: usize = 256;
/// Scripts up to this size are read whole.
const WHOLE: u64 = 64 << 10;

/// Programs that change what a file holds, if they are told to, without any name that could be looked for.
const CHANGERS: [&str; 14] = [
    "dos2unix", "sed", "tr", "perl", "install", "mv", "cp", "ln", "git", "find", "xargs", "awk", "python", "python3",
];

/// Programs that change no content.
const KEEPERS: [&str; 8] = ["chmod", "chown", "chgrp", "ls", "stat", "test", "[", "mkdir"];

/// The scripts that the shipped stage starts, by its ENTRYPOINT and by its CMD, if they come from the context as they are: the first
/// is what the kernel starts, where that is one.
pub(super) fn started(context: &Context, file: &BuiltFile, plan: &Plan, workspace: &Workspace) -> Vec<Script> {
    let Some((shipped, stage)) = plan.shipped.and_then(|index| Some((index, plan.stages.get(index)?))) else {
        return Vec::new();
    };
    let mut scripts: Vec<Script> = Vec::new();
    let mut read = |command: &Command| {
        for named in named(command) {
            scripts.extend(script(named, shipped, context, file, plan, workspace));
        }
        scripts
            .last()
            .is_some_and(|script| script.passes_on && command.words.len() == 1)
    };
    match (&stage.entrypoint, &stage.cmd) {
        (Fact::Known(entrypoint), cmd) => {
            let passes_on = read(&entrypoint.value);
            if let Some(cmd) = cmd.value().filter(|_| passes_on) {
                read(cmd);
            }
        }
        (Fact::Absent, Fact::Known(cmd)) => {
            read(&cmd.value);
        }
        _ => {}
    }
    scripts
}

/// The script that a word names.
fn script(
    named: Named,
    shipped: usize,
    context: &Context,
    file: &BuiltFile,
    plan: &Plan,
    workspace: &Workspace,
) -> Option<Script> {
    let stage = plan.stages.get(shipped)?;
    let workdir = stage.workdir.value().map_or("/", String::as_str);
    let lineage = plan.lineage(shipped);
    let is_it = |path: &str| is_started_as(&named.word, workdir, path);
    let (instruction, path, transfer, lands) = copied(context, file, plan, &lineage, &is_it)?;
    let file_name = name(&path);
    let mut mode_changes = false;
    let is_changed = lineage
        .iter()
        .filter_map(|index| plan.stages.get(*index))
        .flat_map(|stage| stage.instructions.clone())
        .filter(|later| *later > instruction)
        .filter_map(|later| Some((later, file.ast.instructions.get(later)?)))
        .any(|(at, later)| match &later.kind {
            Kind::Run(run) => {
                let text = workspace.sources().slice(later.span);
                mode_changes |= ["chmod", "chown", "chgrp", "setfacl"]
                    .iter()
                    .any(|program| text.contains(program));
                changes(&run.command, text, file_name)
            }
            Kind::Copy(words) | Kind::Add(words) => words.from.is_some() && may_land(plan, at, &lands),
            _ => false,
        });
    if is_changed {
        return None;
    }
    let place = Path::new(&context.folder).join(&path);
    let whole = workspace.peek(&place, WHOLE)?;
    let start = start_of(&whole);
    let mut head = Vec::new();
    workspace
        .file(&place)
        .ok()?
        .take(elf::HEAD)
        .read_to_end(&mut head)
        .ok()?;
    let is_text = !start.contains(['\0', '\u{fffd}']) && !start.trim().is_empty();
    Some(Script {
        word: named.span,
        executable: match &transfer.chmod {
            _ if mode_changes => true,
            Some(given) => mode(&given.value).is_none_or(|mode| mode & 0o111 != 0),
            None => workspace.is_executable(&place)?,
        },
        closed: transfer
            .chmod
            .as_ref()
            .filter(|_| !mode_changes && transfer.chown.is_none() && !is_root(stage))
            .and_then(|given| mode(&given.value))
            .filter(|mode| mode & 0o011 == 0),
        shell: named.shell,
        by_shell: named.by_shell,
        has_returns: start.contains("\r\n"),
        path,
        is_text,
        loader: elf::loader(&head),
        passes_on: is_text && passes_on(&whole),
        first_line: start
            .strip_prefix("#!")
            .map(|rest| rest.split('\n').next().unwrap_or(rest).to_owned()),
    })
}

/// The file of the context that lies at a path in the end: the copy that brings it, its path in the context, and where it lands.
fn copied<'a>(
    context: &Context,
    file: &'a BuiltFile,
    plan: &Plan,
    lineage: &[usize],
    is_it: &dyn Fn(&str) -> bool,
) -> Option<(usize, String, &'a Transfer, String)> {
    // Of several copies to one path the last one counts.
    let (mut found, mut lands) = (None, String::new());
    for copy in context.copies.iter().filter(|copy| lineage.contains(&copy.stage)) {
        let (brought, kind) = (context.brought(copy, plan)?, kind(file, copy.instruction)?);
        let (Kind::Copy(words) | Kind::Add(words)) = kind else {
            continue;
        };
        if let Some((place, entry)) = brought.iter().find(|(path, _)| is_it(path)) {
            found = (entry.kind == EntryKind::File).then(|| (copy.instruction, entry.path.clone(), words));
            lands = place.clone();
        }
    }
    let (instruction, path, words) = found?;
    Some((instruction, path, words, lands))
}

/// A word of a command that may name a script.
struct Named {
    word: String,
    span: Span,
    /// The shell that is started with it.
    shell: Option<String>,
    /// A shell starts it as a program.
    by_shell: bool,
}

/// The words of a command that may name a script: what the kernel starts, and what a shell or an init starts in turn.
fn named(command: &Command) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    if let Some((word, shell)) = meant(command) {
        found.push(Named {
            word: word.value.clone(),
            span: word.span,
            shell,
            by_shell: false,
        });
    }
    let first = found.first().map(|named| named.span);
    let moves = command.text.text.contains("cd ");
    for need in needs::of_written(command) {
        // From another folder than that of the stage a relative path is another one.
        let [word] = need.programs.as_slice() else { continue };
        let is_sure = !moves || !word.contains('/') || word.starts_with('/');
        if first != Some(need.span) && is_sure {
            found.push(Named {
                word: word.clone(),
                span: need.span,
                shell: None,
                by_shell: need.by_shell,
            });
        }
    }
    found
}

/// The word of a command that names a script, and the shell that is started with it.
fn meant(command: &Command) -> Option<(&Word, Option<String>)> {
    let first = command.words.first().filter(|_| command.form == Form::Exec)?;
    let second = command.words.get(1).filter(|word| !word.value.starts_with('-'));
    match (name(&first.value), second) {
        (shell @ ("sh" | "bash" | "ash" | "dash"), Some(script)) => Some((script, Some(shell.to_owned()))),
        _ => Some((first, None)),
    }
}

/// Whether a RUN may change what a file of this name holds. What only changes modes and owners does not.
fn changes(command: &Command, text: &str, file_name: &str) -> bool {
    let script = match command.form {
        Form::Shell => shell::split(&command.text),
        Form::Exec => None,
    };
    let Some(script) = script else {
        return text.contains(file_name) || CHANGERS.iter().any(|program| text.contains(program));
    };
    let mut named = 0;
    for command in &script.commands {
        let program = command.program().map_or("", name);
        if CHANGERS.contains(&program) {
            return true;
        }
        if KEEPERS.contains(&program) && command.redirections.is_empty() {
            let words = command.words.iter();
            named += words.map(|word| word.text.matches(file_name).count()).sum::<usize>();
        }
    }
    text.matches(file_name).count() > named
}

/// What the kernel reads of a script.
fn start_of(text: &str) -> &str {
    let ends = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= PEEK);
    if text.len() <= PEEK {
        return text;
    }
    text.get(..ends.last().unwrap_or(0)).unwrap_or(text)
}

/// Whether a script hands itself over to its arguments in its last line, if need be by way of a program that changes the user.
fn passes_on(text: &str) -> bool {
    const STEPS: [&str; 6] = ["su-exec", "gosu", "setpriv", "tini", "dumb-init", "env"];
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(line) = lines
        .next_back()
        .and_then(|line| line.strip_prefix("exec ")?.strip_suffix("\"$@\""))
    else {
        return false;
    };
    // Something that sets the arguments anew would start something else.
    let first = line.split_whitespace().next();
    let keeps = !text
        .lines()
        .any(|line| line.trim_start().starts_with("set -- ") || line.contains("; set -- "));
    keeps && first.is_none_or(|program| STEPS.contains(&name(program)))
}

/// Whether a COPY may put something at a path.
fn may_land(plan: &Plan, at: usize, path: &str) -> bool {
    let to = plan.transfer(at).and_then(|transfer| transfer.destination.value());
    to.is_none_or(|to| is_at_or_below(path, to))
}

/// A mode that is written as octal digits.
fn mode(text: &str) -> Option<u32> {
    u32::from_str_radix(text.trim_matches('"'), 8).ok()
}

/// Whether the stage's user is root, or may be.
fn is_root(stage: &Stage) -> bool {
    let user = stage.user.value().map(String::as_str);
    let name = user.and_then(|user| user.split(':').next()).unwrap_or("root");
    name == "root" || name.contains('$') || name.bytes().all(|byte| byte == b'0')
}

fn kind(file: &BuiltFile, instruction: usize) -> Option<&Kind> {
    file.ast
        .instructions
        .get(instruction)
        .map(|instruction| &instruction.kind)
}

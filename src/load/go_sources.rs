//! Whether Go sources of a context may be linked with the C library: they use `net`, `os/user`, C, or other people's modules.

use crate::build::BuiltFile;
use crate::build::context::{Context, EntryKind};
use crate::parse::dockerfile::Kind;
use crate::workspace::Workspace;
use std::path::Path;

/// So many files are read, and so many first bytes of each: imports stand at the beginning.
const MAX_FILES: usize = 64;
const PEEK: u64 = 4096;

/// Packages of the standard library that do it, as they are imported.
const LINKED: [&str; 5] = ["\"net\"", "\"net/", "\"os/user\"", "\"C\"", "\"plugin\""];

/// Whether the Go sources of a context need no C library, for all that they hold.
pub(super) fn are_plain(context: &Context, file: &BuiltFile, workspace: &Workspace) -> bool {
    let builds = file.ast.instructions.iter().any(|instruction| match &instruction.kind {
        Kind::Run(run) => run.command.text.text.contains("go build") || run.command.text.text.contains("go install"),
        _ => false,
    });
    if !builds || !context.tree.complete {
        return false;
    }
    let is_source = |path: &str| path.ends_with(".go") || path.ends_with("go.mod");
    let entries = context
        .tree
        .entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::File && is_source(&entry.path));
    let sources: Vec<&str> = entries.map(|entry| entry.path.as_str()).take(MAX_FILES + 1).collect();
    let is_plain = |path: &&str| {
        let Some(start) = workspace.peek(&Path::new(&context.folder).join(path), PEEK) else {
            return false;
        };
        match path.ends_with("go.mod") {
            true => !start.contains("require"),
            false => !LINKED.iter().any(|package| start.contains(package)),
        }
    };
    sources.iter().any(|path| path.ends_with(".go")) && sources.len() <= MAX_FILES && sources.iter().all(is_plain)
}

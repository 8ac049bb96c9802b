use super::{Check, Group};
use crate::build::JudgedFile;
use super::duplicated_layer::LARGE;
use crate::build::layers::{self, Act, FileChange, Layer, Package, Writer, Written};
use crate::finding::{Change, Finding, Layer as About, Severity};
use crate::parse::dockerfile::{Form, Kind};
use crate::repository::Repository;
use crate::source::Span;
use crate::values::bytes;
use crate::values::path::is_below;
use std::collections::HashSet;

rule! {
    /// A RUN deletes what an earlier layer of the image wrote.
    ///
    /// ## Why it matters
    /// The files are hidden, not gone: the earlier layer still holds them, and everyone who pulls the image pulls them. Files
    /// only stay out of an image if the RUN that writes them deletes them.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends gcc
    /// RUN make -C /src
    /// RUN apt-get purge -y gcc  # <- here
    /// RUN rm -rf /var/lib/apt/lists/*  # <- here
    /// ADD tools.tar.gz /tmp/tools.tar.gz
    /// RUN /tmp/tools.tar.gz/install && rm -rf /tmp/tools.tar.gz  # <- here
    /// ```
    ///
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl
    /// RUN rm -rf /var/lib/apt/lists/*  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends gcc \
    ///     && make -C /src \
    ///     && apt-get purge -y gcc && rm -rf /var/lib/apt/lists/*
    /// RUN --mount=type=bind,source=tools,target=/tmp/tools /tmp/tools/install
    /// ```
    ///
    /// ## Notes
    /// It is a note where the files are known, or look as if, to be less than 100 kB.
    RULE {
        name: "late-cleanup",
        group: Group::Size,
        layer: About::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for chain in layers::shipped(file) {
        let mut written: Vec<Written> = Vec::new();
        let mut installed: Vec<Package> = Vec::new();
        for (_, layer) in chain {
            match layer {
                Layer::Copy(_, here) => written.extend(here),
                Layer::Run(at, here) => {
                    let is_new = seen.insert(at);
                    for change in here
                        .changes
                        .iter()
                        .filter(|change| change.act == Act::Remove && !change.conditional)
                    {
                        // Who cleans up after himself may clean up more.
                        if is_new && !change.own {
                            found.extend(removed(file, &written, change));
                        }
                        written.retain(|known| !change.covers(known));
                    }
                    for package in &here.removed {
                        let known = installed
                            .iter()
                            .find(|known| known.manager == package.manager && known.name == package.name);
                        if let Some(known) = known.filter(|_| is_new) {
                            found.push(joined(uninstalled(file, known, package), file, known.instruction, at));
                        }
                    }
                    installed.retain(|known| {
                        !here
                            .removed
                            .iter()
                            .any(|gone| gone.manager == known.manager && gone.name == known.name)
                    });
                    written.extend(here.written);
                    written.extend(here.texts);
                    installed.extend(here.installed);
                }
            }
        }
    }
    // One command that takes away ten packages is one finding.
    let mut places = HashSet::new();
    found.retain(|finding| places.insert(finding.span));
}

fn removed(file: &JudgedFile, written: &[Written], change: &FileChange) -> Option<Finding> {
    let known = written
        .iter()
        .rev()
        .find(|known| change.covers(known) || part(file, change, known).is_some())?;
    let bytes = part(file, change, known);
    if bytes == Some(0) {
        return None;
    }
    let instruction = file.file.ast.instructions.get(known.instruction)?;
    let by = match known.by {
        Writer::Copy => instruction.keyword.value.to_owned(),
        Writer::Command(by) => by.to_owned(),
    };
    let stay = match bytes {
        Some(bytes) => bytes::show(i64::try_from(bytes).unwrap_or(i64::MAX)),
        None => "its bytes".to_owned(),
    };
    let star = if change.inside { "/*" } else { "" };
    let message = format!(
        "`rm {}{star}` deletes files that {by} wrote in an earlier layer: {stay} stay in the image",
        change.path
    );
    let help = match known.by {
        Writer::Copy => "mount it where it is used instead: `RUN --mount=type=bind,source=...,target=... ...`",
        Writer::Command(_) => "delete it in the RUN that writes it: `... && rm -rf ...`",
    };
    let finding = Finding::new(change.span, message)
        .help(help)
        .related(instruction.keyword.span, "written here")
        .aspect(format!("rm {}", change.path));
    let finding = joined(finding, file, known.instruction, change.instruction);
    let is_little = bytes.map_or_else(|| known.little, |bytes| bytes < LARGE);
    Some(if is_little {
        finding.severity(Severity::Note)
    } else {
        finding
    })
}

/// The bytes of what a change takes from a copy whose files are known.
fn part(file: &JudgedFile, change: &FileChange, known: &Written) -> Option<u64> {
    let context = file.context.as_ref().filter(|_| known.by == Writer::Copy)?;
    let is_near = change.covers(known) || known.is_folder && is_below(&change.path, &known.path);
    if !is_near {
        return None;
    }
    context
        .bytes_at(context.copy(known.instruction)?, &file.plan, &change.path)
        .filter(|bytes| *bytes > 0 || change.covers(known))
}

fn uninstalled(file: &JudgedFile, known: &Package, package: &Package) -> Finding {
    let manager = package.manager.name();
    let message = format!(
        "{manager} removes `{}`, which an earlier layer installed, so the image does not shrink",
        package.name
    );
    let finding = Finding::new(package.span, message)
        .help("install, use and remove it in one RUN, or build in an earlier stage")
        .aspect(format!("{manager} {}", package.name));
    match file.file.ast.instructions.get(known.instruction) {
        Some(instruction) => finding.related(instruction.keyword.span, "installed here"),
        None => finding,
    }
}

/// Commands that change what the next ones of the same shell see.
const LASTING: [&str; 16] = [
    ".", "alias", "cd", "exec", "exit", "export", "popd", "pushd", "return", "set", "shopt", "source", "trap", "ulimit", "umask", "unset",
];

/// Lets the RUN that wrote go on with the one that deletes, where that is the next instruction and `&&` keeps what both do.
fn joined(finding: Finding, file: &JudgedFile, first: usize, second: usize) -> Finding {
    let step = |index: usize| file.run_steps().iter().find(|step| step.instruction == index);
    let instruction = |index: usize| file.file.ast.instructions.get(index);
    let (Some(writes), Some(deletes)) = (step(first), step(second)) else {
        return finding;
    };
    let (Some(one), Some(other)) = (instruction(first), instruction(second)) else {
        return finding;
    };
    let text = |index: usize| {
        let instruction = instruction(index)?;
        let is_plain = instruction.flags.is_empty() && instruction.heredocs.is_empty();
        let Kind::Run(run) = &instruction.kind else { return None };
        (is_plain && run.command.form == Form::Shell).then_some(run.command.text.text.as_str())
    };
    let (Some(before), Some(after)) = (text(first), text(second)) else {
        return finding;
    };
    // A comment would hide what comes behind it, and so would a background job; `a && b; c` runs `c` after whatever failed.
    let goes_on = !before.contains('#') && !before.trim_end().ends_with([';', '&', '|', '\\']);
    let is_chain = !after.replace("&&", "").contains([';', '&', '|', '#', '(', '{', '\n']);
    if second != first + 1 || !goes_on || !is_chain || deletes.commands().is_empty() {
        return finding;
    }
    let mut programs = writes.commands().iter().map(|command| command.program());
    let is_same = programs.all(|program| program.is_some_and(|program| !LASTING.contains(&program)));
    let (start, end) = (one.arguments.end as usize, other.arguments.start as usize);
    let finding = finding.change(Change::Join(Span::new(one.span.source, start, end)));
    if is_same { finding } else { finding.with_care() }
}

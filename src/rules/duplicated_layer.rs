mod again;
mod fix;
mod modules;

use super::{Check, Group};
use crate::build::JudgedFile;
use crate::build::owners;
use crate::build::layers::{self, Act, FileChange, LITTLE, Layer, Writer, Written};
use crate::finding::{Finding, Layer as About, Severity};
use crate::parse::dockerfile::{Instruction, Kind};
use crate::repository::Repository;
use crate::resolve::stage::Base;
use crate::values::bytes;
use crate::values::path::is_below;
use again::Copies;
use std::collections::HashSet;

rule! {
    /// An instruction stores files again that an earlier layer of the image already holds.
    ///
    /// ## Why it matters
    /// A layer keeps every file that it changes whole, even where only the owner or the mode changes, or nothing at all:
    /// `chown -R` over a 10 MB application adds another 10 MB to the image, and `mv` keeps both places.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM python:3.13-slim
    /// WORKDIR /app
    /// COPY . .
    /// RUN chown -R nobody /app  # <- here
    /// ```
    /// ```dockerfile fail
    /// FROM scratch
    /// COPY --from=debian:13-slim /usr/lib /usr/lib
    /// COPY --from=debian:13-slim /usr/lib/ssl /usr/lib/ssl  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM python:3.13-slim
    /// WORKDIR /app
    /// COPY --chown=nobody . .
    /// RUN mkdir data && chown -R nobody data
    /// ```
    ///
    /// ## Notes
    /// It is a note where the files are known to be less than 2 MB, for `chmod` of one small text file, and where the
    /// packages of a builder stage are copied over those of the same image: `pip` is stored twice. `chown -R` in the RUN
    /// that writes the files is fine: they are stored once. A manifest that is copied before its folder
    /// (`COPY package.json .`, then `COPY . .`) is fine too, unless the file is large.
    RULE {
        name: "duplicated-layer",
        group: Group::Size,
        layer: About::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

/// From here on, in bytes, a file that is copied by itself before its folder is no manifest any more.
pub(super) const LARGE: u64 = 2_000_000;

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for chain in layers::shipped(file) {
        let mut written: Vec<Written> = Vec::new();
        let mut copies = Copies::default();
        for (_, layer) in chain {
            match layer {
                Layer::Copy(at, here) => {
                    let again = copies.add(file, at);
                    if seen.insert(at) {
                        found.extend(again.or_else(|| modules::of_the_base(file, at)));
                    }
                    written.extend(here);
                }
                Layer::Run(at, here) => {
                    if seen.insert(at) {
                        rewritten(file, &written, &here.changes, found);
                    }
                    for change in &here.changes {
                        if matches!(change.act, Act::Remove | Act::Move) && !change.conditional {
                            written.retain(|known| known.path != change.path && !is_below(&known.path, &change.path));
                        }
                    }
                    written.extend(here.written);
                }
            }
        }
    }
}

// ---- chown -R, chmod -R, mv

fn rewritten(file: &JudgedFile, written: &[Written], changes: &[FileChange], found: &mut Vec<Finding>) {
    // One RUN stores a file once more, however often it changes it.
    let mut touched: Vec<&str> = Vec::new();
    let mut main: Option<(&FileChange, &Written)> = None;
    let mut all: Vec<&Written> = Vec::new();
    let mut total: Option<Size> = None;
    for change in changes.iter().filter(|change| change.act != Act::Remove) {
        if touched
            .iter()
            .any(|path| change.path == *path || is_below(&change.path, path))
            || is_refused(file, change)
        {
            continue;
        }
        let hit: Vec<&Written> = written.iter().filter(|known| is_hit(file, change, known)).collect();
        if hit.is_empty() {
            continue;
        }
        let size = size(file, &hit, change);
        if size.bytes == Some(0) {
            continue;
        }
        touched.push(&change.path);
        // The first change is told, or the first that is more than a small file.
        let weighty = hit.iter().rfind(|known| !known.little).or(hit.last());
        if let Some(known) = weighty
            && main.is_none_or(|(_, before)| before.little && !known.little)
        {
            main = Some((change, known));
        }
        all.extend(hit);
        match &mut total {
            Some(known) => known.add(size),
            None => total = Some(size),
        }
    }
    let (Some((change, last)), Some(size), hit) = (main, total, all) else {
        return;
    };
    let writer = file.file.ast.instructions.get(last.instruction);
    let again = match (size.bytes, size.exact) {
        (Some(bytes), true) => format!("{} again", shown(bytes)),
        (Some(bytes), false) if bytes >= LITTLE => format!("at least {}", shown(bytes)),
        _ => "files".to_owned(),
    };
    let verb = verb(file, change);
    let message = format!(
        "`{verb} {}` duplicates {again} that {} wrote in an earlier layer",
        change.path,
        told(last, writer)
    );
    let mut finding = Finding::new(change.span, message)
        .help(help(change, last, writer, verb))
        .aspect(format!("{} {}", change.act.word(), change.path));
    let is_little = if size.exact {
        size.bytes.is_some_and(|bytes| bytes < LARGE)
    } else {
        hit.iter().all(|known| known.little)
    };
    if is_little {
        finding = finding.severity(Severity::Note);
    }
    if let Some(writer) = writer {
        finding = finding.related(writer.keyword.span, "written here");
    }
    // Another change in the same RUN would still store them again.
    let is_only = changes.iter().filter(|change| change.act != Act::Remove).count() == 1;
    if let Some(edits) = fix::edits(file, change, &hit).filter(|_| is_only) {
        finding.fix = edits;
    }
    found.push(finding);
}

/// Whether only root could do it and another user tries: nothing is stored (`unwritable-path`).
fn is_refused(file: &JudgedFile, change: &FileChange) -> bool {
    let stage = || file.run_step(change.instruction).and_then(|step| file.plan.stages.get(step.stage));
    change.act == Act::Own && stage().is_some_and(|stage| owners::ordinary_user(file, stage, change.instruction).is_some())
}

/// Whether a change changes what a layer holds, for certain.
fn is_hit(file: &JudgedFile, change: &FileChange, known: &Written) -> bool {
    if change.act == Act::Move {
        return known.path == change.path && !change.inside;
    }
    if !change.recursive {
        let mode = mode_of(file, known);
        let is_open = |mode: Option<u32>| mode.is_some_and(|mode| mode & 0o111 == 0o111);
        let is_closed = |mode: Option<u32>| mode.is_some_and(|mode| mode & 0o111 == 0);
        let is_large = || bytes_of(file, known, &known.path).is_some_and(|bytes| bytes >= LITTLE);
        let changes =
            known.little && !is_open(mode) || change.executes && (known.download || is_closed(mode) && is_large());
        return known.path == change.path && changes && runs(file, change);
    }
    if known.path == change.path || is_below(&known.path, &change.path) {
        return true;
    }
    // Something in a copied folder: only where the files are known.
    known.is_folder
        && is_below(&change.path, &known.path)
        && bytes_of(file, known, &change.path).is_some_and(|bytes| bytes > 0)
}

/// Whether there is a program that changes modes: an image from scratch has none of its own.
fn runs(file: &JudgedFile, change: &FileChange) -> bool {
    let stage = file.run_step(change.instruction).and_then(|step| file.plan.stages.get(step.stage));
    stage.is_some_and(|stage| !matches!(stage.root_image, Base::Scratch))
}

/// The mode that a file is copied with: where the change gives it the same, nothing is stored.
fn mode_of(file: &JudgedFile, known: &Written) -> Option<u32> {
    let context = file.context.as_ref()?;
    context.mode_at(context.copy(known.instruction)?, &file.plan, &known.path)
}

fn bytes_of(file: &JudgedFile, known: &Written, path: &str) -> Option<u64> {
    let context = file.context.as_ref().filter(|_| known.by == Writer::Copy)?;
    context.bytes_at(context.copy(known.instruction)?, &file.plan, path)
}

struct Size {
    bytes: Option<u64>,
    exact: bool,
}

impl Size {
    fn add(&mut self, other: Size) {
        self.bytes = match (self.bytes, other.bytes) {
            (Some(one), Some(two)) => Some(one.saturating_add(two)),
            (one, two) => one.or(two),
        };
        self.exact &= other.exact;
    }
}

fn size(file: &JudgedFile, hit: &[&Written], change: &FileChange) -> Size {
    let mut size = Size {
        bytes: None,
        exact: true,
    };
    let mut counted = HashSet::new();
    for known in hit {
        if counted.insert(known.instruction) {
            let bytes = bytes_of(file, known, &change.path);
            size.add(Size {
                bytes,
                exact: bytes.is_some(),
            });
        }
    }
    size
}

fn shown(bytes: u64) -> String {
    bytes::show(i64::try_from(bytes).unwrap_or(i64::MAX))
}

fn told(known: &Written, writer: Option<&Instruction>) -> String {
    match known.by {
        Writer::Copy if writer.is_some_and(|writer| matches!(writer.kind, Kind::Add(_))) => "an ADD".to_owned(),
        Writer::Copy => "a COPY".to_owned(),
        Writer::Command(by) => by.to_owned(),
    }
}

/// What makes a change, as the file writes it: several programs change owners and modes.
fn verb(file: &JudgedFile, change: &FileChange) -> &'static str {
    if change.act == Act::Mode && !change.recursive {
        return "chmod";
    }
    let steps = file.run_steps();
    let at = steps.partition_point(|step| step.text.whole().start <= change.span.start);
    let commands = at.checked_sub(1).and_then(|at| steps.get(at)).map_or(&[][..], |step| step.commands());
    let command = commands.iter().find(|command| command.words.iter().any(|word| word.span == change.span));
    match (command.and_then(|command| command.program()), change.act) {
        (Some("chgrp"), Act::Own) => "chgrp -R",
        (Some("find"), Act::Own) => "find -exec chown",
        (Some("find"), Act::Mode) => "find -exec chmod",
        (Some("xargs"), Act::Own) => "xargs chown",
        (Some("xargs"), Act::Mode) => "xargs chmod",
        _ => change.act.word(),
    }
}

fn help(change: &FileChange, last: &Written, writer: Option<&Instruction>, verb: &str) -> String {
    match (change.act, last.by) {
        (Act::Own, Writer::Copy) => {
            let word = writer.map_or("COPY", |writer| writer.keyword.value);
            format!(
                "write `{word} --chown=...` there and remove the `{verb}`; create the user first, or use numbers"
            )
        }
        (Act::Mode, Writer::Copy) => {
            let word = writer.map_or("COPY", |writer| writer.keyword.value);
            format!("write `{word} --chmod=...` there and remove the `{verb}`")
        }
        (Act::Move, Writer::Copy) => "copy it to its final place".to_owned(),
        _ => format!("do it in the RUN that writes the files: `... && {verb} ...`"),
    }
}

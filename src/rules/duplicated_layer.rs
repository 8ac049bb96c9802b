mod fix;
mod modules;

use super::{Check, Group};
use crate::build::JudgedFile;
use crate::build::layers::{self, Act, FileChange, LITTLE, Layer, Writer, Written};
use crate::finding::{Finding, Layer as About, Severity};
use crate::parse::dockerfile::{Instruction, Kind, Transfer, Word};
use crate::repository::Repository;
use crate::resolve::stage::Transferred;
use crate::values::bytes;
use crate::values::path::{clean, is_below, name};
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
    /// It is a note where the files are known to be less than 100 kB, and where the packages of a builder stage are copied over those of
    /// the same image: `pip` is stored twice. `chown -R` in the RUN that writes the files is fine:
    /// they are stored once. A manifest that is copied before its folder (`COPY package.json .`, then `COPY . .`) is fine
    /// too, unless the file is large.
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
const LARGE: u64 = 1_000_000;

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    for chain in layers::shipped(file) {
        let mut written: Vec<Written> = Vec::new();
        let mut copies: Vec<usize> = Vec::new();
        for (_, layer) in chain {
            match layer {
                Layer::Copy(at, here) => {
                    if seen.insert(at) {
                        found.extend(repeated(file, &copies, at).or_else(|| modules::of_the_base(file, at)));
                    }
                    copies.push(at);
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
        (Some(bytes), false) if bytes >= LITTLE => format!("at least {} again", shown(bytes)),
        _ => "again what it changes".to_owned(),
    };
    let verb = verb(file, change);
    let message = format!(
        "`{verb} {}` stores {again}: {} wrote it in an earlier layer",
        change.path,
        told(last)
    );
    let mut finding = Finding::new(change.span, message)
        .help(help(change, last, writer, verb))
        .aspect(format!("{} {}", change.act.word(), change.path));
    let is_little = if size.exact {
        size.bytes.is_some_and(|bytes| bytes < LITTLE)
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

/// Whether a change changes what a layer holds, for certain.
fn is_hit(file: &JudgedFile, change: &FileChange, known: &Written) -> bool {
    if change.act == Act::Move {
        return known.path == change.path && !change.inside;
    }
    if known.path == change.path || is_below(&known.path, &change.path) {
        return true;
    }
    // Something in a copied folder: only where the files are known.
    known.is_folder
        && is_below(&change.path, &known.path)
        && bytes_of(file, known, &change.path).is_some_and(|bytes| bytes > 0)
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

fn told(known: &Written) -> String {
    match known.by {
        Writer::Copy => "a COPY".to_owned(),
        Writer::Command(by) => by.to_owned(),
    }
}

/// What makes a change, as the file writes it: several programs change owners and modes.
fn verb(file: &JudgedFile, change: &FileChange) -> &'static str {
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
                "write `{word} --chown=...` there and remove the `{verb}`; create the user before it, or give numbers"
            )
        }
        (Act::Mode, Writer::Copy) => {
            let word = writer.map_or("COPY", |writer| writer.keyword.value);
            format!("write `{word} --chmod=...` there and remove the `{verb}`")
        }
        (Act::Move, Writer::Copy) => "copy it to where it belongs".to_owned(),
        _ => format!("do it in the RUN that writes the files: `... && {verb} ...`"),
    }
}

// ---- the same files copied twice

fn words(instruction: &Instruction) -> Option<&Transfer> {
    match &instruction.kind {
        Kind::Copy(words) | Kind::Add(words) => Some(words),
        _ => None,
    }
}

fn repeated(file: &JudgedFile, before: &[usize], at: usize) -> Option<Finding> {
    let instruction = file.file.ast.instructions.get(at)?;
    let here = (file.plan.transfer(at)?, words(instruction)?);
    before.iter().rev().take(200).find_map(|earlier| {
        let first = file.file.ast.instructions.get(*earlier)?;
        let there = (file.plan.transfer(*earlier)?, words(first)?);
        let from = |words: &Transfer| words.from.as_ref().map(|from| from.value.clone());
        if from(here.1) != from(there.1) {
            return None;
        }
        let (message, little) = match from(here.1) {
            Some(_) => (brings_again(here, there)?, false),
            None => context_again(file, here, there)?,
        };
        let finding = Finding::new(instruction.keyword.span.to(here.1.destination.span), message)
            .help("take one of the two out; files that are copied twice are stored twice")
            .related(first.keyword.span, "copied here before")
            .aspect(format!("{} {}", instruction.keyword.value, here.1.destination.value));
        Some(if little {
            finding.severity(Severity::Note)
        } else {
            finding
        })
    })
}

/// A COPY --from of something inside of what an earlier one brought, to where that put it.
fn brings_again(here: (&Transferred, &Transfer), there: (&Transferred, &Transfer)) -> Option<String> {
    // Another owner is what the second one is for.
    let text = |word: &Option<Word>| word.as_ref().map(|word| word.value.clone());
    if text(&here.1.chown) != text(&there.1.chown) || text(&here.1.chmod) != text(&there.1.chmod) {
        return None;
    }
    if !here.1.exclude.is_empty() || !there.1.exclude.is_empty() || here.1.parents || there.1.parents {
        return None;
    }
    let (to, was_to) = (here.0.destination.value()?, there.0.destination.value()?);
    for source in here.0.sources.iter().map(|source| source.value()) {
        let source = clean(&format!("/{}", source?));
        let known = there.0.sources.iter().filter_map(|old| old.value()).any(|old| {
            let old = clean(&format!("/{old}"));
            if source.contains('*') || old.contains('*') {
                return source == old && to == was_to;
            }
            if source == old {
                return to == was_to;
            }
            let Some(rest) = source.strip_prefix(old.as_str()).filter(|_| is_below(&source, &old)) else {
                return false;
            };
            let landed = clean(&format!("{was_to}/{}", rest.trim_start_matches('/')));
            *to == landed || here.0.into_folder && clean(&format!("{to}/{}", name(&source))) == landed
        });
        if !known {
            return None;
        }
    }
    Some(format!(
        "'{}' is brought to {to} a second time: an earlier COPY from '{}' already did",
        here.1.sources.first().map_or("", |source| source.value.as_str()),
        here.1.from.as_ref().map_or("", |from| from.value.as_str())
    ))
}

/// A COPY from the context of files that are already there, and whether they are little.
fn context_again(
    file: &JudgedFile,
    here: (&Transferred, &Transfer),
    there: (&Transferred, &Transfer),
) -> Option<(String, bool)> {
    let context = file.context.as_ref();
    let brought = |at: usize| {
        let context = context?;
        let copy = context.copy(at).filter(|copy| !copy.filtered)?;
        context.brought(copy, &file.plan)
    };
    if let (Some(now), Some(old)) = (brought(here.0.instruction), brought(there.0.instruction)) {
        let old: HashSet<(&str, &str)> = old
            .iter()
            .map(|(path, entry)| (path.as_str(), entry.path.as_str()))
            .collect();
        let again = now
            .iter()
            .filter(|(path, entry)| old.contains(&(path.as_str(), entry.path.as_str())))
            .fold(0_u64, |sum, (_, entry)| sum.saturating_add(entry.bytes));
        return (again >= LARGE).then(|| {
            let message = format!("{} are copied a second time to the same place", shown(again));
            (message, false)
        });
    }
    let same = |one: &[crate::fact::Fact<String>], two: &[crate::fact::Fact<String>]| {
        one.len() == two.len()
            && !one.is_empty()
            && one
                .iter()
                .zip(two)
                .all(|(one, two)| one.value().is_some() && one.value() == two.value())
    };
    let is_folder = |source: &str| matches!(source.trim_end_matches('/'), "" | ".");
    let to = here
        .0
        .destination
        .value()
        .filter(|to| Some(*to) == there.0.destination.value())?;
    let whole = here
        .0
        .sources
        .iter()
        .filter_map(|source| source.value())
        .any(|source| is_folder(source));
    (whole && same(&here.0.sources, &there.0.sources) && here.1.exclude == there.1.exclude)
        .then(|| (format!("the context is copied to {to} a second time"), false))
}

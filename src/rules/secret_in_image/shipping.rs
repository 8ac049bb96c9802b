//! Whether a file that a stage copies gets into an image through `COPY --from`.

use crate::build::context::{Context, Copied};
use crate::build::effects::{Removal, removal};
use crate::build::{JudgedFile, StageUse};
use crate::parse::dockerfile::Kind;
use crate::resolve::glob::{Glob, has_wildcard};
use crate::resolve::stage::{ImageUse, Transferred};
use crate::source::Span;
use crate::values::path::{clean, name};
use std::collections::HashSet;

/// So many places are followed: a file may go from stage to stage.
const MAX_PLACES: usize = 100;

/// The place of the copy that brings a file of the context into an image, if it is certain that one does.
pub(super) fn ships(file: &JudgedFile, context: &Context, copy: &Copied, path: &str, uses: &[StageUse]) -> Option<Span> {
    let brought = context.brought(copy, &file.plan)?;
    let (landed, _) = brought.into_iter().find(|(_, entry)| entry.path == path)?;
    let mut open = vec![(copy.stage, copy.instruction, landed)];
    let mut seen = HashSet::new();
    while let Some((stage, at, path)) = open.pop() {
        if seen.len() == MAX_PLACES || !seen.insert((stage, path.clone())) {
            continue;
        }
        for transfer in &file.plan.transfers {
            let Some(from) = source_stage(file, transfer).filter(|from| keeps(file, stage, *from, at, &path)) else {
                continue;
            };
            let Some(landed) = transfer.sources.iter().find_map(|source| landing(&path, source.value()?, transfer)) else {
                continue;
            };
            if uses.get(transfer.stage) == Some(&StageUse::Ships) && from != transfer.stage {
                return file.file.ast.instructions.get(transfer.instruction).map(|copy| copy.span);
            }
            open.push((transfer.stage, transfer.instruction, landed));
        }
    }
    None
}

/// The stage that a COPY takes from; `None` where its flags leave something out.
fn source_stage(file: &JudgedFile, transfer: &Transferred) -> Option<usize> {
    let instruction = file.file.ast.instructions.get(transfer.instruction)?;
    let from = instruction.flag_value("from").filter(|_| matches!(instruction.kind, Kind::Copy(_)))?;
    if instruction.flag("exclude").is_some() || instruction.flag("parents").is_some() {
        return None;
    }
    let mut references = file.plan.references().iter();
    let word = references.find(|word| word.usage == ImageUse::Copy && word.span == from.span)?;
    word.stage.flatten()
}

/// Whether a stage still has what an instruction of it, or of a stage that it starts from, put there.
fn keeps(file: &JudgedFile, stage: usize, last: usize, at: usize, path: &str) -> bool {
    let lineage = file.plan.lineage(last);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut later = lineage
        .iter()
        .skip_while(|index| **index != stage)
        .filter_map(|index| file.plan.stages.get(*index))
        .flat_map(|stage| stage.instructions.clone())
        .filter(|index| *index > at);
    let is_gone = |index: usize| removal(file.effects().at(index), folder, name(path)) != Removal::Nothing;
    lineage.contains(&stage) && !later.any(is_gone)
}

/// Where a file goes that a source of a copy names, or that is below what it names.
fn landing(path: &str, source: &str, transfer: &Transferred) -> Option<String> {
    let source = clean(&format!("/{source}"));
    let parts: Vec<&str> = source.split('/').filter(|part| !part.is_empty()).collect();
    let mut rest = path.split('/').filter(|part| !part.is_empty());
    for part in &parts {
        let here = rest.next()?;
        let is_it = *part == here || has_wildcard(part) && Glob::new(part).is_some_and(|glob| glob.matches(here));
        if !is_it {
            return None;
        }
    }
    let mut rest: Vec<&str> = rest.collect();
    // Where it is not known, nothing further is found out of it.
    let destination = transfer.destination.value().map_or("?", |destination| destination.trim_end_matches('/'));
    if rest.is_empty() && (transfer.into_folder || transfer.sources.len() > 1 || has_wildcard(&source)) {
        rest.push(name(path));
    }
    Some([&[destination], rest.as_slice()].concat().join("/"))
}

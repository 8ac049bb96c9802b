//! The same files copied twice.

use super::{LARGE, shown};
use crate::build::JudgedFile;
use crate::build::context::Source;
use crate::build::effects::{Change, Target};
use crate::fact::Fact;
use crate::finding::{Finding, Severity};
use crate::parse::dockerfile::{Instruction, Kind, Transfer, Word};
use crate::resolve::stage::Transferred;
use crate::values::path::{clean, is_below, name};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

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
        let message = match from(here.1) {
            Some(_) => brings_again(here, there)?,
            None => context_again(file, here, there)?,
        };
        let finding = told_again(instruction, here.1, first, message);
        let is_empty = from(here.1).is_some_and(|from| is_made_empty(file, &from, here.0));
        Some(if is_empty { finding.severity(Severity::Note) } else { finding })
    })
}

fn told_again(instruction: &Instruction, words: &Transfer, first: &Instruction, message: String) -> Finding {
    Finding::new(instruction.keyword.span.to(words.destination.span), message)
        .help("remove one of the two copies")
        .related(first.keyword.span, "copied here before")
        .aspect(format!("{} {}", instruction.keyword.value, words.destination.value))
}

/// The files that one copy after the other brings.
#[derive(Default)]
pub(super) struct Copies {
    /// The instructions, in order.
    earlier: Vec<usize>,
    /// The last instruction that brought a file of the context to a path, both as one number: there may be a million of them.
    last: HashMap<u64, usize>,
}

/// More files than these are not remembered.
const MAX_FILES: usize = 1_000_000;

impl Copies {
    /// One more copy: what is to be said of it if it brings what is there already.
    pub(super) fn add(&mut self, file: &JudgedFile, at: usize) -> Option<Finding> {
        let again = self.files(file, at).or_else(|| repeated(file, &self.earlier, at));
        self.earlier.push(at);
        again
    }

    /// How many bytes of the files that a copy brings were brought before.
    fn files(&mut self, file: &JudgedFile, at: usize) -> Option<Finding> {
        let context = file.context.as_ref()?;
        let copy = context.copy(at).filter(|copy| !copy.filtered)?;
        let mut again: BTreeMap<usize, u64> = BTreeMap::new();
        for (path, entry) in context.brought(copy, &file.plan)? {
            let mut hasher = DefaultHasher::new();
            (&path, &entry.path).hash(&mut hasher);
            let key = hasher.finish();
            if self.last.len() >= MAX_FILES && !self.last.contains_key(&key) {
                continue;
            }
            if let Some(before) = self.last.insert(key, at).filter(|before| *before != at) {
                let bytes = again.entry(before).or_default();
                *bytes = bytes.saturating_add(entry.bytes);
            }
        }
        let total = again.values().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
        let (most, _) = again.into_iter().max_by_key(|(_, bytes)| *bytes)?;
        if total < LARGE {
            return None;
        }
        let instructions = &file.file.ast.instructions;
        let (instruction, first) = (instructions.get(at)?, instructions.get(most)?);
        let message = format!("{} are copied a second time to the same place", shown(total));
        let words = words(instruction)?;
        // The lists of packages first, then everything: that the first step stays cached is worth some megabytes.
        let is_all = words.sources.iter().any(|source| matches!(source.value.trim_end_matches('/'), "" | "."));
        let finding = told_again(instruction, words, first, message);
        Some(match is_all && total < 10_000_000 {
            true => finding.severity(Severity::Note),
            false => finding,
        })
    }
}

/// Whether another stage makes the source of a copy as an empty folder, which another owner or nothing may be put into.
fn is_made_empty(file: &JudgedFile, from: &str, copy: &Transferred) -> bool {
    let Some((stage, [Fact::Known(source)])) = file.plan.find(from).zip(Some(copy.sources.as_slice())) else {
        return false;
    };
    let lineage = file.plan.lineage(stage).into_iter();
    let instructions = lineage.filter_map(|stage| Some(file.plan.stages.get(stage)?.instructions.clone()));
    let mut effects = instructions.flatten().flat_map(|at| file.effects().at(at));
    effects.any(|effect| matches!(&effect.change, Change::Folder(Target::Path(path)) if *path == source.value))
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
        "duplicates `{}` in {to}: an earlier COPY from `{}` already copied it",
        here.1.sources.first().map_or("", |source| source.value.as_str()),
        here.1.from.as_ref().map_or("", |from| from.value.as_str())
    ))
}

/// A COPY from the context once more, where not all is known of what it brings.
fn context_again(
    file: &JudgedFile,
    here: (&Transferred, &Transfer),
    there: (&Transferred, &Transfer),
) -> Option<String> {
    let known = |at: usize| {
        let context = file.context.as_ref()?;
        let copy = context.copy(at).filter(|copy| !copy.filtered)?;
        let is_found = |source: &Source| matches!(source, Source::Found { .. } | Source::NoMatch);
        copy.sources.iter().all(is_found).then_some(())
    };
    // What each of them brings was compared.
    if known(here.0.instruction).is_some() && known(there.0.instruction).is_some() {
        return None;
    }
    let same = |one: &[Fact<String>], two: &[Fact<String>]| {
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
        .then(|| format!("duplicates the context in {to}, which an earlier COPY already copied"))
}

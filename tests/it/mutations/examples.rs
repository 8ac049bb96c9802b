//! The examples of a rule, and what its finding must survive.

use super::edit::{Edit, Effect, Files, Judgement, Said, judge};
use super::exceptions;
use super::{dice::Dice, edits};
use plimsoll::inspect::{Example, Rule, Severity, examples};
use std::collections::{BTreeMap, BTreeSet};

/// An example of a rule as a workspace.
pub(super) struct Sample {
    pub(super) fails: bool,
    pub(super) files: Files,
}

/// The examples of a rule, each with the files beside it.
pub(super) fn samples(rule: &Rule) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    for Example {
        file,
        fails,
        text,
        continues,
        ..
    } in examples(rule.doc())
    {
        match samples.last_mut().filter(|_| continues) {
            Some(sample) => drop(sample.files.insert(file, text)),
            None => samples.push(Sample {
                fails,
                files: Files::from([(file, text)]),
            }),
        }
    }
    samples
}

/// An edit, and the workspace that it made.
pub(super) type Variant = (&'static Edit, Files);

/// Every workspace that an edit makes of another one, each once.
pub(super) fn variants(files: &Files) -> Vec<Variant> {
    let mut seen = BTreeSet::from([files.clone()]);
    let mut made = Vec::new();
    for path in files.keys() {
        for edit in edits() {
            for variant in (edit.apply)(files, path) {
                if seen.insert(variant.clone()) {
                    made.push((edit, variant));
                }
            }
        }
    }
    made
}

/// Some of them: of as many edits as there are, then more of the same.
pub(super) fn chosen(mut all: Vec<Variant>, most: usize, dice: &mut Dice) -> Vec<Variant> {
    dice.shuffle(&mut all);
    let (mut first, mut more, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for variant in all {
        match seen.insert(variant.0.name) {
            true => first.push(variant),
            false => more.push(variant),
        }
    }
    first.extend(more);
    first.truncate(most);
    first
}

/// What happened to the examples of one rule.
#[derive(Default)]
pub(super) struct Outcome {
    /// How many different texts were judged, for each example.
    pub(super) texts: Vec<usize>,
    /// The edits that changed a text, with how often.
    pub(super) edits: BTreeMap<&'static str, usize>,
    /// What differs and is no exception, as text.
    pub(super) wrong: Vec<String>,
    /// The exceptions that were needed.
    pub(super) used: BTreeSet<usize>,
}

/// Judges the variants of every example of a rule, at most so many of each.
pub(super) fn examine(rule: &'static Rule, most: usize) -> Outcome {
    let mut outcome = Outcome::default();
    let mut dice = Dice::of(rule.name);
    for sample in samples(rule) {
        let before = match judge(rule, &sample.files) {
            Ok(before) => before,
            Err(error) => {
                outcome
                    .wrong
                    .push(format!("{}: the gate cannot run: {error}", rule.name));
                continue;
            }
        };
        let variants = chosen(variants(&sample.files), most, &mut dice);
        outcome.texts.push(variants.len());
        for (edit, files) in variants {
            *outcome.edits.entry(edit.name).or_default() += 1;
            let difference = match judge(rule, &files) {
                Err(error) => Some(format!("the gate cannot run: {error}")),
                Ok(after) => difference(rule.name, edit, &before, &after),
            };
            let Some(difference) = difference else { continue };
            match exceptions::find(rule.name, edit.name, &difference) {
                Some(exception) => drop(outcome.used.insert(exception)),
                None => outcome.wrong.push(describe(rule, &sample, edit, &difference, &files)),
            }
        }
    }
    outcome
}

fn describe(rule: &Rule, sample: &Sample, edit: &Edit, difference: &str, files: &Files) -> String {
    let kind = if sample.fails { "fails" } else { "passes" };
    let mut text = format!("== {} ({kind}), {}: {difference}\n", rule.name, edit.name);
    let changed = files
        .iter()
        .filter(|(path, text)| sample.files.get(*path) != Some(*text));
    for (path, content) in changed {
        text.push_str(&format!("-- {path} --\n{content}"));
    }
    text
}

/// What an edit changed in what is found: of the rule itself everything counts, of the others their names and severities from warnings
/// on.
pub(super) fn difference(rule: &str, edit: &Edit, before: &Judgement, after: &Judgement) -> Option<String> {
    let own = |judgement: &Judgement| -> Vec<Said> {
        let own = judgement.said.iter().filter(|said| said.rule == rule).cloned();
        let mut own: Vec<Said> = match edit.effect {
            Effect::Moves | Effect::Repeats => own.collect(),
            Effect::Rewrites => own
                .map(|said| Said {
                    line: String::new(),
                    ..said
                })
                .collect(),
        };
        own.sort();
        if edit.effect == Effect::Repeats {
            own.dedup();
        }
        own
    };
    let (mine, now) = (own(before), own(after));
    if mine != now {
        return Some(format!("{} becomes {}", words(&mine), words(&now)));
    }
    let others = |judgement: &Judgement| -> Vec<(&str, Severity)> {
        let weighs = |said: &&Said| said.rule != rule && said.severity > Severity::Note;
        let mut others: Vec<(&str, Severity)> = judgement
            .said
            .iter()
            .filter(weighs)
            .map(|said| (said.rule, said.severity))
            .collect();
        if edit.effect == Effect::Repeats {
            others.dedup();
        }
        others
    };
    let (theirs, now) = (others(before), others(after));
    (theirs != now).then(|| format!("others: {theirs:?} becomes {now:?}"))
}

fn words(said: &[Said]) -> String {
    let each: Vec<String> = said
        .iter()
        .map(|said| format!("{} {} `{}`", said.severity.word(), said.rule, said.line))
        .collect();
    match each.is_empty() {
        true => "nothing".to_owned(),
        false => each.join(" + "),
    }
}

//! Real files, edited at random: the verdict and what is found stay.

use super::dice::Dice;
use super::edit::{Edit, Effect, Files, Judgement, is_compose, is_dockerfile, judge_folder, split_path};
use super::exceptions::{self, CORPUS};
use super::{edits, is_full, on_every_core};
use crate::support::shared;
use plimsoll::inspect::Severity;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

/// So many edits of so many files are tried.
fn wanted() -> (usize, usize) {
    if is_full() { (500, 4) } else { (60, 3) }
}

/// A file larger than this has too many places to list.
const LARGEST: usize = 24_000;

/// A real file, alone in a workspace under its own name.
struct Real {
    label: String,
    files: Files,
}

fn real_files(corpus: &Path) -> Vec<Real> {
    let manifest = std::fs::read_to_string(corpus.join("manifest.tsv")).unwrap();
    let mut found = Vec::new();
    for line in manifest.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (repository, path) = (columns[0].replace('/', "+"), columns[1]);
        let name = split_path(path).1;
        let text = std::fs::read_to_string(corpus.join(&repository).join(path));
        let is_fit = is_compose(name) || is_dockerfile(name);
        if let Some(text) = text.ok().filter(|text| is_fit && text.len() < LARGEST) {
            found.push(Real {
                label: format!("{repository} {path}"),
                files: Files::from([(name.to_owned(), text)]),
            });
        }
    }
    found
}

fn judged(files: &Files) -> Result<Judgement, String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    judge_folder(folder.path())
}

/// One edit at one place, both by chance; `None` where it does not apply.
fn one_edit(files: &Files, dice: &mut Dice) -> Option<(&'static Edit, Files)> {
    let all: Vec<&'static Edit> = edits().collect();
    let edit = all[dice.below(all.len())];
    let path = files.keys().next()?;
    let mut made = (edit.apply)(files, path);
    made.retain(|variant| variant != files);
    (!made.is_empty()).then(|| (edit, made.swap_remove(dice.below(made.len()))))
}

/// What came of one file.
#[derive(Default)]
struct Outcome {
    edits: usize,
    excused: usize,
    used: BTreeSet<usize>,
    wrong: Vec<String>,
}

fn examine(real: &Real, times: usize) -> Outcome {
    let mut outcome = Outcome::default();
    let mut dice = Dice::of(&real.label);
    let Ok(before) = judged(&real.files) else {
        return outcome;
    };
    for _ in 0..times {
        // An edit that does not apply is another throw, and a file that takes none is left.
        let Some((edit, files)) = (0..40).find_map(|_| one_edit(&real.files, &mut dice)) else {
            break;
        };
        outcome.edits += 1;
        let difference = match judged(&files) {
            Err(error) => Some(format!("the gate cannot run: {error}")),
            Ok(after) => difference(edit, &before, &after),
        };
        let Some(difference) = difference else { continue };
        match exceptions::find(CORPUS, edit.name, &difference) {
            Some(exception) => {
                outcome.excused += 1;
                outcome.used.insert(exception);
            }
            None => outcome.wrong.push(format!(
                "{}: {}: {difference}{}",
                real.label,
                edit.name,
                lines(&real.files, &files)
            )),
        }
    }
    outcome
}

/// The verdict, and every rule with its severity, as often as it was found.
fn difference(edit: &Edit, before: &Judgement, after: &Judgement) -> Option<String> {
    let all = |judgement: &Judgement| {
        let mut all: Vec<(&str, Severity)> = judgement.said.iter().map(|said| (said.rule, said.severity)).collect();
        if edit.effect == Effect::Repeats {
            all.dedup();
        }
        all
    };
    let (was, now) = (all(before), all(after));
    if before.passes == after.passes && was == now {
        return None;
    }
    let (mut lost, mut new) = (was.clone(), now.clone());
    for item in &now {
        if let Some(at) = lost.iter().position(|other| other == item) {
            lost.remove(at);
        }
    }
    for item in &was {
        if let Some(at) = new.iter().position(|other| other == item) {
            new.remove(at);
        }
    }
    let verdict = if before.passes == after.passes { "" } else { "VERDICT " };
    Some(format!("{verdict}lost {lost:?} new {new:?}"))
}

/// The lines that an edit made, for whoever reads the difference.
fn lines(before: &Files, after: &Files) -> String {
    let known: BTreeSet<&str> = before.values().flat_map(|text| text.lines()).collect();
    let made = after
        .values()
        .flat_map(|text| text.lines())
        .filter(|line| !known.contains(line));
    made.take(6).map(|line| format!("\n    {line}")).collect()
}

#[test]
fn verdicts_survive_random_edits_of_real_files() {
    let Some(shared) = shared() else { return };
    let started = Instant::now();
    let mut real = real_files(&shared.join("corpus"));
    let (most, times) = wanted();
    Dice::of("corpus").shuffle(&mut real);
    real.truncate(most);
    let outcomes = on_every_core(&real, |real| examine(real, times));
    let edits: usize = outcomes.iter().map(|outcome| outcome.edits).sum();
    let excused: usize = outcomes.iter().map(|outcome| outcome.excused).sum();
    let mut wrong: Vec<String> = outcomes
        .iter()
        .flat_map(|outcome| outcome.wrong.iter().cloned())
        .collect();
    if is_full() {
        let used = outcomes
            .iter()
            .flat_map(|outcome| outcome.used.iter().copied())
            .collect();
        wrong.extend(exceptions::unused(&used, true));
    }
    println!(
        "{edits} random edits of {} real files, {excused} differences that cannot be helped, in {:.0} s",
        real.len(),
        started.elapsed().as_secs_f64()
    );
    assert!(edits >= most * times * 9 / 10, "only {edits} edits could be made");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

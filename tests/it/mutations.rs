//! Proof by mutation: what is found survives edits that change nothing. Every rule's examples are edited in every harmless way that
//! there is: the finding must be there each time, in the passing example none, and of the other rules the same warnings and errors.
//!
//! `cargo test` judges a fixed sample; with `PLIMSOLL_FULL` set every edit is made at every place.

mod corpus;
mod dice;
mod dockerfile;
mod edit;
mod examples;
mod exceptions;
mod oracle;
mod places;
mod yaml;

use edit::Edit;
use examples::{Outcome, examine};
use plimsoll::inspect::{RULES, Rule};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Every edit.
fn edits() -> impl Iterator<Item = &'static Edit> {
    yaml::edits().chain(dockerfile::edits()).chain(places::EDITS)
}

/// Whether everything is to be tried, or a sample.
fn is_full() -> bool {
    std::env::var_os("PLIMSOLL_FULL").is_some()
}

/// Does something with each item, on every core; the results are in the order of the items.
fn on_every_core<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    done.lock().unwrap().insert(index, result);
                }
            });
        }
    });
    done.into_inner().unwrap().into_values().collect()
}

/// So many different texts of each example are wanted.
const WANTED: usize = 20;

#[test]
fn findings_survive_harmless_edits() {
    let started = Instant::now();
    let only = std::env::var("RULE").ok();
    // It compares with a commit, which an example cannot show.
    let is_wanted =
        |rule: &&&'static Rule| rule.name != "policy-loosened" && only.as_deref().is_none_or(|only| rule.name == only);
    let rules: Vec<&'static Rule> = RULES.iter().filter(is_wanted).copied().collect();
    let most = if is_full() { usize::MAX } else { WANTED };
    let outcomes = on_every_core(&rules, |rule| examine(rule, most));
    let (mut wrong, mut used, mut totals) = (Vec::new(), BTreeSet::<usize>::new(), BTreeMap::new());
    for (rule, outcome) in rules.iter().zip(&outcomes) {
        let few = outcome.texts.iter().any(|count| *count < WANTED);
        if few {
            wrong.push(format!(
                "{} has examples with few edits: {:?}",
                rule.name, outcome.texts
            ));
        }
        wrong.extend(outcome.wrong.iter().cloned());
        used.extend(outcome.used.iter().copied());
        for (edit, count) in &outcome.edits {
            *totals.entry(*edit).or_insert(0_usize) += count;
        }
        println!(
            "{:34} {:4} edits, texts of each example {:?}",
            rule.name,
            outcome.edits.len(),
            outcome.texts
        );
    }
    for (edit, count) in &totals {
        println!("{edit:46} {count:6}");
    }
    let texts: usize = outcomes.iter().flat_map(|outcome: &Outcome| &outcome.texts).sum();
    println!(
        "{texts} texts by {} edits of the examples of {} rules in {:.0} s",
        totals.len(),
        rules.len(),
        started.elapsed().as_secs_f64()
    );
    if is_full() && only.is_none() {
        wrong.extend(exceptions::unused(&used, false));
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

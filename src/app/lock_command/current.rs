//! `plimsoll lock --check`: what is missing from the lock, and what it says that is no longer so.

use super::sources::Sources;
use super::{Named, Said, Wanted, given, images, named};
use crate::cli::LockArgs;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::lock::{Lock, NAME, USUAL};
use std::collections::BTreeMap;

/// So many images are asked for in a check.
const MAX_ASKED: usize = 100;

/// Compares the lock with the files, and with the engine where one answers.
pub(super) fn check(args: &LockArgs) -> Result<Outcome, Failure> {
    let Named {
        wanted, nameless, lock, ..
    } = named(&given(args))?;
    let mut lines = missing(&wanted, &lock);
    lines.extend(unnamed(&wanted, &lock));
    let (stale, doubt) = stale(&wanted, &lock)?;
    lines.extend(stale);
    let mut said = Said::default();
    lines.iter().chain(&nameless).for_each(|line| said.line(line));
    if let Some(doubt) = doubt {
        said.line(&format!("not compared with the engine: {doubt}"));
    }
    let count = images(lock.blocks().len());
    match lines.len() {
        0 => said.line(&format!("{NAME} is current: {count}")),
        _ => said.line(&format!("{NAME} is not current: run `plimsoll lock`, and commit it")),
    }
    Ok(match (said.outcome, lines.is_empty()) {
        (Outcome::Pass, false) => Outcome::Fail,
        (outcome, _) => outcome,
    })
}

/// Images that run or ship and that the lock does not speak of.
fn missing(wanted: &BTreeMap<String, Wanted>, lock: &Lock) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, image) in wanted.iter().filter(|(_, image)| image.ships) {
        let blocks = || lock.blocks().iter().filter(|block| block.name == *name);
        for platform in &image.platforms {
            let is_it = |known: &str| platform.as_ref().is_none_or(|platform| platform == known);
            if !blocks().any(|block| is_it(&block.platform)) {
                let platform = platform
                    .as_ref()
                    .map_or_else(String::new, |platform| format!(" {platform}"));
                lines.push(format!("missing {name}{platform}: used in {}", image.place));
            }
        }
    }
    lines
}

fn unnamed(wanted: &BTreeMap<String, Wanted>, lock: &Lock) -> Vec<String> {
    let blocks = lock.blocks().iter().filter(|block| !wanted.contains_key(&block.name));
    blocks
        .map(|block| {
            format!(
                "stale {} {}: {NAME}:{}: no file uses it",
                block.name, block.platform, block.line
            )
        })
        .collect()
}

/// Of these images those whose tag is another build in the engine than in the lock, with its digest; until the engine does not answer.
pub(in crate::app) fn newer_builds<'a>(lock: &Lock, names: impl Iterator<Item = &'a String>) -> Vec<(String, String)> {
    let sources = Sources::new(false);
    let mut found = Vec::new();
    for name in names.take(MAX_ASKED) {
        let Some((block, facts)) = lock
            .block(name, USUAL)
            .and_then(|block| Some((block, lock.facts(block).ok()?)))
        else {
            continue;
        };
        match sources.newer(block, &facts) {
            Ok(Some(digest)) => found.push((name.clone(), digest)),
            Ok(None) => {}
            Err(_) => break,
        }
    }
    found
}

/// Images whose tag is another build in the engine; and why the engine was not asked any further.
fn stale(wanted: &BTreeMap<String, Wanted>, lock: &Lock) -> Result<(Vec<String>, Option<Failure>), Failure> {
    let sources = Sources::new(false);
    let mut lines = Vec::new();
    for block in lock.blocks().iter().filter(|block| wanted.contains_key(&block.name)) {
        let facts = lock.facts(block)?;
        match sources.newer(block, &facts) {
            Ok(None) => {}
            Ok(Some(digest)) => lines.push(format!(
                "stale {} {}: {NAME}:{}: the engine has {digest}",
                block.name, block.platform, block.line
            )),
            Err(doubt) => return Ok((lines, Some(doubt))),
        }
    }
    Ok((lines, None))
}

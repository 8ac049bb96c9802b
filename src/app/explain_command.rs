//! `plimsoll explain`: a rule, a built-in profile, or what is found in a line of a file.

use super::{judge, output, place};
use crate::cli::CheckArgs;
use crate::config::budget::BUILT_IN;
use crate::exit::Outcome;
use crate::explain;
use crate::failure::Failure;
use crate::finding::Severity;
use crate::report::place::region;
use crate::report::{Report, Reported, escape, words};
use crate::source::{ColumnUnit, slashed};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub(super) fn run(what: &str) -> Outcome {
    let text = match placed(what) {
        Some((path, line)) => of_line(path, line),
        None => explain::one(what).map(|text| match BUILT_IN.contains(&what) {
            true => format!("{text}{}", here(what)),
            false => text,
        }),
    };
    match text {
        Ok(text) => output::print(&text),
        Err(failure) => output::complain(failure),
    }
}

/// What has a profile here, and the rules that find something in it; nothing where nothing can be judged.
fn here(profile: &str) -> String {
    let report = judge(&CheckArgs {
        no_engine: true,
        ..CheckArgs::default()
    });
    let Some(repository) = report.repository.as_ref().filter(|_| report.error.is_none()) else {
        return String::new();
    };
    let mut rules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for found in report
        .findings
        .iter()
        .filter(|found| found.severity >= Severity::Warning)
    {
        let about = found.about.as_deref().unwrap_or_default();
        rules.entry(about).or_default().insert(found.rule.name);
    }
    let is_of = |name: &str| repository.profiles.get(name).is_some_and(|known| known.is_of(profile));
    let names = repository
        .containers
        .iter()
        .filter(|container| is_of(&container.profile));
    let names: BTreeSet<&str> = names.map(|container| container.name.as_str()).collect();
    if names.is_empty() {
        return String::new();
    }
    let line = |name: &&str| {
        let found = rules
            .get(name)
            .map_or_else(Vec::new, |found| found.iter().copied().collect());
        let found = if found.is_empty() {
            "nothing is found".to_owned()
        } else {
            found.join(", ")
        };
        format!("  {}: {found}\n", escape::inline(&report.secrets.mask(name)))
    };
    escape::guard(format!("\n## Here\n{}", names.iter().map(line).collect::<String>()))
}

/// `compose.yaml:18`, or `compose.yaml:18:5` as reports write it.
fn placed(what: &str) -> Option<(&str, usize)> {
    let (path, last) = what.rsplit_once(':')?;
    let last: usize = last.parse().ok()?;
    match path.rsplit_once(':').map(|(path, line)| (path, line.parse())) {
        Some((path, Ok(line))) => Some((path, line)),
        _ => Some((path, last)),
    }
}

fn of_line(path: &str, line: usize) -> Result<String, Failure> {
    let check = CheckArgs {
        no_engine: true,
        ..CheckArgs::default()
    };
    let wanted = relative(path, &place::root(&check)?);
    let report = judge(&check);
    if let Some(error) = &report.error {
        return Err(Failure::new(error.clone()));
    }
    let here: Vec<_> = report
        .findings
        .iter()
        .filter(|found| report.sources.path(found.finding.span) == wanted)
        .collect();
    if here.is_empty() && !report.files.contains(&wanted) {
        return Err(Failure::new(format!(
            "`{wanted}` is not checked: `plimsoll files` lists the files that are"
        )));
    }
    let lines = |found: &Reported| {
        let region = region(
            report.sources.get(found.finding.span.source),
            found.finding.span,
            ColumnUnit::CodePoints,
        );
        region.start.line..=region.end.line
    };
    let found: Vec<&Reported> = here
        .iter()
        .copied()
        .filter(|found| lines(found).contains(&line))
        .collect();
    if found.is_empty() {
        let others: BTreeSet<_> = here.iter().map(|found| *lines(found).start()).collect();
        let others: Vec<_> = others.iter().map(ToString::to_string).collect();
        return Ok(match others.as_slice() {
            [] => format!("nothing is found in {wanted}\n"),
            _ => format!(
                "nothing is found in line {line} of {wanted}; in lines {}\n",
                others.join(", ")
            ),
        });
    }
    text(&report, &found)
}

/// The findings, and then each of their rules once.
fn text(report: &Report, found: &[&Reported]) -> Result<String, Failure> {
    let mut out = String::new();
    for reported in found {
        let (message, help) = (words::message(report, reported), words::help(report, reported));
        let name = reported.rule.name;
        out.push_str(&format!(
            "{}[{name}]: {}\n",
            reported.severity.word(),
            escape::inline(&message)
        ));
        if !help.is_empty() {
            out.push_str(&format!("  help: {}\n", escape::inline(&help)));
        }
        if !reported.finding.fix.is_empty() {
            let flag = if reported.finding.is_unsafe { " --unsafe" } else { "" };
            out.push_str(&format!("  `plimsoll fix{flag} --rule {name}` shows the edit\n"));
        }
    }
    let rules: BTreeSet<&str> = found.iter().map(|reported| reported.rule.name).collect();
    for rule in rules {
        out.push_str(&format!("\n{}", explain::one(rule)?));
    }
    Ok(escape::guard(out))
}

/// A path as reports have it: from the working directory where it is there, else from the root.
fn relative(path: &str, root: &Path) -> String {
    let from_here = Path::new(path).canonicalize().ok();
    let root = root.canonicalize().unwrap_or_default();
    let inside = from_here.and_then(|full| full.strip_prefix(&root).map(Path::to_path_buf).ok());
    slashed(&inside.unwrap_or_else(|| PathBuf::from(path)))
}

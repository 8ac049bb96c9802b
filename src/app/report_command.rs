//! `plimsoll report`: the JSON reports of many repositories as one. They are read one at a time.

use super::{output, verdict};
use crate::cli::{ReportArgs, ReportFormat};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::finding::Severity;
use crate::report::many::read::{self, Given};
use crate::report::many::{Many, Tally};
use crate::report::sarif::many::{END, Results, START};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};

/// Sums up the reports. How their gates ended is `plimsoll verdict`'s to say.
pub(super) fn run(args: &ReportArgs) -> Outcome {
    match try_run(args) {
        Ok(true) => Outcome::Pass,
        Ok(false) => Outcome::CouldNotRun,
        Err(failure) => output::complain(failure),
    }
}

/// Whether every file was a report.
fn try_run(args: &ReportArgs) -> Result<bool, Failure> {
    let paths: Vec<PathBuf> = files(&args.files)?.into_iter().collect();
    let to = args.output.as_deref();
    let mut many = Many::default();
    if args.format == ReportFormat::Sarif {
        let least = if args.notes { Severity::Note } else { Severity::Warning };
        output::stream(to, &mut |out| {
            out.write_all(START.as_bytes())?;
            let mut between = "";
            each(&paths, Some(least), &mut many, &mut |name, results, given| {
                out.write_all(between.as_bytes())?;
                between = ",\n";
                out.write_all(results.run(name, given).as_bytes())
            })?;
            out.write_all(END.as_bytes())
        })?;
        return Ok(many.is_whole());
    }
    each(&paths, None, &mut many, &mut |_, _, _| Ok(()))?;
    let text = match args.format {
        ReportFormat::Markdown => many.markdown(),
        ReportFormat::Html => many.html(),
        _ => many.text(),
    };
    output::stream(to, &mut |out| out.write_all(text.as_bytes()))?;
    Ok(many.is_whole())
}

/// What takes a report that was read, with its findings as SARIF, or why it was not.
type Take<'t> = dyn FnMut(&str, Results, Result<&Given, &Failure>) -> io::Result<()> + 't;

/// Reads all of them; findings of at least a severity become SARIF.
fn each(paths: &[PathBuf], least: Option<Severity>, many: &mut Many, take: &mut Take<'_>) -> io::Result<()> {
    let mut text = Vec::new();
    for (path, name) in paths.iter().zip(names(paths)) {
        let (mut tally, mut results) = (Tally::default(), Results::default());
        let given = verdict::bytes(path, &mut text).and_then(|()| {
            read::read(&text, &mut |found| {
                tally.add(&found);
                if least.is_some_and(|least| found.severity >= least) {
                    results.push(&found);
                }
            })
        });
        match &given {
            Ok(given) => many.add(&name, given, tally),
            Err(failure) => {
                let file = path.display().to_string();
                output::complain(failure.clone().of(format!("`{file}` cannot be read")));
                many.refuse(&file, failure);
            }
        }
        take(&name, results, given.as_ref())?;
    }
    Ok(())
}

/// The files that are named, each once; of a folder those that end in `.json`, or where it has none, those of the folders in it.
fn files(named: &[PathBuf]) -> Result<BTreeSet<PathBuf>, Failure> {
    let mut all = BTreeSet::new();
    for path in named {
        // What cannot be read is said when its turn comes.
        let mut found = vec![path.clone()];
        if path.is_dir() {
            let refused = |error: io::Error| Failure::from(error).of(format!("`{}` cannot be read", path.display()));
            let mut folders = Vec::new();
            found = reports_in(path, &mut folders).map_err(refused)?;
            if found.is_empty() {
                for folder in folders {
                    found.extend(reports_in(&folder, &mut Vec::new()).map_err(refused)?);
                }
            }
            if found.is_empty() {
                return Err(Failure::new(format!("`{}` has no `*.json` file", path.display())));
            }
        }
        let found = found
            .iter()
            .map(|path| path.strip_prefix(".").unwrap_or(path).to_path_buf());
        all.extend(found);
    }
    Ok(all)
}

/// The files in a folder that end in `.json`; `folders` gets the folders.
fn reports_in(folder: &Path, folders: &mut Vec<PathBuf>) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        } else if path.extension().is_some_and(|extension| extension == "json") && path.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}

/// The names of repositories by their files: what the paths end with, without what all of them end with, and with as many folders
/// before it as tell them apart.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let mut all: Vec<Vec<String>> = paths.iter().map(|path| parts(path)).collect();
    let last = |parts: &Vec<String>| parts.last().cloned();
    while let Some(first) = all.first().and_then(last)
        && all.len() > 1
        && all.iter().all(|parts| parts.len() > 1 && parts.last() == Some(&first))
    {
        all.iter_mut().for_each(|parts| drop(parts.pop()));
    }
    let ending = |parts: &[String], length: usize| {
        let start = parts.len().saturating_sub(length);
        parts.get(start..).unwrap_or_default().join("/")
    };
    let mut lengths = vec![1; all.len()];
    loop {
        let names: Vec<String> = all
            .iter()
            .zip(&lengths)
            .map(|(parts, length)| ending(parts, *length))
            .collect();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        names.iter().for_each(|name| *seen.entry(name).or_default() += 1);
        let mut is_done = true;
        for ((name, parts), length) in names.iter().zip(&all).zip(&mut lengths) {
            if seen.get(name.as_str()).is_some_and(|count| *count > 1) && *length < parts.len() {
                *length += 1;
                is_done = false;
            }
        }
        if is_done {
            return names;
        }
    }
}

/// The folders of a path and its name without `.json`.
fn parts(path: &Path) -> Vec<String> {
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let path = if is_json {
        path.with_extension("")
    } else {
        path.to_path_buf()
    };
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
    parts
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_shortest_that_tell_files_apart() {
        for (paths, names) in [
            (&["out/shop.json", "out/api.json"][..], &["shop", "api"][..]),
            (&["shop/plimsoll.json", "/tmp/api/plimsoll.json"], &["shop", "api"]),
            (&["shop/out/r.json", "api/out/r.json"], &["shop", "api"]),
            (&["a/x/r.json", "b/x/r.json", "b/y/r.json"], &["a/x", "b/x", "y"]),
            (&["report.json", "x/report.json"], &["report", "x/report"]),
            (&["a/report.json"], &["report"]),
            (&["a.b.json", "a.json", "../a.txt"], &["a.b", "a", "a.txt"]),
        ] {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            assert_eq!(super::names(&paths), names, "{paths:?}");
        }
    }
}

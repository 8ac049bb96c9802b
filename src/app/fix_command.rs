//! `plimsoll fix`: the edits that findings offer, as a unified diff, or written.

use super::{judge, output, place};
use crate::cli::{CheckArgs, FixArgs};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::finding::Edit;
use crate::redact::MASK;
use crate::report::{Report, escape, words};
use crate::rules;
use crate::source::{SourceId, Span};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is mended may uncover more; so often the result is judged again.
const MAX_ROUNDS: usize = 5;

/// What a run has done, or would do.
#[derive(Default)]
struct Sums {
    mended: usize,
    files: BTreeSet<String>,
    /// Findings whose fix waits for `--unsafe`.
    waiting: usize,
    /// Findings whose fix touches what another one edits.
    overlapping: usize,
}

/// Runs the command.
pub(super) fn run(args: &FixArgs) -> Outcome {
    match try_run(args) {
        Ok(outcome) => outcome,
        Err(failure) => output::complain(failure),
    }
}

fn try_run(args: &FixArgs) -> Result<Outcome, Failure> {
    let known = |name: &String| rules::RULES.iter().any(|rule| rule.name == *name);
    if let Some(unknown) = args.rules.iter().find(|name| !known(name)) {
        return Err(Failure::new(format!("there is no rule `{unknown}`")));
    }
    let check = CheckArgs {
        paths: args.paths.clone(),
        root: args.root.clone(),
        config: args.config.clone(),
        profile: args.profile.clone(),
        no_engine: true,
        ..CheckArgs::default()
    };
    let root = place::root(&check)?;
    let mut sums = Sums::default();
    let rounds = if args.write { MAX_ROUNDS } else { 1 };
    for _ in 0..rounds {
        let report = judge(&check);
        if let Some(error) = &report.error {
            return Err(Failure::new(error.clone()));
        }
        let edits = chosen(&report, args, &mut sums);
        if edits.is_empty() {
            break;
        }
        for (id, edits) in edits {
            let source = report.sources.get(id);
            sums.files.insert(source.path.clone());
            if args.write {
                write(&root, &source.path, &source.text, &applied(&source.text, &edits))?;
            } else {
                let (old, new) = masked(&report, id, &edits);
                let diff = TextDiff::from_lines(&old, &new);
                let (from, to) = (format!("a/{}", source.path), format!("b/{}", source.path));
                let diff = diff.unified_diff().context_radius(3).header(&from, &to).to_string();
                if output::print(&escape::guard(diff)) != Outcome::Pass {
                    return Ok(Outcome::CouldNotRun);
                }
            }
        }
    }
    output::tell(said(&sums, args.write));
    Ok(Outcome::Pass)
}

/// The edits of every finding that is to be mended, by file: all edits of a finding or none.
fn chosen(report: &Report, args: &FixArgs, sums: &mut Sums) -> BTreeMap<SourceId, Vec<Edit>> {
    let mut all: BTreeMap<SourceId, Vec<Edit>> = BTreeMap::new();
    (sums.waiting, sums.overlapping) = (0, 0);
    for reported in &report.findings {
        let edits = &reported.finding.fix;
        let is_meant = args.rules.is_empty() || args.rules.iter().any(|name| name == reported.rule.name);
        if edits.is_empty() || !is_meant {
            continue;
        }
        if reported.finding.is_unsafe && !args.risky {
            sums.waiting += 1;
            continue;
        }
        let none = Vec::new();
        let clashes = |edit: &Edit| {
            let others = all.get(&edit.span.source).unwrap_or(&none);
            others.iter().any(|other| other != edit && overlap(edit, other))
        };
        if edits.iter().any(clashes) {
            sums.overlapping += 1;
            continue;
        }
        sums.mended += 1;
        for edit in edits {
            let edits = all.entry(edit.span.source).or_default();
            if !edits.contains(edit) {
                edits.push(edit.clone());
            }
        }
    }
    all
}

/// Whether two edits cannot be made both: they share bytes, or add the same key to one mapping.
fn overlap(one: &Edit, other: &Edit) -> bool {
    let (one_at, other_at) = (one.span, other.span);
    if one_at.start == other_at.start && one_at.start == one_at.end && other_at.start == other_at.end {
        let key = |edit: &Edit| edit.text.trim_start().split(':').next().map(str::to_owned);
        return key(one) == key(other);
    }
    one_at.start < other_at.end && other_at.start < one_at.end
}

fn applied(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    // In the order of the file; what is added at one place stays in the order of the findings.
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut new = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        new.push_str(text.get(done..edit.span.start as usize).unwrap_or_default());
        new.push_str(&edit.text);
        done = edit.span.end as usize;
    }
    new.push_str(text.get(done..).unwrap_or_default());
    new
}

/// A file before and after its edits, with what is secret hidden where it is written and wherever else its text stands.
fn masked(report: &Report, id: SourceId, edits: &[Edit]) -> (String, String) {
    let text = &report.sources.get(id).text;
    let ranges = report.secrets.within(id, text, &(0..text.len()));
    let mut masks: Vec<Edit> = Vec::new();
    let mut sorted = ranges;
    sorted.sort_unstable_by_key(|range| (range.start, range.end));
    for range in sorted {
        match masks.last_mut() {
            Some(last) if range.start < last.span.end as usize => {
                let end = range.end.max(last.span.end as usize);
                last.span = Span::new(id, last.span.start as usize, end);
            }
            _ => masks.push(Edit {
                span: Span::new(id, range.start, range.end),
                text: MASK.to_owned(),
            }),
        }
    }
    let old = applied(text, &masks);
    masks.retain(|mask| !edits.iter().any(|edit| overlap(mask, edit)));
    masks.extend(edits.iter().cloned());
    let new = applied(text, &masks);
    (
        report.secrets.mask(&old).into_owned(),
        report.secrets.mask(&new).into_owned(),
    )
}

/// Writes a file in one step, if it is still what was judged.
pub(super) fn write(root: &Path, path: &str, old: &str, new: &str) -> Result<(), Failure> {
    let full = root.join(path);
    let refused = |failure: Failure| failure.of(format!("`{path}` cannot be written"));
    let now = std::fs::read(&full).map_err(|error| refused(error.into()))?;
    if now != old.as_bytes() {
        return Err(refused(Failure::new("it is not what was judged")));
    }
    let permissions = full.metadata().map_err(|error| refused(error.into()))?.permissions();
    if permissions.readonly() {
        return Err(refused(Failure::new("it is read-only")));
    }
    output::file(&full, new, Some(root)).map_err(refused)?;
    std::fs::set_permissions(&full, permissions).map_err(|error| refused(error.into()))
}

fn said(sums: &Sums, is_written: bool) -> String {
    let what = words::count(sums.mended, "finding");
    let files = words::count(sums.files.len(), "file");
    let mut text = match (sums.mended, is_written) {
        (0, _) => "nothing to fix".to_owned(),
        (_, true) => format!("fixed {what} in {files}"),
        (_, false) => format!("would fix {what} in {files}; --write does"),
    };
    if sums.waiting > 0 {
        let more = words::count(sums.waiting, "more finding");
        text.push_str(&format!("; {more} with --unsafe"));
    }
    if sums.overlapping > 0 {
        let more = words::count(sums.overlapping, "fix");
        text.push_str(&format!("; {more} overlapped with others: run it again"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit {
            span: Span::new(SourceId::default(), start, end),
            text: text.to_owned(),
        }
    }

    #[test]
    fn edits_that_share_bytes_or_keys_are_not_made_both() {
        for (one, other, wanted) in [
            (edit(0, 3, ""), edit(3, 5, ""), false),
            (edit(0, 3, ""), edit(2, 5, ""), true),
            (edit(2, 2, "a"), edit(1, 3, ""), true),
            (edit(3, 3, "a"), edit(1, 3, ""), false),
            (edit(2, 2, "\n  a: 1"), edit(2, 2, "\n  b: 1"), false),
            (edit(2, 2, "\n  a: 1"), edit(2, 2, "\n  a: 2"), true),
        ] {
            assert_eq!(overlap(&one, &other), wanted, "{one:?} {other:?}");
            assert_eq!(overlap(&other, &one), wanted, "{one:?} {other:?}");
        }
    }

    #[test]
    fn edits_are_made_in_the_order_of_the_file() {
        let edits = [edit(4, 4, "x"), edit(0, 1, ""), edit(4, 4, "y")];
        assert_eq!(applied("abcdef", &edits), "bcdxyef");
    }
}

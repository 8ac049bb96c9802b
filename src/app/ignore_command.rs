//! `plimsoll ignore FINDING --reason WHY`: writes the comment that hides one finding, where it hides that one and nothing breaks.

use super::{fix_command, judge, output, place};
use crate::cli::{CheckArgs, IgnoreArgs};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::parse::{dockerfile, yaml};
use crate::report::{Report, Reported, escape};
use crate::rules;
use crate::source::{ColumnUnit, Source, SourceId};

/// Places that are tried: the line itself, then the keys that it is below.
const MAX_PLACES: usize = 32;
/// Findings that are named where several are meant.
const MAX_NAMED: usize = 10;

/// Runs the command.
pub(super) fn run(args: &IgnoreArgs) -> Outcome {
    match try_run(args) {
        Ok(said) => {
            output::tell(said);
            Outcome::Pass
        }
        Err(failure) => output::complain(failure),
    }
}

fn try_run(args: &IgnoreArgs) -> Result<String, Failure> {
    let reason = args.reason.trim();
    let says_something = reason.chars().filter(|letter| letter.is_alphanumeric()).count() >= 2;
    if !says_something || reason.chars().any(char::is_control) {
        return Err(Failure::new("the reason must be a sentence on one line"));
    }
    let check = CheckArgs {
        root: args.root.clone(),
        config: args.config.clone(),
        no_engine: true,
        ..CheckArgs::default()
    };
    let root = place::root(&check)?;
    let report = judged(&check)?;
    let found = find(&report, &args.finding)?;
    let (rule, id) = (found.rule.name, found.finding.span.source);
    let source = report.sources.get(id);
    let line = line_of(source, found);
    for above in places(&report, found, line) {
        let comment = format!("# plimsoll: ignore[{rule}] {reason}");
        let Some(new) = inserted(source, above, &comment) else {
            continue;
        };
        if !is_comment(&report, id, &new, &comment) {
            continue;
        }
        fix_command::write(&root, &source.path, &source.text, &new)?;
        // What it hides is decided by the run that reads it.
        let hidden = judged(&check).is_ok_and(|after| {
            let has_it = |one: &Reported| one.fingerprint == found.fingerprint;
            !after.findings.iter().any(has_it)
        });
        if hidden {
            return Ok(format!("{}:{above}: {comment}", source.path));
        }
        fix_command::write(&root, &source.path, &new, &source.text)?;
    }
    Err(Failure::new(format!(
        "no comment in `{}` hides `{rule}` there; in plimsoll.yaml this does:\nignore:\n  - {{rule: {rule}, paths: [{}], reason: {}}}",
        source.path,
        serde_json::Value::from(source.path.as_str()),
        serde_json::Value::from(reason),
    )))
}

fn judged(check: &CheckArgs) -> Result<Report, Failure> {
    let report = judge(check);
    match &report.error {
        Some(error) => Err(Failure::new(error.clone())),
        None => Ok(report),
    }
}

fn line_of(source: &Source, reported: &Reported) -> usize {
    source
        .position(reported.finding.span.start, ColumnUnit::CodePoints)
        .line
}

/// The finding that is meant: by its fingerprint, or by `FILE:LINE`, with a column or not, with `:RULE` or not.
fn find<'a>(report: &'a Report, given: &str) -> Result<&'a Reported, Failure> {
    if let Some(found) = report.findings.iter().find(|found| found.fingerprint == given) {
        return Ok(found);
    }
    let mut rest = given;
    let mut rule = None;
    if let Some((before, name)) = given.rsplit_once(':')
        && rules::find(name).is_some()
    {
        (rest, rule) = (before, Some(name));
    }
    let number = |text: &str| {
        text.rsplit_once(':')
            .and_then(|(path, line)| Some((path.to_owned(), line.parse().ok()?)))
    };
    let Some((path, line)) = number(rest) else {
        return Err(Failure::new(format!(
            "`{given}` is neither FILE:LINE, FILE:LINE:RULE nor a fingerprint of --format json"
        )));
    };
    // What is printed has a column behind the line.
    let (path, line): (String, usize) = number(&path).unwrap_or((path, line));
    let path = path.trim_start_matches("./");
    let here = report
        .findings
        .iter()
        .filter(|found| report.sources.path(found.finding.span) == path);
    let here: Vec<(usize, &Reported)> = here
        .filter(|found| rule.is_none_or(|rule| rule == found.rule.name))
        .map(|found| (line_of(report.sources.get(found.finding.span.source), found), found))
        .collect();
    let meant: Vec<&Reported> = here
        .iter()
        .filter(|(at, _)| *at == line)
        .map(|(_, found)| *found)
        .collect();
    let named = |found: &[&Reported]| {
        let names: Vec<String> = found
            .iter()
            .take(MAX_NAMED)
            .map(|found| {
                let line = line_of(report.sources.get(found.finding.span.source), found);
                escape::inline(&format!("{path}:{line}:{}", found.rule.name))
            })
            .collect();
        names.join(", ")
    };
    match meant.as_slice() {
        [first, others @ ..] if others.iter().all(|other| other.rule.is(first.rule)) => Ok(first),
        [] => {
            let near = here.iter().min_by_key(|(at, _)| at.abs_diff(line));
            let near = near.map_or(String::new(), |(_, found)| {
                format!("; the nearest is {}", named(&[found]))
            });
            Err(Failure::new(format!("no finding at `{given}`{near}")))
        }
        several => Err(Failure::new(format!(
            "several rules found something there: {}",
            named(several)
        ))),
    }
}

/// The lines above which a comment can stand that hides a finding: those of a Dockerfile's instruction, or of a key and of the keys that
/// it is below.
fn places(report: &Report, found: &Reported, line: usize) -> Vec<usize> {
    let span = found.finding.span;
    let source = report.sources.get(span.source);
    let judged = report.repository.iter().flat_map(|repository| &repository.dockerfiles);
    let mut instructions = judged
        .filter(|judged| judged.file.ast.source == span.source)
        .flat_map(|judged| &judged.file.ast.instructions);
    if let Some(instruction) = instructions.find(|instruction| instruction.span.contains(span)) {
        let first = source.position(instruction.span.start, ColumnUnit::CodePoints).line;
        // A Dockerfile inside of a Compose file: the key that it is below.
        if !is_yaml(&source.path) {
            return vec![first];
        }
    }
    let indent = |line: usize| source.line(line).len() - source.line(line).trim_start().len();
    let mut places = vec![line];
    for above in (1..line).rev() {
        let text = source.line(above).trim();
        let is_outer = places.last().is_some_and(|last| indent(above) < indent(*last));
        if is_outer && !text.is_empty() && !text.starts_with('#') && places.len() < MAX_PLACES {
            places.push(above);
        }
    }
    places
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

/// The text with a line of its own above a line, indented and ended as that one is.
fn inserted(source: &Source, line: usize, comment: &str) -> Option<String> {
    let range = source.line_range(line)?;
    let (before, after) = (source.text.get(..range.start)?, source.text.get(range.start..)?);
    let text = source.line(line);
    let indent = text.get(..text.len() - text.trim_start().len())?;
    let behind = source.text.get(range.end..).unwrap_or("");
    let end = match behind.is_empty() {
        true if source.text.contains("\r\n") => "\r\n",
        true => "\n",
        false if behind.starts_with("\r\n") => "\r\n",
        false if behind.starts_with('\r') => "\r",
        false => "\n",
    };
    // A byte order mark stays the first.
    let (mark, after) = match after.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", after),
    };
    let indent = indent.trim_start_matches('\u{feff}');
    Some(format!("{before}{mark}{indent}{comment}{end}{after}"))
}

/// Whether what was written is read as a comment, and not as a part of a text.
fn is_comment(report: &Report, id: SourceId, text: &str, comment: &str) -> bool {
    let is_dockerfile = report
        .repository
        .iter()
        .flat_map(|repository| &repository.dockerfiles)
        .any(|judged| judged.file.ast.source == id);
    if is_dockerfile && !is_yaml(&report.sources.get(id).path) {
        let file = dockerfile::parse(id, text);
        return file.comments.iter().any(|one| bare(&one.text) == bare(comment));
    }
    let file = yaml::parse(id, text);
    file.comments.iter().any(|one| bare(&one.value) == bare(comment))
}

fn bare(comment: &str) -> &str {
    comment.trim_start_matches('#').trim()
}

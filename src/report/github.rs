//! Annotations for GitHub: workflow commands, as few as the runner takes, and the verdict in a plain line.

use super::kinds;
use super::place::{self, Region};
use super::{Report, Reported, decided, escape, words};
use crate::finding::Severity;
use crate::source::ColumnUnit;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The runner drops what is more than this of one kind in a step.
const MAX_EACH: usize = 10;
/// The runner cuts messages at 4,096 characters.
const MAX_MESSAGE: usize = 2000;
/// Folded notes are listed for so many services.
const MAX_LISTED: usize = 20;
const WIDTH: usize = 120;
/// How the line of what is not annotated begins.
const REST: &str = "and ";

/// Renders the report for the log of a GitHub job. `notes` makes notices of notes instead of folding them.
pub(crate) fn render(report: &Report, notes: bool) -> String {
    if let Some(error) = &report.error {
        return refused(report, error);
    }
    let mut out = String::new();
    let mut taken: BTreeMap<Severity, usize> = BTreeMap::new();
    let mut rest = Vec::new();
    for reported in kinds::by_weight(report, notes) {
        let taken = taken.entry(reported.severity).or_insert(0);
        if *taken < MAX_EACH {
            *taken += 1;
            out.push_str(&command(report, reported));
        } else {
            rest.push(reported);
        }
    }
    // What is not a command must not become one.
    let mut plain = String::new();
    if !rest.is_empty() {
        let tally = words::tally(rest);
        push(
            &mut plain,
            &format!("{REST}{tally} more, not annotated: GitHub shows {MAX_EACH} of each kind"),
        );
    }
    if !notes {
        let folded = words::folded_notes(report);
        for notes in folded.iter().take(MAX_LISTED) {
            push(&mut plain, &format!("note  {}", notes.line(WIDTH)));
        }
        if folded.len() > MAX_LISTED {
            let more = words::count(folded.len() - MAX_LISTED, "more row");
            push(&mut plain, &format!("      and {more}"));
        }
    }
    for sentence in &report.policy {
        push(&mut plain, &format!("policy  {}", report.secrets.mask(sentence)));
    }
    if let Some(line) = decided::line(report) {
        push(&mut plain, &format!("budgets  {line}"));
    }
    push(&mut plain, &format!("scope  {}", report.scope_line()));
    push(&mut plain, &words::verdict_line(report));
    out.push_str(&escape::guard(plain));
    out
}

/// Why the gate could not run: at the lines of the configuration, or without a place.
fn refused(report: &Report, error: &str) -> String {
    if report.mistakes.is_empty() {
        let error = words::sentence(&report.secrets.mask(error));
        return format!("::error title=plimsoll::{}\n", escape::command_data(&error));
    }
    let shown = report.mistakes.iter().take(MAX_EACH);
    let mut out: String = shown.map(|mistake| command(report, mistake)).collect();
    if report.mistakes.len() > MAX_EACH {
        let more = words::count(report.mistakes.len() - MAX_EACH, "mistake");
        push(
            &mut out,
            &format!("{REST}{more} more, not annotated: GitHub shows {MAX_EACH} of each kind"),
        );
    }
    out
}

/// What belongs beside the text in the log of the action, too: the commands, and how many there are not.
pub(crate) fn commands(annotations: &str) -> String {
    let is_one = |line: &&str| line.starts_with("::") || line.starts_with(REST);
    annotations
        .lines()
        .filter(is_one)
        .flat_map(|line| [line, "\n"])
        .collect()
}

fn push(out: &mut String, line: &str) {
    out.push_str(&escape::inline(line));
    out.push('\n');
}

fn command(report: &Report, reported: &Reported) -> String {
    let kind = match reported.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let source = report.sources.get(reported.finding.span.source);
    let Region { start, end } = place::region(source, reported.finding.span, ColumnUnit::CodePoints);
    let mut out = format!(
        "::{kind} file={},line={},endLine={}",
        escape::command_property(&source.path),
        start.line,
        end.line
    );
    // The runner removes columns from what goes over more than one line, and says so.
    if start.line == end.line {
        let _ = write!(out, ",col={},endColumn={}", start.column, end.column);
    }
    let mut text = words::sentence(&words::message(report, reported));
    let help = words::sentence(&words::help(report, reported));
    if !help.is_empty() {
        text.push('\n');
        text.push_str(&help);
    }
    let data = escape::command_data(&words::clip(&text, MAX_MESSAGE));
    let _ = writeln!(out, ",title={}::{data}", escape::command_property(reported.rule.name));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Finding;
    use crate::report::escape::tests::{HOSTILE, commands};
    use crate::report::sample::Sample;
    use crate::source::Span;
    use expect_test::expect;

    #[test]
    fn findings_become_annotations() {
        let sample = Sample::seed();
        expect![[r#"
            ::error file=compose.yaml,line=4,endLine=4,col=5,endColumn=14,title=conflicting-cpu-settings::`api` sets `cpus: 0.5` and `deploy.resources.limits.cpus: '0.25'`: Compose refuses two different limits.%0AKeep one of them, or make them equal.
            ::error file=compose.yaml,line=5,endLine=5,col=5,endColumn=21,title=privileged-service::`api` is privileged, with ***.%0ARemove `privileged`; give the one capability or device that is needed:%0Acap_add: [NET_ADMIN].
            ::warning file=api/Dockerfile,line=1,endLine=1,col=1,endColumn=17,title=image-size-above-budget::The image is at least 1.02 GB, the budget of profile `default` is 500 MB.%0AUse `python:3.13-slim` (124 MB), which has the same interpreter and the same C library.
            note  api/Dockerfile: 1 note (base-image-without-digest)
            note  api: 3 notes (capabilities-kept, missing-pids-limit, missing-memory-limit)
            scope  full
            plimsoll: fail, 2 errors, 1 warning, 4 notes in 3 files
        "#]].assert_eq(&render(&sample.report(), false));
        let with_notes = render(&sample.report(), true);
        assert_eq!(with_notes.matches("\n::notice file=").count(), 4);
        assert!(!with_notes.contains("note  api"));
    }

    #[test]
    fn ten_of_each_kind_are_annotated_and_the_rest_is_counted() {
        let mut sample = Sample::default();
        let id = sample.file("Dockerfile", "FROM x\nRUN y\n");
        for index in 0..25 {
            let severity = if index < 12 { Severity::Warning } else { Severity::Error };
            sample.push(
                "r",
                severity,
                None,
                Finding::new(Span::new(id, 0, 13), format!("nr {index}")),
            );
        }
        let text = render(&sample.report(), false);
        assert!(
            text.starts_with("::error file=Dockerfile,line=1,endLine=2,title=r::Nr 12.\n"),
            "{text}"
        );
        assert_eq!(text.matches("::error ").count(), 10);
        assert_eq!(text.matches("::warning ").count(), 10);
        assert!(
            text.contains("\nand 3 errors, 2 warnings more, not annotated"),
            "{text}"
        );
    }

    /// The runner's reading of a command: `::name key=value,key=value::data`, see `ActionCommand.cs`.
    fn parse(line: &str) -> (&str, BTreeMap<&str, String>, String) {
        let (head, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap();
        let unescape = |text: &str| {
            text.replace("%0D", "\r")
                .replace("%0A", "\n")
                .replace("%3A", ":")
                .replace("%2C", ",")
                .replace("%25", "%")
        };
        let properties = properties.split(',').map(|pair| pair.split_once('=').unwrap());
        (
            name,
            properties.map(|(key, value)| (key, unescape(value))).collect(),
            unescape(data),
        )
    }

    #[test]
    fn only_our_own_commands_are_found_and_they_say_what_we_mean() {
        for hostile in HOSTILE {
            let mut sample = Sample::default();
            let path = format!("x/{hostile},line=9::y%0A");
            let id = sample.file(&path, hostile);
            let unit: &'static str = Box::leak(hostile.to_owned().into_boxed_str());
            for severity in [Severity::Error, Severity::Note] {
                sample.push(
                    "r",
                    severity,
                    Some(unit),
                    Finding::new(Span::new(id, 0, 1), hostile).help(hostile),
                );
            }
            for notes in [false, true] {
                let text = render(&sample.report(), notes);
                let found = commands(&text);
                assert_eq!(found.len(), if notes { 2 } else { 1 }, "{text}");
                assert!(!text.contains("##[") && !text.contains("##vso["), "{text}");
                for (command, kind) in found.into_iter().zip(["error", "notice"]) {
                    let (name, properties, _) = parse(command);
                    assert_eq!(name, kind);
                    assert_eq!(
                        properties.keys().copied().collect::<Vec<_>>(),
                        ["col", "endColumn", "endLine", "file", "line", "title"]
                    );
                    assert_eq!(properties["line"], "1");
                }
            }
        }
        let mut sample = Sample::default();
        let id = sample.file("a,b:c%\nd", "x");
        sample.push(
            "r",
            Severity::Error,
            None,
            Finding::new(Span::new(id, 0, 1), "50% of\nit"),
        );
        let text = render(&sample.report(), false);
        let (_, properties, data) = parse(text.lines().next().unwrap());
        assert_eq!(properties["file"], "a,b:c%\nd");
        assert_eq!(data, "50% of\nit.");
    }

    #[test]
    fn a_gate_that_could_not_run_is_one_error() {
        let mut sample = Sample::default();
        sample.error = Some("no\n::error::x".to_owned());
        assert_eq!(
            render(&sample.report(), false),
            "::error title=plimsoll::No%0A::error::x.\n"
        );
    }
}

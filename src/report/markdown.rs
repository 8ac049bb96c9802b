//! The summary of a CI step in GitHub's Markdown: verdict, counts, the worst findings, the rest folded by rule.

use super::{Report, Reported, escape, place, standing, words};
use crate::finding::Severity;
use crate::rules::Rule;
use crate::source::ColumnUnit;
use std::fmt::Write as _;

/// Rows of the table.
const MAX_ROWS: usize = 20;
/// Places listed for one rule.
const MAX_PLACES: usize = 100;
/// GitHub drops a summary of more than 1 MiB whole.
const MAX_BYTES: usize = 900 * 1024;
/// What is kept free for the last lines.
const RESERVE: usize = 4 * 1024;
/// Units with folded notes, and sets.
const MAX_LISTED: usize = 100;
const MAX_MESSAGE: usize = 500;
const MAX_PATH: usize = 1000;

/// Renders the report as a step summary; `notes` treats notes like other findings instead of folding them.
pub fn render(report: &Report, rules: &[&Rule], notes: bool) -> String {
    let mut out = format!("## plimsoll: {}\n\n", report.verdict.word());
    if let Some(error) = &report.error {
        let error = words::sentence(&report.secrets.mask(error));
        let _ = writeln!(out, "{}", prose(&error));
        return escape::guard(out);
    }
    let count = |severity| report.count(severity);
    let _ = writeln!(
        out,
        "| errors | warnings | notes | files |\n| ---: | ---: | ---: | ---: |\n| {} | {} | {} | {} |\n",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note),
        report.files
    );
    let findings = words::worst_first(report, notes);
    let (worst, rest) = findings.split_at(findings.len().min(MAX_ROWS));
    if !worst.is_empty() {
        out.push_str("| | where | rule | what |\n| --- | --- | --- | --- |\n");
        for reported in worst {
            out.push_str(&row(report, reported));
        }
        out.push('\n');
    }
    if !report.policy.is_empty() {
        out.push_str("**This change loosens its own policy:**\n\n");
        for sentence in &report.policy {
            let sentence = words::clip(&report.secrets.mask(sentence), MAX_MESSAGE).into_owned();
            let _ = writeln!(out, "- {}", prose(&sentence));
        }
        out.push('\n');
    }
    out.push_str(&standing::table(report));
    push_rest(&mut out, report, rules, rest);
    if !notes {
        push_notes(&mut out, report);
    }
    push_scope(&mut out, report);
    escape::guard(out)
}

/// A sentence; its line breaks become those of a table cell.
fn prose(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(escape::markdown_prose).collect();
    lines.join("<br>")
}

fn place_of(report: &Report, reported: &Reported) -> String {
    let source = report.sources.get(reported.finding.span.source);
    let at = place::region(source, reported.finding.span, ColumnUnit::CodePoints).start;
    let path = words::clip(&source.path, MAX_PATH);
    escape::markdown_code(&format!("{path}:{}", at.line))
}

fn row(report: &Report, reported: &Reported) -> String {
    let message = words::sentence(&words::message(report, reported));
    let mut what = prose(&words::clip(&message, MAX_MESSAGE));
    let help = words::sentence(&words::help(report, reported));
    if !help.is_empty() {
        let _ = write!(what, "<br>{}", prose(&words::clip(&help, MAX_MESSAGE)));
    }
    let place = place_of(report, reported);
    let rule = escape::markdown_code(reported.rule);
    format!("| {} | {place} | {rule} | {what} |\n", reported.severity.word())
}

/// What the table has no room for, one fold a rule, the worst first.
fn push_rest(out: &mut String, report: &Report, rules: &[&Rule], rest: &[&Reported]) {
    let mut folds: indexmap::IndexMap<&str, Vec<&Reported>> = indexmap::IndexMap::new();
    for reported in rest {
        folds.entry(reported.rule).or_default().push(reported);
    }
    let mut left_out = 0;
    for (name, findings) in folds {
        let known = rules.iter().find(|rule| rule.name == name);
        let summary = known
            .map(|rule| format!(": {}", escape::html(rule.summary())))
            .unwrap_or_default();
        let mut fold = format!(
            "<details><summary>{} <code>{}</code>{summary}</summary>\n\n",
            words::tally(findings.iter().copied()),
            escape::html(name)
        );
        let mut listed = 0;
        for reported in findings.iter().take(MAX_PLACES) {
            let message = words::sentence(&words::message(report, reported));
            let message = prose(&words::clip(&message, MAX_MESSAGE));
            let line = format!("- {} {message}\n", place_of(report, reported));
            if out.len() + fold.len() + line.len() + RESERVE > MAX_BYTES {
                break;
            }
            fold.push_str(&line);
            listed += 1;
        }
        if listed == 0 {
            left_out += findings.len();
            continue;
        }
        if listed < findings.len() {
            let _ = writeln!(fold, "- and {} more", findings.len() - listed);
        }
        fold.push_str("\n</details>\n\n");
        out.push_str(&fold);
    }
    if left_out > 0 {
        let _ = writeln!(
            out,
            "{} more: no room for them here.\n",
            words::count(left_out, "finding")
        );
    }
}

fn push_notes(out: &mut String, report: &Report) {
    let folded = words::folded_notes(report);
    if folded.is_empty() {
        return;
    }
    let notes = words::count(report.count(Severity::Note), "note");
    let mut fold = format!("<details><summary>{notes}</summary>\n\n");
    let mut listed = 0;
    for notes in folded.iter().take(MAX_LISTED) {
        let rules: Vec<String> = notes.rules.iter().map(|rule| escape::markdown_code(rule)).collect();
        let unit = escape::markdown_code(&words::clip(&notes.unit, MAX_PATH));
        let line = format!(
            "- {unit}: {} ({})\n",
            words::count(notes.count, "note"),
            rules.join(", ")
        );
        if out.len() + fold.len() + line.len() + RESERVE > MAX_BYTES {
            break;
        }
        fold.push_str(&line);
        listed += 1;
    }
    if listed < folded.len() {
        let _ = writeln!(fold, "- and {}", words::count(folded.len() - listed, "more unit"));
    }
    fold.push_str("\n</details>\n\n");
    out.push_str(&fold);
}

fn push_scope(out: &mut String, report: &Report) {
    let sets: Vec<String> = report
        .sets
        .iter()
        .take(MAX_LISTED)
        .map(|set| escape::markdown_code(&words::clip(&report.secrets.mask(set), MAX_PATH)))
        .collect();
    let mut line = format!(
        "Scope: {}",
        prose(&words::clip(&report.secrets.mask(&report.scope), MAX_MESSAGE))
    );
    if !sets.is_empty() {
        let _ = write!(line, ". Compose sets: {}", sets.join(", "));
        if report.sets.len() > sets.len() {
            let _ = write!(line, " and {} more", report.sets.len() - sets.len());
        }
    }
    line.push_str(".\n");
    if out.len() + line.len() <= MAX_BYTES {
        out.push_str(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Finding;
    use crate::report::escape::tests::{HOSTILE, commands};
    use crate::report::sample::{RULES, Sample};
    use crate::source::Span;

    #[test]
    fn a_summary_reads_like_this() {
        let sample = Sample::seed();
        assert_eq!(
            render(&sample.report(), &RULES, false),
            "\
## plimsoll: fail

| errors | warnings | notes | files |
| ---: | ---: | ---: | ---: |
| 2 | 1 | 4 | 3 |

| | where | rule | what |
| --- | --- | --- | --- |
| error | `compose.yaml:4` | `conflicting-cpu-settings` | Service 'api' sets `cpus: 0.5` and \
`deploy.resources.limits.cpus: '0.25'`: Compose refuses two different limits.<br>Keep one of them, or make them equal. |
| error | `compose.yaml:5` | `privileged-service` | Service 'api' is privileged, with `***`.<br>Remove `privileged`; give \
the one capability or device that is needed:<br>`cap_add`: `[NET_ADMIN]`. |
| warning | `api/Dockerfile:1` | `image-size-above-budget` | The image is at least 1.02 GB, the budget of profile \
'default' is 500 MB.<br>Use `python:3.13-slim` (124 MB), which has the same interpreter and the same C library. |

<details><summary>4 notes</summary>

- `api/Dockerfile`: 1 note (`base-image-unpinned`)
- `api`: 3 notes (`capabilities-kept`, `missing-pids-limit`, `missing-memory-limit`)

</details>

Scope: full. Compose sets: `compose.yaml + compose.override.yaml`, `dev/compose.yaml`.
"
        );
    }

    #[test]
    fn what_the_table_has_no_room_for_is_folded_by_rule() {
        let mut sample = Sample::default();
        let id = sample.file("a.yml", &"x\n".repeat(300));
        for line in 0..150 {
            let (rule, severity) = if line % 5 == 0 {
                ("privileged-service", Severity::Error)
            } else {
                ("other", Severity::Warning)
            };
            sample.push(
                rule,
                severity,
                None,
                Finding::new(Span::new(id, 2 * line, 2 * line), "x"),
            );
        }
        let text = render(&sample.report(), &RULES, false);
        assert_eq!(text.matches("\n| error | ").count(), 20);
        assert!(text.contains(
            "\n<details><summary>10 errors <code>privileged-service</code>: A service is privileged.</summary>\n\n- `a.yml:101` X.\n"
        ), "{text}");
        assert!(
            text.contains("<summary>120 warnings <code>other</code></summary>"),
            "{text}"
        );
        assert!(text.contains("\n- and 20 more\n\n</details>"), "{text}");
    }

    #[test]
    fn it_stays_under_900_kib() {
        let mut sample = Sample::default();
        let id = sample.file(&"|p/".repeat(1000), "x");
        let rules: Vec<&'static str> = (0..100)
            .map(|index| &*Box::leak(format!("r{index}").into_boxed_str()))
            .collect();
        for rule in rules {
            for _ in 0..60 {
                sample.push(
                    rule,
                    Severity::Error,
                    None,
                    Finding::new(Span::new(id, 0, 1), "|*".repeat(600)),
                );
                sample.push(rule, Severity::Note, Some("u"), Finding::new(Span::new(id, 0, 1), "x"));
            }
        }
        for notes in [false, true] {
            let mut report = sample.report();
            report.sets = vec!["|".repeat(5000); 500];
            let text = render(&report, &RULES, notes);
            assert!(text.len() <= 900 * 1024, "{}", text.len());
            assert!(text.contains("no room for them here"));
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        }
    }

    #[test]
    fn names_and_messages_stay_literal() {
        let hostile = [
            "</details>",
            "<img src=x>",
            "```",
            "a|b",
            "@team",
            "[x](http://y.z)",
            "#1",
            "\\|",
            "`<b>|`",
        ];
        for hostile in hostile.into_iter().chain(HOSTILE) {
            let mut sample = Sample::default();
            let id = sample.file(hostile, hostile);
            let unit: &'static str = Box::leak(hostile.to_owned().into_boxed_str());
            for severity in [Severity::Error, Severity::Note].repeat(15) {
                sample.push(
                    "r",
                    severity,
                    Some(unit),
                    Finding::new(Span::new(id, 0, 1), hostile).help(hostile),
                );
            }
            let mut report = sample.report();
            report.scope = hostile.to_owned();
            report.sets = vec![hostile.to_owned()];
            for notes in [false, true] {
                let text = render(&report, &RULES, notes);
                assert!(commands(&text).is_empty(), "{text}");
                assert_eq!(text.matches("</details>").count() >= 1, text.contains("<details>"));
                for line in text.lines().filter(|line| line.starts_with("| error")) {
                    // Outside of code there is no pipe but those of the table, and no tag but ours.
                    let bare = without_code(line);
                    assert_eq!(bare.matches('|').count(), 5, "{line}");
                    assert!(!bare.replace("<br>", "").contains(['<', '@', '#', '[', '\\']), "{line}");
                }
            }
        }
    }

    /// A line without its code spans, as GitHub finds them.
    fn without_code(line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some(at) = rest.find(['`', '<']) {
            let (before, tail) = rest.split_at(at);
            out.push_str(before);
            let fence = if let Some(code) = tail.strip_prefix("<code>") {
                rest = code.split_once("</code>").unwrap().1;
                continue;
            } else if let Some(after) = tail.strip_prefix('<') {
                out.push('<');
                rest = after;
                continue;
            } else {
                &tail[..tail.len() - tail.trim_start_matches('`').len()]
            };
            let mut after = &tail[fence.len()..];
            loop {
                let at = after.find('`').unwrap();
                let run = after[at..].len() - after[at..].trim_start_matches('`').len();
                after = &after[at + run..];
                if run == fence.len() {
                    break;
                }
            }
            assert!(!tail[..tail.len() - after.len()].contains('|'), "{line}");
            rest = after;
        }
        out + rest
    }
}

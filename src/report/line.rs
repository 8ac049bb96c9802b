//! A line for each finding, as compilers print them: `path:line:col: level: message [rule]`, for editors, problem matchers and
//! `grep`.

use super::{Report, Reported, escape, kinds, place, words};
use crate::finding::Severity;
use crate::source::ColumnUnit;
use std::fmt::Write as _;

/// Renders the report; notes are left out unless `notes`. Nothing else is printed, and no finding is left out.
pub(crate) fn render(report: &Report, notes: bool) -> String {
    let mut out = String::new();
    if let Some(error) = &report.error {
        for mistake in &report.mistakes {
            push(&mut out, report, mistake);
        }
        if report.mistakes.is_empty() {
            let _ = writeln!(out, "plimsoll: error: {}", escape::inline(&report.secrets.mask(error)));
        }
        return escape::guard(out);
    }
    let shown = report
        .findings
        .iter()
        .filter(|reported| notes || reported.severity > Severity::Note);
    for reported in shown {
        push(&mut out, report, reported);
    }
    escape::guard(out)
}

/// What fails the gate, the worst first and a line each: what the last step of a job says, where somebody looks who sees it red.
pub(crate) fn worst(report: &Report) -> String {
    let mut out = String::new();
    let fails = |reported: &&Reported| report.fails.is_some_and(|fails| reported.severity >= fails);
    let failing: Vec<&Reported> = kinds::by_weight(report, true).into_iter().filter(fails).collect();
    let mistakes = report.mistakes.iter().chain(failing);
    for reported in mistakes.clone().take(MAX_WORST) {
        push(&mut out, report, reported);
    }
    let all = mistakes.count();
    if all > MAX_WORST {
        let _ = writeln!(out, "and {} more", all - MAX_WORST);
    }
    escape::guard(out)
}

/// Findings that the last step of a job lists.
pub(crate) const MAX_WORST: usize = 20;

fn push(out: &mut String, report: &Report, reported: &Reported) {
    let source = report.sources.get(reported.finding.span.source);
    let at = place::region(source, reported.finding.span, ColumnUnit::CodePoints).start;
    let _ = writeln!(
        out,
        "{}:{}:{}: {}: {} [{}]",
        escape::inline(&source.path),
        at.line,
        at.column,
        reported.severity.word(),
        escape::inline(&words::message(report, reported)),
        reported.rule.name
    );
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::report::sample::Sample;
    use expect_test::expect;

    #[test]
    fn a_finding_is_a_line() {
        expect![[r#"
            api/Dockerfile:1:6: note: the tag can move [base-image-without-digest]
            api/Dockerfile:1:1: warning: the image is at least 1.02 GB, the budget of profile `default` is 500 MB [image-size-above-budget]
            compose.yaml:2:3: note: demand is not met [capabilities-kept]
            compose.yaml:2:3: note: demand is not met [missing-pids-limit]
            compose.yaml:2:3: note: demand is not met [missing-memory-limit]
            compose.yaml:4:5: error: `api` sets `cpus: 0.5` and `deploy.resources.limits.cpus: '0.25'`: Compose refuses two different limits [conflicting-cpu-settings]
            compose.yaml:5:5: error: `api` is privileged, with *** [privileged-service]
        "#]].assert_eq(&render(&Sample::seed().report(), true));
    }
}

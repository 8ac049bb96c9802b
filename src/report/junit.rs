//! JUnit XML, which nearly every CI shows: a suite for each file with findings, a case for each rule and service in it, so that the
//! name of a case outlives edits above it. What fails the gate is a failure; the rest is a passing case with its text.

use super::{Report, Reported, escape, kinds, place, words};
use crate::source::ColumnUnit;
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const MAX_CASES: usize = 5000;
const MAX_TEXT: usize = 1000;

/// Renders the report; notes are left out unless `notes`.
pub(crate) fn render(report: &Report, notes: bool) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if let Some(error) = &report.error {
        let error = xml(&words::clip(&report.secrets.mask(error), MAX_TEXT));
        let _ = write!(
            out,
            "<testsuites name=\"plimsoll\" tests=\"1\" failures=\"0\" errors=\"1\">\n  <testsuite name=\"plimsoll\" tests=\"1\" failures=\"0\" errors=\"1\">\n    \
             <testcase classname=\"plimsoll\" name=\"gate\"><error message=\"{error}\"/></testcase>\n  </testsuite>\n</testsuites>\n"
        );
        return escape::guard(out);
    }
    let mut suites: BTreeMap<&str, IndexMap<String, Vec<&Reported>>> = BTreeMap::new();
    for reported in kinds::by_weight(report, notes).into_iter().take(MAX_CASES) {
        let path = report.sources.path(reported.finding.span);
        let about = reported.about.as_deref().filter(|about| *about != path);
        let name = match about {
            Some(about) => format!("{} ({})", reported.rule.name, report.secrets.mask(about)),
            None => reported.rule.name.to_owned(),
        };
        suites.entry(path).or_default().entry(name).or_default().push(reported);
    }
    let failures = |cases: &IndexMap<String, Vec<&Reported>>| {
        let fails = |case: &&Vec<&Reported>| case.iter().any(|reported| fails(report, reported));
        cases.values().filter(fails).count()
    };
    let (mut tests, mut failed) = (0, 0);
    let mut body = String::new();
    for (path, cases) in &suites {
        let here = failures(cases);
        (tests, failed) = (tests + cases.len(), failed + here);
        let path = xml(path);
        let _ = writeln!(
            body,
            "  <testsuite name=\"{path}\" tests=\"{}\" failures=\"{here}\" errors=\"0\">",
            cases.len()
        );
        body.push_str(&day(report));
        for (name, findings) in cases {
            body.push_str(&case(report, name, findings, &path));
        }
        body.push_str("  </testsuite>\n");
    }
    if suites.is_empty() {
        tests = 1;
        let day = day(report);
        let _ = write!(
            body,
            "  <testsuite name=\"plimsoll\" tests=\"1\" failures=\"0\" errors=\"0\">\n{day}    <testcase classname=\"plimsoll\" name=\"gate\"/>\n  </testsuite>\n",
        );
    }
    let _ = write!(
        out,
        "<testsuites name=\"plimsoll\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\">\n{body}</testsuites>\n"
    );
    escape::guard(out)
}

/// The day that dates were held against.
fn day(report: &Report) -> String {
    match report.as_of.as_str() {
        "" => String::new(),
        day => format!(
            "    <properties><property name=\"as_of\" value=\"{}\"/></properties>\n",
            xml(day)
        ),
    }
}

/// Whether a finding fails the gate by itself.
fn fails(report: &Report, reported: &Reported) -> bool {
    report.fails.is_some_and(|least| reported.severity >= least)
}

fn case(report: &Report, name: &str, findings: &[&Reported], path: &str) -> String {
    let (failing, others): (Vec<&Reported>, Vec<&Reported>) =
        findings.iter().copied().partition(|reported| fails(report, reported));
    let mut inside = String::new();
    if let Some(first) = failing.first() {
        let message = xml(&words::clip(&words::sentence(&words::message(report, first)), MAX_TEXT));
        let texts: Vec<String> = failing.iter().map(|reported| text(report, reported)).collect();
        let (kind, texts) = (first.severity.word(), texts.join("\n"));
        inside = format!("<failure type=\"{kind}\" message=\"{message}\">{texts}</failure>");
    }
    if !others.is_empty() {
        let word = |reported: &&Reported| format!("{}: {}", reported.severity.word(), text(report, reported));
        let texts: Vec<String> = others.iter().map(word).collect();
        inside.push_str(&format!("<system-out>{}</system-out>", texts.join("\n")));
    }
    format!(
        "    <testcase classname=\"{path}\" name=\"{}\">{inside}</testcase>\n",
        xml(name)
    )
}

/// Place, message and help.
fn text(report: &Report, reported: &Reported) -> String {
    let source = report.sources.get(reported.finding.span.source);
    let line = place::region(source, reported.finding.span, ColumnUnit::CodePoints)
        .start
        .line;
    let message = words::clip(&words::sentence(&words::message(report, reported)), MAX_TEXT).into_owned();
    let help = words::clip(&words::sentence(&words::help(report, reported)), MAX_TEXT).into_owned();
    xml(format!("{}:{line}: {message} {help}", source.path).trim_end())
}

/// Text for content and quoted attributes. What XML 1.0 cannot hold becomes U+FFFD, line breaks become references.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other if escape::is_deceptive(other) => escape::push_visible(&mut out, other),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{render, xml};
    use crate::report::sample::Sample;
    use expect_test::expect;

    #[test]
    fn errors_are_failures_and_the_rest_passes() {
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="plimsoll" tests="3" failures="2" errors="0">
              <testsuite name="api/Dockerfile" tests="1" failures="0" errors="0">
                <testcase classname="api/Dockerfile" name="image-size-above-budget (api)"><system-out>warning: api/Dockerfile:1: The image is at least 1.02 GB, the budget of profile `default` is 500 MB. Use `python:3.13-slim` (124 MB), which has the same interpreter and the same C library.</system-out></testcase>
              </testsuite>
              <testsuite name="compose.yaml" tests="2" failures="2" errors="0">
                <testcase classname="compose.yaml" name="conflicting-cpu-settings (api)"><failure type="error" message="`api` sets `cpus: 0.5` and `deploy.resources.limits.cpus: &apos;0.25&apos;`: Compose refuses two different limits.">compose.yaml:4: `api` sets `cpus: 0.5` and `deploy.resources.limits.cpus: &apos;0.25&apos;`: Compose refuses two different limits. Keep one of them, or make them equal.</failure></testcase>
                <testcase classname="compose.yaml" name="privileged-service (api)"><failure type="error" message="`api` is privileged, with ***.">compose.yaml:5: `api` is privileged, with ***. Remove `privileged`; give the one capability or device that is needed:&#10;cap_add: [NET_ADMIN].</failure></testcase>
              </testsuite>
            </testsuites>
        "#]].assert_eq(&render(&Sample::seed().report(), false));
    }

    #[test]
    fn nothing_breaks_out_of_a_value() {
        assert_eq!(
            xml("a<b>&\"'\u{1b}[31m\u{0}\n"),
            "a&lt;b&gt;&amp;&quot;&apos;\u{fffd}[31m\u{fffd}&#10;"
        );
    }
}

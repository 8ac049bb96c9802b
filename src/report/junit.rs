//! JUnit XML, which nearly every CI shows: a suite for each file with findings, a case for each finding. Errors are failures;
//! what does not fail the gate by itself is a passing case with its text.

use super::{Report, Reported, escape, place, words};
use crate::finding::Severity;
use crate::source::ColumnUnit;
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
    let mut suites: BTreeMap<&str, Vec<&Reported>> = BTreeMap::new();
    for reported in words::worst_first(report, notes).into_iter().take(MAX_CASES) {
        let path = report.sources.get(reported.finding.span.source).path.as_str();
        suites.entry(path).or_default().push(reported);
    }
    let failures = |cases: &[&Reported]| cases.iter().filter(|case| case.severity == Severity::Error).count();
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
        for reported in cases {
            body.push_str(&case(report, reported, &path));
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

fn case(report: &Report, reported: &Reported, path: &str) -> String {
    let source = report.sources.get(reported.finding.span.source);
    let line = place::region(source, reported.finding.span, ColumnUnit::CodePoints)
        .start
        .line;
    let message = words::clip(&words::sentence(&words::message(report, reported)), MAX_TEXT).into_owned();
    let help = words::clip(&words::sentence(&words::help(report, reported)), MAX_TEXT).into_owned();
    let text = xml(&format!("{}:{line}: {message} {help}", source.path));
    let name = format!("{} (line {line})", reported.rule.name);
    let inside = if reported.severity == Severity::Error {
        format!("<failure type=\"error\" message=\"{}\">{text}</failure>", xml(&message))
    } else {
        format!("<system-out>{}: {text}</system-out>", reported.severity.word())
    };
    format!(
        "    <testcase classname=\"{path}\" name=\"{}\">{inside}</testcase>\n",
        xml(&name)
    )
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

    #[test]
    fn errors_are_failures_and_the_rest_passes() {
        let sample = Sample::seed();
        let text = render(&sample.report(), false);
        assert!(text.contains("tests=\"3\" failures=\"2\" errors=\"0\""), "{text}");
        assert_eq!(text.matches("<failure ").count(), 2);
        assert_eq!(text.matches("<system-out>").count(), 1);
        assert_eq!(text.matches("<testcase ").count(), text.matches("</testcase>").count());
    }

    #[test]
    fn nothing_breaks_out_of_a_value() {
        assert_eq!(
            xml("a<b>&\"'\u{1b}[31m\u{0}\n"),
            "a&lt;b&gt;&amp;&quot;&apos;\u{fffd}[31m\u{fffd}&#10;"
        );
    }
}

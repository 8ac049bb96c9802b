//! GitLab's Code Quality report: a JSON array, an object for each finding (GitLab documentation, "Code Quality report format").

use super::{Report, Reported, escape, place, words};
use crate::finding::Severity;
use crate::source::ColumnUnit;
use serde_json::{Value, json};

/// GitLab shows no more than a few hundred; a report of this size still loads.
const MAX_ISSUES: usize = 5000;
const MAX_TEXT: usize = 1000;

/// Renders the report; notes are left out unless `notes`. A gate that could not run is one blocker, in the configuration.
pub(crate) fn render(report: &Report, notes: bool) -> String {
    let issues: Vec<Value> = match &report.error {
        Some(error) => vec![json!({
            "description": words::clip(&report.secrets.mask(error), MAX_TEXT),
            "check_name": "plimsoll",
            "as_of": report.as_of,
            "fingerprint": "could-not-run",
            "severity": "blocker",
            "location": {"path": "plimsoll.yaml", "lines": {"begin": 1}},
        })],
        None => words::worst_first(report, notes)
            .into_iter()
            .take(MAX_ISSUES)
            .map(|reported| issue(report, reported))
            .collect(),
    };
    let text = serde_json::to_string_pretty(&issues).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}

fn issue(report: &Report, reported: &Reported) -> Value {
    let source = report.sources.get(reported.finding.span.source);
    let line = place::region(source, reported.finding.span, ColumnUnit::CodePoints)
        .start
        .line;
    let mut text = words::sentence(&words::message(report, reported));
    let help = words::sentence(&words::help(report, reported));
    if !help.is_empty() {
        text = format!("{text} {help}");
    }
    json!({
        "description": words::clip(&text, MAX_TEXT),
        "check_name": reported.rule.name,
        "as_of": report.as_of,
        "fingerprint": reported.fingerprint,
        "severity": match reported.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Note => "info",
        },
        "location": {"path": source.path, "lines": {"begin": line}},
    })
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::report::sample::Sample;

    #[test]
    fn every_issue_has_what_gitlab_asks_for() {
        let sample = Sample::seed();
        let issues: serde_json::Value = serde_json::from_str(&render(&sample.report(), true)).unwrap();
        let issues = issues.as_array().unwrap();
        assert_eq!(issues.len(), sample.report().findings.len());
        for issue in issues {
            for key in ["description", "check_name", "fingerprint", "severity"] {
                assert!(!issue[key].as_str().unwrap().is_empty(), "{key}");
            }
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() > 0);
            assert!(!issue["location"]["path"].as_str().unwrap().starts_with("./"));
        }
        assert_eq!(issues[0]["severity"], "critical");
        let fewer: serde_json::Value = serde_json::from_str(&render(&sample.report(), false)).unwrap();
        assert!(
            fewer
                .as_array()
                .unwrap()
                .iter()
                .all(|issue| issue["severity"] != "info")
        );
    }
}

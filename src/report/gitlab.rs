//! GitLab's Code Quality report: a JSON array, an object for each finding (GitLab documentation, "Code Quality report format").

use super::{Report, Reported, escape, kinds, patch, place, words};
use crate::finding::{Layer, Severity};
use crate::source::ColumnUnit;
use serde_json::{Value, json};

/// GitLab shows no more than a few hundred; a report of this size still loads.
const MAX_ISSUES: usize = 5000;
const MAX_TEXT: usize = 1000;

/// Renders the report; notes are left out unless `notes`. A gate that could not run is one blocker, in the configuration.
pub(crate) fn render(report: &Report, notes: bool) -> String {
    let issues: Vec<Value> = match &report.error {
        Some(_) if !report.mistakes.is_empty() => report
            .mistakes
            .iter()
            .take(MAX_ISSUES)
            .enumerate()
            .map(|(index, mistake)| issue(report, mistake, "blocker", &format!("could-not-run-{index}")))
            .collect(),
        Some(error) => vec![json!({
            "description": words::clip(&report.secrets.mask(error), MAX_TEXT),
            "check_name": "plimsoll",
            "as_of": report.as_of,
            "fingerprint": "could-not-run",
            "severity": "blocker",
            "location": {"path": "plimsoll.yaml", "lines": {"begin": 1}},
        })],
        None => kinds::by_weight(report, notes)
            .into_iter()
            .take(MAX_ISSUES)
            .map(|reported| issue(report, reported, weight(reported), &reported.fingerprint))
            .collect(),
    };
    let text = serde_json::to_string_pretty(&issues).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}

fn weight(reported: &Reported) -> &'static str {
    match (reported.severity, reported.layer) {
        // Nothing starts.
        (Severity::Error, Layer::Yaml | Layer::Schema | Layer::Compose | Layer::Engine) => "blocker",
        (Severity::Error, _) => "critical",
        (Severity::Warning, Layer::Ignored | Layer::Hygiene) => "minor",
        (Severity::Warning, _) => "major",
        (Severity::Note, _) => "info",
    }
}

fn issue(report: &Report, reported: &Reported, severity: &str, fingerprint: &str) -> Value {
    let source = report.sources.get(reported.finding.span.source);
    let line = place::region(source, reported.finding.span, ColumnUnit::CodePoints)
        .start
        .line;
    let mut text = words::sentence(&words::message(report, reported));
    let help = words::sentence(&words::help(report, reported));
    if !help.is_empty() {
        text = format!("{text} {help}");
    }
    if let Some(lines) = patch::lines(report, reported).filter(|_| !reported.finding.is_unsafe) {
        text = format!("{text} `plimsoll fix --rule {}` writes:\n{lines}", reported.rule.name);
    }
    json!({
        "description": words::clip(&text, MAX_TEXT),
        "check_name": reported.rule.name,
        "as_of": report.as_of,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": source.path, "lines": {"begin": line}},
    })
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::report::sample::Sample;
    use expect_test::expect;

    #[test]
    fn every_issue_has_what_gitlab_asks_for() {
        let report = Sample::seed().report();
        expect![[r#"
            [
              {
                "as_of": "",
                "check_name": "conflicting-cpu-settings",
                "description": "`api` sets `cpus: 0.5` and `deploy.resources.limits.cpus: '0.25'`: Compose refuses two different limits. Keep one of them, or make them equal.",
                "fingerprint": "0000000000000005",
                "location": {
                  "lines": {
                    "begin": 4
                  },
                  "path": "compose.yaml"
                },
                "severity": "critical"
              },
              {
                "as_of": "",
                "check_name": "privileged-service",
                "description": "`api` is privileged, with ***. Remove `privileged`; give the one capability or device that is needed:\ncap_add: [NET_ADMIN]. `plimsoll fix --rule privileged-service` writes:\n-    privileged: true",
                "fingerprint": "0000000000000006",
                "location": {
                  "lines": {
                    "begin": 5
                  },
                  "path": "compose.yaml"
                },
                "severity": "critical"
              },
              {
                "as_of": "",
                "check_name": "image-size-above-budget",
                "description": "The image is at least 1.02 GB, the budget of profile `default` is 500 MB. Use `python:3.13-slim` (124 MB), which has the same interpreter and the same C library.",
                "fingerprint": "0000000000000001",
                "location": {
                  "lines": {
                    "begin": 1
                  },
                  "path": "api/Dockerfile"
                },
                "severity": "major"
              }
            ]
        "#]].assert_eq(&render(&report, false));
        let all: serde_json::Value = serde_json::from_str(&render(&report, true)).unwrap();
        assert_eq!(all.as_array().unwrap().len(), report.findings.len());
    }
}

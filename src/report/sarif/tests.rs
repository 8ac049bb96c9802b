use super::*;
use crate::finding::Finding;
use crate::report::sample::Sample;
use serde_json::Value;

fn run(sample: &Sample, notes: bool) -> Value {
    let text = render(&sample.report(), notes);
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    log["runs"][0].clone()
}

#[test]
fn a_result_has_all_that_github_and_gitlab_read() {
    let run = run(&Sample::seed(), false);
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    assert_eq!(run["properties"]["scope"], "full");
    assert_eq!(run["invocations"][0], json!({"executionSuccessful": true}));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(
        results[2],
        json!({
            "ruleId": "privileged-service",
            "ruleIndex": RULES.iter().position(|rule| rule.name == "privileged-service"),
            "level": "error",
            "message": {"text": "Service 'api' is privileged, with ***. Remove `privileged`; give the one capability or \
                device that is needed:\ncap_add: [NET_ADMIN]."},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": "compose.yaml"},
                "region": {"startLine": 5, "startColumn": 5, "endLine": 5, "endColumn": 21,
                    "snippet": {"text": "privileged: true"}}}}],
            "relatedLocations": [{"id": 1,
                "message": {"text": "This file adds to the service, but does not reset it."},
                "physicalLocation": {
                    "artifactLocation": {"uri": "compose.override.yaml"},
                    "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 14,
                        "snippet": {"text": "mem_limit"}}}}],
            "fixes": [{
                "description": {"text": "Remove `privileged`; give the one capability or device that is needed:\n\
                    cap_add: [NET_ADMIN]."},
                "artifactChanges": [{"artifactLocation": {"uri": "compose.yaml"}, "replacements": [{
                    "deletedRegion": {"startLine": 5, "startColumn": 1, "endLine": 6, "endColumn": 1},
                    "insertedContent": {"text": ""}}]}]}],
            "partialFingerprints": {
                "plimsoll/v1": "0000000000000006",
                "primaryLocationLineHash": line_hash::line_hashes(crate::report::sample::COMPOSE)[4]}
        })
    );
}

#[test]
fn every_rule_is_listed() {
    let run = run(&Sample::seed(), true);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    assert_eq!(rules.len(), RULES.len());
}

#[test]
fn findings_of_one_rule_on_the_same_lines_are_one_result() {
    let mut sample = Sample::default();
    let id = sample.file("compose.yaml", "😀 a b\n");
    let (a, b) = (sample.find(id, "a"), sample.find(id, "b"));
    sample.push("r", Severity::Warning, None, Finding::new(a, "first [x](y)").help("do"));
    sample.push(
        "r",
        Severity::Error,
        None,
        Finding::new(b, "second").help("do").related(a, "here"),
    );
    sample.push("other", Severity::Error, None, Finding::new(b, "third"));
    let run = run(&sample, false);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["message"]["text"], "First [x] (y). Second. Do.");
    assert_eq!(results[0]["level"], "error");
    assert_eq!(results[0]["relatedLocations"][0]["id"], 1);
    // The emoji takes two UTF-16 units.
    let region = &results[0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startColumn"], 4);
    assert_eq!(region["endColumn"], 5);
}

#[test]
fn the_worst_5000_are_kept_in_their_order_and_the_cut_is_said() {
    let mut sample = Sample::default();
    let id = sample.file("Dockerfile", &"x\n".repeat(5003));
    for line in 0..5003 {
        let severity = if line == 5002 {
            Severity::Error
        } else {
            Severity::Warning
        };
        sample.push(
            "r",
            severity,
            None,
            Finding::new(Span::new(id, 2 * line, 2 * line + 1), "x"),
        );
    }
    let run = run(&sample, false);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 5000);
    assert_eq!(results[0]["level"], "warning");
    assert_eq!(results[4999]["level"], "error");
    let said = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(
        said["message"]["text"],
        "3 findings left out: at most 5000 are reported, the worst first."
    );
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn a_gate_that_could_not_run_is_not_successful() {
    let mut sample = Sample::default();
    sample.error = Some("nothing was found to judge".to_owned());
    let run = run(&sample, false);
    assert_eq!(
        run["invocations"][0],
        json!({"executionSuccessful": false, "toolExecutionNotifications": [
            {"level": "error", "message": {"text": "Nothing was found to judge."}}]})
    );
    assert_eq!(run["results"], json!([]));
}

#[test]
fn secrets_are_nowhere() {
    let mut sample = Sample::default();
    let id = sample.file("compose.yaml", "A: hunter2\nB: hunter2\n");
    let secret = sample.find(id, "hunter2");
    sample.secrets.add(secret, "hunter2");
    let all = Span::new(id, 0, 99);
    sample.push(
        "r",
        Severity::Error,
        None,
        Finding::new(all, "x hunter2")
            .help("hunter2")
            .related(Span::new(id, 5, 8), "hunter2")
            .fix(all, "A: hunter2"),
    );
    let mut report = sample.report();
    report.scope = "hunter2".to_owned();
    report.error = Some("hunter2".to_owned());
    let text = render(&report, true);
    assert!(!text.contains("unter"), "{text}");
    assert!(!text.contains("\"fixes\""));
    assert!(text.contains("A: ***\\nB: ***"), "{text}");
}

#[test]
fn what_deceives_is_written_as_json_escapes() {
    let mut sample = Sample::default();
    let id = sample.file("a\u{202e}\n##[x].yaml", "##[error]\u{9b}\n");
    sample.push(
        "r",
        Severity::Error,
        None,
        Finding::new(Span::new(id, 0, 20), "##[error]\u{202e}"),
    );
    let text = render(&sample.report(), true);
    assert!(escape::tests::commands(&text).is_empty(), "{text}");
    assert!(text.contains("a%E2%80%AE%0A%23%23%5Bx%5D.yaml"), "{text}");
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["runs"][0]["results"][0]["message"]["text"], "##[error]\u{202e}.");
}

/// By hand: `SARIF_OUT=/tmp/x cargo test --lib writes_samples`, then `Sarif.Multitool validate`.
#[test]
fn writes_samples_for_the_multitool() {
    let Some(folder) = std::env::var_os("SARIF_OUT") else {
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    let write = |name: &str, report: &Report| {
        std::fs::write(folder.join(name), render(report, true)).unwrap();
    };
    let seed = Sample::seed();
    write("seed.sarif", &seed.report());
    let mut error = Sample::default();
    error.error = Some("nothing to judge".to_owned());
    write("error.sarif", &error.report());
    let mut odd = Sample::default();
    let id = odd.file("a b/\u{202e}%.yml", "\u{feff}é😀\r\n\r\n");
    let empty = odd.file("empty", "");
    for span in [
        Span::new(id, 0, 99),
        Span::new(id, 3, 4),
        Span::new(id, 12, 12),
        Span::new(empty, 0, 9),
    ] {
        odd.push(
            "odd",
            Severity::Error,
            Some("x"),
            Finding::new(span, "`x` {0} [a](1)").fix(span, "y"),
        );
    }
    write("odd.sarif", &odd.report());
}

#[test]
fn no_text_has_more_than_1000_characters() {
    let mut sample = Sample::default();
    let id = sample.file("compose.yaml", &"ä".repeat(5000));
    let all = Span::new(id, 0, 10_000);
    for part in 0..3 {
        sample.push(
            "r",
            Severity::Error,
            None,
            Finding::new(all, format!("{part} {}", "ö".repeat(2000)))
                .help("ü".repeat(2000))
                .related(Span::new(id, 0, 2), "ß".repeat(2000))
                .fix(all, "x"),
        );
    }
    let run = run(&sample, false);
    let result = &run["results"][0];
    let length = |text: &Value| text.as_str().unwrap().chars().count();
    assert_eq!(run["results"].as_array().unwrap().len(), 1);
    assert_eq!(length(&result["message"]["text"]), 1000);
    assert_eq!(length(&result["relatedLocations"][2]["message"]["text"]), 1000);
    assert_eq!(length(&result["fixes"][2]["description"]["text"]), 1000);
    let snippet = &result["locations"][0]["physicalLocation"]["region"]["snippet"]["text"];
    assert_eq!(length(snippet), MAX_SNIPPET);
}

#[test]
fn every_rule_stays_within_the_limits_of_github_and_gitlab() {
    for rule in RULES {
        let described = rules::descriptor(rule);
        let tags = described.properties.unwrap().tags.unwrap();
        assert!(tags.len() <= 10, "{}", rule.name);
        let texts = [
            described.short_description.unwrap().text,
            described.full_description.unwrap().text,
        ];
        assert!(texts.iter().all(|text| text.chars().count() <= 1000), "{}", rule.name);
        assert!(described.name.is_none_or(|name| name.len() <= 255));
        assert!(described.help_uri.unwrap().len() <= 1000);
    }
}

use super::*;
use crate::finding::Finding;
use crate::report::sample::Sample;
use expect_test::expect;
use serde_json::Value;

fn run(sample: &Sample, notes: bool) -> Value {
    let text = render(&sample.report(), notes);
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    log["runs"][0].clone()
}

/// A log for people, without what changes with each rule and each release.
fn stable(mut log: Value) -> String {
    let run = &mut log["runs"][0];
    let rules = std::mem::take(&mut run["tool"]["driver"]["rules"]);
    let used: Vec<Value> = (rules.as_array().unwrap().iter())
        .filter(|rule| rule["id"] == "privileged-service")
        .cloned()
        .collect();
    run["tool"]["driver"]["rules"] = used.into();
    for key in ["help", "fullDescription"] {
        run["tool"]["driver"]["rules"][0][key] = "(its documentation)".into();
    }
    run["tool"]["driver"]["version"] = "(version)".into();
    run["tool"]["driver"]["semanticVersion"] = "(version)".into();
    for result in run["results"].as_array_mut().unwrap() {
        assert_eq!(rules[as_index(&result["ruleIndex"])]["id"], result["ruleId"]);
        result["ruleIndex"] = "(index)".into();
    }
    serde_json::to_string_pretty(&log).unwrap()
}

fn as_index(number: &Value) -> usize {
    usize::try_from(number.as_u64().unwrap()).unwrap()
}

#[test]
fn a_log_has_all_that_github_and_gitlab_read() {
    let log = serde_json::from_str(&render(&Sample::seed().report(), false)).unwrap();
    expect![[r#"
        {
          "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
          "runs": [
            {
              "columnKind": "utf16CodeUnits",
              "invocations": [
                {
                  "executionSuccessful": true
                }
              ],
              "properties": {
                "as_of": "",
                "scope": "full"
              },
              "results": [
                {
                  "level": "warning",
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "api/Dockerfile"
                        },
                        "region": {
                          "endColumn": 17,
                          "endLine": 1,
                          "snippet": {
                            "text": "FROM python:3.13"
                          },
                          "startColumn": 1,
                          "startLine": 1
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "The image is at least 1.02 GB, the budget of profile `default` is 500 MB. Use `python:3.13-slim` (124 MB), which has the same interpreter and the same C library. See: [Adds 14.2 MB](1), [Built by `api`](2)."
                  },
                  "partialFingerprints": {
                    "plimsoll/v1": "0000000000000001",
                    "primaryLocationLineHash": "169c7c1e1500eb7c:1"
                  },
                  "relatedLocations": [
                    {
                      "id": 1,
                      "message": {
                        "text": "Adds 14.2 MB."
                      },
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "api/Dockerfile"
                        },
                        "region": {
                          "endColumn": 22,
                          "endLine": 2,
                          "snippet": {
                            "text": "pip install flask"
                          },
                          "startColumn": 5,
                          "startLine": 2
                        }
                      }
                    },
                    {
                      "id": 2,
                      "message": {
                        "text": "Built by `api`."
                      },
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "compose.yaml"
                        },
                        "region": {
                          "endColumn": 17,
                          "endLine": 3,
                          "snippet": {
                            "text": "./api"
                          },
                          "startColumn": 12,
                          "startLine": 3
                        }
                      }
                    }
                  ],
                  "ruleId": "image-size-above-budget",
                  "ruleIndex": "(index)"
                },
                {
                  "level": "error",
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "compose.yaml"
                        },
                        "region": {
                          "endColumn": 14,
                          "endLine": 4,
                          "snippet": {
                            "text": "cpus: 0.5"
                          },
                          "startColumn": 5,
                          "startLine": 4
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "`api` sets `cpus: 0.5` and `deploy.resources.limits.cpus: '0.25'`: Compose refuses two different limits. Keep one of them, or make them equal. See: [The other limit](1)."
                  },
                  "partialFingerprints": {
                    "plimsoll/v1": "0000000000000005",
                    "primaryLocationLineHash": "302f31b273434f18:1"
                  },
                  "relatedLocations": [
                    {
                      "id": 1,
                      "message": {
                        "text": "The other limit."
                      },
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "compose.yaml"
                        },
                        "region": {
                          "endColumn": 23,
                          "endLine": 11,
                          "snippet": {
                            "text": "'0.25'"
                          },
                          "startColumn": 17,
                          "startLine": 11
                        }
                      }
                    }
                  ],
                  "ruleId": "conflicting-cpu-settings",
                  "ruleIndex": "(index)"
                },
                {
                  "fixes": [
                    {
                      "artifactChanges": [
                        {
                          "artifactLocation": {
                            "uri": "compose.yaml"
                          },
                          "replacements": [
                            {
                              "deletedRegion": {
                                "endColumn": 1,
                                "endLine": 6,
                                "startColumn": 1,
                                "startLine": 5
                              },
                              "insertedContent": {
                                "text": ""
                              }
                            }
                          ]
                        }
                      ],
                      "description": {
                        "text": "Remove `privileged`; give the one capability or device that is needed:\ncap_add: [NET_ADMIN]."
                      }
                    }
                  ],
                  "level": "error",
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "compose.yaml"
                        },
                        "region": {
                          "endColumn": 21,
                          "endLine": 5,
                          "snippet": {
                            "text": "privileged: true"
                          },
                          "startColumn": 5,
                          "startLine": 5
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "`api` is privileged, with ***. Remove `privileged`; give the one capability or device that is needed:\ncap_add: [NET_ADMIN]. See: [This file adds to the service, but does not reset it](1)."
                  },
                  "partialFingerprints": {
                    "plimsoll/v1": "0000000000000006",
                    "primaryLocationLineHash": "feec78b5427d0acb:1"
                  },
                  "relatedLocations": [
                    {
                      "id": 1,
                      "message": {
                        "text": "This file adds to the service, but does not reset it."
                      },
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "compose.override.yaml"
                        },
                        "region": {
                          "endColumn": 14,
                          "endLine": 3,
                          "snippet": {
                            "text": "mem_limit"
                          },
                          "startColumn": 5,
                          "startLine": 3
                        }
                      }
                    }
                  ],
                  "ruleId": "privileged-service",
                  "ruleIndex": "(index)"
                }
              ],
              "tool": {
                "driver": {
                  "informationUri": "https://github.com/plimsoll-dev/plimsoll",
                  "name": "plimsoll",
                  "organization": "plimsoll-dev",
                  "rules": [
                    {
                      "defaultConfiguration": {
                        "enabled": true,
                        "level": "error"
                      },
                      "fullDescription": "(its documentation)",
                      "help": "(its documentation)",
                      "helpUri": "https://github.com/plimsoll-dev/plimsoll/blob/main/docs/rules/privileged-service.md",
                      "id": "privileged-service",
                      "name": "PrivilegedService",
                      "properties": {
                        "precision": "high",
                        "security-severity": "8.0",
                        "tags": [
                          "security",
                          "containers",
                          "external/cwe/cwe-250"
                        ]
                      },
                      "shortDescription": {
                        "text": "A container, a hook or a build runs privileged."
                      }
                    }
                  ],
                  "semanticVersion": "(version)",
                  "version": "(version)"
                }
              }
            }
          ],
          "version": "2.1.0"
        }"#]].assert_eq(&stable(log));
}

#[test]
fn the_rules_that_found_something_are_described() {
    let run = run(&Sample::seed(), true);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        assert_eq!(rules[as_index(&result["ruleIndex"])]["id"], result["ruleId"]);
    }
    let ids = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["ruleId"]);
    let found: std::collections::HashSet<String> = ids.map(ToString::to_string).collect();
    assert_eq!(rules.len(), found.len());
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
    assert_eq!(
        results[0]["message"]["text"],
        "First [x] (y). Second. Do. See: [Here](1)."
    );
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
        "3 findings not reported: at most 5000 are, the worst first."
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
        let described = rules::descriptor(rule, rules::Seen::default());
        let tags = described.properties["tags"].as_array().unwrap();
        assert!(tags.len() <= 10, "{}", rule.name);
        let texts = [described.short_description.text, described.full_description.text];
        assert!(texts.iter().all(|text| text.chars().count() <= 1000), "{}", rule.name);
        assert!(described.name.is_none_or(|name| name.len() <= 255));
        assert!(described.help_uri.len() <= 1000);
    }
}

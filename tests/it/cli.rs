//! The contract of the command line: exit codes, where things are written, and what is said.
use crate::support::{Workspace, findings, has};

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
fn what_could_not_run_says_why_in_a_sentence() {
    let nothing = Workspace::new(&[("README.md", "")]);
    let cases: [(&[&str], &str); 6] = [
        (&[], "nothing to judge"),
        (&["missing"], "'missing' is not there"),
        (&["--root", "missing"], "cannot be opened"),
        (&["--config", "missing.yaml"], "is not there"),
        (&["--env-file", "missing.env", "README.md"], "cannot be read"),
        (&["--output", "sarif"], "FORMAT=FILE"),
    ];
    for (words, sentence) in cases {
        let shown = nothing.run(words);
        assert_eq!(shown.code, 2, "{words:?}");
        assert!(shown.err.contains(sentence), "{words:?}: {}", shown.err);
        assert_eq!(shown.out, "", "{words:?}");
    }
    let shown = Workspace::new(&[("compose.yaml", FINE)]).run(&["--profile", "nope"]);
    assert!(shown.code == 2 && shown.err.contains("there is no profile 'nope'"));
}

#[test]
fn a_run_without_a_verdict_says_so_in_every_format() {
    let nothing = Workspace::new(&[("README.md", "")]);
    let json = nothing.run(&["--format", "json"]);
    assert!(json.code == 2 && json.out.contains("\"verdict\":\"error\""));
    let sarif = nothing.run(&["--format", "sarif"]);
    assert!(
        sarif.code == 2 && sarif.out.contains("\"executionSuccessful\":false"),
        "{}",
        sarif.out
    );
}

#[test]
fn every_mistake_of_the_configuration_is_named_with_its_place() {
    let config = "profiles:\n  api: {memry: 1MiB, memory: 128M}\nrules: {duplicate-keys: off}\n";
    let shown = Workspace::new(&[("compose.yaml", FINE), ("plimsoll.yaml", config)]).run(&[]);
    assert_eq!(shown.code, 2);
    for word in [
        "plimsoll.yaml:2:9",
        "did you mean 'memory'",
        "plimsoll.yaml:2:30",
        "128MiB",
        "plimsoll.yaml:3:9",
        "did you mean 'duplicate-key'",
    ] {
        assert!(shown.err.contains(word), "{word} is not in: {}", shown.err);
    }
}

#[test]
fn a_configuration_that_is_no_sound_yaml_is_refused() {
    for (config, sentence) in [
        (
            "fail-on: never\nfail-on: error\n",
            "plimsoll.yaml:2:1: the key 'fail-on' stands twice",
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
        shown.code == 2 && shown.err.contains("'Dockerfile' cannot be read"),
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
    for format in ["text", "json", "sarif", "github", "markdown", "gitlab", "junit", "line"] {
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
fn a_closed_pipe_is_no_panic() {
    use std::process::{Command, Stdio};
    let workspace = Workspace::new(&[("compose.yaml", FINE)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["rules"])
        .current_dir(workspace.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 2)));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
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
    for format in ["text", "json", "sarif", "github", "markdown", "gitlab", "junit", "line"] {
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
fn rules_are_listed_and_explained_from_one_text() {
    let workspace = Workspace::new(&[]);
    let list = workspace.run(&["rules"]);
    assert!(list.code == 0 && list.out.contains("invalid-yaml") && list.out.contains("A file is not YAML."));
    let one = workspace.run(&["explain", "invalid-yaml"]);
    assert!(one.code == 0 && one.out.contains("## Why it matters"));
    let none = workspace.run(&["explain", "invalid-yml"]);
    assert!(none.code == 2 && none.err.contains("did you mean 'invalid-yaml'"));
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
    if !workspace.git(&["init", "-q"]) {
        println!("skipped: there is no git");
        return;
    }
    assert!(workspace.git(&["add", "-A"]) && workspace.git(&["commit", "-qm", "one"]));
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
fn a_service_can_be_shown_with_its_places_and_budgets() {
    let workspace = Workspace::new(&[
        (
            "compose.yaml",
            "services:\n  api:\n    build: .\n    mem_limit: 64m\n    ports: [\"8080:80\"]\n    environment: {API_TOKEN: k7Qm2vXz9Lp4Rt8W}\n",
        ),
        (
            "Dockerfile",
            "FROM alpine:3.22\nUSER app\nHEALTHCHECK --interval=5s CMD wget -q localhost\nENTRYPOINT [\"/serve\"]\n",
        ),
        (
            "plimsoll.yaml",
            "version: 1\nprofiles:\n  web: {memory: 128MiB, harden: [non-root]}\nassign:\n  - {profile: web}\n",
        ),
    ]);
    let shown = workspace.run(&["--show", "api"]);
    for line in [
        "api (profile web), compose.yaml:2",
        "memory                     64 MiB  compose.yaml:4  budget: 128 MiB",
        "user                       app  Dockerfile:2",
        "ports                      8080->80/tcp  compose.yaml:5",
        "entrypoint                 /serve  Dockerfile:4",
        "healthcheck.interval_ns    5 s  Dockerfile:3",
        "environment.API_TOKEN      set  compose.yaml:6",
        "non-root                   met  asked",
        "memory                     met",
        "pids                       not-met  compose.yaml:2",
    ] {
        assert!(shown.out.contains(line), "{line}\n{}", shown.out);
    }
    assert!(!shown.out.contains("k7Qm2vXz9Lp4Rt8W"));
    assert_eq!(workspace.run(&["--show", "nobody"]).code, 2);
}

#[test]
fn the_ledger_of_an_image_is_shown_without_a_build() {
    let workspace = Workspace::new(&[
        (
            "api/Dockerfile",
            "FROM acme/base:1 AS one\nCOPY a.txt /app/\nRUN make\nFROM scratch\nCOPY a.txt /\n",
        ),
        ("api/a.txt", "twelve bytes"),
        ("plimsoll.yaml", "catalogue: images.tsv\n"),
        ("images.tsv", "image\ttag\tsize_mb\nacme/base\t1\t2.5\n"),
    ]);
    let shown = workspace.run(&["image", "--root", ".", "--from", "api/Dockerfile"]);
    assert!(
        shown.code == 0 && shown.out.contains("sum: 12 bytes, counted"),
        "{shown:?}"
    );
    let shown = workspace.run(&["image", "--root", ".", "--from", "api/Dockerfile", "--target", "one"]);
    for part in [
        "2.5 MB  estimate",
        "12 bytes  exact",
        "?  unknown",
        "sum: at least 2.5 MB; not known: RUN make",
    ] {
        assert!(shown.code == 0 && shown.out.contains(part), "{part}: {shown:?}");
    }
    for (words, sentence) in [
        (
            &["--from", "api/Dockerfile", "--target", "two"][..],
            "has no stage 'two'",
        ),
        (&["--from", "gone"], "'gone' is not there"),
        (&["--from", "api"], "is no Dockerfile"),
    ] {
        let shown = workspace.run(&[&["image", "--root", "."], words].concat());
        assert!(shown.code == 2 && shown.err.contains(sentence), "{shown:?}");
    }
    workspace.write("images.tsv", b"image\ttag\tsize_mb\nacme/base\t1\tbig\n");
    let shown = workspace.run(&["image", "--root", ".", "--from", "api/Dockerfile"]);
    assert!(
        shown.code == 2 && shown.err.contains("images.tsv:2: 'big' is no size in MB"),
        "{shown:?}"
    );
    let report = workspace.json(&[]);
    assert_eq!(report["verdict"], "error");
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
    assert!(verdict.out.starts_with("plimsoll: fail, 1 errors"), "{}", verdict.out);
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
fn a_line_says_where_and_what() {
    let workspace = Workspace::new(&[(
        "compose.yaml",
        "services:\n  a:\n    image: x:1\n    privileged: true\n",
    )]);
    let shown = workspace.run(&["--format", "line"]);
    let expected = "compose.yaml:4:17: error: service 'a' is privileged: it has every capability and every device of the host [privileged-service]\n";
    assert_eq!(shown.out, expected);
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
fn a_closed_pipe_is_said() {
    let workspace = Workspace::new(&[("compose.yaml", FINE)]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["check", ".", "--format", "json"])
        .current_dir(workspace.path())
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("standard output cannot be written: broken pipe"),
        "{said}"
    );
}

//! `plimsoll init`: a plimsoll.yaml that the reader takes, by which nothing is above its budget, and that says why.

use crate::support::Workspace;
use expect_test::expect;

const FILES: &[(&str, &str)] = &[
    (
        "compose.yaml",
        "services:\n  api:\n    build: api\n    mem_limit: 300m\n    restart: unless-stopped\n  worker:\n    build: api\n    cpus: 1.5\n    \
         restart: always\n  store:\n    image: postgres:17-alpine\n    mem_limit: 2g\n    restart: always\n  tabs: {image: \
         'selenium/standalone-chrome:4.30'}\n",
    ),
    (
        "api/Dockerfile",
        "FROM node:24-alpine\nCOPY server.js /\nUSER node\nCMD [\"node\", \"/server.js\"]\n",
    ),
    ("api/server.js", "x\n"),
    (
        "examples/demo/compose.yaml",
        "services: {demo: {image: 'acme/demo:1.0'}}\n",
    ),
];

#[test]
fn each_line_says_why() {
    let workspace = Workspace::new(FILES);
    let shown = workspace.run(&["init", "--dry-run"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    expect![[r##"
        # ==> plimsoll.yaml
        # Proposed by `plimsoll init`; each line gives the reason. `plimsoll config` shows the profile of each service.
        version: 1

        profiles:
          # The built-in profile with the larger values found here: lower them step by step.
          database:
            memory: 2GiB # store has 2 GiB, compose.yaml:12
            swap-factor: 2 # store has 2 x memory, compose.yaml:12
          # Other services: the largest value that one of them has, and the hardening that all of them have.
          service:
            memory: 300MiB # api has 300 MiB, compose.yaml:4
            cpus: 1.5 # worker has 1.5, compose.yaml:8
            harden: [private] # each of them has it

        assign: # the first match wins
          # tabs: `standalone-chrome` is a browser (compose.yaml:14)
          - {services: [tabs], profile: browser}
          # store: `postgres:17-alpine` is a database or a cache (compose.yaml:10)
          - {services: [store], profile: database}
          # All other services.
          - {services: ["*"], profile: service}

        # Files here that may never run; remove the `#` to exclude them.
        # exclude:
        #   - "examples/**" # 1 file judged

        # To record the findings of today: `plimsoll check --write-baseline plimsoll.baseline`. The file is found by its name, and
        # then only new findings fail.

    "##]].assert_eq(&shown.out);
    expect![[r#"
        plimsoll: with it 15 errors and 4 warnings; `plimsoll fix --write` fixes 3 of them, `plimsoll fix --unsafe` shows more, and
          plimsoll check --write-baseline plimsoll.baseline
        records the rest, so that only new findings fail
    "#]].assert_eq(&shown.err);
    assert!(!workspace.path().join("plimsoll.yaml").exists());
}

#[test]
fn what_it_writes_is_what_counts_then() {
    let workspace = Workspace::new(FILES);
    workspace.write(".github/x", b"");
    let written = workspace.run(&["init"]);
    assert_eq!(written.code, 0, "{written:?}");
    assert!(workspace.path().join(".github/workflows/plimsoll.yml").exists());
    let report = workspace.json(&["--no-engine"]);
    // Nothing is above a budget that was proposed: what is left is what was required and is missing.
    for finding in report["findings"].as_array().unwrap() {
        let measured = &finding["measured"];
        let is_above = measured["actual"].as_f64() > measured["budget"].as_f64() && finding["severity"] != "note";
        assert!(measured.is_null() || !is_above, "{finding:#}");
    }
    // The rest is known, and the gate is green.
    assert_eq!(workspace.run(&["fix", "--write"]).code, 0);
    assert_eq!(
        workspace
            .run(&["check", "--no-engine", "--write-baseline", "plimsoll.baseline"])
            .code,
        0
    );
    assert_eq!(workspace.run(&["check", "--no-engine"]).code, 0);
}

#[test]
fn nothing_is_replaced_that_nobody_asked_to_replace() {
    let workspace = Workspace::new(FILES);
    workspace.write("plimsoll.yml", b"version: 1\n");
    let refused = workspace.run(&["init"]);
    assert!(
        refused.code == 2 && refused.err.contains("plimsoll.yml already exists"),
        "{refused:?}"
    );
    assert!(!workspace.path().join("plimsoll.yaml").exists());
    assert_eq!(workspace.run(&["init", "--force"]).code, 0);
    let text = std::fs::read_to_string(workspace.path().join("plimsoll.yml")).unwrap();
    assert!(
        text.contains("assign:") && !workspace.path().join("plimsoll.yaml").exists(),
        "{text}"
    );
    let empty = Workspace::new(&[]).run(&["init"]);
    assert!(empty.code == 2 && empty.err.contains("nothing to check"), "{empty:?}");
}

#[test]
fn names_that_are_patterns_or_lines_stay_names() {
    let workspace = Workspace::new(&[
        ("db [x]*/Dockerfile", "FROM postgres:17\n"),
        ("b: #/browser/Dockerfile", "FROM scratch\n"),
        (
            "compose.yaml",
            "services:\n  \"no\": {image: 'redis:8'}\n  \"a.db\": {image: 'redis:8'}\n",
        ),
    ]);
    let written = workspace.run(&["init"]);
    assert_eq!(written.code, 0, "{written:?}");
    let listed = workspace.run(&["config"]).out;
    let lines: Vec<&str> = listed.lines().take_while(|line| !line.is_empty()).collect();
    let is_database = |line: &&str| line.contains("  database  ") || line.contains("  browser  ");
    assert!(lines.len() == 4 && lines.iter().all(is_database), "{listed}");
    assert!(
        !workspace
            .json(&["--no-engine"])
            .to_string()
            .contains("unmatched-assignment")
    );
}

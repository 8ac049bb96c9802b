//! `plimsoll init`: a plimsoll.yaml that the reader takes, by which nothing is above its budget, and that says why; and a baseline, so
//! that the gate is green. The lock, which takes an engine: `tests/engine`.

use crate::support::{Shown, Workspace};
use expect_test::expect;

/// No engine answers there.
const NO_ENGINE: [(&str, &str); 1] = [("DOCKER_HOST", "unix:///nowhere/engine.sock")];

fn run(workspace: &Workspace, words: &[&str]) -> Shown {
    workspace.run_with(words, &NO_ENGINE)
}

fn exists(workspace: &Workspace, name: &str) -> bool {
    workspace.path().join(name).symlink_metadata().is_ok()
}

fn read(workspace: &Workspace, name: &str) -> String {
    std::fs::read_to_string(workspace.path().join(name)).unwrap()
}

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
    let shown = run(&workspace, &["init", "--dry-run"]);
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

        # Findings of the first day: they are counted, and only new ones fail. Remove a line of that file when its finding is fixed,
        # or let `plimsoll check --baseline-prune` do it.
        baseline: plimsoll.baseline

        # ==> plimsoll.baseline
        # 16 errors and 3 warnings, a line each

    "##]].assert_eq(&shown.out);
    expect![[r#"
        plimsoll: no plimsoll.lock: no engine answers at `/nowhere/engine.sock`: it does not exist
        plimsoll: `plimsoll check` would pass: plimsoll.baseline records 16 errors and 3 warnings, and only new findings fail
        `plimsoll fix --no-baseline` shows edits for 3 of them; `plimsoll check --baseline-prune` removes the lines of what is fixed
    "#]].assert_eq(&shown.err);
    assert!(!workspace.path().join("plimsoll.yaml").exists());
}

#[test]
fn what_it_writes_is_what_counts_then() {
    let workspace = Workspace::new(FILES);
    workspace.write(".github/x", b"");
    let written = run(&workspace, &["init"]);
    assert_eq!(written.code, 0, "{written:?}");
    assert!(exists(&workspace, ".github/workflows/plimsoll.yml"));
    assert!(!exists(&workspace, "plimsoll.lock"));
    expect![[r#"
        plimsoll: wrote plimsoll.yaml, .github/workflows/plimsoll.yml, plimsoll.baseline into `ROOT`
        plimsoll: no plimsoll.lock: no engine answers at `/nowhere/engine.sock`: it does not exist
        plimsoll: `plimsoll check` passes: plimsoll.baseline records 16 errors and 3 warnings, and only new findings fail
        `plimsoll fix --no-baseline` shows edits for 3 of them; `plimsoll check --baseline-prune` removes the lines of what is fixed
    "#]].assert_eq(&written.err.replace(&workspace.path().display().to_string(), "ROOT"));
    let report = workspace.json(&["--no-engine", "--no-baseline"]);
    // Nothing is above a budget that was proposed: what is left is what was required and is missing.
    for finding in report["findings"].as_array().unwrap() {
        let measured = &finding["measured"];
        let is_above = measured["actual"].as_f64() > measured["budget"].as_f64() && finding["severity"] != "note";
        assert!(measured.is_null() || !is_above, "{finding:#}");
    }
    assert_eq!(report["verdict"], "fail");
    // All of that is known, and the gate is green, as was said.
    let check = run(&workspace, &["check"]);
    assert!(
        check.code == 0 && check.out.contains("19 known: 16 errors, 3 warnings"),
        "{check:?}"
    );
    // What is fixed goes from the baseline, and what is new fails.
    let lines = |workspace: &Workspace| read(workspace, "plimsoll.baseline").lines().count();
    let before = lines(&workspace);
    assert_eq!(run(&workspace, &["fix", "--write"]).code, 0);
    assert_eq!(run(&workspace, &["fix", "--write", "--no-baseline"]).code, 0);
    assert_eq!(run(&workspace, &["check", "--baseline-prune"]).code, 0);
    assert_eq!(lines(&workspace), before - 3);
    workspace.write(
        "more/compose.yaml",
        b"services: {more: {image: 'acme/more:1', privileged: true}}\n",
    );
    assert_eq!(run(&workspace, &["check"]).code, 1);
}

#[test]
fn nothing_is_replaced_that_nobody_asked_to_replace() {
    let workspace = Workspace::new(FILES);
    workspace.write("plimsoll.yml", b"version: 1\n");
    let refused = run(&workspace, &["init"]);
    assert!(
        refused.code == 2 && refused.err.contains("plimsoll.yml already exists"),
        "{refused:?}"
    );
    assert!(!exists(&workspace, "plimsoll.yaml"));
    assert_eq!(run(&workspace, &["init", "--force"]).code, 0);
    let text = read(&workspace, "plimsoll.yml");
    assert!(
        text.contains("assign:") && !exists(&workspace, "plimsoll.yaml"),
        "{text}"
    );
    let empty = run(&Workspace::new(&[]), &["init"]);
    assert!(empty.code == 2 && empty.err.contains("nothing to check"), "{empty:?}");
}

#[test]
fn what_is_reported_as_one_is_recorded_for_each() {
    // One line decides for both services, and what is fixed for one of them is still known of the other.
    let compose = "services:\n  base:\n    image: redis:8\n    privileged: true\n  child:\n    extends: {service: base}\n    \
                   privileged: !reset null\n";
    let workspace = Workspace::new(&[("compose.yaml", compose)]);
    assert_eq!(run(&workspace, &["init"]).code, 0);
    let baseline = read(&workspace, "plimsoll.baseline");
    for service in ["base", "child"] {
        assert!(
            baseline.contains(&format!(" root-user compose.yaml {service}\n")),
            "{baseline}"
        );
    }
    assert_eq!(run(&workspace, &["check"]).code, 0);
}

#[test]
fn a_baseline_that_is_there_stays_and_what_it_lacks_is_said() {
    let workspace = Workspace::new(FILES);
    assert_eq!(run(&workspace, &["init"]).code, 0);
    let whole = read(&workspace, "plimsoll.baseline");
    let without: String = whole.lines().take(3).map(|line| format!("{line}\n")).collect();
    for file in ["plimsoll.yaml", "plimsoll.lock"] {
        let _ = std::fs::remove_file(workspace.path().join(file));
    }
    workspace.write("plimsoll.baseline", without.as_bytes());
    workspace.write("plimsoll.lock", b"version: 1\n");
    for (words, will) in [(&["init", "--dry-run"][..], "would fail"), (&["init"], "fails")] {
        let kept = run(&workspace, words);
        let said =
            format!("`plimsoll check` {will}, with 14 errors and 3 warnings that plimsoll.baseline does not record");
        assert!(kept.code == 0 && kept.err.contains(&said), "{kept:?}");
        assert!(kept.err.contains("plimsoll.lock exists and stays as it is"), "{kept:?}");
    }
    assert_eq!(read(&workspace, "plimsoll.baseline"), without);
    assert!(read(&workspace, "plimsoll.yaml").contains("\nbaseline: plimsoll.baseline\n"));
    assert_eq!(run(&workspace, &["check"]).code, 1);
    let forced = run(&workspace, &["init", "--force"]);
    assert!(
        forced.code == 0 && forced.err.contains("`plimsoll check` passes"),
        "{forced:?}"
    );
    assert_eq!(read(&workspace, "plimsoll.baseline"), whole);
    assert_eq!(run(&workspace, &["check"]).code, 0);
}

#[test]
fn a_baseline_is_only_written_where_it_is_wanted_and_has_something_to_hold() {
    let workspace = Workspace::new(FILES);
    let without = run(&workspace, &["init", "--no-baseline", "--no-lock"]);
    assert_eq!(without.code, 0, "{without:?}");
    assert!(
        !exists(&workspace, "plimsoll.baseline") && !without.err.contains("plimsoll.lock"),
        "{without:?}"
    );
    assert!(!read(&workspace, "plimsoll.yaml").contains("\nbaseline:"));
    assert!(
        without
            .err
            .contains("`plimsoll check` fails, with 16 errors and 3 warnings\n"),
        "{}",
        without.err
    );
    let clean = Workspace::new(&[("Dockerfile", "FROM scratch\nUSER 1000:1000\n")]);
    let shown = run(&clean, &["init"]);
    assert!(
        shown.code == 0
            && shown
                .err
                .contains("`plimsoll check` passes, with 0 errors and 0 warnings"),
        "{shown:?}"
    );
    assert!(!exists(&clean, "plimsoll.baseline") && !read(&clean, "plimsoll.yaml").contains("baseline"));
    assert_eq!(run(&clean, &["check"]).code, 0);
    // A link could lead anywhere.
    #[cfg(unix)]
    {
        let linked = Workspace::new(FILES);
        std::os::unix::fs::symlink("/nowhere/x", linked.path().join("plimsoll.baseline")).unwrap();
        let refused = run(&linked, &["init", "--force"]);
        assert!(
            refused.code == 2 && refused.err.contains("its path includes a link"),
            "{refused:?}"
        );
        assert!(!exists(&linked, "plimsoll.yaml"));
    }
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
    let written = run(&workspace, &["init"]);
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

#[test]
fn nothing_is_written_where_one_file_cannot_be() {
    for blocked in ["plimsoll.baseline", ".github/workflows"] {
        let workspace = Workspace::new(&[
            (".github/x", ""),
            ("compose.yaml", "services: {a: {image: 'acme/a:1', privileged: true}}\n"),
        ]);
        match blocked {
            "plimsoll.baseline" => std::fs::create_dir(workspace.path().join(blocked)).unwrap(),
            _ => workspace.write(blocked, b"a file"),
        }
        let shown = run(&workspace, &["init", "--force", "--no-lock"]);
        assert_eq!(shown.code, 2, "{blocked}: {shown:?}");
        assert!(!exists(&workspace, "plimsoll.yaml"), "{blocked}");
    }
}

//! `plimsoll diff`: two versions side by side, as text, Markdown and JSON.
#![cfg(feature = "git")]

use crate::support::Workspace;
use expect_test::expect;
use serde_json::Value;

const BEFORE: &str = "services:
  api:
    build: .
    mem_limit: 512m
    cpus: 1
  worker:
    image: acme/worker:1.4
    mem_limit: 64m
  old:
    image: acme/old:1.0
";
const AFTER: &str = "services:
  api:
    build: .
    mem_limit: 128m
    cpus: 0.1
    pids_limit: 20
    read_only: true
    cap_drop: [ALL]
    deploy: {replicas: 2}
  worker:
    image: acme/worker:1.4
    mem_limit: 64m
  new:
    image: acme/new:1.0
    mem_limit: 32m
";

fn two() -> Option<Workspace> {
    let workspace = Workspace::repository(&[
        ("compose.yaml", BEFORE),
        ("Dockerfile", "FROM python:3.14\nCOPY a /a\n"),
        ("a", "a\n"),
    ])?;
    workspace.write("compose.yaml", AFTER.as_bytes());
    workspace.write("Dockerfile", b"FROM python:3.14-alpine\nCOPY a /a\n");
    Some(workspace)
}

#[test]
fn what_changed_is_shown_with_its_share() {
    let Some(workspace) = two() else { return };
    let shown = workspace.run(&["diff", "HEAD"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    expect![[r#"
        HEAD -> the work tree

        api (compose.yaml)
          image        ≈ 1.12 GB -> ≈ 47.8 MB    -96 % better
          memory         512 MiB -> 128 MiB      -75 % better
          cpus                 1 -> 0.1          -90 % better
          pids         unlimited -> 20           better
          log          unlimited
          layers               1
          hardened        1 of 5 -> 3 of 5       better

        new (compose.yaml)
          image                - -> ?
          memory               - -> 32 MiB
          cpus                 - -> unlimited
          pids                 - -> unlimited
          log                  - -> unlimited
          hardened             - -> 1 of 5

        old (compose.yaml)
          image                ? -> -
          memory       unlimited -> -
          cpus         unlimited -> -
          pids         unlimited -> -
          log          unlimited -> -
          hardened        1 of 5 -> -

        all of compose.yaml
          image                ?
          memory       unlimited -> 352 MiB      better
          cpus         unlimited
          pids         unlimited
          log          unlimited

        5 better, 0 worse; 1 service as before
    "#]]
    .assert_eq(&shown.out);
    expect![[r#"
        | service | what | `HEAD` | `the work tree` | change |
        | --- | --- | ---: | ---: | --- |
        | `api (compose.yaml)` | image | ≈ 1.12 GB | ≈ 47.8 MB | -96 % better |
        | `api (compose.yaml)` | memory | 512 MiB | 128 MiB | -75 % better |
        | `api (compose.yaml)` | cpus | 1 | 0.1 | -90 % better |
        | `api (compose.yaml)` | pids | unlimited | 20 | better |
        | `api (compose.yaml)` | hardened | 1 of 5 | 3 of 5 | better |
        | `new (compose.yaml)` | image | - | ? |  |
        | `new (compose.yaml)` | memory | - | 32 MiB |  |
        | `new (compose.yaml)` | cpus | - | unlimited |  |
        | `new (compose.yaml)` | pids | - | unlimited |  |
        | `new (compose.yaml)` | log | - | unlimited |  |
        | `new (compose.yaml)` | hardened | - | 1 of 5 |  |
        | `old (compose.yaml)` | image | ? | - |  |
        | `old (compose.yaml)` | memory | unlimited | - |  |
        | `old (compose.yaml)` | cpus | unlimited | - |  |
        | `old (compose.yaml)` | pids | unlimited | - |  |
        | `old (compose.yaml)` | log | unlimited | - |  |
        | `old (compose.yaml)` | hardened | 1 of 5 | - |  |
        | `all of compose.yaml` | memory | unlimited | 352 MiB | better |

        5 better, 0 worse; 1 service as before
    "#]]
    .assert_eq(&workspace.run(&["diff", "HEAD", "--format", "markdown"]).out);
    let json: Value = serde_json::from_str(&workspace.run(&["diff", "HEAD", "--format", "json"]).out).unwrap();
    let services = json["services"].as_array().unwrap();
    let status = |name: &str| services.iter().find(|row| row["name"] == name).unwrap()["status"].clone();
    assert_eq!(
        [status("api"), status("worker"), status("old"), status("new")],
        ["changed", "same", "removed", "added"]
    );
    let quantities = services.iter().find(|row| row["name"] == "api").unwrap()["quantities"]
        .as_array()
        .unwrap();
    let memory = quantities.iter().find(|row| row["quantity"] == "memory").unwrap();
    assert_eq!(
        (memory["percent"].as_f64(), memory["change"].as_f64()),
        (Some(-75.0), Some(-402_653_184.0)),
        "{memory}"
    );
}

#[test]
fn two_commits_are_compared_as_they_were() {
    let Some(workspace) = two() else { return };
    let first = workspace.revision("HEAD");
    let second = workspace.commit();
    workspace.write("compose.yaml", b"services: {}\n");
    let both = workspace.run(&["diff", &first, &second]).out;
    assert!(both.contains("512 MiB") && both.contains("128 MiB"), "{both}");
    let same = workspace.run(&["diff", &second, &second]).out;
    assert!(same.contains("0 better, 0 worse; 3 services as before"), "{same}");
    let unknown = workspace.run(&["diff", "no-such-branch"]);
    assert!(
        unknown.code == 2 && unknown.err.contains("no-such-branch"),
        "{unknown:?}"
    );
}

#[test]
fn from_nothing_everything_is_new_and_a_wrong_policy_is_said() {
    let Some(workspace) = Workspace::repository(&[("README", "x\n")]) else {
        return;
    };
    workspace.write("compose.yaml", AFTER.as_bytes());
    workspace.write("Dockerfile", b"FROM scratch\n");
    let shown = workspace.run(&["diff", "HEAD"]);
    assert!(shown.code == 0 && shown.out.contains("api (compose.yaml)"), "{shown:?}");
    workspace.write("plimsoll.yaml", b"nonsense: 1\n");
    let wrong = workspace.run(&["diff", "HEAD"]);
    assert!(wrong.code == 2 && wrong.err.contains("plimsoll.yaml:1:1"), "{wrong:?}");
}

#[test]
fn what_git_ignores_is_the_same_on_both_sides() {
    let compose = "services: {api: {image: 'acme/api:1.4', mem_limit: '${MEM}', pids_limit: 20}}\n";
    let Some(workspace) = Workspace::repository(&[("compose.yaml", compose), (".gitignore", ".env\n")]) else {
        return;
    };
    workspace.write(".env", b"MEM=128m\n");
    assert!(
        workspace
            .run(&["diff", "HEAD"])
            .out
            .contains("0 better, 0 worse; 1 service as before")
    );
    workspace.write("compose.yaml", compose.replace("20", "10").as_bytes());
    // What is new and not ignored is a part of the change.
    workspace.write("other/compose.yaml", compose.as_bytes());
    let shown = workspace.run(&["diff", "HEAD"]).out;
    assert!(
        shown.contains("128 MiB\n") && shown.contains("1 better") && shown.contains("api (other/compose.yaml)"),
        "{shown}"
    );
}

/// What a profile with a target says of an image, a memory limit and a CPU limit before and after.
fn targets(before: &str, after: &str, reduce: &str) -> Option<(i32, String)> {
    let service = |limits: &str| format!("services: {{api: {{image: 'acme/api:1.4', {limits}}}}}\n");
    let policy = format!("profiles: {{api: {{reduce: {reduce}}}}}\nassign: [{{profile: api}}]\n");
    let workspace = Workspace::repository(&[("compose.yaml", &service(before)), ("plimsoll.yaml", &policy)])?;
    workspace.write("compose.yaml", service(after).as_bytes());
    let shown = workspace.run(&["diff", "HEAD"]);
    Some((shown.code, shown.out))
}

#[test]
fn a_target_is_reached_missed_or_undecided() {
    for (before, after, reduce, code, said) in [
        (
            "mem_limit: 512m",
            "mem_limit: 128m",
            "{memory: 70%}",
            0,
            "(target -70 %: reached)",
        ),
        (
            "mem_limit: 512m",
            "mem_limit: 128m",
            "{memory: 75%}",
            0,
            "1 reached, 0 missed, 0 undecided",
        ),
        (
            "mem_limit: 512m",
            "mem_limit: 256m",
            "{memory: 70%}",
            1,
            "(target -70 %: missed)",
        ),
        // As it was is no less.
        (
            "mem_limit: 512m",
            "mem_limit: 512m",
            "{memory: 10%}",
            1,
            "(target -10 %: missed)",
        ),
        ("mem_limit: 512m", "cpus: 1", "{memory: 10%}", 1, "missed"),
        ("cpus: 1", "mem_limit: 512m, cpus: 1", "{memory: 10%}", 0, "reached"),
        (
            "cpus: 1",
            "cpus: 0.25",
            "{cpus: 60%, pids: 50%}",
            1,
            "1 reached, 1 missed, 0 undecided",
        ),
        // Of an image that nobody knows nothing can be told.
        (
            "cpus: 1",
            "cpus: 0.25",
            "{image-size: 60%}",
            0,
            "0 reached, 0 missed, 1 undecided",
        ),
        ("mem_limit: '${M}'", "mem_limit: 1m", "{memory: 60%}", 0, "1 undecided"),
        // What only a run can tell is no target of two versions.
        (
            "cpus: 1",
            "cpus: 2",
            "{start-up: 50%}",
            0,
            "1 worse; 0 services as before\n",
        ),
    ] {
        let Some((real, out)) = targets(before, after, reduce) else {
            return;
        };
        assert!(
            real == code && out.contains(said),
            "{before} -> {after} {reduce}: {real}\n{out}"
        );
    }
    for wrong in [
        "{memory: 0%}",
        "{memory: 101%}",
        "{memory: 64MiB}",
        "{nofile: 10%}",
        "[memory]",
    ] {
        let Some((code, _)) = targets("cpus: 1", "cpus: 2", wrong) else {
            return;
        };
        assert_eq!(code, 2, "{wrong}");
    }
}

#[test]
fn a_new_service_has_no_target() {
    let Some(workspace) = Workspace::repository(&[("README", "x\n")]) else {
        return;
    };
    workspace.write("compose.yaml", AFTER.as_bytes());
    workspace.write("Dockerfile", b"FROM scratch\n");
    workspace.write("plimsoll.yaml", b"profiles: {default: {reduce: {memory: 60%}}}\n");
    let shown = workspace.run(&["diff", "HEAD"]);
    assert!(shown.code == 0 && !shown.out.contains("target"), "{shown:?}");
}

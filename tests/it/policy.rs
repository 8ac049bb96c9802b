//! A change is judged by the policy of its base, and what it does to the policy is said. Without a `git` program to make
//! repositories with, these tests say `skipped: ...`.
use crate::support::{Workspace, has};
use serde_json::Value;

const COMPOSE: &str = "services:\n  api:\n    image: acme/api:1.4\n    mem_limit: 256m\n";
const STRICT: &str = "version: 1\nprofiles:\n  web: {memory: 128MiB, require: [memory, pids]}\nassign:\n  - {profile: web, final: true}\n";

/// A repository whose `main` has the strict policy, with these files changed on a branch.
fn repository(changes: &[(&str, &str)]) -> Option<Workspace> {
    let workspace = Workspace::repository(&[("compose.yaml", COMPOSE), ("plimsoll.yaml", STRICT)])?;
    assert!(workspace.git(&["checkout", "--quiet", "-b", "change"]));
    for (path, text) in changes {
        workspace.write(path, text.as_bytes());
    }
    Some(workspace)
}

fn policy(report: &Value) -> Vec<&str> {
    let changes = report["policy_changes"].as_array();
    changes
        .into_iter()
        .flatten()
        .map(|sentence| sentence.as_str().unwrap())
        .collect()
}

#[test]
fn a_change_is_judged_by_the_policy_of_its_base() {
    let loose = "version: 1\nfail-on: never\nprofiles:\n  web: {memory: 1GiB, require: [memory]}\nassign:\n  - {profile: web}\nrules: {privileged-service: \"off\"}\nignore:\n  - {rule: root-user, reason: old}\n";
    let Some(workspace) = repository(&[("plimsoll.yaml", loose)]) else {
        return;
    };
    let own = workspace.json(&[]);
    assert_eq!(own["verdict"], "pass", "{own:#}");
    let report = workspace.json(&["--config-from", "main"]);
    assert_eq!(report["verdict"], "fail");
    assert!(has(&report, "memory-limit-above-budget") && has(&report, "missing-pids-limit"));
    let said = policy(&report).join("\n");
    for sentence in [
        "`fail-on` goes from error to never",
        "the rule `privileged-service` goes from error to off",
        "an ignore is added or widened: root-user",
        "`memory` of the profile `web` is raised from 128 MiB to 1 GiB",
        "the profile `web` no longer requires pids",
        "`assign` changes",
    ] {
        assert!(said.contains(sentence), "{sentence}\n{said}");
    }
    for format in ["text", "markdown", "github"] {
        let shown = workspace.run(&["--config-from", "main", "--format", format]);
        assert_eq!(shown.code, 1);
        assert!(shown.out.contains("fail-on"), "{format}: {}", shown.out);
    }
}

#[test]
fn a_missing_or_deleted_policy_does_not_loosen_anything() {
    let Some(workspace) = repository(&[]) else { return };
    std::fs::remove_file(workspace.path().join("plimsoll.yaml")).unwrap();
    let report = workspace.json(&["--config-from", "main"]);
    assert_eq!(report["verdict"], "fail");
    assert!(
        policy(&report)
            .iter()
            .any(|sentence| sentence.contains("the profile `web` is removed"))
    );
    assert_eq!(workspace.run(&["--config-from", "nowhere"]).code, 2);
}

#[test]
fn excuses_that_a_change_adds_are_said() {
    let compose = "services:\n  api:\n    image: acme/api:1.4\n    x-plimsoll: {profile: browser}\n    # plimsoll: ignore[missing-pids-limit] later\n    mem_limit: 256m\n";
    let Some(workspace) = repository(&[("compose.yaml", compose)]) else {
        return;
    };
    for words in [
        ["--config-from", "main"],
        ["--changed=main", "--changed-scope=affected"],
    ] {
        let report = workspace.json(&words);
        let said = policy(&report).join("\n");
        assert!(
            said.contains("compose.yaml gets `# plimsoll: ignore[missing-pids-limit] later`"),
            "{said}"
        );
        assert!(
            said.contains("compose.yaml gets `x-plimsoll: {profile: browser}`"),
            "{said}"
        );
        // `final: true`: the profile that the file asks for is not taken.
        assert_eq!(report["units"][0]["profile"], "web");
        assert!(has(&report, "memory-limit-above-budget"));
    }
}

#[test]
fn an_unchanged_policy_is_not_mentioned() {
    let Some(workspace) = repository(&[]) else { return };
    let report = workspace.json(&["--config-from", "main"]);
    assert!(policy(&report).is_empty(), "{report:#}");
    assert_eq!(report["verdict"], "fail");
}

#[test]
fn a_pull_request_names_its_base_itself() {
    let loose = STRICT.replace("128MiB", "1GiB");
    let Some(workspace) = repository(&[("plimsoll.yaml", &loose)]) else {
        return;
    };
    workspace.commit();
    let said = |base: &str| {
        let event =
            serde_json::json!({"pull_request": {"base": {"sha": base}, "head": {"sha": workspace.revision("change")}}});
        let path = workspace.path().join(".git/event.json");
        std::fs::write(&path, event.to_string()).unwrap();
        let env = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
        ];
        let shown = workspace.run_with(&["check", "--root", ".", "--format", "json"], &env);
        let report: Value = serde_json::from_str(&shown.out).unwrap();
        policy(&report).join("\n")
    };
    assert_eq!(
        said(&workspace.revision("main")),
        "`memory` of the profile `web` is raised from 128 MiB to 1 GiB"
    );
    // The usual checkout has one commit: what it lacks is not spoken of, unless somebody asked.
    assert_eq!(said(&"1".repeat(40)), "");
    let report = workspace.json(&["--config-from", "main", "--changed=main"]);
    assert!(policy(&report).join("\n").contains("is raised"), "{report:#}");
}

#[test]
fn what_a_configuration_names_comes_from_the_base_as_well() {
    let lax = "version: 1\nprofiles:\n  web: {image-size: 100MB}\n  big: {extends: web, image-size: 9GB}\ncatalogue: images.tsv\nassign:\n  - {profile: web}\n";
    let table = |megabytes: u32| format!("image\ttag\tsize_mb\nacme/base\t1\t{megabytes}\n");
    let (dockerfile, compose) = ("FROM acme/base:1\nUSER 1000:1000\n", "services:\n  api: {build: .}\n");
    let asks = "services:\n  api: {build: ., x-plimsoll: {profile: big}}\n";
    let base = [
        ("plimsoll.yaml", lax.to_owned()),
        ("images.tsv", table(900)),
        ("Dockerfile", dockerfile.to_owned()),
        ("compose.yaml", compose.to_owned()),
    ];
    let base: Vec<(&str, &str)> = base.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let Some(workspace) = Workspace::repository(&base) else {
        return;
    };
    assert!(workspace.git(&["checkout", "--quiet", "-b", "change"]));
    let from = |base: &str| workspace.json(&["--no-engine", "--config-from", base]);
    assert_eq!(from("main")["verdict"], "fail");
    workspace.write("images.tsv", table(1).as_bytes());
    assert_eq!(from("head")["verdict"], "pass");
    assert!(has(&from("main"), "image-size-above-budget"));
    workspace.write("images.tsv", table(900).as_bytes());
    workspace.write("compose.yaml", asks.as_bytes());
    assert_eq!(from("head")["verdict"], "pass");
    assert!(has(&from("main"), "image-size-above-budget"));
}

#[test]
fn a_base_without_a_policy_leaves_the_one_of_the_change() {
    let Some(workspace) = Workspace::repository(&[("compose.yaml", COMPOSE)]) else {
        return;
    };
    workspace.write("plimsoll.yaml", STRICT.as_bytes());
    let report = workspace.json(&["--config-from", "main"]);
    assert_eq!(report["verdict"], "fail");
    assert!(has(&report, "memory-limit-above-budget"));
    assert!(
        report["scope"].as_str().unwrap().contains("its base has none"),
        "{}",
        report["scope"]
    );
}

#[test]
fn loosening_is_a_note_or_an_error_that_no_comment_hides() {
    let loose = "# plimsoll: ignore-file[policy-loosened] we know what we do\nversion: 1\nfail-on: never\n";
    let compose = format!("{COMPOSE}    privileged: true # plimsoll: ignore[privileged-service] it must\n");
    let Some(workspace) = repository(&[("plimsoll.yaml", loose), ("compose.yaml", &compose)]) else {
        return;
    };
    let severity = |report: &Value| {
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().filter(|finding| finding["rule"] == "policy-loosened");
        let found = found.map(|finding| finding["severity"].as_str().unwrap().to_owned());
        found.collect::<std::collections::BTreeSet<_>>()
    };
    let report = workspace.json(&["--config-from", "main"]);
    assert_eq!(severity(&report), ["note".to_owned()].into());
    let report = workspace.json(&["--config-from", "main", "--policy", "enforce"]);
    assert_eq!(severity(&report), ["error".to_owned()].into());
    let excuse = crate::support::findings(&report);
    assert!(
        excuse.contains(&"policy-loosened compose.yaml:5".to_owned()),
        "{excuse:?}"
    );
}

#[test]
fn on_a_request_the_base_counts_by_itself() {
    let Some(workspace) = repository(&[("plimsoll.yaml", "version: 1\nfail-on: never\n")]) else {
        return;
    };
    let (base, head) = (workspace.revision("main"), workspace.commit());
    let outside = tempfile::tempdir().unwrap();
    let event = outside.path().join("event.json");
    let payload = serde_json::json!({"pull_request": {"base": {"sha": base}, "head": {"sha": head}}});
    std::fs::write(&event, payload.to_string()).unwrap();
    let event = event.display().to_string();
    let root = workspace.path().display().to_string();
    let on = |more: &[(&str, &str)], words: &[&str]| {
        let github = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", event.as_str()),
            ("GITHUB_WORKSPACE", root.as_str()),
        ];
        workspace.run_with(words, &[&github[..], more].concat()).code
    };
    assert_eq!(on(&[], &["action"]), 1);
    assert_eq!(on(&[("INPUT_CONFIG-FROM", "head")], &["action"]), 0);
    assert_eq!(on(&[("INPUT_CONFIG", "plimsoll.yaml")], &["action"]), 1);
    assert_eq!(
        on(
            &[("INPUT_CONFIG-FROM", "head"), ("INPUT_POLICY", "perhaps")],
            &["action"]
        ),
        2
    );
    assert_eq!(on(&[], &["--config-from", "auto"]), 1);
    // Not locally, and not where nobody asks for it.
    assert_eq!(workspace.run(&["--config-from", "auto"]).code, 0);
    assert_eq!(on(&[], &[]), 0);
    let gitlab = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_COMMIT_SHA", head.as_str()),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.as_str()),
    ];
    assert_eq!(workspace.run_with(&["--config-from", "auto"], &gitlab).code, 1);
    // A base that was not fetched is said.
    std::fs::write(
        outside.path().join("event.json"),
        payload.to_string().replace(&base, &"1".repeat(40)),
    )
    .unwrap();
    let shown = workspace.run_with(
        &["--config-from", "auto", "--format", "line"],
        &[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", event.as_str()),
        ],
    );
    assert_eq!(shown.code, 0);
    assert!(shown.err.contains("its base is unknown"), "{}", shown.err);
}

#[test]
fn what_an_extended_file_says_comes_from_the_base_as_well() {
    let own = "version: 1\nextends: policy\n";
    let strict = "registries: [docker.io/library]\nlabels: {team: \"*\"}\npolicy:\n  - {name: pids, require: {pids: <= 20}}\nhost: {memory: 1GiB}\n";
    let files = [
        ("compose.yaml", COMPOSE),
        ("plimsoll.yaml", own),
        ("policy/plimsoll.yaml", strict),
    ];
    let Some(workspace) = Workspace::repository(&files) else {
        return;
    };
    assert!(workspace.git(&["checkout", "--quiet", "-b", "change"]));
    let loose = "registries: [docker.io]\nhost: {memory: 9GiB}\n";
    workspace.write("policy/plimsoll.yaml", loose.as_bytes());
    let own = workspace.json(&[]);
    assert_eq!(own["verdict"], "pass", "{own:#}");
    let report = workspace.json(&["--config-from", "main"]);
    assert!(
        has(&report, "registry-not-allowed") && has(&report, "policy-violated"),
        "{report:#}"
    );
    let said = policy(&report).join("\n");
    for sentence in [
        "`registries` allows more: docker.io",
        "`labels` no longer requires `team: *`",
        "`policy` no longer requires pids when {} require {pids: <= 20} error",
        "`host.memory` is raised from 1 GiB to 9 GiB",
    ] {
        assert!(said.contains(sentence), "{sentence}\n{said}");
    }
}

#[test]
fn a_file_that_the_change_brings_is_no_policy_of_the_base() {
    let files = [
        ("compose.yaml", COMPOSE),
        ("plimsoll.yaml", "extends: policy/base.yaml\n"),
    ];
    let Some(workspace) = Workspace::repository(&files) else {
        return;
    };
    workspace.write("policy/base.yaml", b"fail-on: never\n");
    assert!(workspace.git(&["add", "."]));
    let shown = workspace.run(&["--config-from", "main"]);
    assert_eq!(shown.code, 2, "{}", shown.out);
    assert!(shown.err.contains("does not exist in"), "{}", shown.err);
    // That of another repository, checked out for this run, is read where it is.
    assert!(workspace.git(&["rm", "--quiet", "--cached", "policy/base.yaml"]));
    assert_eq!(workspace.run(&["--config-from", "main"]).code, 0);
    // A submodule is moved by the change itself.
    let link = format!("160000,{},policy", workspace.revision("HEAD"));
    assert!(workspace.git(&["update-index", "--add", "--cacheinfo", &link]));
    assert_eq!(workspace.run(&["--config-from", "main"]).code, 2);
}

#[test]
fn examples_of_policies_are_judged() {
    let text = "policy:\n  - name: team\n    require: {labels.team: \"*\"}\n    passes: [{image: \"nginx:1.27\", labels: {team: web}}]\n    fails: [{image: \"nginx:1.27\"}]\n";
    let workspace = Workspace::new(&[("plimsoll.yaml", text)]);
    let right = workspace.run(&["policy", "test"]);
    assert_eq!(
        (right.code, right.out.as_str()),
        (0, "team: 2 examples\nevery example matches its policy\n")
    );
    let wrong = text.replace("labels: {team: web}", "labels: {tem: web}");
    workspace.write("plimsoll.yaml", wrong.as_bytes());
    let wrong = workspace.run(&["policy", "test"]);
    assert_eq!(wrong.code, 1);
    assert!(
        wrong
            .out
            .starts_with("plimsoll.yaml:4: an example of `team` must pass: "),
        "{}",
        wrong.out
    );
    // What cannot be decided is neither.
    workspace.write(
        "plimsoll.yaml",
        b"policy: [{name: a, require: {user: '!root'}, fails: [{image: 'acme/a:1'}]}]\n",
    );
    let undecided = workspace.run(&["policy", "test"]);
    assert!(
        undecided.code == 1 && undecided.out.contains("must fail: cannot check"),
        "{undecided:?}"
    );
    workspace.write("plimsoll.yaml", b"version: 1\n");
    assert_eq!(workspace.run(&["policy", "test"]).code, 2);
    for (mistake, said) in [
        ("require: {memry: <= 1GiB}", "has a setting `memry`"),
        ("require: {memory: \"<= 1GiB, >= 2GiB\"}", "no value can be"),
        ("require: {}", "must name what it requires"),
        ("require: {memory: <= 1}", "has no unit"),
    ] {
        workspace.write(
            "plimsoll.yaml",
            format!("policy:\n  - {{name: a, {mistake}}}\n").as_bytes(),
        );
        let shown = workspace.run(&["policy", "test"]);
        assert!(shown.code == 2 && shown.err.contains(said), "{mistake}: {}", shown.err);
    }
}

#[test]
fn how_many_more_fit_on_the_host_is_shown() {
    let compose = "services:\n  api: {image: \"a:1\", mem_limit: 1g, cpus: 0.5, scale: 2}\n  db: {image: \"b:1\", mem_limit: 2g, cpus: 1}\n";
    let host = "host: {memory: 8GiB, cpus: 4}\n";
    let workspace = Workspace::new(&[("compose.yaml", compose), ("plimsoll.yaml", host)]);
    // 4 GiB and 2 CPUs are taken: by memory 4 more of `api` fit, by CPUs 4; of `db` 2 and 2.
    for (service, line) in [
        ("api", "4 more fit on the host, by memory: 4 GiB of 8 GiB"),
        ("db", "2 more fit on the host, by memory"),
    ] {
        let shown = workspace.run(&["--show", service]);
        assert!(shown.out.contains(line), "{}", shown.out);
    }
    // One without a limit takes what it wants.
    workspace.write("compose.yaml", compose.replace("mem_limit: 2g, ", "").as_bytes());
    assert!(!workspace.run(&["--show", "api"]).out.contains("more fit"));
}

#[test]
fn what_no_longer_holds_is_said_as_well() {
    let strict = "version: 1\nrules-version: '2026.12'\nnever-ignore: [privileged-service]\ncompose: [{files: [compose.yaml]}]\n";
    let loose = "version: 1\nrules-version: '2026.11'\nremote: ['https://*']\nfail-on: never\n";
    let strict_file = "services:\n  api:\n    image: acme/api:1.4\n    x-plimsoll:\n      profile: translation\n";
    let Some(workspace) = Workspace::repository(&[("compose.yaml", strict_file), ("plimsoll.yaml", strict)]) else {
        return;
    };
    assert!(workspace.git(&["checkout", "--quiet", "-b", "change"]));
    workspace.write("plimsoll.yaml", loose.as_bytes());
    workspace.write("compose.yaml", strict_file.replace("translation", "browser").as_bytes());
    let report = workspace.json(&["--changed=main", "--policy", "enforce"]);
    let said = policy(&report).join("\n");
    for sentence in [
        "`rules-version` goes back to 2026.11",
        "`remote` matches more: https://*",
        "`never-ignore` no longer has `privileged-service`",
        "`compose` no longer has `compose.yaml`",
        "compose.yaml no longer has `x-plimsoll: profile: translation`",
        "`fail-on` goes from error to never",
    ] {
        assert!(said.contains(sentence), "{sentence}\n{said}");
    }
    // Who has to keep the policy does not decide that nothing fails.
    assert_eq!(report["verdict"], "fail");
    // Who was asked on the command line does.
    let report = workspace.json(&["--changed=main", "--policy", "enforce", "--fail-on", "never"]);
    assert_eq!(report["verdict"], "pass");
}

//! With `--config-from` everything that decides comes from the base: each row is a change that would pass by what it brings itself.
use crate::support::{Workspace, findings, image::archive};

const ROOTS: &str = "services:\n  api:\n    image: acme/api:1.4\n    privileged: true\n";
const LARGE: &str = "services:\n  api:\n    image: acme/api:1.4\n    mem_limit: 256m\n";
const PLAIN: &str = "version: 1\n";
const WEB: &str = "version: 1\nprofiles:\n  web: {memory: 128MiB}\n  big: {extends: web, memory: 4GiB}\nassign:\n  - {profile: web}\n";

struct Row {
    name: &'static str,
    base: &'static [(&'static str, &'static str)],
    /// Files of the change; an empty text deletes one.
    change: &'static [(&'static str, &'static str)],
    words: &'static [&'static str],
    /// What is found by the base, and not by what lies here.
    found: &'static str,
}

const ROWS: [Row; 13] = [
    Row {
        name: "a rule is switched off",
        base: &[("compose.yaml", ROOTS), ("plimsoll.yaml", PLAIN)],
        change: &[("plimsoll.yaml", "rules: {privileged-service: \"off\"}\n")],
        words: &[],
        found: "privileged-service compose.yaml:4",
    },
    Row {
        name: "an ignore with its reason",
        base: &[("compose.yaml", ROOTS), ("plimsoll.yaml", PLAIN)],
        change: &[(
            "plimsoll.yaml",
            "ignore:\n  - {rule: privileged-service, reason: it must}\n",
        )],
        words: &[],
        found: "privileged-service compose.yaml:4",
    },
    Row {
        name: "a folder is excluded",
        base: &[
            ("old/compose.yaml", ROOTS),
            ("compose.yaml", "services: {a: {image: \"x:1\"}}\n"),
            ("plimsoll.yaml", PLAIN),
        ],
        change: &[("plimsoll.yaml", "exclude: [\"old/**\"]\n")],
        words: &[],
        found: "privileged-service old/compose.yaml:4",
    },
    Row {
        name: "a folder becomes somebody else's",
        base: &[("old/compose.yaml", ROOTS), ("plimsoll.yaml", PLAIN)],
        change: &[("plimsoll.yaml", "vendored: [old]\n")],
        words: &[],
        found: "privileged-service old/compose.yaml:4",
    },
    Row {
        name: "a mark in .gitattributes, where the policy reads them",
        base: &[
            ("old/compose.yaml", ROOTS),
            ("plimsoll.yaml", "vendored: [gitattributes]\n"),
        ],
        change: &[(".gitattributes", "old/** linguist-vendored\n")],
        words: &[],
        found: "privileged-service old/compose.yaml:4",
    },
    Row {
        name: "another of the usual names, which is looked for first",
        base: &[("compose.yaml", ROOTS), (".plimsoll.yml", PLAIN)],
        change: &[(
            "plimsoll.yaml",
            "fail-on: never\nrules: {privileged-service: \"off\"}\n",
        )],
        words: &[],
        found: "privileged-service compose.yaml:4",
    },
    Row {
        name: "a policy that moves to another of the usual names",
        base: &[("compose.yaml", ROOTS), ("plimsoll.yaml", PLAIN)],
        change: &[
            ("plimsoll.yaml", ""),
            (".plimsoll.yaml", "rules: {privileged-service: \"off\"}\n"),
        ],
        words: &[],
        found: "privileged-service compose.yaml:4",
    },
    Row {
        name: "what no comment may hide",
        base: &[
            ("compose.yaml", ROOTS),
            ("plimsoll.yaml", "never-ignore: [privileged-service]\n"),
        ],
        change: &[
            (
                "compose.yaml",
                "services:\n  api:\n    image: acme/api:1.4\n    privileged: true # plimsoll: ignore[privileged-service] it must\n",
            ),
            ("plimsoll.yaml", PLAIN),
        ],
        words: &[],
        found: "privileged-service compose.yaml:4",
    },
    Row {
        name: "a service asks for another profile",
        base: &[("compose.yaml", LARGE), ("plimsoll.yaml", WEB)],
        change: &[(
            "compose.yaml",
            "services:\n  api:\n    image: acme/api:1.4\n    mem_limit: 256m\n    x-plimsoll: {profile: big}\n",
        )],
        words: &[],
        found: "memory-limit-above-budget compose.yaml:4",
    },
    Row {
        name: "a new service asks for another profile",
        base: &[
            ("compose.yaml", "services: {a: {image: \"x:1\", mem_limit: 1m}}\n"),
            ("plimsoll.yaml", WEB),
        ],
        change: &[(
            "more/compose.yaml",
            "services:\n  api:\n    image: acme/api:1.4\n    mem_limit: 256m\n    x-plimsoll: {profile: big}\n",
        )],
        words: &[],
        found: "memory-limit-above-budget more/compose.yaml:4",
    },
    Row {
        name: "a service asks by way of an anchor and an override file",
        base: &[("compose.yaml", LARGE), ("plimsoll.yaml", WEB)],
        change: &[(
            "compose.override.yaml",
            "x-a: &a\n  x-plimsoll: {profile: big}\nservices:\n  api:\n    <<: *a\n",
        )],
        words: &[],
        found: "memory-limit-above-budget compose.yaml:4",
    },
    Row {
        name: "sizes are recorded higher",
        base: &[
            ("compose.yaml", "services:\n  api: {build: .}\n"),
            ("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
            (
                "plimsoll.yaml",
                "profiles:\n  own: {growth: 10%}\nassign: [{profile: own}]\n",
            ),
            ("plimsoll.sizes.yaml", "api: 1000000\n"),
        ],
        change: &[("plimsoll.sizes.yaml", "api: 3000000\n")],
        words: &["--image", "api=api.tar"],
        found: "image-growth-above-budget Dockerfile:1",
    },
    Row {
        name: "a baseline knows more",
        base: &[
            ("compose.yaml", ROOTS),
            ("plimsoll.yaml", PLAIN),
            ("known", "# plimsoll baseline 1\n"),
        ],
        change: &[],
        words: &["--baseline", "known"],
        found: "privileged-service compose.yaml:4",
    },
];

/// The places of errors and warnings.
fn weighs(workspace: &Workspace, words: &[&str]) -> Vec<String> {
    let mut report = workspace.json(words);
    assert!(report["verdict"] != "error", "{report:#}");
    let all = report["findings"].as_array_mut().unwrap();
    all.retain(|finding| finding["severity"] != "note");
    findings(&report)
}

#[test]
fn what_a_change_brings_does_not_decide_about_it() {
    for row in ROWS {
        let name = row.name;
        let workspace = Workspace::new(row.base);
        if !workspace.has_git() {
            return;
        }
        if name == "a baseline knows more" {
            let known = workspace.run(&["--write-baseline", "more"]);
            assert_eq!(known.code, 0, "{known:?}");
            let head = std::fs::read_to_string(workspace.path().join("more")).unwrap();
            let head = head.lines().next().unwrap();
            workspace.write("known", format!("{head}\n").as_bytes());
        }
        workspace.commit();
        assert!(workspace.git(&["checkout", "--quiet", "-b", "change"]));
        for (path, text) in row.change {
            match *text {
                "" => std::fs::remove_file(workspace.path().join(path)).unwrap(),
                text => workspace.write(path, text.as_bytes()),
            }
        }
        if name == "a baseline knows more" {
            std::fs::rename(workspace.path().join("more"), workspace.path().join("known")).unwrap();
        }
        workspace.commit();
        // What a build makes is not of the change.
        workspace.write("api.tar", &archive("COPY a /\n  2000000 /a\n"));
        let words = |from| [row.words, &["--no-engine", "--config-from", from]].concat();
        let wanted = row.found.to_owned();
        let by_change = weighs(&workspace, &words("head"));
        assert!(!by_change.contains(&wanted), "{name}: {by_change:?}");
        let by_base = weighs(&workspace, &words("main"));
        assert!(by_base.contains(&wanted), "{name}: {by_base:?}");
    }
}

/// What the base said of a service it goes on saying, wherever it is written.
#[test]
fn a_profile_that_a_service_has_in_the_base_stays() {
    let asks = "services:\n  api:\n    image: acme/api:1.4\n    mem_limit: 256m\n    x-plimsoll: {profile: big}\n";
    let included = "include: [parts/api.yaml]\nservices: {a: {image: \"x:1\", mem_limit: 8m}}\n";
    let overriding = "services: {api: {x-plimsoll: {profile: big}}}\n";
    for files in [
        &[("compose.yaml", asks)][..],
        &[("compose.yaml", included), ("parts/api.yaml", asks)],
        &[("compose.yaml", LARGE), ("compose.override.yaml", overriding)],
    ] {
        let files = [files, &[("plimsoll.yaml", WEB)]].concat();
        let Some(workspace) = Workspace::repository(&files) else {
            return;
        };
        assert!(workspace.git(&["checkout", "--quiet", "-b", "change"]));
        workspace.write("README.md", b"more\n");
        workspace.commit();
        let found = weighs(&workspace, &["--config-from", "main"]);
        assert!(
            !found.iter().any(|found| found.starts_with("memory-limit-above-budget")),
            "{files:?}: {found:?}"
        );
    }
}

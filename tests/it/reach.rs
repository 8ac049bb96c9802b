//! What a change can reach: each change is made on the fly, and where the whole repository is red by it, `--changed` is red too. What
//! was there before is left out.

use crate::support::{Workspace, findings};
use serde_json::Value;

const FINE: &str = "services:\n  a:\n    image: alpine:3.22\n";
const ROOTS: &str = "services:\n  a:\n    image: alpine:3.22\n    privileged: true\n";
const CLOSED: &str = "{\"defaultAction\": \"SCMP_ACT_ERRNO\"}\n";
const OPEN: &str = "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}\n";
const SECCOMP: &str = "services:\n  a:\n    image: alpine:3.22\n    security_opt: ['seccomp:deploy/seccomp.json']\n";
const CONTEXT: &str = "version: 1\nprofiles: {default: {image-size: 1MB}}\ncontexts: [{dockerfile: docker/x.Dockerfile, context: files}]\n";

/// The files before, what the change does, and the rule that reports it.
struct Row {
    name: &'static str,
    before: &'static [(&'static str, &'static str)],
    change: &'static dyn Fn(&Workspace),
    rule: &'static str,
}

fn remove(workspace: &Workspace, path: &str) {
    std::fs::remove_file(workspace.path().join(path)).unwrap();
}

fn link(workspace: &Workspace, path: &str, target: &str) {
    let path = workspace.path().join(path);
    let _ = std::fs::remove_file(&path);
    std::os::unix::fs::symlink(target, path).unwrap();
}

/// Makes the folder a repository of its own and commits all that is in it.
fn commit_in(workspace: &Workspace, folder: &str) {
    let path = workspace.path().join(folder).display().to_string();
    for words in [
        &["init", "--quiet"][..],
        &["add", "-A"],
        &["commit", "--quiet", "--allow-empty", "-m", "x"],
    ] {
        assert!(workspace.git(&[&["-C", &path], words].concat()), "{words:?}");
    }
}

fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "an override that took the privilege away is deleted",
            before: &[
                ("compose.yaml", ROOTS),
                ("compose.override.yaml", "services: {a: {privileged: false}}\n"),
            ],
            change: &|workspace| remove(workspace, "compose.override.yaml"),
            rule: "privileged-service",
        },
        Row {
            name: "an override is added",
            before: &[("compose.yaml", FINE)],
            change: &|workspace| workspace.write("compose.override.yml", b"services: {a: {privileged: true}}\n"),
            rule: "privileged-service",
        },
        Row {
            name: "variables are deleted",
            before: &[
                (
                    "compose.yaml",
                    "services: {a: {image: 'alpine:3.22', privileged: \"${P-true}\"}}\n",
                ),
                (".env", "P=false\n"),
            ],
            change: &|workspace| remove(workspace, ".env"),
            rule: "privileged-service",
        },
        Row {
            name: "variables change",
            before: &[
                (
                    "compose.yaml",
                    "services: {a: {image: 'alpine:3.22', privileged: \"${P-true}\"}}\n",
                ),
                (".env", "P=false\n"),
            ],
            change: &|workspace| workspace.write(".env", b"P=true\n"),
            rule: "privileged-service",
        },
        Row {
            name: "a variable names another file",
            before: &[
                ("deploy/.env", "COMPOSE_FILE=fine.yml\n"),
                ("deploy/fine.yml", FINE),
                ("deploy/evil.yml", ROOTS),
            ],
            change: &|workspace| workspace.write("deploy/.env", b"COMPOSE_FILE=evil.yml\n"),
            rule: "privileged-service",
        },
        Row {
            name: "the target of a link changes",
            before: &[("deploy/app.txt", FINE)],
            change: &|workspace| workspace.write("deploy/app.txt", ROOTS.as_bytes()),
            rule: "privileged-service",
        },
        Row {
            name: "a link leads elsewhere",
            before: &[("deploy/app.txt", FINE), ("deploy/evil.txt", ROOTS)],
            change: &|workspace| link(workspace, "compose.yaml", "deploy/evil.txt"),
            rule: "privileged-service",
        },
        Row {
            name: "a profile of system calls opens",
            before: &[("compose.yaml", SECCOMP), ("deploy/seccomp.json", CLOSED)],
            change: &|workspace| workspace.write("deploy/seccomp.json", OPEN.as_bytes()),
            rule: "confinement-disabled",
        },
        Row {
            name: "an included file changes",
            before: &[("compose.yaml", "include: [parts/x.yaml]\n"), ("parts/x.yaml", FINE)],
            change: &|workspace| workspace.write("parts/x.yaml", ROOTS.as_bytes()),
            rule: "privileged-service",
        },
        Row {
            name: "an included file is deleted",
            before: &[("compose.yaml", "include: [parts/x.yaml]\n"), ("parts/x.yaml", FINE)],
            change: &|workspace| remove(workspace, "parts/x.yaml"),
            rule: "undefined-reference",
        },
        Row {
            name: "a file of variables that a service needs is deleted",
            before: &[
                (
                    "compose.yaml",
                    "services: {a: {image: 'alpine:3.22', env_file: deploy/a.env}}\n",
                ),
                ("deploy/a.env", "A=1\n"),
            ],
            change: &|workspace| remove(workspace, "deploy/a.env"),
            rule: "undefined-reference",
        },
        Row {
            name: "a Dockerfile that a service builds is deleted",
            before: &[
                (
                    "compose.yaml",
                    "services: {a: {build: {context: api, dockerfile: x}}}\n",
                ),
                ("api/x", "FROM alpine:3.22\n"),
                ("api/y", "\n"),
            ],
            change: &|workspace| remove(workspace, "api/x"),
            rule: "undefined-reference",
        },
        Row {
            name: "what a Dockerfile copies is deleted",
            before: &[
                ("compose.yaml", "services: {a: {build: api}}\n"),
                ("api/Dockerfile", "FROM alpine:3.22\nCOPY x.conf y.conf /d/\n"),
                ("api/x.conf", "1\n"),
                ("api/y.conf", "1\n"),
            ],
            change: &|workspace| remove(workspace, "api/x.conf"),
            rule: "missing-copy-source",
        },
        Row {
            name: "a context that the configuration names grows",
            before: &[
                ("plimsoll.yaml", CONTEXT),
                ("docker/x.Dockerfile", "FROM scratch\nCOPY . /\nUSER 1000:1000\n"),
                ("files/a", "1\n"),
            ],
            change: &|workspace| workspace.write("files/large", &vec![b'x'; 3_000_000]),
            rule: "image-size-above-budget",
        },
        Row {
            name: "a key comes into a context that the configuration names",
            before: &[
                ("plimsoll.yaml", CONTEXT),
                ("docker/x.Dockerfile", "FROM scratch\nCOPY . /\nUSER 1000:1000\n"),
                ("files/a", "1\n"),
            ],
            change: &|workspace| {
                let key =
                    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0123456789\n-----END RSA PRIVATE KEY-----\n";
                workspace.write("files/id_rsa", key.as_bytes());
            },
            rule: "secret-in-image",
        },
        Row {
            name: "a repository is cloned into it",
            before: &[("compose.yaml", FINE)],
            change: &|workspace| {
                workspace.write("nested/compose.yaml", ROOTS.as_bytes());
                commit_in(workspace, "nested");
            },
            rule: "privileged-service",
        },
        Row {
            name: "a submodule is added",
            before: &[("compose.yaml", FINE)],
            change: &|workspace| {
                workspace.write("module/compose.yaml", ROOTS.as_bytes());
                commit_in(workspace, "module");
                assert!(workspace.git(&["add", "module"]));
            },
            rule: "privileged-service",
        },
        Row {
            name: "a submodule moves",
            before: &[("compose.yaml", FINE), ("module/compose.yaml", FINE)],
            change: &|workspace| {
                workspace.write("module/compose.yaml", ROOTS.as_bytes());
                commit_in(workspace, "module");
            },
            rule: "privileged-service",
        },
        Row {
            name: "a submodule holds what is not committed",
            before: &[("compose.yaml", FINE), ("module/compose.yaml", FINE)],
            change: &|workspace| workspace.write("module/compose.yaml", ROOTS.as_bytes()),
            rule: "privileged-service",
        },
        Row {
            name: "the policy is tightened",
            before: &[
                ("compose.yaml", ROOTS),
                ("plimsoll.yaml", "version: 1\nrules: {privileged-service: \"off\"}\n"),
            ],
            change: &|workspace| workspace.write("plimsoll.yaml", b"version: 1\n"),
            rule: "privileged-service",
        },
        Row {
            name: "an ignore goes",
            before: &[(
                "compose.yaml",
                "services:\n  a:\n    image: alpine:3.22\n    privileged: true # plimsoll: ignore[privileged-service] it mounts disks\n",
            )],
            change: &|workspace| workspace.write("compose.yaml", ROOTS.as_bytes()),
            rule: "privileged-service",
        },
        Row {
            name: "a base that another file goes over is deleted",
            before: &[
                ("compose.yaml", "services: {a: {image: 'alpine:3.22'}}\n"),
                ("ci/compose.yaml", "services: {a: {restart: always}}\n"),
            ],
            change: &|workspace| remove(workspace, "compose.yaml"),
            rule: "service-without-image",
        },
    ]
}

fn has(report: &Value, rule: &str) -> bool {
    findings(report)
        .iter()
        .any(|finding| finding.split(' ').next() == Some(rule))
}

#[test]
fn a_change_that_makes_the_whole_red_is_red_by_itself() {
    for row in rows() {
        let workspace = Workspace::new(row.before);
        if !workspace.has_git() {
            return;
        }
        if row.name.contains("link") {
            link(&workspace, "compose.yaml", "deploy/app.txt");
        }
        if workspace.path().join("module").exists() {
            commit_in(&workspace, "module");
        }
        workspace.commit();
        let name = row.name;
        let before = workspace.json(&[]);
        assert!(
            !has(&before, row.rule),
            "{name}: it was there before: {:?}",
            findings(&before)
        );
        (row.change)(&workspace);
        assert!(
            has(&workspace.json(&[]), row.rule),
            "{name}: {:?}",
            findings(&workspace.json(&[]))
        );
        let committed = [false, true];
        for committed in committed {
            if committed && row.name != "a repository is cloned into it" && !row.name.ends_with("not committed") {
                workspace.commit();
            }
            let base = if workspace.git(&["rev-parse", "--verify", "--quiet", "HEAD~1"]) {
                "HEAD~1"
            } else {
                "HEAD"
            };
            for scope in ["new", "affected"] {
                let words = [&format!("--changed={base}"), &format!("--changed-scope={scope}")[..]];
                let report = workspace.json(&words.map(|word| word));
                assert!(
                    has(&report, row.rule),
                    "{name}, committed {committed}, {scope}: {} {:?}",
                    report["scope"],
                    findings(&report)
                );
            }
        }
    }
}

#[test]
fn what_was_there_before_is_left_out_and_counted() {
    let old = "services:\n  a:\n    image: alpine:3.22\n    privileged: true\n  c:\n    image: alpine:3.22\n    mem_limit: 64m\n";
    let files = [
        ("compose.yaml", old),
        ("plimsoll.yaml", "version: 1\nprofiles: {default: {memory: 32MiB}}\n"),
    ];
    let Some(workspace) = Workspace::repository(&files) else {
        return;
    };
    // Lines move, a service is added before the old one, and a limit gets worse.
    let new = "# more\nservices:\n  b:\n    image: alpine:3.22\n    privileged: true\n  a:\n    image: alpine:3.22\n    privileged: true\n  \
               c:\n    image: alpine:3.22\n    mem_limit: 128m\n";
    workspace.write("compose.yaml", new.as_bytes());
    let errors = |report: &Value| -> Vec<String> {
        let all = findings(report);
        let wanted =
            |finding: &&String| finding.starts_with("privileged-service") || finding.starts_with("memory-limit-above");
        all.iter().filter(wanted).cloned().collect()
    };
    let report = workspace.json(&["--changed=HEAD"]);
    assert_eq!(
        errors(&report),
        [
            "privileged-service compose.yaml:5",
            "memory-limit-above-budget compose.yaml:11"
        ]
    );
    let scope = report["scope"].as_str().unwrap();
    assert!(
        scope.contains("1 file in scope, without ") && scope.ends_with("known findings"),
        "{scope}"
    );
    let report = workspace.json(&["--changed=HEAD", "--changed-scope=affected"]);
    assert_eq!(errors(&report).len(), 3, "{:?}", findings(&report));
    // A limit that is over its budget as before, or less so, is known.
    workspace.write("compose.yaml", old.replace("64m", "48m").as_bytes());
    assert_eq!(errors(&workspace.json(&["--changed=HEAD"])), Vec::<String>::new());
    // Nothing that the change reaches.
    workspace.write("compose.yaml", old.as_bytes());
    workspace.write("notes", b"x");
    let report = workspace.json(&["--changed=HEAD"]);
    assert_eq!(report["verdict"], "pass");
    assert!(
        report["scope"].as_str().unwrap().ends_with("nothing in scope"),
        "{}",
        report["scope"]
    );
}

#[test]
fn fingerprints_are_those_of_the_whole() {
    let files = [("compose.yaml", FINE), ("other/compose.yaml", ROOTS)];
    let Some(workspace) = Workspace::repository(&files) else {
        return;
    };
    workspace.write("compose.yaml", ROOTS.as_bytes());
    let of = |report: &Value| -> Vec<Value> {
        let all = report["findings"].as_array().unwrap().iter();
        all.filter(|finding| finding["rule"] == "privileged-service" && finding["location"]["path"] == "compose.yaml")
            .map(|finding| finding["fingerprint"].clone())
            .collect()
    };
    assert_eq!(of(&workspace.json(&["--changed=HEAD"])), of(&workspace.json(&[])));
    assert_eq!(of(&workspace.json(&["--changed=HEAD"])).len(), 1);
}

#[test]
fn what_was_a_note_before_and_is_an_error_now_is_new() {
    let told = "services:\n  a:\n    image: acme/a:1\n    environment:\n      DEV_MODE: '1'\n      \
                AWS_SECRET_ACCESS_KEY: Zk3vTq8Lm2Xc9Rb7Yw5Nd1Fh4Gj6Kp0UsQaBx7Rt\n";
    let Some(workspace) = Workspace::repository(&[("compose.yaml", told)]) else {
        return;
    };
    assert_eq!(workspace.run(&[]).code, 0);
    workspace.write("compose.yaml", told.replace("DEV_MODE", "OTHER_MODE").as_bytes());
    let shown = workspace.run(&["--changed=HEAD"]);
    assert_eq!(shown.code, 1, "{shown:?}");
    assert!(shown.out.contains("secret-in-environment"), "{shown:?}");
}

//! Builds that are described elsewhere than in Compose files, and what a change reaches of them.

use crate::support::{Workspace, findings};

const BAKE: &str =
    "target \"app\" {\n  target = \"app\"\n}\ntarget \"other\" {\n  dockerfile = \"other.Dockerfile\"\n}\n";
const OTHER: &str = "FROM alpine:3.22\nUSER 1000\n";

fn workspace() -> Workspace {
    Workspace::new(&[
        ("Dockerfile", "FROM alpine:3.22 AS app\nUSER 1000\n"),
        ("other.Dockerfile", OTHER),
        ("docker-bake.hcl", BAKE),
    ])
}

#[test]
fn a_change_of_a_dockerfile_reaches_the_builds_of_it() {
    let workspace = workspace();
    if !workspace.has_git() {
        return;
    }
    assert!(workspace.git(&["add", "."]) && workspace.git(&["commit", "--quiet", "-m", "x"]));
    assert!(findings(&workspace.json(&["--changed=HEAD"])).is_empty());
    workspace.write("Dockerfile", b"FROM alpine:3.22 AS web\nUSER 1000\n");
    assert!(workspace.git(&["rm", "--quiet", "other.Dockerfile"]));
    let found = findings(&workspace.json(&["--changed=HEAD"]));
    for wanted in [
        "undefined-stage docker-bake.hcl:2",
        "undefined-reference docker-bake.hcl:5",
    ] {
        assert!(found.contains(&wanted.to_owned()), "{wanted}: {found:?}");
    }
}

#[test]
fn a_change_of_a_bake_file_reaches_its_dockerfile() {
    let workspace = workspace();
    if !workspace.has_git() {
        return;
    }
    workspace.write("other.Dockerfile", b"ARG V\nFROM alpine:3.22${V}\nUSER 1000\n");
    assert!(workspace.git(&["add", "."]) && workspace.git(&["commit", "--quiet", "-m", "x"]));
    let other = BAKE.replace(
        "other.Dockerfile\"\n",
        "other.Dockerfile\"\n  args = { V = \"@sha256:1\" }\n",
    );
    workspace.write("docker-bake.hcl", other.as_bytes());
    let found = findings(&workspace.json(&["--changed=HEAD"]));
    assert!(
        found.iter().any(|finding| finding.ends_with("other.Dockerfile:2")),
        "{found:?}"
    );
}

//! The hooks for pre-commit, run by the real `pre-commit` where it is installed: with the files of this repository's manifest.

use crate::support::Workspace;
use std::process::Command;

const FINE: &str = "services:\n  a:\n    image: alpine:3.22\n";
const ROOTS: &str = "services:\n  a:\n    image: alpine:3.22\n    privileged: true\n";

/// `pre-commit` by this variable, else on the PATH.
fn program() -> String {
    std::env::var("PLIMSOLL_PRE_COMMIT").unwrap_or_else(|_| "pre-commit".to_owned())
}

/// A repository with a remote that uses the hook for a plimsoll on the PATH; `None`, said visibly, where pre-commit or git is not there.
fn repository(files: &[(&str, &str)]) -> Option<Workspace> {
    if !Command::new(program())
        .arg("--version")
        .output()
        .is_ok_and(|shown| shown.status.success())
    {
        println!("skipped: there is no pre-commit");
        return None;
    }
    let workspace = Workspace::new(files);
    if !workspace.has_git() {
        return None;
    }
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml")).unwrap();
    let start = manifest.find("- id: plimsoll-system").unwrap();
    // A repository of hooks would be fetched; the same hook, written here, is not.
    let hook: String = manifest[start..]
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    let config = format!("repos:\n  - repo: local\n    hooks:\n{hook}");
    workspace.write(".pre-commit-config.yaml", config.as_bytes());
    let origin = workspace.path().join(".git/origin");
    assert!(workspace.git(&["init", "--quiet", "--bare", origin.to_str().unwrap()]));
    assert!(workspace.git(&["remote", "add", "origin", origin.to_str().unwrap()]));
    assert!(run(
        &workspace,
        &program(),
        &["install", "-t", "pre-commit", "-t", "pre-push"]
    ));
    Some(workspace)
}

/// Runs a program in the repository, with the plimsoll of this build and pre-commit on its PATH; whether it went well.
fn run(workspace: &Workspace, program: &str, words: &[&str]) -> bool {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let shown = Command::new(program)
        .args(words)
        .current_dir(workspace.path())
        .env("PATH", path)
        .env("PRE_COMMIT_HOME", workspace.path().join(".git/pre-commit"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs([("GIT_AUTHOR_NAME", "t"), ("GIT_AUTHOR_EMAIL", "t@example.org")])
        .envs([("GIT_COMMITTER_NAME", "t"), ("GIT_COMMITTER_EMAIL", "t@example.org")])
        .output()
        .unwrap();
    println!(
        "{words:?}: {}{}",
        String::from_utf8_lossy(&shown.stdout),
        String::from_utf8_lossy(&shown.stderr)
    );
    shown.status.success()
}

#[test]
fn a_commit_is_judged_as_it_is_about_to_be() {
    let Some(workspace) = repository(&[("compose.yaml", FINE)]) else {
        return;
    };
    assert!(run(&workspace, "git", &["add", "-A"]) && run(&workspace, "git", &["commit", "-m", "fine"]));
    workspace.write("compose.yaml", ROOTS.as_bytes());
    assert!(run(&workspace, "git", &["add", "-A"]));
    // What mends it is not staged.
    workspace.write("compose.yaml", FINE.as_bytes());
    assert!(!run(&workspace, "git", &["commit", "-m", "not fine"]));
    // And the other way round.
    assert!(run(&workspace, "git", &["add", "-A"]));
    workspace.write("other.txt", b"x");
    assert!(run(&workspace, "git", &["add", "-A"]));
    workspace.write("compose.yaml", ROOTS.as_bytes());
    assert!(run(&workspace, "git", &["commit", "-m", "fine"]));
}

#[test]
fn all_files_and_ranges_of_commits_are_judged() {
    let Some(workspace) = repository(&[("compose.yaml", FINE)]) else {
        return;
    };
    assert!(run(&workspace, "git", &["add", "-A"]) && run(&workspace, "git", &["commit", "-m", "fine"]));
    assert!(run(&workspace, &program(), &["run", "--all-files"]));
    workspace.write("compose.yaml", ROOTS.as_bytes());
    assert!(run(
        &workspace,
        "git",
        &["commit", "-am", "past the hook", "--no-verify"]
    ));
    assert!(!run(&workspace, &program(), &["run", "--all-files"]));
    assert!(!run(
        &workspace,
        &program(),
        &["run", "--from-ref", "HEAD~1", "--to-ref", "HEAD"]
    ));
    // A range that ends before.
    assert!(run(
        &workspace,
        &program(),
        &["run", "--from-ref", "HEAD~1", "--to-ref", "HEAD~1"]
    ));
}

#[test]
fn a_push_is_judged_by_what_is_pushed() {
    let Some(workspace) = repository(&[("compose.yaml", FINE)]) else {
        return;
    };
    assert!(run(&workspace, "git", &["add", "-A"]) && run(&workspace, "git", &["commit", "-m", "fine"]));
    assert!(run(&workspace, "git", &["push", "origin", "main"]));
    workspace.write("compose.yaml", ROOTS.as_bytes());
    assert!(run(
        &workspace,
        "git",
        &["commit", "-am", "past the hook", "--no-verify"]
    ));
    assert!(!run(&workspace, "git", &["push", "origin", "main"]));
    // Mended in the work tree and staged, but not in what is pushed.
    workspace.write("compose.yaml", FINE.as_bytes());
    assert!(run(&workspace, "git", &["add", "-A"]));
    assert!(!run(&workspace, "git", &["push", "origin", "main"]));
    // Another branch than the one that is checked out.
    assert!(run(&workspace, "git", &["branch", "broken", "HEAD"]));
    assert!(run(&workspace, "git", &["commit", "-m", "fine"]));
    assert!(!run(&workspace, "git", &["push", "origin", "broken"]));
    assert!(run(&workspace, "git", &["push", "origin", "main"]));
    // What is broken here, and not in the commit, does not matter.
    workspace.write("untracked/compose.yaml", ROOTS.as_bytes());
    assert!(run(
        &workspace,
        "git",
        &["commit", "--allow-empty", "-m", "fine", "--no-verify"]
    ));
    assert!(run(&workspace, "git", &["push", "origin", "main"]));
}

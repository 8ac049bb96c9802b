//! Nothing that looks like a file to judge is dropped in silence: what hides it is made on the fly.

use crate::support::{Workspace, findings, has};
use serde_json::Value;

const FINE: &str = "services:\n  a:\n    image: alpine:3.22\n";
const ROOTS: &str = "services:\n  a:\n    image: alpine:3.22\n    privileged: true\n";

fn finds(workspace: &Workspace, wanted: &str) {
    let report = workspace.json(&[]);
    assert!(
        findings(&report).contains(&wanted.to_owned()),
        "{:?}",
        findings(&report)
    );
}

#[test]
fn without_an_index_that_can_be_read_ignore_files_hide_nothing() {
    let workspace = Workspace::new(&[
        ("compose.yaml", FINE),
        (".gitignore", "sub/\n"),
        ("sub/compose.yaml", ROOTS),
    ]);
    finds(&workspace, "privileged-service sub/compose.yaml:4");
    if !workspace.has_git() {
        return;
    }
    // A folder that git ignores is not what is about to be committed.
    let report = workspace.json(&[]);
    assert!(!has(&report, "privileged-service"), "{:?}", findings(&report));
    assert!(workspace.git(&["add", "-f", "."]));
    finds(&workspace, "privileged-service sub/compose.yaml:4");
    workspace.write(".git/index", b"DIRC\0\0\0\x02 and then nothing that git knows");
    finds(&workspace, "privileged-service sub/compose.yaml:4");
}

#[test]
fn what_a_submodule_tracks_is_judged_whatever_ignore_files_say() {
    let workspace = Workspace::new(&[
        ("compose.yaml", FINE),
        (".gitignore", "inner/\n"),
        ("inner/.gitignore", "*\n"),
        ("inner/compose.yaml", ROOTS),
        ("inner/built/compose.yaml", ROOTS),
    ]);
    if !workspace.has_git() {
        return;
    }
    let inner = workspace.path().join("inner");
    let inner = inner.to_str().unwrap();
    assert!(workspace.git(&["-C", inner, "init", "--quiet"]));
    assert!(workspace.git(&["-C", inner, "add", "-f", ".gitignore", "compose.yaml"]));
    assert!(workspace.git(&["-C", inner, "commit", "--quiet", "-m", "x"]));
    assert!(workspace.git(&["add", "-f", "compose.yaml", ".gitignore", "inner"]));
    let report = workspace.json(&[]);
    let all = findings(&report);
    assert!(
        all.contains(&"privileged-service inner/compose.yaml:4".to_owned()),
        "{all:?}"
    );
    assert!(!all.iter().any(|finding| finding.contains("inner/built/")), "{all:?}");
    // Its content is there and its index is not, as where somebody unpacked an archive.
    std::fs::remove_dir_all(workspace.path().join("inner/.git")).unwrap();
    finds(&workspace, "privileged-service inner/built/compose.yaml:4");
    finds(&workspace, "privileged-service inner/compose.yaml:4");
}

#[test]
fn a_repository_that_lies_in_the_repository_hides_nothing_that_it_tracks() {
    let workspace = Workspace::new(&[
        ("compose.yaml", FINE),
        ("cloned/.gitignore", "*\n"),
        ("cloned/compose.yaml", ROOTS),
    ]);
    if !workspace.has_git() {
        return;
    }
    let cloned = workspace.path().join("cloned");
    let cloned = cloned.to_str().unwrap();
    assert!(workspace.git(&["-C", cloned, "init", "--quiet"]));
    assert!(workspace.git(&["-C", cloned, "add", "-f", "."]));
    finds(&workspace, "privileged-service cloned/compose.yaml:4");
}

#[test]
fn folders_that_cannot_be_searched_are_said() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::new(&[("compose.yaml", FINE), ("closed/compose.yaml", ROOTS)]);
    let closed = workspace.path().join("closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    let is_closed = std::fs::read_dir(&closed).is_err();
    let report = workspace.json(&[]);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    if is_closed {
        assert!(
            findings(&report).contains(&"unreadable-input closed:1".to_owned()),
            "{:?}",
            findings(&report)
        );
        assert_eq!(report["verdict"], "fail");
    } else {
        println!("skipped: root may look into every folder");
    }
}

#[test]
fn a_path_that_is_too_long_is_said() {
    let workspace = Workspace::new(&[("compose.yaml", FINE)]);
    // One folder after the other, as the whole path cannot be asked for.
    let script = "for (1..25) { my $d = '0' x 200; mkdir $d or die; chdir $d or die } open F, '>compose.yaml' or die; print F $ARGV[0]";
    let made = std::process::Command::new("perl")
        .args(["-e", script, ROOTS])
        .current_dir(workspace.path())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: there is no perl");
        return;
    }
    let report = workspace.json(&[]);
    assert!(has(&report, "unreadable-input"), "{:?}", findings(&report));
    assert_eq!(report["verdict"], "fail");
}

#[test]
fn a_run_that_judged_nothing_is_no_pass() {
    use std::os::unix::fs::symlink;
    type Files<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Files<'_>, Option<(&str, &str)>); 4] = [
        (&[(".env", "COMPOSE_FILE=nope.yml\n")], None),
        (&[("readme", "x")], Some(("compose.yml", "nowhere"))),
        (
            &[(
                "Dockerfile",
                "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            )],
            None,
        ),
        (&[("readme", "x")], Some(("Dockerfile", "/etc/hostname"))),
    ];
    for (files, link) in cases {
        let workspace = Workspace::new(files);
        if let Some((name, target)) = link {
            symlink(target, workspace.path().join(name)).unwrap();
        }
        let shown = workspace.run(&["--root", ".", "--format", "json"]);
        assert_eq!(shown.code, 2, "{files:?} {link:?}: {shown:?}");
        let report: Value = serde_json::from_str(&shown.out).unwrap();
        assert_eq!(report["verdict"], "error");
        assert_eq!(report["summary"]["files"], 0);
        for format in ["text", "sarif", "github", "gitlab", "markdown", "junit", "line"] {
            let shown = workspace.run(&["--root", ".", "--format", format]);
            assert_eq!(shown.code, 2, "{format}: {shown:?}");
            assert!(!shown.err.is_empty(), "{format}");
        }
    }
}

#[test]
fn a_configuration_behind_a_broken_link_is_not_the_same_as_none() {
    let workspace = Workspace::new(&[("compose.yaml", FINE)]);
    std::os::unix::fs::symlink("nowhere.yaml", workspace.path().join("plimsoll.yaml")).unwrap();
    let shown = workspace.run(&["--root", "."]);
    assert_eq!(shown.code, 2, "{shown:?}");
    assert!(shown.err.contains("a broken link"), "{shown:?}");
}

#[test]
fn files_lists_what_is_read_and_what_was_left_out() {
    let workspace = Workspace::new(&[
        ("compose.yaml", "include: [parts/x.yaml]\nservices: {a: {build: api}}\n"),
        ("compose.override.yaml", "services: {a: {restart: always}}\n"),
        ("parts/x.yaml", FINE),
        ("deploy/.env", "COMPOSE_FILE=app.yml\n"),
        ("deploy/app.yml", FINE),
        ("api/Dockerfile", "FROM alpine:3.22\n"),
        ("Dockerfile-x", "FROM alpine:3.22\n"),
        ("Dockerfile.j2", "FROM {{ base }}\n"),
        ("stack.yaml", "resolver: lts\n"),
        (".gitignore", "hidden/\n"),
        ("hidden/compose.yaml", ROOTS),
    ]);
    std::os::unix::fs::symlink("nowhere", workspace.path().join("x.Dockerfile")).unwrap();
    if !workspace.has_git() {
        return;
    }
    let shown = workspace.run(&["files", "--json"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let listing: Value = serde_json::from_str(&shown.out).unwrap();
    let paths = |part: &str| -> Vec<String> {
        let rows = listing[part].as_array().unwrap().iter();
        rows.map(|row| row["path"].as_str().unwrap_or(row.as_str().unwrap_or("")).to_owned())
            .collect()
    };
    assert_eq!(
        paths("sets"),
        ["compose.yaml + compose.override.yaml", "deploy/app.yml"]
    );
    assert_eq!(paths("dockerfiles"), ["Dockerfile-x", "api/Dockerfile"]);
    assert_eq!(paths("unread"), ["x.Dockerfile"]);
    assert_eq!(
        paths("left_out"),
        ["Dockerfile.j2", "hidden/compose.yaml", "stack.yaml"]
    );
    assert_eq!(paths("read"), ["deploy/.env", "parts/x.yaml"]);
    assert_eq!(listing["dockerfiles"][1]["why"], "built by a");
}

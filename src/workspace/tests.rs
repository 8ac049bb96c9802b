use super::*;
use std::fs;
use std::os::unix::fs::symlink;

fn workspace() -> (tempfile::TempDir, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("root")).unwrap();
    fs::write(folder.path().join("secret"), "password").unwrap();
    let workspace = Workspace::open(&folder.path().join("root")).unwrap();
    (folder, workspace)
}

#[test]
fn nothing_outside_the_root_is_read() {
    let (folder, mut workspace) = workspace();
    symlink("../secret", folder.path().join("root/link")).unwrap();
    symlink(folder.path().join("secret"), folder.path().join("root/absolute")).unwrap();
    for path in ["../secret", "a/../../secret", "/etc/passwd"] {
        assert_eq!(workspace.source(Path::new(path)), Err(Missing::Outside), "{path}");
    }
    // A name below the root is a file to read, so that it is said.
    for path in ["link", "absolute"] {
        let refused = workspace.source(Path::new(path)).unwrap_err();
        let Missing::Unreadable(why) = refused else {
            panic!("{path}: {refused:?}");
        };
        assert!(why.contains("outside the workspace root"), "{path}: {why}");
    }
}

#[test]
fn what_is_no_text_is_a_finding_with_its_reason() {
    let (folder, mut workspace) = workspace();
    let root = folder.path().join("root");
    fs::write(root.join("latin"), b"a\xe9b").unwrap();
    fs::write(root.join("wide"), b"\xff\xfea\0").unwrap();
    fs::write(root.join("nul"), b"a\0b").unwrap();
    fs::write(root.join("big"), vec![b'x'; 5 * 1024 * 1024 + 1]).unwrap();
    for (name, word) in [
        ("latin", "UTF-8 (byte 1)"),
        ("wide", "UTF-16"),
        ("nul", "binary"),
        ("big", "larger"),
    ] {
        assert!(
            matches!(workspace.source(Path::new(name)), Err(Missing::Unreadable(reason)) if reason.contains(word)),
            "{name}"
        );
    }
    assert_eq!(workspace.take_problems().len(), 4);
}

#[test]
fn links_inside_the_root_are_followed() {
    let (folder, mut workspace) = workspace();
    fs::write(folder.path().join("root/real"), "text").unwrap();
    symlink("real", folder.path().join("root/link")).unwrap();
    assert!(workspace.source(Path::new("link")).is_ok());
}

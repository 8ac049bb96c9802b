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

#[test]
fn what_takes_the_place_of_a_file_after_the_look_is_not_opened() {
    let (folder, workspace) = workspace();
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::create_dir(folder.path().join("outside")).unwrap();
    fs::write(root.join("a/b/file"), "text").unwrap();
    fs::write(folder.path().join("outside/file"), "password").unwrap();
    let find = |path: &str| workspace.ground.find(Path::new(path));
    assert!(matches!(find("a/b/file"), Ok(beneath::Found::File(_))));
    assert!(matches!(find("a/b"), Ok(beneath::Found::Folder)));
    assert!(matches!(find(""), Ok(beneath::Found::Folder)));
    // The paths are those that were found to be free of links; now something else lies there.
    fs::remove_dir_all(root.join("a/b")).unwrap();
    symlink("../../outside", root.join("a/b")).unwrap();
    assert!(find("a/b/file").is_err());
    assert!(matches!(find("a/b"), Ok(beneath::Found::Other)));
    assert!(workspace.ground.list(Path::new("a/b"), 9).is_err());
    symlink("../outside/file", root.join("last")).unwrap();
    assert!(matches!(find("last"), Ok(beneath::Found::Other)));
    fs::rename(root.join("a"), folder.path().join("moved")).unwrap();
    symlink("../moved", root.join("a")).unwrap();
    assert!(find("a/b/file").is_err() && find("a/b").is_err());
    for path in ["../outside/file", "a/../../outside/file", "/etc/passwd"] {
        assert!(find(path).is_err(), "{path}");
    }
}

#[test]
fn what_is_no_regular_file_is_not_opened() {
    let (folder, mut workspace) = workspace();
    let pipe = folder.path().join("root/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    // Opening it would wait for ever.
    assert!(matches!(
        workspace.ground.find(Path::new("pipe")),
        Ok(beneath::Found::Other)
    ));
    assert!(matches!(
        workspace.source(Path::new("pipe")),
        Err(Missing::Unreadable(_))
    ));
    assert_eq!(workspace.peek(Path::new("pipe"), 9), None);
}

/// What a change touches is as it was, whatever stands in its way now; the rest is that of the checkout.
#[test]
fn before_a_change_its_paths_are_as_they_were() {
    let (folder, mut now) = workspace();
    let (root, old) = (folder.path().join("root"), folder.path().join("old"));
    for (path, text) in [
        ("root/same/a", "same"),
        ("root/new/b", "new"),
        ("root/file", "is"),
        ("root/was-folder", "a file now"),
        ("old/file", "was"),
        ("old/gone/c", "gone"),
        ("old/was-folder/d", "d"),
        ("old/run.sh", "#!/bin/sh"),
        ("root/run.sh", "#!/bin/sh"),
        ("root/linked", "no link now"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    symlink("same/a", old.join("linked")).unwrap();
    symlink("gone/c", root.join("to-gone")).unwrap();
    symlink("file", root.join("to-file")).unwrap();
    let mode =
        |path: &Path, mode| fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(&old.join("run.sh"), 0o755);
    mode(&root.join("run.sh"), 0o644);
    let touched = [
        "new/b",
        "file",
        "was-folder",
        "was-folder/d",
        "gone/c",
        "run.sh",
        "linked",
    ];
    let changed = Changed {
        paths: touched.map(PathBuf::from).into(),
        ..Changed::default()
    };
    assert_eq!(now.text(Path::new("same/a")).unwrap(), "same");
    let files = ["file", "gone/c", "was-folder/d", "run.sh", "linked"]
        .map(PathBuf::from)
        .into();
    let mut before = now.before(&changed, &old, files).unwrap();
    for (path, text) in [
        ("same/a", Some("same")),
        ("new/b", None),
        ("file", Some("was")),
        ("gone/c", Some("gone")),
        ("was-folder/d", Some("d")),
        ("linked", Some("same")),
        ("to-gone", Some("gone")),
        ("to-file", Some("was")),
    ] {
        assert_eq!(before.text(Path::new(path)).ok().as_deref(), text, "{path}");
    }
    assert_eq!(before.is_folder(Path::new("new")), None);
    assert_eq!(before.is_folder(Path::new("gone")), Some(true));
    assert_eq!(before.is_executable(Path::new("run.sh")), Some(true));
    assert_eq!(now.is_executable(Path::new("run.sh")), Some(false));
    let paths =
        |tree: crate::build::context::Tree| tree.entries.into_iter().map(|entry| entry.path).collect::<Vec<_>>();
    assert_eq!(
        paths(before.tree(Path::new(""), &["".to_owned()], None)),
        [
            "file",
            "gone",
            "gone/c",
            "linked",
            "run.sh",
            "same",
            "same/a",
            "to-file",
            "to-gone",
            "was-folder",
            "was-folder/d"
        ]
    );
}

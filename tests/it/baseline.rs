//! `--write-baseline` and `--baseline`: what was there when the gate came is left out, and nothing else.
use crate::support::{Workspace, findings, has};

const OLD: &str = "services:\n  api:\n    image: acme/api:1.4\n    privileged: true\n";

fn with_baseline() -> (Workspace, String) {
    let workspace = Workspace::new(&[("compose.yaml", OLD)]);
    assert_eq!(workspace.run(&[]).code, 1);
    let shown = workspace.run(&["--notes", "--write-baseline", "known.txt"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let text = std::fs::read_to_string(workspace.path().join("known.txt")).unwrap();
    (workspace, text)
}

#[test]
fn what_was_there_is_left_out_and_what_is_new_is_not() {
    let (workspace, text) = with_baseline();
    let before = workspace.json(&[])["findings"].as_array().unwrap().len();
    assert_eq!(text.lines().count(), before + 1);
    assert!(text.contains(" privileged-service compose.yaml api\n"), "{text}");
    let report = workspace.json(&["--baseline", "known.txt"]);
    assert_eq!((&report["verdict"], findings(&report).len()), (&"pass".into(), 0));
    assert_eq!(
        report["scope"],
        format!("full, without {before} findings of the baseline `known.txt`")
    );

    // Lines above, and another service with the same mistake.
    let new = OLD.replace("services:\n", "# one\n# two\nservices:\n")
        + "  web:\n    image: acme/web:1\n    privileged: true\n";
    workspace.write("compose.yaml", new.as_bytes());
    let report = workspace.json(&["--baseline", "known.txt", "--notes"]);
    assert_eq!(report["verdict"], "fail");
    assert!(
        findings(&report).contains(&"privileged-service compose.yaml:9".to_owned()),
        "{report:#}"
    );
    assert!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|finding| finding["unit"] == "web")
    );

    // What is mended is no longer found.
    workspace.write("compose.yaml", OLD.replace("    privileged: true\n", "").as_bytes());
    let report = workspace.json(&["--baseline", "known.txt"]);
    assert!(
        report["scope"]
            .as_str()
            .unwrap()
            .contains("of its entries no longer found"),
        "{}",
        report["scope"]
    );
    for format in ["text", "markdown", "github", "sarif"] {
        let shown = workspace.run(&["--baseline", "known.txt", "--format", format]);
        assert!(shown.out.contains("of the baseline"), "{format}: {}", shown.out);
    }
}

#[test]
fn what_is_no_baseline_hides_nothing() {
    let (workspace, text) = with_baseline();
    for broken in [
        String::new(),
        "privileged-service\n".to_owned(),
        text.replace("baseline 1", "baseline 2"),
        format!("{text}<<<<<<< HEAD\n"),
        format!("{text}0123 root-user\n"),
        text.lines().skip(1).collect::<Vec<_>>().join("\n"),
    ] {
        workspace.write("broken.txt", broken.as_bytes());
        let shown = workspace.run(&["--baseline", "broken.txt"]);
        assert_eq!(shown.code, 2, "{broken}");
        assert!(
            shown.err.contains("the baseline `broken.txt` cannot be used"),
            "{}",
            shown.err
        );
    }
    workspace.write("binary.txt", b"\xff\xfe");
    for absent in ["absent.txt", "binary.txt", "."] {
        assert_eq!(workspace.run(&["--baseline", absent]).code, 2, "{absent}");
    }
    assert_eq!(workspace.run(&["--write-baseline", "no/such/folder"]).code, 2);
    assert_eq!(workspace.run(&["--write-baseline", "a", "--baseline", "b"]).code, 2);
    assert_eq!(workspace.run(&["--write-baseline", "a", "--changed"]).code, 2);
}

#[test]
fn a_baseline_is_part_of_the_policy_of_the_base() {
    let (workspace, text) = with_baseline();
    let git = |words: &[&str]| assert!(workspace.git(words), "{words:?}");
    let short: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("privileged-service"))
        .collect();
    workspace.write("known.txt", short.join("\n").as_bytes());
    if !workspace.has_git() {
        return;
    }
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "base"]);
    workspace.write("known.txt", text.as_bytes());
    let report = workspace.json(&["--baseline", "known.txt", "--changed=main"]);
    assert_eq!(
        report["policy_changes"][0],
        "1 entry is added to the baseline `known.txt`"
    );
    let report = workspace.json(&["--baseline", "known.txt", "--config-from", "main"]);
    assert!(
        report["verdict"] == "fail" && has(&report, "privileged-service"),
        "{report:#}"
    );
    let report = workspace.json(&["--baseline", "other.txt", "--config-from", "main"]);
    assert_eq!(report["verdict"], "fail");
}

#[test]
fn it_is_found_by_itself_and_by_the_configuration() {
    let workspace = Workspace::new(&[("compose.yaml", OLD)]);
    let shown = workspace.run(&["--write-baseline", "plimsoll.baseline"]);
    assert!(
        shown
            .err
            .contains("wrote 1 finding to `plimsoll.baseline`; commit it: it is used from now on"),
        "{}",
        shown.err
    );
    let shown = workspace.run(&[]);
    assert_eq!(shown.code, 0, "{}", shown.out);
    assert!(
        shown.out.contains("plimsoll: pass, ") && shown.out.contains(" (1 known: 1 error) in 1 file"),
        "{}",
        shown.out
    );
    assert_eq!(workspace.json(&[])["summary"]["known"], 1);
    assert_eq!(workspace.run(&["--no-baseline"]).code, 1);

    let text = std::fs::read_to_string(workspace.path().join("plimsoll.baseline")).unwrap();
    std::fs::remove_file(workspace.path().join("plimsoll.baseline")).unwrap();
    assert_eq!(workspace.run(&[]).code, 1);
    workspace.write("ci/known.txt", text.as_bytes());
    workspace.write("plimsoll.yaml", b"version: 1\nbaseline: ci/known.txt\n");
    assert_eq!(workspace.run(&[]).code, 0);
    // What the configuration names has to be there, and in the repository.
    for path in ["ci/none.txt", "../known.txt", "/etc/hostname"] {
        workspace.write("plimsoll.yaml", format!("version: 1\nbaseline: {path}\n").as_bytes());
        assert_eq!(workspace.run(&[]).code, 2, "{path}");
    }
    // A link to elsewhere is none that is found.
    workspace.write("plimsoll.yaml", b"version: 1\n");
    std::os::unix::fs::symlink("ci/known.txt", workspace.path().join("plimsoll.baseline")).unwrap();
    assert_eq!(workspace.run(&[]).code, 1);
}

#[test]
fn a_figure_that_grows_is_new() {
    let compose = |limit: &str| format!("services:\n  db:\n    image: acme/db:1.4\n    mem_limit: {limit}\n");
    let workspace = Workspace::new(&[("compose.yaml", &compose("300m"))]);
    workspace.write(
        "plimsoll.yaml",
        b"version: 1\nprofiles: {p: {memory: 256MiB}}\nassign: [{profile: p}]\n",
    );
    assert_eq!(workspace.run(&[]).code, 1);
    workspace.run(&["--write-baseline", "plimsoll.baseline"]);
    let text = std::fs::read_to_string(workspace.path().join("plimsoll.baseline")).unwrap();
    assert!(text.contains("=314572800 memory-limit-above-budget"), "{text}");
    for (limit, code) in [("300m", 0), ("280m", 0), ("16g", 1), ("301m", 1)] {
        workspace.write("compose.yaml", compose(limit).as_bytes());
        let shown = workspace.run(&[]);
        assert_eq!(shown.code, code, "{limit}: {}", shown.out);
        assert_eq!(
            shown.out.contains("larger figure than there"),
            code == 1,
            "{limit}: {}",
            shown.out
        );
    }
    for broken in ["=x", "=", "=inf", "=1=2"] {
        workspace.write("plimsoll.baseline", text.replace("=314572800", broken).as_bytes());
        assert_eq!(workspace.run(&[]).code, 2, "{broken}");
    }
}

#[test]
fn what_is_mended_can_be_taken_out() {
    let two = OLD.to_owned() + "  web:\n    image: acme/web:1.0\n    privileged: true\n";
    let workspace = Workspace::new(&[("compose.yaml", &two)]);
    workspace.run(&["--write-baseline", "plimsoll.baseline"]);
    let lines = || {
        let text = std::fs::read_to_string(workspace.path().join("plimsoll.baseline")).unwrap();
        text.lines().count()
    };
    assert_eq!(lines(), 3);
    workspace.write("compose.yaml", OLD.as_bytes());
    let shown = workspace.run(&["--baseline-prune"]);
    assert_eq!((shown.code, lines()), (0, 2), "{shown:?}");
    // A new finding is not taken in, and an unchanged file is written as it was.
    workspace.write("compose.yaml", two.as_bytes());
    let shown = workspace.run(&["--baseline-prune"]);
    assert_eq!((shown.code, lines()), (1, 2), "{shown:?}");
}

#[test]
fn a_baseline_of_older_words_counts() {
    let workspace = Workspace::new(&[(
        "compose.yaml",
        "services:\n  api:\n    image: acme/api:1.4\n    privileged: true\n",
    )]);
    workspace.run(&["--write-baseline", "plimsoll.baseline"]);
    let path = workspace.path().join("plimsoll.baseline");
    let text = std::fs::read_to_string(&path).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    let old = "# plimsoll baseline 1: findings that were there when the gate came. Take lines out as they are mended.";
    std::fs::write(&path, format!("{old}\n{rest}")).unwrap();
    let shown = workspace.run(&[]);
    assert!(shown.code == 0 && shown.out.contains("known"), "{shown:?}");
    std::fs::write(&path, format!("# plimsoll baseline 2: x\n{rest}")).unwrap();
    assert_eq!(workspace.run(&[]).code, 2);
}

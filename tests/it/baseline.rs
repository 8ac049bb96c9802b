//! `--write-baseline` and `--baseline`: what was there when the gate came is left out, and nothing else.
use crate::support::{Workspace, findings, has};

const OLD: &str = "services:\n  api:\n    image: acme/api:1.4\n    privileged: true\n";

fn with_baseline() -> (Workspace, String) {
    let workspace = Workspace::new(&[("compose.yaml", OLD)]);
    assert_eq!(workspace.run(&[]).code, 1);
    let shown = workspace.run(&["--write-baseline", "known.txt"]);
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
        format!("full, without {before} findings of the baseline 'known.txt'")
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
            shown.err.contains("the baseline 'broken.txt' cannot be used"),
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
        "1 entry is added to the baseline 'known.txt'"
    );
    let report = workspace.json(&["--baseline", "known.txt", "--config-from", "main"]);
    assert!(
        report["verdict"] == "fail" && has(&report, "privileged-service"),
        "{report:#}"
    );
    let report = workspace.json(&["--baseline", "other.txt", "--config-from", "main"]);
    assert_eq!(report["verdict"], "fail");
}

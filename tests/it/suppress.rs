//! Comments of other tools hide what they name, there and nowhere else, and nothing is said about them.
use crate::support::{Workspace, findings};

/// The lines on which a rule finds something in a Dockerfile.
fn lines(rule: &str, dockerfile: &str) -> Vec<u64> {
    lines_on(rule, dockerfile, "2026-11-25")
}

fn lines_on(rule: &str, dockerfile: &str, today: &str) -> Vec<u64> {
    let report = Workspace::new(&[("Dockerfile", dockerfile)]).json(&["--today", today]);
    for about in ["unused-ignore", "ignore-without-reason", "expired-ignore"] {
        assert!(
            !crate::support::has(&report, about),
            "{dockerfile}: {:?}",
            findings(&report)
        );
    }
    let found = report["findings"].as_array().unwrap().iter();
    found
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| finding["location"]["line"].as_u64().unwrap())
        .collect()
}

const ADD: &str = "RUN apk add curl\n";

#[test]
fn hadolint_holds_for_the_next_instruction_the_stage_or_the_file() {
    let rule = "package-cache-kept";
    let file = |comment: &str| format!("FROM alpine:3.22\n{comment}\n{ADD}{ADD}");
    assert_eq!(lines(rule, &file("")), [3, 4]);
    assert_eq!(lines(rule, &file("# hadolint ignore=DL3018,DL3019")), [4]);
    assert_eq!(lines(rule, &file("#hadolint ignore = dl3019 # it is tiny")), [4]);
    assert_eq!(lines(rule, &file("# hadolint ignore=DL3019\n# another word\n")), [6]);
    assert_eq!(lines(rule, &file("# hadolint stage ignore=DL3019")), [] as [u64; 0]);
    assert_eq!(lines(rule, &file("# hadolint global ignore=DL3019")), [] as [u64; 0]);
    // Another code, another tool's code, another tool's comment.
    for comment in [
        "# hadolint ignore=DL3018",
        "# hadolint ignore=DS-0025",
        "# hadolint ignore=package-cache-kept",
        "# trivy:ignore:DL3019",
        "# kics-scan ignore",
    ] {
        assert_eq!(lines(rule, &file(comment)), [3, 4], "{comment}");
    }
}

#[test]
fn a_stage_ends_at_the_next_one() {
    let file = "# hadolint stage ignore=DL3007\nFROM alpine:latest AS one\nRUN true\nFROM alpine:latest\n\
                COPY --from=one /a /a\n";
    assert_eq!(lines("floating-base-image", file), [4]);
    let inside = "FROM alpine:3.22 AS one\nRUN apk add git\n# hadolint stage ignore=DL3019\nRUN apk add curl\n\
                  FROM one\nRUN apk add wget\n";
    assert_eq!(lines("package-cache-kept", inside), [2, 6]);
}

#[test]
fn an_instruction_of_several_lines_is_held_whole() {
    let file = "FROM alpine:3.22\n# hadolint ignore=DL3019\nRUN true && \\\n    apk add curl && \\\n    apk add git\n";
    assert_eq!(lines("package-cache-kept", file), [] as [u64; 0]);
    // Inside of an instruction a comment holds for the next line.
    let inside = "FROM alpine:3.22\nRUN true && \\\n    # hadolint ignore=DL3019\n    apk add curl\nRUN apk add git\n";
    assert_eq!(lines("package-cache-kept", inside), [5]);
}

#[test]
fn checkov_holds_for_the_whole_file() {
    let file = |comment: &str| format!("FROM alpine\nUSER root\n{comment}\n");
    assert_eq!(lines("root-user", &file("")), [2]);
    let held = file("# checkov:skip=CKV_DOCKER_3: it steps down itself");
    assert_eq!(lines("root-user", &held), [] as [u64; 0]);
    assert_eq!(lines("floating-base-image", &held), [1]);
    assert_eq!(lines("root-user", &file("#checkov:skip=CKV_DOCKER_8")), [] as [u64; 0]);
    assert_eq!(lines("root-user", &file("# checkov:skip=CKV_DOCKER_30: no")), [2]);
    let other = Workspace::new(&[
        ("a/Dockerfile", &held),
        ("b/Dockerfile", "FROM alpine:3.22\nUSER root\n"),
    ]);
    let found = findings(&other.json(&[]));
    assert!(found.contains(&"root-user b/Dockerfile:2".to_owned()), "{found:?}");
    assert!(!found.contains(&"root-user a/Dockerfile:2".to_owned()), "{found:?}");
}

#[test]
fn trivy_holds_for_its_line_or_the_next_instruction_until_its_day() {
    let file = |comment: &str| format!("FROM alpine:3.22\n{comment}\n{ADD}{ADD}");
    for code in [
        "DS-0025",
        "DS025",
        "AVD-DS-0025",
        "avd-ds-0025",
        "*",
        "DS-*",
        "AVD-DS-00*",
    ] {
        let file = file(&format!("# trivy:ignore:{code}"));
        assert_eq!(lines("package-cache-kept", &file), [4], "{code}");
    }
    let until = file("#trivy:ignore:DS-0025:exp:2026-12-31");
    assert_eq!(lines_on("package-cache-kept", &until, "2026-12-30"), [4]);
    assert_eq!(lines_on("package-cache-kept", &until, "2026-12-31"), [3, 4]);
    assert_eq!(
        lines("package-cache-kept", &file("#trivy:ignore:DS-0025:exp:never")),
        [3, 4]
    );
    let same = "FROM alpine:3.22\nRUN apk add curl # trivy:ignore:DS-0025\nRUN apk add git\n";
    assert_eq!(lines("package-cache-kept", same), [3]);
    let text = "FROM alpine:3.22\nRUN apk add curl && echo '# trivy:ignore:DS-0025'\n";
    assert_eq!(lines("package-cache-kept", text), [2]);
}

#[test]
fn buildkit_holds_for_the_file_at_the_top_and_else_for_the_next_instruction() {
    let body = "FROM alpine:3.22\nWORKDIR app\nRUN apk add curl\n";
    let found = |text: &str| (lines("relative-workdir", text), lines("package-cache-kept", text));
    let none: Vec<u64> = Vec::new();
    for top in [
        "# check=skip=WorkdirRelativePath,UndefinedVar",
        "# check=skip=all",
        "#check=skip=workdirrelativepath;error=true",
        "# syntax=docker/dockerfile:1\n# check=skip=all",
    ] {
        let (workdir, cache) = found(&format!("{top}\n{body}"));
        // `all` is all of BuildKit's own checks.
        assert!(workdir == none && cache.len() == 1, "{top}");
    }
    let (workdir, _) = found(&format!("# check=skip=UndefinedVar\n{body}"));
    assert_eq!(workdir, [3]);
    let near = "FROM alpine:3.22\nRUN true\n# check=skip=WorkdirRelativePath // it is on purpose\nWORKDIR app\n\
                FROM alpine:3.22\nWORKDIR app\n";
    assert_eq!(lines("relative-workdir", near), [6]);
}

#[test]
fn a_comment_in_a_heredoc_is_none() {
    let file = "FROM alpine:3.22\nRUN <<EOF\nset -e\n# checkov:skip=CKV_DOCKER_3\nEOF\nUSER root\n";
    assert_eq!(lines("root-user", file), [6]);
}

#[test]
fn a_dockerfile_inside_a_compose_file_holds_only_for_itself() {
    let compose = "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM alpine:latest\n        \
                   # checkov:skip=CKV_DOCKER_7: built for today\n        RUN true\n  b:\n    image: nginx:latest\n";
    let report = Workspace::new(&[("compose.yaml", compose)]).json(&[]);
    let found = findings(&report);
    assert!(
        found.contains(&"floating-base-image compose.yaml:9".to_owned()),
        "{found:?}"
    );
    assert!(
        !found.contains(&"floating-base-image compose.yaml:5".to_owned()),
        "{found:?}"
    );
    let before = compose
        .replace("services:", "# checkov:skip=CKV_DOCKER_7\nservices:")
        .replace("        # checkov:skip=CKV_DOCKER_7: built for today\n", "");
    let found = findings(&Workspace::new(&[("compose.yaml", &before)]).json(&[]));
    assert!(
        found.contains(&"floating-base-image compose.yaml:6".to_owned()),
        "{found:?}"
    );
}

#[test]
fn a_rule_is_explained_by_the_code_of_another_tool() {
    let workspace = Workspace::new(&[]);
    for (code, rule) in [
        ("DL3009", "package-cache-kept"),
        ("dl3009", "package-cache-kept"),
        ("DS002", "root-user"),
        ("AVD-DS-0002", "root-user"),
        ("CKV_DOCKER_3", "root-user"),
        ("CL-0002", "privileged-service"),
        ("WorkdirRelativePath", "relative-workdir"),
        ("no-version-field", "ignored-setting"),
    ] {
        let shown = workspace.run(&["explain", code]);
        assert!(shown.code == 0 && shown.out.starts_with(rule), "{code}: {shown:?}");
    }
    let shown = workspace.run(&["explain", "DL3008"]);
    assert_eq!(shown.code, 2);
    assert!(
        shown.err.contains("no rule corresponds to DL3008 of hadolint"),
        "{}",
        shown.err
    );
}

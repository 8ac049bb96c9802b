//! Comments that hide findings: what they reach, and `plimsoll ignore`, which writes them.
use crate::support::{Workspace, findings};

const COMPOSE: &str = "\
services:
  web:
    image: nginx:1.29
    privileged: true
    # Keep: the order of what follows.
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
    ports:
    - 8080:80
  db:
    image: postgres:17
    privileged: true
";

/// The places of a rule after a change of the Compose file.
fn places(rule: &str, old: &str, new: &str) -> Vec<String> {
    assert!(COMPOSE.contains(old), "{old}");
    let workspace = Workspace::new(&[("compose.yaml", &COMPOSE.replacen(old, new, 1))]);
    let found = findings(&workspace.json(&[]));
    let unused = found.iter().any(|finding| finding.starts_with("unused-ignore"));
    let mut places: Vec<String> = found.into_iter().filter(|finding| finding.starts_with(rule)).collect();
    if unused {
        places.push("unused".to_owned());
    }
    places
}

#[test]
fn a_comment_alone_above_a_service_or_a_key_covers_its_block() {
    let rule = "privileged-service";
    let none: [&str; 0] = [];
    assert_eq!(
        places(rule, "  web:", "  web:"),
        [
            "privileged-service compose.yaml:4",
            "privileged-service compose.yaml:12"
        ]
    );
    let above = "# plimsoll: ignore[privileged-service] it runs the machine\n";
    assert_eq!(
        places(rule, "  web:\n", &format!("  {above}  web:\n")),
        ["privileged-service compose.yaml:13"]
    );
    assert_eq!(places(rule, "services:\n", &format!("{above}services:\n")), none);
    // Behind something it covers its line.
    assert_eq!(
        places(rule, "  web:\n", &format!("  web: {above}")),
        [
            "privileged-service compose.yaml:4",
            "privileged-service compose.yaml:12",
            "unused"
        ]
    );
    let socket = "# plimsoll: ignore[engine-socket-mounted] it restarts the workers\n";
    assert_eq!(
        places(
            "engine-socket",
            "    volumes:\n",
            &format!("    {socket}    volumes:\n")
        ),
        none
    );
    // Items at the column of their key belong to it.
    let port = "# plimsoll: ignore[port-on-every-interface] it is the front door\n";
    assert_eq!(
        places("port-on-every", "    ports:\n", &format!("    {port}    ports:\n")),
        none
    );
    // The next key is no part of it.
    assert_eq!(
        places(
            "engine-socket",
            "    image: nginx",
            &format!("    {socket}    image: nginx")
        ),
        ["engine-socket-mounted compose.yaml:8", "unused"]
    );
}

#[test]
fn a_comment_that_misses_says_where_the_nearest_finding_is() {
    let files = [
        ("api/Dockerfile", "FROM node:22-alpine\nUSER root\n"),
        (
            "compose.yaml",
            "services:\n  api:\n    build: api # plimsoll: ignore[root-user] it steps down itself\n",
        ),
    ];
    let shown = Workspace::new(&files).run(&[]);
    let said = "the nearest finding of this rule is at `api/Dockerfile:2`: move it there, or delete it";
    assert!(shown.out.contains(said), "{}", shown.out);
    // Without a colon, or with the code of another tool.
    for (comment, said) in [
        (
            "# plimsoll ignore[root-user] why not",
            "write `# plimsoll: ignore[rule] reason`",
        ),
        (
            "# plimsoll: ignore[DL3002] why not",
            "use `root-user`, the name of that rule here",
        ),
        ("# plimsoll: ignore[rootuser] why not", "did you mean `root-user`?"),
    ] {
        let file = format!("FROM node:22-alpine\n{comment}\nUSER root\n");
        let shown = Workspace::new(&[("Dockerfile", &file)]).run(&[]);
        assert!(shown.out.contains(said), "{comment}: {}", shown.out);
    }
    let sentence = "FROM scratch\n# plimsoll ignores this\nUSER 1000\nCOPY a /a\n";
    let report = Workspace::new(&[("Dockerfile", sentence), ("a", "")]).json(&[]);
    assert!(!crate::support::has(&report, "unused-ignore"), "{report}");
}

/// Runs `ignore` and gives the file as it is then.
#[track_caller]
fn ignored(files: &[(&str, &str)], path: &str, finding: &str) -> String {
    let workspace = Workspace::new(files);
    let before = findings(&workspace.json(&[])).len();
    let shown = workspace.run(&["ignore", finding, "--reason", "it is meant"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    let report = workspace.json(&[]);
    assert!(
        !crate::support::has(&report, "unused-ignore"),
        "{:?}",
        findings(&report)
    );
    assert!(findings(&report).len() < before, "{:?}", findings(&report));
    std::fs::read_to_string(workspace.path().join(path)).unwrap()
}

#[test]
fn the_comment_is_written_above_what_it_hides_and_nothing_else_changes() {
    let comment = "# plimsoll: ignore[privileged-service] it is meant\n";
    for finding in [
        "compose.yaml:4",
        "compose.yaml:4:5",
        "./compose.yaml:4",
        "compose.yaml:4:privileged-service",
        "compose.yaml:4:5:privileged-service",
    ] {
        let new = ignored(&[("compose.yaml", COMPOSE)], "compose.yaml", finding);
        let wanted = COMPOSE.replacen("    privileged", &format!("    {comment}    privileged"), 1);
        assert_eq!(new, wanted, "{finding}");
    }
    let windows = COMPOSE.replace('\n', "\r\n");
    let new = ignored(&[("compose.yaml", &windows)], "compose.yaml", "compose.yaml:12");
    assert_eq!(
        new.replace("\r\n", "\n").replace(&format!("    {comment}"), ""),
        COMPOSE
    );
    assert_eq!(new.matches("\r\n").count(), new.matches('\n').count());
    // By its fingerprint.
    let workspace = Workspace::new(&[("compose.yaml", COMPOSE)]);
    let report = workspace.json(&[]);
    let socket = report["findings"].as_array().unwrap().iter();
    let socket = socket
        .clone()
        .find(|finding| finding["rule"] == "engine-socket-mounted")
        .unwrap();
    let new = ignored(
        &[("compose.yaml", COMPOSE)],
        "compose.yaml",
        socket["fingerprint"].as_str().unwrap(),
    );
    assert!(
        new.contains("      # plimsoll: ignore[engine-socket-mounted] it is meant\n      - /var/run"),
        "{new}"
    );
}

#[test]
fn in_a_dockerfile_it_is_written_above_the_instruction() {
    let file = "# syntax=docker/dockerfile:1\nFROM alpine:3.22\nRUN true && \\\n    # curl alone\n    apk add curl\nUSER nobody\n";
    let new = ignored(&[("Dockerfile", file)], "Dockerfile", "Dockerfile:5:package-cache-kept");
    let wanted = file.replace(
        "RUN true",
        "# plimsoll: ignore[package-cache-kept] it is meant\nRUN true",
    );
    assert_eq!(new, wanted);
    // The first line, without an end.
    let new = ignored(
        &[("Dockerfile", "FROM alpine:latest")],
        "Dockerfile",
        "Dockerfile:1:floating-base-image",
    );
    assert_eq!(
        new,
        "# plimsoll: ignore[floating-base-image] it is meant\nFROM alpine:latest"
    );
}

#[test]
fn inside_of_a_text_it_goes_above_the_key() {
    let compose =
        "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM alpine:latest\n        USER nobody\n";
    let new = ignored(
        &[("compose.yaml", compose)],
        "compose.yaml",
        "compose.yaml:5:floating-base-image",
    );
    let comment = "      # plimsoll: ignore[floating-base-image] it is meant\n      dockerfile_inline";
    assert_eq!(new, compose.replace("      dockerfile_inline", comment));
}

#[test]
fn what_cannot_be_hidden_by_a_comment_is_told_with_the_lines_of_the_configuration() {
    let config = "never-ignore: [privileged-service]\n";
    let workspace = Workspace::new(&[("compose.yaml", COMPOSE), ("plimsoll.yaml", config)]);
    let shown = workspace.run(&["ignore", "compose.yaml:4", "--reason", "it is meant"]);
    assert_eq!(shown.code, 2);
    let lines = "ignore:\n  - {rule: privileged-service, paths: [\"compose.yaml\"], reason: \"it is meant\"}\n";
    assert!(shown.err.ends_with(lines), "{}", shown.err);
    assert_eq!(
        std::fs::read_to_string(workspace.path().join("compose.yaml")).unwrap(),
        COMPOSE
    );
    for (finding, reason, said) in [
        (
            "compose.yaml:5",
            "it is meant",
            "no finding at `compose.yaml:5`; the nearest is compose.yaml:4:privileged-service",
        ),
        (
            "compose.yaml",
            "it is meant",
            "is neither FILE:LINE, FILE:LINE:RULE nor a fingerprint",
        ),
        ("compose.yaml:4", "-", "the reason must be a sentence on one line"),
        ("compose.yaml:4", "it\nis", "the reason must be a sentence on one line"),
        (
            "compose.yaml:2",
            "it is meant",
            "several rules found something there: compose.yaml:2:",
        ),
    ] {
        let shown = workspace.run(&["ignore", finding, "--reason", reason]);
        assert!(shown.code == 2 && shown.err.contains(said), "{finding}: {}", shown.err);
    }
}

#[test]
fn thousands_of_comments_take_no_time_of_their_own() {
    let services: String = (0..3000)
        .map(|number| format!("  s{number}: {{image: 'x:1', privileged: true}}\n"))
        .collect();
    let comment = "# plimsoll: ignore[privileged-service] it is meant\n";
    let plain = format!("services:\n{services}");
    let commented = format!(
        "{}services:\n{services}{}",
        comment.repeat(20_000),
        comment.repeat(20_000)
    );
    let took = |compose: &str| {
        Workspace::new(&[("compose.yaml", compose)])
            .run(&["--format", "line"])
            .took
    };
    let (before, after) = (took(&plain), took(&commented));
    // Forty thousand comments, each against the lines below it or against three thousand findings, would take minutes.
    assert!(
        after < before * 5 + std::time::Duration::from_secs(10),
        "{before:?} {after:?}"
    );
}

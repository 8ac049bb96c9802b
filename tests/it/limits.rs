//! What a run may not do: take for ever, show what was handed over, write where a link of the checkout leads.
use crate::support::{FORMATS, Workspace};

const PINNED: &str = "services:\n  a: {image: \"busybox:1.36\"}\n";

/// Dozens of times what a run may take in the tests here, and small enough to be made.
fn slow() -> Workspace {
    let workspace = Workspace::new(&[("compose.yaml", PINNED)]);
    let lines: String = (0..40_000)
        .map(|index| format!("RUN mkdir /x{index} && cd /x{index} && apk add p{index}\n"))
        .collect();
    workspace.write("big/Dockerfile", format!("FROM alpine:3.22\n{lines}").as_bytes());
    workspace
}

#[test]
fn past_the_deadline_the_gate_could_not_run_and_says_why() {
    let workspace = slow();
    let shown = workspace.run(&[
        "check",
        "--root",
        ".",
        "--deadline",
        "2s",
        "--format",
        "json",
        "--output",
        "sarif=s.sarif",
        "--output",
        "junit=j.xml",
    ]);
    assert_eq!(shown.code, 2, "{}", shown.err);
    let report: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(report["verdict"], "error");
    let why = report["error"].as_str().unwrap();
    assert!(
        why.contains("2s") && why.contains("`big/Dockerfile`") && why.contains("--deadline 5m"),
        "{why}"
    );
    assert!(report["findings"].as_array().unwrap().is_empty());
    let sarif = std::fs::read_to_string(workspace.path().join("s.sarif")).unwrap();
    assert!(sarif.contains("\"executionSuccessful\":false") || sarif.contains("\"executionSuccessful\": false"));
    assert!(
        std::fs::read_to_string(workspace.path().join("j.xml"))
            .unwrap()
            .contains("big/Dockerfile")
    );
    // Nor does `--exit-zero` make a pass of it.
    assert_eq!(workspace.run(&["--exit-zero", "--deadline", "2s"]).code, 2);
}

#[test]
fn the_deadline_is_set_on_the_command_line_alone() {
    let workspace = Workspace::new(&[
        ("compose.yaml", PINNED),
        ("plimsoll.yaml", "version: 1\ndeadline: 1h\n"),
    ]);
    assert_eq!(workspace.run(&[]).code, 2);
    let workspace = Workspace::new(&[("compose.yaml", PINNED)]);
    for time in ["0", "-5s", "soon", "5"] {
        assert_eq!(workspace.run(&["--deadline", time]).code, 2, "{time}");
    }
    assert_eq!(
        workspace
            .run_with(&["--deadline", "5m"], &[("PLIMSOLL_DEADLINE", "1ms")])
            .code,
        0
    );
    assert_eq!(workspace.run(&["image", "--deadline", "5m", "x.tar"]).code, 2);
}

#[test]
fn nothing_that_was_handed_over_is_shown() {
    let compose = "services:\n  api:\n    image: \"registry.test/${NAME}:latest\"\n    user: \"${WHO}\"\n    networks: [\"${NET}\"]\n    \
                   command: [\"run\", \"--as=${WHO}\"]\n    volumes: [\"${DATA}:/etc\", \"/etc:/${DATA}\"]\n    privileged: true\n    \
                   ports: [\"${PORT}:80\"]\n    hostname: ${HOST_NAME:-x}\n    environment: {MODE: \"${MODE}\", A: \"${NESTED}\"}\n    \
                   build: {context: ., args: {V: \"${WHO}\"}, target: \"${STAGE}\"}\nnetworks: {default: {driver: \"${NET}\"}}\n";
    let values = [
        ("NAME", "hunterimage"),
        ("WHO", "Wh0IsThisUser"),
        ("NET", "netofsecrets"),
        ("DATA", "/srv/Hidden"),
        ("PORT", "54321-54329"),
        ("HOST_NAME", "hostofours"),
        ("MODE", "lowercase"),
        ("NESTED", "p4ssphrase-7"),
        ("STAGE", "stageofours"),
        ("UNUSED", "neverused"),
    ];
    let file: String = values.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let workspace = Workspace::new(&[
        ("compose.yaml", compose),
        ("Dockerfile", "FROM busybox:1.36 AS final\nARG V\nUSER $V\n"),
    ]);
    let outside = tempfile::tempdir().unwrap();
    let env_file = outside.path().join("ci.env");
    std::fs::write(&env_file, file).unwrap();
    let env_file = env_file.display().to_string();
    let mut runs: Vec<(String, String)> = Vec::new();
    for format in FORMATS {
        let from_file = workspace.run(&["--notes", "--format", format, "--env-file", &env_file]);
        runs.push((format!("{format} --env-file"), from_file.out + &from_file.err));
        let from_process = workspace.run_with(&["--notes", "--format", format, "--env"], &values);
        runs.push((format!("{format} --env"), from_process.out + &from_process.err));
    }
    let shown = workspace.run(&["--show", "api", "--env-file", &env_file]);
    runs.push(("--show".to_owned(), shown.out + &shown.err));
    for (how, text) in runs {
        assert!(text.len() > 100, "{how}: {text}");
        for (name, value) in values {
            assert!(!text.contains(value), "{how} shows {name}: {text}");
        }
    }
}

#[test]
fn no_output_is_written_through_a_link_of_the_checkout() {
    let workspace = Workspace::new(&[("compose.yaml", PINNED), ("real/x", "")]);
    let outside = tempfile::tempdir().unwrap();
    let link =
        |target: &std::path::Path, name: &str| std::os::unix::fs::symlink(target, workspace.path().join(name)).unwrap();
    link(outside.path(), "rep");
    link(std::path::Path::new("/dev/null"), "null.sarif");
    link(&workspace.path().join("real"), "inside");
    for output in [
        "sarif=rep/x.sarif",
        "sarif=null.sarif",
        "json=inside/x.json",
        "json=real/../rep/y.json",
    ] {
        let shown = workspace.run(&["--root", ".", "--output", output]);
        assert_eq!(shown.code, 2, "{output}: {}", shown.err);
        assert!(shown.err.contains("link"), "{output}: {}", shown.err);
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    let place = outside.path().join("x.json").display().to_string();
    for output in ["json=real/x.json", &format!("json={place}"), "sarif=/dev/null"] {
        assert_eq!(workspace.run(&["--root", ".", "--output", output]).code, 0, "{output}");
    }
}

#[test]
fn junit_shows_what_deceives() {
    let workspace = Workspace::new(&[(
        "compose.yaml",
        "services:\n  a:\n    image: x:1\n    \"pri\u{202e}v\u{200b}\u{fe0f}\": 1\n",
    )]);
    let shown = workspace.run(&["--notes", "--format", "junit"]);
    assert!(
        shown.out.contains("\\u{202e}") && shown.out.contains("\\u{200b}"),
        "{}",
        shown.out
    );
    assert!(
        !shown.out.contains(['\u{202e}', '\u{200b}', '\u{fe0f}']),
        "{}",
        shown.out
    );
}

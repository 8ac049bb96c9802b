//! Hostile input: each ends in a finding or a clear error, in bounded time, with the other files still judged.
use crate::support::{FORMATS, Workspace, findings, has};
use std::time::Duration;

/// Beside the hostile file stands one with a known mistake: it must be found whatever the other one holds.
fn judged(path: &str, bytes: &[u8]) -> (Workspace, serde_json::Value) {
    let workspace = Workspace::new(&[(
        "other/compose.yaml",
        "services:\n  a:\n    image: x:1\n    image: x:2\n",
    )]);
    workspace.write(path, bytes);
    let shown = workspace.run(&["check", "--root", ".", "--format", "json"]);
    assert!(shown.took < Duration::from_secs(60), "{path}: took {:?}", shown.took);
    assert!(!shown.err.contains("panicked"), "{path}: {}", shown.err);
    let report: serde_json::Value =
        serde_json::from_str(&shown.out).unwrap_or_else(|error| panic!("{path}: {error}: {shown:?}"));
    assert!(
        findings(&report).contains(&"duplicate-key other/compose.yaml:4".to_owned()),
        "{path}: the other file was not judged"
    );
    for format in FORMATS.into_iter().filter(|format| !format.starts_with("json")) {
        let shown = workspace.run(&["--notes", "--format", format]);
        assert!(
            matches!(shown.code, 0 | 1) && !shown.err.contains("panicked"),
            "{path} as {format}: {}",
            shown.err
        );
    }
    (workspace, report)
}

fn finds(path: &str, bytes: &[u8], rule: &str) {
    let (_, report) = judged(path, bytes);
    let hit = findings(&report)
        .into_iter()
        .any(|finding| finding.starts_with(&format!("{rule} {path}:")));
    assert!(hit, "{path}: no {rule} in {:?}", findings(&report));
}

#[test]
fn files_that_are_no_text() {
    finds("compose.yaml", b"services: {a: {image: 'x:\xff'}}", "unreadable-input");
    finds("compose.yaml", b"\xff\xfes\0e\0r\0", "unreadable-input");
    finds("compose.yaml", b"services:\0", "unreadable-input");
    finds("Dockerfile", b"FROM x:1\nRUN \xff\n", "unreadable-input");
}

#[test]
fn empty_files() {
    judged("compose.yaml", b"");
    judged("compose.yaml", b"# nothing\n");
    finds("Dockerfile", b"", "invalid-dockerfile");
    finds("compose.yaml", b"- a\n- b\n", "wrong-compose-type");
    finds("compose.yaml", b"just text", "wrong-compose-type");
}

#[test]
fn a_byte_order_mark_shifts_nothing() {
    let (_, report) = judged(
        "compose.yaml",
        "\u{feff}services:\n  a:\n    image: x:1\n    image: x:2\n".as_bytes(),
    );
    assert!(findings(&report).contains(&"duplicate-key compose.yaml:4".to_owned()));
}

#[test]
fn twenty_megabytes_of_yaml() {
    let mut text = String::from("services:\n");
    while text.len() < 20 * 1024 * 1024 {
        text.push_str("  some-service-name: {image: 'registry.example.org/group/name:1.2.3', restart: always}\n");
    }
    finds("compose.yaml", text.as_bytes(), "unreadable-input");
}

#[test]
fn bombs_and_deep_nesting() {
    let mut bomb = String::from("x-0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        bomb.push_str(&format!(
            "x-{level}: &a{level} [{}]\n",
            vec![format!("*a{}", level - 1); 9].join(", ")
        ));
    }
    bomb.push_str("services: {a: {image: 'x:1'}}\n");
    finds("compose.yaml", bomb.as_bytes(), "unreadable-input");
    let problem = |text: &str| {
        let (_, report) = judged("compose.yaml", text.as_bytes());
        let mine: Vec<_> = findings(&report)
            .into_iter()
            .filter(|finding| finding.contains(" compose.yaml:"))
            .collect();
        assert!(
            mine.iter()
                .any(|finding| finding.starts_with("invalid-yaml") || finding.starts_with("unreadable-input")),
            "{mine:?}"
        );
    };
    problem(&"- ".repeat(50_000));
    problem(&"[".repeat(200_000));
    problem(&"{a: ".repeat(5_000));
    problem(&"? ".repeat(5_000));
    problem("services: &a {x: *a}\n");
    problem("a: &a [*a]\n");
    let nested: String = (0..2000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    problem(&nested);
}

#[test]
fn anchors_that_hold_each_other_stay_cheap() {
    let mut text = String::from("x-0: &a0 {k: v}\n");
    for level in 1..3000 {
        text.push_str(&format!("x-{level}: &a{level} {{k: *a{}}}\n", level - 1));
    }
    text.push_str("services: {a: {image: 'x:1'}}\n");
    judged("compose.yaml", text.as_bytes());
}

#[test]
fn links_and_pipes() {
    use std::os::unix::fs::symlink;
    let workspace = Workspace::new(&[("compose.yaml", "services: {a: {image: 'x:1'}}\n"), ("loop/x", "")]);
    symlink("/etc/passwd", workspace.path().join("Dockerfile")).unwrap();
    symlink("..", workspace.path().join("loop/up")).unwrap();
    symlink("self.Dockerfile", workspace.path().join("self.Dockerfile")).unwrap();
    let piped = std::process::Command::new("mkfifo")
        .arg(workspace.path().join("b.Dockerfile"))
        .status()
        .is_ok_and(|status| status.success());
    let shown = workspace.run(&["--root", ".", "--format", "json"]);
    assert!(shown.took < Duration::from_secs(30));
    let report: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert!(
        findings(&report).contains(&"unreadable-input Dockerfile:1".to_owned()),
        "{:?}",
        findings(&report)
    );
    assert_eq!(
        piped,
        findings(&report).contains(&"unreadable-input b.Dockerfile:1".to_owned()),
        "{:?}",
        findings(&report)
    );
    assert!(!shown.out.contains("root:x"), "the target of the link was read");
}

#[test]
fn nothing_outside_the_root_is_read() {
    let outer = Workspace::new(&[
        (
            "secret.yaml",
            "services: {base: {image: 'planted:1', environment: {PLANTED: planted-value}}}\n",
        ),
        ("secret.env", "PLANTED=planted-value\n"),
        (
            "root/compose.yaml",
            "include: [../secret.yaml]\nservices:\n  a: {extends: {file: ../secret.yaml, service: base}}\n  b: {image: 'x:1', env_file: ../secret.env}\n  c: {image: 'x:1', build: ..}\n",
        ),
        ("Dockerfile", "FROM planted:1\n"),
    ]);
    let shown = outer.run(&["--root", "root", "--format", "json"]);
    assert!(!shown.out.contains("planted"), "{}", shown.out);
    assert!(shown.out.contains("undecided-value"), "{}", shown.out);
}

#[test]
fn cycles_of_includes_and_extends_end() {
    let workspace = Workspace::new(&[
        (
            "compose.yaml",
            "include: [b.yaml]\nservices: {a: {image: 'x:1', extends: c}, c: {image: 'x:1', extends: a}}\n",
        ),
        ("b.yaml", "include: [compose.yaml]\nservices: {d: {image: 'x:1'}}\n"),
    ]);
    let report = workspace.json(&[]);
    assert!(has(&report, "dependency-cycle"), "{:?}", findings(&report));
}

#[test]
fn fans_of_includes_stay_bounded() {
    let mut files = vec![("compose.yaml".to_owned(), "include: [i0.yaml, i0.yaml]\n".to_owned())];
    for level in 0..30 {
        files.push((
            format!("i{level}.yaml"),
            format!(
                "include: [i{0}.yaml, i{0}.yaml]\nservices: {{s{level}: {{image: 'x:1'}}}}\n",
                level + 1
            ),
        ));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let shown = Workspace::new(&files).run(&["--root", ".", "--format", "json"]);
    assert!(
        shown.took < Duration::from_secs(30) && matches!(shown.code, 0 | 1),
        "{:?} {}",
        shown.took,
        shown.err
    );
}

#[test]
fn ten_thousand_services() {
    let mut text = String::from("services:\n");
    for index in 0..10_000 {
        text.push_str(&format!(
            "  s{index}: {{image: 'x:1', depends_on: [s{}]}}\n",
            (index + 1) % 10_000
        ));
    }
    finds("compose.yaml", text.as_bytes(), "dependency-cycle");
}

#[test]
fn ranges_of_all_ports() {
    let mut text = String::from("services:\n");
    for index in 0..200 {
        text.push_str(&format!("  s{index}: {{image: 'x:1', ports: ['1-65535:1-65535']}}\n"));
    }
    finds("compose.yaml", text.as_bytes(), "unreadable-input");
}

#[test]
fn interpolation_bombs() {
    let deep = format!(
        "services: {{a: {{image: '{}x{}'}}}}\n",
        "${A-".repeat(3000),
        "}".repeat(3000)
    );
    judged("compose.yaml", deep.as_bytes());
    let mut env = String::from("A=xxxxxxxxxxxxxxxx\n");
    for level in 1..60 {
        let before = if level == 1 {
            "A".to_owned()
        } else {
            format!("A{}", level - 1)
        };
        env.push_str(&format!("A{level}=${{{before}}}${{{before}}}\n"));
    }
    let workspace = Workspace::new(&[("compose.yaml", "services: {a: {image: 'x:${A59}'}}\n"), (".env", &env)]);
    let shown = workspace.run(&["--format", "json"]);
    assert!(shown.took < Duration::from_secs(30) && matches!(shown.code, 0 | 1));
}

/// What a runner would take for a command: a line that starts with `::` once it is trimmed, and the older form anywhere.
fn commands(text: &str) -> Vec<&str> {
    text.split(['\n', '\r'])
        .filter(|line| line.trim_start().starts_with("::") || line.contains("##["))
        .collect()
}

/// Every place that a report repeats: names, values, comments, reasons, instructions, paths, the configuration.
fn full_of(hostile: &str) -> Workspace {
    let text = serde_json::to_string(hostile).unwrap();
    let line = hostile.replace(['\n', '\r'], " ");
    let services: String = (0..15)
        .map(|number| {
            let name = serde_json::to_string(&format!("{hostile}{number}")).unwrap();
            format!(
                "  {name}:\n    image: {text}\n    privileged: true\n    mem_limit: 1g\n    user: {text}\n    command: [{text}]\n    \
                 cap_add: [{text}]\n    networks: [{text}]\n    depends_on: [{text}]\n    environment: {{LABEL: {text}}}\n    \
                 volumes: [{text}, '/var/run/docker.sock:/s']\n    {text}: {text}\n"
            )
        })
        .collect();
    Workspace::new(&[
        (
            &format!("{}/compose.yaml", hostile.replace('/', "|")),
            &format!("services:\n{services}"),
        ),
        (
            "Dockerfile",
            &format!(
                "# plimsoll: ignore[{line}] {line}\nFROM {line} AS {line}\nUSER {line}\nRUN {line}\nCOPY {line} /x\n{line}\n"
            ),
        ),
        (
            "plimsoll.yaml",
            &format!(
                "version: 1\nprofiles: {{{text}: {{memory: 1MiB, image-size: 1MB}}}}\nassign: [{{profile: {text}}}]\n"
            ),
        ),
    ])
}

#[test]
fn no_text_of_a_file_is_a_command_in_any_output() {
    for hostile in [
        "::error file=x,line=1::pwned",
        "x\n::add-mask::y\n  ::stop-commands::z",
        "x\r::set-output name=verdict::pass\r\n::endgroup::",
        "##[set-env name=PATH]/x",
        "###[error]x##[group]y",
        "%0A::error::pwned%0D",
        "\u{2028}::error::x\u{85}::warning::y\u{b}::notice::z",
        "a,line=9,title=x::y",
    ] {
        let workspace = full_of(hostile);
        for format in FORMATS {
            for notes in [&["--notes"][..], &[]]
                .iter()
                .take(if format == "github" { 2 } else { 1 })
            {
                let base = format!("--changed={hostile}");
                let shown = workspace.run(&[&["--root", ".", "--format", format, &base], *notes].concat());
                assert_eq!(shown.code, 1, "{format}: {}", shown.err);
                assert!(commands(&shown.err).is_empty(), "{format}: {}", shown.err);
                let found = commands(&shown.out);
                if format != "github" {
                    assert!(found.is_empty(), "{format}: {found:?}");
                    continue;
                }
                assert!(!shown.out.contains("##["), "{found:?}");
                for (kind, at_most) in [
                    ("error", 10),
                    ("warning", 10),
                    ("notice", if notes.is_empty() { 0 } else { 10 }),
                ] {
                    let of_kind = found.iter().filter(|line| line.starts_with(&format!("::{kind} file=")));
                    let titled = of_kind.inspect(|line| {
                        // Nothing of the file is a property: each stands once, in this order.
                        let (head, _) = line[2..].split_once("::").unwrap();
                        let keys: Vec<&str> = head.split(',').map(|pair| pair.split('=').next().unwrap()).collect();
                        let file = format!("{kind} file");
                        let whole = [file.as_str(), "line", "endLine", "col", "endColumn", "title"];
                        assert!(keys == whole || keys == [&whole[..3], &whole[5..]].concat(), "{line}");
                    });
                    assert!(titled.count() <= at_most, "{kind}");
                }
                let ours = [
                    "::error file=",
                    "::warning file=",
                    "::notice file=",
                    "::error title=plimsoll::",
                ];
                let is_ours = |line: &&str| ours.iter().any(|start| line.starts_with(start));
                assert!(found.iter().all(is_ours), "{found:?}");
                assert!(
                    shown.code == 2 || shown.out.contains("more, not annotated"),
                    "{}",
                    shown.out
                );
            }
        }
        // The action writes to a log and to files that the runner reads line by line.
        let outputs = workspace.path().join("outputs");
        let summary = workspace.path().join("summary");
        let shown = workspace.run_with(
            &["action"],
            &[
                ("GITHUB_WORKSPACE", workspace.path().to_str().unwrap()),
                ("GITHUB_OUTPUT", outputs.to_str().unwrap()),
                ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
                ("INPUT_CHANGED-ONLY", "true"),
                ("INPUT_BASE", hostile),
                ("INPUT_NOTES", "true"),
            ],
        );
        assert_eq!(shown.code, 1, "{}", shown.err);
        assert!(commands(&shown.err).is_empty(), "{}", shown.err);
        let kinds = [
            "::error file=",
            "::warning file=",
            "::notice file=",
            "::error title=plimsoll::",
        ];
        let strange = commands(&shown.out).into_iter();
        let strange: Vec<&str> = strange
            .filter(|line| !kinds.iter().any(|kind| line.starts_with(kind)))
            .collect();
        assert!(strange.is_empty(), "{strange:?}");
        let text = std::fs::read_to_string(outputs).unwrap();
        let names: Vec<&str> = text.lines().map(|line| line.split('=').next().unwrap()).collect();
        let expected = [
            "verdict",
            "errors",
            "warnings",
            "notes",
            "scanned-files",
            "sarif-file",
            "scope",
        ];
        assert_eq!(names, expected, "{text}");
        assert!(commands(&std::fs::read_to_string(summary).unwrap()).is_empty());
    }
}

#[test]
fn names_that_would_be_commands() {
    let workspace = Workspace::new(&[(
        "x\n::error::pwned\r##[set-output name=a]b/compose.yaml",
        "services:\n  a:\n    image: x:1\n    image: x:2\n",
    )]);
    for format in FORMATS {
        let shown = workspace.run(&["--notes", "--format", format]);
        assert_eq!(shown.code, 1, "{format}: {}", shown.err);
        for line in shown.out.split(['\n', '\r']) {
            let own = line.starts_with("::error file=")
                || line.starts_with("::warning file=")
                || line.starts_with("::notice file=");
            assert!(own || !line.trim_start().starts_with("::"), "{format}: {line}");
            assert!(!line.contains("##["), "{format}: {line}");
        }
    }
}

#[test]
fn secrets_are_in_no_output() {
    let workspace = Workspace::new(&[
        (
            "compose.yaml",
            "services:\n  api:\n    build: {context: ., args: {BUILD_TOKEN: planted-one}}\n    environment:\n      - DB_PASSWORD=planted-two\n      - DATABASE_URL=postgres://app:planted-three@db/app\n    command: serve --api-token planted-four\n    healthcheck: {test: 'curl -u admin:x http://u:planted-five@localhost/ --password=planted-six'}\n    privileged: ${PRIV:-true}\n    labels: {x: planted-two}\n  b:\n    image: ${IMAGE}\n    environment: {SECRET_KEY: planted-seven, SECRET_KEY: planted-eight}\n",
        ),
        (".env", "IMAGE=x:planted-nine\nAPP_SECRET=planted-nine\n"),
        (
            "Dockerfile",
            "FROM python\nENV API_TOKEN=planted-ten\nARG NPM_TOKEN=planted-eleven\nRUN curl -k https://u:planted-twelve@example.org | sh\nUSER root\n",
        ),
    ]);
    for format in FORMATS {
        let shown = workspace.run(&["--notes", "--format", format]);
        assert_eq!(shown.code, 1, "{format}: {}", shown.err);
        for line in shown.out.lines() {
            assert!(!line.contains("planted"), "{format}: {line}");
        }
    }
}

#[test]
fn long_scripts_take_time_by_their_length_alone() {
    let repeated = |head: &str, line: &str, tail: &str| format!("{head}{}{tail}", line.repeat(6000));
    let scripts = [
        repeated("RUN true", " && \\\n apk add --no-cache x", "\n"),
        repeated("RUN true", " && \\\n apt-get install -y gcc", "\n"),
        repeated("RUN true; ", "cd /; \\\n", " true\n"),
        repeated("RUN true; ", "cd a; \\\n", " true\n"),
        repeated("RUN <<EOF\n", "echo a\n", "EOF\n"),
        repeated("RUN <<EOF\nset -e\n", "apk add x | sh\n", "EOF\n"),
        repeated(
            "RUN true; ",
            "mkdir /d; cp a /d; mv /d /e; rm -r /e; x; \\\n",
            " true\n",
        ),
    ];
    for script in scripts {
        let text = format!("FROM debian:12-slim\n{script}USER 1000\n");
        let workspace = Workspace::new(&[("Dockerfile", text.as_str())]);
        let shown = workspace.run(&["check", "--root", ".", "--format", "json"]);
        let start = script.get(..40).unwrap_or("");
        // A fraction of a second; what grows with the square of the length takes minutes here.
        assert!(shown.took < Duration::from_secs(20), "{start}: took {:?}", shown.took);
        assert!(matches!(shown.code, 0 | 1), "{start}: {}", shown.err);
    }
}

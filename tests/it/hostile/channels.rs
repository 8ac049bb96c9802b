//! Rows 54 to 57 and 59: what a text of a file could do to whoever reads the report. Scenes look for commands, escapes and tags in
//! every output by themselves.

use super::formats::commands;
use super::{Judged, Scene};
use crate::support::Workspace;
use serde_json::Value;

/// As YAML takes any character: between quotes, by its number.
fn quoted(text: &str) -> String {
    let write = |c: char| match c {
        ' '..='~' if !"\"\\".contains(c) => c.to_string(),
        c => format!("\\U{:08x}", u32::from(c)),
    };
    format!("\"{}\"", text.chars().map(write).collect::<String>())
}

/// Every place that a report repeats: names, values, comments, reasons, instructions, paths, the configuration.
fn full_of(hostile: &str) -> Vec<(String, String)> {
    let text = quoted(hostile);
    let line = hostile.replace(['\n', '\r'], " ");
    let services: String = (0..15)
        .map(|number| {
            let name = quoted(&format!("{hostile}{number}"));
            format!(
                "  {name}:\n    image: {text}\n    privileged: true\n    mem_limit: 1g\n    user: {text}\n    command: [{text}]\n    \
                 cap_add: [{text}]\n    networks: [{text}]\n    depends_on: [{text}]\n    environment: {{LABEL: {text}}}\n    \
                 volumes: [{text}, '/var/run/docker.sock:/s']\n    {text}: {text}\n"
            )
        })
        .collect();
    vec![
        (
            format!("{}/compose.yaml", hostile.replace('/', "|")),
            format!("services:\n{services}"),
        ),
        (
            "Dockerfile".to_owned(),
            format!(
                "# plimsoll: ignore[{line}] {line}\nFROM {line} AS {line}\nUSER {line}\nRUN {line}\nCOPY {line} /x\n{line}\n"
            ),
        ),
        (
            "plimsoll.yaml".to_owned(),
            format!(
                "version: 1\nprofiles: {{{text}: {{memory: 1MiB, image-size: 1MB}}}}\nassign: [{{profile: {text}}}]\n"
            ),
        ),
    ]
}

fn everywhere(hostile: &str) -> Judged {
    let files = full_of(hostile);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    Scene::new(&files).with(&[&format!("--changed={hostile}")]).judge(1)
}

/// Texts that a runner would take for commands.
const COMMANDS: [&str; 8] = [
    "::error file=x,line=1::pwned",
    "x\n::add-mask::y\n  ::stop-commands::z",
    "x\r::set-output name=verdict::pass\r\n::endgroup::",
    "##[set-env name=PATH]/x",
    "###[error]x##[group]y",
    "%0A::error::pwned%0D",
    "\u{2028}::error::x\u{85}::warning::y\u{b}::notice::z",
    "a,line=9,title=x::y",
];

#[test]
fn row_54_characters_that_steer() {
    let steer = "\u{202e}\u{200b}";
    let text = format!("services:\n  a:\n    image: x:1 # {steer}\n    \"pri{steer}v\": 1 # {steer}\n");
    let judged = Scene::new(&[
        ("compose.yaml", &text),
        (
            "Dockerfile",
            "FROM x:1\nRUN a \u{9b}2J \u{1b}[2J\u{1b}]52;c;eA==\u{7} \u{1b}]8;;http://x\u{1b}\\\nFOO \u{1b}[2J\n",
        ),
    ])
    .judge(1);
    assert!(judged.texts["junit"].contains("\\u{202e}") && judged.texts["text"].contains("\\u{202e}"));
    let sarif: Value = serde_json::from_str(&judged.texts["sarif"]).unwrap();
    assert!(sarif.to_string().contains('\u{202e}'), "SARIF says what is there");
}

#[test]
fn sibling_54_characters_that_steer_everywhere() {
    everywhere("\u{1b}[31m\u{7}\u{8}\u{9b}2K\u{202e}\u{2066}\u{200b}\u{34f}\u{fe0f}\u{e0100}\u{2800}\u{feff}x");
    everywhere("a\tb\u{a0}\u{3000}\u{ad}c");
}

#[test]
fn row_55_commands_of_runners() {
    for hostile in COMMANDS {
        everywhere(hostile);
    }
}

#[test]
fn sibling_55_more_commands_of_runners() {
    for hostile in [
        "##vso[task.setvariable variable=x]y",
        "##teamcity[buildStatus status='SUCCESS']",
        "\u{feff}::error::x",
        "\u{1b}[0m::error::x",
        "x::error::y ::",
        "# # [error]",
        "::",
        "[command]/bin/sh",
        "section_start:1:x\r\u{1b}[0K",
    ] {
        everywhere(hostile);
    }
}

/// What a log shows of coloured text.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |out, part| {
        let rest = match part.strip_prefix('[') {
            Some(colour) => colour.split_once('m').unwrap().1,
            // The end of a link is a backslash.
            None => part.strip_prefix('\\').unwrap_or(""),
        };
        out + rest
    })
}

#[test]
fn row_55_the_action_writes_files_that_a_runner_reads() {
    for hostile in COMMANDS {
        let files = full_of(hostile);
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let workspace = Workspace::new(&files);
        let outputs = workspace.path().join("outputs");
        let summary = workspace.path().join("summary");
        let run = |no_color: &str| {
            let variables = [
                ("GITHUB_WORKSPACE", workspace.path().to_str().unwrap()),
                ("GITHUB_OUTPUT", outputs.to_str().unwrap()),
                ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
                ("INPUT_CHANGED-ONLY", "true"),
                ("INPUT_BASE", hostile),
                ("INPUT_NOTES", "true"),
                ("NO_COLOR", no_color),
            ];
            workspace.run_with(&["action"], &variables)
        };
        // With colours nothing but colours and links is added.
        let coloured = run("").out;
        assert!(coloured.contains("\u{1b}["), "{coloured}");
        for file in [&outputs, &summary] {
            std::fs::remove_file(file).unwrap();
        }
        let shown = run("1");
        let trimmed = |text: &str| {
            text.lines()
                .map(|line| format!("{}\n", line.trim_end()))
                .collect::<String>()
        };
        assert_eq!(trimmed(&plain(&coloured)), trimmed(&shown.out));
        assert_eq!(shown.code, 1, "{}", shown.err);
        assert!(commands(&shown.err).is_empty(), "{}", shown.err);
        let problem = super::formats::problem("github", &shown.out, 1);
        assert!(problem.is_none(), "{problem:?}");
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
        let problem = super::formats::problem("markdown", &std::fs::read_to_string(summary).unwrap(), 1);
        assert!(problem.is_none(), "{problem:?}");
    }
}

#[test]
fn row_56_markdown_and_html() {
    for hostile in [
        "</details><img src=x>",
        "```",
        "a|b",
        "@team",
        "[x](javascript:y)",
        "<!--",
        "`` ` ```",
    ] {
        everywhere(hostile);
    }
    let many: String = (0..500)
        .map(|number| format!("  s{number}: {{image: 'x', privileged: true}}\n"))
        .collect();
    let judged = Scene::new(&[("compose.yaml", &format!("services:\n{many}"))]).judge(1);
    let summary = &judged.texts["markdown"];
    for counted in ["500 errors</summary>", "and 496 more |", "- and 480 more\n"] {
        assert!(summary.contains(counted), "what was cut is counted: {counted}");
    }
}

#[test]
fn sibling_56_more_markdown_and_html() {
    for hostile in [
        "~~~",
        "\\`<b>",
        "&lt;details&gt;",
        "<sub><br>",
        "$x^2$",
        "]]>",
        "<?xml?>",
        "&#x0;&bogus;",
        "\u{fffe}\u{1}",
        "' onclick='",
        "![x](//y)",
        "    code\n---\n# h",
    ] {
        everywhere(hostile);
    }
    // Names of the longest kind, in the thousands.
    let long = "`<details>".repeat(20);
    let many: String = (0..3000)
        .map(|number| format!("  \"{long}{number}\": {{image: 'x', privileged: true}}\n"))
        .collect();
    Scene::new(&[("compose.yaml", &format!("services:\n{many}"))]).judge(1);
}

#[test]
fn row_57_secrets_are_masked() {
    let compose = "services:\n  api:\n    build: {context: ., args: {BUILD_TOKEN: planted-one}}\n    environment:\n      - DB_PASSWORD=planted-two\n      - DATABASE_URL=postgres://app:planted-three@db/app\n    \
                   command: serve --api-token planted-four\n    healthcheck: {test: 'curl -u admin:x http://u:planted-five@localhost/ --password=planted-six'}\n    \
                   privileged: ${PRIV:-true}\n    labels: {x: planted-two}\n  b:\n    image: ${IMAGE}\n    environment: {SECRET_KEY: planted-seven, SECRET_KEY: planted-eight}\n";
    let dockerfile = "FROM python\nENV API_TOKEN=planted-ten\nARG NPM_TOKEN=planted-eleven\nRUN curl -k https://u:planted-twelve@example.org | sh\nUSER root\n";
    let env = "IMAGE=x:planted-nine\nAPP_SECRET=planted-nine\n";
    Scene::new(&[("compose.yaml", compose), (".env", env), ("Dockerfile", dockerfile)])
        .judge(1)
        .has("unverified-download Dockerfile:4");
}

#[test]
fn sibling_57_secrets_are_masked_in_odd_places() {
    let compose = "x-env: &env {API_KEY: planted-one}\nservices:\n  a:\n    image: x:1\n    environment: {<<: *env, 'DB_PASSWORD': \"planted\\u002dtwo\"}\n    FOO: planted-one\n    \
                   command: ['--password', planted-three, '--token=planted-four']\n    labels: ['secret_key=planted-five']\n    mem_limit: planted-one\n\
                   configs: {c: {content: 'password=planted-six'}}\n";
    let dockerfile = "FROM x:1\nENV A=b \\\n  DB_PASSWORD=\"planted-seven\" \\\n  C=d\nLABEL token=planted-eight\nRUN <<EOF\nexport AWS_SECRET_ACCESS_KEY=planted-nine\nEOF\nFOO planted-seven\n";
    Scene::new(&[("compose.yaml", compose), ("Dockerfile", dockerfile)]).judge(1);
}

fn fingerprints(files: &[(&str, &str)]) -> Vec<String> {
    let judged = Scene::new(files).judge(1);
    let issues: Vec<Value> = serde_json::from_str(&judged.texts["gitlab"]).unwrap();
    issues
        .iter()
        .map(|issue| issue["fingerprint"].as_str().unwrap().to_owned())
        .collect()
}

const EQUAL: &str = "services:\n  a: {image: 'x:1', privileged: true}\n  b: {image: 'x:1', privileged: true}\n";

#[test]
fn row_59_fingerprints() {
    let before = fingerprints(&[("compose.yaml", EQUAL)]);
    assert_eq!(
        before,
        fingerprints(&[("compose.yaml", &format!("\n\n# more\n{EQUAL}"))])
    );
}

#[test]
fn sibling_59_fingerprints_under_other_edits() {
    let dockerfile = "FROM x\nRUN a\nFOO\nFOO\n";
    let before = fingerprints(&[("compose.yaml", EQUAL), ("Dockerfile", dockerfile)]);
    for (compose, dockerfile) in [
        (EQUAL.replace('\n', "\r\n"), dockerfile.to_owned()),
        (EQUAL.to_owned(), dockerfile.replace("RUN a", "# more\n\nRUN a \\\n  b")),
        (EQUAL.replace("services:", "name: n\nservices:"), dockerfile.to_owned()),
    ] {
        assert_eq!(
            before,
            fingerprints(&[("compose.yaml", &compose), ("Dockerfile", &dockerfile)]),
            "{compose} {dockerfile}"
        );
    }
}

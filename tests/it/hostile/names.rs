//! Rows 8 to 12: names of files and folders, and which files there are.

use super::Scene;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

const TWICE: &[u8] = b"services:\n  a:\n    image: x:1\n    image: x:2\n";
const FINE: &str = "services: {a: {image: 'x:1'}}\n";

/// A finding in `folder/compose.yaml` is at the true path in JSON and in SARIF.
fn maps_back(folders: &[&str]) {
    for folder in folders {
        let scene = Scene::new(&[]);
        let path = format!("{folder}/compose.yaml");
        scene.write(&path, TWICE);
        let judged = scene.judge(1);
        judged.has(&format!("duplicate-key {path}:4"));
        let sarif: serde_json::Value = serde_json::from_str(&judged.texts["sarif"]).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        let result = results
            .iter()
            .find(|result| result["ruleId"] == "duplicate-key")
            .unwrap();
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            .as_str()
            .unwrap();
        assert_eq!(decoded(uri), path.as_bytes(), "{uri}");
    }
}

fn decoded(uri: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = uri.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte.unwrap()).to_digit(16).unwrap();
        bytes.push(match byte {
            b'%' => u8::try_from(digit(rest.next()) * 16 + digit(rest.next())).unwrap(),
            byte => byte,
        });
    }
    bytes
}

#[test]
fn row_08_names_that_would_be_something_else() {
    maps_back(&[
        "a\nb",
        "a\r::error::b",
        "a\u{1b}[2Jb",
        "a\u{202e}b",
        "a%0Ab",
        "a:b",
        "a,line=9",
        "##[error]a",
        "a`b",
        "a|b",
    ]);
}

#[test]
fn sibling_08_more_names_that_would_be_something_else() {
    maps_back(&[
        "a\n::set-output name=x::y",
        " a ",
        "a\tb",
        "\u{85}a\u{2028}",
        "%2e%2e",
        "a\\b",
        "a?b#c",
        "a\"b'",
        "</td></details>",
        "[x](y)",
        "é😀",
        "e\u{301}",
        "@team",
        "##vso[task]",
    ]);
}

#[test]
fn row_09_names_that_are_not_utf_8() {
    let scene = Scene::new(&[]);
    scene.write(OsStr::from_bytes(b"caf\xe9/Dockerfile"), b"FROM x:1\nFOO\n");
    let judged = scene.judge(1);
    judged.has("invalid-dockerfile caf\u{fffd}/Dockerfile:2");
    assert!(judged.texts["sarif"].contains("caf%E9/Dockerfile"));
}

#[test]
fn sibling_09_names_that_are_not_utf_8_in_contexts() {
    let scene = Scene::new(&[
        ("compose.yaml", "services: {a: {build: ., volumes: ['./x:/y']}}\n"),
        ("Dockerfile", "FROM scratch\nCOPY . /x\n"),
    ]);
    for name in [
        &b"a\xff"[..],
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"b\xfe.Dockerfile",
        b"d\xf0\x9f/compose.yaml",
    ] {
        scene.write(OsStr::from_bytes(name), b"FROM x:1\nFOO\n");
    }
    let judged = scene.judge(1);
    assert!(judged.texts["sarif"].contains("b%FE.Dockerfile"));
}

#[test]
fn row_10_names_like_flags_and_commands() {
    let scene = Scene::new(&[]);
    let names = [
        "-rf",
        "--config=x",
        "$(touch ran)",
        "; touch ran",
        "`touch ran`",
        "a b",
        "*",
    ];
    for name in names {
        scene.write(format!("{name}/compose.yaml"), TWICE);
    }
    let judged = scene.judge(1);
    for name in names {
        judged.has(&format!("duplicate-key {name}/compose.yaml:4"));
    }
    assert!(!scene.root().join("ran").exists());
}

#[test]
fn sibling_10_names_like_flags_as_arguments() {
    let scene = Scene::new(&[]).with(&["neighbour", "--", "--version", "-"]);
    scene.write("--version/compose.yaml", TWICE);
    scene.write("-/compose.yaml", TWICE);
    scene
        .judge(1)
        .has("duplicate-key --version/compose.yaml:4")
        .has("duplicate-key -/compose.yaml:4");
}

#[test]
fn row_11_compose_chooses_among_its_names() {
    let scene = Scene::new(&[
        ("compose.yaml", FINE),
        (
            "docker-compose.yml",
            "services: {b: {image: 'x:1', privileged: true}}\n",
        ),
        ("compose.override.yaml", "services:\n  a:\n    privileged: true\n"),
    ]);
    let judged = scene.judge(1);
    judged.has("privileged-service compose.override.yaml:3");
    let sets = judged.report["sets"].to_string();
    assert!(sets.contains("\"compose.yaml + compose.override.yaml\""), "{sets}");
    assert_eq!(judged.setting("a", "privileged"), true);
}

#[test]
fn sibling_11_more_files_that_compose_could_choose() {
    let scene = Scene::new(&[
        ("compose.yml", FINE),
        ("docker-compose.yaml", "services: {a: {image: 'y:1'}}\n"),
        ("docker-compose.override.yml", "services: {a: {cap_add: [ALL]}}\n"),
        ("compose.override.yml", "services:\n  a:\n    pid: host\n"),
        ("e/compose.yaml", FINE),
        ("e/compose.prod.yaml", "services:\n  a:\n    privileged: true\n"),
        (
            "e/.env",
            "COMPOSE_FILE=compose.yaml;compose.prod.yaml\nCOMPOSE_PATH_SEPARATOR=;\n",
        ),
    ]);
    let judged = scene.judge(1);
    judged
        .has("host-namespace compose.override.yml:3")
        .has("privileged-service e/compose.prod.yaml:3");
    let sets = judged.report["sets"].to_string();
    assert!(sets.contains("e/compose.yaml + e/compose.prod.yaml"), "{sets}");
}

#[test]
fn row_12_nothing_to_judge_is_no_pass() {
    let judged = Scene::alone(&[("README.md", "nothing\n")]).judge(2);
    assert!(judged.err.contains("nothing to check"), "{}", judged.err);
}

#[test]
fn sibling_12_nothing_that_could_be_judged_is_no_pass() {
    Scene::alone(&[(".env", "COMPOSE_FILE=nope.yml\n")]).judge(2);
    Scene::alone(&[("compose.yaml", FINE)])
        .with(&["--exclude", "*"])
        .judge(2);
    Scene::alone(&[
        ("compose.yaml", FINE),
        ("plimsoll.yaml", "version: 1\nexclude: ['**']\n"),
    ])
    .judge(2);
    let scene = Scene::alone(&[]);
    scene.link("compose.yaml", "nowhere");
    scene.link("Dockerfile", "/etc/passwd");
    scene.judge(2);
    let scene = Scene::alone(&[("Dockerfile/x", "")]);
    scene.judge(2);
}

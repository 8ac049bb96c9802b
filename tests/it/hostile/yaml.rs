//! Rows 13 to 25: YAML.

use super::{Judged, Scene};
use std::fmt::Write;

const TWICE: &str = "services:\n  a:\n    image: x:1\n    image: x:2\n";

fn compose(text: &str, code: i32) -> Judged {
    Scene::new(&[("compose.yaml", text)]).judge(code)
}

/// Refused as YAML or as unreadable, at this line.
fn refused(text: &str, line: usize) {
    let start = text.get(..60).unwrap_or(text);
    let found = compose(text, 1).findings();
    let rules = ["invalid-yaml", "unreadable-input", "duplicate-key"];
    let hit = rules
        .iter()
        .any(|rule| found.contains(&format!("{rule} compose.yaml:{line}")));
    assert!(hit, "{start:?}: {found:?}");
}

fn bomb(ways: usize, levels: usize, list: impl Fn(&str) -> String) -> String {
    let mut text = format!("x-0: &a0 {}\n", list(&vec!["k"; ways].join(", ")));
    for level in 1..levels {
        let inner = vec![format!("*a{}", level - 1); ways].join(", ");
        writeln!(text, "x-{level}: &a{level} {}", list(&inner)).unwrap();
    }
    text + "services: {a: {image: 'x:1'}}\n"
}

#[test]
fn row_13_a_bomb_of_aliases() {
    let judged = compose(&bomb(9, 12, |inner| format!("[{inner}]")), 1);
    judged
        .has("unreadable-input compose.yaml")
        .says("unreadable-input", "100000 nodes");
}

#[test]
fn sibling_13_bombs_of_merges_and_of_services() {
    let merges = bomb(9, 12, |inner| format!("{{<<: [{}]}}", inner.replace('k', "{k: v}")));
    compose(&merges, 0);
    let mut services = String::from("x-a: &a {environment: {");
    (0..300).for_each(|number| write!(services, "K{number}: v, ").unwrap());
    services.push_str("}}\nservices:\n");
    (0..1000).for_each(|number| writeln!(services, "  s{number}: {{<<: *a, image: 'x:1'}}").unwrap());
    compose(&services, 1).has("unreadable-input compose.yaml");
}

#[test]
fn row_14_aliases_that_hold_themselves() {
    refused("a: &a [*a]\n", 1);
    refused("services: &a {x: *a}\n", 1);
    refused("services:\n  a: &self\n    <<: *self\n    image: x:1\n", 3);
}

#[test]
fn sibling_14_aliases_of_nothing_and_to_each_other() {
    refused("a: &a [*b]\nb: &b [*a]\n", 1);
    refused("services: {a: *nobody}\n", 1);
    refused("services:\n  a:\n    <<: 3\n    image: x:1\n", 3);
    refused("&a *a : x\n", 1);
}

#[test]
fn row_15_deep_nesting() {
    refused(&"[".repeat(200_000), 1);
    refused(&"- ".repeat(50_000), 1);
    refused(&"? ".repeat(5_000), 1);
    refused(&"{a: ".repeat(5_000), 1);
    let nested: String = (0..2000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let judged = compose(&nested, 1);
    assert!(
        judged
            .findings()
            .iter()
            .any(|finding| finding.contains(" compose.yaml:"))
    );
}

#[test]
fn sibling_15_deep_nesting_in_other_ways() {
    refused(&"!t ".repeat(20_000), 1);
    refused(&"&a ".repeat(20_000), 1);
    refused(&format!("x: {}", "[{a: ".repeat(20_000)), 1);
    refused(&format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)), 1);
    let mut chain = String::from("x-0: &a0 {k: v}\n");
    (1..400).for_each(|level| writeln!(chain, "x-{level}: &a{level} {{k: *a{}}}", level - 1).unwrap());
    chain.push_str("services: {a: {image: 'x:1'}}\n");
    let judged = compose(&chain, 1);
    judged.has("unreadable-input compose.yaml");
}

#[test]
fn row_16_three_thousand_anchors() {
    let mut text = String::from("x-0: &a0 {k: v}\n");
    (1..3000).for_each(|level| writeln!(text, "x-{level}: &a{level} {{k: *a{}}}", level - 1).unwrap());
    compose(&(text + "services: {a: {image: 'x:1'}}\n"), 1).has("unreadable-input compose.yaml");
}

#[test]
fn sibling_16_one_name_for_thousands_of_anchors() {
    let mut text = String::from("services: {a: {image: 'x:1'}}\n");
    (0..5000).for_each(|number| writeln!(text, "x-{number}: [&same k{number}, *same]").unwrap());
    compose(&text, 0);
}

#[test]
fn row_17_a_key_twice() {
    compose(TWICE, 1)
        .has("duplicate-key compose.yaml:4")
        .says("duplicate-key", "\"line\":3");
    compose("services:\n  a: {image: 'x:1'}\n  a: {image: 'x:2'}\n", 1).has("duplicate-key compose.yaml:3");
}

#[test]
fn sibling_17_a_key_twice_in_other_spellings() {
    for second in ["\"image\"", "'image'", "!!str image", "? image\n   ", "\"im\\u0061ge\""] {
        let text = format!("services:\n  a:\n    image: x:1\n    {second} : x:2\n");
        compose(&text, 1).has("duplicate-key compose.yaml");
    }
    compose("services: {a: {image: 'x:1'}}\nservices: {b: {image: 'x:1'}}\n", 1).has("duplicate-key compose.yaml:2");
}

#[test]
fn row_18_tabs_quotes_and_controls() {
    refused("services:\n\ta: {image: 'x:1'}\n", 2);
    refused("services:\n  a:\n    image: 'x:1\n", 3);
    refused("services:\n  a:\n    image: \"x\0\"\n", 1);
    refused("services:\n  a:\n    image: \"x\u{7}\"\n", 3);
}

#[test]
fn sibling_18_other_characters_and_brackets() {
    refused("services:\n  a: {image: 'x:1'\n", 2);
    refused("services:\n  a: [image}\n", 2);
    refused("services:\n  a:\n    image: \"\\q\"\n", 3);
    refused("services:\n  a:\n   image: x:1\n  command: x\n b: 1\n", 5);
    refused("services:\n  a:\n    image: @x\n", 3);
    refused("services:\n  a:\n    image: x\u{1}\n", 3);
}

fn bytes(bytes: &[u8], words: &str) {
    let scene = Scene::new(&[]);
    scene.write("compose.yaml", bytes);
    scene.write("Dockerfile", bytes);
    let judged = scene.judge(1);
    judged
        .has("unreadable-input compose.yaml:1")
        .has("unreadable-input Dockerfile:1");
    judged.says("unreadable-input", words);
}

#[test]
fn row_19_encodings() {
    bytes(b"\xff\xfes\0e\0r\0", "UTF-16");
    bytes(b"\xfe\xff\0s\0e", "UTF-16");
    bytes(b"services: {a: {image: 'x:\xff'}}", "not UTF-8 (byte 25)");
    let judged = compose(&format!("\u{feff}{TWICE}"), 1);
    judged.has("duplicate-key compose.yaml:4");
    let all = judged.report["findings"].as_array().unwrap();
    let twice = all.iter().find(|finding| finding["rule"] == "duplicate-key").unwrap();
    assert_eq!(twice["location"]["column"], 5);
    let dockerfile = Scene::new(&[("Dockerfile", "\u{feff}FROM x:1\nFOO\n")]).judge(1);
    dockerfile.has("invalid-dockerfile Dockerfile:2");
}

#[test]
fn sibling_19_other_encodings() {
    bytes(b"s\0e\0r\0v\0", "NUL");
    bytes(b"\0\0\xfe\xff\0\0\0s", "UTF-8");
    bytes(b"FROM x:\xc0\xaf", "not UTF-8 (byte 7)");
    bytes(b"FROM x:\xed\xa0\x80", "not UTF-8 (byte 7)");
    bytes(b"FROM x:1\nRUN caf\xe9\n", "not UTF-8 (byte 16)");
    bytes(b"\x1f\x8b\x08\0\0\0", "UTF-8");
    // Cut inside of a character.
    bytes(
        "FROM x:1\nRUN é".as_bytes().split_last().unwrap().1,
        "not UTF-8 (byte 13)",
    );
}

#[test]
fn row_20_files_without_services() {
    compose("services: {}\n", 0);
    // As Compose, which refuses what has nothing in it.
    for text in ["", "# nothing\n", "\n\n", "---\n", "services: null\n"] {
        compose(text, 1).has("wrong-compose-type compose.yaml:1");
    }
    for text in ["- a\n- b\n", "just text", "3\n", "services: [a]\n", "services: x\n"] {
        compose(text, 1).has("wrong-compose-type compose.yaml:1");
    }
}

#[test]
fn sibling_20_parts_without_content() {
    for text in [
        "services: {a: null}\n",
        "services: {a: []}\n",
        "services: {a: {image: }}\n",
        "include: null\nservices: {a: {image: 'x:1', ports: null, deploy: null, healthcheck: null}}\nnetworks: null\n",
        "services: {a: {image: 'x:1', ports: [null], environment: [null], volumes: [null]}}\n",
        "null: null\n",
    ] {
        compose(text, 1);
    }
    Scene::new(&[("Dockerfile", "FROM\n")])
        .judge(1)
        .has("invalid-dockerfile Dockerfile:1");
}

#[test]
fn row_21_two_documents() {
    let text = "services:\n  a: {image: 'x:1'}\n---\nservices:\n  a:\n    privileged: true\n";
    let judged = compose(text, 1);
    judged.has("privileged-service compose.yaml:6");
    assert_eq!(judged.setting("a", "privileged"), true);
}

#[test]
fn sibling_21_many_documents() {
    let many = "---\nservices: {a: {image: 'x:1'}}\n...\n".repeat(500) + "---\nservices:\n  a:\n    pid: host\n";
    compose(&many, 1).has("host-namespace compose.yaml:1504");
    compose("services: {a: {image: 'x:1'}}\n---\n- no\n- mapping\n", 1);
    compose("%YAML 1.2\n---\nservices:\n  a: {image: 'x:1', privileged: true}\n", 1)
        .has("privileged-service compose.yaml:4");
}

#[test]
fn row_22_words_that_yaml_reads() {
    let text = "services:\n  no:\n    image: x:1\n    ports: [22:22]\n    environment: {A: yes, B: 0o17, C: 1e3, D: ~, E: 2020-01-01, F: on}\n";
    let judged = compose(text, 0);
    judged.setting("no", "image");
    assert_eq!(judged.setting("no", "ports")[0]["published"], "22");
}

#[test]
fn sibling_22_more_words_that_yaml_reads() {
    let text = "services:\n  on:\n    image: x:1\n    privileged: yes\n  Off: {image: 'x:1', privileged: TRUE}\n  y: {image: 'x:1', mem_limit: 0x8000000}\n  0.1: {image: 'x:1'}\n";
    let judged = compose(text, 1);
    judged
        .has("privileged-service compose.yaml:4")
        .has("privileged-service compose.yaml:5");
}

#[test]
fn row_23_tags() {
    let scene = Scene::new(&[
        (
            "compose.yaml",
            "services:\n  a: {image: 'x:1', privileged: true, cap_add: [ALL]}\n",
        ),
        (
            "compose.override.yaml",
            "services:\n  a:\n    privileged: !reset null\n    cap_add: !override [CHOWN]\n",
        ),
    ]);
    let judged = scene.judge(0);
    judged.lacks("privileged-service").lacks("dangerous-capability");
    // Compose ignores what it does not know.
    let unknown = "services:\n  a:\n    image: !!python/object/apply:os.system [touch ran]\n    privileged: !x true\n";
    let scene = Scene::new(&[("compose.yaml", unknown)]);
    scene.judge(1);
    assert!(!scene.root().join("ran").exists());
}

#[test]
fn sibling_23_tags_in_odd_places() {
    let scene = Scene::new(&[
        ("compose.yaml", "services:\n  a: {image: 'x:1', privileged: true}\n"),
        (
            "compose.override.yaml",
            "services:\n  a: !override\n    image: x:2\n    pid: host\n  !reset b: {image: 'x:1'}\n  c: !!map {image: 'x:1'}\n",
        ),
    ]);
    scene
        .judge(1)
        .has("host-namespace compose.override.yaml:4")
        .lacks("privileged-service");
    compose("services: !reset\n  a: {image: 'x:1', privileged: true}\n", 0);
    compose("services:\n  a:\n    image: x:1\n    privileged: !!bool \"true\"\n", 1)
        .has("privileged-service compose.yaml:4");
}

#[test]
fn row_24_keys_that_are_no_strings() {
    for text in [
        "services:\n  a:\n    image: x:1\n    ? [a, b]\n    : c\n",
        "services:\n  a:\n    image: x:1\n    {a: b}: c\n",
    ] {
        let judged = compose(text, 1);
        assert!(
            judged
                .findings()
                .iter()
                .any(|finding| finding.ends_with("compose.yaml:4")),
            "{text}"
        );
    }
    compose("services:\n  1:\n    image: x:1\n    privileged: true\n", 1);
}

#[test]
fn sibling_24_more_keys_that_are_no_strings() {
    compose(
        "services:\n  a:\n    image: x:1\n    environment: {1: a, true: b, 1.5: c, null: d}\n",
        1,
    )
    .has("wrong-compose-type compose.yaml:4");
    compose("services:\n  a:\n    image: x:1\n    ? !!binary aGk=\n    : x\n", 1);
    compose("services:\n  a:\n    image: x:1\n    '': x\n", 1);
}

#[test]
fn row_25_line_ends() {
    compose(&TWICE.replace('\n', "\r\n"), 1).has("duplicate-key compose.yaml:4");
    compose(&TWICE.replacen('\n', "\r\n", 2), 1).has("duplicate-key compose.yaml:4");
    compose(&TWICE.replace('\n', "\r"), 1).has("duplicate-key compose.yaml");
    compose(&format!("# \u{2028} \u{85} x\n{TWICE}"), 1).has("duplicate-key compose.yaml:5");
}

#[test]
fn sibling_25_line_ends_in_dockerfiles_and_env() {
    Scene::new(&[("Dockerfile", "FROM x:1\r\nFOO\r\n")])
        .judge(1)
        .has("invalid-dockerfile Dockerfile:2");
    Scene::new(&[("Dockerfile", "FROM x:1\n# \u{2028}\u{c}\u{b}\nFOO")])
        .judge(1)
        .has("invalid-dockerfile Dockerfile:3");
    let scene = Scene::new(&[
        ("compose.yaml", "services:\n  a:\n    image: x:1\n    pid: ${P}\n"),
        (".env", "A=1\r\nP=host\r\n"),
    ]);
    scene.judge(1).has("host-namespace compose.yaml:4");
}

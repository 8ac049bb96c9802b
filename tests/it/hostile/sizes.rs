//! Rows 26 and 58: much of everything.

use super::{Judged, Scene, full};
use std::fmt::Write;

/// So many whole, fewer by default.
fn many(whole: usize) -> usize {
    if full() { whole } else { whole / 30 }
}

fn services(count: usize, service: impl Fn(usize) -> String) -> Judged {
    let mut text = String::from("services:\n");
    (0..count).for_each(|number| writeln!(text, "  s{number}: {}", service(number)).unwrap());
    Scene::new(&[("compose.yaml", &text)]).judge(1)
}

#[test]
fn row_26_a_long_scalar() {
    let text = format!("services: {{a: {{image: '{}'}}}}\n", "x".repeat(32 << 20));
    Scene::new(&[("compose.yaml", &text)])
        .judge(1)
        .has("unreadable-input compose.yaml:1");
}

#[test]
fn row_26_many_services() {
    let count = many(300_000);
    let judged = services(count, |_| "{}".to_owned());
    if full() {
        judged.has("unreadable-input compose.yaml");
    } else {
        judged.has("service-without-image compose.yaml");
    }
}

#[test]
fn sibling_26_as_many_services_as_are_read() {
    services(many(30_000), |_| "{}".to_owned());
}

#[test]
fn sibling_26_services_in_one_circle() {
    let count = many(10_000);
    services(count, |number| {
        format!("{{image: 'x:1', depends_on: [s{}]}}", (number + 1) % count)
    })
    .has("dependency-cycle compose.yaml");
}

#[test]
fn sibling_26_long_values_below_the_limit() {
    let text = format!(
        "services:\n  a:\n    image: x:1\n    command: '{}'\n    labels: {{a: '{}'}}\n    FOO: x\n",
        "x ".repeat(700_000),
        "y".repeat(1_000_000)
    );
    Scene::new(&[("compose.yaml", &text)]).judge(1);
}

#[test]
fn sibling_26_ranges_of_all_ports() {
    services(if full() { 200 } else { 10 }, |_| {
        "{image: 'x:1', ports: ['1-65535:1-65535']}".to_owned()
    })
    .has("unreadable-input compose.yaml");
}

#[test]
fn sibling_26_many_files() {
    let scene = Scene::new(&[]);
    for number in 0..many(30_000) {
        scene.write(
            format!("f{number}/compose.yaml"),
            b"services: {a: {image: 'x', privileged: true}}\n",
        );
        scene.write(format!("f{number}/Dockerfile"), b"FROM x\nFOO\n");
    }
    scene.judge(1);
}

#[test]
fn row_58_many_findings() {
    let judged = services(many(25_000), |_| "{image: x, privileged: true}".to_owned());
    let sarif: serde_json::Value = serde_json::from_str(&judged.texts["sarif"]).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let errors = results.iter().filter(|result| result["level"] == "error").count();
    assert_eq!(errors, many(25_000).min(5000), "the worst are shown before all others");
    assert!(sarif["runs"][0]["columnKind"].is_string());
}

#[test]
fn row_58_places_at_the_edge() {
    let judged = Scene::new(&[
        ("compose.yaml", "services:\n  a:\n    image: x:1\n    é😀: 1"),
        ("a/Dockerfile", ""),
        ("b/compose.yaml", ""),
        ("c/Dockerfile", "FROM x:1\nRUN é😀 \\"),
    ])
    .judge(1);
    judged
        .has("unknown-compose-key compose.yaml:4")
        .has("invalid-dockerfile a/Dockerfile:1");
}

#[test]
fn sibling_58_more_places_at_the_edge() {
    let combined = "e\u{301}\u{1f468}\u{200d}\u{1f469}";
    for end in ["", "\n", "\r\n", "\n\n\n", "   ", "\t"] {
        let text = format!("services:\n  a:\n    image: x:1\n    {combined}: \"{combined}{end}");
        Scene::new(&[("compose.yaml", &text)]).judge(1);
        let text = format!("FROM x:1\nLABEL {combined}={combined}\n{combined}{end}");
        Scene::new(&[("Dockerfile", &text)])
            .judge(1)
            .has("invalid-dockerfile Dockerfile:3");
    }
}

/// What a run may hold of a file that is nothing but a long list of one thing.
#[test]
fn sibling_58_many_findings_of_each_kind() {
    for line in [
        "a: 1",
        "ports: ['x']",
        "volumes: ['/:/x']",
        "cap_add: [NOPE]",
        "environment: {A: [1]}",
        "depends_on: [nobody]",
    ] {
        services(many(15_000), |_| format!("{{image: x, {line}}}"));
    }
}

//! Every report counts how many questions of budgets have an answer, and says what would answer the others.

use crate::support::{Workspace, image};
use serde_json::{Value, json};

/// The answers of a folder: `within/above/undecided`, and the commands of the causes.
fn answers(files: &[(&str, &str)], budget: &str) -> (String, Vec<String>) {
    let workspace = Workspace::new(files);
    workspace.write("api.tar", &image::archive("COPY a /\n  2000000 /a\n"));
    let report = workspace.json(&["--no-engine"]);
    let decided = &report["summary"]["decided"];
    let of = &decided["by_budget"][budget];
    let given = ["within", "above", "undecided"].map(|answer| of[answer].to_string());
    let causes = decided["causes"].as_array().unwrap();
    let causes = causes.iter().map(|cause| cause["command"].as_str().unwrap().to_owned());
    (given.join("/"), causes.collect())
}

fn image_size(dockerfile: &str, budget: &str) -> (String, Vec<String>) {
    let config = format!("profiles:\n  own: {{image-size: {budget}}}\nassign: [{{profile: own}}]\n");
    answers(
        &[("Dockerfile", dockerfile), ("plimsoll.yaml", &config), ("a", "text")],
        "image-size",
    )
}

const LOCK: &str = "plimsoll lock";
const BUILD: &str = "plimsoll check --image NAME=IMAGE";

#[test]
fn a_size_is_decided_by_bounds_and_never_by_an_estimate_beside_the_unknown() {
    for (dockerfile, budget, wanted, cause) in [
        // Counted.
        ("FROM scratch\nCOPY a /\n", "1MB", "1/0/0", None),
        ("FROM scratch\nCOPY a /\n", "1B", "0/1/0", None),
        // The catalogue's size of that very release, far from the budget and near it.
        ("FROM debian:12-slim\n", "200MB", "1/0/0", None),
        ("FROM debian:12-slim\nCOPY a /\n", "200MB", "1/0/0", None),
        ("FROM debian:12-slim\n", "20MB", "0/1/0", None),
        ("FROM debian:12-slim\n", "76MB", "0/0/1", Some(LOCK)),
        // Another release of its line, and one that a digest pins.
        ("FROM python:3.12.1-slim\n", "2GB", "1/0/0", None),
        ("FROM python:3.12.1-slim\n", "200MB", "0/0/1", Some(LOCK)),
        ("FROM alpine\n", "20MB", "1/0/0", None),
        ("FROM alpine\n", "10MB", "0/0/1", Some(LOCK)),
        ("FROM mysql\n", "100MB", "0/1/0", None),
        ("FROM debian:12-slim@sha256:aaaa\n", "2GB", "0/0/1", Some(LOCK)),
        (
            "FROM --platform=linux/s390x debian:12-slim\n",
            "2GB",
            "0/0/1",
            Some(LOCK),
        ),
        // Nothing is known of one row.
        ("FROM acme/base:1\nCOPY a /\n", "2GB", "0/0/1", Some(LOCK)),
        ("FROM debian:12-slim\nRUN make\n", "2GB", "0/0/1", Some(BUILD)),
        ("FROM debian:12-slim\nRUN make\n", "20MB", "0/1/0", None),
    ] {
        let (given, causes) = image_size(dockerfile, budget);
        assert_eq!(given, wanted, "{dockerfile}");
        assert_eq!(causes, cause.into_iter().collect::<Vec<_>>(), "{dockerfile}");
    }
}

#[test]
fn limits_are_questions_too() {
    let config = "profiles:\n  own: {memory: 128MiB}\nassign: [{profile: own}]\n";
    let compose = "services:\n  a: {image: a, mem_limit: 64m}\n  b: {image: a, mem_limit: 1g}\n  c: {image: a}\n  \
                   d: {image: a, mem_limit: \"${MEM}\"}\n";
    let (given, causes) = answers(&[("compose.yaml", compose), ("plimsoll.yaml", config)], "memory");
    assert_eq!(given, "1/2/1");
    assert_eq!(causes, ["plimsoll check --env-file FILE"]);
    // Without a budget nobody asks; what is built here is held against the default's own figure.
    let compose = "services:\n  a: {image: a}\n  b: {build: .}\n";
    let files = [
        ("compose.yaml", compose),
        ("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
    ];
    let (given, _) = answers(&files, "image-size");
    assert_eq!(given, "1/0/0");
}

#[test]
fn the_most_frequent_causes_are_said_in_every_format_for_people() {
    let services: String = ["a", "b", "c", "d", "e"]
        .iter()
        .enumerate()
        .flat_map(|(more, name)| (0..=more).map(move |number| format!("  {name}{number}: {{image: acme/{name}}}\n")))
        .collect();
    let workspace = Workspace::new(&[
        ("compose.yaml", &format!("services:\n{services}")),
        (
            "plimsoll.yaml",
            "profiles:\n  own: {image-size: 1MB}\nassign: [{profile: own}]\n",
        ),
    ]);
    let report = workspace.json(&[]);
    let causes = report["summary"]["decided"]["causes"].clone();
    let cause = |name: &str, count| json!({"why": format!("the catalogue has no size of `acme/{name}`"), "count": count, "command": LOCK});
    assert_eq!(causes, json!([cause("e", 5), cause("d", 4), cause("c", 3)]));
    for format in ["text", "markdown", "github"] {
        let shown = workspace.run(&["check", "--format", format]);
        let out = shown.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(out.contains("0 within, 0 above, 15 undecided"), "{format}: {out}");
    }
    let sarif: Value = serde_json::from_str(&workspace.run(&["check", "--format", "sarif"]).out).unwrap();
    assert_eq!(sarif["runs"][0]["properties"]["budgets"]["undecided"], 15);
}

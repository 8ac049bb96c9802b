//! `docs/configuration.md` is what the program reads its configuration by, and every example in it is run. `UPDATE=1` writes it
//! again.
use crate::support::Workspace;
use plimsoll::inspect::configuration;
use std::path::Path;

/// What the examples speak of.
const FILES: [(&str, &str); 11] = [
    (
        "plimsoll.baseline",
        "# plimsoll baseline 1: known findings. Remove lines as you fix them.\n",
    ),
    (
        "compose.yaml",
        "services: {api: {build: api}, app-db: {image: 'postgres:17'}}\n",
    ),
    ("compose.prod.yaml", "services: {api: {restart: always}}\n"),
    (".env.ci", "A=1\n"),
    ("Dockerfile", "FROM scratch\n"),
    ("api/Dockerfile", "FROM scratch\n"),
    ("docker/api.Dockerfile", "FROM scratch\n"),
    ("images.tsv", "image\ttag\tsize_mb\nacme/base\t1\t80\n"),
    ("usage.jsonl", "{\"plimsoll_usage\":1,\"every\":1}\n"),
    ("policy/base.yaml", "labels: {team: \"*\"}\n"),
    ("legacy/compose.yaml", "services: {legacy: {image: 'legacy:1'}}\n"),
];

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")
}

#[test]
fn the_document_is_up_to_date() {
    let expected = configuration();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path(), expected).unwrap();
        return;
    }
    let text = std::fs::read_to_string(path()).unwrap();
    assert!(text == expected, "run `UPDATE=1 cargo test --test it configuration::`");
}

/// The keys of the document with their examples.
fn examples(document: &str) -> Vec<(&str, &str)> {
    let keys = document.split("\n### `").skip(1);
    keys.map(|key| {
        let name = key.split('`').next().unwrap();
        let example = key.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
        (name, example.unwrap_or_else(|| panic!("{name} has no example")))
    })
    .collect()
}

#[test]
fn every_example_is_read_and_uses_its_key() {
    let document = configuration();
    let examples = examples(&document);
    assert_eq!(examples.len(), document.matches("```yaml\n").count());
    let workspace = Workspace::new(&FILES);
    for (name, example) in examples {
        assert!(example.contains(&format!("{name}:")), "{name}: {example}");
        workspace.write("plimsoll.yaml", example.as_bytes());
        let shown = workspace.run(&["--format", "line"]);
        assert_ne!(shown.code, 2, "{name}: {example}{}", shown.err);
        // The same with a word that is no key.
        let wrong = example.replacen(&format!("{name}:"), &format!("{name}q:"), 1);
        workspace.write("plimsoll.yaml", wrong.as_bytes());
        let shown = workspace.run(&["--format", "line"]);
        if !name.starts_with("x-") {
            assert_eq!(shown.code, 2, "{name}: {wrong}{}", shown.out);
            assert!(shown.err.contains(&format!("{name}q")), "{name}: {}", shown.err);
        }
    }
}

//! The README says what is true: what it shows of the configuration is accepted.
use crate::support::Workspace;
use std::path::Path;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

#[test]
fn it_is_short_enough_to_be_read() {
    let lines = readme().lines().count();
    assert!(lines < 200, "{lines} lines: the documentation has more room");
}

#[test]
fn the_configuration_of_the_readme_is_accepted() {
    let text = readme();
    let block = text
        .split("```yaml\n")
        .find(|block| block.starts_with("version: 1"))
        .unwrap();
    let config = block.split("```").next().unwrap();
    let workspace = Workspace::new(&[
        ("plimsoll.yaml", config),
        ("compose.yaml", "services: {api: {image: 'x:1'}}\n"),
        ("compose.prod.yaml", "services: {api: {restart: always}}\n"),
        (".env.ci", ""),
    ]);
    let shown = workspace.run(&[]);
    assert_ne!(shown.code, 2, "{}", shown.err);
}

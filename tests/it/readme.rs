//! The README says what is true: its rule table is the rules' own text. `UPDATE=1` writes it again.
use crate::support::Workspace;
use std::path::Path;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// Puts what the program says between the marks of this name, or holds what stands there against it.
fn check(mark: &str, expected: &str) {
    let text = readme();
    let (open, close) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let (before, rest) = text.split_once(&open).unwrap();
    let (table, after) = rest.split_once(&close).unwrap();
    let expected = format!("{}\n", expected.trim_end());
    if std::env::var_os("UPDATE").is_some() {
        let new = format!("{before}{open}{expected}{close}{after}");
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), new).unwrap();
        return;
    }
    assert_eq!(table, expected, "run `UPDATE=1 cargo test --test it readme`");
}

#[test]
fn the_tables_are_up_to_date() {
    check("rules", &plimsoll::inspect::table());
    check("budgets", &plimsoll::inspect::budgets());
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

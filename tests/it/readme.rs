//! The README says what is true: its rule table is the rules' own text. `UPDATE=1` writes it again.
use crate::support::Workspace;
use plimsoll::inspect as explain;
use plimsoll::inspect::BUILT_IN;
use std::path::Path;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

#[test]
fn the_rule_table_is_up_to_date() {
    let text = readme();
    let (before, rest) = text.split_once("<!-- rules -->\n").unwrap();
    let (table, after) = rest.split_once("<!-- /rules -->").unwrap();
    let expected = format!("{}\n", explain::table().trim_end());
    if std::env::var_os("UPDATE").is_some() {
        let new = format!("{before}<!-- rules -->\n{expected}<!-- /rules -->{after}");
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), new).unwrap();
        return;
    }
    assert_eq!(table, expected, "run `UPDATE=1 cargo test --test it readme`");
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

#[test]
fn the_figures_of_the_readme_are_those_of_the_profiles() {
    let text = readme();
    let table = text.split("| budget |").nth(1).unwrap().split("\n\n").next().unwrap();
    let header: Vec<&str> = table.lines().next().unwrap().split('`').skip(1).step_by(2).collect();
    assert_eq!(header, BUILT_IN);
    let config = plimsoll::inspect::Config::default();
    for (key, figure) in [
        (
            "memory",
            (|profile: &plimsoll::inspect::Profile| {
                profile
                    .memory
                    .as_ref()
                    .map(|limit| plimsoll::inspect::bytes::show(limit.value))
            }) as fn(&_) -> _,
        ),
        ("memory-reservation", |profile| {
            profile
                .memory_reservation
                .as_ref()
                .map(|limit| plimsoll::inspect::bytes::show(limit.value))
        }),
        ("cpus", |profile| {
            profile.cpus.as_ref().map(|limit| limit.value.to_string())
        }),
        ("pids", |profile| {
            profile.pids.as_ref().map(|limit| limit.value.to_string())
        }),
        ("swap-factor", |profile| {
            profile.swap_factor.as_ref().map(|limit| limit.value.to_string())
        }),
        ("nofile", |profile| {
            profile
                .nofile
                .as_ref()
                .map(|limit| format!("{}/{}", limit.value.0, limit.value.1))
        }),
        ("log-size", |profile| {
            profile
                .log_size
                .as_ref()
                .map(|limit| plimsoll::inspect::bytes::show(limit.value))
        }),
    ] {
        let row = table
            .lines()
            .find(|line| line.starts_with(&format!("| `{key}`")))
            .unwrap_or_else(|| panic!("no row for {key}"));
        let cells: Vec<&str> = row.trim_matches('|').split('|').skip(1).map(str::trim).collect();
        let expected: Vec<String> = BUILT_IN
            .iter()
            .map(|name| figure(&config.profiles[*name]).unwrap_or_else(|| "-".to_owned()))
            .collect();
        assert_eq!(cells, expected, "{key}");
    }
}

use super::*;
use crate::values::code;
use std::collections::BTreeSet;

#[test]
fn every_rule_file_is_in_the_table_and_sorted() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| path.file_stem().unwrap().to_string_lossy().replace('_', "-"))
        .filter(|name| {
            ![
                "docs", "example", "history", "judge", "page", "rule", "support", "tests",
            ]
            .contains(&name.as_str())
        })
        .collect();
    let named: Vec<String> = names().into_iter().map(str::to_owned).collect();
    assert_eq!(named, files.into_iter().collect::<Vec<_>>());
}

#[test]
fn names_say_the_bad_thing() {
    for name in names() {
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{name}"
        );
        for start in ["no-", "use-", "prefer-", "require-", "avoid-", "disallow-"] {
            assert!(!name.starts_with(start), "{name}");
        }
    }
}

#[test]
fn every_rule_is_documented() {
    for rule in RULES {
        assert!(
            rule.summary().ends_with('.'),
            "{}: the first line is a sentence",
            rule.name
        );
        for heading in ["## Why it matters", "## Fails", "## Passes"] {
            assert!(rule.doc().contains(heading), "{} lacks '{heading}'", rule.name);
        }
        for line in rule.doc().lines() {
            assert!(line.chars().count() <= 120, "{}: a line is too long", rule.name);
        }
    }
}

/// Codes that two rules truly share: the other tool says with one code what is said here with two names.
const SHARED: [&str; 2] = ["CL-0026", "invalid-schema"];

#[test]
fn aliases_are_of_known_tools_and_of_one_rule_each() {
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut count: std::collections::BTreeMap<code::Tool, usize> = std::collections::BTreeMap::new();
    for rule in RULES {
        for alias in rule.aliases {
            let tool = code::Tool::of_alias(alias);
            assert!(tool.is_some(), "{}: whose code is {alias}?", rule.name);
            assert!(find(alias).is_none(), "{alias} is a rule's own name");
            assert!(seen.insert((alias, rule.name)), "{} has {alias} twice", rule.name);
            *count.entry(tool.unwrap()).or_default() += 1;
            let others = RULES
                .iter()
                .filter(|other| other.name != rule.name && other.is_known_as(alias))
                .count();
            assert_eq!(others > 0, SHARED.contains(alias), "{alias}");
        }
    }
    for (tool, count) in count {
        println!("{}: {count}", tool.word());
    }
}

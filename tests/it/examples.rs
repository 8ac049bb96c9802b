//! The examples in the rules' documentation are run: a `fail` block gives findings exactly on the marked lines, a `pass`
//! block gives none.

use crate::support::judge_example;
use plimsoll::inspect::ColumnUnit;
use plimsoll::inspect::{Example, RULES, Rule, examples};
use std::collections::BTreeSet;

/// The lines, as `path:line`, on which a rule finds something in a workspace of these files.
fn found(rule: &Rule, files: &[&Example]) -> Result<BTreeSet<String>, String> {
    let report = judge_example(rule, files)?;
    let lines = report
        .findings
        .iter()
        .filter(|reported| reported.rule.name == rule.name)
        .map(|reported| {
            let source = report.sources.get(reported.finding.span.source);
            format!(
                "{}:{}",
                source.path,
                source
                    .position(reported.finding.span.start, ColumnUnit::CodePoints)
                    .line
            )
        });
    Ok(lines.collect())
}

#[test]
fn documented_examples_hold() {
    let mut wrong = Vec::new();
    let mut count = 0;
    // It compares with a commit, which an example cannot show: `policy.rs` makes some.
    for rule in RULES.iter().filter(|rule| rule.name != "policy-loosened") {
        let all = examples(rule.doc());
        if !all.iter().any(|example| example.fails) || !all.iter().any(|example| !example.fails) {
            wrong.push(format!("{}: needs a failing and a passing example", rule.name));
        }
        let mut groups: Vec<Vec<&Example>> = Vec::new();
        for example in &all {
            match groups.last_mut() {
                Some(group) if example.continues => group.push(example),
                _ => groups.push(vec![example]),
            }
        }
        for group in groups {
            count += 1;
            let expected: BTreeSet<String> = group
                .iter()
                .flat_map(|file| file.marked.iter().map(move |line| format!("{}:{line}", file.file)))
                .collect();
            let first = &group[0].text;
            match found(rule, &group) {
                Err(error) => wrong.push(format!("{}: the gate could not run: {error}\n{first}", rule.name)),
                Ok(lines) if lines != expected => wrong.push(format!(
                    "{}: expected {expected:?}, found {lines:?}\n{first}",
                    rule.name
                )),
                Ok(_) => {}
            }
            if group[0].fails && expected.is_empty() {
                wrong.push(format!("{}: a failing example marks no line\n{first}", rule.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} examples are wrong:\n\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    println!("{count} examples of {} rules hold", RULES.len());
}

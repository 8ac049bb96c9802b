//! The failing examples of the rules, changed in two ways: with an ignore comment above every finding nothing is left, and
//! with a value that nobody knows in place of the one at fault the rule does not claim it any more.

use crate::support::judge_example;
use plimsoll::inspect::ColumnUnit;
use plimsoll::inspect::{Example, Group, RULES, Rule, examples};
use std::collections::{BTreeMap, BTreeSet};

/// A place of a finding: file, line, and columns of what it marks, from 1, the end exclusive.
type Place = (String, usize, usize, usize);

fn judge(rule: &Rule, files: &[&Example]) -> Result<Vec<Place>, String> {
    let report = judge_example(rule, files)?;
    Ok(report
        .findings
        .iter()
        .filter(|reported| reported.rule.name == rule.name)
        .map(|reported| {
            let span = reported.finding.span;
            let source = report.sources.get(span.source);
            let at = |offset| source.position(offset, ColumnUnit::CodePoints);
            let (start, end) = (at(span.start), at(span.end));
            let last = if start.line == end.line {
                end.column
            } else {
                start.column
            };
            (source.path.clone(), start.line, start.column, last)
        })
        .collect())
}

/// The failing examples of a rule, each with the files beside it.
fn failing(all: &[Example]) -> Vec<Vec<&Example>> {
    let mut groups: Vec<Vec<&Example>> = Vec::new();
    for example in all {
        match groups.last_mut() {
            Some(group) if example.continues => group.push(example),
            _ => groups.push(vec![example]),
        }
    }
    groups.retain(|group| group[0].fails);
    groups
}

/// The same files with other texts.
fn changed(group: &[&Example], change: &dyn Fn(&Example) -> String) -> Vec<Example> {
    group
        .iter()
        .map(|file| Example {
            file: file.file.clone(),
            fails: file.fails,
            text: change(file),
            marked: Vec::new(),
            continues: file.continues,
        })
        .collect()
}

/// Rules whose findings no comment of a judged file can take away, and why.
const NOT_IGNORED: [(&str, &str); 7] = [
    ("expired-ignore", "it is about the ignores themselves"),
    ("ignore-without-reason", "it is about the ignores themselves"),
    ("unused-ignore", "it is about the ignores themselves"),
    ("unmatched-assignment", "it is about plimsoll.yaml"),
    ("unreadable-input", "the file cannot be read, its comments neither"),
    ("invalid-yaml", "the text is broken where the comment would stand"),
    ("undecided-value", "an ignore must not hide that something is not known"),
];

#[test]
fn an_ignored_example_is_silent() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for rule in RULES {
        if NOT_IGNORED.iter().any(|(name, _)| *name == rule.name) {
            continue;
        }
        let all = examples(rule.doc());
        for group in failing(&all) {
            let Ok(places) = judge(rule, &group) else { continue };
            let mut lines: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
            for (path, line, ..) in &places {
                lines.entry(path).or_default().insert(*line);
            }
            let texts = changed(&group, &|file| {
                let marked = lines.get(file.file.as_str());
                let mut text = String::new();
                for (index, line) in file.text.lines().enumerate() {
                    if marked.is_some_and(|lines| lines.contains(&(index + 1))) {
                        let indent = &line[..line.len() - line.trim_start().len()];
                        text.push_str(&format!("{indent}# plimsoll: ignore[{}] tried out\n", rule.name));
                    }
                    text.push_str(line);
                    text.push('\n');
                }
                text
            });
            count += 1;
            let files: Vec<&Example> = texts.iter().collect();
            match judge(rule, &files) {
                Ok(left) if left.is_empty() => {}
                other => wrong.push(format!("{}: {other:?}\n{}", rule.name, texts[0].text)),
            }
        }
    }
    println!("{count} examples are silent when they are ignored");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Findings that hold whatever the value is: rule, line of its example, and why.
const WHATEVER: [(&str, &str, &str); 5] = [
    (
        "ignored-setting",
        "restart:",
        "`deploy.restart_policy` takes the place of any of them",
    ),
    ("ignored-setting", "mode:", "a file keeps its own mode"),
    ("tmpfs-without-size", "target:", "it has no size, wherever it is"),
    (
        "port-on-every-interface",
        "published:",
        "the address has a key of its own here",
    ),
    (
        "port-on-every-interface",
        "- target:",
        "the address has a key of its own here",
    ),
];

/// Groups in which every rule must say nothing of what is not known.
const GROUPS: [Group; 5] = [
    Group::Resources,
    Group::Start,
    Group::Security,
    Group::Reproducible,
    Group::Gate,
];

#[test]
fn an_unknown_value_is_no_violation() {
    let (mut wrong, mut count, mut rules) = (Vec::new(), 0, BTreeSet::new());
    for rule in RULES.iter().filter(|rule| GROUPS.contains(&rule.group)) {
        let all = examples(rule.doc());
        for group in failing(&all) {
            let Ok(places) = judge(rule, &group) else { continue };
            for (path, line, start, end) in &places {
                let Some(file) = group.iter().find(|file| file.file == *path && path.ends_with(".yaml")) else {
                    continue;
                };
                let written = file.text.lines().nth(line - 1).unwrap_or("");
                let characters: Vec<char> = written.chars().collect();
                let value: String = characters.get(start - 1..end - 1).unwrap_or(&[]).iter().collect();
                // Only a whole scalar value can be a variable: not a key, not a list, not a part of a text.
                let before: String = characters[..start - 1].iter().collect();
                let is_value = before.trim_end().ends_with([':', '-']) && before.ends_with(' ');
                // In a flow mapping the brace of a variable would begin another one.
                if !is_value
                    || before.contains('{')
                    || value.is_empty()
                    || value.contains(['{', '[', '&', '*', '|', '>', '!'])
                {
                    continue;
                }
                let holds =
                    |(name, key, _): &(&str, &str, &str)| *name == rule.name && before.trim_start().starts_with(key);
                // A configuration is refused where it is not understood.
                if WHATEVER.iter().any(holds) || path == "plimsoll.yaml" {
                    continue;
                }
                let after: String = characters[end - 1..].iter().collect();
                let texts = changed(&group, &|other| {
                    if other.file != *path {
                        return other.text.clone();
                    }
                    let lines = other.text.lines().enumerate().map(|(index, text)| {
                        if index + 1 == *line {
                            format!("{before}${{PLIMSOLL_NOBODY_KNOWS}}{after}\n")
                        } else {
                            format!("{text}\n")
                        }
                    });
                    lines.collect()
                });
                count += 1;
                rules.insert(rule.name);
                let files: Vec<&Example> = texts.iter().collect();
                match judge(rule, &files) {
                    Ok(left) if left.iter().all(|(other, at, ..)| other != path || at != line) => {}
                    other => wrong.push(format!("{}: {other:?}\n{}", rule.name, texts[0].text)),
                }
            }
        }
    }
    println!("{count} unknown values in {} rules are no violation", rules.len());
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

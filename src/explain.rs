//! The rules for people: the list, one in full, and the table of the README, all from the rules' own documentation.

mod profile;

use crate::failure::Failure;
use crate::finding::Severity;
use crate::order::Order as _;
use crate::rules::{self, Group, RULES, Rule};
use crate::values::code::Tool;

fn weight(rule: &Rule) -> &'static str {
    rule.severity.map_or("off", Severity::word)
}

fn groups() -> Vec<(Group, Vec<&'static Rule>)> {
    let mut groups: Vec<(Group, Vec<&'static Rule>)> = Vec::new();
    let mut sorted: Vec<&'static Rule> = RULES.to_vec();
    sorted.order_by_key(|rule| (rule.group, rule.name));
    for rule in sorted {
        match groups.last_mut() {
            Some((group, rules)) if *group == rule.group => rules.push(rule),
            _ => groups.push((rule.group, vec![rule])),
        }
    }
    groups
}

/// Every rule, a line each, by group.
pub(crate) fn list() -> String {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (group, rules) in groups() {
        out.push_str(&format!("{}\n", group.title()));
        for rule in rules {
            out.push_str(&format!(
                "  {:width$}  {:7}  {}\n",
                rule.name,
                weight(rule),
                rule.summary()
            ));
        }
        out.push('\n');
    }
    out.push_str("`plimsoll explain RULE` describes one in full.\n");
    out
}

/// A rule in full, or a built-in profile.
///
/// # Errors
/// A sentence, if there is neither.
pub(crate) fn one(name: &str) -> Result<String, Failure> {
    if let Some(text) = profile::text(name) {
        return Ok(text);
    }
    let rule = rules::find(name).or_else(|| RULES.iter().copied().find(|rule| rule.is_known_as(name)));
    let Some(rule) = rule else {
        if let Some(tool) = Tool::of(name) {
            let tool = tool.word();
            return Err(Failure::new(format!(
                "no rule corresponds to {name} of {tool} (`plimsoll rules` lists the rules)"
            )));
        }
        let near = crate::values::nearest(name, rules::names());
        let help = near.map_or_else(
            || "`plimsoll rules` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Failure::new(format!("there is no rule `{name}` ({help})")));
    };
    let mut out = format!(
        "{} ({}, {}, {} layer, since {})\n",
        rule.name,
        weight(rule),
        rule.group.title(),
        rule.layer.word(),
        rule.since()
    );
    for (tool, codes) in rule.in_other_tools() {
        out.push_str(&format!("{tool}: {}\n", codes.join(", ")));
    }
    out.push('\n');
    for line in rule.doc().trim_end().lines() {
        out.push_str(line.strip_prefix(' ').unwrap_or(line));
        out.push('\n');
    }
    Ok(out)
}

/// Every rule for machines.
pub(crate) fn json() -> String {
    let rules: Vec<_> = groups()
        .into_iter()
        .flat_map(|(_, rules)| rules)
        .map(described)
        .collect();
    format!("{:#}\n", serde_json::json!({"schema": 1, "rules": rules}))
}

fn described(rule: &Rule) -> serde_json::Value {
    serde_json::json!({
        "rule": rule.name,
        "severity": weight(rule),
        "group": rule.group.title(),
        "layer": rule.layer.word(),
        "since": rule.since(),
        "aliases": rule.aliases,
        "summary": rule.summary(),
        "doc": rule.doc().lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n").trim_end(),
    })
}

/// The rule table of the README, as Markdown.
pub fn table() -> String {
    let mut out = String::new();
    for (group, rules) in groups() {
        out.push_str(&format!(
            "\n**{}**\n\n| rule | default | what is wrong |\n| --- | --- | --- |\n",
            group.title()
        ));
        for rule in rules {
            out.push_str(&format!(
                "| `{}` | {} | {} |\n",
                rule.name,
                weight(rule),
                rule.summary().replace('|', "\\|")
            ));
        }
    }
    out
}

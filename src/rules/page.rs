//! The page of each rule in the documentation, made from the rule's own text.

use super::{RULES, Rule};
use crate::finding::Severity;
use std::fmt::Write as _;

impl Rule {
    /// Its documentation as Markdown, without what marks its examples for the tests.
    pub(crate) fn text(&self) -> String {
        let line = |line: &str| {
            let line = line.strip_prefix(' ').unwrap_or(line);
            match line.strip_prefix("```") {
                Some(words) => format!("```{}", words.split(' ').next().unwrap_or("")),
                None => line.replace("# <- here", "").trim_end().to_owned(),
            }
        };
        self.doc().lines().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Its page, as a path below the folder of the documentation.
    pub(crate) fn path(&self) -> String {
        format!("rules/{}.md", self.name)
    }
}

/// The name of each rule with its page.
pub fn pages() -> Vec<(&'static str, String)> {
    RULES.iter().map(|rule| (rule.name, page(rule))).collect()
}

fn page(rule: &Rule) -> String {
    let weight = rule.severity.map_or("off", Severity::word);
    let mut out = format!(
        "# {}\n\n| default | group | refused by, or about | since |\n| --- | --- | --- | --- |\n| {weight} | {} | {} | {} |\n\n",
        rule.name,
        rule.group.title(),
        rule.layer.word(),
        rule.since()
    );
    out.push_str(rule.text().trim());
    out.push('\n');
    if !rule.aliases.is_empty() {
        out.push_str("\n## In other tools\n\n");
        for (tool, codes) in rule.in_other_tools() {
            let _ = writeln!(out, "- {tool}: `{}`", codes.join("`, `"));
        }
    }
    let _ = write!(
        out,
        "\n## If it is right as it is\n\n`# plimsoll: ignore[{name}] why` above the line, or in plimsoll.yaml `rules: {{{name}: \"off\"}}` for everything. \
         See [Ignoring a finding](../ignoring.md).\n",
        name = rule.name
    );
    out
}

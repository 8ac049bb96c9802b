//! The rules as SARIF describes them, all made from a rule's documentation.

use super::{URI, message_string};
use crate::finding::Severity;
use crate::report::words;
use crate::rules::{Group, Rule};
use serde_json::json;
use serde_sarif::sarif::{PropertyBag, ReportingConfiguration, ReportingDescriptor};

/// GitHub refuses descriptions of more than 1,024 characters.
const MAX_DESCRIPTION: usize = 1000;

pub(super) fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let doc = dedent(rule.doc);
    let summary = words::sentence(rule.summary());
    let help_uri = format!("{URI}#rules");
    let full = match why(&doc) {
        why if why.is_empty() => summary.clone(),
        why => format!("{summary} {why}"),
    };
    let markdown = format!("{}\n\n[{}]({help_uri})\n", doc.trim(), rule.name);
    let text = format!("{}\n\n{help_uri}\n", plain(&doc));
    let mut help = message_string(&text);
    help.markdown = Some(markdown);
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.name)
        .short_description(message_string(&words::clip(&summary, MAX_DESCRIPTION)))
        .full_description(message_string(&words::clip(&full, MAX_DESCRIPTION)))
        .help(help)
        .help_uri(help_uri)
        .default_configuration(
            ReportingConfiguration::builder()
                .enabled(rule.severity.is_some())
                .level(json!(rule.severity.unwrap_or(Severity::Note).word()))
                .build(),
        )
        .properties(properties(rule))
        .build();
    // A name that only repeats the id has to be left out (SARIF 2.1.0, 3.49.7).
    descriptor.name = rule.name.contains('-').then(|| pascal_case(rule.name));
    descriptor
}

/// GitHub makes a *security* alert of every rule that has a `security-severity`, so that only these rules get one.
fn properties(rule: &Rule) -> PropertyBag {
    let severity = rule.severity.unwrap_or(Severity::Note);
    let mut properties = PropertyBag::builder()
        .tags(vec![tag(rule.group).to_owned(), "containers".to_owned()])
        .build();
    let own = &mut properties.additional_properties;
    own.insert("precision".to_owned(), json!("high"));
    if rule.group == Group::Security {
        let number = match severity {
            Severity::Error => "8.0",
            Severity::Warning => "5.5",
            Severity::Note => "2.0",
        };
        own.insert("security-severity".to_owned(), json!(number));
    } else {
        let word = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "recommendation",
        };
        own.insert("problem.severity".to_owned(), json!(word));
    }
    properties
}

fn tag(group: Group) -> &'static str {
    match group {
        Group::Size => "size",
        Group::Resources => "resources",
        Group::Start => "start",
        Group::Dockerfile => "dockerfile",
        Group::Security => "security",
        Group::Reproducible => "reproducible",
        Group::Measured => "measured",
        Group::Gate => "gate",
    }
}

/// `MissingMemoryLimit` of `missing-memory-limit`.
fn pascal_case(name: &str) -> String {
    name.split('-')
        .map(|part| {
            let mut chars = part.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars).collect::<String>()
        })
        .collect()
}

/// The documentation without the blank that doc comments put in front of every line.
fn dedent(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n")
}

/// The text below "Why it matters", in one line.
fn why(doc: &str) -> String {
    let lines = doc
        .lines()
        .skip_while(|line| line.trim_start_matches('#').trim() != "Why it matters")
        .skip(1)
        .take_while(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// Markdown for those who cannot show it: headings without hashes, code indented instead of fenced.
fn plain(doc: &str) -> String {
    let mut out = String::new();
    let mut code = false;
    for line in doc.trim().lines() {
        if line.starts_with("```") {
            code = !code;
            continue;
        }
        if code {
            out.push_str("    ");
        }
        out.push_str(if code {
            line
        } else {
            line.trim_start_matches('#').trim_start()
        });
        out.push('\n');
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::find;

    #[test]
    fn a_rule_is_described_by_its_documentation() {
        let described = descriptor(find("missing-memory-limit").unwrap());
        assert_eq!(described.name.as_deref(), Some("MissingMemoryLimit"));
        assert_eq!(
            described.short_description.unwrap().text,
            "A service has no memory limit."
        );
        let full = described.full_description.unwrap().text;
        assert!(
            full.starts_with("A service has no memory limit. A container without a limit"),
            "{full}"
        );
        let help = described.help.unwrap();
        assert!(
            help.text.contains("\nFails\n    services:\n      api:  # <- here\n"),
            "{}",
            help.text
        );
        let markdown = help.markdown.unwrap();
        assert!(
            markdown.starts_with("A service has no memory limit.\n\n## Why it matters\n"),
            "{markdown}"
        );
    }

    #[test]
    fn only_security_rules_have_a_security_severity() {
        let keys = |rule| {
            let properties = descriptor(rule).properties.unwrap().additional_properties;
            properties
                .into_iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            keys(find("missing-memory-limit").unwrap()),
            ["precision=\"high\"", "problem.severity=\"recommendation\""]
        );
        assert_eq!(
            keys(find("privileged-service").unwrap()),
            ["precision=\"high\"", "security-severity=\"8.0\""]
        );
    }
}

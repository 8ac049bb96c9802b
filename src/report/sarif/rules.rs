//! The rules as SARIF describes them, all made from a rule's documentation.

use super::URI;
use super::log::{Configuration, Descriptor, Text};
use crate::finding::{Basis, Severity};
use crate::report::{Reported, words};
use crate::rules::{Group, Rule};
use serde_json::{Value, json};

/// GitHub refuses descriptions of more than 1,024 characters.
const MAX_DESCRIPTION: usize = 1000;

/// What a rule found in this run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// The highest weight.
    severity: Option<Severity>,
    /// Some finding is more than a guess.
    is_proven: bool,
}

impl Seen {
    pub(super) fn add(&mut self, reported: &Reported) {
        let measured = reported.finding.measured.as_ref();
        let is_guess = measured.is_some_and(|measured| matches!(measured.basis, Basis::Estimate | Basis::Unknown));
        self.count(reported.severity, is_guess || reported.finding.undecided);
    }

    pub(super) fn count(&mut self, severity: Severity, is_guess: bool) {
        self.severity = self.severity.max(Some(severity));
        self.is_proven |= !is_guess;
    }
}

/// A rule, weighed by what it found: a profile can make an error of a note.
pub(super) fn descriptor(rule: &'static Rule, seen: Seen) -> Descriptor {
    let doc = rule.text();
    let summary = words::sentence(rule.summary());
    let help_uri = page(rule);
    let full = match why(&doc) {
        why if why.is_empty() => summary.clone(),
        why => format!("{summary} {why}"),
    };
    let markdown = format!("{}\n\n[{}]({help_uri})\n", doc.trim(), rule.name);
    let text = format!("{}\n\n{help_uri}\n", plain(&doc));
    Descriptor {
        id: rule.name,
        // A name that only repeats the id has to be left out (SARIF 2.1.0, 3.49.7).
        name: rule.name.contains('-').then(|| pascal_case(rule.name)),
        short_description: Text::plain(words::clip(&summary, MAX_DESCRIPTION)),
        full_description: Text::plain(words::clip(&full, MAX_DESCRIPTION)),
        help: Text {
            text,
            markdown: Some(markdown),
        },
        help_uri,
        default_configuration: Configuration {
            enabled: rule.severity.is_some(),
            level: weight(rule, seen).word(),
        },
        properties: properties(rule, seen),
    }
}

/// GitHub makes a *security* alert of every rule that has a `security-severity`, so that only these rules get one.
fn properties(rule: &Rule, seen: Seen) -> Value {
    let severity = weight(rule, seen);
    let mut tags = vec![tag(rule.group).to_owned(), "containers".to_owned()];
    tags.extend(weakness(rule.name).map(|number| format!("external/cwe/cwe-{number:03}")));
    let precision = if seen.is_proven { "high" } else { "medium" };
    let (key, word) = match (rule.group, severity) {
        (Group::Security, Severity::Error) => ("security-severity", "8.0"),
        (Group::Security, Severity::Warning) => ("security-severity", "5.5"),
        (Group::Security, Severity::Note) => ("security-severity", "2.0"),
        (_, Severity::Error) => ("problem.severity", "error"),
        (_, Severity::Warning) => ("problem.severity", "warning"),
        (_, Severity::Note) => ("problem.severity", "recommendation"),
    };
    json!({"tags": tags, "precision": precision, key: word})
}

fn weight(rule: &Rule, seen: Seen) -> Severity {
    seen.severity.or(rule.severity).unwrap_or(Severity::Note)
}

/// The weakness that a rule is about, by its number in MITRE's Common Weakness Enumeration.
fn weakness(rule: &str) -> Option<u16> {
    Some(match rule {
        // Execution with unnecessary privileges.
        "capabilities-kept"
        | "capability-above-budget"
        | "dangerous-capability"
        | "host-device"
        | "privileged-service"
        | "root-user"
        | "sudo-in-image" => 250,
        // Improper privilege management.
        "privilege-escalation-allowed" | "root-group" | "provider-runs-program" => 269,
        // Protection mechanism failure.
        "confinement-disabled" | "defeated-hardening" => 693,
        // Improper isolation or compartmentalization.
        "host-namespace" | "shared-bridge-network" | "isolated-members" => 653,
        // Exposure of resource to wrong sphere.
        "engine-socket-mounted" | "sensitive-host-path" => 668,
        // Binding to an unrestricted IP address.
        "port-on-every-interface" => 1327,
        // Incorrect permission assignment for critical resource.
        "writable-root" | "executable-tmpfs" => 732,
        // Exposure of sensitive information through environmental variables.
        "secret-in-environment" => 526,
        // Insufficiently protected credentials.
        "secret-in-image" => 522,
        // Inclusion of sensitive information in source code.
        "exposed-secret-file" => 540,
        // Use of default credentials.
        "guessable-credential" => 1392,
        // Download of code without integrity check.
        "unverified-download" => 494,
        // Inclusion of functionality from untrusted control sphere.
        "unknown-frontend" => 829,
        _ => return None,
    })
}

/// Where a rule is explained.
pub(crate) fn page(rule: &Rule) -> String {
    format!("{URI}/blob/main/docs/{}", rule.path())
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
        let described = descriptor(find("missing-memory-limit").unwrap(), Seen::default());
        assert_eq!(described.name.as_deref(), Some("MissingMemoryLimit"));
        assert_eq!(described.short_description.text, "A service has no memory limit.");
        let full = described.full_description.text;
        assert!(
            full.starts_with("A service has no memory limit. A container without a limit"),
            "{full}"
        );
        let help = described.help;
        assert!(
            help.text.contains("\nFails\n    services:\n      api:\n"),
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
            let seen = Seen {
                severity: None,
                is_proven: true,
            };
            let properties = descriptor(rule, seen).properties;
            let others = properties.as_object().unwrap().iter().filter(|(key, _)| *key != "tags");
            others.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
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

    #[test]
    fn a_rule_weighs_what_it_found_and_names_its_weakness() {
        let of = |severity| {
            let seen = Seen {
                severity: Some(severity),
                is_proven: false,
            };
            descriptor(find("root-user").unwrap(), seen)
        };
        for (severity, number) in [(Severity::Error, "8.0"), (Severity::Note, "2.0")] {
            let described = of(severity);
            let properties = described.properties;
            assert_eq!(properties["security-severity"], number);
            assert_eq!(properties["precision"], "medium");
            assert_eq!(
                properties["tags"],
                json!(["security", "containers", "external/cwe/cwe-250"])
            );
        }
    }

    #[test]
    fn every_weakness_is_of_a_rule_that_there_is() {
        let named = crate::rules::RULES.iter().filter(|rule| weakness(rule.name).is_some());
        assert_eq!(named.count(), 26);
    }
}

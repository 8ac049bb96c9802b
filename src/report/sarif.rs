//! The report as SARIF 2.1.0, in the shape that GitHub code scanning and GitLab ingest without loss.

mod log;
pub(crate) mod many;
mod rules;

pub(crate) use rules::page;

use super::place::{self, Region as Lines};
use super::{Report, Reported, Verdict, decided, escape, line_hash, words};
use crate::finding::{Edit, Severity};
use crate::rules::RULES;
use crate::source::{ColumnUnit, SourceId, Span, floor_boundary};
use log::{
    Artifact, Change, Descriptor, Driver, Fix, Invocation, Location, Log, Notification, Outcome, Physical, Properties,
    Region, Replacement, Run, Text, Tool,
};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// Where the project lives.
pub(crate) const URI: &str = "https://github.com/plimsoll-dev/plimsoll";
/// GitHub keeps, and GitLab takes, so many results.
const MAX_RESULTS: usize = 5000;
/// GitLab drops a result whose text is too long, GitHub cuts it.
const MAX_TEXT: usize = 1000;
/// A snippet is for orientation; files of 10 MB are refused.
const MAX_SNIPPET: usize = 500;
/// Related locations of one result.
const MAX_RELATED: usize = 20;
/// Fixes of one result.
const MAX_FIXES: usize = 20;
/// More links than this stand in no message, and longer ones are cut.
const MAX_LINKS: usize = 5;
const MAX_LINK: usize = 120;

/// Renders the report. Notes are left out unless `notes`.
pub(crate) fn render(report: &Report, notes: bool) -> String {
    let shown = words::worst_first(report, notes);
    let cut = shown.len().saturating_sub(MAX_RESULTS);
    let mut results = Results::new(report);
    // Whether a finding is among the worst depends on its severity and on how many came before it.
    let mut room = Room::new(&shown);
    for reported in report.findings.iter().filter(|reported| room.takes(reported, notes)) {
        results.push(reported);
    }
    let described: Vec<_> = RULES
        .iter()
        .filter(|rule| results.seen.contains_key(rule.name))
        .collect();
    let rules = described.iter().filter_map(|rule| {
        let seen = results.seen.get(rule.name)?;
        Some(rules::descriptor(rule, *seen))
    });
    let rules: Vec<_> = rules.collect();
    let index = |name: &str| described.iter().position(|rule| rule.name == name);
    let merged = results.merged;
    let properties = Properties {
        scope: report.secrets.mask(&report.scope).into_owned(),
        as_of: report.as_of.clone(),
        budgets: (report.decided.all.count() > 0).then(|| json!(decided::data(report))),
    };
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver: driver(rules) },
            column_kind: "utf16CodeUnits",
            invocations: [invocation(report, cut)],
            results: merged.into_iter().map(|merged| merged.finish(&index)).collect(),
            properties,
        }],
    };
    // Every key is a string, so that this cannot fail.
    let mut text = serde_json::to_string(&log).unwrap_or_default();
    text.push('\n');
    escape::json(&text).into_owned()
}

/// Who speaks, and what its rules are.
fn driver(rules: Vec<Descriptor>) -> Driver {
    Driver {
        name: "plimsoll",
        version: env!("CARGO_PKG_VERSION"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: URI,
        organization: "plimsoll-dev",
        rules,
    }
}

/// How many findings of each severity are among the worst [`MAX_RESULTS`].
struct Room(BTreeMap<Severity, usize>);

impl Room {
    fn new(worst_first: &[&Reported]) -> Self {
        let mut room = BTreeMap::new();
        for reported in worst_first.iter().take(MAX_RESULTS) {
            *room.entry(reported.severity).or_insert(0) += 1;
        }
        Self(room)
    }

    fn takes(&mut self, reported: &Reported, notes: bool) -> bool {
        let left = self.0.get_mut(&reported.severity).filter(|left| **left > 0);
        match left {
            Some(left) if notes || reported.severity > Severity::Note => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

fn invocation(report: &Report, cut: usize) -> Invocation {
    let mut said = Vec::new();
    if let Some(error) = &report.error {
        said.push(notification("error", &words::sentence(&report.secrets.mask(error))));
    }
    if cut > 0 {
        let number = words::count(cut, "finding");
        let text = format!("{number} not reported: at most {MAX_RESULTS} are, the worst first.");
        said.push(notification("warning", &text));
    }
    Invocation {
        execution_successful: report.verdict != Verdict::Error,
        tool_execution_notifications: said,
    }
}

fn notification(level: &'static str, text: &str) -> Notification {
    Notification {
        level,
        message: message(text),
    }
}

fn message(text: &str) -> Text {
    Text::plain(words::clip(&literal(text), MAX_TEXT))
}

/// `[text](1)` in a message would be a link, and a name from a file must not become one.
fn literal(text: &str) -> String {
    text.replace("](", "] (")
}

/// Findings of one rule on the same lines: GitLab would keep only one of them.
struct Merged {
    sentences: Vec<String>,
    helps: Vec<String>,
    level: Severity,
    result: Outcome,
    related: Vec<Location>,
    fixes: Vec<Fix>,
}

impl Merged {
    /// Takes another finding in. A file in one line can bring thousands; what would be cut anyway is not kept.
    fn add(&mut self, severity: Severity, sentence: String, help: String, related: Vec<Location>, fix: Option<Fix>) {
        self.level = self.level.max(severity);
        let length: usize = self.sentences.iter().map(String::len).sum();
        if length < MAX_TEXT && !self.sentences.contains(&sentence) {
            self.sentences.push(sentence);
        }
        let length: usize = self.helps.iter().map(String::len).sum();
        if length < MAX_TEXT && !help.is_empty() && !self.helps.contains(&help) {
            self.helps.push(help);
        }
        if self.related.len() < MAX_RELATED {
            self.related.extend(related);
        }
        if self.fixes.len() < MAX_FIXES {
            self.fixes.extend(fix);
        }
    }

    /// `index` is the number of a rule among those that are described.
    fn finish(self, index: &dyn Fn(&str) -> Option<usize>) -> Outcome {
        let mut text = self.sentences;
        text.extend(self.helps);
        let mut result = self.result;
        result.level = self.level.word();
        result.rule_index = index(result.rule_id);
        let mut related = self.related;
        related.truncate(MAX_RELATED);
        for (location, id) in related.iter_mut().zip(1..) {
            location.id = Some(id);
        }
        let links = links(&related);
        let room = MAX_TEXT.saturating_sub(links.chars().count());
        let message = format!("{}{links}", words::clip(&literal(&text.join(" ")), room));
        result.message = Text::plain(message);
        result.related_locations = related;
        result.fixes = self.fixes;
        result
    }
}

/// The related places as links of a message (SARIF 2.1.0, 3.11.6): code scanning shows only those that the message names.
fn links(related: &[Location]) -> String {
    let each = related.iter().filter_map(|location| {
        let said = location.message.as_ref()?.text.trim_end_matches('.');
        let label = words::clip(said, MAX_LINK).replace(['[', ']', '(', ')', '\\'], " ");
        Some(format!("[{}]({})", label.trim(), location.id?))
    });
    let each: Vec<String> = each.take(MAX_LINKS).collect();
    match each.is_empty() {
        true => String::new(),
        false => format!(" See: {}.", each.join(", ")),
    }
}

/// What makes two findings one result: rule, text, first and last line.
type Key = (&'static str, SourceId, usize, usize);

/// The results so far, and what is looked up for them.
struct Results<'a> {
    report: &'a Report,
    merged: Vec<Merged>,
    places: HashMap<Key, usize>,
    hashes: HashMap<SourceId, Vec<String>>,
    /// The rules that found something.
    seen: HashMap<&'static str, rules::Seen>,
}

impl<'a> Results<'a> {
    fn new(report: &'a Report) -> Self {
        Self {
            report,
            merged: Vec::new(),
            places: HashMap::new(),
            hashes: HashMap::new(),
            seen: HashMap::new(),
        }
    }

    fn push(&mut self, reported: &Reported) {
        let finding = &reported.finding;
        self.seen.entry(reported.rule.name).or_default().add(reported);
        let source = self.report.sources.get(finding.span.source);
        let lines = place::region(source, finding.span, ColumnUnit::Utf16);
        let key = (
            reported.rule.name,
            finding.span.source,
            lines.start.line,
            lines.end.line,
        );
        let sentence = words::sentence(&words::message(self.report, reported));
        let help = words::sentence(&words::help(self.report, reported));
        let related = finding.related.iter().map(|related| {
            let lines = place::region(
                self.report.sources.get(related.span.source),
                related.span,
                ColumnUnit::Utf16,
            );
            let mut location = location(self.report, related.span, lines);
            location.message = Some(message(&words::sentence(&self.report.secrets.mask(&related.message))));
            location
        });
        let related: Vec<Location> = related.take(MAX_RELATED).collect();
        let fix = fix(
            self.report,
            &finding.fix,
            if help.is_empty() { &sentence } else { &help },
        );
        let found = self.places.get(&key).and_then(|index| self.merged.get_mut(*index));
        if let Some(merged) = found {
            merged.add(reported.severity, sentence, help, related, fix);
            return;
        }
        let result = Outcome {
            rule_id: reported.rule.name,
            rule_index: None,
            level: reported.severity.word(),
            message: Text::default(),
            locations: [location(self.report, finding.span, lines)],
            related_locations: Vec::new(),
            partial_fingerprints: self.fingerprints(reported, lines.start.line),
            fixes: Vec::new(),
        };
        self.places.insert(key, self.merged.len());
        self.merged.push(Merged {
            sentences: vec![sentence],
            helps: if help.is_empty() { Vec::new() } else { vec![help] },
            level: reported.severity,
            result,
            related,
            fixes: fix.into_iter().collect(),
        });
    }

    fn fingerprints(&mut self, reported: &Reported, line: usize) -> BTreeMap<&'static str, String> {
        let id = reported.finding.span.source;
        let report = self.report;
        let hashes = self
            .hashes
            .entry(id)
            .or_insert_with(|| line_hash::line_hashes(&report.sources.get(id).text));
        let mut fingerprints = BTreeMap::new();
        if let Some(hash) = hashes.get(line.saturating_sub(1)) {
            fingerprints.insert("primaryLocationLineHash", hash.clone());
        }
        fingerprints.insert("plimsoll/v1", reported.fingerprint.clone());
        fingerprints
    }
}

fn artifact(report: &Report, id: SourceId) -> Artifact {
    Artifact {
        uri: report.sources.get(id).uri.clone(),
    }
}

fn region(lines: Lines) -> Region {
    Region {
        start_line: lines.start.line,
        start_column: lines.start.column,
        end_line: lines.end.line,
        end_column: lines.end.column,
        snippet: None,
    }
}

fn location(report: &Report, span: Span, lines: Lines) -> Location {
    let mut region = region(lines);
    let source = report.sources.get(span.source);
    let mut range = place::shown_range(source, span);
    // No character takes more than four bytes.
    range.end = floor_boundary(&source.text, range.end.min(range.start + 4 * (MAX_SNIPPET + 1)));
    let snippet = place::masked_slice(report, span.source, &range);
    region.snippet = Some(Text::plain(words::clip(&snippet, MAX_SNIPPET)));
    Location {
        id: None,
        physical_location: Physical {
            artifact_location: artifact(report, span.source),
            region,
        },
        message: None,
    }
}

/// The edits as one fix, a change for each file. A fix that would write a secret is not shown.
fn fix(report: &Report, edits: &[Edit], description: &str) -> Option<Fix> {
    let secret = |edit: &Edit| report.secrets.mask(&edit.text) != edit.text;
    if edits.is_empty() || edits.iter().any(secret) {
        return None;
    }
    let mut changes: BTreeMap<SourceId, Vec<Replacement>> = BTreeMap::new();
    for edit in edits {
        let lines = place::exact_region(report.sources.get(edit.span.source), edit.span, ColumnUnit::Utf16);
        let replacement = Replacement {
            deleted_region: region(lines),
            inserted_content: Text::plain(edit.text.as_str()),
        };
        changes.entry(edit.span.source).or_default().push(replacement);
    }
    let changes = changes.into_iter().map(|(id, replacements)| Change {
        artifact_location: artifact(report, id),
        replacements,
    });
    Some(Fix {
        description: message(description),
        artifact_changes: changes.collect(),
    })
}

#[cfg(test)]
mod tests;

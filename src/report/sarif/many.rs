//! Many reports as one log: a run for each, written when its report was read.

use super::log::{Invocation, Region};
use super::rules::{self, Seen};
use super::{MAX_RESULTS, MAX_TEXT, driver, message, notification};
use crate::failure::Failure;
use crate::finding::Severity;
use crate::order::Order as _;
use crate::report::many::read::{Found, Given};
use crate::report::{Verdict, escape, words};
use crate::rules::find;
use crate::source::uri_of;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// What comes before all runs, and behind them.
pub(crate) const START: &str =
    "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[\n";
pub(crate) const END: &str = "]}\n";

/// The results of a report: the worst, as many as GitHub keeps.
#[derive(Default)]
pub(crate) struct Results {
    all: Vec<Entry>,
    count: usize,
    seen: BTreeMap<&'static str, Seen>,
}

struct Entry {
    severity: Severity,
    /// Which one it was.
    number: usize,
    /// Its rule, where it is known here.
    rule: Option<&'static str>,
    result: Value,
}

impl Results {
    /// Takes a finding in.
    pub(crate) fn push(&mut self, found: &Found) {
        let rule = find(&found.rule);
        if let Some(rule) = rule {
            self.seen
                .entry(rule.name)
                .or_default()
                .count(found.severity, found.is_guess);
        }
        self.all.push(Entry {
            severity: found.severity,
            number: self.count,
            rule: rule.map(|rule| rule.name),
            result: result(found),
        });
        self.count += 1;
        if self.all.len() >= 2 * MAX_RESULTS {
            self.cut();
        }
    }

    /// Keeps the worst, and of equals the first.
    fn cut(&mut self) {
        self.all.order_by_key(|entry| (Reverse(entry.severity), entry.number));
        self.all.truncate(MAX_RESULTS);
    }

    /// The run of a report with this name, or of a file that is none.
    pub(crate) fn run(mut self, name: &str, given: Result<&Given, &Failure>) -> String {
        let mut said = Vec::new();
        match given {
            Ok(given) => said.extend(given.error.as_deref().map(words::sentence)),
            // What came before the mistake is no report.
            Err(failure) => {
                self = Self::default();
                said.push(words::sentence(&failure.to_string()));
            }
        }
        let mut said: Vec<_> = said.iter().map(|text| notification("error", text)).collect();
        self.cut();
        if self.count > self.all.len() {
            let number = words::count(self.count - self.all.len(), "finding");
            let text = format!("{number} not reported: at most {MAX_RESULTS} are, the worst first.");
            said.push(notification("warning", &text));
        }
        self.all.order_by_key(|entry| entry.number);
        let kept = |name: &&str| self.all.iter().any(|entry| entry.rule == Some(name));
        let used: Vec<&str> = self.seen.keys().copied().filter(kept).collect();
        let described = used.iter().filter_map(|name| {
            // Thousands of runs need no documentation each: it has a page.
            let descriptor = rules::descriptor(find(name)?, *self.seen.get(name)?);
            Some(descriptor.with_link_only())
        });
        let driver = driver(described.collect());
        let results = self.all.into_iter().map(|entry| {
            let mut result = entry.result;
            let index = entry.rule.and_then(|rule| used.binary_search(&rule).ok());
            if let (Some(object), Some(index)) = (result.as_object_mut(), index) {
                object.insert("ruleIndex".to_owned(), json!(index));
            }
            result
        });
        let results: Vec<Value> = results.collect();
        let run = json!({
            "tool": {"driver": driver},
            // What is behind the last slash would be one of several runs of it.
            "automationDetails": {"id": format!("{name}/")},
            "columnKind": "unicodeCodePoints",
            "invocations": [Invocation {
                execution_successful: given.is_ok_and(|given| given.verdict != Verdict::Error),
                tool_execution_notifications: said,
            }],
            "results": results,
            "properties": {
                "as_of": given.map_or("", |given| &given.as_of),
                "verdict": given.map_or(Verdict::Error, |given| given.verdict).word(),
            },
        });
        escape::json(&run.to_string()).into_owned()
    }
}

fn result(found: &Found) -> Value {
    let text = [&found.message, &found.help]
        .map(|text| words::sentence(text))
        .join(" ");
    let mut result = json!({
        "ruleId": &*words::clip(&found.rule, MAX_TEXT),
        "level": found.severity.word(),
        "message": message(text.trim()),
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&found.path)},
            "region": region(found),
        }}],
    });
    if let Some(object) = result.as_object_mut().filter(|_| !found.fingerprint.is_empty()) {
        let fingerprint = json!({"plimsoll/v1": &*words::clip(&found.fingerprint, MAX_TEXT)});
        object.insert("partialFingerprints".to_owned(), fingerprint);
    }
    result
}

/// A path of a report below its root, whatever the report says.
fn uri(path: &str) -> String {
    let parts = Path::new(path).components();
    let inside: PathBuf = parts.filter(|part| matches!(part, Component::Normal(_))).collect();
    uri_of(&inside)
}

/// Lines and columns count from 1, and nothing ends before it starts.
fn region(found: &Found) -> Region {
    let number = |number: u64| {
        usize::try_from(number)
            .unwrap_or(usize::MAX)
            .clamp(1, i32::MAX as usize)
    };
    let start = (number(found.start.0), number(found.start.1));
    let end = found
        .end
        .map_or(start, |(line, column)| (number(line), number(column)))
        .max(start);
    Region {
        start_line: start.0,
        start_column: start.1,
        end_line: end.0,
        end_column: end.1,
        snippet: None,
    }
}

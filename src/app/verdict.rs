//! `plimsoll verdict REPORT`: ends as the gate ended that wrote the report. For CI that keeps the reports of successful jobs only:
//! one job scans with `--exit-zero` and keeps its reports, the next one gives the verdict.

use super::output;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::report::escape;
use crate::report::line::MAX_WORST;
use crate::report::{json, words};
use serde::Deserialize;
use std::io::Read;
use std::path::Path;

/// No report is larger; 10,000 services make some 60 MB.
const MAX_BYTES: u64 = 512 << 20;

/// What counts of a report; the rest is skipped while reading.
#[derive(Deserialize)]
struct Given {
    schema: u32,
    verdict: String,
    summary: Summary,
    #[serde(default)]
    error: Option<String>,
    /// What is kept of them depends on the rest.
    #[serde(default)]
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
    severity: String,
    message: String,
    location: Location,
}

#[derive(Deserialize)]
struct Location {
    path: String,
    line: usize,
    column: usize,
}

#[derive(Deserialize)]
struct Summary {
    error: usize,
    warning: usize,
    note: usize,
}

/// Reads a report of `--format json` and ends with its verdict; whatever is no such report is no pass.
pub(super) fn run(path: &Path) -> Outcome {
    match read(path) {
        Ok(given) => {
            let (word, outcome) = match given.verdict.as_str() {
                "pass" => ("pass", Outcome::Pass),
                "fail" => ("fail", Outcome::Fail),
                _ => ("the gate could not run", Outcome::CouldNotRun),
            };
            let Summary { error, warning, note } = &given.summary;
            let counted = [(*error, "error"), (*warning, "warning"), (*note, "note")];
            let counted = counted.map(|(number, what)| words::count(number, what)).join(", ");
            let listed = listed(&given, outcome);
            match output::print(&format!("{listed}plimsoll: {word}, {counted}\n")) {
                Outcome::Pass => outcome,
                other if outcome == Outcome::Pass => other,
                _ => outcome,
            }
        }
        Err(failure) => output::complain(failure.of(format!("`{}` is not a report", path.display()))),
    }
}

/// Why it ended so, as `--format line` writes it: the findings of the highest severity that there is. The report does not say from
/// which one on the gate fails.
fn listed(given: &Given, outcome: Outcome) -> String {
    let mut out = String::new();
    if let Some(error) = &given.error {
        out.push_str(&format!("plimsoll: error: {}\n", escape::inline(error)));
    }
    if outcome != Outcome::Fail {
        return escape::guard(out);
    }
    let severities = ["error", "warning", "note"].map(|severity| {
        let all = given.findings.iter().filter(|finding| finding.severity == severity);
        all.collect::<Vec<_>>()
    });
    let Some(worst) = severities.iter().find(|found| !found.is_empty()) else {
        return out;
    };
    for finding in worst.iter().take(MAX_WORST) {
        let Location { path, line, column } = &finding.location;
        out.push_str(&format!(
            "{}:{line}:{column}: {}: {} [{}]\n",
            escape::inline(path),
            finding.severity,
            escape::inline(&finding.message),
            escape::inline(&finding.rule)
        ));
    }
    if worst.len() > MAX_WORST {
        out.push_str(&format!("and {} more\n", worst.len() - MAX_WORST));
    }
    escape::guard(out)
}

fn read(path: &Path) -> Result<Given, Failure> {
    let file = std::fs::File::open(path)?;
    let mut text = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut text)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(Failure::new("it is too large"));
    }
    let given: Given = serde_json::from_slice(&text).map_err(|error| Failure::new(error.to_string()))?;
    // What is read here is the same in both.
    if !(1..=json::SCHEMA).contains(&given.schema) {
        return Err(Failure::new(format!(
            "it has schema {}; this version reads 1 to {}",
            given.schema,
            json::SCHEMA
        )));
    }
    Ok(given)
}

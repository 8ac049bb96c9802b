//! The finished report and its renderers: pure functions from a report to text.

pub(crate) mod budget_use;
pub(crate) mod decided;
pub(crate) mod escape;
pub(crate) mod github;
pub(crate) mod gitlab;
pub(crate) mod image_report;
pub(crate) mod images_together;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod kinds;
pub(crate) mod ledger;
pub(crate) mod ledger_data;
pub(crate) mod line;
pub(crate) mod line_hash;
pub(crate) mod many;
pub(crate) mod markdown;
pub(crate) mod page;
pub(crate) mod patch;
pub(crate) mod place;
pub(crate) mod requirements;
#[cfg(test)]
mod sample;
pub(crate) mod sarif;
pub(crate) mod show;
pub(crate) mod target;
#[cfg(test)]
mod tests;
pub(crate) mod text;
pub(crate) mod usage;
pub(crate) mod versions;
pub(crate) mod words;

use crate::budget_use::Usage;
use crate::decided::Decided;
use crate::failure::{Cited, Failure};
use crate::finding::{Finding, Layer, Severity};
use crate::redact::Secrets;
use crate::repository::Repository;
use crate::requirements::Requirements;
use crate::rules::{Check, Group, Rule};
use crate::source::{Sources, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Pass or fail; an error means that there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing over the threshold.
    Pass,
    /// At least one finding at or over the threshold.
    Fail,
    /// The gate could not run.
    Error,
}

impl Verdict {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Error => "error",
        }
    }
}

/// A finding with all that the frame knows of it.
#[derive(Debug)]
pub struct Reported {
    /// Its rule.
    pub rule: &'static Rule,
    /// Its weight after profile, demands and configuration.
    pub severity: Severity,
    /// Its layer.
    pub layer: Layer,
    /// The service, stage or Dockerfile that it is about.
    pub about: Option<String>,
    /// What the rule found.
    pub finding: Finding,
    /// Stable over edits elsewhere in the file: 16 hex digits.
    pub fingerprint: String,
}

/// Findings that were known and are left out, by weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Known {
    /// Counts one more.
    pub fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => self.notes += 1,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.errors + self.warnings + self.notes
    }
}

/// The finished report.
#[derive(Debug)]
pub struct Report {
    /// Every text that was read.
    pub sources: Sources,
    /// The values that must not be shown.
    pub secrets: Secrets,
    /// Decided before any renderer runs.
    pub verdict: Verdict,
    /// The findings by path, line, column, rule.
    pub findings: Vec<Reported>,
    /// What was known before and is left out.
    pub known: Known,
    /// The files that were judged, by path.
    pub files: BTreeSet<String>,
    /// The day that dates were held against, `YYYY-MM-DD`.
    pub as_of: String,
    /// What was judged and why, as a sentence: `full`, or what `--changed` narrowed it to, or why it could not.
    pub scope: String,
    /// How many files `exclude` took.
    pub excluded: usize,
    /// How many findings are notes only for the folder that they are in, by folder.
    pub vendored: BTreeMap<String, usize>,
    /// The Compose sets that were judged, each as its files joined by ` + `.
    pub sets: Vec<String>,
    /// How each service stands against what can be demanded of it.
    pub requirements: Vec<Requirements>,
    /// What containers and runs take of their budgets.
    pub usages: Vec<Usage>,
    /// How many questions of budgets have an answer.
    pub decided: Decided,
    /// What the change that is judged does to the policy itself, a sentence each.
    pub policy: Vec<String>,
    /// Where the files can be seen at this commit, without a slash at the end: `https://github.com/o/r/blob/SHA`.
    pub links: Option<String>,
    /// The sentence of a gate that could not run.
    pub error: Option<String>,
    /// The places of the configuration that it could not run for.
    pub mistakes: Vec<Reported>,
    /// From which severity on the gate fails; `None` is never.
    pub fails: Option<Severity>,
    /// Everything that was judged; `None` for a gate that could not run.
    pub(crate) repository: Option<Repository>,
}

impl Report {
    /// The report of a gate that could not run.
    pub fn error(why: Failure) -> Self {
        let mut sources = Sources::default();
        let mistakes = why.cited().map_or_else(Vec::new, |cited| mistakes(cited, &mut sources));
        Self {
            sources,
            mistakes,
            fails: None,
            secrets: Secrets::default(),
            verdict: Verdict::Error,
            findings: Vec::new(),
            files: BTreeSet::new(),
            as_of: String::new(),
            scope: "nothing was checked".to_owned(),
            excluded: 0,
            known: Known::default(),
            vendored: BTreeMap::new(),
            sets: Vec::new(),
            requirements: Vec::new(),
            usages: Vec::new(),
            decided: Decided::default(),
            policy: Vec::new(),
            links: None,
            error: Some(why.to_string()),
            repository: None,
        }
    }

    /// What was judged, and of which day, without secrets.
    pub(crate) fn scope_line(&self) -> String {
        let scope = self.secrets.mask(&self.scope);
        match self.as_of.as_str() {
            "" => scope.into_owned(),
            day => format!("{scope}, as of {day}"),
        }
    }

    /// How many findings weigh exactly `severity`.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|reported| reported.severity == severity)
            .count()
    }
}

/// What mistakes of the configuration are shown under. No rule: nothing runs, and nothing hides it.
static CONFIGURATION: Rule = Rule {
    name: "configuration",
    group: Group::Gate,
    layer: Layer::Hygiene,
    severity: Some(Severity::Error),
    aliases: &[],
    check: Check::Reported,
};

/// The places of a file that could not be used, as findings are shown.
fn mistakes(cited: &Cited, sources: &mut Sources) -> Vec<Reported> {
    let id = sources.add(Path::new(&cited.path), cited.text.clone());
    let places = cited.places.iter();
    places
        .map(|(range, message, help)| Reported {
            rule: &CONFIGURATION,
            severity: Severity::Error,
            layer: Layer::Hygiene,
            about: None,
            finding: Finding::new(Span::new(id, range.start, range.end), message.clone()).help(help.clone()),
            fingerprint: String::new(),
        })
        .collect()
}

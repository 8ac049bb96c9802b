//! Many reports as one: how the gate ended in each repository, which rules and which repositories have most findings, and which
//! budgets are decided. Only sums are kept, so that a report that was read takes no more memory.

pub(crate) mod read;
mod shown;

use super::usage::percent;
use super::{Known, Verdict, words};
use crate::build::size::Remedy;
use crate::config::is_date;
use crate::failure::Failure;
use crate::order::Order as _;
use crate::values::number::Real;
use read::{Found, Given};
use serde_json::Value;
use shown::{Cell, Table};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of a table; the others are counted.
const TOP: usize = 20;
/// Characters of a name or a sentence from a report.
const MAX_TEXT: usize = 120;
/// Different rules and budgets that are told apart: no release has so many, and a report could hold any number.
const MAX_KINDS: usize = 5000;
/// Causes of one report: no release writes more.
const MAX_CAUSES: usize = 3;

/// What a rule found, in one report or in all.
#[derive(Clone, Copy, Debug, Default)]
struct Hits {
    /// Reports in which it found something.
    repositories: usize,
    /// Those among them in which that is more than notes.
    serious: usize,
    counts: Known,
}

/// The findings of one report, by rule.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<String, Known>);

impl Tally {
    /// Counts one more.
    pub(crate) fn add(&mut self, found: &Found) {
        let is_full = self.0.len() >= MAX_KINDS;
        match self.0.get_mut(&found.rule) {
            Some(counts) => counts.add(found.severity),
            None if is_full => {}
            None => self.0.entry(clipped(&found.rule)).or_default().add(found.severity),
        }
    }
}

/// A repository.
#[derive(Debug)]
struct Row {
    name: String,
    verdict: Verdict,
    counts: Known,
}

/// What is known of all reports.
#[derive(Debug, Default)]
pub(crate) struct Many {
    rows: Vec<Row>,
    days: BTreeSet<String>,
    /// Findings that are recorded in baselines, and not among those of the rows.
    known: u64,
    rules: BTreeMap<String, Hits>,
    /// Within, above and undecided, by key.
    budgets: BTreeMap<String, [u64; 3]>,
    /// How many questions a cause leaves open, and in how many reports.
    causes: BTreeMap<(String, &'static str), (u64, usize)>,
    /// Gates that could not run, and why.
    stopped: Vec<(String, String)>,
    /// Files that are no report, and why.
    refused: Vec<(String, String)>,
}

impl Many {
    /// Takes a report in.
    pub(crate) fn add(&mut self, name: &str, given: &Given, tally: Tally) {
        let name = clipped(name);
        for (rule, counts) in tally.0 {
            if self.rules.len() < MAX_KINDS || self.rules.contains_key(&rule) {
                let hits = self.rules.entry(rule).or_default();
                hits.repositories += 1;
                hits.serious += usize::from(counts.errors + counts.warnings > 0);
                add(&mut hits.counts, &counts);
            }
        }
        if is_date(&given.as_of) {
            self.days.insert(given.as_of.clone());
        }
        if given.verdict == Verdict::Error {
            let why = given.error.as_deref().unwrap_or("the report does not say why");
            let why: Vec<&str> = why.lines().collect();
            self.stopped.push((name.clone(), clipped(&why.join(" "))));
        }
        self.known = self.known.saturating_add(given.known);
        self.decided(&given.decided);
        self.rows.push(Row {
            name,
            verdict: given.verdict,
            counts: given.counts,
        });
    }

    /// Takes in that a file is no report.
    pub(crate) fn refuse(&mut self, file: &str, why: &Failure) {
        self.refused.push((clipped(file), clipped(&why.to_string())));
    }

    /// Whether every file was a report.
    pub(crate) fn is_whole(&self) -> bool {
        self.refused.is_empty()
    }

    fn decided(&mut self, decided: &Value) {
        let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_u64).unwrap_or(0);
        let none = serde_json::Map::new();
        let by_budget = decided.get("by_budget").and_then(Value::as_object).unwrap_or(&none);
        for (key, answers) in by_budget.iter().take(MAX_KINDS) {
            let key = clipped(key);
            if self.budgets.len() < MAX_KINDS || self.budgets.contains_key(&key) {
                let sums = self.budgets.entry(key).or_default();
                for (sum, word) in sums.iter_mut().zip(["within", "above", "undecided"]) {
                    *sum = sum.saturating_add(number(answers, word));
                }
            }
        }
        let causes = decided.get("causes").and_then(Value::as_array);
        for cause in causes.into_iter().flatten().take(MAX_CAUSES) {
            let Some(why) = cause.get("why").and_then(Value::as_str) else {
                continue;
            };
            // What somebody may paste is one of our commands, whatever the report says.
            let given = cause.get("command").and_then(Value::as_str);
            let commands = Remedy::ALL.map(Remedy::command).into_iter();
            let command = commands.clone().find(|command| Some(*command) == given).unwrap_or("");
            let (count, reports) = self.causes.entry((clipped(why), command)).or_default();
            *count = count.saturating_add(number(cause, "count"));
            *reports += 1;
        }
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// What is said before all tables.
    fn sentences(&self) -> Vec<String> {
        let mut sums = Known::default();
        self.rows.iter().for_each(|row| add(&mut sums, &row.counts));
        let (pass, fail) = (self.count(Verdict::Pass), self.count(Verdict::Fail));
        let stopped = match self.stopped.len() {
            0 => String::new(),
            count => format!(", in {count} the gate could not run"),
        };
        let mut said = vec![
            format!("{}: {pass} pass, {fail} fail{stopped}", repositories(self.rows.len())),
            [(sums.errors, "error"), (sums.warnings, "warning"), (sums.notes, "note")]
                .map(|(number, noun)| words::count(number, noun))
                .join(", "),
        ];
        if self.known > 0 {
            said.push(format!("{} more in baselines", self.known));
        }
        match (self.days.first(), self.days.last()) {
            (Some(first), Some(last)) if first == last => said.push(format!("as of {first}")),
            (Some(first), Some(last)) => said.push(format!("as of {first} to {last}")),
            _ => {}
        }
        if !self.is_whole() {
            said.push(format!(
                "{} could not be read and {} not counted",
                words::count(self.refused.len(), "file"),
                if self.refused.len() == 1 { "is" } else { "are" }
            ));
        }
        said
    }

    /// The tables that have rows.
    fn tables(&self) -> Vec<Table> {
        let all = [
            self.stopped_table(),
            self.worst_table(),
            self.rules_table(),
            self.budgets_table(),
            self.causes_table(),
            reasons("Files that could not be read", "file", &self.refused),
        ];
        all.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }

    fn stopped_table(&self) -> Table {
        reasons("The gate could not run", "repository", &self.stopped)
    }

    fn worst_table(&self) -> Table {
        let is_serious = |row: &&Row| row.counts.errors + row.counts.warnings > 0;
        let mut rows: Vec<&Row> = self.rows.iter().filter(is_serious).collect();
        rows.order_by_key(|row| (Reverse((row.counts.errors, row.counts.warnings)), &row.name));
        let cells = |row: &&Row| {
            let counts = &row.counts;
            let mut cells = vec![Cell::Name(row.name.clone())];
            cells.extend([counts.errors, counts.warnings, counts.notes].map(Cell::number));
            cells.push(Cell::Prose(row.verdict.word().to_owned()));
            cells
        };
        let is_clean = |row: &&Row| !is_serious(row) && row.verdict != Verdict::Error;
        let clean = self.rows.iter().filter(is_clean).count();
        let mut rest = more(rows.len(), "repository", "repositories");
        if clean > 0 {
            rest.push(format!("{} without errors and warnings", repositories(clean)));
        }
        Table {
            title: "Repositories with the most errors".to_owned(),
            heads: &["repository", "errors", "warnings", "notes", "verdict"],
            rows: rows.iter().take(TOP).map(cells).collect(),
            rest,
        }
    }

    fn rules_table(&self) -> Table {
        let mut rules: Vec<(&String, &Hits)> = self.rules.iter().collect();
        // Notes are on nearly every service: what is more comes first.
        rules.order_by_key(|(name, hits)| (Reverse((hits.serious, hits.repositories, hits.counts.count())), *name));
        let cells = |(name, hits): &(&String, &Hits)| {
            let counts = &hits.counts;
            let numbers = [hits.repositories, counts.count(), counts.errors, counts.warnings];
            let name = Cell::Name((*name).clone());
            std::iter::once(name).chain(numbers.map(Cell::number)).collect()
        };
        Table {
            title: "Rules".to_owned(),
            heads: &["rule", "repositories", "findings", "errors", "warnings"],
            rows: rules.iter().take(TOP).map(cells).collect(),
            rest: more(rules.len(), "rule", "rules"),
        }
    }

    fn budgets_table(&self) -> Table {
        let share = |answers: &[u64; 3]| {
            let [within, above, undecided] = answers.map(Real::real);
            // As long as one question is open, not all are decided.
            let most = if undecided > 0.0 { 0.99 } else { 1.0 };
            let decided = within + above;
            Cell::Number(percent((decided / (decided + undecided).max(1.0)).min(most)))
        };
        let mut total = [0_u64; 3];
        for answers in self.budgets.values() {
            for (sum, more) in total.iter_mut().zip(answers) {
                *sum = sum.saturating_add(*more);
            }
        }
        let cells = |(name, answers): (Cell, &[u64; 3])| {
            let numbers = answers.map(|number| Cell::Number(number.to_string()));
            let mut cells = vec![name];
            cells.extend(numbers);
            cells.push(share(answers));
            cells
        };
        let each = self.budgets.iter().take(TOP);
        let each = each.map(|(key, answers)| (Cell::Name(key.clone()), answers));
        let all = (!self.budgets.is_empty()).then(|| (Cell::Prose("all".to_owned()), &total));
        Table {
            title: "Budgets".to_owned(),
            heads: &["budget", "within", "above", "undecided", "decided"],
            rows: each.chain(all).map(cells).collect(),
            rest: more(self.budgets.len(), "budget", "budgets"),
        }
    }

    fn causes_table(&self) -> Table {
        let mut causes: Vec<_> = self.causes.iter().collect();
        causes.order_by_key(|(_, counts)| Reverse(**counts));
        let cells = |((why, command), (count, reports)): &(&(String, &'static str), &(u64, usize))| {
            vec![
                Cell::Prose(why.clone()),
                Cell::Number(count.to_string()),
                Cell::number(*reports),
                Cell::Name((*command).to_owned()),
            ]
        };
        Table {
            title: "Why budgets are undecided".to_owned(),
            heads: &["reason", "questions", "repositories", "answered by"],
            rows: causes.iter().take(TOP).map(cells).collect(),
            rest: more(causes.len(), "reason", "reasons"),
        }
    }

    pub(crate) fn text(&self) -> String {
        shown::text(&self.sentences(), &self.tables())
    }

    pub(crate) fn markdown(&self) -> String {
        shown::markdown(&self.sentences(), &self.tables())
    }

    pub(crate) fn html(&self) -> String {
        shown::html(&self.sentences(), &self.tables())
    }
}

fn add(sum: &mut Known, more: &Known) {
    sum.errors = sum.errors.saturating_add(more.errors);
    sum.warnings = sum.warnings.saturating_add(more.warnings);
    sum.notes = sum.notes.saturating_add(more.notes);
}

/// A table of names with a sentence each.
fn reasons(title: &str, what: &'static str, all: &[(String, String)]) -> Table {
    let cells = |(name, why): &(String, String)| vec![Cell::Name(name.clone()), Cell::Prose(why.clone())];
    let (heads, plural): (&'static [&'static str], _) = match what {
        "file" => (&["file", "reason"], "files"),
        _ => (&["repository", "reason"], "repositories"),
    };
    Table {
        title: title.to_owned(),
        heads,
        rows: all.iter().take(TOP).map(cells).collect(),
        rest: more(all.len(), what, plural),
    }
}

/// What a table has no row for.
fn more(count: usize, one: &str, several: &str) -> Vec<String> {
    match count.saturating_sub(TOP) {
        0 => Vec::new(),
        1 => vec![format!("1 more {one}")],
        rest => vec![format!("{rest} more {several}")],
    }
}

fn repositories(count: usize) -> String {
    match count {
        1 => "1 repository".to_owned(),
        count => format!("{count} repositories"),
    }
}

fn clipped(text: &str) -> String {
    words::clip_marked(text, MAX_TEXT)
}

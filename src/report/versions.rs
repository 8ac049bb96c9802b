//! Two versions side by side: what each service and Dockerfile may take, how large its image is, how hardened it is, and the sums.

mod change;

use super::target::Target;
use super::{Report, escape};
use crate::budget_use::{Amount, COLUMNS};
use crate::config::Demand;
use crate::container::Container;
use crate::finding::Basis;
use crate::repository::{Repository, sizes};
use crate::requirements::{COLUMNS as REQUIREMENTS, Cell, Requirements};
use crate::source::{Span, slashed};
use crate::values::number::Real;
use change::{Change, described, said, shown};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// What is compared beside the columns of budgets.
const LAYERS: &str = "layers";
const HARDENED: &str = "hardened";

/// The hardening that is counted.
fn hardening() -> impl Iterator<Item = Demand> {
    Demand::HARDEN.into_iter().filter(|demand| demand.is_for_all())
}

/// How a service is told in both versions: the files of its set, and its name. A name without files is a Dockerfile.
type Key = (String, String);

/// The figures of a service or of a sum, by quantity.
#[derive(Clone, Debug, Default)]
struct Figures {
    amounts: BTreeMap<&'static str, Amount>,
    targets: BTreeMap<&'static str, f64>,
}

/// A row: what it was, and what it is; nothing where it is not there.
struct Row {
    key: Key,
    is_total: bool,
    before: Option<Figures>,
    after: Option<Figures>,
}

/// What is told of two versions.
pub(crate) struct Versions {
    names: [String; 2],
    rows: Vec<Row>,
}

impl Versions {
    /// `names` are those of the versions, for people.
    pub(crate) fn new(names: [String; 2], before: &Report, after: &Report) -> Self {
        let (mut old, mut new) = (figures(before), figures(after));
        let mut keys: Vec<&(bool, Key)> = old.keys().chain(new.keys()).collect();
        keys.sort();
        keys.dedup();
        let keys: Vec<(bool, Key)> = keys.into_iter().cloned().collect();
        let row = |key: (bool, Key)| Row {
            before: old.remove(&key),
            after: new.remove(&key),
            is_total: key.0,
            key: key.1,
        };
        let rows = keys.into_iter().map(row).collect();
        Self { names, rows }
    }

    /// The changes of rows that have some.
    fn changed(&self) -> impl Iterator<Item = (&Row, Vec<Change>)> {
        let rows = self.rows.iter().map(|row| (row, row.changes()));
        rows.filter(|(_, changes)| {
            changes
                .iter()
                .any(|change| change.is_one() || change.target().is_some())
        })
    }

    /// Whether a target is missed.
    pub(crate) fn misses(&self) -> bool {
        self.targets().any(|target| target == Target::Missed)
    }

    fn targets(&self) -> impl Iterator<Item = Target> {
        let changes = self.rows.iter().flat_map(Row::changes);
        changes.filter_map(|change| change.target())
    }

    /// `2 better, 1 worse, 3 as before`, and what became of the targets.
    fn summary(&self) -> String {
        let count = |wanted: bool| {
            let changes = self
                .changed()
                .filter(|(row, _)| !row.is_total)
                .flat_map(|(_, changes)| changes);
            changes.filter(|change| change.is_better() == Some(wanted)).count()
        };
        let same = self
            .rows
            .iter()
            .filter(|row| !row.is_total && !row.changes().iter().any(Change::is_one))
            .count();
        let same = super::words::count(same, "service");
        let mut text = format!("{} better, {} worse; {same} as before", count(true), count(false));
        let targets: Vec<Target> = self.targets().collect();
        if let Some(sums) = Target::sums(&targets) {
            text.push_str(&format!("; {sums}"));
        }
        text
    }

    pub(crate) fn text(&self) -> String {
        let [before, after] = &self.names;
        let mut out = format!("{} -> {}\n", escape::inline(before), escape::inline(after));
        for (row, changes) in self.changed() {
            out.push_str(&format!("\n{}\n", escape::inline(&row.title())));
            for change in changes {
                let (before, after) = (
                    shown(change.quantity, change.before),
                    shown(change.quantity, change.after),
                );
                let line = match change.is_one() || change.target().is_some() {
                    true => format!("  {:9} {before:>12} -> {after:<12} {}", change.quantity, said(&change)),
                    false => format!("  {:9} {before:>12}", change.quantity),
                };
                out.push_str(&format!("{}\n", line.trim_end()));
            }
        }
        escape::guard(format!("{out}\n{}\n", self.summary()))
    }

    pub(crate) fn markdown(&self) -> String {
        let [before, after] = &self.names;
        let cell = |text: &str| escape::markdown_code(text);
        let mut out = format!(
            "| service | what | {} | {} | change |\n| --- | --- | ---: | ---: | --- |\n",
            cell(before),
            cell(after)
        );
        for (row, changes) in self.changed() {
            let is_shown = |change: &&Change| change.is_one() || change.target().is_some();
            for change in changes.iter().filter(is_shown) {
                out.push_str(&format!(
                    "| {} | {} | {} | {} | {} |\n",
                    cell(&row.title()),
                    change.quantity,
                    shown(change.quantity, change.before),
                    shown(change.quantity, change.after),
                    said(change)
                ));
            }
        }
        format!("{out}\n{}\n", self.summary())
    }

    pub(crate) fn json(&self) -> String {
        let [before, after] = &self.names;
        let one = |(row, is_total): (&Row, bool)| {
            let changes: Vec<Value> = row.changes().iter().map(described).collect();
            let status = match (&row.before, &row.after) {
                (None, _) => "added",
                (_, None) => "removed",
                _ if row.changes().iter().any(Change::is_one) => "changed",
                _ => "same",
            };
            let mut value = json!({"files": row.key.0, "status": status, "quantities": changes});
            if let Some(map) = value.as_object_mut().filter(|_| !is_total) {
                map.insert("name".to_owned(), json!(row.key.1));
            }
            value
        };
        let of = |is_total: bool| -> Vec<Value> {
            let rows = self.rows.iter().filter(|row| row.is_total == is_total);
            rows.map(|row| one((row, is_total))).collect()
        };
        let value = json!({"schema": 1, "before": before, "after": after, "services": of(false), "totals": of(true)});
        format!("{}\n", escape::json(&format!("{value:#}")))
    }
}

impl Row {
    fn title(&self) -> String {
        match (self.is_total, self.key.0.as_str(), self.key.1.as_str()) {
            (true, files, _) => format!("all of {files}"),
            (_, "", name) => name.to_owned(),
            (_, files, name) => format!("{name} ({files})"),
        }
    }

    fn changes(&self) -> Vec<Change> {
        let names = COLUMNS.iter().map(|column| column.name).chain([LAYERS, HARDENED]);
        let of =
            |side: &Option<Figures>, quantity| side.as_ref().and_then(|figures| figures.amounts.get(quantity).copied());
        let targets = self.after.as_ref().map(|figures| &figures.targets);
        let change = |quantity| Change {
            quantity,
            before: of(&self.before, quantity),
            after: of(&self.after, quantity),
            target: targets.and_then(|targets| targets.get(quantity).copied()),
        };
        names
            .map(change)
            .filter(|change| change.before.is_some() || change.after.is_some())
            .collect()
    }
}

/// What every service of a version has, and the sums of each Compose set.
fn figures(report: &Report) -> BTreeMap<(bool, Key), Figures> {
    let mut all: BTreeMap<(bool, Key), Figures> = BTreeMap::new();
    let Some(repository) = &report.repository else {
        return all;
    };
    let rows: HashMap<Span, &Requirements> = report.requirements.iter().map(|row| (row.span, row)).collect();
    for (container, usage) in repository.judged_containers().zip(&report.usages) {
        let mut figures = Figures::default();
        for (column, measure) in COLUMNS.iter().zip(&usage.measures) {
            let Some(measure) = measure else { continue };
            // A budget looks at what is certain; versions are compared by what is likely.
            let total = sizes::of_container(container, repository).total();
            let likely = total.estimate.filter(|_| column.is_of_image());
            let amount = likely.map_or(measure.amount, |bytes| Amount::Of(bytes.real(), total.basis()));
            figures.amounts.insert(column.name, amount);
            if let Some(target) = usage.reduce.get(column.budget.key) {
                figures.targets.insert(column.name, target.value);
            }
        }
        if let Some(built) = &usage.image {
            figures
                .amounts
                .insert(LAYERS, Amount::Of(built.ledger.layers().real(), Basis::Exact));
        }
        if let Some(met) = rows.get(&container.span).map(|row| hardened(row)) {
            figures.amounts.insert(HARDENED, Amount::Of(met, Basis::Exact));
        }
        let key = key(report, repository, container);
        if !key.0.is_empty() {
            let replicas = repository
                .service(container)
                .and_then(|service| service.replicas.value().copied())
                .unwrap_or(1);
            add(
                all.entry((true, (key.0.clone(), String::new()))).or_default(),
                &figures,
                replicas.real(),
            );
        }
        all.entry((false, key)).or_insert(figures);
    }
    all
}

fn key(report: &Report, repository: &Repository, container: &Container) -> Key {
    let set = container.set.and_then(|set| repository.sets.get(set));
    let files: Vec<String> = set
        .into_iter()
        .flat_map(|set| &set.files)
        .map(|file| slashed(file))
        .collect();
    (files.join(" + "), report.secrets.mask(&container.name).into_owned())
}

/// How many of the demands that harden are met.
fn hardened(row: &Requirements) -> f64 {
    let hardens = |word: &str| hardening().any(|demand| demand.word() == word);
    let cells = REQUIREMENTS
        .iter()
        .zip(&row.cells)
        .filter(|((word, _), cell)| hardens(word) && **cell == Cell::Met);
    cells.count().real()
}

/// Adds what so many containers of a service take. A sum with something that nobody knows, or that nothing bounds, is none.
fn add(sums: &mut Figures, figures: &Figures, replicas: f64) {
    for (quantity, amount) in &figures.amounts {
        if matches!(*quantity, LAYERS | HARDENED) {
            continue;
        }
        // An image is there once; its services share it, or have one each.
        let times = if *quantity == "image" { 1.0 } else { replicas };
        let sum = sums.amounts.entry(quantity).or_insert(Amount::Of(0.0, Basis::Exact));
        *sum = match (*sum, *amount) {
            (Amount::Of(all, one), Amount::Of(more, other)) => {
                let basis = if one == Basis::Exact { other } else { one };
                Amount::Of(all + more * times, basis)
            }
            (Amount::Unbounded, _) | (_, Amount::Unbounded) => Amount::Unbounded,
            _ => Amount::Unknown,
        };
    }
}

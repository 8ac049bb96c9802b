//! The text of a plimsoll.yaml for what is here: profiles with what is set already, who has which, and why, a comment for each line.

use crate::config::budget::{CPUS, MEMORY, PIDS};
use crate::config::figure::Kind;
use crate::config::{BUDGETS, Budget, Demand};
use crate::container::{Container, ContainerKind};
use crate::fact::Fact;
use crate::finding::Severity;
use crate::report::{Report, Reported, escape};
use crate::repository::Repository;
use crate::requirements::{COLUMNS, Cell};
use crate::resolve::compose::service::Service;
use crate::source::{ColumnUnit, Span};
use crate::values::bytes;
use crate::values::number::{Real, whole};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The profile of services that nothing is told of.
const OWN: &str = "service";
/// Folders whose files seldom ship.
const ASIDE: [&str; 12] = [
    "demo", "demos", "doc", "docs", "example", "examples", "fixtures", "sample", "samples", "test", "testdata", "tests",
];

/// A figure that something here has, and where.
struct Held {
    amount: f64,
    by: String,
    at: Span,
}

type Figures = BTreeMap<&'static str, Held>;

/// What is above its budget now, by profile; and the limits of services that have none.
fn figures<'a>(report: &'a Report, repository: &'a Repository) -> BTreeMap<&'a str, Figures> {
    let mut above: BTreeMap<&str, Vec<&Reported>> = BTreeMap::new();
    for found in report
        .findings
        .iter()
        .filter(|found| found.severity >= Severity::Warning)
    {
        let measured = found.finding.measured.as_ref();
        if measured.is_some_and(|measured| measured.actual > measured.budget) {
            above
                .entry(found.about.as_deref().unwrap_or_default())
                .or_default()
                .push(found);
        }
    }
    let mut all: BTreeMap<&str, Figures> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for container in &repository.containers {
        let profile = match (container.profile.as_str(), container.kind) {
            ("default", ContainerKind::Service) => OWN,
            (name, _) => name,
        };
        let figures = all.entry(profile).or_default();
        // Services of several sets can have one name, and the findings of all of them are under it.
        let is_new = seen.insert((profile, container.name.as_str()));
        for found in above
            .get(container.name.as_str())
            .filter(|_| is_new)
            .into_iter()
            .flatten()
        {
            if let Some(measured) = &found.finding.measured {
                hold(
                    figures,
                    measured.quantity,
                    measured.actual,
                    container,
                    found.finding.span,
                );
            }
        }
        let service = container
            .service
            .and_then(|at| repository.sets.get(container.set?)?.services.get(at));
        for (key, limit) in service.filter(|_| profile == OWN).map(limits).into_iter().flatten() {
            if let Fact::Known(limit) = limit
                && limit.value > 0.0
            {
                hold(figures, key, limit.value, container, limit.span);
            }
        }
    }
    all.retain(|_, figures| !figures.is_empty());
    all
}

fn limits(service: &Service) -> [(&'static str, Fact<f64>); 3] {
    [
        (MEMORY.key, service.memory.clone().map(Real::real)),
        (CPUS.key, service.cpu_limit()),
        (PIDS.key, service.pids.clone().map(Real::real)),
    ]
}

fn hold(figures: &mut Figures, key: &'static str, amount: f64, container: &Container, at: Span) {
    let is_amount = |budget: &&&Budget| {
        budget.key == key && matches!(budget.kind, Kind::Size | Kind::Count | Kind::Number | Kind::Factor)
    };
    if BUDGETS.iter().find(is_amount).is_none() || figures.get(key).is_some_and(|held| held.amount >= amount) {
        return;
    }
    let by = container.name.clone();
    figures.insert(key, Held { amount, by, at });
}

/// Whether its figures are told in MB, as sizes of images are, and not in MiB.
fn is_decimal(budget: &Budget) -> bool {
    !budget.figures.iter().any(|figure| figure.ends_with("iB"))
}

/// A figure as plimsoll.yaml takes it, never below the amount.
fn written(budget: &Budget, amount: f64) -> String {
    match budget.kind {
        Kind::Size if !is_decimal(budget) => {
            let mebibytes = (amount / 1_048_576.0).ceil();
            match mebibytes % 1024.0 == 0.0 {
                true => format!("{}GiB", mebibytes / 1024.0),
                false => format!("{mebibytes}MiB"),
            }
        }
        // A tenth stays free: sizes of images are not set, they come about.
        Kind::Size => format!("{}MB", (amount / 0.9 / 1e7).ceil() * 10.0),
        Kind::Count => amount.ceil().to_string(),
        _ => ((amount * 100.0).ceil() / 100.0).to_string(),
    }
}

/// What every service that nothing is told of has already.
fn met(report: &Report) -> BTreeSet<&'static str> {
    let rows = || report.requirements.iter().filter(|row| row.profile == "default");
    let is_met = |column: usize| rows().all(|row| row.cells.get(column) == Some(&Cell::Met));
    let columns = COLUMNS
        .iter()
        .enumerate()
        .filter(|(column, _)| rows().next().is_some() && is_met(*column));
    columns.map(|(_, (word, _))| *word).collect()
}

/// The whole file but for what it says of a baseline.
pub(super) fn text(report: &Report, repository: &Repository) -> String {
    let mut out = String::from(
        "# Proposed by `plimsoll init`; each line gives the reason. `plimsoll config` shows the profile of each \
         service.\nversion: 1\n",
    );
    let figures = figures(report, repository);
    let met = met(report);
    let has_own = figures.contains_key(OWN) || !met.is_empty();
    if !figures.is_empty() || has_own {
        out.push_str("\nprofiles:\n");
    }
    for (profile, figures) in figures.iter().filter(|(profile, _)| **profile != OWN) {
        let _ = writeln!(
            out,
            "  # The built-in profile with the larger values found here: lower them step by step.\n  {profile}:"
        );
        figure_lines(&mut out, figures, report);
    }
    if has_own {
        let _ = writeln!(
            out,
            "  # Other services: the largest value that one of them has, and the hardening that all of them have.\n  {OWN}:"
        );
        figure_lines(&mut out, figures.get(OWN).unwrap_or(&Figures::new()), report);
        demand_lines(&mut out, &met);
    }
    assign_lines(&mut out, report, repository, has_own);
    exclude_lines(&mut out, report);
    report.secrets.mask(&out).into_owned()
}

fn figure_lines(out: &mut String, figures: &Figures, report: &Report) {
    for budget in BUDGETS {
        if let Some(held) = figures.get(budget.key) {
            let (by, at) = (comment(&held.by), line(held.at, report));
            let shown = match budget.unit == "bytes" && is_decimal(budget) {
                true => bytes::megabytes(u64::try_from(whole(held.amount)).unwrap_or(0)),
                false => budget.kind.amount(held.amount),
            };
            let _ = writeln!(
                out,
                "    {}: {} # {by} has {shown}, {at}",
                budget.key,
                written(budget, held.amount)
            );
        }
    }
}

fn demand_lines(out: &mut String, met: &BTreeSet<&'static str>) {
    for (key, all) in [("require", &Demand::REQUIRE[..]), ("harden", &Demand::HARDEN[..])] {
        let words: Vec<&str> = all
            .iter()
            .map(|demand| demand.word())
            .filter(|word| met.contains(word))
            .collect();
        if !words.is_empty() {
            let _ = writeln!(out, "    {key}: [{}] # each of them has it", words.join(", "));
        }
    }
}

/// Who has which profile, by what it was told.
fn assign_lines(out: &mut String, report: &Report, repository: &Repository, has_own: bool) {
    let mut told: BTreeMap<(&str, ContainerKey), BTreeMap<&str, String>> = BTreeMap::new();
    for container in repository
        .containers
        .iter()
        .filter(|container| container.profile != "default")
    {
        let key = match container.kind {
            ContainerKind::Service => ContainerKey::Services,
            ContainerKind::Dockerfile => ContainerKey::Dockerfiles,
        };
        let why = container.chosen.why.as_deref().unwrap_or_default();
        let why = format!("{why} ({})", line(container.span, report));
        told.entry((&container.profile, key))
            .or_default()
            .entry(&container.name)
            .or_insert(why);
    }
    if told.is_empty() && !has_own {
        out.push_str(
            "\n# No profile fits the services here: `plimsoll explain PROFILE` describes the built-in profiles.\n",
        );
        return;
    }
    out.push_str("\nassign: # the first match wins\n");
    for ((profile, key), names) in &told {
        for (name, why) in names {
            let _ = writeln!(out, "  # {}: {}", comment(name), comment(why));
        }
        let names: Vec<String> = names.keys().map(|name| pattern(name)).collect();
        let _ = writeln!(
            out,
            "  - {{{}: [{}], profile: {profile}}}",
            key.word(),
            names.join(", ")
        );
    }
    if has_own {
        let _ = writeln!(
            out,
            "  # All other services.\n  - {{services: [\"*\"], profile: {OWN}}}"
        );
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ContainerKey {
    Services,
    Dockerfiles,
}

impl ContainerKey {
    fn word(self) -> &'static str {
        match self {
            ContainerKey::Services => "services",
            ContainerKey::Dockerfiles => "dockerfiles",
        }
    }
}

/// Folders whose files seldom ship, with how many files are in them: for somebody to decide.
fn exclude_lines(out: &mut String, report: &Report) {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for path in &report.files {
        let ends = path.match_indices('/').map(|(at, _)| at);
        let mut folder = ends.filter_map(|end| path.get(..end));
        if let Some(folder) = folder.find(|folder| ASIDE.contains(&folder.rsplit('/').next().unwrap_or_default())) {
            *folders.entry(folder).or_default() += 1;
        }
    }
    if folders.is_empty() {
        return;
    }
    out.push_str("\n# Files here that may never run; remove the `#` to exclude them.\n# exclude:\n");
    for (folder, count) in folders {
        let _ = writeln!(
            out,
            "#   - {} # {} judged",
            pattern(&format!("{folder}/**")),
            crate::report::words::count(count, "file")
        );
    }
}

/// A name as a pattern in YAML that matches it and nothing else (a `**` at the end stays).
fn pattern(name: &str) -> String {
    let (name, end) = name.strip_suffix("/**").map_or((name, ""), |name| (name, "/**"));
    let pattern = format!("{}{end}", globset::escape(name));
    let is_plain = |text: &str| {
        text.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && text
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/'))
            && !matches!(
                text,
                "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
            )
    };
    match is_plain(&pattern) {
        true => pattern,
        // A string of JSON is one of YAML.
        false => serde_json::to_string(&pattern).unwrap_or_default(),
    }
}

/// What is written in a repository, on one line.
fn comment(text: &str) -> String {
    escape::inline(text)
}

fn line(span: Span, report: &Report) -> String {
    let source = report.sources.get(span.source);
    comment(&format!(
        "{}:{}",
        source.path,
        source.position(span.start, ColumnUnit::CodePoints).line
    ))
}

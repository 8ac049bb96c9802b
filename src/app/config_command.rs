//! `plimsoll config`: the profile of each service and why it is that one, and where each figure of these profiles is from.

use super::{judge, output};
use crate::cli::{CheckArgs, ConfigArgs};
use crate::config::{BUDGETS, Demand, Profile};
use crate::container::{Container, ContainerKind};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::report::{Report, escape};
use crate::source::{ColumnUnit, Span};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A service, or a Dockerfile that no service builds.
#[derive(Serialize)]
struct Unit {
    name: String,
    kind: &'static str,
    location: String,
    profile: String,
    /// What gives it the profile: `assign`, `x-plimsoll`, `--profile`, or nothing.
    by: &'static str,
    from: Option<String>,
    why: Option<String>,
}

/// A figure, and its line in plimsoll.yaml if it has one.
#[derive(Serialize)]
struct Figure {
    value: String,
    from: Option<String>,
}

/// A profile that something here has.
#[derive(Serialize)]
struct Shown {
    extends: Vec<String>,
    budgets: BTreeMap<&'static str, Figure>,
    require: BTreeMap<&'static str, Option<String>>,
    harden: BTreeMap<&'static str, Option<String>>,
}

#[derive(Serialize)]
struct Listing {
    units: Vec<Unit>,
    profiles: BTreeMap<String, Shown>,
}

pub(super) fn run(args: &ConfigArgs) -> Outcome {
    match listing(args) {
        Ok(listing) if args.json => {
            let text = serde_json::to_string_pretty(&listing).unwrap_or_default();
            output::print(&format!("{}\n", escape::json(&text)))
        }
        Ok(listing) => output::print(&escape::guard(text(&listing))),
        Err(failure) => output::complain(failure),
    }
}

fn listing(args: &ConfigArgs) -> Result<Listing, Failure> {
    let report = judge(&CheckArgs {
        paths: args.paths.clone(),
        root: args.root.clone(),
        config: args.config.clone(),
        profile: args.profile.clone(),
        no_engine: true,
        ..CheckArgs::default()
    });
    let Some(repository) = report.repository.as_ref().filter(|_| report.error.is_none()) else {
        return Err(Failure::new(report.error.unwrap_or_default()));
    };
    let units: Vec<Unit> = repository
        .containers
        .iter()
        .map(|container| unit(container, &report))
        .collect();
    let used: BTreeSet<&str> = repository
        .containers
        .iter()
        .map(|container| container.profile.as_str())
        .collect();
    let used = repository
        .profiles
        .iter()
        .filter(|(name, _)| used.contains(name.as_str()));
    Ok(Listing {
        profiles: used
            .map(|(name, profile)| (name.clone(), shown(profile, &report)))
            .collect(),
        units,
    })
}

fn unit(container: &Container, report: &Report) -> Unit {
    let chosen = &container.chosen;
    let mask = |text: &str| report.secrets.mask(text).into_owned();
    Unit {
        name: mask(&container.name),
        kind: match container.kind {
            ContainerKind::Service => "service",
            ContainerKind::Dockerfile => "dockerfile",
        },
        location: line(container.span, report),
        profile: mask(&container.profile),
        by: chosen.by,
        from: chosen.span.map(|span| line(span, report)),
        why: chosen.why.as_deref().map(mask),
    }
}

fn shown(profile: &Profile, report: &Report) -> Shown {
    let figure = |budget: &&'static crate::config::Budget| {
        let limit = profile.limits.get(budget)?;
        let value = budget.kind.show(&limit.value);
        let from = limit.span.map(|span| line(span, report));
        Some((budget.key, Figure { value, from }))
    };
    let demands = |all: &[Demand]| {
        let asked = all
            .iter()
            .filter_map(|demand| Some((demand.word(), profile.demands.get(demand)?)));
        asked
            .map(|(word, span)| (word, span.map(|span| line(span, report))))
            .collect()
    };
    Shown {
        extends: profile.bases.clone(),
        budgets: BUDGETS.iter().filter_map(figure).collect(),
        require: demands(&Demand::REQUIRE),
        harden: demands(&Demand::HARDEN),
    }
}

/// `compose.yaml:3`.
fn line(span: Span, report: &Report) -> String {
    let source = report.sources.get(span.source);
    format!(
        "{}:{}",
        source.path,
        source.position(span.start, ColumnUnit::CodePoints).line
    )
}

fn text(listing: &Listing) -> String {
    let mut out = String::new();
    let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0).min(40);
    let name = width(&mut listing.units.iter().map(|unit| unit.name.chars().count()));
    let place = width(&mut listing.units.iter().map(|unit| unit.location.chars().count()));
    let profile = width(&mut listing.units.iter().map(|unit| unit.profile.chars().count()));
    for unit in &listing.units {
        let said = match (unit.by, &unit.from) {
            ("", _) => "no entry of `assign` matches".to_owned(),
            (by, Some(from)) => format!("{from} (`{by}`)"),
            (by, None) => format!("`{by}`"),
        };
        let why = unit.why.as_ref().map_or(String::new(), |why| format!(": {why}"));
        let _ = writeln!(
            out,
            "{:name$}  {:place$}  {:profile$}  {}{}",
            escape::inline(&unit.name),
            escape::inline(&unit.location),
            escape::inline(&unit.profile),
            escape::inline(&said),
            escape::inline(&why)
        );
    }
    for (name, profile) in &listing.profiles {
        let extends = profile
            .extends
            .last()
            .map_or(String::new(), |base| format!(", extends {base}"));
        let _ = writeln!(out, "\n{}{}", escape::inline(name), escape::inline(&extends));
        for budget in BUDGETS {
            if let Some(figure) = profile.budgets.get(budget.key) {
                let from = figure.from.as_deref().unwrap_or("built in");
                let _ = writeln!(
                    out,
                    "  {:20}  {:36}  {}",
                    budget.key,
                    figure.value,
                    escape::inline(from)
                );
            }
        }
        for (word, asked) in [("require", &profile.require), ("harden", &profile.harden)] {
            if !asked.is_empty() {
                let words: Vec<&str> = asked.keys().copied().collect();
                let from = asked.values().flatten().next().map_or("built in", String::as_str);
                let _ = writeln!(out, "  {word:20}  {}  {}", words.join(" "), escape::inline(from));
            }
        }
    }
    out
}

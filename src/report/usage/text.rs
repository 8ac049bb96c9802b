//! Tables with bars for the terminal.

use super::super::escape;
use super::{Usage, amount, percent, word};
use crate::usage::suggest::{Resource, Silence};
use crate::values::number::{Real, whole};
use std::fmt::Write as _;

/// Cells of a full bar.
const BAR: usize = 10;

pub(super) fn render(usage: &Usage<'_>, color: bool) -> String {
    let mut out = String::new();
    for row in &usage.rows {
        let _ = writeln!(
            out,
            "{}: {}",
            escape::inline(&row.title()),
            escape::inline(&row.about())
        );
        push_resources(&mut out, row, color);
        for fact in row.facts() {
            let budget = fact
                .allowed
                .as_ref()
                .map_or(String::new(), |allowed| format!("  (budget {allowed})"));
            let line = format!("  {}: {}{budget}", fact.what, fact.shown);
            let _ = writeln!(out, "{}", red(&line, fact.is_above() && color));
        }
        out.push('\n');
    }
    push_sums(&mut out, usage);
    escape::guard(out)
}

fn push_resources(out: &mut String, row: &super::Row<'_>, color: bool) {
    let rows: Vec<_> = row.resources().collect();
    if rows.is_empty() {
        out.push_str("  nothing was sampled\n");
        return;
    }
    let _ = writeln!(
        out,
        "  {:6} {:>10} {:>10} {:>10} {:>10}  {:17} {:>9}  suggested limit",
        "", "mean", "p99", "peak", "limit", "peak of limit", "budget"
    );
    for (resource, spread) in rows {
        let show = |value: f64| amount(resource, value);
        let limit = row.limits.of(resource);
        let bar = limit.map_or(String::new(), |limit| {
            let share = spread.peak / limit;
            format!("{} {}", bar(share), percent(share))
        });
        let line = format!(
            "  {:6} {:>10} {:>10} {:>10} {:>10}  {bar:17} {:>9}  {}",
            word(resource),
            show(spread.mean),
            show(spread.p99),
            show(spread.peak),
            limit.map_or("none".to_owned(), show),
            row.budget(resource).map_or("-".to_owned(), show),
            suggestion(row, resource)
        );
        let is_above = row.budget(resource).is_some_and(|budget| spread.peak > budget);
        let _ = writeln!(out, "{}", red(line.trim_end(), is_above && color));
    }
}

/// `56 MiB (-89 %)`, or why there is none.
pub(super) fn suggestion(row: &super::Row<'_>, resource: Resource) -> String {
    match row.suggested(resource) {
        Ok(suggested) => {
            let change = row
                .change(resource)
                .map_or(String::new(), |change| format!(" ({})", signed(change)));
            let wanted = suggested.wanted.map_or(String::new(), |wanted| {
                format!("; the budget, it would need {}", amount(resource, wanted))
            });
            format!("{}{change}{wanted}", amount(resource, suggested.value))
        }
        // The sums say it once.
        Err(Silence::AtRest) => "-".to_owned(),
        Err(silence) => silence.words(),
    }
}

/// `-89 %`, `+20 %`, `as it is`.
pub(super) fn signed(change: f64) -> String {
    match (change * 100.0).round() {
        0.0 => "as it is".to_owned(),
        more if more > 0.0 => format!("+{more} %"),
        less => format!("{less} %"),
    }
}

/// A bar of a share: `######----`.
pub(super) fn bar(share: f64) -> String {
    let full = usize::try_from(whole((share * BAR.real()).round()))
        .unwrap_or(0)
        .min(BAR);
    format!("{}{}", "#".repeat(full), "-".repeat(BAR - full))
}

fn red(line: &str, is_above: bool) -> String {
    match is_above {
        true => format!("\x1b[31m{line}\x1b[0m"),
        false => line.to_owned(),
    }
}

/// What is used of what is reserved.
pub(super) fn efficiency(usage: &Usage<'_>, project: Option<&str>) -> Vec<String> {
    let line = |one: super::Efficiency| {
        let show = |value: f64| amount(one.resource, value);
        let (used, mean) = (one.needed / one.reserved, one.mean / one.reserved);
        let measure = if one.resource == Resource::Cpus { "p99" } else { "peak" };
        format!(
            "{}: limits of {}, {} used at the {measure} ({}), {} on average ({})",
            word(one.resource),
            show(one.reserved),
            show(one.needed),
            percent(used),
            show(one.mean),
            percent(mean)
        )
    };
    usage.efficiency(project).into_iter().map(line).collect()
}

fn push_sums(out: &mut String, usage: &Usage<'_>) {
    let projects = usage.projects();
    for name in &projects {
        let lines = efficiency(usage, Some(name));
        if !lines.is_empty() {
            let _ = writeln!(out, "project {}", escape::inline(name));
        }
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
    }
    if projects.is_empty() {
        for line in efficiency(usage, None) {
            let _ = writeln!(out, "{line}");
        }
    }
    if let Some(cost) = usage.cost() {
        let _ = writeln!(out, "the unused part of the limits costs {cost:.2} a month");
    }
    if usage.at_rest {
        out.push_str("recorded at rest: no limits are suggested\n");
    }
}

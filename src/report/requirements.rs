//! How services stand against what their profiles demand: a line for people, a table for the summary.

use super::{Report, escape, words};
use crate::requirements::{COLUMNS, Cell, Requirements, shares};
use std::fmt::Write as _;

/// Names in one cell, and characters of one.
const MAX_NAMES: usize = 15;
const MAX_NAME: usize = 40;

/// ``0 of 2 services meet every requirement (profile `web`: 0 of 1)``; empty where there is no service.
pub(crate) fn line(report: &Report) -> String {
    let shares = shares(&report.requirements);
    let services: usize = shares.iter().map(|share| share.services).sum();
    if services == 0 {
        return String::new();
    }
    let hardened: usize = shares.iter().map(|share| share.hardened).sum();
    let each: Vec<String> = shares
        .iter()
        .map(|share| format!("{} {} of {}", share.profile, share.hardened, share.services))
        .collect();
    let verb = if services == 1 { "meets" } else { "meet" };
    format!(
        "{hardened} of {} {verb} every requirement ({})",
        words::count(services, "service"),
        each.join(", ")
    )
}

/// The table, folded: a row for each requirement, with the services that lack it. So it is as wide for a hundred services as for one.
pub(crate) fn table(report: &Report) -> String {
    let line = line(report);
    if line.is_empty() {
        return line;
    }
    let mut out = format!(
        "<details><summary>Hardened: {}</summary>\n\n| | met | missing | cannot be checked |\n| --- | --- | --- | --- |\n",
        escape::html(&line)
    );
    for (column, (word, _)) in COLUMNS.iter().enumerate() {
        let asked = report.requirements.iter().filter_map(|standing| {
            let cell = standing.cells.get(column).filter(|cell| **cell != Cell::NotAsked)?;
            Some((standing, cell, standing.demanded.get(column) == Some(&true)))
        });
        let asked: Vec<(&Requirements, &Cell, bool)> = asked.collect();
        if asked.is_empty() {
            continue;
        }
        let met = asked.iter().filter(|(_, cell, _)| **cell == Cell::Met).count();
        let missing = names(report, &asked, |cell| matches!(cell, Cell::NotMet(_)));
        let unknown = names(report, &asked, |cell| matches!(cell, Cell::Unknown(_)));
        let _ = writeln!(out, "| {word} | {met} of {} | {missing} | {unknown} |", asked.len());
    }
    let is_asked = |standing: &&Requirements| {
        let mut cells = standing.cells.iter().zip(&standing.demanded);
        cells.any(|(cell, demanded)| matches!(cell, Cell::NotMet(_) | Cell::Unknown(_)) && !demanded)
    };
    let bracket = match report.requirements.iter().any(|standing| is_asked(&standing)) {
        true => "In brackets: services whose profile does not require it.\n\n",
        false => "",
    };
    out.push_str(&format!("\n{bracket}</details>\n\n"));
    out
}

/// The services in one state, those whose profile requires it first.
fn names(report: &Report, asked: &[(&Requirements, &Cell, bool)], is_so: impl Fn(&Cell) -> bool) -> String {
    let mut names: indexmap::IndexMap<(bool, String), usize> = indexmap::IndexMap::new();
    for (standing, _, demanded) in asked.iter().filter(|(_, cell, _)| is_so(cell)) {
        let name = words::clip(&report.secrets.mask(&standing.service), MAX_NAME).into_owned();
        *names.entry((!demanded, name)).or_default() += 1;
    }
    names.sort_by(|(is_optional, _), _, (other, _), _| is_optional.cmp(other));
    let all = names.len();
    let shown = names.iter().take(MAX_NAMES).map(|((is_optional, name), count)| {
        let name = escape::markdown_code(name);
        let times = if *count > 1 {
            format!(" ×{count}")
        } else {
            String::new()
        };
        match is_optional {
            true => format!("({name}{times})"),
            false => format!("{name}{times}"),
        }
    });
    let mut shown: Vec<String> = shown.collect();
    if all > MAX_NAMES {
        shown.push(format!("and {} more", all - MAX_NAMES));
    }
    match shown.is_empty() {
        true => "-".to_owned(),
        false => shown.join(", "),
    }
}

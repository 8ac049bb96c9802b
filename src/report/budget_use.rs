//! What services take of their budgets, and where the bytes of images are: the parts of the summary with figures.

use super::{Report, escape, ledger, place, words};
use crate::budget_use::{Amount, Answer, Built, COLUMNS, Column, Level, Measure, Usage};
use crate::finding::Basis;
use crate::order::Order as _;
use crate::source::ColumnUnit;
use crate::values::number::whole;
use std::fmt::Write as _;

/// Rows that are not folded, and rows in all.
const OPEN_ROWS: usize = 10;
const MAX_ROWS: usize = 100;
/// Images, and rows of one.
const MAX_IMAGES: usize = 5;
const MAX_NAME: usize = 100;
/// Characters of a name in the table, which stays narrow.
const MAX_SHOWN: usize = 26;
/// Figures above a budget that a comment names.
const MAX_OVER: usize = 5;
const WIDTH: usize = 60;
/// What the signs in the table mean.
const LEGEND: &str =
    "<sub>🔴 above the budget · 🟡 close to it, or above as an estimate · ⚪ undecided, part of it is unknown</sub>";

/// The containers that a budget is close to or too small for, the worst first; what is more than a few rows is folded.
pub(crate) fn table(report: &Report) -> String {
    let (near, fine) = sorted(report);
    if near.is_empty() && fine.is_empty() {
        return String::new();
    }
    let mut out = String::new();
    if !near.is_empty() {
        out.push_str(&rows(report, &near, true));
        let _ = write!(out, "\n{LEGEND}\n\n");
    }
    let silent = report.usages.len() - near.len() - fine.len();
    let mut said = Vec::new();
    let (within, undecided): (Vec<&Usage>, Vec<&Usage>) = fine.iter().partition(|usage| !is_undecided(usage));
    if let Some((first, measure, column)) = nearest(&within) {
        let keep = if within.len() == 1 {
            "is within its budgets"
        } else {
            "are within their budgets"
        };
        let name = escape::markdown_code(&words::clip(&report.secrets.mask(&first.name), MAX_NAME));
        let share = percent(measure.known_share().unwrap_or(0.0));
        said.push(format!(
            "{} {keep} (nearest: {name}, {} {share})",
            words::count(within.len(), "container"),
            column.name
        ));
    }
    if !undecided.is_empty() {
        let verb = if undecided.len() == 1 { "is" } else { "are" };
        let count = words::count(undecided.len(), "container");
        said.push(format!(
            "{count} {verb} above no budget as far as is known, and undecided"
        ));
    }
    if silent > 0 {
        said.push(format!(
            "{} without a figure to compare",
            words::count(silent, "container")
        ));
    }
    if !said.is_empty() {
        let _ = write!(out, "{}.\n\n", said.join("; "));
    }
    out
}

/// Whether a budget of it has no answer.
fn is_undecided(usage: &Usage) -> bool {
    let mut measures = usage.measures.iter().flatten();
    measures.any(|measure| measure.answer() == Some(Answer::Undecided))
}

/// Those with a figure beside a budget: near or above one, and the others; both the worst first.
fn sorted(report: &Report) -> (Vec<&Usage>, Vec<&Usage>) {
    let is_held = |measure: &Measure| measure.share().is_some() || measure.level > Level::Open;
    let mut usages: Vec<&Usage> = report.usages.iter().collect();
    usages.retain(|usage| usage.measures.iter().flatten().any(is_held));
    usages.order_by(|one, other| {
        let ((level, share), (other_level, other_share)) = (one.weight(), other.weight());
        other_level.cmp(&level).then(other_share.total_cmp(&share))
    });
    usages.into_iter().partition(|usage| usage.weight().0 >= Level::Near)
}

/// The figure that is nearest to its budget.
fn nearest<'a>(usages: &[&'a Usage]) -> Option<(&'a Usage, &'a Measure, &'static Column)> {
    let measures = usages.iter().flat_map(|usage| {
        let measures = usage.measures.iter().zip(&COLUMNS);
        measures.filter_map(|(measure, column)| Some((*usage, measure.as_ref()?, column)))
    });
    let share = |measure: &Measure| measure.known_share().unwrap_or(0.0);
    measures.max_by(|(_, one, _), (_, other, _)| share(one).total_cmp(&share(other)))
}

/// The containers that keep to their budgets, folded.
pub(crate) fn rest(report: &Report) -> String {
    let (_, fine) = sorted(report);
    if fine.is_empty() {
        return String::new();
    }
    let count = words::count(fine.len(), "container");
    let within = if fine.len() == 1 {
        "its budgets"
    } else {
        "their budgets"
    };
    format!(
        "<details><summary>{count} within {within}, or undecided</summary>\n\n{}\n</details>\n\n",
        rows(report, &fine, false)
    )
}

/// What is above a budget, in a line: `api` memory 256 MiB of 128 MiB.
pub(crate) fn over(report: &Report) -> String {
    let mut over = Vec::new();
    for usage in sorted(report).0 {
        for (measure, column) in usage.measures.iter().zip(&COLUMNS) {
            if let Some(measure) = measure.as_ref().filter(|measure| measure.level == Level::Over) {
                let name = escape::markdown_code(&words::clip(&report.secrets.mask(&usage.name), MAX_NAME));
                let of = measure.budget.map(|budget| format!(" of {}", column.show(budget)));
                let figure = figure(column, measure);
                over.push(format!("{name} {} {figure}{}", column.name, of.unwrap_or_default()));
            }
        }
    }
    if over.len() > MAX_OVER {
        let more = over.len() - MAX_OVER;
        over.truncate(MAX_OVER);
        over.push(format!("and {more} more"));
    }
    over.join("; ")
}

/// The table of these containers; with links to them, or without.
fn rows(report: &Report, usages: &[&Usage], linked: bool) -> String {
    let has_budget = |column: usize| {
        let mut measures = usages.iter().filter_map(|usage| usage.measures.get(column)?.as_ref());
        measures.any(|measure| measure.budget.is_some())
    };
    let columns = COLUMNS.iter().enumerate();
    let columns: Vec<(usize, &Column)> = columns.filter(|(column, _)| has_budget(*column)).collect();
    let names: Vec<&str> = columns.iter().map(|(_, column)| column.name).collect();
    let head = format!(
        "| service | {} |\n| --- |{}\n",
        names.join(" | "),
        " --- |".repeat(names.len())
    );
    let path = |usage: &Usage| report.sources.get(usage.span.source).path.as_str();
    let first = usages.first().map(|usage| path(usage));
    let is_one_file = usages.iter().all(|usage| Some(path(usage)) == first);
    let mut rows = usages
        .iter()
        .map(|usage| row(report, usage, &columns, is_one_file, linked));
    let mut out = head.clone();
    let open = if linked { OPEN_ROWS } else { MAX_ROWS };
    out.extend(rows.by_ref().take(open));
    let more = if linked {
        usages.len().saturating_sub(OPEN_ROWS)
    } else {
        0
    };
    if more > 0 {
        let _ = write!(out, "\n<details><summary>{more} more</summary>\n\n{head}");
        out.extend(rows.take(MAX_ROWS - OPEN_ROWS));
    }
    if usages.len() > MAX_ROWS {
        let _ = write!(out, "\nand {} more\n", usages.len() - MAX_ROWS);
    }
    if more > 0 {
        out.push_str("\n</details>\n");
    }
    out
}

fn row(report: &Report, usage: &Usage, columns: &[(usize, &Column)], is_one_file: bool, linked: bool) -> String {
    let source = report.sources.get(usage.span.source);
    let name = words::clip(&report.secrets.mask(&usage.name), MAX_SHOWN).into_owned();
    let mut row = String::from("| ");
    let mut below = String::new();
    match &usage.profile {
        Some(profile) => {
            let line = place::region(source, usage.span, ColumnUnit::CodePoints).start.line;
            row.push_str(&match linked {
                true => place::linked(report, source, line, &name),
                false => escape::markdown_code(&name),
            });
            let profile = words::clip(profile, MAX_SHOWN);
            let _ = write!(below, "profile {}", escape::markdown_code(&profile));
        }
        None => {
            let _ = write!(row, "**{}**", escape::markdown_prose(&name));
        }
    }
    if !is_one_file && usage.name != source.path {
        let path = words::clip_start(&source.path, MAX_SHOWN);
        let _ = write!(below, " in {}", escape::markdown_code(&path));
    }
    if !below.is_empty() {
        let _ = write!(row, "<br><sub>{}</sub>", below.trim_start());
    }
    row.push_str(" |");
    row.extend(columns.iter().map(|(at, column)| cell(usage, *at, column)));
    row + "\n"
}

fn cell(usage: &Usage, at: usize, column: &Column) -> String {
    let Some(Some(measure)) = usage.measures.get(at) else {
        return " - |".to_owned();
    };
    let sign = sign(measure);
    let blank = if sign.is_empty() { "" } else { " " };
    let mut cell = format!("{sign}{blank}{}", figure(column, measure));
    if let Some(budget) = measure.budget {
        let share = told_share(measure).map(|share| percent(share) + " ");
        let _ = write!(
            cell,
            "<br><sub>{}of {}</sub>",
            share.unwrap_or_default(),
            column.show(budget)
        );
    }
    if let Some(change) = measure.change {
        let sign = if change < 0.0 { "-" } else { "+" };
        let _ = write!(
            cell,
            "<br><sub>{sign}{} since recorded</sub>",
            column.show(change.abs())
        );
    }
    // A figure and its unit stay together.
    format!(" {} |", cell.replace(' ', "&nbsp;"))
}

/// What is known takes so much of the budget. Of a lower bound below it nothing is told by that.
fn told_share(measure: &Measure) -> Option<f64> {
    measure.known_share().filter(|_| !is_floor(measure))
}

/// Whether nothing but a lower bound is known, and that is below the budget.
fn is_floor(measure: &Measure) -> bool {
    measure.about.is_none() && measure.level == Level::Open && matches!(measure.amount, Amount::Of(_, Basis::AtLeast))
}

fn sign(measure: &Measure) -> &'static str {
    match measure.level {
        Level::Open if measure.answer() == Some(Answer::Undecided) => "⚪",
        Level::Open => "",
        Level::Within => "🟢",
        Level::Near => "🟡",
        Level::Over => "🔴",
    }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Ten cells of a share; what is more than all of it ends in an arrow.
pub(super) fn bar(share: f64) -> String {
    match share {
        more if more > 1.0 => "█████████▶".to_owned(),
        share => {
            let full = usize::try_from(whole(share * 10.0)).unwrap_or(0).min(10);
            format!("{}{}", "█".repeat(full), "░".repeat(10 - full))
        }
    }
}

/// A figure; what is only a part of it says so.
pub(super) fn figure(column: &Column, measure: &Measure) -> String {
    if let Some(about) = measure.about {
        return format!("≈ {} + ?", column.show(about));
    }
    match measure.amount {
        Amount::Of(value, basis) => {
            if is_floor(measure) && measure.budget.is_some() {
                return format!("? (≥ {})", column.show(value));
            }
            let sign = match basis {
                Basis::Estimate => "≈ ",
                Basis::AtLeast => "≥ ",
                _ => "",
            };
            format!("{sign}{}", column.show(value))
        }
        Amount::Unbounded => "no limit".to_owned(),
        Amount::Unknown => "?".to_owned(),
    }
}

/// The ledger of each image that is built here as bars, the one that is nearest to its budget open.
pub(crate) fn images(report: &Report) -> String {
    let [column, ..] = &COLUMNS;
    let mut images: Vec<(&Built, Option<&Measure>)> = Vec::new();
    for usage in &report.usages {
        let Some(built) = &usage.image else { continue };
        let measure = usage.measures.first().and_then(Option::as_ref);
        // Services that build one stage share its ledger; the strictest budget is told.
        match images.iter_mut().find(|(known, _)| known.name == built.name) {
            Some((_, known)) if level(*known) < level(measure) => *known = measure,
            Some(_) => {}
            None => images.push((built, measure)),
        }
    }
    let all = images.len();
    images.retain(|(built, _)| built.ledger.rows.iter().any(|row| row.bytes.at_least > 0));
    if images.is_empty() {
        return String::new();
    }
    images.order_by(|(_, one), (_, other)| {
        let share = |measure: &Option<&Measure>| measure.and_then(|measure| measure.share()).unwrap_or(0.0);
        level(*other)
            .cmp(&level(*one))
            .then(share(other).total_cmp(&share(one)))
    });
    let mut out = String::new();
    for (index, (built, measure)) in images.iter().take(MAX_IMAGES).enumerate() {
        let is_open = index == 0 && (images.len() == 1 || level(*measure) >= Level::Near);
        let open = if is_open { " open" } else { "" };
        let name = words::clip(&report.secrets.mask(&built.name), 2 * MAX_NAME).into_owned();
        let _ = write!(out, "<details{open}><summary><code>{}</code>", escape::html(&name));
        if let Some(measure) = measure {
            let sign = sign(measure);
            let blank = if sign.is_empty() { "" } else { " " };
            let _ = write!(out, " {sign}{blank}{}", figure(column, measure));
            if let (Some(share), Some(budget)) = (told_share(measure), measure.budget) {
                let _ = write!(out, ", {} of {}", percent(share), column.show(budget));
            }
        }
        let _ = write!(
            out,
            "</summary>\n\n{}\n</details>\n\n",
            bars(report, built, measure.and_then(|measure| measure.budget))
        );
    }
    let more = all - images.len().min(MAX_IMAGES);
    if more > 0 {
        let images = words::count(more, "more image");
        let _ = write!(
            out,
            "{images}: `plimsoll image --from DOCKERFILE` shows what is known.\n\n"
        );
    }
    out
}

fn level(measure: Option<&Measure>) -> Level {
    measure.map_or(Level::Open, |measure| measure.level)
}

/// The rows as lines of a code block, in which nothing means anything but the end of the block.
fn bars(report: &Report, built: &Built, budget: Option<f64>) -> String {
    let budget = budget.map(|budget| u64::try_from(whole(budget)).unwrap_or(u64::MAX));
    let mut lines = ledger::lines(&built.ledger, budget, &report.secrets, WIDTH).join("\n");
    if lines.contains('░') {
        lines.push_str("\n\n█ certain  ░ estimated");
    }
    // A fence ends with a line of nothing but as many backticks, and every line here starts with a figure.
    format!("```text\n{lines}\n```\n")
}

#[cfg(test)]
mod tests;

//! Tables for a comment or a summary.

use super::super::escape;
use super::text::{efficiency, suggestion};
use super::{Usage, amount, percent, word};
use std::fmt::Write as _;

pub(super) fn render(usage: &Usage<'_>) -> String {
    let mut out = String::from(
        "| service | what | mean | p99 | peak | limit | peak of limit | budget | suggested limit |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    for row in &usage.rows {
        for (resource, spread) in row.resources() {
            let show = |value: f64| amount(resource, value);
            let limit = row.limits.of(resource);
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                escape::markdown_code(&row.title()),
                word(resource),
                show(spread.mean),
                show(spread.p99),
                show(spread.peak),
                limit.map_or("none".to_owned(), show),
                limit.map_or(String::new(), |limit| percent(spread.peak / limit)),
                row.budget(resource).map_or(String::new(), show),
                suggestion(row, resource)
            );
        }
    }
    out.push_str("\n| service | what | is | budget |\n| --- | --- | ---: | ---: |\n");
    for row in &usage.rows {
        let title = escape::markdown_code(&row.title());
        for fact in row.facts() {
            let mark = if fact.is_above() { "**" } else { "" };
            let allowed = fact.allowed.as_deref().unwrap_or("");
            let _ = writeln!(
                out,
                "| {title} | {} | {mark}{}{mark} | {allowed} |",
                fact.what, fact.shown
            );
        }
    }
    let lines = efficiency(usage, None);
    if !lines.is_empty() {
        out.push('\n');
    }
    for line in lines {
        let _ = writeln!(out, "- {line}");
    }
    if let Some(cost) = usage.cost() {
        let _ = writeln!(out, "- the unused part of the limits costs {cost:.2} a month");
    }
    escape::guard(out)
}

//! A report in one file: tables, and a line for each resource over time with its limit and its budget. It loads nothing, runs nothing,
//! and is read in the dark as well.

use super::super::escape::html as text;
use super::super::page;
use super::text::{efficiency, suggestion};
use super::{Row, Usage, amount, percent, word};
use crate::usage::figures::rates;
use crate::usage::suggest::Resource;
use crate::values::number::Real;
use std::fmt::Write as _;

/// The size of a chart, and of the room for its words.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 20.0;
/// Points of a line; of more the highest of each stretch is drawn.
const POINTS: usize = 600;
/// Containers with charts of their own; more are in the table only.
const CHARTS: usize = 100;

pub(super) fn render(usage: &Usage<'_>) -> String {
    let mut out = page::head("Use against limits");
    let lines = efficiency(usage, None);
    if !lines.is_empty() || usage.cost().is_some() {
        out.push_str("<ul>\n");
        for line in lines {
            let _ = writeln!(out, "<li>{}</li>", text(&line));
        }
        if let Some(cost) = usage.cost() {
            let _ = writeln!(out, "<li>the unused part of the limits costs {cost:.2} a month</li>");
        }
        out.push_str("</ul>\n");
    }
    for (index, row) in usage.rows.iter().enumerate() {
        let _ = writeln!(out, "<h2>{}</h2>\n<p>{}</p>", text(&row.title()), text(&row.about()));
        push_resources(&mut out, row);
        push_facts(&mut out, row);
        if index < CHARTS {
            for resource in super::RESOURCES {
                push_chart(&mut out, row, resource);
            }
        }
    }
    out.push_str(page::END);
    out
}

fn push_resources(out: &mut String, row: &Row<'_>) {
    out.push_str(
        "<div class=\"wide\"><table><tr><th></th><th>mean</th><th>p99</th><th>peak</th><th>limit</th><th>peak of limit</th>\
         <th>budget</th><th>suggested limit</th></tr>\n",
    );
    for (resource, spread) in row.resources() {
        let show = |value: f64| amount(resource, value);
        let (limit, budget) = (row.limits.of(resource), row.budget(resource));
        let above = if budget.is_some_and(|budget| spread.peak > budget) {
            " class=\"above\""
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td{above}>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            word(resource),
            show(spread.mean),
            show(spread.p99),
            show(spread.peak),
            limit.map_or("none".to_owned(), show),
            limit.map_or(String::new(), |limit| percent(spread.peak / limit)),
            budget.map_or(String::new(), show),
            text(&suggestion(row, resource))
        );
    }
    out.push_str("</table></div>\n");
}

fn push_facts(out: &mut String, row: &Row<'_>) {
    let facts = row.facts();
    if facts.is_empty() {
        return;
    }
    out.push_str("<div class=\"wide\"><table><tr><th></th><th>is</th><th>budget</th></tr>\n");
    for fact in facts {
        let above = if fact.is_above() { " class=\"above\"" } else { "" };
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td{above}>{}</td><td>{}</td></tr>",
            text(fact.what),
            text(&fact.shown),
            text(fact.allowed.as_deref().unwrap_or(""))
        );
    }
    out.push_str("</table></div>\n");
}

/// Seconds since the first sample, and the amount then.
fn series(row: &Row<'_>, resource: Resource) -> Vec<(f64, f64)> {
    let samples = &row.seen.samples;
    let start = samples.first().map_or(0, |sample| sample.at);
    let seconds = |at: u64| at.saturating_sub(start).real() / 1000.0;
    let of = |value: fn(&crate::usage::Sample) -> Option<u64>| {
        let all = samples.iter();
        all.filter_map(|sample| Some((seconds(sample.at), value(sample)?.real())))
            .collect()
    };
    match resource {
        Resource::Cpus => {
            let all = rates(samples);
            let all = all
                .iter()
                .filter_map(|rate| Some((seconds(samples.get(rate.to)?.at), rate.cores)));
            all.collect()
        }
        Resource::Memory => of(|sample| sample.memory),
        Resource::Pids => of(|sample| sample.pids),
    }
}

fn push_chart(out: &mut String, row: &Row<'_>, resource: Resource) {
    let all = series(row, resource);
    let (Some(last), true) = (all.last(), all.len() > 1) else {
        return;
    };
    let length = last.0.max(1.0);
    let step = all.len().div_ceil(POINTS);
    let highest = |part: &[(f64, f64)]| part.iter().copied().max_by(|one, other| one.1.total_cmp(&other.1));
    let points: Vec<(f64, f64)> = all.chunks(step.max(1)).filter_map(highest).collect();
    let peak = points.iter().map(|point| point.1).fold(0.0, f64::max);
    // A limit far above the use would make a flat line of it: it is named, not drawn.
    let lines = [
        (row.limits.of(resource), "limit", "l"),
        (row.budget(resource), "budget", "b"),
    ];
    let near = lines
        .iter()
        .filter_map(|(value, ..)| *value)
        .filter(|value| *value <= peak * 5.0);
    let top = near.fold(peak, f64::max).max(f64::MIN_POSITIVE) * 1.08;
    let (bottom, wide, high) = (TOP + HEIGHT, WIDTH - LEFT, HEIGHT);
    let (x, y) = (
        |time: f64| LEFT + time / length * wide,
        |value: f64| bottom - (value / top).min(1.0) * high,
    );
    let name = word(resource);
    let title = format!("{name} of {} over {length:.0} s", row.title());
    let _ = writeln!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\"><text class=\"n\" x=\"0\" y=\"10\">{name}</text>",
        bottom + BOTTOM,
        text(&title)
    );
    let _ = writeln!(
        out,
        "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{bottom}\" y2=\"{bottom}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">0</text>\
         <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><text x=\"{LEFT}\" y=\"{}\">0 s</text><text x=\"{WIDTH}\" y=\"{}\" text-anchor=\"end\">{length:.0} s</text>",
        LEFT - 6.0,
        bottom,
        LEFT - 6.0,
        y(peak) + 4.0,
        amount(resource, peak),
        bottom + 15.0,
        bottom + 15.0
    );
    let mut named = LEFT + 60.0;
    for (value, word, class) in lines {
        let Some(value) = value else { continue };
        let label = format!("{word} {}", amount(resource, value));
        if value <= top {
            let _ = writeln!(
                out,
                "<line class=\"{word}\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>",
                y(value)
            );
        }
        let _ = writeln!(out, "<text class=\"{class}\" x=\"{named}\" y=\"10\">{label}</text>");
        named += 130.0;
    }
    let path: Vec<String> = points
        .iter()
        .map(|(time, value)| format!("{:.1},{:.1}", x(*time), y(*value)))
        .collect();
    let _ = writeln!(out, "<polyline class=\"use\" points=\"{}\"/></svg>", path.join(" "));
}

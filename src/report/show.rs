//! One service for a person: every effective value, where it comes from, and what it is held against.

use super::{Report, escape, json, place};
use crate::requirements::{COLUMNS, Cell};
use crate::source::{ColumnUnit, Span};
use crate::values::bytes;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Values are cut here, in characters.
const MAX_VALUE: usize = 60;

/// Everything about the services and Dockerfiles of this name; `None` if there is none.
pub(crate) fn render(report: &Report, name: &str) -> Option<String> {
    let repository = report.repository.as_ref()?;
    let mut out = String::new();
    for container in repository.containers.iter().filter(|container| container.name == name) {
        let value = json::unit(report, container, repository);
        let Some(unit_values) = value.as_object() else { continue };
        let place = written(unit_values.get("location"));
        let _ = writeln!(
            out,
            "{} (profile {}), {place}\n",
            escape::inline(&container.name),
            container.profile
        );
        let budgets = repository
            .profiles
            .get(&container.profile)
            .map_or_else(Default::default, |profile| profile.limits.by_setting());
        let mut rows = Vec::new();
        collect(&mut rows, "", unit_values);
        for row in &rows {
            let held = budgets.get(row.key.as_str());
            // What nobody set and nobody asks for is no news.
            if row.state == "absent" && held.is_none() {
                continue;
            }
            let held = held.map(|words| format!("  budget: {words}")).unwrap_or_default();
            let state = if row.state == "known" {
                String::new()
            } else {
                format!(" ({})", row.state)
            };
            let place = if row.place.is_empty() {
                String::new()
            } else {
                format!("  {}", row.place)
            };
            let _ = writeln!(
                out,
                "  {:<26} {}{state}{place}{held}",
                row.key,
                escape::inline(&row.value)
            );
        }
        if let Some(standing) = report
            .requirements
            .iter()
            .find(|standing| standing.span == container.span)
        {
            out.push_str("\n  demands\n");
            for ((word, _), (cell, demanded)) in COLUMNS.iter().zip(standing.cells.iter().zip(&standing.demanded)) {
                let by = if *demanded { "  asked" } else { "" };
                let place = match cell {
                    Cell::NotMet(span) | Cell::Unknown(span) => format!("  {}", line_of(report, *span)),
                    Cell::Met | Cell::NotAsked => String::new(),
                };
                let _ = writeln!(out, "  {word:<26} {}{place}{by}", cell.word());
            }
        }
        out.push('\n');
    }
    (!out.is_empty()).then(|| escape::guard(out))
}

struct Row {
    key: String,
    value: String,
    state: String,
    place: String,
}

fn line_of(report: &Report, span: Span) -> String {
    let source = report.sources.get(span.source);
    let at = place::region(source, span, ColumnUnit::CodePoints).start;
    escape::inline(&format!("{}:{}", source.path, at.line))
}

/// The values of a unit, those inside others behind their names.
fn collect(rows: &mut Vec<Row>, prefix: &str, values: &Map<String, Value>) {
    for (key, value) in values {
        // The variables stand under `container`, with the image's.
        let is_row = !matches!(key.as_str(), "location" | "environment") || !prefix.is_empty();
        let Some(object) = value.as_object().filter(|_| is_row) else {
            continue;
        };
        let key = format!("{prefix}{key}");
        match object.get("state").and_then(Value::as_str) {
            Some(state) => rows.push(Row {
                value: shown(&key, object.get("value")),
                state: state.to_owned(),
                place: written(object.get("location")),
                key,
            }),
            None => collect(rows, &format!("{key}."), object),
        }
    }
}

fn written(location: Option<&Value>) -> String {
    let location = location.and_then(Value::as_object);
    let path = location.and_then(|location| location.get("path")?.as_str());
    let line = location.and_then(|location| location.get("line")?.as_u64());
    match (path, line) {
        (Some(path), Some(line)) => escape::inline(&format!("{path}:{line}")),
        _ => String::new(),
    }
}

fn shown(key: &str, value: Option<&Value>) -> String {
    let is_size = matches!(key, "memory" | "memory_reservation" | "swap" | "shm_size");
    let text = match value {
        None if key.contains(".environment.") => "set".to_owned(),
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(user)) if key == "user" && user.is_empty() => "root".to_owned(),
        Some(Value::Array(items)) => items.iter().map(item).collect::<Vec<_>>().join(", "),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if is_size => number.as_i64().map_or_else(|| number.to_string(), bytes::show),
        Some(Value::Number(number)) if key.ends_with("_ns") => {
            format!("{} s", number.as_f64().unwrap_or(0.0) / 1e9)
        }
        Some(other) => other.to_string(),
    };
    super::words::clip(&text, MAX_VALUE).into_owned()
}

/// One entry of a list: a port as Docker prints it, a mount as it is written, words as they are.
fn item(value: &Value) -> String {
    let part = |name: &str| value.get(name).filter(|value| !value.is_null());
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let Some(target) = part("target") else {
        return text(value);
    };
    if let Some(protocol) = part("protocol") {
        let address = part("host_ip").map_or(String::new(), |address| format!("{}:", text(address)));
        let published = part("published").map_or("random".to_owned(), text);
        return format!("{address}{published}->{}/{}", text(target), text(protocol));
    }
    let source = part("source").map_or(String::new(), |source| format!("{}:", text(source)));
    format!("{source}{}", text(target))
}

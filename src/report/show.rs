//! One service for a person: every effective value, where it comes from, and what it is held against.

use super::{Report, escape, place};
use crate::container::Container;
use crate::repository::Repository;
use crate::requirements::{COLUMNS, Cell};
use crate::settings::{Setting, Settings, State, Value};
use crate::source::{ColumnUnit, Span};
use crate::values::bytes;
use std::fmt::Write as _;

/// Values are cut here, in characters.
const MAX_VALUE: usize = 60;

/// Everything about the services and Dockerfiles of this name; `None` if there is none.
pub(crate) fn render(report: &Report, name: &str) -> Option<String> {
    let repository = report.repository.as_ref()?;
    let mut out = String::new();
    for container in repository.containers.iter().filter(|container| container.name == name) {
        let _ = writeln!(
            out,
            "{} (profile {}{}), {}\n",
            escape::inline(&container.name),
            container.profile,
            container
                .chosen
                .why
                .as_ref()
                .map_or(String::new(), |why| format!(", {}", escape::inline(why))),
            line_of(report, container.span)
        );
        settings(&mut out, report, repository, container);
        requirements(&mut out, report, container);
        out.push('\n');
    }
    (!out.is_empty()).then(|| escape::guard(out))
}

/// A line for each setting, with its budget; then the budgets of what nobody set, and what is not known.
fn settings(out: &mut String, report: &Report, repository: &Repository, container: &Container) {
    let profile = repository.profiles.get(&container.profile);
    let budgets = profile.map_or_else(Default::default, |profile| profile.limits.by_setting());
    let settings = Settings::of(container, repository, &report.secrets);
    for setting in &settings.known {
        let key = setting.key();
        let budget = budgets.get(key.as_str());
        let budget = budget.map_or(String::new(), |words| format!("  budget: {words}"));
        let state = match setting.state {
            State::Known => String::new(),
            state => format!(" ({})", state.word()),
        };
        let _ = writeln!(
            out,
            "  {:<26} {}{state}  {}{budget}",
            escape::inline(&key),
            escape::inline(&value(setting)),
            line_of(report, setting.span)
        );
    }
    for (key, words) in &budgets {
        if !settings.known.iter().any(|setting| setting.key() == *key) {
            let _ = writeln!(out, "  {key:<26} - ({})  budget: {words}", State::Absent.word());
        }
    }
    if !settings.unknown.is_empty() {
        let _ = writeln!(
            out,
            "  {:<26} {}",
            "not known of its image",
            settings.unknown.join(", ")
        );
    }
}

fn requirements(out: &mut String, report: &Report, container: &Container) {
    let Some(row) = report.requirements.iter().find(|row| row.span == container.span) else {
        return;
    };
    out.push_str("\n  demands\n");
    for ((word, _), (cell, demanded)) in COLUMNS.iter().zip(row.cells.iter().zip(&row.demanded)) {
        let by = if *demanded { "  asked" } else { "" };
        let place = match cell {
            Cell::NotMet(span) | Cell::Unknown(span) => format!("  {}", line_of(report, *span)),
            Cell::Met | Cell::NotAsked => String::new(),
        };
        let _ = writeln!(out, "  {word:<26} {}{place}{by}", cell.word());
    }
}

fn line_of(report: &Report, span: Span) -> String {
    let source = report.sources.get(span.source);
    let at = place::region(source, span, ColumnUnit::CodePoints).start;
    escape::inline(&format!("{}:{}", source.path, at.line))
}

fn value(setting: &Setting) -> String {
    let text = match &setting.value {
        None if setting.group == Some("environment") => "set".to_owned(),
        None => "-".to_owned(),
        Some(Value::Text(user)) if setting.name == "user" && user.is_empty() => "root".to_owned(),
        Some(value) => words(value),
    };
    super::words::clip(&text, MAX_VALUE).into_owned()
}

fn words(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Fraction(number) => number.to_string(),
        Value::Bytes(number) => bytes::show(*number),
        #[allow(clippy::cast_precision_loss)]
        Value::Time(nanoseconds) => format!("{} s", *nanoseconds as f64 / 1e9),
        Value::Unlimited => "-".to_owned(),
        Value::Text(text) => text.clone(),
        Value::List(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Parts(parts) => match value.part("target") {
            Some(target) => mapping(value, &words(target)),
            None => {
                let parts = parts.iter().map(|(name, value)| format!("{name}={}", words(value)));
                parts.collect::<Vec<_>>().join(" ")
            }
        },
    }
}

/// A port as Docker prints it, a mount as it is written.
fn mapping(value: &Value, target: &str) -> String {
    let part = |name: &str| value.part(name).map(words);
    let before = |name: &str| part(name).map_or(String::new(), |text| format!("{text}:"));
    match part("protocol") {
        Some(protocol) => {
            let published = part("published").unwrap_or("random".to_owned());
            format!("{}{published}->{target}/{protocol}", before("host_ip"))
        }
        None => format!("{}{target}", before("source")),
    }
}

//! One service for a person: what it takes of its budgets, what is required of it, and every effective value with its place.

use super::text::paint;
use super::{Report, budget_use, escape, place, words as texts};
use crate::budget_use::{COLUMNS as BUDGETS, Level, Usage};
use crate::container::{Container, ImageSource};
use crate::repository::Repository;
use crate::requirements::{COLUMNS, Cell, Requirements};
use crate::settings::{Setting, Settings, State, Value};
use crate::source::{ColumnUnit, Span};
use crate::values::{bytes, nearest};
use indexmap::IndexMap;
use std::fmt::Write as _;

/// Values are cut here, in characters.
const MAX_VALUE: usize = 60;
/// Names that are listed where nothing has the one that was asked for.
const MAX_NAMES: usize = 20;
/// Columns of a list of words.
const WIDTH: usize = 100;

/// Everything about the services of this name, and about what the Dockerfile of this path makes; `None` if there is none. What is the same
/// in several Compose sets is said once.
pub(crate) fn render(report: &Report, name: &str, color: bool) -> Option<String> {
    let repository = report.repository.as_ref()?;
    let name = name.trim_start_matches("./");
    let mut blocks: IndexMap<String, Vec<&str>> = IndexMap::new();
    for container in &repository.containers {
        if container.name != name && dockerfile(container) != Some(name) {
            continue;
        }
        let usage = report
            .usages
            .iter()
            .find(|usage| usage.span == container.span && usage.name == container.name);
        let block = block(report, repository, container, usage, color);
        let set = container.set.and_then(|set| report.sets.get(set));
        blocks.entry(block).or_default().extend(set.map(String::as_str));
    }
    let mut out = String::new();
    for (block, sets) in &blocks {
        out.push_str(block);
        if sets.len() > 1 || blocks.len() > 1 && !sets.is_empty() {
            let sets: Vec<String> = sets.iter().map(|set| escape::inline(set)).collect();
            push_words(&mut out, "in", &sets, ", ");
        }
        out.push('\n');
    }
    (!out.is_empty()).then(|| escape::guard(out))
}

/// What there is instead of a name that nothing has.
pub(crate) fn instead(report: &Report, name: &str) -> String {
    let containers = report.repository.iter().flat_map(|repository| &repository.containers);
    let mut names: Vec<&str> = Vec::new();
    for container in containers {
        for known in std::iter::once(container.name.as_str()).chain(dockerfile(container)) {
            if !names.contains(&known) {
                names.push(known);
            }
        }
    }
    let inside = || {
        names
            .iter()
            .find(|known| name.len() >= 3 && known.contains(name))
            .copied()
    };
    if let Some(near) = nearest(name, names.iter().copied()).or_else(inside) {
        return format!("did you mean `{near}`?");
    }
    let mut shown = names.get(..MAX_NAMES).unwrap_or(&names).join(", ");
    if names.len() > MAX_NAMES {
        shown.push_str(&format!(" and {} more", names.len() - MAX_NAMES));
    }
    match names.is_empty() {
        true => "nothing was found".to_owned(),
        false => format!("there is: {shown}"),
    }
}

fn dockerfile(container: &Container) -> Option<&str> {
    match &container.image {
        ImageSource::Built { file, .. } => Some(&file.path),
        _ => None,
    }
}

fn block(
    report: &Report,
    repository: &Repository,
    container: &Container,
    usage: Option<&Usage>,
    color: bool,
) -> String {
    let name = paint(&escape::inline(&container.name), "1", color);
    let profile = escape::inline(&container.profile);
    let why = container.chosen.why.as_ref();
    let why = why.map_or(String::new(), |why| format!(" ({})", escape::inline(why)));
    let mut out = format!(
        "{name}  profile {profile}{why}  {}\n\n",
        line_of(report, container.span)
    );
    if let Some(usage) = usage {
        budgets(&mut out, usage, color);
        if let Some(room) = &usage.room {
            let column = BUDGETS.iter().find(|column| column.name == room.resource);
            let show = |amount: f64| column.map_or(String::new(), |column| column.show(amount));
            let _ = writeln!(
                out,
                "  {} more fit on the host, by {}: {} of {} are taken",
                room.more,
                room.resource,
                show(room.taken),
                show(room.host)
            );
        }
    }
    if let Some(row) = report.requirements.iter().find(|row| row.span == container.span) {
        requirements(&mut out, report, row, color);
    }
    out.push('\n');
    settings(&mut out, report, repository, container);
    out
}

/// A line for each budget whose use is known, or not.
fn budgets(out: &mut String, usage: &Usage, color: bool) {
    for (measure, column) in usage.measures.iter().zip(&BUDGETS) {
        let Some(measure) = measure else { continue };
        let budget = measure.budget.map(|budget| format!("of {}", column.show(budget)));
        let share = measure.known_share();
        let bar = share.map_or(String::new(), budget_use::bar);
        let code = match measure.level {
            Level::Over => "31",
            Level::Near => "33",
            Level::Within => "32",
            Level::Open => "2",
        };
        let share = share.map_or(String::new(), budget_use::percent);
        let line = format!(
            "  {:<12}  {:>16}  {:<14}  {}  {share}",
            column.name,
            budget_use::figure(column, measure),
            budget.unwrap_or_default(),
            paint(&format!("{bar:<10}"), code, color)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// What its profile requires, then what else could be.
fn requirements(out: &mut String, report: &Report, row: &Requirements, color: bool) {
    let asked = |wanted: bool| {
        let cells = COLUMNS.iter().zip(row.cells.iter().zip(&row.demanded));
        let cells = cells.filter(|(_, (cell, demanded))| **demanded == wanted && **cell != Cell::NotAsked);
        let words = cells.map(|((word, _), (cell, _))| match cell {
            Cell::NotMet(span) if *span != row.span => {
                format!("{} {word} ({})", paint("✗", "31", color), line_of(report, *span))
            }
            Cell::NotMet(_) => format!("{} {word}", paint("✗", "31", color)),
            Cell::Unknown(span) => format!("? {word} ({})", line_of(report, *span)),
            Cell::Met | Cell::NotAsked => format!("{} {word}", paint("✓", "32", color)),
        });
        words.collect::<Vec<_>>()
    };
    push_words(out, "required", &asked(true), "  ");
    push_words(out, "not required", &asked(false), "  ");
}

/// Words behind a heading, in lines below each other.
fn push_words(out: &mut String, head: &str, words: &[String], between: &str) {
    if words.is_empty() {
        return;
    }
    let mut lines = vec![String::new()];
    for (index, word) in words.iter().enumerate() {
        let more = if index + 1 < words.len() { between } else { "" };
        let room = WIDTH - 16;
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.chars().count() + word.chars().count() <= room => {
                line.push_str(word);
                line.push_str(more);
            }
            _ => lines.push(format!("{word}{more}")),
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    let _ = writeln!(out, "  {head:<12}  {}", lines.join("\n                "));
}

/// A line for each setting, with its budget; then the budgets of what nobody set, the environment in one, and what is not known.
fn settings(out: &mut String, report: &Report, repository: &Repository, container: &Container) {
    let profile = repository.profiles.get(&container.profile);
    let budgets = profile.map_or_else(Default::default, |profile| profile.limits.by_setting());
    let settings = Settings::of(container, repository, &report.secrets);
    let mut environment: Vec<String> = Vec::new();
    let mut lines: Vec<[String; 3]> = Vec::new();
    for setting in &settings.known {
        let key = setting.key();
        if setting.group == Some("environment") {
            environment.push(escape::inline(&setting.name));
            continue;
        }
        let budget = budgets.get(key.as_str());
        let budget = budget.map_or(String::new(), |words| format!("  budget {words}"));
        let state = match setting.state {
            State::Known => String::new(),
            state => format!(" ({})", state.word()),
        };
        let value = escape::inline(&value(setting)) + &state;
        lines.push([escape::inline(&key), value, line_of(report, setting.span) + &budget]);
    }
    for (key, words) in &budgets {
        if !settings.known.iter().any(|setting| setting.key() == *key) {
            lines.push([(*key).to_owned(), "not set".to_owned(), format!("budget {words}")]);
        }
    }
    let widest = |column: usize, most: usize| {
        let lengths = lines.iter().filter_map(|line| Some(line.get(column)?.chars().count()));
        lengths.filter(|length| *length <= most).max().unwrap_or(0)
    };
    let (keys, values) = (widest(0, 30), widest(1, 30));
    for [key, value, place] in &lines {
        let _ = writeln!(out, "  {key:<keys$}  {value:<values$}  {place}");
    }
    push_words(out, "environment", &environment, "  ");
    let unknown: Vec<String> = settings.unknown.iter().map(|name| (*name).to_owned()).collect();
    push_words(out, "not known", &unknown, ", ");
}

fn line_of(report: &Report, span: Span) -> String {
    let source = report.sources.get(span.source);
    let at = place::region(source, span, ColumnUnit::CodePoints).start;
    escape::inline(&format!("{}:{}", source.path, at.line))
}

fn value(setting: &Setting) -> String {
    let text = match &setting.value {
        None => "-".to_owned(),
        Some(Value::Text(user)) if setting.name == "user" && user.is_empty() => "root".to_owned(),
        Some(value) => words(value),
    };
    texts::clip(&text, MAX_VALUE).into_owned()
}

fn time(nanoseconds: i64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let seconds = nanoseconds as f64 / 1e9;
    format!("{seconds} s")
}

fn words(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Fraction(number) => number.to_string(),
        Value::Bytes(number) => bytes::show(*number),
        Value::Time(nanoseconds) => time(*nanoseconds),
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

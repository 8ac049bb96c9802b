//! What is said of a key or value that the schema does not allow, and what to write instead.

use super::shape::{Shape, Type};
use crate::finding::{Change, Finding, Layer, ReaderRule};
use crate::parse::Problem;
use crate::parse::yaml::{Data, Entry, Map, Value};
use crate::resolve::compose::path::Path;
use crate::source::Span;
use crate::values::{meant, nearest};

pub(super) fn unknown_key(
    name: &str,
    entry: &Entry,
    keys: &[(&'static str, &Shape)],
    path: Path<'_>,
    around: &Value,
) -> Finding {
    let place = if path.keys(&mut Path::room()).is_empty() {
        "at the top of a Compose file".to_owned()
    } else {
        format!("in `{path}`")
    };
    let finding = Finding::new(entry.key, format!("unknown key `{name}` {place}")).aspect(path.key(name).to_string());
    let known = || keys.iter().map(|(known, _)| *known);
    if around.map().is_some_and(|map| is_old_service(entry, map)) {
        return finding.help("Compose 2 reads services only below `services:`: add that line, and indent them");
    }
    if matches!(name, "file" | "service") && around.get("extends").is_some() {
        return finding.help("move it below `extends`: `extends: {file: FILE, service: NAME}`");
    }
    if let Some(help) = moved(name, path) {
        return match help.starts_with("delete it") {
            true => finding.help(help).change(Change::Drop(entry.key)),
            false => {
                let changes = match name {
                    "group" => into_user(entry, around),
                    _ => to_the_top(around, path),
                };
                changes.into_iter().fold(finding.help(help), Finding::change)
            }
        };
    }
    let finding = match meant(name, known()) {
        Some(meant) => finding.fix(entry.key, meant),
        None => finding,
    };
    match nearest(name, known()) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None if keys.len() <= 12 => {
            let list: Vec<_> = keys.iter().map(|(known, _)| *known).collect();
            finding.help(format!("valid keys: {}", list.join(", ")))
        }
        None => finding.help("rename it to begin with `x-`, if it is your own"),
    }
}

/// Whether an entry is a service at the top of a file, as the first format had them.
pub(super) fn is_old_service(entry: &Entry, around: &Map) -> bool {
    let is_service = entry.value.get("image").is_some() || entry.value.get("build").is_some();
    is_service && !around.contains_key("services") && !around.contains_key("image")
}

/// The group behind the user that stands beside it, if that names none.
fn into_user(group: &Entry, service: &Value) -> Vec<Change> {
    let plain = |value: &Value| {
        let is_word = |text: &String| {
            text.chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
        };
        value.scalar_text().filter(|text| !text.is_empty() && is_word(text))
    };
    let user = service.get("user");
    let (Some(user), Some(group_name)) = (user, plain(&group.value)) else {
        return Vec::new();
    };
    match (plain(user), user.str().and_then(|text| text.split_once(':'))) {
        (Some(name), _) => vec![
            Change::Replace(user.span, format!("\"{name}:{group_name}\"")),
            Change::Drop(group.key),
        ],
        (None, Some((_, known))) if known == group_name => vec![Change::Drop(group.key)],
        _ => Vec::new(),
    }
}

/// A secret that is defined where it is used: its name, and its definition at the top of the file.
fn to_the_top(item: &Value, path: Path<'_>) -> Vec<Change> {
    let Some(map) = item
        .map()
        .filter(|_| matches!(path.keys(&mut Path::room()), ["services", _, "secrets", "[]"]))
    else {
        return Vec::new();
    };
    let is_name = |key: &str| !matches!(key, "file" | "mode" | "uid" | "gid");
    let mut names = map.iter().filter(|(key, _)| is_name(key));
    let (Some((name, entry)), None) = (names.next(), names.next()) else {
        return Vec::new();
    };
    // `- key:` with `file:` below it, or beside it. A mode of a file is that of the file.
    let file = match &entry.value {
        value if value.is_null() => map.get("file").and_then(|file| file.value.str()),
        value => value.get("file").and_then(Value::str).filter(|_| map.len() == 1),
    };
    let is_plain = |text: &str| {
        text.chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-./".contains(letter))
    };
    match file.filter(|file| is_plain(file) && is_plain(name) && !matches!(name.as_str(), "source" | "target")) {
        Some(file) => vec![
            Change::Whole(item.span, name.clone()),
            Change::Define(item.span, "secrets", format!("{name}: {{file: {file}}}")),
        ],
        None => Vec::new(),
    }
}

/// Keys that people write and Compose has elsewhere.
fn moved(name: &str, path: Path<'_>) -> Option<String> {
    let mut room = Path::room();
    let keys = path.keys(&mut room);
    Some(match (keys, name) {
        (["services", _], "group") => "write `user: \"UID:GID\"` instead, or `group_add` for further groups".to_owned(),
        (["services", _], "log_driver" | "log_opt") => "write `logging: {driver: ..., options: {...}}`".to_owned(),
        (["services", _], "env") => "write `environment`".to_owned(),
        (["services", _], "net") => "write `network_mode`".to_owned(),
        (["services", _], "dockerfile" | "args" | "context" | "target") => {
            format!("write it under `build: {{{name}: ...}}`")
        }
        (["services", _], "memory" | "memory_limit") => {
            "write `mem_limit`, or `deploy.resources.limits.memory`".to_owned()
        }
        (["services", _, "volumes", "[]", "tmpfs"], "noexec" | "nosuid" | "nodev") => {
            format!("delete it: the engine mounts every tmpfs with {name}")
        }
        (["services", _, "secrets", "[]"], _) => {
            "define the secret in the top-level `secrets:`, and use its name here".to_owned()
        }
        (["services", _, "deploy", "resources"], "restart_policy") => "move it one level up, under `deploy`".to_owned(),
        _ => return None,
    })
}

pub(super) fn wrong_type(value: &Value, key: Option<Span>, shape: &Shape, path: Path<'_>, problems: &mut Vec<Problem>) {
    // A list or mapping can be long: its key is what a person looks at.
    let span = if matches!(value.data, Data::Seq(_) | Data::Map(_)) {
        key.unwrap_or(value.span)
    } else {
        value.span
    };
    let found = match &value.data {
        Data::Str(text) if matches!(shape, Shape::Words(_)) && !text.contains(char::is_control) => format!("`{text}`"),
        _ => value.kind().to_owned(),
    };
    let place = if path.keys(&mut Path::room()).is_empty() {
        "a Compose file".to_owned()
    } else {
        format!("`{path}`")
    };
    let finding =
        Finding::new(span, format!("{place} must be {}, not {found}", expected(shape))).aspect(path.to_string());
    let finding = finding.help(advice(value, path));
    let finding = match meant_value(value, shape, path) {
        Some(meant) => finding.change(Change::Replace(value.span, meant)),
        None => finding,
    };
    problems.push(Problem::new(ReaderRule::WrongComposeType, finding.layer(Layer::Schema)));
}

/// The value in the form that Compose takes, where only one can be meant.
fn meant_value(value: &Value, shape: &Shape, path: Path<'_>) -> Option<String> {
    let text = value
        .scalar_text()
        .filter(|text| !text.is_empty() && text.len() < 200)?;
    let is_plain = !text.contains(['"', '\\', '$']) && !text.contains(char::is_control);
    let mut room = Path::room();
    match (path.keys(&mut room), &value.data) {
        (["services", _, "deploy", "restart_policy"], Data::Str(_)) => {
            let condition = match text.as_str() {
                "always" | "unless-stopped" | "any" => "any",
                "on-failure" => "on-failure",
                "no" | "none" => "none",
                _ => return None,
            };
            Some(format!("{{condition: {condition}}}"))
        }
        (
            [
                "services",
                _,
                "healthcheck",
                "interval" | "timeout" | "start_period" | "start_interval",
            ],
            Data::Int(number),
        ) => (*number > 0).then(|| format!("{number}s")),
        (_, Data::Int(_) | Data::Float(_) | Data::Bool(_)) => takes_text(shape).then(|| format!("\"{text}\"")),
        (_, Data::Str(_)) => (is_plain && takes_texts(shape)).then(|| format!("[\"{text}\"]")),
        _ => None,
    }
}

/// Whether a shape takes a string, and no number.
fn takes_text(shape: &Shape) -> bool {
    match shape {
        Shape::Scalar(types) => types.contains(&Type::Str),
        Shape::OneOf(shapes) => shapes.iter().any(|shape| takes_text(shape)),
        _ => false,
    }
}

/// Whether a shape is a list of strings.
fn takes_texts(shape: &Shape) -> bool {
    matches!(shape, Shape::List { item, .. } if takes_text(item))
}

/// The words for what a shape takes.
fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Any => "anything".to_owned(),
        Shape::List { .. } => "a list".to_owned(),
        Shape::Table { .. } | Shape::Object { .. } => "a mapping".to_owned(),
        Shape::Words(words) => format!("one of {}", words.join(", ")),
        Shape::Range(low, i64::MAX) => format!("a whole number of {low} or more"),
        Shape::Range(low, high) => format!("a whole number from {low} to {high}"),
        Shape::Scalar(types) => {
            let words: Vec<_> = types
                .iter()
                .map(|kind| match kind {
                    Type::Null => "nothing",
                    Type::Bool => "a boolean",
                    Type::Int | Type::Whole => "an integer",
                    Type::Num => "a number",
                    Type::Str => "a string",
                })
                .collect();
            either(&words)
        }
        Shape::OneOf(shapes) => {
            let words: Vec<_> = shapes.iter().map(|shape| expected(shape)).collect();
            either(&words.iter().map(String::as_str).collect::<Vec<_>>())
        }
    }
}

fn either(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [front @ .., last] => format!("{} or {last}", front.join(", ")),
    }
}

/// What to write instead, for mistakes that people make.
fn advice(value: &Value, path: Path<'_>) -> String {
    let mut room = Path::room();
    match path.keys(&mut room) {
        ["services", _, "deploy", "restart_policy"] => {
            "write `restart_policy: {condition: any}`, or the service key `restart: unless-stopped`".to_owned()
        }
        [
            "services",
            _,
            "deploy",
            "resources",
            "limits" | "reservations",
            "memory",
        ] => "put the size in quotes, with its unit: `'128M'`".to_owned(),
        ["services", _, "cap_add" | "cap_drop" | "security_opt"] if value.str().is_some() => {
            "make it a list: `- ...`".to_owned()
        }
        ["services", _, "environment" | "labels", "[]"] => {
            "a list takes KEY=value items; a mapping takes KEY: value lines: do not mix them".to_owned()
        }
        ["services", _, "user"] => "put the user in quotes: `'1000:1000'`".to_owned(),
        ["services", _, "security_opt", "[]"] => "write it without a space: `no-new-privileges:true`".to_owned(),
        [
            "services",
            _,
            "healthcheck",
            "interval" | "timeout" | "start_period" | "start_interval",
        ] => "a duration needs a unit: 30s".to_owned(),
        ["networks", _, "driver_opts", _] => "put the value in quotes".to_owned(),
        _ => match value.map().and_then(|map| map.keys().next()) {
            Some(name) if name.starts_with('$') => {
                format!(
                    "write `${{{}}}`: a brace alone begins a mapping",
                    name.trim_start_matches('$')
                )
            }
            _ => "change the value or delete the key: Compose refuses the file".to_owned(),
        },
    }
}

//! The schema check of Compose, with a place for every mistake instead of a sentence for the first.

#[rustfmt::skip] // One line a key: rustfmt would make it four times as long.
mod table;

use super::path::Path;
use crate::finding::{Finding, Layer, ReaderRule};
use crate::parse::Problem;
use crate::parse::yaml::{Data, Entry, Map, Value};
use crate::values::nearest;

/// What a value may look like.
pub(super) enum Shape {
    /// Anything.
    Any,
    /// A scalar of one of these types.
    Scalar(&'static [Type]),
    /// A whole number within these bounds.
    Range(i64, i64),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list.
    List {
        /// Each item.
        item: &'static Shape,
        /// Whether equal items are refused.
        unique: bool,
    },
    /// A mapping with free names.
    Table {
        /// Each value.
        value: &'static Shape,
        /// What a name may look like.
        names: Names,
        /// Whether other names are refused; else they are not looked at.
        strict: bool,
    },
    /// A mapping with known keys.
    Object {
        /// The keys, sorted.
        keys: &'static [(&'static str, &'static Shape)],
        /// The keys that must be there.
        required: &'static [&'static str],
        /// What other keys may be.
        rest: Rest,
    },
    /// Any of these.
    OneOf(&'static [&'static Shape]),
}

impl Shape {
    /// Whether it is an object with this key.
    fn has(&self, key: &str) -> bool {
        matches!(self, Shape::Object { keys, .. } if keys.iter().any(|(name, _)| *name == key))
    }
}

/// The type of a scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Bool,
    Int,
    Num,
    Str,
}

/// What a free name may look like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// `[a-zA-Z0-9._-]+`.
    Word,
    /// `[a-z]+`.
    Lowercase,
    /// Not empty.
    Anything,
}

/// What unknown keys of an object are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Mistakes.
    Closed,
    /// Mistakes, unless they begin with `x-`.
    Extensible,
    /// Fine.
    Open,
}

/// The type that Compose gives to a string at some places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cast {
    Int,
    Float,
    Bool,
}

impl Cast {
    pub(super) fn words(self) -> &'static str {
        match self {
            Cast::Int => "an integer",
            Cast::Float => "a number",
            Cast::Bool => "true or false",
        }
    }
}

/// The cast at a path (compose-go `loader/interpolate.go`, `interpolateTypeCastMapping`).
pub(super) fn cast(keys: &[&str]) -> Option<Cast> {
    match keys {
        ["services", _, rest @ ..] => match rest {
            [
                "cpu_count" | "cpu_period" | "cpu_quota" | "cpu_rt_period" | "cpu_rt_runtime" | "cpu_shares"
                | "oom_score_adj" | "pids_limit" | "scale",
            ]
            | ["deploy", "replicas"]
            | ["deploy", "update_config" | "rollback_config", "parallelism"]
            | ["deploy", "restart_policy", "max_attempts"]
            | ["deploy", "placement", "max_replicas_per_node"]
            | ["healthcheck", "retries"]
            | ["ports", "[]", "target"]
            | ["ulimits", _]
            | ["ulimits", _, "hard" | "soft"] => Some(Cast::Int),
            ["cpus" | "cpu_percent"] | ["deploy", "update_config" | "rollback_config", "max_failure_ratio"] => {
                Some(Cast::Float)
            }
            ["init" | "oom_kill_disable" | "privileged" | "read_only" | "stdin_open" | "tty"]
            | ["depends_on", _, "required" | "restart"]
            | ["healthcheck", "disable"]
            | ["volumes", "[]", "read_only"]
            | ["volumes", "[]", "volume", "nocopy"] => Some(Cast::Bool),
            _ => None,
        },
        [
            "networks",
            _,
            "external" | "internal" | "attachable" | "enable_ipv4" | "enable_ipv6",
        ]
        | ["volumes" | "secrets" | "configs", _, "external"] => Some(Cast::Bool),
        _ => None,
    }
}

/// Whether Compose knows this key at the top of a file.
pub(crate) fn is_key_of_file(key: &str) -> bool {
    key.starts_with("x-") || table::FILE.has(key)
}

/// Whether Compose knows this key in a service.
pub(crate) fn is_key_of_service(key: &str) -> bool {
    table::SERVICE.has(key)
}

/// Every place where a merged document is not what Compose's schema allows.
pub(crate) fn check(document: &Value, problems: &mut Vec<Problem>) {
    visit(document, None, &table::FILE, Path::ROOT, problems);
}

fn visit(value: &Value, key: Option<crate::source::Span>, shape: &Shape, path: Path<'_>, problems: &mut Vec<Problem>) {
    // What cannot be known here cannot be wrong here.
    if matches!(value.data, Data::Unknown { .. }) {
        return;
    }
    match shape {
        Shape::Any => {}
        Shape::OneOf(shapes) => match shapes.iter().find(|shape| takes(shape, value)) {
            Some(shape) => visit(value, key, shape, path, problems),
            None => wrong_type(value, key, shape, path, problems),
        },
        Shape::List { item, unique } => match value.seq() {
            Some(items) => {
                for entry in items {
                    visit(entry, None, item, path.item(), problems);
                }
                if *unique {
                    check_unique(items, path, problems);
                }
            }
            None => wrong_type(value, key, shape, path, problems),
        },
        Shape::Table {
            value: inner,
            names,
            strict,
        } => match value.map() {
            Some(map) => {
                for (name, entry) in map {
                    if fits(name, *names) {
                        visit(&entry.value, Some(entry.key), inner, path.key(name), problems);
                    } else if *strict {
                        let finding =
                            Finding::new(entry.key, format!("'{name}' is no name that Compose takes in '{path}'"))
                                .help("use letters, digits, dots, underscores and hyphens")
                                .aspect(path.key(name).to_string());
                        problems.push(Problem::new(ReaderRule::UnknownComposeKey, finding));
                    }
                }
            }
            None => wrong_type(value, key, shape, path, problems),
        },
        Shape::Object { keys, required, rest } => match value.map() {
            Some(map) => object(value, key, map, (keys, required, *rest), path, problems),
            None => wrong_type(value, key, shape, path, problems),
        },
        Shape::Scalar(_) | Shape::Range(..) | Shape::Words(_) => {
            if !takes(shape, value) {
                wrong_type(value, key, shape, path, problems);
            }
        }
    }
}

type ObjectShape = (&'static [(&'static str, &'static Shape)], &'static [&'static str], Rest);

fn object(
    value: &Value,
    at: Option<crate::source::Span>,
    map: &Map,
    shape: ObjectShape,
    path: Path<'_>,
    problems: &mut Vec<Problem>,
) {
    let (keys, required, rest) = shape;
    for (name, entry) in map {
        match keys.binary_search_by(|(known, _)| (*known).cmp(name)) {
            Ok(index) => {
                if let Some((_, inner)) = keys.get(index) {
                    visit(&entry.value, Some(entry.key), inner, path.key(name), problems);
                }
            }
            Err(_) if rest == Rest::Open || (rest == Rest::Extensible && name.starts_with("x-")) => {}
            Err(_) => problems.push(Problem::new(
                ReaderRule::UnknownComposeKey,
                unknown_key(name, entry, keys, path),
            )),
        }
    }
    for name in required {
        if !map.contains_key(*name) {
            let finding = Finding::new(at.unwrap_or(value.span), format!("'{path}' lacks the key '{name}'"))
                .help(format!("add `{name}`"))
                .aspect(path.to_string());
            problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
        }
    }
}

fn unknown_key(name: &str, entry: &Entry, keys: &[(&'static str, &Shape)], path: Path<'_>) -> Finding {
    let place = if path.keys(&mut Path::room()).is_empty() {
        "at the top of a Compose file".to_owned()
    } else {
        format!("in '{path}'")
    };
    let finding =
        Finding::new(entry.key, format!("Compose knows no key '{name}' {place}")).aspect(path.key(name).to_string());
    let known = keys.iter().map(|(known, _)| *known);
    if let Some(help) = moved(name, path) {
        return finding.help(help);
    }
    match nearest(name, known) {
        Some(near) => finding.help(format!("did you mean '{near}'?")).fix(entry.key, near),
        None if keys.len() <= 12 => {
            let list: Vec<_> = keys.iter().map(|(known, _)| *known).collect();
            finding.help(format!("known here: {}", list.join(", ")))
        }
        None => finding.help("keys of your own begin with 'x-'"),
    }
}

/// Keys that people write and Compose has elsewhere.
fn moved(name: &str, path: Path<'_>) -> Option<String> {
    let mut room = Path::room();
    let keys = path.keys(&mut room);
    Some(match (keys, name) {
        (["services", _], "group") => "write `user: uid:gid`, or `group_add` for further groups".to_owned(),
        (["services", _], "log_driver" | "log_opt") => "write `logging: {driver: ..., options: {...}}`".to_owned(),
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
            "define the secret at the top of the file, under `secrets:`, and name it here".to_owned()
        }
        (["services", _, "deploy", "resources"], "restart_policy") => "move it one level up, under `deploy`".to_owned(),
        _ => return None,
    })
}

fn fits(name: &str, names: Names) -> bool {
    match names {
        Names::Word => {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        }
        Names::Lowercase => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()),
        Names::Anything => !name.is_empty(),
    }
}

/// Whether a value is of the right kind for a shape; what is inside is checked later.
fn takes(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Any => true,
        Shape::OneOf(shapes) => shapes.iter().any(|shape| takes(shape, value)),
        Shape::List { .. } => value.seq().is_some(),
        Shape::Table { .. } | Shape::Object { .. } => value.map().is_some(),
        Shape::Words(words) => value.str().is_some_and(|text| words.contains(&text)),
        Shape::Range(low, high) => matches!(value.data, Data::Int(number) if (*low..=*high).contains(&number)),
        Shape::Scalar(types) => types.iter().any(|kind| match (kind, &value.data) {
            (Type::Null, Data::Null) | (Type::Bool, Data::Bool(_)) | (Type::Str, Data::Str(_)) => true,
            (Type::Int | Type::Num, Data::Int(_)) | (Type::Num, Data::Float(_)) => true,
            // JSON Schema counts 5.0 as an integer.
            (Type::Int, Data::Float(number)) => number.fract() == 0.0,
            _ => false,
        }),
    }
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
                    Type::Int => "an integer",
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

fn wrong_type(
    value: &Value,
    key: Option<crate::source::Span>,
    shape: &Shape,
    path: Path<'_>,
    problems: &mut Vec<Problem>,
) {
    // A list or mapping can be long: its key is what a person looks at.
    let span = if matches!(value.data, Data::Seq(_) | Data::Map(_)) {
        key.unwrap_or(value.span)
    } else {
        value.span
    };
    let found = match &value.data {
        Data::Str(text) if matches!(shape, Shape::Words(_)) && !text.contains(char::is_control) => format!("'{text}'"),
        _ => value.kind().to_owned(),
    };
    let place = if path.keys(&mut Path::room()).is_empty() {
        "a Compose file".to_owned()
    } else {
        format!("'{path}'")
    };
    let finding =
        Finding::new(span, format!("{place} must be {}, not {found}", expected(shape))).aspect(path.to_string());
    let finding = finding.help(advice(value, path));
    problems.push(Problem::new(ReaderRule::WrongComposeType, finding.layer(Layer::Schema)));
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
        ] => "put the size in quotes, with its unit: '128M'".to_owned(),
        ["services", _, "cap_add" | "cap_drop" | "security_opt"] if value.str().is_some() => {
            "make it a list: `- ...`".to_owned()
        }
        ["services", _, "environment" | "labels", "[]"] => {
            "a list takes KEY=value items; a mapping takes KEY: value lines: do not mix them".to_owned()
        }
        ["services", _, "user"] => "put the user in quotes: '1000:1000'".to_owned(),
        ["services", _, "security_opt", "[]"] => "write it as one word: no-new-privileges:true (no space)".to_owned(),
        [
            "services",
            _,
            "healthcheck",
            "interval" | "timeout" | "start_period" | "start_interval",
        ] => "a duration needs a unit: 30s".to_owned(),
        ["networks", _, "driver_opts", _] => "put the value in quotes".to_owned(),
        _ => match value.map().and_then(|map| map.keys().next()) {
            Some(name) if name.starts_with('$') => {
                format!("a brace begins a mapping: write ${{{}}}", name.trim_start_matches('$'))
            }
            _ => "change the value or delete the key: Compose refuses the whole file".to_owned(),
        },
    }
}

fn check_unique(items: &[Value], path: Path<'_>, problems: &mut Vec<Problem>) {
    let mut seen: std::collections::HashMap<String, &Value> = std::collections::HashMap::new();
    for item in items {
        let Some(text) = item.scalar_text() else { continue };
        let text = format!("{}{text}", item.kind());
        if let Some(earlier) = seen.get(&text) {
            let finding = Finding::new(
                item.span,
                format!("'{path}' holds the same item twice, which Compose refuses"),
            )
            .related(earlier.span, "first here")
            .help("delete one of them")
            .aspect(path.to_string());
            problems.push(Problem::new(ReaderRule::WrongComposeType, finding));
        } else {
            seen.insert(text, item);
        }
    }
}

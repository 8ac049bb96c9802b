//! The JSON Schema of `plimsoll.yaml`, from the tables that the program reads the file by.

use super::budget::{BUDGETS, Budget};
use super::figure::Kind;
use super::key::{Entry, Key, Takes};
use super::keys::TOP;
use super::policy::Policy;
use super::profiles::{HOST, PROFILE, PROJECT};
use super::{Assignment, DeclaredContext, DeclaredImage, DeclaredSet, Ignore};
use serde_json::{Map, Value, json};

/// The whole schema; `rules` are the names of all rules.
pub fn schema(rules: &[&str]) -> String {
    let mut properties = of_keys(TOP);
    // What the tables leave to code of its own.
    let mut profile = object(of_keys(PROFILE));
    if let Some(keys) = profile.get_mut("properties").and_then(Value::as_object_mut) {
        keys.insert("extends".to_owned(), json!({"type": "string"}));
        keys.extend(
            BUDGETS
                .iter()
                .map(|budget| (budget.key.to_owned(), budget_or_none(budget))),
        );
    }
    let rule = json!({"enum": rules});
    let mut ignore = entry::<Ignore>(&["rule"]);
    set(&mut ignore, "rule", json!({"enum": rules}));
    let levels = json!({"enum": ["off", "note", "warning", "error", false]});
    let weighed: Map<String, Value> = rules.iter().map(|rule| ((*rule).to_owned(), levels.clone())).collect();
    let mut image = entry::<DeclaredImage>(&[]);
    let one_of = |one: &str, other: &str| json!({"oneOf": [{"required": [one]}, {"required": [other]}]});
    if let Some(image) = image.as_object_mut() {
        image.insert(
            "allOf".to_owned(),
            json!([one_of("service", "dockerfile"), one_of("image", "archive")]),
        );
    }
    let mut set_files = entry::<DeclaredSet>(&["files"]);
    set(
        &mut set_files,
        "files",
        json!({"type": "array", "items": {"type": "string"}, "minItems": 1}),
    );
    let own = [
        ("version", json!({"const": 1})),
        (
            "rules-version",
            json!({"type": ["string", "number"], "pattern": "^[0-9]{4}\\.(0[1-9]|1[0-2])$"}),
        ),
        // `auto` stands for another one.
        (
            "profiles",
            json!({"type": "object", "propertyNames": {"not": {"const": "auto"}}, "additionalProperties": profile}),
        ),
        ("assign", list(&entry::<Assignment>(&["profile"]))),
        ("project", object(of_keys(PROJECT))),
        ("host", object(of_keys(HOST))),
        (
            "registries",
            list(&json!({"type": "string", "pattern": "^(localhost|[^/]*[.:*][^/]*)(/|$)"})),
        ),
        (
            "labels",
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
        ),
        ("policy", list(&policy())),
        ("compose", list(&set_files)),
        ("contexts", list(&entry::<DeclaredContext>(&["dockerfile", "context"]))),
        ("images", list(&image)),
        ("rules", object(weighed)),
        ("ignore", list(&ignore)),
        ("never-ignore", list(&rule)),
        ("vendored", texts_or_text()),
    ];
    for (key, schema) in own {
        merge(&mut properties, key, schema);
    }
    let mut whole = object(properties);
    if let Some(whole) = whole.as_object_mut() {
        whole.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        whole.insert("title".to_owned(), json!("plimsoll.yaml"));
    }
    let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    format!("{text}\n")
}

/// An entry of `policy`. Which settings there are, and which conditions they take, only the reader says.
fn policy() -> Value {
    let one = json!({"type": ["string", "number", "boolean"]});
    let condition = json!({"anyOf": [one, list(&one)]});
    let conditions = json!({"type": "object", "additionalProperties": condition});
    let mut entry = entry::<Policy>(&["name", "require"]);
    set(&mut entry, "when", conditions.clone());
    set(&mut entry, "require", conditions);
    for examples in ["passes", "fails"] {
        set(&mut entry, examples, list(&json!({})));
    }
    entry
}

/// Puts a schema in the place of one that says nothing but what the key is for.
fn merge(properties: &mut Map<String, Value>, key: &str, schema: Value) {
    let known = properties.entry(key).or_insert_with(|| json!({}));
    if let (Some(known), Value::Object(schema)) = (known.as_object_mut(), schema) {
        known.extend(schema);
    }
}

fn set(object: &mut Value, key: &str, schema: Value) {
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        merge(properties, key, schema);
    }
}

fn of_keys<T>(keys: &[Key<T>]) -> Map<String, Value> {
    let one = |key: &Key<T>| {
        let mut schema = taken(&key.takes);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), json!(key.doc));
        }
        (key.name.to_owned(), schema)
    };
    keys.iter().map(one).collect()
}

fn entry<E: Entry>(required: &[&str]) -> Value {
    let mut schema = object(of_keys(E::KEYS));
    if let Some(schema) = schema.as_object_mut().filter(|_| !required.is_empty()) {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

fn object(properties: Map<String, Value>) -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

fn texts_or_text() -> Value {
    json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
}

fn taken<T>(takes: &Takes<T>) -> Value {
    match takes {
        Takes::Flag(_) => json!({"type": "boolean"}),
        Takes::Text(_) => json!({"type": "string"}),
        Takes::Word(words, _) => json!({"enum": words}),
        // None that leads out of the root.
        Takes::Path(_) => json!({"type": "string", "not": {"pattern": "^(/|\\.\\.(/|$))"}}),
        Takes::Texts(_) => json!({"type": "array", "items": {"type": "string"}}),
        Takes::Globs(_) => texts_or_text(),
        Takes::Date(_) => json!({"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}),
        Takes::Limit(budget, _) => budget_or_none(budget),
        Takes::Demands(demands, _) => {
            let words: Vec<&str> = demands.iter().map(|demand| demand.word()).collect();
            json!({"type": "array", "items": {"enum": words}})
        }
        Takes::Own(..) => json!({}),
    }
}

/// The figure of a budget, or `null`, which takes one away.
fn budget_or_none(budget: &Budget) -> Value {
    const SIZE: &str = "[0-9]+(\\.[0-9]+)? *([kMGT]?B|[KMGT]iB)";
    const SHARE: &str = "[0-9]+(\\.[0-9]+)? *%";
    let text = |pattern: String| json!({"type": "string", "pattern": format!("^ *{pattern} *$")});
    let above = |kind: &str| json!({"type": kind, "exclusiveMinimum": 0});
    let figure = match budget.kind {
        Kind::Size => vec![text(SIZE.to_owned())],
        Kind::Count => vec![above("integer")],
        Kind::Number | Kind::Factor => vec![above("number")],
        Kind::Share => vec![text(SHARE.to_owned())],
        Kind::ShareAndSize => vec![text(format!("{SHARE}( and {SIZE})?"))],
        Kind::ShareOrSize => vec![text(format!("({SHARE}|{SIZE})"))],
        Kind::Time => vec![text("([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+".to_owned())],
        Kind::SoftAndHard => vec![above("integer"), text("[0-9]+/[0-9]+".to_owned())],
        Kind::Capabilities => vec![json!({"type": "string"}), list(&json!({"type": "string"}))],
    };
    let mut any = figure;
    any.push(json!({"type": "null"}));
    json!({"anyOf": any, "description": budget.doc.trim()})
}

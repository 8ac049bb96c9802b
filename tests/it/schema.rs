//! `plimsoll schema` says what the reader of plimsoll.yaml takes: for every key and many values both accept or both refuse.

use crate::support::Workspace;
use plimsoll::inspect::{self, Known, RULES, Sources};
use serde_json::{Value, json};
use std::path::Path;

fn schema() -> Value {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    serde_json::from_str(&inspect::schema(&names)).unwrap()
}

/// As much of JSON Schema as the schema uses; a word that is not known here fails.
fn accepts(schema: &Value, value: &Value) -> bool {
    let schema = schema.as_object().unwrap();
    schema.iter().all(|(word, wanted)| match word.as_str() {
        "$schema" | "title" | "description" => true,
        "const" => value == wanted,
        "enum" => wanted.as_array().unwrap().contains(value),
        "type" => match wanted {
            Value::Array(kinds) => kinds.iter().any(|kind| is(value, kind.as_str().unwrap())),
            kind => is(value, kind.as_str().unwrap()),
        },
        "pattern" => value
            .as_str()
            .is_none_or(|text| matches(wanted.as_str().unwrap(), text)),
        "exclusiveMinimum" => value.as_f64().is_none_or(|number| number > wanted.as_f64().unwrap()),
        "minItems" => value
            .as_array()
            .is_none_or(|items| items.len() as u64 >= wanted.as_u64().unwrap()),
        "items" => value
            .as_array()
            .is_none_or(|items| items.iter().all(|item| accepts(wanted, item))),
        "not" => !accepts(wanted, value),
        "anyOf" => wanted.as_array().unwrap().iter().any(|one| accepts(one, value)),
        "allOf" => wanted.as_array().unwrap().iter().all(|one| accepts(one, value)),
        "oneOf" => {
            wanted
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| accepts(one, value))
                .count()
                == 1
        }
        "required" => value.as_object().is_none_or(|map| {
            wanted
                .as_array()
                .unwrap()
                .iter()
                .all(|key| map.contains_key(key.as_str().unwrap()))
        }),
        "propertyNames" => value
            .as_object()
            .is_none_or(|map| map.keys().all(|key| accepts(wanted, &json!(key)))),
        "properties" => value.as_object().is_none_or(|map| {
            map.iter()
                .all(|(key, value)| wanted.get(key).is_none_or(|schema| accepts(schema, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|map| {
            let known = schema.get("properties");
            let mut others = map
                .iter()
                .filter(|(key, _)| known.is_none_or(|known| known.get(key).is_none()));
            others.all(|(_, value)| *wanted != json!(false) && accepts(wanted, value))
        }),
        word => panic!("the schema uses `{word}`, which this test does not know"),
    })
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        kind => panic!("{kind}"),
    }
}

/// The patterns are those of ECMA; what they use is the same here.
fn matches(pattern: &str, text: &str) -> bool {
    regex::Regex::new(pattern).unwrap().is_match(text)
}

/// What the program's own reader makes of a file.
fn reads(text: &str) -> Result<(), String> {
    let mut sources = Sources::default();
    let source = sources.add(Path::new("plimsoll.yaml"), text.to_owned());
    let file = inspect::yaml::parse(source, &sources.get(source).text);
    let names: Vec<&'static str> = RULES.iter().map(|rule| rule.name).collect();
    let known = Known {
        rules: &names,
        sources: &sources,
        known_as: |_| None,
    };
    inspect::configured(&file, &known)
        .map(drop)
        .map_err(|mistakes| mistakes[0].message.clone())
}

/// Values to try at every key.
fn probes() -> Vec<Value> {
    let texts = [
        "",
        "x",
        "off",
        "error",
        "auto",
        "default",
        "root-user",
        "memory",
        "non-root",
        "10%",
        "10% and 2MB",
        "128MiB",
        "128M",
        "1.5 GB",
        "10s",
        "50ms",
        "256/512",
        "2026.11",
        "2026.13",
        "2027-03-31",
        "2027-3-1",
        "../x",
        "/x",
        "CHOWN",
        "a/**",
    ];
    let mut probes: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    probes.extend(texts.iter().map(|text| json!([text])));
    probes.extend([
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(0.5),
        json!(2026.11),
        json!([]),
        json!({}),
    ]);
    probes.extend([
        json!([1]),
        json!({"x": 1}),
        json!({"root-user": "off"}),
        json!({"root-user": false}),
        json!({"memory": "1GiB"}),
    ]);
    probes.extend([
        json!([{}]),
        json!([{"profile": "database"}]),
        json!({"auto": {}}),
        json!({"api": {"memory": "1GiB"}}),
    ]);
    probes
}

/// The file with a value at some place.
type Place = Box<dyn Fn(&Value) -> Value>;

/// Every place for a value: its name, and the file.
fn places(schema: &Value) -> Vec<(String, Place)> {
    let keys = |at: &str| -> Vec<String> {
        let map = schema.pointer(at).and_then(Value::as_object);
        map.unwrap_or_else(|| panic!("{at}")).keys().cloned().collect()
    };
    let mut places: Vec<(String, Place)> = Vec::new();
    for key in keys("/properties") {
        places.push((key.clone(), Box::new(move |value| json!({key.clone(): value}))));
    }
    for key in keys("/properties/profiles/additionalProperties/properties") {
        places.push((
            format!("profile.{key}"),
            Box::new(move |value| json!({"profiles": {"api": {key.clone(): value}}})),
        ));
    }
    for key in keys("/properties/project/properties") {
        places.push((
            format!("project.{key}"),
            Box::new(move |value| json!({"project": {key.clone(): value}})),
        ));
    }
    for (list, entry) in [
        ("assign", json!({"profile": "default"})),
        ("compose", json!({"files": ["a"]})),
        ("contexts", json!({"dockerfile": "a", "context": "b"})),
        ("images", json!({"service": "a", "image": "b"})),
        ("ignore", json!({"rule": "root-user"})),
    ] {
        for key in keys(&format!("/properties/{list}/items/properties")) {
            let (name, entry) = (format!("{list}.{key}"), entry.clone());
            let place = move |value: &Value| {
                let mut entry = entry.clone();
                entry[key.clone()] = value.clone();
                json!({list: [entry]})
            };
            places.push((name, Box::new(place)));
        }
    }
    places
}

/// What the schema cannot say: names that must be known, patterns that cannot be compiled, a soft limit above the hard one.
const LAXER: [&str; 6] = [
    "assign.profile",
    "profile.extends",
    "profile.capabilities",
    "rules-version",
    "profiles",
    "assign",
];

#[test]
fn it_accepts_what_the_reader_accepts() {
    let schema = schema();
    let (mut tried, mut taken, mut wrong) = (0, 0, Vec::new());
    for (name, file) in places(&schema) {
        for probe in probes() {
            let whole = file(&probe);
            let read = reads(&whole.to_string());
            let valid = accepts(&schema, &whole);
            tried += 1;
            taken += usize::from(read.is_ok());
            let is_laxer = LAXER.contains(&name.as_str());
            if read.is_ok() != valid && (read.is_ok() || !is_laxer) {
                wrong.push(format!("{name}: read {read:?}, by the schema {valid}: {whole}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 3000 && taken > 200, "{tried} {taken}");
}

#[test]
fn the_command_prints_it() {
    let shown = Workspace::new(&[]).run(&["schema"]);
    assert_eq!(serde_json::from_str::<Value>(&shown.out).unwrap(), schema());
}

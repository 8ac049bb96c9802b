//! The JSON Schema of `plimsoll.yaml`, from the tables that the program reads the file by. It is put together as text: each schema is
//! what stands between its braces.

use super::budget::{BUDGETS, Budget};
use super::figure::Kind;
use super::key::{Entry, Key, Takes};
use super::keys::TOP;
use super::policy::Policy;
use super::profiles::{HOST, PROFILE, PROJECT};
use super::reduce::REDUCIBLE;
use super::{Assignment, DeclaredContext, DeclaredImage, DeclaredSet, Ignore};

const TEXT: &str = r#""type":"string""#;
const TEXTS: &str = r#""type":"array","items":{"type":"string"}"#;
const TEXT_OR_TEXTS: &str = r#""anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]"#;
const FILES: &str = r#""type":"array","items":{"type":"string"},"minItems":1"#;
/// None that leads out of the root.
const PATH: &str = r#""type":"string","not":{"pattern":"^(/|\\.\\.(/|$))"}"#;
const DATE: &str = r#""type":"string","pattern":"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$""#;
const VERSION: &str = r#""type":["string","number"],"pattern":"^[0-9]{4}\\.(0[1-9]|1[0-2])$""#;
const LEVEL: &str = r#""enum":["off","note","warning","error",false]"#;
const ONE_OF_EACH: &str = r#","allOf":[{"oneOf":[{"required":["service"]},{"required":["dockerfile"]}]},{"oneOf":[{"required":["image"]},{"required":["archive"]}]}]"#;
const REGISTRIES: &str = r#""type":"array","items":{"type":"string","pattern":"^(localhost|[^/]*[.:*][^/]*)(/|$)"}"#;
const CONDITIONS: &str = r#""type":"object","additionalProperties":{"anyOf":[{"type":["string","number","boolean"]},{"type":"array","items":{"type":["string","number","boolean"]}}]}"#;
const SIZE: &str = r"[0-9]+(\\.[0-9]+)? *([kMGT]?B|[KMGT]iB)";
const SHARE: &str = r"[0-9]+(\\.[0-9]+)? *%";
/// How much less: more than nothing, at most all.
const TARGET: &str = r#""type":["string","null"],"pattern":"^ *[0-9]+(\\.[0-9]+)? *% *$""#;
const TIME: &str = r"([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+";

/// A key: its name, its schema, what it is for.
type Member = (&'static str, String, &'static str);

/// The whole schema; `rules` are the names of all rules.
pub fn schema(rules: &[&str]) -> String {
    let mut members = of_keys(TOP);
    for (name, schema, _) in &mut members {
        if let Some(own) = own(name, rules) {
            *schema = own;
        }
    }
    let head = r#""$schema":"http://json-schema.org/draft-07/schema#","title":"plimsoll.yaml""#;
    let text = format!("{{{head},{}}}", object(&members));
    let value: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    value.map_or(text, |value| format!("{value:#}\n"))
}

/// What the tables leave to code of its own.
fn own(key: &str, rules: &[&str]) -> Option<String> {
    let one_of_rules = format!("\"enum\":{}", list(rules));
    Some(match key {
        "version" => "\"const\":1".to_owned(),
        "rules-version" => VERSION.to_owned(),
        "profiles" => {
            let mut members = of_keys(PROFILE);
            members.retain(|(name, ..)| *name != "extends");
            let targets = REDUCIBLE.map(|budget| (budget.key, TARGET.to_owned(), ""));
            if let Some(member) = members.iter_mut().find(|(name, ..)| *name == "reduce") {
                member.1 = object(&targets);
            }
            members.push(("extends", TEXT.to_owned(), ""));
            members.extend(
                BUDGETS
                    .iter()
                    .map(|budget| (budget.key, figure(budget), budget.doc.trim())),
            );
            // `auto` stands for another one.
            format!(
                "\"type\":\"object\",\"propertyNames\":{{\"not\":{{\"const\":\"auto\"}}}},\"additionalProperties\":{{{}}}",
                object(&members)
            )
        }
        "project" => object(&of_keys(PROJECT)),
        "host" => object(&of_keys(HOST)),
        "registries" => REGISTRIES.to_owned(),
        "labels" => format!("\"type\":\"object\",\"additionalProperties\":{{{TEXT}}}"),
        "policy" => policy(),
        "assign" => entries::<Assignment>(&["profile"], None, ""),
        "compose" => entries::<DeclaredSet>(&["files"], Some(("files", FILES)), ""),
        "contexts" => entries::<DeclaredContext>(&["dockerfile", "context"], None, ""),
        "images" => entries::<DeclaredImage>(&[], None, ONE_OF_EACH),
        "ignore" => {
            let one_or_more = format!(
                "\"anyOf\":[{{{one_of_rules}}},{{\"type\":\"array\",\"items\":{{{one_of_rules}}},\"minItems\":1}}]"
            );
            entries::<Ignore>(&["rule"], Some(("rule", &one_or_more)), "")
        }
        "rules" => {
            let weighed: Vec<String> = rules.iter().map(|rule| format!("\"{rule}\":{{{LEVEL}}}")).collect();
            format!(
                "\"type\":\"object\",\"additionalProperties\":false,\"properties\":{{{}}}",
                weighed.join(",")
            )
        }
        "never-ignore" => format!("\"type\":\"array\",\"items\":{{{one_of_rules}}}"),
        "vendored" => TEXT_OR_TEXTS.to_owned(),
        _ => return None,
    })
}

/// The entries of `policy`. Which settings there are, and which conditions they take, only the reader says.
fn policy() -> String {
    let members = of_keys(Policy::KEYS).into_iter().map(|(name, schema, doc)| match name {
        "when" | "require" => (name, CONDITIONS.to_owned(), doc),
        "passes" | "fails" => (name, "\"type\":\"array\"".to_owned(), doc),
        _ => (name, schema, doc),
    });
    let members: Vec<Member> = members.collect();
    let required = list(&["name", "require"]);
    format!(
        "\"type\":\"array\",\"items\":{{{},\"required\":{required}}}",
        object(&members)
    )
}

/// A list of entries of which these keys must be there, one of them with a schema of its own.
fn entries<E: Entry>(required: &[&str], own: Option<(&str, &str)>, more: &str) -> String {
    let mut members = of_keys(E::KEYS);
    if let Some((name, schema)) = own
        && let Some(member) = members.iter_mut().find(|(known, ..)| *known == name)
    {
        schema.clone_into(&mut member.1);
    }
    format!(
        "\"type\":\"array\",\"items\":{{{},\"required\":{}{more}}}",
        object(&members),
        list(required)
    )
}

fn object(members: &[Member]) -> String {
    let one = |(name, schema, doc): &Member| {
        let doc = serde_json::Value::from(*doc);
        let comma = if schema.is_empty() { "" } else { "," };
        format!("\"{name}\":{{{schema}{comma}\"description\":{doc}}}")
    };
    let members: Vec<String> = members.iter().map(one).collect();
    let members = members.join(",");
    format!("\"type\":\"object\",\"additionalProperties\":false,\"properties\":{{{members}}}")
}

fn of_keys<T>(keys: &[Key<T>]) -> Vec<Member> {
    keys.iter().map(|key| (key.name, taken(&key.takes), key.doc)).collect()
}

fn list(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", words.join(","))
}

fn taken<T>(takes: &Takes<T>) -> String {
    match takes {
        Takes::Flag(_) => "\"type\":\"boolean\"".to_owned(),
        Takes::Text(_) => TEXT.to_owned(),
        Takes::Word(words, _) => format!("\"enum\":{}", list(words)),
        Takes::Path(_) => PATH.to_owned(),
        Takes::Texts(_) => TEXTS.to_owned(),
        Takes::Globs(_) => TEXT_OR_TEXTS.to_owned(),
        Takes::Date(_) => DATE.to_owned(),
        Takes::Limit(budget, _) => figure(budget),
        Takes::Demands(demands, _) => {
            let words: Vec<&str> = demands.iter().map(|demand| demand.word()).collect();
            format!("\"type\":\"array\",\"items\":{{\"enum\":{}}}", list(&words))
        }
        Takes::Own(..) => String::new(),
    }
}

/// The figure of a budget, or `null`, which takes one away.
fn figure(budget: &Budget) -> String {
    let text = |pattern: &str| format!("{{\"type\":\"string\",\"pattern\":\"^ *{pattern} *$\"}}");
    let above = |kind: &str| format!("{{\"type\":\"{kind}\",\"exclusiveMinimum\":0}}");
    let figure = match budget.kind {
        Kind::Size => text(SIZE),
        Kind::Count => above("integer"),
        Kind::Number | Kind::Factor => above("number"),
        Kind::Share => text(SHARE),
        Kind::ShareAndSize => text(&format!("{SHARE}( and {SIZE})?")),
        Kind::ShareOrSize => text(&format!("({SHARE}|{SIZE})")),
        Kind::Time => text(TIME),
        Kind::SoftAndHard => format!("{},{}", above("integer"), text("[0-9]+/[0-9]+")),
        Kind::Capabilities => format!("{{{TEXT}}},{{{TEXTS}}}"),
    };
    format!("\"anyOf\":[{figure},{{\"type\":\"null\"}}]")
}

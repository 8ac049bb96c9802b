//! Everything, for machines: cores, bytes, pids, seconds and shares.

use super::super::escape;
use super::{Row, Usage, word};
use crate::usage::Spread;
use serde_json::{Map, Value, json};

pub(super) fn render(usage: &Usage<'_>) -> String {
    let efficiency = |project| -> Value {
        let all = usage.efficiency(project).into_iter().map(|one| {
            let value = json!({
                "reserved": one.reserved, "mean": one.mean, "needed": one.needed,
                "used": one.needed / one.reserved,
            });
            (word(one.resource).to_owned(), value)
        });
        Value::Object(all.collect())
    };
    let projects = usage.projects().into_iter();
    let data = json!({
        "schema": 1,
        "at_rest": usage.at_rest,
        "containers": usage.rows.iter().map(container).collect::<Vec<_>>(),
        "efficiency": efficiency(None),
        "projects": projects.map(|name| (name.to_owned(), efficiency(Some(name)))).collect::<Map<_, _>>(),
        "cost_of_unused": usage.cost(),
    });
    let text = serde_json::to_string_pretty(&rounded(data)).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}

/// Sums of decimal fractions miss them by something that says nothing.
fn rounded(data: Value) -> Value {
    match data {
        Value::Array(all) => all.into_iter().map(rounded).collect(),
        Value::Object(all) => Value::Object(all.into_iter().map(|(key, value)| (key, rounded(value))).collect()),
        Value::Number(number) if number.is_f64() => number
            .as_f64()
            .map_or(Value::Null, |value| json!((value * 1e6).round() / 1e6)),
        other => other,
    }
}

fn container(row: &Row<'_>) -> Value {
    let resources = row.resources().map(|(resource, Spread { mean, p99, peak })| {
        let mut data = Map::from_iter([
            ("mean".to_owned(), json!(mean)),
            ("p99".to_owned(), json!(p99)),
            ("peak".to_owned(), json!(peak)),
            ("limit".to_owned(), json!(row.limits.of(resource))),
            ("budget".to_owned(), json!(row.budget(resource))),
        ]);
        match row.suggested(resource) {
            Ok(suggested) => {
                let wanted = suggested.wanted.unwrap_or(suggested.value);
                data.insert("suggested".to_owned(), json!(suggested.value));
                data.insert("wanted".to_owned(), json!(wanted));
                data.insert("change".to_owned(), json!(row.change(resource)));
            }
            Err(silence) => drop(data.insert("no_suggestion".to_owned(), json!(silence.words()))),
        }
        (word(resource).to_owned(), Value::Object(data))
    });
    let facts = row.facts().into_iter().map(|fact| {
        let value = json!({"value": fact.value, "budget": fact.budget});
        (fact.key.to_owned(), value)
    });
    json!({
        "container": row.seen.title(),
        "service": row.name(),
        "project": row.seen.project,
        "image": row.seen.image,
        "profile": row.profile.map(|profile| profile.name.as_str()),
        "stale": row.stale.is_some(),
        "samples": row.figures.samples,
        "seconds": row.figures.seconds,
        "use": resources.collect::<Map<_, _>>(),
        "figures": facts.collect::<Map<_, _>>(),
        "exec": row.seen.exec,
    })
}

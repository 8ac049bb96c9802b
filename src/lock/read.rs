//! The facts of one block, from its lines.

use super::ImageFacts;
use crate::failure::Failure;
use crate::parse::yaml::{self, Data, Map, Value};
use crate::source::{ColumnUnit, Sources};
use crate::values::image_ref::is_digest;
use std::collections::BTreeMap;
use std::path::Path;

/// What is wrong, and in which line of the block, from 1 behind its first.
type Wrong = (usize, String);

/// The facts in the lines of a block.
pub(super) fn facts(body: &str) -> Result<ImageFacts, Wrong> {
    let mut sources = Sources::default();
    let source = sources.add(Path::new(super::NAME), body.to_owned());
    let file = yaml::parse(source, body);
    let line = |start: u32| sources.get(source).position(start, ColumnUnit::CodePoints).line;
    if let Some(problem) = file.problems.first() {
        return Err((line(problem.finding.span.start), problem.finding.message.clone()));
    }
    let mut facts = ImageFacts::default();
    let nothing = Map::new();
    let rows = match file.documents.as_slice() {
        [] => &nothing,
        [one] => match &one.data {
            Data::Map(rows) => rows,
            Data::Null => &nothing,
            _ => return Err((line(one.span.start), "not `FACT: VALUE`".to_owned())),
        },
        [_, second, ..] => {
            return Err((
                line(second.span.start),
                "a second document begins in a block".to_owned(),
            ));
        }
    };
    for (key, entry) in rows {
        set(&mut facts, key, &entry.value).map_err(|why| (line(entry.key.start), format!("`{key}` {why}")))?;
    }
    Ok(facts)
}

fn set(facts: &mut ImageFacts, key: &str, value: &Value) -> Result<(), Failure> {
    match key {
        "digest" => facts.digest = Some(digest(value)?),
        "id" => facts.id = Some(digest(value)?),
        "size" => facts.size = Some(number(value)?),
        "compressed" => facts.compressed = Some(number(value)?),
        "layers" => facts.layers = Some(number(value)?),
        "user" => facts.user = Some(text(value)?),
        "entrypoint" => facts.entrypoint = Some(list(value)?),
        "command" => facts.command = Some(list(value)?),
        "healthcheck" => facts.healthcheck = Some(list(value)?),
        "ports" => facts.ports = Some(list(value)?),
        "volumes" => facts.volumes = Some(list(value)?),
        "environment" => facts.environment = Some(list(value)?),
        "versions" => facts.versions = Some(map(value, text)?),
        "system" => facts.system = Some(text(value)?),
        "accounts" => facts.accounts = Some(list(value)?),
        "programs" => facts.programs = Some(map(value, sorted)?),
        "shell" => facts.shell = Some(text(value)?),
        "libc" => facts.libc = Some(text(value)?),
        "packages" => facts.packages = Some(text(value)?),
        // A later version may know more.
        _ => {}
    }
    Ok(())
}

fn text(value: &Value) -> Result<String, Failure> {
    value
        .str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("must be a string"))
}

fn digest(value: &Value) -> Result<String, Failure> {
    text(value)
        .ok()
        .filter(|text| is_digest(text))
        .ok_or_else(|| Failure::new("must be a digest, `sha256:` and 64 hex digits"))
}

fn number(value: &Value) -> Result<u64, Failure> {
    match value.data {
        Data::Int(number) => u64::try_from(number).map_err(|_| Failure::new("must be 0 or more")),
        _ => Err(Failure::new("must be a whole number")),
    }
}

fn list(value: &Value) -> Result<Vec<String>, Failure> {
    let items = value.seq().ok_or_else(|| Failure::new("must be a list of strings"))?;
    items
        .iter()
        .map(|item| text(item).map_err(|_| Failure::new("must be a list of strings")))
        .collect()
}

/// A list that is searched.
fn sorted(value: &Value) -> Result<Vec<String>, Failure> {
    let mut items = list(value)?;
    items.sort_unstable();
    Ok(items)
}

fn map<T>(value: &Value, of: fn(&Value) -> Result<T, Failure>) -> Result<BTreeMap<String, T>, Failure> {
    let rows = value.map().ok_or_else(|| Failure::new("must be a mapping"))?;
    rows.iter()
        .map(|(key, entry)| Ok((key.clone(), of(&entry.value)?)))
        .collect()
}

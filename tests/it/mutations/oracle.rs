//! That edits of Compose files are harmless is not our opinion: Compose makes the same of the text before and after, or refuses both.

use super::dice::Dice;
use super::edit::{BYSTANDER, EXTENDED, Edit, Files, is_compose, split_path};
use super::examples::{samples, variants};
use super::{is_full, on_every_core};
use crate::compose_oracle::installed;
use plimsoll::inspect::RULES;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// What Compose says of a workspace: its model, or why there is none.
fn model(files: &Files) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files.iter().filter(|(path, _)| !path.starts_with(".git/")) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    // The file that Compose finds by itself, with what belongs to it.
    let project = files
        .keys()
        .filter(|path| is_compose(path) && !path.contains("override"));
    let place = project
        .min_by_key(|path| path.len())
        .map_or("", |path| split_path(path).0);
    config(&folder.path().join(place)).map(|mut value| {
        clean(&mut value);
        value
    })
}

fn config(folder: &Path) -> Result<Value, String> {
    let output = Command::new("docker-compose")
        .args([
            "--project-name",
            "plain",
            "config",
            "--format",
            "json",
            "--no-path-resolution",
        ])
        .current_dir(folder)
        .env_clear()
        .envs(
            ["PATH", "HOME"]
                .into_iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        )
        .env("COMPOSE_PROFILES", "*")
        .output()
        .map_err(|error| error.to_string())?;
    match output.status.success() {
        true => serde_json::from_slice(&output.stdout).map_err(|error| error.to_string()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Takes away what was added on purpose.
fn clean(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| {
                !key.contains(BYSTANDER) && !key.ends_with(&format!("-{EXTENDED}")) && !key.starts_with("x-")
            });
            // The Dockerfile's own name is what an edit changes, and the short form of a mount has an empty part.
            map.remove("dockerfile");
            map.values_mut().for_each(clean);
            map.retain(|key, value| {
                !(matches!(key.as_str(), "networks" | "volumes" | "volume")
                    && value.as_object().is_some_and(serde_json::Map::is_empty))
            });
        }
        // What is included names its files from the folder of the file: without the dot.
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix("./") {
                *text = rest.to_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        _ => {}
    }
}

/// So many texts of each edit.
fn most() -> usize {
    if is_full() { 60 } else { 2 }
}

#[test]
fn edits_leave_the_model_of_compose() {
    if !installed() {
        return;
    }
    let mut by_edit: BTreeMap<&str, Vec<(&Edit, Files, Files)>> = BTreeMap::new();
    let all = RULES.iter().flat_map(|rule| samples(rule)).map(|sample| sample.files);
    for files in all.filter(|files| files.keys().any(|path| is_compose(path))) {
        for (edit, variant) in variants(&files) {
            let touches = |(path, text): (&String, &String)| {
                files.get(path) != Some(text)
                    && !path.starts_with("plimsoll")
                    && !path.to_ascii_lowercase().contains("dockerfile")
            };
            if variant.iter().any(touches) {
                by_edit
                    .entry(edit.name)
                    .or_default()
                    .push((edit, files.clone(), variant));
            }
        }
    }
    let mut dice = Dice::of("oracle");
    let mut rows: Vec<(&Edit, Files, Files)> = Vec::new();
    for (_, mut pairs) in by_edit {
        dice.shuffle(&mut pairs);
        pairs.truncate(most());
        rows.extend(pairs);
    }
    let befores: Vec<Files> = rows
        .iter()
        .map(|row| row.1.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let known: BTreeMap<Files, Result<Value, String>> =
        befores.iter().cloned().zip(on_every_core(&befores, model)).collect();
    let results = on_every_core(&rows, |(edit, before, after)| {
        let agree = |now: &Result<Value, String>| match (&known[before], now) {
            (Ok(before), Ok(after)) => before == after,
            (before, after) => before.is_err() && after.is_err(),
        };
        let now = model(after);
        (!agree(&now)).then(|| describe(edit, before, after, &known[before], &now))
    });
    let wrong: Vec<String> = results.into_iter().flatten().collect();
    println!(
        "Compose makes the same of {} texts of {} examples",
        rows.len() - wrong.len(),
        befores.len()
    );
    assert!(
        wrong.is_empty(),
        "{} edits are not harmless:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn describe(
    edit: &Edit,
    before: &Files,
    after: &Files,
    was: &Result<Value, String>,
    now: &Result<Value, String>,
) -> String {
    let mut text = format!("== {}\n", edit.name);
    for (path, content) in after.iter().filter(|(path, text)| before.get(*path) != Some(*text)) {
        text.push_str(&format!("-- {path} --\n{content}"));
    }
    match (was, now) {
        (Ok(was), Ok(now)) => text.push_str(&format!("was {was}\nis  {now}\n")),
        (was, now) => text.push_str(&format!("was {:?}\nis  {:?}\n", was.as_ref().err(), now.as_ref().err())),
    }
    text
}

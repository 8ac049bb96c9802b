//! `plimsoll.sizes.yaml`: what images had when somebody wrote it down, a line for each, sorted, so that git can merge it.

use crate::git;
use crate::parse::yaml::{self, Data};
use crate::resolve::compose::load::Missing;
use crate::source::{Sources, Span};
use crate::unit::Recorded;
use crate::workspace::{self, Workspace};
use std::collections::BTreeMap;
use std::path::Path;

/// The file, in the root.
pub const NAME: &str = "plimsoll.sizes.yaml";
const HEAD: &str =
    "# Bytes of built images, written by `plimsoll image IMAGE --record NAME`. Growth is held against them.\n";

/// What was written down: in `base` if that is named and has the file, else here.
///
/// # Errors
/// The file here is no such file.
pub fn recorded(base: Option<&str>, workspace: &mut Workspace) -> Result<Recorded, String> {
    let old = base.and_then(|base| Some((base, git::file_at(workspace.root(), base, Path::new(NAME)).ok()??)));
    if let Some((base, text)) = old {
        let mut sources = Sources::default();
        let source = sources.add(Path::new(NAME), text);
        // The places in it are nowhere here.
        let sizes = sizes(&yaml::parse(source, &sources.get(source).text))?;
        return Ok(Recorded {
            sizes: sizes
                .into_iter()
                .map(|(name, (bytes, _))| (name, (bytes, None)))
                .collect(),
            origin: format!("{NAME} of {base}"),
            ..Recorded::default()
        });
    }
    let source = match workspace.source(Path::new(NAME)) {
        Ok(source) => source,
        Err(Missing::Absent) => return Ok(Recorded::default()),
        Err(missing) => return Err(format!("{NAME} cannot be read: {}", super::words(&missing))),
    };
    let sizes = sizes(&yaml::parse(source, &workspace.sources().get(source).text))?;
    Ok(Recorded {
        sizes: sizes
            .into_iter()
            .map(|(name, (bytes, span))| (name, (bytes, Some(span))))
            .collect(),
        origin: NAME.to_owned(),
        ..Recorded::default()
    })
}

/// Names with their bytes and places.
fn sizes(file: &yaml::YamlFile) -> Result<BTreeMap<String, (u64, Span)>, String> {
    let wrong = || format!("{NAME} must say `name: bytes`, a line for each image");
    let mut found = BTreeMap::new();
    let documents = file.documents.iter().filter(|document| !document.is_null());
    for document in documents {
        for (name, entry) in document.map().ok_or_else(wrong)? {
            let Data::Int(bytes) = entry.value.data else {
                return Err(wrong());
            };
            let bytes = u64::try_from(bytes).map_err(|_| wrong())?;
            found.insert(name.clone(), (bytes, entry.value.span));
        }
    }
    if file.problems.is_empty() {
        Ok(found)
    } else {
        Err(wrong())
    }
}

/// Writes one size down and keeps the others.
///
/// # Errors
/// The file here is no such file, or cannot be written.
pub fn record(folder: &Path, name: &str, bytes: u64) -> Result<(), String> {
    let path = folder.join(NAME);
    let old = match std::fs::read_to_string(&path) {
        Ok(text) => {
            let mut sources = Sources::default();
            let source = sources.add(Path::new(NAME), text);
            sizes(&yaml::parse(source, &sources.get(source).text))?
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(format!("{NAME} cannot be read: {}", workspace::reason(&error))),
    };
    let mut all: BTreeMap<&str, u64> = old.iter().map(|(name, (bytes, _))| (name.as_str(), *bytes)).collect();
    all.insert(name, bytes);
    let lines = all.into_iter().map(|(name, bytes)| format!("{}: {bytes}\n", key(name)));
    let text: String = std::iter::once(HEAD.to_owned()).chain(lines).collect();
    std::fs::write(&path, text).map_err(|error| format!("{NAME} cannot be written: {}", workspace::reason(&error)))
}

/// A key of YAML: as it is, or in quotes.
fn key(name: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._/-".contains(character);
    let starts = name.starts_with(|character: char| character.is_ascii_alphabetic());
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_word = words.contains(&name.to_ascii_lowercase().as_str());
    if starts && name.chars().all(is_plain) && !is_word {
        name.to_owned()
    } else {
        serde_json::Value::from(name).to_string()
    }
}

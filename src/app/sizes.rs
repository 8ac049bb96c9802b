//! `plimsoll.sizes.yaml`: what images had when somebody wrote it down, a line for each, sorted, so that git can merge it.

use super::output;
use crate::failure::Failure;
use crate::git::{self, Start};
use crate::parse::yaml::{self, Data};
use crate::repository::Recorded;
use crate::resolve::compose::load::Missing;
use crate::source::{Sources, Span};
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::Path;

/// The file, in the root.
const NAME: &str = "plimsoll.sizes.yaml";
const MAX_BYTES: u64 = 1 << 20;
const HEAD: &str =
    "# Bytes of built images, written by `plimsoll image IMAGE --record NAME`. Growth is measured from them.\n";

/// What was written down: where the change began, if that is known, so that no change records its own growth away; else here.
///
/// # Errors
/// The file here is no such file.
pub(super) fn recorded(start: Option<&Start>, workspace: &mut Workspace) -> Result<Recorded, Failure> {
    let old = start.and_then(|start| {
        Some((
            start,
            git::file_at(workspace.root(), &start.commit, Path::new(NAME)).ok()?,
        ))
    });
    if let Some((start, text)) = old {
        let mut sources = Sources::default();
        let source = sources.add(Path::new(NAME), text.unwrap_or_default());
        // The places in it are nowhere here. What is broken there can only be mended here, and so records nothing.
        let sizes = sizes(&yaml::parse(source, &sources.get(source).text)).unwrap_or_default();
        return Ok(Recorded {
            sizes: sizes
                .into_iter()
                .map(|(name, (bytes, _))| (name, (bytes, None)))
                .collect(),
            origin: format!("{NAME} of {}", start.words),
            start: start.words.clone(),
        });
    }
    let words = start.map(|start| start.words.clone()).unwrap_or_default();
    let source = match workspace.source(Path::new(NAME)) {
        Ok(source) => source,
        Err(Missing::Absent) => {
            return Ok(Recorded {
                start: words,
                ..Recorded::default()
            });
        }
        Err(missing) => return Err(Failure::from(missing).of(format!("{NAME} cannot be read"))),
    };
    let sizes = sizes(&yaml::parse(source, &workspace.sources().get(source).text))?;
    Ok(Recorded {
        sizes: sizes
            .into_iter()
            .map(|(name, (bytes, span))| (name, (bytes, Some(span))))
            .collect(),
        origin: NAME.to_owned(),
        start: words,
    })
}

/// Names with their bytes and places.
fn sizes(file: &yaml::YamlFile) -> Result<BTreeMap<String, (u64, Span)>, Failure> {
    let wrong = || Failure::new(format!("{NAME} must have one line `name: bytes` for each image"));
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
pub(super) fn record(folder: &Path, name: &str, bytes: u64) -> Result<(), Failure> {
    let path = folder.join(NAME);
    let refused = |failure: Failure| failure.of(format!("{NAME} cannot be read"));
    let mut old = BTreeMap::new();
    match path.symlink_metadata() {
        // A link may lead anywhere, and a pipe has no end.
        Ok(data) if !data.is_file() => return Err(refused(Failure::new("it is not a regular file"))),
        Ok(data) if data.len() > MAX_BYTES => return Err(refused(Failure::new("it is too large"))),
        Ok(_) => {
            let text = std::fs::read_to_string(&path).map_err(|error| refused(error.into()))?;
            let mut sources = Sources::default();
            let source = sources.add(Path::new(NAME), text);
            old = sizes(&yaml::parse(source, &sources.get(source).text))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(error.into())),
    }
    let mut all: BTreeMap<&str, u64> = old.iter().map(|(name, (bytes, _))| (name.as_str(), *bytes)).collect();
    all.insert(name, bytes);
    let lines = all.into_iter().map(|(name, bytes)| format!("{}: {bytes}\n", key(name)));
    let text: String = std::iter::once(HEAD.to_owned()).chain(lines).collect();
    output::file(&path, &text, path.parent()).map_err(|failure| failure.of(format!("{NAME} cannot be written")))
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

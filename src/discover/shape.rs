//! What a Compose file looks like from outside: what it defines, what it needs, and whether it is one at all.

use crate::parse::yaml::{self, Data, Value};
use crate::resolve::compose::load::Files;
use crate::resolve::compose::schema;
use crate::source::SourceId;
use crate::workspace::Workspace;
use std::collections::BTreeSet;
use std::path::Path;

/// Whether a text is a Compose file, whose name says little: a service has something to run or nothing but keys that Compose knows, or
/// files are included and there is nothing that Compose does not know. What reads otherwise is another tool's (a workflow, a chart, a stack of something else).
pub(super) fn is_compose(text: &str) -> bool {
    let file = yaml::parse(SourceId::default(), text);
    file.documents.iter().any(|document| {
        let has_service = document.get("services").and_then(Value::map).is_some_and(|services| {
            let keys = |value: &Value| {
                let runs = ["image", "build", "extends", "provider"];
                value.map().is_some_and(|map| {
                    runs.iter().any(|key| map.contains_key(*key))
                        || !map.is_empty() && map.keys().all(|key| schema::is_key_of_service(key))
                })
            };
            services.values().any(|entry| keys(&entry.value))
        });
        let includes = document.get("include").is_some()
            && document
                .map()
                .is_some_and(|map| map.keys().all(|key| schema::is_key_of_file(key)));
        has_service || includes
    })
}

/// What a Compose file looks like from outside.
#[derive(Default)]
pub(super) struct Shape {
    /// What it defines: `services/api`, `volumes/data`.
    pub defines: BTreeSet<String>,
    /// What it uses, by the same names.
    pub uses: BTreeSet<String>,
    /// The services that have nothing to run.
    pub empty: BTreeSet<String>,
    /// Whether every service has something to run.
    pub complete: bool,
}

impl Shape {
    /// Whether it uses what only the other one defines. A service that both define says nothing: an alternative has the same.
    pub(super) fn stands_on(&self, below: &Shape) -> bool {
        let dangling = |name: &&String| !self.defines.contains(*name);
        self.uses
            .iter()
            .filter(dangling)
            .any(|name| below.defines.contains(name))
    }

    /// Whether it gives every service of the other one that has nothing to run what it lacks.
    pub(super) fn completes(&self, other: &Shape) -> bool {
        let runs = |name: &String| self.defines.contains(name) && !self.empty.contains(name);
        other.empty.iter().all(runs)
    }
}

/// The names in a list of strings or the keys of a mapping.
fn listed(value: Option<&Value>) -> Vec<String> {
    match value.map(|value| &value.data) {
        Some(Data::Map(map)) => map.keys().cloned().collect(),
        Some(Data::Seq(items)) => items
            .iter()
            .filter_map(|item| item.str().or_else(|| item.get("source")?.str()).map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

/// The shape of a Compose file; `None` if it is none (no `services` and no `include` at the top). A file that cannot be
/// read counts as complete: it is reported on its own.
pub(super) fn shape(workspace: &mut Workspace, path: &Path) -> Option<Shape> {
    let loaded = workspace.yaml(path).ok()?;
    let documents: Vec<&Value> = loaded
        .file
        .documents
        .iter()
        .filter(|document| document.map().is_some())
        .collect();
    let has = |key: &str| documents.iter().any(|document| document.get(key).is_some());
    if !has("services") && !has("include") {
        return (!loaded.file.is_whole()).then(|| Shape {
            complete: true,
            ..Shape::default()
        });
    }
    let mut shape = Shape {
        complete: true,
        ..Shape::default()
    };
    for document in documents {
        for section in ["services", "volumes", "networks", "secrets", "configs"] {
            shape.defines.extend(
                listed(document.get(section))
                    .into_iter()
                    .map(|name| format!("{section}/{name}")),
            );
        }
        for (name, entry) in document.get("services").and_then(Value::map).into_iter().flatten() {
            let sets = |key: &str| entry.value.get(key).is_some_and(|value| value.data != Data::Null);
            // What a syntax error took may have been the image.
            if loaded.file.is_whole() && !["image", "build", "extends", "provider"].into_iter().any(sets) {
                shape.complete = false;
                shape.empty.insert(format!("services/{name}"));
            }
            shape.uses.extend(
                listed(entry.value.get("depends_on"))
                    .into_iter()
                    .map(|name| format!("services/{name}")),
            );
            for section in ["networks", "secrets", "configs"] {
                shape.uses.extend(
                    listed(entry.value.get(section))
                        .into_iter()
                        .map(|name| format!("{section}/{name}")),
                );
            }
            for volume in listed(entry.value.get("volumes")) {
                if let Some((name, _)) = volume
                    .split_once(':')
                    .filter(|(name, _)| !name.starts_with(['.', '/', '~', '$']))
                {
                    shape.uses.insert(format!("volumes/{name}"));
                }
            }
        }
    }
    Some(shape)
}

//! What a Compose file looks like from outside: what it defines, what it needs, and whether it is one at all.

use crate::parse::yaml::{self, Data, Value, YamlFile};
use crate::resolve::compose::load::Files;
use crate::resolve::compose::paths::join;
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

/// Whether a text whose name says next to nothing is a Compose file: it defines services, and each says what it runs.
pub(super) fn is_surely_compose(text: &str) -> bool {
    // Without the words there is nothing to read.
    if !text.contains("services") || !(text.contains("image") || text.contains("build")) {
        return false;
    }
    let file = yaml::parse(SourceId::default(), text);
    file.documents.iter().any(|document| {
        let services = document.get("services").and_then(Value::map);
        services.is_some_and(|services| {
            let runs = |value: &Value| {
                let mut said = ["image", "build"].iter().filter_map(|key| value.get(key));
                said.any(|said| said.str().is_some_and(|text| !text.is_empty()) || said.map().is_some())
            };
            !services.is_empty() && services.values().all(|entry| runs(&entry.value))
        })
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
    /// The files that it includes, as written.
    pub includes: Vec<String>,
    /// What its services extend.
    pub extends: Vec<Extended>,
    /// The folders that it builds, as written.
    pub contexts: Vec<String>,
}

/// A service that another one extends.
pub(super) struct Extended {
    /// Who extends it.
    pub by: String,
    /// The file that it is in, as written; nothing for the same one.
    pub file: Option<String>,
    /// Its name.
    pub service: String,
}

impl Shape {
    /// Whether it uses what only the other one defines. A service that both define says nothing: an alternative has the same.
    pub(super) fn stands_on(&self, below: &Shape) -> bool {
        self.dangling().any(|name| below.defines.contains(name))
    }

    /// Whether it gives every service of the other one that has nothing to run what it lacks.
    pub(super) fn completes(&self, other: &Shape) -> bool {
        other.empty.iter().all(|name| self.runs(name))
    }

    /// Whether it defines this, and a service with something to run.
    pub(super) fn runs(&self, name: &String) -> bool {
        self.defines.contains(name) && !self.empty.contains(name)
    }

    /// What it uses and does not define.
    fn dangling(&self) -> impl Iterator<Item = &String> {
        self.uses.iter().filter(|name| !self.defines.contains(*name))
    }

    /// What it lacks to be a project by itself: what its services run, and what it uses and does not define.
    pub(super) fn missing(&self) -> impl Iterator<Item = &String> {
        self.empty.iter().chain(self.dangling())
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

/// What a service uses: `services/db`, `volumes/data`.
fn uses(service: &Value) -> Vec<String> {
    let mut found = Vec::new();
    // The default network is there without being written, but not with the addresses that a service asks for.
    let default = service.at(&["networks", "default"]);
    let has_address = ["ipv4_address", "ipv6_address"]
        .iter()
        .any(|key| default.is_some_and(|network| network.get(key).is_some()));
    let mut add = |section: &str, name: &str| {
        if !name.is_empty() && !name.contains('$') && (has_address || (section, name) != ("networks", "default")) {
            found.push(format!("{section}/{name}"));
        }
    };
    for name in listed(service.get("depends_on")) {
        add("services", &name);
    }
    for item in ["links", "volumes_from"]
        .into_iter()
        .flat_map(|key| listed(service.get(key)))
    {
        if !item.starts_with("container:") {
            add("services", item.split(':').next().unwrap_or(&item));
        }
    }
    for key in ["network_mode", "pid", "ipc", "uts"] {
        let shared = service.get(key).and_then(Value::str);
        if let Some(name) = shared.and_then(|text| text.strip_prefix("service:")) {
            add("services", name);
        }
    }
    for section in ["networks", "secrets", "configs"] {
        for name in listed(service.get(section)) {
            add(section, &name);
        }
    }
    for volume in service.get("volumes").and_then(Value::seq).unwrap_or(&[]) {
        let short = volume.str().and_then(|text| text.split_once(':')).map(|(name, _)| name);
        let is_volume = volume.get("type").and_then(Value::str) == Some("volume");
        let long = volume.get("source").and_then(Value::str).filter(|_| is_volume);
        if let Some(name) = short.or(long).filter(|name| !name.starts_with(['.', '/', '~', '$'])) {
            add("volumes", name);
        }
    }
    found
}

/// The files that a document includes, as written.
fn includes(document: &Value) -> Vec<String> {
    let items = document.get("include").and_then(Value::seq).unwrap_or(&[]);
    let paths = items.iter().flat_map(|item| match item.get("path") {
        Some(path) => path
            .str()
            .map_or_else(|| listed(Some(path)), |path| vec![path.to_owned()]),
        None => item.str().map(str::to_owned).into_iter().collect(),
    });
    paths.collect()
}

/// What a service extends.
fn extended(by: &str, service: &Value) -> Option<Extended> {
    let extends = service.get("extends")?;
    let base = extends.str().or_else(|| extends.get("service")?.str())?;
    Some(Extended {
        by: by.to_owned(),
        file: extends.get("file").and_then(Value::str).map(str::to_owned),
        service: base.to_owned(),
    })
}

/// What a file without services defines for others; `None` where it has services, or nothing.
pub(super) fn definitions_of(workspace: &mut Workspace, path: &Path) -> Option<Shape> {
    let loaded = workspace.yaml(path).ok()?;
    let mut shape = Shape::default();
    for document in loaded.file.documents.iter().filter(|document| document.map().is_some()) {
        if document.get("services").is_some() || document.get("include").is_some() {
            return None;
        }
        for section in ["volumes", "networks", "secrets", "configs"] {
            let names = listed(document.get(section)).into_iter();
            shape.defines.extend(names.map(|name| format!("{section}/{name}")));
        }
    }
    (!shape.defines.is_empty()).then_some(shape)
}

/// Files that are included deeper than this say nothing here.
const MAX_DEPTH: usize = 3;

/// The shape of a Compose file; `None` if it is none (no `services` and no `include` at the top). A file that cannot be
/// read counts as complete: it is reported on its own.
pub(super) fn shape(workspace: &mut Workspace, path: &Path) -> Option<Shape> {
    shape_within(workspace, path, MAX_DEPTH)
}

/// The shape of a file, with what the files that it includes give it.
fn shape_within(workspace: &mut Workspace, path: &Path, depth: usize) -> Option<Shape> {
    let mut shape = own_shape(workspace, path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for include in shape.includes.clone() {
        if depth == 0 || shape.missing().next().is_none() {
            break;
        }
        if let Some(part) = shape_within(workspace, &join(folder, &include), depth - 1) {
            // `include` and a service of the same name: they are merged.
            shape.empty.retain(|name| !part.runs(name));
            shape.defines.extend(part.defines);
        }
    }
    shape.complete |= shape.empty.is_empty();
    Some(shape)
}

fn own_shape(workspace: &mut Workspace, path: &Path) -> Option<Shape> {
    shape_of(&workspace.yaml(path).ok()?.file)
}

/// The shape of a file that is there to be copied. What is wrong with it is not said: it may be filled in before.
pub(super) fn pattern(workspace: &Workspace, path: &Path, bytes: u64) -> Option<Shape> {
    workspace.ask(path);
    shape_of(&yaml::parse(SourceId::default(), &workspace.peek(path, bytes)?))
}

fn shape_of(file: &YamlFile) -> Option<Shape> {
    let documents: Vec<&Value> = file
        .documents
        .iter()
        .filter(|document| document.map().is_some())
        .collect();
    let has = |key: &str| documents.iter().any(|document| document.get(key).is_some());
    if !has("services") && !has("include") {
        return (!file.is_whole()).then(|| Shape {
            complete: true,
            ..Shape::default()
        });
    }
    let mut shape = Shape {
        complete: true,
        ..Shape::default()
    };
    for document in documents {
        shape.includes.extend(includes(document));
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
            if file.is_whole() && !["image", "build", "extends", "provider"].into_iter().any(sets) {
                shape.complete = false;
                shape.empty.insert(format!("services/{name}"));
            }
            shape.uses.extend(uses(&entry.value));
            shape.extends.extend(extended(name, &entry.value));
            let build = entry.value.get("build");
            let context = build.and_then(|build| build.str().or_else(|| build.get("context")?.str()));
            shape.contexts.extend(context.map(str::to_owned));
        }
    }
    Some(shape)
}

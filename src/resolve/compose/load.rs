//! The order in which Compose makes one document of many (compose-go `loader/loader.go`, `loadYamlFile`): interpolate,
//! include, reset, extend, merge, keep the last of each, check the schema, write the long forms.

use super::canonical::{self, Displaced};
use super::env::Env;
use super::interpolate::{self, Unset};
use super::merge::Merge;
use super::path::Path as Keys;
use super::rebase::rebase;
use super::schema;
use crate::fact::Why;
use crate::finding::{Finding, Layer};
use crate::parse::Problem;
use crate::parse::yaml::{Data, Entry, Map, Tag, Value, YamlFile};
use crate::source::{SourceId, Span};
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// Files that one set may read, over all includes and extends.
const MAX_LOADS: usize = 500;
/// How deep includes and chains of extends may go.
const MAX_DEPTH: usize = 50;

/// Why a file cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is not there.
    Absent,
    /// It lies outside the workspace root.
    Outside,
    /// It is there and cannot be read, for the reason given.
    Unreadable(String),
}

/// A YAML file that was read.
#[derive(Clone)]
pub struct Loaded {
    /// Its number among the sources.
    pub source: SourceId,
    /// Its tree.
    pub file: Rc<YamlFile>,
}

/// Where files come from. Paths are relative to the workspace root.
pub trait Files {
    /// A YAML file, parsed. Problems of its text are reported by whoever implements this.
    fn yaml(&mut self, path: &Path) -> Result<Loaded, Missing>;
    /// The text of a small file that holds variables.
    fn text(&mut self, path: &Path) -> Result<String, Missing>;
    /// Whether something is there; `None` where that cannot be known (outside the root).
    fn exists(&self, path: &Path) -> Option<bool>;
    /// Whether git ignores the path.
    fn ignored(&self, path: &Path) -> bool;
}

/// One document made of a set of files, and all that was found on the way.
#[derive(Debug, Default)]
pub struct Document {
    /// The merged tree, in long forms; `None` if no file could be read at all.
    pub tree: Option<Value>,
    /// What Compose refuses.
    pub problems: Vec<Problem>,
    /// Variables without a value.
    pub unset: Vec<Unset>,
    /// Items that a later item of a list displaced.
    pub displaced: Vec<Displaced>,
    /// Every file that had a part, with the root-relative path, in the order in which they were read.
    pub files: Vec<(PathBuf, SourceId)>,
    /// Files that had a part but no YAML tree: `.env` files.
    pub env_files: Vec<PathBuf>,
    /// Whether a file could only be read in part: what is absent may not be absent.
    pub partial: bool,
}

/// Loads sets of files.
pub struct Loader<'a> {
    files: &'a mut dyn Files,
    document: Document,
    loads: usize,
    /// Files of `extends`, ready to be taken from.
    bases: HashMap<(PathBuf, PathBuf), Option<Rc<Value>>>,
}

/// What a set of files is loaded with.
pub struct Set<'a> {
    /// The files, later ones over earlier ones.
    pub files: &'a [PathBuf],
    /// The folder that relative paths start from.
    pub folder: &'a Path,
    /// The variables.
    pub env: &'a Env,
}

/// What is known while one document is worked on.
#[derive(Clone, Copy)]
struct Scope<'s> {
    file: &'s Path,
    folder: &'s Path,
    env: &'s Env,
    /// The files that include this one.
    trail: &'s [PathBuf],
}

impl<'a> Loader<'a> {
    /// A loader that reads through `files`.
    pub fn new(files: &'a mut dyn Files) -> Self {
        Self {
            files,
            document: Document::default(),
            loads: 0,
            bases: HashMap::new(),
        }
    }

    /// Loads one set.
    pub fn run(mut self, set: &Set<'_>) -> Document {
        let tree = self.set(set, &[]);
        self.document.tree = tree;
        self.document
    }

    fn problem(&mut self, rule: &'static str, finding: Finding) {
        self.document.problems.push(Problem::new(rule, finding));
    }

    fn set(&mut self, set: &Set<'_>, trail: &[PathBuf]) -> Option<Value> {
        let mut model: Option<Value> = None;
        for file in set.files {
            let Ok(loaded) = self.read(file) else { continue };
            if loaded.file.broken {
                self.document.partial = true;
            }
            let mut trail = trail.to_vec();
            trail.push(file.clone());
            let scope = Scope {
                file,
                folder: set.folder,
                env: set.env,
                trail: &trail,
            };
            for document in &loaded.file.documents {
                model = self.apply(document.clone(), model, scope, loaded.file.broken);
            }
        }
        model
    }

    fn read(&mut self, path: &Path) -> Result<Loaded, Missing> {
        self.loads += 1;
        if self.loads > MAX_LOADS {
            return Err(Missing::Unreadable(format!(
                "more than {MAX_LOADS} files are included or extended"
            )));
        }
        let loaded = self.files.yaml(path)?;
        if !self.document.files.iter().any(|(known, _)| known == path) {
            self.document.files.push((path.to_path_buf(), loaded.source));
        }
        Ok(loaded)
    }

    /// One YAML document over the model so far.
    fn apply(&mut self, mut document: Value, model: Option<Value>, scope: Scope<'_>, broken: bool) -> Option<Value> {
        if document.map().is_none() {
            if !(broken || document.is_null() && model.is_some()) {
                let finding = Finding::new(
                    document.span,
                    format!("a Compose file must be a mapping, not {}", document.kind()),
                );
                self.problem("wrong-compose-type", finding.layer(Layer::Schema));
            }
            return model;
        }
        self.interpolate(&mut document, scope.env);
        self.include(&mut document, scope);
        let mut model = model.unwrap_or_else(|| Value::new(Data::Map(Map::new()), document.span));
        let resets = take_tags(&mut document);
        for path in &resets {
            remove(&mut model, path);
        }
        // Before anything is merged: what is displaced now stands twice in one list.
        let known = self.document.displaced.len();
        canonical::unique(&mut document, &mut self.document.displaced);
        for displaced in self.document.displaced.iter_mut().skip(known) {
            displaced.one_list = true;
        }
        self.extend_all(&mut document, scope);
        let mut merge = Merge {
            why: Why::Override,
            problems: &mut self.document.problems,
        };
        model = merge.values(model, document, Keys::ROOT);
        canonical::unique(&mut model, &mut self.document.displaced);
        // After a syntax error the end of the document is missing: what it lacks is no mistake of its own.
        if !broken {
            schema::check(&model, &mut self.document.problems);
        }
        canonical::long_forms(&mut model, &mut self.document.problems);
        canonical::unique(&mut model, &mut self.document.displaced);
        Some(model)
    }

    fn interpolate(&mut self, document: &mut Value, env: &Env) {
        let mut found = interpolate::Found::default();
        interpolate::document(document, env, &mut found);
        self.document.problems.append(&mut found.problems);
        self.document.unset.append(&mut found.unset);
    }

    // ---- include

    fn include(&mut self, document: &mut Value, scope: Scope<'_>) {
        let Some(entry) = document.map_mut().and_then(|map| map.shift_remove("include")) else {
            return;
        };
        let Some(items) = entry.value.seq() else {
            let finding = Finding::new(
                entry.value.span,
                format!("'include' must be a list, not {}", entry.value.kind()),
            );
            self.problem("wrong-compose-type", finding.layer(Layer::Schema));
            return;
        };
        for item in items {
            if let Some(included) = self.included(item, scope) {
                self.import(included, document);
            }
        }
    }

    /// The model of one `include` item, its paths relative to the including project.
    fn included(&mut self, item: &Value, scope: Scope<'_>) -> Option<Value> {
        if let Data::Unknown { reason, .. } = &item.data {
            self.undecided(item.span, &format!("the included file is not known: {reason}"));
            return None;
        }
        let paths: Vec<&Value> = match &item.data {
            Data::Map(map) => match map.get("path").map(|entry| &entry.value) {
                Some(Value {
                    data: Data::Seq(paths), ..
                }) => paths.iter().collect(),
                Some(path) => vec![path],
                None => Vec::new(),
            },
            Data::Str(_) => vec![item],
            _ => Vec::new(),
        };
        let mut files = Vec::new();
        for path in &paths {
            let Some(text) = path.str() else { continue };
            if is_remote(text) {
                self.undecided(
                    path.span,
                    &format!("the included file is remote and is not fetched: {text}"),
                );
                return None;
            }
            files.push((join(scope.folder, text), path.span));
        }
        let (first, at) = files.first().cloned()?;
        if let Some(index) = scope.trail.iter().position(|seen| *seen == first) {
            let chain: Vec<_> = scope
                .trail
                .iter()
                .skip(index)
                .chain([&first])
                .map(|path| path.display().to_string())
                .collect();
            self.problem(
                "dependency-cycle",
                Finding::new(at, format!("these files include each other: {}", chain.join(" -> "))),
            );
            return None;
        }
        if scope.trail.len() > MAX_DEPTH {
            self.problem(
                "unreadable-input",
                Finding::new(at, format!("includes are more than {MAX_DEPTH} deep")),
            );
            return None;
        }
        for (file, span) in &files {
            if !self.reachable(file, *span, "included file") {
                return None;
            }
        }
        let folder = match item.get("project_directory").and_then(Value::str) {
            Some(folder) => join(scope.folder, folder),
            None => first.parent().map(Path::to_path_buf).unwrap_or_default(),
        };
        let env = self.include_env(item, &folder, scope);
        let paths: Vec<PathBuf> = files.into_iter().map(|(file, _)| file).collect();
        let mut model = self.set(
            &Set {
                files: &paths,
                folder: &folder,
                env: &env,
            },
            scope.trail,
        )?;
        rebase(&mut model, &relative(&folder, scope.folder));
        Some(model)
    }

    /// The variables of an included project: the including one's win, then its own env files, else its `.env`.
    fn include_env(&mut self, item: &Value, folder: &Path, scope: Scope<'_>) -> Env {
        let files: Vec<PathBuf> = match item.get("env_file") {
            Some(Value {
                data: Data::Seq(items), ..
            }) => items
                .iter()
                .filter_map(Value::str)
                .map(|file| join(scope.folder, file))
                .collect(),
            Some(value) => value.str().map(|file| join(scope.folder, file)).into_iter().collect(),
            None => vec![folder.join(".env")],
        };
        let mut env = scope.env.clone();
        for file in files {
            if let Ok(text) = self.files.text(&file) {
                let (more, _) = Env::parse(&text, &env);
                env.add_missing(&more);
                self.document.env_files.push(file);
            }
        }
        env
    }

    /// Takes over what an included model defines; the including file wins where both define it.
    fn import(&mut self, included: Value, document: &mut Value) {
        let Data::Map(sections) = included.data else { return };
        let Some(target) = document.map_mut() else { return };
        for (section, entry) in sections {
            if !matches!(
                section.as_str(),
                "services" | "volumes" | "networks" | "secrets" | "configs" | "models"
            ) {
                continue;
            }
            let Data::Map(resources) = entry.value.data else {
                continue;
            };
            let slot = target.entry(section.clone()).or_insert_with(|| Entry {
                key: entry.key,
                value: Value::new(Data::Map(Map::new()), entry.value.span),
            });
            let Some(map) = slot.value.map_mut() else { continue };
            for (name, resource) in resources {
                match map.get_mut(&name) {
                    None => {
                        map.insert(name, resource);
                    }
                    Some(local) => {
                        let later = std::mem::replace(&mut local.value, Value::new(Data::Null, local.key));
                        let mut merge = Merge {
                            why: Why::Include,
                            problems: &mut self.document.problems,
                        };
                        local.value = merge.values(resource.value, later, Keys::ROOT.key(&section).key(&name));
                    }
                }
            }
        }
    }

    // ---- extends

    fn extend_all(&mut self, document: &mut Value, scope: Scope<'_>) {
        let Some(services) = document
            .map_mut()
            .and_then(|map| map.get_mut("services"))
            .and_then(|entry| entry.value.map_mut())
        else {
            return;
        };
        let names: Vec<String> = services.keys().cloned().collect();
        for name in names {
            let extends = services
                .get(&name)
                .is_some_and(|entry| entry.value.get("extends").is_some());
            if extends {
                let mut chain = Vec::new();
                let merged = self.extended(&name, services, scope.file, scope, &mut chain);
                if let (Some(merged), Some(entry)) = (merged, services.get_mut(&name)) {
                    entry.value = merged;
                }
            }
        }
    }

    /// A service with what it extends below it; `None` leaves it as it is.
    fn extended(
        &mut self,
        name: &str,
        services: &Map,
        file: &Path,
        scope: Scope<'_>,
        chain: &mut Vec<(PathBuf, String)>,
    ) -> Option<Value> {
        let mut service = services.get(name)?.value.clone();
        let Some(extends) = service.map_mut().and_then(|map| map.shift_remove("extends")) else {
            return Some(service);
        };
        let here = (file.to_path_buf(), name.to_owned());
        if let Some(start) = chain.iter().position(|seen| *seen == here) {
            let names: Vec<_> = chain
                .iter()
                .skip(start)
                .chain([&here])
                .map(|(_, name)| name.as_str())
                .collect();
            self.problem(
                "dependency-cycle",
                Finding::new(
                    extends.value.span,
                    format!("these services extend each other: {}", names.join(" -> ")),
                ),
            );
            return Some(service);
        }
        if chain.len() > MAX_DEPTH {
            self.problem(
                "unreadable-input",
                Finding::new(
                    extends.value.span,
                    format!("services extend each other more than {MAX_DEPTH} deep"),
                ),
            );
            return Some(service);
        }
        chain.push(here);
        let Some((base_name, base_at)) = extended_name(&extends.value) else {
            self.problem(
                "wrong-compose-type",
                Finding::new(
                    extends.value.span,
                    format!("'services.{name}.extends' must name a service"),
                ),
            );
            return Some(service);
        };
        let base = match extends.value.get("file") {
            None => {
                if services.contains_key(&base_name) {
                    self.extended(&base_name, services, file, scope, chain)
                } else {
                    self.problem("undefined-reference", missing_base(name, &base_name, base_at, services));
                    None
                }
            }
            Some(value) => {
                let Some(text) = value.str() else {
                    self.undecided(value.span, "the extended file is not known");
                    self.document.partial = true;
                    return Some(service);
                };
                if is_remote(text) {
                    self.undecided(
                        value.span,
                        &format!("the extended file is remote and is not fetched: {text}"),
                    );
                    return Some(service);
                }
                // A path in `extends` starts from the file that holds it (compose-go gives each base file a loader of its own).
                let folder = if file == scope.file {
                    scope.folder.to_path_buf()
                } else {
                    parent(file)
                };
                let path = join(&folder, text);
                self.base_from_file(name, (&base_name, base_at), &path, value.span, scope, chain)
            }
        };
        let mut base = base?;
        for path in take_tags(&mut service) {
            remove(&mut base, &path);
        }
        let services_key = Keys::ROOT.key("services");
        let mut merge = Merge {
            why: Why::Extends,
            problems: &mut self.document.problems,
        };
        Some(merge.values(base, service, services_key.key(name)))
    }

    fn base_from_file(
        &mut self,
        name: &str,
        base: (&str, Span),
        path: &Path,
        at: Span,
        scope: Scope<'_>,
        chain: &mut Vec<(PathBuf, String)>,
    ) -> Option<Value> {
        let document = self.base_document(path, at, scope)?;
        let services = document.get("services").and_then(Value::map);
        let Some(services) = services.filter(|services| services.contains_key(base.0)) else {
            let finding = services.map_or_else(
                || Finding::new(at, format!("'{}' has no services to extend", path.display())),
                |services| missing_base(name, base.0, base.1, services),
            );
            self.problem("undefined-reference", finding);
            return None;
        };
        self.extended(base.0, services, path, scope, chain)
    }

    /// A file that is extended from: interpolated, in long forms, its paths relative to the project; not checked.
    fn base_document(&mut self, path: &Path, at: Span, scope: Scope<'_>) -> Option<Rc<Value>> {
        let key = (path.to_path_buf(), scope.folder.to_path_buf());
        if let Some(known) = self.bases.get(&key) {
            return known.clone();
        }
        let document = if self.reachable(path, at, "extended file") {
            self.read_base(path, scope)
        } else {
            None
        };
        let document = document.map(Rc::new);
        self.bases.insert(key, document.clone());
        document
    }

    fn read_base(&mut self, path: &Path, scope: Scope<'_>) -> Option<Value> {
        let loaded = self.read(path).ok()?;
        if loaded.file.broken {
            self.document.partial = true;
        }
        let mut model: Option<Value> = None;
        for document in &loaded.file.documents {
            let mut document = document.clone();
            self.interpolate(&mut document, scope.env);
            let mut before = model.unwrap_or_else(|| Value::new(Data::Map(Map::new()), document.span));
            for path in take_tags(&mut document) {
                remove(&mut before, &path);
            }
            let mut merge = Merge {
                why: Why::Override,
                problems: &mut self.document.problems,
            };
            model = Some(merge.values(before, document, Keys::ROOT));
        }
        let mut model = model?;
        canonical::long_forms(&mut model, &mut self.document.problems);
        rebase(&mut model, &relative(&parent(path), scope.folder));
        Some(model)
    }

    // ---- both

    /// Whether a named file can be read; says why not.
    fn reachable(&mut self, path: &Path, span: Span, what: &str) -> bool {
        match self.files.yaml(path) {
            Ok(_) => true,
            Err(Missing::Absent) => {
                let finding = Finding::new(span, format!("the {what} '{}' is not there", path.display()));
                self.problem("undefined-reference", finding);
                false
            }
            Err(Missing::Outside) => {
                self.undecided(
                    span,
                    &format!("the {what} lies outside the workspace root and is not read"),
                );
                false
            }
            Err(Missing::Unreadable(reason)) => {
                self.problem(
                    "unreadable-input",
                    Finding::new(span, format!("the {what} cannot be read: {reason}")),
                );
                false
            }
        }
    }

    fn undecided(&mut self, span: Span, message: &str) {
        self.document.partial = true;
        self.problem("undecided-value", Finding::new(span, message.to_owned()));
    }
}

fn extended_name(extends: &Value) -> Option<(String, Span)> {
    match &extends.data {
        Data::Str(name) => Some((name.clone(), extends.span)),
        Data::Map(map) => map
            .get("service")
            .and_then(|entry| entry.value.str().map(|name| (name.to_owned(), entry.value.span))),
        _ => None,
    }
}

fn missing_base(name: &str, base: &str, at: Span, services: &Map) -> Finding {
    let finding = Finding::new(at, format!("service '{name}' extends '{base}', which is not there"));
    match crate::model::nearest(base, services.keys().map(String::as_str)) {
        Some(near) => finding.help(format!("did you mean '{near}'?")),
        None => finding,
    }
}

/// Paths that `!reset` and `!override` take away from earlier files. Reset values leave the document.
fn take_tags(document: &mut Value) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    collect_tags(document, &mut Vec::new(), &mut found);
    found
}

fn collect_tags(value: &mut Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match &mut value.data {
        Data::Map(map) => {
            map.retain(|key, entry| {
                path.push(key.clone());
                let keep = match entry.value.tag.take() {
                    Some(Tag::Reset) => {
                        found.push(path.clone());
                        false
                    }
                    Some(Tag::Override) => {
                        found.push(path.clone());
                        true
                    }
                    None => {
                        collect_tags(&mut entry.value, path, found);
                        true
                    }
                };
                path.pop();
                keep
            });
        }
        // compose-go cannot take single items away from a list: a reset item only vanishes itself.
        Data::Seq(items) => items.retain(|item| item.tag != Some(Tag::Reset)),
        _ => {}
    }
}

fn remove(value: &mut Value, path: &[String]) {
    let [front @ .., last] = path else { return };
    let mut here = value;
    for key in front {
        match here.map_mut().and_then(|map| map.get_mut(key)) {
            Some(entry) => here = &mut entry.value,
            None => return,
        }
    }
    if let Some(map) = here.map_mut() {
        map.shift_remove(last);
    }
}

/// Whether Compose would fetch it: Git and OCI references (docker/compose `pkg/remote`), and URLs.
pub fn is_remote(text: &str) -> bool {
    [
        "oci://",
        "git://",
        "ssh://",
        "http://",
        "https://",
        "git@",
        "github.com/",
    ]
    .iter()
    .any(|prefix| text.starts_with(prefix))
        || text.contains(".git#")
}

/// A path from a folder, cleaned; it may begin with `..`.
pub fn join(folder: &Path, path: &str) -> PathBuf {
    clean(&folder.join(path))
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}

fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                let goes_up = matches!(out.components().next_back(), None | Some(Component::ParentDir));
                if goes_up {
                    out.push("..");
                } else {
                    out.pop();
                }
            }
            part => out.push(part),
        }
    }
    out
}

/// The way from one folder to another, both relative to the root: `../common`.
pub fn relative(to: &Path, from: &Path) -> PathBuf {
    let to: Vec<_> = to.components().collect();
    let from: Vec<_> = from.components().collect();
    let same = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let mut out = PathBuf::new();
    for _ in same..from.len() {
        out.push("..");
    }
    for part in to.iter().skip(same) {
        out.push(part);
    }
    out
}

/// Drops problems that say the same of the same place: a file is checked again after each override.
pub fn once(problems: &mut Vec<Problem>) {
    let mut seen = HashSet::new();
    problems.retain(|problem| seen.insert((problem.rule, problem.finding.span, problem.finding.message.clone())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_related() {
        assert_eq!(join(Path::new("a/b"), "../c/./d"), PathBuf::from("a/c/d"));
        assert_eq!(join(Path::new(""), "../x"), PathBuf::from("../x"));
        assert_eq!(join(Path::new("a"), "/etc/x"), PathBuf::from("/etc/x"));
        assert_eq!(
            relative(Path::new("a/common"), Path::new("a/app")),
            PathBuf::from("../common")
        );
        assert_eq!(relative(Path::new("a"), Path::new("a")), PathBuf::from(""));
    }
}

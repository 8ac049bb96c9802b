//! `extends`: services over other services (compose-go `loader/extends.go`).

use super::{Loader, MAX_DEPTH, Scope, remove, take_tags};
use crate::fact::Why;
use crate::finding::{Finding, ReaderRule};
use crate::parse::yaml::{Data, Map, Value};
use crate::resolve::compose::canonical;
use crate::resolve::compose::merge::Merge;
use crate::resolve::compose::path::Path as Keys;
use crate::resolve::compose::paths::{is_remote, join, parent, relative};
use crate::resolve::compose::rebase::rebase;
use crate::source::Span;
use std::path::{Path, PathBuf};
use std::rc::Rc;

impl Loader<'_> {
    pub(super) fn extend_all(&mut self, document: &mut Value, scope: Scope<'_>) {
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
                ReaderRule::DependencyCycle,
                Finding::new(
                    extends.value.span,
                    format!("these services extend each other: {}", names.join(" -> ")),
                )
                .help("let one of them stand alone"),
            );
            // What the chain would have brought is not known: what is absent may not be absent.
            self.document.partial = true;
            return Some(service);
        }
        if chain.len() > MAX_DEPTH {
            self.problem(
                ReaderRule::UnreadableInput,
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
                ReaderRule::WrongComposeType,
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
                    self.problem(
                        ReaderRule::UndefinedReference,
                        missing_base(name, &base_name, base_at, services),
                    );
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
            self.problem(ReaderRule::UndefinedReference, finding);
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
    match crate::values::nearest(base, services.keys().map(String::as_str)) {
        Some(near) => finding.help(format!("did you mean '{near}'?")),
        None => finding,
    }
}

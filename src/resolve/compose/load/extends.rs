//! `extends`: services over other services (compose-go `loader/extends.go`).

use super::tags::{Tagged, remove, remove_all, take_tags};
use super::{Loader, MAX_DEPTH, Scope};
use crate::fact::Why;
use crate::finding::{Finding, ReaderRule};
use crate::parse::yaml::{Data, Map, Value};
use crate::resolve::compose::canonical::{self, services_mut};
use crate::resolve::compose::merge::Merge;
use crate::resolve::compose::path::Path as Keys;
use crate::resolve::compose::paths::{is_remote, join, parent, relative};
use crate::resolve::compose::read::known_text;
use crate::resolve::compose::rebase::rebase;
use crate::resolve::compose::unique::{self, Displaced};
use crate::source::Span;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that is extended from, ready to be taken from.
pub(super) struct Base {
    document: Value,
    tagged: Tagged,
    /// What stands twice in one of its lists.
    displaced: Vec<Displaced>,
}

/// Where a chain of `extends` has come to: the services of one file.
#[derive(Clone, Copy)]
struct Level<'l> {
    file: &'l Path,
    services: &'l Map,
    tagged: &'l Tagged,
}

impl Loader<'_> {
    /// Puts every service of a document over the one that it extends. One whose base cannot be had keeps its `extends`: what it
    /// lacks may not be lacking ([`crate::resolve::compose::service::Service::is_partial`]).
    pub(super) fn extend_all(&mut self, document: &mut Value, tagged: &Tagged, scope: Scope<'_>) {
        let Some(services) = services_mut(document) else { return };
        let names: Vec<String> = services.keys().cloned().collect();
        for name in names {
            let extends = services
                .get(&name)
                .is_some_and(|entry| entry.value.get("extends").is_some());
            if extends {
                let level = Level {
                    file: scope.file,
                    services,
                    tagged,
                };
                let merged = self.extended(&name, level, scope, &mut Vec::new());
                if let (Some(merged), Some(entry)) = (merged, services.get_mut(&name)) {
                    entry.value = merged;
                }
            }
        }
    }

    /// A service with what it extends below it; `None` where that cannot be had.
    fn extended(
        &mut self,
        name: &str,
        level: Level<'_>,
        scope: Scope<'_>,
        chain: &mut Vec<(PathBuf, String)>,
    ) -> Option<Value> {
        let mut service = level.services.get(name)?.value.clone();
        let Some(extends) = service.map_mut().and_then(|map| map.shift_remove("extends")) else {
            return Some(service);
        };
        let here = (level.file.to_path_buf(), name.to_owned());
        self.follows(&here, extends.value.span, chain)?;
        chain.push(here);
        let Some(wanted) = Wanted::of(&extends.value) else {
            self.problem(
                ReaderRule::WrongComposeType,
                Finding::new(
                    extends.value.span,
                    format!("`services.{name}.extends` must name a service"),
                ),
            );
            return Some(service);
        };
        let mut base = match extends.value.get("file") {
            None if level.services.contains_key(wanted.name) => self.extended(wanted.name, level, scope, chain),
            None => {
                self.missing_base(name, &wanted, level.services);
                None
            }
            Some(value) => {
                let (path, text) = self.base_path(value, level.file, scope)?;
                self.base_from_file(name, &wanted, (&path, text), value.span, scope, chain)
            }
        }?;
        for path in level.tagged {
            if let [section, service, rest @ ..] = path.as_slice()
                && section == "services"
                && service == name
            {
                remove(&mut base, rest);
            }
        }
        let services_key = Keys::ROOT.key("services");
        let mut merge = Merge {
            why: Why::Extends,
            problems: &mut self.document.problems,
        };
        Some(merge.values(base, service, services_key.key(name)))
    }

    fn missing_base(&mut self, name: &str, base: &Wanted<'_>, services: &Map) {
        if let Some(reason) = base.doubt {
            return self.undecided(base.span, &format!("the extended service is unknown: {reason}"));
        }
        let finding = Finding::new(
            base.span,
            format!("`{name}` extends `{}`, which does not exist", base.name),
        );
        if [".yml", ".yaml"].iter().any(|ending| base.name.ends_with(ending)) {
            let help = format!(
                "a text names a service of this file; write `extends: {{file: {}, service: {name}}}`",
                base.name
            );
            return self.problem(ReaderRule::UndefinedReference, finding.help(help));
        }
        let finding = match crate::values::nearest(base.name, services.keys().map(String::as_str)) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding,
        };
        self.problem(ReaderRule::UndefinedReference, finding);
    }

    /// Whether a chain may go on to a service; says why not.
    fn follows(&mut self, here: &(PathBuf, String), at: Span, chain: &[(PathBuf, String)]) -> Option<()> {
        if let Some(start) = chain.iter().position(|seen| seen == here) {
            let names: Vec<_> = chain
                .iter()
                .skip(start)
                .chain([here])
                .map(|(_, name)| name.as_str())
                .collect();
            let message = format!("these services extend each other: {}", names.join(" -> "));
            let finding = Finding::new(at, message).help("remove one `extends`");
            self.problem(ReaderRule::DependencyCycle, finding);
            return None;
        }
        if chain.len() > MAX_DEPTH {
            let message = format!("services extend each other more than {MAX_DEPTH} deep");
            self.problem(ReaderRule::UnreadableInput, Finding::new(at, message));
            return None;
        }
        Some(())
    }

    /// The path of an extended file. It starts from the file that holds it (compose-go gives each base file a loader of its own).
    fn base_path<'v>(&mut self, value: &'v Value, file: &Path, scope: Scope<'_>) -> Option<(PathBuf, &'v str)> {
        let Some(text) = value.str() else {
            match &value.data {
                Data::Unknown { reason, text } => self.unknown_path(text, reason, value.span, "extended file"),
                _ => self.undecided(value.span, "the extended file is unknown"),
            }
            return None;
        };
        if is_remote(text) {
            let message = format!("the extended file `{text}` is remote and is not fetched");
            self.out_of_sight(text, value.span, &message);
            return None;
        }
        let folder = if file == scope.file {
            scope.folder.to_path_buf()
        } else {
            parent(file)
        };
        Some((join(&folder, text), text))
    }

    fn base_from_file(
        &mut self,
        name: &str,
        base: &Wanted<'_>,
        (path, text): (&Path, &str),
        at: Span,
        scope: Scope<'_>,
        chain: &mut Vec<(PathBuf, String)>,
    ) -> Option<Value> {
        let found = self.base_document(path, text, at, scope)?;
        let services = found.document.get("services").and_then(Value::map);
        let Some(services) = services.filter(|services| services.contains_key(base.name)) else {
            match services {
                Some(services) => self.missing_base(name, base, services),
                None => {
                    let finding = Finding::new(at, format!("`{}` has no services to extend", path.display()));
                    self.problem(ReaderRule::UndefinedReference, finding);
                }
            }
            return None;
        };
        // Of the services of that file only those that are extended run.
        let own = found
            .displaced
            .iter()
            .filter(|displaced| displaced.service == base.name);
        self.document.displaced.extend(own.map(|displaced| Displaced {
            service: name.to_owned(),
            ..displaced.clone()
        }));
        let level = Level {
            file: path,
            services,
            tagged: &found.tagged,
        };
        self.extended(base.name, level, scope, chain)
    }

    /// A file that is extended from: interpolated, in long forms, its paths relative to the project; not checked.
    fn base_document(&mut self, path: &Path, text: &str, at: Span, scope: Scope<'_>) -> Option<Arc<Base>> {
        let key = (path.to_path_buf(), scope.folder.to_path_buf());
        if let Some(known) = self.bases.get(&key) {
            return known.clone();
        }
        let document = if self.reachable(path, text, at, "extended file") {
            self.read_base(path, scope)
        } else {
            None
        };
        let document = document.map(Arc::new);
        self.bases.insert(key, document.clone());
        document
    }

    fn read_base(&mut self, path: &Path, scope: Scope<'_>) -> Option<Base> {
        let loaded = self.read(path).ok()?;
        self.document.partial |= !loaded.file.is_whole();
        let mut model: Option<Value> = None;
        let (mut tagged, mut displaced) = (Tagged::new(), Vec::new());
        for document in &loaded.file.documents {
            let mut document = document.clone();
            self.interpolate(&mut document, &parent(path), scope.env);
            let mut before = model.unwrap_or_else(|| Value::new(Data::Map(Map::new()), document.span));
            let own = take_tags(&mut document);
            remove_all(&mut before, &own);
            unique::unique(&mut document, &mut displaced);
            tagged.extend(own);
            let mut merge = Merge {
                why: Why::Override,
                problems: &mut self.document.problems,
            };
            model = Some(merge.values(before, document, Keys::ROOT));
        }
        let mut model = model?;
        canonical::long_forms(&mut model, &mut self.document.problems);
        rebase(&mut model, &relative(&parent(path), scope.folder));
        Some(Base {
            document: model,
            tagged,
            displaced: displaced
                .into_iter()
                .map(|displaced| Displaced {
                    one_list: true,
                    ..displaced
                })
                .collect(),
        })
    }
}

/// The service that is extended.
struct Wanted<'v> {
    /// Its name; where a variable is not set, what is left without it.
    name: &'v str,
    /// Why there may be more to the name.
    doubt: Option<&'v str>,
    span: Span,
}

impl<'v> Wanted<'v> {
    fn of(extends: &'v Value) -> Option<Self> {
        let name = match &extends.data {
            Data::Map(map) => &map.get("service")?.value,
            _ => extends,
        };
        let doubt = match &name.data {
            Data::Unknown { reason, .. } => Some(reason.as_str()),
            Data::Str(_) => None,
            _ => return None,
        };
        Some(Self {
            name: known_text(name),
            doubt,
            span: name.span,
        })
    }
}

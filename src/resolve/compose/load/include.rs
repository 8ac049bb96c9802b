//! `include`: other projects taken in (compose-go `loader/include.go`).

use super::tags::{Tagged, remove_all};
use super::{Loader, MAX_DEPTH, Scope, Set};
use crate::fact::Why;
use crate::finding::{Finding, Layer, ReaderRule};
use crate::parse::yaml::{Data, Entry, Map, Value};
use crate::resolve::compose::env::Env;
use crate::resolve::compose::merge::Merge;
use crate::resolve::compose::path::Path as Keys;
use crate::resolve::compose::paths::{is_remote, join, relative};
use crate::resolve::compose::read::known_text;
use crate::resolve::compose::rebase::rebase;
use crate::values::host_path::resolve;
use std::path::{Path, PathBuf};

impl Loader<'_> {
    pub(super) fn include(&mut self, document: &mut Value, tagged: &Tagged, scope: Scope<'_>) {
        let Some(entry) = document.map_mut().and_then(|map| map.shift_remove("include")) else {
            return;
        };
        let Some(items) = entry.value.seq() else {
            let finding = Finding::new(
                entry.value.span,
                format!("`include` must be a list, not {}", entry.value.kind()),
            );
            self.problem(ReaderRule::WrongComposeType, finding.layer(Layer::Schema));
            return;
        };
        for item in items {
            if let Some(mut included) = self.included(item, scope) {
                remove_all(&mut included, tagged);
                self.import(included, document);
            }
        }
    }

    /// The model of one `include` item, its paths relative to the including project.
    fn included(&mut self, item: &Value, scope: Scope<'_>) -> Option<Value> {
        let paths: Vec<&Value> = match &item.data {
            Data::Map(map) => match map.get("path").map(|entry| &entry.value) {
                Some(Value {
                    data: Data::Seq(paths), ..
                }) => paths.iter().collect(),
                Some(path) => vec![path],
                None => Vec::new(),
            },
            Data::Str(_) | Data::Unknown { .. } => vec![item],
            _ => Vec::new(),
        };
        let mut files = Vec::new();
        for path in &paths {
            if let Data::Unknown { reason, text } = &path.data {
                self.unknown_path(text, reason, path.span, "included file");
                return None;
            }
            let Some(text) = path.str() else { continue };
            if is_remote(text) {
                self.out_of_sight(
                    text,
                    path.span,
                    &format!("the included file `{text}` is remote and is not fetched"),
                );
                return None;
            }
            files.push((join(scope.folder, text), path.span, text.to_owned()));
        }
        let (first, at, _) = files.first().cloned()?;
        if let Some(index) = scope.trail.iter().position(|seen| *seen == first) {
            let chain: Vec<_> = scope
                .trail
                .iter()
                .skip(index)
                .chain([&first])
                .map(|path| path.display().to_string())
                .collect();
            self.problem(
                ReaderRule::DependencyCycle,
                Finding::new(at, format!("these files include each other: {}", chain.join(" -> ")))
                    .help("remove one `include`"),
            );
            return None;
        }
        if scope.trail.len() > MAX_DEPTH {
            self.problem(
                ReaderRule::UnreadableInput,
                Finding::new(at, format!("includes are more than {MAX_DEPTH} deep")),
            );
            return None;
        }
        for (file, span, text) in &files {
            if !self.reachable(file, text, *span, "included file") {
                return None;
            }
        }
        let folder = match item
            .get("project_directory")
            .map(known_text)
            .filter(|folder| !folder.is_empty())
        {
            Some(folder) => directory(folder, scope.folder),
            None => first.parent().map(Path::to_path_buf).unwrap_or_default(),
        };
        let env = self.include_env(item, &folder, scope);
        let paths: Vec<PathBuf> = files.into_iter().map(|(file, ..)| file).collect();
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

    /// The variables of an included project: the including one's win, then its own env files, later ones first, else its `.env`.
    fn include_env(&mut self, item: &Value, folder: &Path, scope: Scope<'_>) -> Env {
        let named: Vec<&Value> = match item.get("env_file") {
            Some(Value {
                data: Data::Seq(items), ..
            }) => items.iter().collect(),
            named => named.into_iter().collect(),
        };
        let named = named.into_iter().filter_map(Value::str).filter(|file| !file.is_empty());
        let mut files: Vec<PathBuf> = named.map(|file| join(scope.folder, file)).collect();
        if files.is_empty() {
            files.push(folder.join(".env"));
        }
        let (mut env, mut own) = (scope.env.clone(), Vec::new());
        for file in files {
            if let Ok(text) = self.files.text(&file) {
                let (more, refusal) = Env::parse(&text, &env);
                self.document
                    .refused
                    .extend(refusal.map(|refusal| (file.clone(), refusal)));
                self.document.env_files.push(file);
                own.push(more);
                env = scope.env.clone();
                own.iter().rev().for_each(|more| env.add_missing(more));
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
}

/// The folder that an included project starts in: `${PWD}` is that of the project that includes it for who starts it there, and `${HOME}` lies
/// outside.
fn directory(text: &str, folder: &Path) -> PathBuf {
    let below = text
        .strip_prefix("${PWD}")
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match below {
        Some(rest) => join(folder, rest.trim_start_matches('/')),
        None if text.starts_with("${HOME}") => resolve(text, 0, true).map_or_else(|| join(folder, text), PathBuf::from),
        None => join(folder, text),
    }
}

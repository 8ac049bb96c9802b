//! The order in which Compose makes one document of many (compose-go `loader/loader.go`, `loadYamlFile`): interpolate,
//! include, reset, extend, merge, keep the last of each, check the schema, write the long forms.

mod extends;
mod include;
mod named;
mod tags;

use super::canonical;
use super::env::{Env, Refusal};
use super::interpolate::{self, Unset};
use super::merge::Merge;
use super::path::Path as Keys;
use super::unique::{self, Displaced};
use super::{paths, schema};
use crate::fact::Why;
use crate::failure::Failure;
use crate::finding::{Finding, Layer, ReaderRule, Severity};
use crate::parse::Problem;
use crate::parse::yaml::{Data, Lost, Map, Value, YamlFile};
use crate::source::{SourceId, Span, Spanned, slashed};
use crate::values::path::clean;
use globset::GlobMatcher;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tags::{remove_all, take_tags};

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

impl From<Missing> for Failure {
    fn from(missing: Missing) -> Self {
        Self::new(match missing {
            Missing::Absent => "it does not exist".to_owned(),
            Missing::Outside => "it is outside the root".to_owned(),
            Missing::Unreadable(reason) => reason,
        })
    }
}

/// A YAML file that was read.
#[derive(Clone)]
pub(crate) struct Loaded {
    /// Its number among the sources.
    pub source: SourceId,
    /// Its tree.
    pub file: Arc<YamlFile>,
}

/// Where files come from. Paths are relative to the workspace root.
pub(crate) trait Files {
    /// A YAML file, parsed. Problems of its text are reported by whoever implements this.
    fn yaml(&mut self, path: &Path) -> Result<Loaded, Missing>;
    /// The text of a small file that holds variables.
    fn text(&mut self, path: &Path) -> Result<String, Missing>;
    /// Whether something is there; `None` where that cannot be known (outside the root).
    fn exists(&self, path: &Path) -> Option<bool>;
    /// Whether git ignores the path.
    fn ignored(&self, path: &Path) -> bool;
    /// Whether a script or text of the repository makes the path.
    fn made(&self, path: &Path) -> bool;
    /// Whether the repository starts Compose with a folder other than that of its files.
    fn starts_elsewhere(&self) -> bool;
}

/// One document made of a set of files, and all that was found on the way.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// The merged tree, in long forms; `None` if no file could be read at all.
    pub tree: Option<Value>,
    /// What Compose refuses.
    pub problems: Vec<Problem>,
    /// Variables without a value.
    pub unset: Vec<Unset>,
    /// Variables that decide which of two texts a value is, and that are not set here.
    pub deciding: Vec<Spanned<String>>,
    /// Variables whose value went in.
    pub taken: BTreeSet<String>,
    /// Where files name a version of the format.
    pub versions: BTreeSet<Span>,
    /// Items that a later item of a list displaced.
    pub displaced: Vec<Displaced>,
    /// Every file that had a part, with the root-relative path, in the order in which they were read.
    pub files: Vec<(PathBuf, SourceId)>,
    /// Files that had a part but no YAML tree: `.env` files.
    pub env_files: Vec<PathBuf>,
    /// Those among them that Compose refuses.
    pub refused: Vec<(PathBuf, Refusal)>,
    /// Whether a file could only be read in part: what is absent may not be absent.
    pub partial: bool,
    /// Services of which lines are missing that may hold any setting.
    pub partial_services: HashSet<String>,
}

/// Loads sets of files.
pub(crate) struct Loader<'a> {
    files: &'a mut dyn Files,
    /// Remote and outside files that somebody allows, as they are written.
    allowed: &'a [GlobMatcher],
    document: Document,
    loads: usize,
    /// Files of `extends`, ready to be taken from.
    bases: HashMap<(PathBuf, PathBuf), Option<Arc<extends::Base>>>,
}

/// What a set of files is loaded with.
pub(crate) struct Set<'a> {
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
    /// A loader that reads through `files`. Of what it cannot read, being remote or outside of the workspace, `allowed` is only
    /// warned about.
    pub(crate) fn new(files: &'a mut dyn Files, allowed: &'a [GlobMatcher]) -> Self {
        Self {
            files,
            allowed,
            document: Document::default(),
            loads: 0,
            bases: HashMap::new(),
        }
    }

    /// Loads one set.
    pub(crate) fn run(mut self, set: &Set<'_>) -> Document {
        let tree = self.set(set, &[]);
        if tree.is_none() && !self.document.partial && self.document.problems.is_empty() {
            self.empty();
        }
        self.document.tree = tree;
        self.document
    }

    /// Compose refuses a set whose files hold nothing, or nothing but comments.
    fn empty(&mut self) {
        if let Some((path, source)) = self.document.files.first() {
            let message = format!("`{}` is empty: Compose refuses an empty file", slashed(path));
            let finding = Finding::new(Span::new(*source, 0, 0), message)
                .help("delete the file, or write a service into it")
                .layer(Layer::Compose);
            self.problem(ReaderRule::WrongComposeType, finding);
        }
    }

    fn problem(&mut self, rule: ReaderRule, finding: Finding) {
        self.document.problems.push(Problem::new(rule, finding));
    }

    fn set(&mut self, set: &Set<'_>, trail: &[PathBuf]) -> Option<Value> {
        let mut model: Option<Value> = None;
        for file in set.files {
            let Ok(loaded) = self.read(file) else { continue };
            self.note_lost(&loaded.file);
            let mut trail = trail.to_vec();
            trail.push(file.clone());
            let scope = Scope {
                file,
                folder: set.folder,
                env: set.env,
                trail: &trail,
            };
            for document in &loaded.file.documents {
                model = self.apply(document.clone(), model, scope, &loaded.file);
            }
        }
        model
    }

    /// Notes what a file's syntax errors may have taken away.
    fn note_lost(&mut self, file: &YamlFile) {
        // What a container is told by these is not asked for by its absence.
        const OPEN: [&str; 3] = ["annotations", "environment", "labels"];
        self.document.partial |= file.broken;
        for lost in &file.lost {
            match lost {
                Lost::Setting(section, service, key) if section == "services" => {
                    if !OPEN.contains(&key.as_str()) {
                        self.document.partial_services.insert(service.clone());
                    }
                }
                Lost::Entry(section, service) if section == "services" => {
                    self.document.partial_services.insert(service.clone());
                }
                // The network, volume or extension is there, and what it says besides is judged by what is there.
                Lost::Setting(..) => {}
                Lost::File | Lost::Entry(..) => self.document.partial = true,
            }
        }
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
    fn apply(&mut self, mut document: Value, model: Option<Value>, scope: Scope<'_>, file: &YamlFile) -> Option<Value> {
        let version = document.entry("version").map(|entry| entry.key);
        self.document.versions.extend(version);
        if document.map().is_none() {
            if file.is_whole() && !(document.is_null() && model.is_some()) {
                let finding = Finding::new(
                    document.span,
                    format!("a Compose file must be a mapping, not {}", document.kind()),
                )
                .help("begin with `services:`");
                self.problem(ReaderRule::WrongComposeType, finding.layer(Layer::Schema));
            }
            return model;
        }
        self.interpolate(&mut document, scope.folder, scope.env);
        let tagged = take_tags(&mut document);
        self.include(&mut document, &tagged, scope);
        let mut model = model.unwrap_or_else(|| Value::new(Data::Map(Map::new()), document.span));
        remove_all(&mut model, &tagged);
        // Before anything is merged: what is displaced now stands twice in one list.
        let known = self.document.displaced.len();
        unique::unique(&mut document, &mut self.document.displaced);
        for displaced in self.document.displaced.iter_mut().skip(known) {
            displaced.one_list = true;
        }
        self.extend_all(&mut document, &tagged, scope);
        let mut merge = Merge {
            why: Why::Override,
            problems: &mut self.document.problems,
        };
        model = merge.values(model, document, Keys::ROOT);
        unique::unique(&mut model, &mut self.document.displaced);
        // After a syntax error the end of the document is missing: what it lacks is no mistake of its own.
        if !file.broken {
            let known = self.document.problems.len();
            schema::check(&model, &mut self.document.problems);
            let found = self.document.problems.split_off(known);
            let kept = found.into_iter().filter(|problem| !is_of_lost(problem, &file.lost));
            self.document.problems.extend(kept);
        }
        canonical::long_forms(&mut model, &mut self.document.problems);
        unique::unique(&mut model, &mut self.document.displaced);
        Some(model)
    }

    fn interpolate(&mut self, document: &mut Value, folder: &Path, env: &Env) {
        let mut found = interpolate::Found {
            declared: env.complete,
            ..interpolate::Found::default()
        };
        interpolate::document(document, &|name| env.held(name), &mut found);
        named::settle(document, folder, &|path| self.files.exists(path) == Some(true));
        self.document.problems.append(&mut found.problems);
        self.document.unset.append(&mut found.unset);
        self.document.deciding.append(&mut found.deciding);
        self.document.taken.append(&mut found.taken);
    }

    /// Whether a named file can be read; says why not.
    fn reachable(&mut self, path: &Path, text: &str, span: Span, what: &str) -> bool {
        match self.files.yaml(path) {
            Ok(_) => true,
            Err(Missing::Absent) => {
                let mut finding = Finding::new(span, format!("the {what} `{}` does not exist", path.display()))
                    .help("the path is relative to the file that names it");
                if self.lies_further_up(path, text, span) {
                    self.document.partial = true;
                    finding = finding
                        .severity(Severity::Note)
                        .help("it exists further up, and a script starts Compose with `--project-directory`");
                }
                self.problem(ReaderRule::UndefinedReference, finding);
                false
            }
            Err(Missing::Outside) => {
                self.out_of_sight(
                    text,
                    span,
                    &format!("the {what} is outside the workspace root and is not read"),
                );
                false
            }
            Err(Missing::Unreadable(reason)) => {
                self.problem(
                    ReaderRule::UnreadableInput,
                    Finding::new(span, format!("the {what} cannot be read: {reason}")),
                );
                false
            }
        }
    }

    /// Whether a file that is missing lies in a folder further up, and the repository's scripts start Compose there.
    fn lies_further_up(&self, path: &Path, text: &str, span: Span) -> bool {
        let of_editors = || path.components().any(|part| part.as_os_str() == ".devcontainer");
        let own = self.document.files.iter().find(|(_, source)| *source == span.source);
        let folder = own.map(|(file, _)| paths::parent(file)).unwrap_or_default();
        let mut above = folder.ancestors().skip(1).map(|above| paths::join(above, text));
        (self.files.starts_elsewhere() || of_editors()) && above.any(|place| self.files.exists(&place) == Some(true))
    }

    /// A part that is never read: nothing of it is judged, so somebody must have allowed it.
    fn out_of_sight(&mut self, text: &str, span: Span, message: &str) {
        self.document.partial = true;
        let is_allowed = match paths::is_remote(text) {
            // `acme/../evil` and `acme/%2e%2e/evil` are not below `acme/`.
            true => !text.contains("..") && !text.contains('%') && self.allowed.iter().any(|glob| glob.is_match(text)),
            false => self.allowed.iter().any(|glob| glob.is_match(clean(text))),
        };
        let severity = if is_allowed { Severity::Warning } else { Severity::Error };
        let finding = Finding::new(span, format!("{message}; nothing in it is checked"))
            .severity(severity)
            .help(format!(
                "copy it into the repository, or allow it in plimsoll.yaml: `remote: [\"{text}\"]`"
            ));
        // At first it was a warning either way.
        let finding = if is_allowed { finding } else { finding.raised("2026.12") };
        self.problem(ReaderRule::UndecidedValue, finding);
    }

    /// A path that rests on a variable. One that is always set leads somewhere, and that is not judged.
    fn unknown_path(&mut self, text: &str, reason: &str, span: Span, what: &str) {
        let message = format!("the {what} is unknown: {reason}");
        match interpolate::is_hidden(reason) {
            true => self.out_of_sight(text, span, &message),
            false => self.undecided(span, &message),
        }
    }

    fn undecided(&mut self, span: Span, message: &str) {
        self.document.partial = true;
        self.problem(ReaderRule::UndecidedValue, Finding::new(span, message.to_owned()));
    }
}

/// Whether a value has the wrong shape only for the lines that it lost.
fn is_of_lost(problem: &Problem, lost: &[Lost]) -> bool {
    let path = problem.finding.aspect.as_str();
    let is_of = |lost: &Lost| match lost {
        Lost::File => false,
        Lost::Entry(section, entry) => path == format!("{section}.{entry}"),
        Lost::Setting(section, entry, setting) => path
            .strip_prefix(&format!("{section}.{entry}.{setting}"))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
    };
    problem.rule == ReaderRule::WrongComposeType && lost.iter().any(is_of)
}

/// Drops problems that say the same of the same place: a file is checked again after each override.
pub(crate) fn once(problems: &mut Vec<Problem>) {
    let mut seen = HashSet::new();
    problems.retain(|problem| seen.insert((problem.rule, problem.finding.span, problem.finding.message.clone())));
}

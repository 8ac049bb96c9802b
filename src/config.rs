//! `plimsoll.yaml`: budgets, who they hold for, and what the rules weigh.

pub(crate) mod budget;
mod document;
mod entries;
pub(crate) mod extends;
pub(crate) mod figure;
mod key;
mod keys;
mod limits;
mod near;
pub(crate) mod policy;
mod profile;
mod profiles;
mod read;
mod reduce;
pub(crate) mod registries;
mod schema;

pub(crate) use budget::{BUDGETS, Budget};
pub use document::{budgets, document};
pub(crate) use limits::{Limit, Limits};
pub(crate) use profile::Demand;
pub(crate) use profile::Profile;
pub(crate) use read::is_date;
pub use read::{Known, read};
pub(crate) use reduce::Reductions;
pub(crate) use registries::Registries;
pub use schema::schema;

use crate::finding::Severity;
use crate::source::{Span, Spanned};
use globset::GlobMatcher;
use std::collections::BTreeMap;

/// The names that the file is looked for under, in the root.
pub(crate) const NAMES: [&str; 4] = ["plimsoll.yaml", "plimsoll.yml", ".plimsoll.yaml", ".plimsoll.yml"];

/// Stands for the profile that fits by what a service is.
pub(crate) const AUTO: &str = "auto";

/// A mistake in the configuration.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// Where.
    pub span: Span,
    /// One sentence.
    pub message: String,
    /// What to write; may be empty.
    pub help: String,
}

/// What a rule weighs by configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It does not run.
    Off,
    /// It weighs this much.
    At(Severity),
}

/// The configuration, checked.
#[derive(Debug)]
pub struct Config {
    /// From which severity on the gate fails; `None` is never.
    pub fail_on: Option<Severity>,
    /// The version of the rules that it was written for, `YYYY.MM`.
    pub rules_version: Option<Spanned<String>>,
    /// Whether a value that cannot be known fails the gate where something depends on it.
    pub fail_on_undecided: bool,
    /// The profiles by name, the built-in ones included.
    pub profiles: BTreeMap<String, Profile>,
    /// Who has which profile: the first match wins.
    pub assign: Vec<Assignment>,
    /// Budgets of a whole Compose set.
    pub project: Limits,
    /// Compose sets besides the discovered ones.
    pub compose: Vec<DeclaredSet>,
    /// Where Dockerfiles are built.
    pub contexts: Vec<DeclaredContext>,
    /// A table of images with their sizes, relative to the root.
    pub catalogue: Option<Spanned<String>>,
    /// A file of known findings.
    pub baseline: Option<Spanned<String>>,
    /// The file with what running containers took.
    pub usage: Option<Spanned<String>>,
    /// Where built images are found.
    pub images: Vec<DeclaredImage>,
    /// What rules weigh, by name.
    pub rules: BTreeMap<String, Level>,
    /// What is not reported.
    pub ignore: Vec<Ignore>,
    /// Rules that no comment may hide.
    pub never_ignore: Vec<Spanned<String>>,
    /// Files and folders that are not judged at all.
    pub exclude: Vec<GlobMatcher>,
    /// Folders of other people's files; `None` for the usual ones.
    pub vendored: Option<Vec<String>>,
    /// Remote and outside parts of Compose sets that are only warned about.
    pub remote: Vec<GlobMatcher>,
    /// Where images may come from; `None` is anywhere.
    pub(crate) registries: Option<Registries>,
    /// Labels that an image built here must have.
    pub labels: Vec<Label>,
    /// What the project runs on.
    pub host: Limits,
    /// Rules of one's own.
    pub(crate) policy: Vec<policy::Policy>,
    /// What is configured and only a record of running containers can be held against.
    pub not_held: Vec<Spanned<String>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            fail_on: Some(Severity::Error),
            rules_version: None,
            fail_on_undecided: false,
            profiles: profile::built_in(),
            assign: Vec::new(),
            project: Limits::default(),
            compose: Vec::new(),
            contexts: Vec::new(),
            catalogue: None,
            baseline: None,
            usage: None,
            images: Vec::new(),
            rules: BTreeMap::new(),
            ignore: Vec::new(),
            never_ignore: Vec::new(),
            exclude: Vec::new(),
            vendored: None,
            remote: Vec::new(),
            registries: None,
            labels: Vec::new(),
            host: Limits::default(),
            policy: Vec::new(),
            not_held: Vec::new(),
        }
    }
}

/// The folders of other people's files and of tests, where plimsoll.yaml does not name others.
pub(crate) const VENDORED: [&str; 11] = [
    "vendor",
    "node_modules",
    "third_party",
    "third-party",
    "3rdparty",
    "testdata",
    "test[-_]data",
    "testfiles*",
    "test[-_]fixtures",
    "fixtures",
    "__fixtures__",
];

/// The word in `vendored:` for what `.gitattributes` marks with `linguist-vendored`.
pub(crate) const ATTRIBUTES: &str = "gitattributes";

impl Config {
    /// Whether the marks of `.gitattributes` count.
    pub(crate) fn asks_attributes(&self) -> bool {
        self.vendored.iter().flatten().any(|name| name == ATTRIBUTES)
    }
}

/// A label that an image must have.
#[derive(Debug)]
pub struct Label {
    /// Its name.
    pub name: Spanned<String>,
    /// What its text must match.
    pub pattern: GlobMatcher,
}

/// One entry of `assign`.
#[derive(Debug)]
pub struct Assignment {
    /// Service names; empty with no Dockerfiles given means everything.
    pub services: Vec<GlobMatcher>,
    /// Dockerfile paths.
    pub dockerfiles: Vec<GlobMatcher>,
    /// The profile.
    pub profile: Spanned<String>,
    /// Whether a judged file may not choose another one.
    pub is_final: bool,
    /// Where the entry stands.
    pub span: Span,
}

impl Assignment {
    /// Whether the entry speaks of a service or Dockerfile.
    pub fn fits(&self, service: Option<&str>, dockerfile: Option<&str>) -> bool {
        if self.services.is_empty() && self.dockerfiles.is_empty() {
            return true;
        }
        service.is_some_and(|name| self.services.iter().any(|glob| glob.is_match(name)))
            || dockerfile.is_some_and(|path| self.dockerfiles.iter().any(|glob| glob.is_match(path)))
    }
}

impl Assignment {
    /// The entry as a sentence, the same for the same entry.
    pub fn words(&self) -> String {
        format!(
            "{} for services [{}] and Dockerfiles [{}], final: {}",
            self.profile.value,
            globs(&self.services),
            globs(&self.dockerfiles),
            self.is_final
        )
    }
}

/// Patterns as they are written.
fn globs(globs: &[GlobMatcher]) -> String {
    let written: Vec<&str> = globs.iter().map(|glob| glob.glob().glob()).collect();
    written.join(" ")
}

/// One entry of `compose`.
#[derive(Clone, Debug)]
pub struct DeclaredSet {
    /// The files, later ones over earlier ones, relative to the root.
    pub files: Vec<Spanned<String>>,
    /// The variables.
    pub env_file: Option<Spanned<String>>,
    /// The profiles that are active; `*` is all.
    pub profiles: Vec<String>,
}

/// One entry of `contexts`.
#[derive(Clone, Debug)]
pub struct DeclaredContext {
    /// The Dockerfile, relative to the root.
    pub dockerfile: Spanned<String>,
    /// The folder that it is built in, relative to the root, cleaned; empty for the root.
    pub context: String,
    /// Where the entry stands.
    pub span: Span,
}

/// One entry of `images`.
#[derive(Clone, Debug)]
pub struct DeclaredImage {
    /// The name of the service, or the path of the Dockerfile.
    pub unit: Spanned<String>,
    /// It is a service.
    pub is_service: bool,
    /// Where its image is.
    pub place: Spanned<ImagePlace>,
}

/// Where a built image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImagePlace {
    /// In the engine, under this name.
    Engine(String),
    /// In this archive, relative to the root.
    Archive(String),
}

/// One entry of `ignore`.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// The rule.
    pub rule: Spanned<String>,
    /// More rules of the same entry, until it is taken apart.
    pub(crate) more: Vec<Spanned<String>>,
    /// Paths; empty is everywhere.
    pub paths: Vec<GlobMatcher>,
    /// Service names; empty is every service.
    pub services: Vec<GlobMatcher>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, as `YYYY-MM-DD`.
    pub until: Option<Spanned<String>>,
    /// Where the entry stands.
    pub span: Span,
}

impl Ignore {
    /// An entry for each of its rules.
    fn apart(mut self) -> Vec<Self> {
        let more = std::mem::take(&mut self.more);
        let others = more.into_iter().map(|rule| Self { rule, ..self.clone() });
        let mut all: Vec<Self> = others.collect();
        all.insert(0, self);
        all
    }

    /// The entry as a sentence, the same for the same entry.
    pub fn words(&self) -> String {
        let mut words = self.rule.value.clone();
        for (name, list) in [("paths", &self.paths), ("services", &self.services)] {
            if !list.is_empty() {
                words.push_str(&format!(", {name} {}", globs(list)));
            }
        }
        if let Some(until) = &self.until {
            words.push_str(&format!(", until {}", until.value));
        }
        words
    }
}

#[cfg(test)]
mod tests;

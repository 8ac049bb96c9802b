//! How images are built where no Compose file says so: Bake files, jobs of GitHub and GitLab, Skaffold, development containers.
//! Nothing is executed, and what cannot be known without that stays unknown.

mod bake;
mod command;
mod devcontainer;
mod expression;
mod join;
mod skaffold;
mod workflow;

use crate::config::VENDORED;
use crate::fact::{Fact, Sourced, State};
use crate::finding::{Finding, ReaderRule, Severity};
use crate::order::Order as _;
use crate::parse::Problem;
use crate::parse::yaml::{self, YamlFile};
use crate::repository::recipe::Recipe;
use crate::resolve::compose::paths::{is_remote, join, parent};
use crate::source::{SourceId, Span, Spanned, slashed};
use crate::workspace::Workspace;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// Builds that are followed.
const MOST: usize = 2_000;
/// Bytes of a file that is read to its end, or not at all.
const LONGEST: usize = 1 << 20;

/// What was read.
#[derive(Default)]
pub(super) struct Recipes {
    /// The builds, in the order of the files.
    pub all: Vec<Recipe>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// The comments of the files that say something to Plimsoll.
    pub comments: Vec<Spanned<String>>,
}

/// Reads these files (relative to the root). Time and memory are bounded by the sizes of the files.
pub(super) fn read(files: &[PathBuf], workspace: &mut Workspace) -> Recipes {
    let mut recipes = Recipes::default();
    let mut bakes: BTreeMap<PathBuf, Vec<&PathBuf>> = BTreeMap::new();
    // What others ship with their product is built in their repository, and data of tests nowhere.
    let is_of_others = |path: &Path| path.iter().any(|part| VENDORED.iter().any(|name| part == *name));
    for path in files.iter().filter(|path| !is_of_others(path)) {
        let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
        let name = name.unwrap_or_default();
        if bake::is_one(&name) {
            // Those of the usual names belong together.
            let set = if bake::order(&name).is_some() {
                parent(path)
            } else {
                path.clone()
            };
            bakes.entry(set).or_default().push(path);
        } else if name.ends_with("devcontainer.json") {
            recipes.of_yaml(path, workspace, devcontainer::readable, devcontainer::read);
        } else if name.starts_with("skaffold") {
            recipes.of_yaml(path, workspace, str::to_owned, skaffold::read);
        } else if workspace.glance(path).is_ok_and(|text| workflow::builds(&text)) {
            recipes.of_yaml(path, workspace, str::to_owned, workflow::read);
        }
    }
    for mut files in bakes.into_values() {
        let rank = |path: &&PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
            bake::order(&name.unwrap_or_default())
        };
        files.order_by_key(|path| rank(path));
        bake::read(&files, &mut recipes, workspace);
    }
    if recipes.all.len() > MOST {
        let more = recipes.all.split_off(MOST);
        if let Some(first) = more.first() {
            recipes.note(
                first.place,
                format!("more than {MOST} builds are described; those from here on are not followed"),
            );
        }
    }
    recipes
}

impl Recipes {
    /// The builds of a YAML file, or of JSON that can be read as one.
    fn of_yaml(
        &mut self,
        path: &Path,
        workspace: &mut Workspace,
        readable: impl Fn(&str) -> String,
        read: impl Fn(&YamlFile, &File<'_>, &mut Vec<Spanned<String>>) -> Vec<Recipe>,
    ) {
        let Ok(source) = workspace.source(path) else { return };
        let text = &workspace.sources().get(source).text;
        if self.is_too_long(source, text) {
            return;
        }
        let yaml = yaml::parse(source, &readable(text));
        let file = File { path, source, text };
        let mut notes = Vec::new();
        let mut found = read(&yaml, &file, &mut notes);
        if !yaml.is_whole() {
            found.iter_mut().for_each(|recipe| recipe.is_certain = false);
            if let Some(problem) = yaml.problems.first() {
                let why = format!("the builds of this file may not be known: {}", problem.finding.message);
                notes.push(Spanned::new(why, problem.finding.span));
            }
        }
        notes.into_iter().for_each(|note| self.note(note.span, note.value));
        self.comments.extend(comments(source, text));
        self.all.extend(found);
    }

    /// Whether a file is longer than what is read; then that is said.
    fn is_too_long(&mut self, source: SourceId, text: &str) -> bool {
        let is_long = text.len() > LONGEST;
        if is_long {
            let why = format!(
                "the builds of this file are not known: it is larger than {} MiB",
                LONGEST >> 20
            );
            self.note(Span::new(source, 0, 0), why);
        }
        is_long
    }

    fn note(&mut self, span: Span, why: String) {
        let finding =
            Finding::new(span, why).help("correct it, or name the contexts under `contexts:` in plimsoll.yaml");
        let finding = finding.severity(Severity::Note).aspect("builds");
        self.problems.push(Problem::new(ReaderRule::UndecidedValue, finding));
    }
}

/// A file with builds.
struct File<'a> {
    /// Relative to the root.
    path: &'a Path,
    source: SourceId,
    text: &'a str,
}

/// The comments that say something to us.
fn comments(source: SourceId, text: &str) -> Vec<Spanned<String>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(at) = line.find("# plimsoll:") {
            let comment = line.get(at..).unwrap_or("").trim_end();
            let span = Span::new(source, start + at, start + at + comment.len());
            found.push(Spanned::new(comment.to_owned(), span));
        }
        start += line.len();
    }
    found
}

/// A path that is written from a folder of the root on; `otherwise` is one that nobody writes.
fn path(folder: &Path, written: &Fact<String>, otherwise: &str, place: Span) -> Fact<PathBuf> {
    match written {
        Fact::Absent => {
            let mut path = Sourced::known(join(folder, otherwise), place);
            path.state = State::EngineDefault;
            Fact::Known(path)
        }
        Fact::Unknown(unknown) => Fact::Unknown(unknown.clone()),
        Fact::Known(known) if is_remote(&known.value) => Fact::unknown("it is fetched from elsewhere", known.span),
        Fact::Known(known) => {
            let path = join(folder, &known.value);
            if path.is_absolute() || path.starts_with("..") {
                return Fact::unknown("it is outside the repository", known.span);
            }
            Fact::Known(known.clone().map(|_| path))
        }
    }
}

/// The Dockerfile of a context, written from a folder on, or from the context on.
fn dockerfile(context: &Fact<PathBuf>, from: Option<&Path>, written: &Fact<String>, place: Span) -> Fact<PathBuf> {
    match (from, written, context) {
        (Some(from), Fact::Known(_), _) => path(from, written, "", place),
        (_, Fact::Unknown(unknown), _) | (_, _, Fact::Unknown(unknown)) => Fact::Unknown(unknown.clone()),
        (_, _, Fact::Known(context)) => path(&context.value, written, "Dockerfile", place),
        (_, _, Fact::Absent) => Fact::Absent,
    }
}

/// Those that say the same are one: most dimensions of a matrix do not concern the build.
fn distinct(recipes: Vec<Recipe>) -> Vec<Recipe> {
    let mut seen = HashSet::new();
    let key = |recipe: &Recipe| {
        let path = |fact: &Fact<PathBuf>| format!("{:?}", fact.value().map(|path| slashed(path)));
        let args = recipe.args.iter().map(|(name, value)| (name, value.value()));
        format!(
            "{:?} {} {} {:?} {:?}",
            recipe.place,
            path(&recipe.context),
            path(&recipe.dockerfile),
            recipe.target.value(),
            args.collect::<Vec<_>>()
        )
    };
    recipes.into_iter().filter(|recipe| seen.insert(key(recipe))).collect()
}

#[cfg(test)]
mod tests;

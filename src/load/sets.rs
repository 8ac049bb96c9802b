//! The Compose sets, and a container for each of their services.

use super::dockerfiles::of_maven;
use super::{Builder, accounts, env_files, exposed, project_name};
use crate::config::DeclaredSet;
use crate::container::{Container, ContainerKind};
use crate::discover::ComposeSet;
use crate::finding::{Finding, Layer, ReaderRule, Severity};
use crate::parse::Problem;
use crate::progress;
use crate::repository::UnsetVariable;
use crate::resolve::compose::env::{Env, Refusal};
use crate::resolve::compose::interpolate::Unset;
use crate::resolve::compose::load::{Files, Loader, Set};
use crate::resolve::compose::paths::parent;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;
use crate::resolve::compose::{consistency, read};
use crate::source::{SourceId, Span, Spanned, slashed};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

impl Project {
    /// What other files it rests on, as far as that is guessed.
    fn stands_on(&mut self, set: &ComposeSet) {
        self.lent.clone_from(&set.lent);
        self.is_overlay = set.orphan || set.needs.is_some();
        if !self.partial {
            self.sole.clone_from(&set.sole);
        }
    }
}

impl Builder<'_> {
    /// One set, as Compose merges its files.
    pub(super) fn compose_set(&mut self, set: &ComposeSet, declared: Option<&DeclaredSet>) {
        let own = || set.files.first().map(|file| parent(file)).unwrap_or_default();
        let folder = set.start.clone().unwrap_or_else(own);
        self.workspace.take_asked();
        let (mut env, files_of_env) = self.environment(&folder, set.env.as_deref(), declared);
        env.assume(self.assumed.iter().cloned());
        project_name::set(set, &folder, &mut env, self.workspace);
        let complete = env.complete;
        let loader = Loader::new(self.workspace, &self.inputs.config.remote);
        let document = loader.run(&Set {
            files: &set.files,
            folder: &folder,
            env: &env,
        });
        if let Some((_, source)) = document.files.first() {
            progress::at(*source);
        }
        let mut problems = of_maven(&document.problems, self.workspace);
        let mut project = read::project(&document, &folder, &mut problems);
        let refused = env_files::read(&mut project, &env, self.workspace);
        for (path, refusal) in document.refused.into_iter().chain(refused) {
            self.refused_variables(&path, Some(refusal));
        }
        project.files = set.files.clone();
        project.is_named = set.env.is_some() || declared.is_some();
        project.env_profiles = env.profiles();
        project.declared_profiles = declared.map(|set| set.profiles.clone()).unwrap_or_default();
        project.read_files = self.read_files(&document.files, [document.env_files, files_of_env].concat());
        project.guessed_of = if set.guessed {
            project.own_sources(&document.files)
        } else {
            Vec::new()
        };
        project.own = project.own_sources(&document.files);
        project.stands_on(set);
        self.started(&mut project);
        project.partial |= project.is_overlay || set.completed_by.is_some() || set.taken.is_some();
        if let Some(taken) = &set.taken {
            project.services.retain(|service| !taken.contains(&service.name.value));
        }
        problems.extend(incomplete(set, &project, &document.files));
        consistency::check(&project, self.workspace, &mut problems);
        self.excuse(set, &project, &mut problems);
        let unset = document.unset.into_iter();
        self.unset.extend(unset.map(|unset| {
            // What a job or a script of the repository sets is set where it counts.
            let mut variable = unset_variable(unset, complete, &mut problems);
            variable.assigned = complete && self.workspace.assigns(&variable.unset.name);
            variable.complete &= variable.refusal.is_none() || !variable.assigned;
            variable
        }));
        self.problems.append(&mut problems);
        if let Some(env) = &self.inputs.env {
            let values = document.taken.iter().filter_map(|name| env.get(name));
            self.handed_over.extend(values.map(str::to_owned));
        }
        for path in &project.read_files {
            if !document.files.iter().any(|(file, _)| file == path) {
                let found = exposed::of_variables(path, &document.taken, self.workspace);
                self.exposed.extend(found);
            }
        }
        let mut deciding = document.deciding;
        // What a `.env` says has no place of its own.
        if let Some(service) = project.services.first() {
            let names = env.deciding.into_iter();
            deciding.extend(names.map(|name| Spanned::new(name, service.name.span)));
        }
        self.deciding.push(deciding);
        for file in project.seccomp_files() {
            self.workspace.ask(&file);
        }
        project.inputs = self.workspace.take_asked();
        project
            .inputs
            .extend(set.asked.iter().chain(&set.completed_by).cloned());
        self.sets.push(project);
    }

    /// Every file that had a part in a set.
    fn read_files(&self, files: &[(PathBuf, SourceId)], of_env: Vec<PathBuf>) -> Vec<PathBuf> {
        let named = files.iter().map(|(path, _)| path.clone());
        let mut read: Vec<PathBuf> = named.chain(of_env).collect();
        // Findings stand under the names that files have without links.
        for (_, source) in files {
            let real = PathBuf::from(&self.workspace.sources().get(*source).path);
            if !read.contains(&real) {
                read.push(real);
            }
        }
        read
    }

    /// Takes back what is only guessed, and makes a note of what a Swarm does not read: `depends_on`.
    fn excuse(&self, set: &ComposeSet, project: &Project, problems: &mut Vec<Problem>) {
        problems.retain(|problem| !project.is_only_guessed(&problem.finding));
        for problem in problems.iter_mut().filter(|problem| waits_for_nobody(problem)) {
            if set.files.iter().any(|file| self.workspace.deploys(file)) {
                problem.finding.severity = Some(Severity::Note);
            }
        }
    }

    /// What lines of the repository start of it by name, where two services publish one port.
    fn started(&self, project: &mut Project) {
        if project.has_one_port_twice() {
            let is_its = |names: &&HashSet<String>| names.iter().all(|name| project.service(name).is_some());
            project.started = self.workspace.started().iter().filter(is_its).cloned().collect();
        }
    }

    /// The variables of a set: what was handed over, else what its declaration names, else the `.env` of its folder, behind the one
    /// that names its files.
    fn environment(
        &mut self,
        folder: &Path,
        first: Option<&Path>,
        declared: Option<&DeclaredSet>,
    ) -> (Env, Vec<PathBuf>) {
        if let Some(env) = &self.inputs.env {
            return (env.clone(), Vec::new());
        }
        let own = declared
            .and_then(|set| set.env_file.as_ref())
            .map_or_else(|| folder.join(".env"), |file| PathBuf::from(&file.value));
        let mut env = Env::default();
        let mut read = Vec::new();
        for path in first.map(Path::to_path_buf).into_iter().chain([own]) {
            if !read.contains(&path)
                && let Ok(text) = self.workspace.text(&path)
            {
                let mut outer = env.clone();
                outer.assume(self.assumed.iter().cloned());
                let (more, refusal) = Env::parse(&text, &outer);
                self.refused_variables(&path, refusal);
                env.add_missing(&more);
                env.complete = true;
                read.push(path);
            }
        }
        (env, read)
    }

    /// Says of a file of variables that Compose refuses it: it starts nothing from the folder then.
    fn refused_variables(&mut self, path: &Path, refusal: Option<Refusal>) {
        let (Some(refusal), Ok(source)) = (refusal, self.workspace.source(path)) else {
            return;
        };
        let text = &self.workspace.sources().get(source).text;
        let line = text.get(refusal.at..).and_then(|rest| rest.lines().next());
        let span = Span::new(source, refusal.at, refusal.at + line.map_or(0, str::len));
        // Several sets may have it.
        if self.refused_files.insert(source) {
            let message = format!("Compose refuses this file of variables: the line {}", refusal.why);
            let help = "write NAME=value, or a `#` before a comment";
            let finding = Finding::new(span, message).help(help).raised("2026.12");
            self.problems.push(Problem::new(ReaderRule::UnreadableInput, finding));
        }
    }

    /// Makes notes of what a file further down lacks and another folder has: an image of a service, or the service that another one waits
    /// for. Compose refuses the file alone, whatever it runs; with the other one it is whole.
    pub(super) fn excuse_suites(&mut self) {
        let (sources, sets) = (self.workspace.sources(), &self.sets);
        let services = || sets.iter().flat_map(|set| &set.services);
        let has_image = |service: &Service| !service.image.is_absent() || service.build.is_some();
        for problem in &mut self.problems {
            let span = problem.finding.span;
            let lacked = if waits_for_nobody(problem) {
                problem.finding.aspect.rsplit(':').next()
            } else if problem.rule == ReaderRule::ServiceWithoutImage {
                let own = services().find(|service| service.name.span == span);
                own.map(|service| service.name.value.as_str())
            } else {
                None
            };
            let folder = parent(Path::new(sources.path(span)));
            let is_elsewhere = |service: &&Service| {
                let path = Path::new(sources.path(service.name.span));
                has_image(service) && lacked == Some(service.name.value.as_str()) && parent(path) != folder
            };
            if lacked.is_some()
                && folder.components().count() > 1
                && let Some(other) = services().find(is_elsewhere)
            {
                let help = format!("start it with `{}`, which defines it", sources.path(other.name.span));
                problem.finding.severity = Some(Severity::Note);
                problem.finding.help = help;
            }
        }
    }

    /// A container for each service of the sets.
    pub(super) fn services(&mut self) {
        let sets = std::mem::take(&mut self.sets);
        for (set_index, set) in sets.iter().enumerate() {
            self.is_overlay = set.is_overlay;
            for (index, service) in set.services.iter().enumerate() {
                self.workspace.take_asked();
                let image = self.image(service);
                let accounts = accounts::written(set, service);
                let inputs = self.workspace.take_asked();
                let (profile, chosen) = self.profile_of_service(set, service, &image);
                let container = Container {
                    name: service.name.value.clone(),
                    kind: ContainerKind::Service,
                    span: service.name.span,
                    set: Some(set_index),
                    service: Some(index),
                    image,
                    accounts,
                    profile,
                    chosen,
                    built: None,
                    inputs,
                    ledger: OnceLock::new(),
                };
                self.containers.push(container);
            }
        }
        self.sets = sets;
    }
}

/// A variable without a value. Where the environment is declared, what Compose refuses for its emptiness is said of the variable
/// and of nothing else.
fn unset_variable(unset: Unset, complete: bool, problems: &mut Vec<Problem>) -> UnsetVariable {
    let mut refusal = None;
    if complete {
        problems.retain(|problem| {
            let finding = &problem.finding;
            let is_of_compose = finding.layer.is_none_or(|layer| layer != Layer::Engine)
                && finding.severity.is_none_or(|severity| severity == Severity::Error);
            let is_here = finding.span.source == unset.span.source
                && unset.span.start <= finding.span.start
                && finding.span.end <= unset.span.end;
            if is_of_compose && is_here {
                refusal.get_or_insert_with(|| finding.message.clone());
            }
            !(is_of_compose && is_here)
        });
    }
    UnsetVariable {
        unset,
        complete,
        assigned: false,
        refusal,
    }
}

/// What is said of a set whose services lack what another file gives them.
fn incomplete(set: &ComposeSet, project: &Project, files: &[(PathBuf, SourceId)]) -> Option<Problem> {
    let has_nothing = |service: &&Service| service.image.is_absent() && service.build.is_none();
    let service = project.services.iter().find(has_nothing).or(project.services.first())?;
    let name = &service.name.value;
    if let Some(other) = &set.completed_by {
        let other = slashed(other);
        let message = format!("override file without its base: `{name}` has no image without `{other}`");
        let files: Vec<String> = set.files.iter().map(|file| slashed(file)).collect();
        let help = format!(
            "add to plimsoll.yaml: `compose: [{{files: [{}, {other}]}}]`",
            files.join(", ")
        );
        let finding = Finding::new(service.name.span, message)
            .help(help)
            .severity(Severity::Note);
        return Some(Problem::new(ReaderRule::ServiceWithoutImage, finding.aspect("image")));
    }
    if let (Some((other, needed)), Some(file)) = (&set.needs, set.files.last()) {
        let own = files.iter().find(|(path, _)| path == file).map(|(_, source)| *source);
        let is_own = |service: &&Service| Some(service.name.span.source) == own;
        let service = project.services.iter().find(is_own).unwrap_or(service);
        let (other, file) = (slashed(other), slashed(file));
        let message = format!("override file without its base: `{needed}` is defined in `{other}`");
        let help = format!("add to plimsoll.yaml: `compose: [{{files: [{other}, {file}]}}]`");
        let finding = Finding::new(service.name.span, message).help(help);
        return Some(Problem::new(
            ReaderRule::UndecidedValue,
            finding.severity(Severity::Note),
        ));
    }
    let file = set.files.last().filter(|_| set.orphan)?;
    let message = format!("override file without a base: `{name}` has no image here");
    let help = format!(
        "add to plimsoll.yaml: `compose: [{{files: [BASE, {}]}}]`",
        slashed(file)
    );
    let finding = Finding::new(service.name.span, message)
        .help(help)
        .severity(Severity::Note);
    Some(Problem::new(ReaderRule::UndecidedValue, finding))
}

/// Whether a service waits for another one that is not there.
fn waits_for_nobody(problem: &Problem) -> bool {
    problem.rule == ReaderRule::UndefinedReference && problem.finding.aspect.contains("depends_on:")
}

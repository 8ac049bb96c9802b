//! Jobs of GitHub (`docker/build-push-action`, and `docker build` in `run`) and of GitLab (`docker build` in `script`).

use super::command::{self, Shell};
use super::expression::Names;
use super::{File, bake, distinct, dockerfile, path};
use crate::fact::{Fact, Sourced, State};
use crate::parse::yaml::{Value, YamlFile};
use crate::repository::recipe::Recipe;
use crate::resolve::compose::paths::join;
use crate::source::Spanned;
use std::path::{Path, PathBuf};

const ACTION: &str = "docker/build-push-action";
/// What the action takes for the context where nothing is written: the repository, as Git has it.
const OF_GIT: &str = "{{defaultContext}}";
/// Bytes of scripts and steps that are read, for all combinations of all matrices of a file.
const MOST: usize = 16 << 20;

/// Whether a workflow builds images at all.
pub(super) fn builds(text: &str) -> bool {
    text.contains(ACTION) || command::is_in(text)
}

pub(super) fn read(yaml: &YamlFile, file: &File<'_>, notes: &mut Vec<Spanned<String>>) -> Vec<Recipe> {
    let Some(workflow) = yaml.documents.first() else {
        return Vec::new();
    };
    let mut left = MOST;
    let mut found = Vec::new();
    let jobs = workflow.get("jobs").and_then(Value::map);
    for (_, entry) in jobs.into_iter().flatten() {
        let job = &entry.value;
        let steps = job.get("steps").and_then(Value::seq).unwrap_or(&[]);
        let is_asked =
            |step: &&Value| is_action(step) || step.get("run").and_then(Value::str).is_some_and(command::is_in);
        let asked: Vec<&Value> = steps.iter().filter(is_asked).collect();
        // Without its own files nothing that it builds is of this repository.
        let Some(checkout) = checkout(steps).filter(|_| !asked.is_empty()) else {
            continue;
        };
        for names in Names::of(workflow, job) {
            let job = Job {
                workflow,
                job,
                names,
                checkout: &checkout,
                file,
            };
            for step in &asked {
                let length = step.get("run").map_or(0, |run| run.span.end - run.span.start);
                let Some(rest) = left.checked_sub(1_000 + length as usize) else {
                    let why = "the matrices of this file make too many builds; those from here on are not followed";
                    notes.push(Spanned::new(
                        why.to_owned(),
                        step.get("uses").or(step.get("run")).map_or(step.span, |one| one.span),
                    ));
                    return distinct(found);
                };
                left = rest;
                job.step(step, &mut found);
            }
        }
    }
    if jobs.is_none() {
        of_gitlab(workflow, file, &mut found);
    }
    distinct(found)
}

fn is_action(step: &Value) -> bool {
    let uses = step.get("uses").and_then(Value::str);
    uses.is_some_and(|uses| uses.split('@').next() == Some(ACTION))
}

/// Where a job has its files.
#[derive(Default)]
struct Checkout {
    /// The folder of this repository.
    folder: PathBuf,
    /// The folders of others.
    others: Vec<PathBuf>,
}

/// What a job checks out; `None` where that is another repository, or another branch, in place of this one.
fn checkout(steps: &[Value]) -> Option<Checkout> {
    let mut found = Checkout::default();
    let is_checkout = |step: &&Value| {
        let uses = step.get("uses").and_then(Value::str);
        uses.is_some_and(|uses| uses.starts_with("actions/checkout@"))
    };
    for step in steps.iter().filter(is_checkout) {
        let text = |name| {
            step.at(&["with", name])
                .and_then(Value::scalar_text)
                .unwrap_or_default()
        };
        let (repository, path, at) = (text("repository"), text("path"), text("ref"));
        let is_own = repository.is_empty() || repository.starts_with("${{ github.");
        let is_here = at.is_empty() || at.contains("${{");
        match (is_own && is_here, path.as_str()) {
            (true, "" | "." | "./") => {}
            (true, path) => found.folder = join(Path::new(""), path),
            (false, path) if !path.is_empty() => found.others.push(join(Path::new(""), path)),
            (false, _) => return None,
        }
    }
    Some(found)
}

/// A job, with one combination of its matrix.
struct Job<'a> {
    workflow: &'a Value,
    job: &'a Value,
    names: Names<'a>,
    checkout: &'a Checkout,
    file: &'a File<'a>,
}

impl Job<'_> {
    fn step(&self, step: &Value, found: &mut Vec<Recipe>) {
        if is_action(step) {
            found.push(self.action(step));
            return;
        }
        let Some(run) = step.get("run") else { return };
        let defaults = ["defaults", "run", "working-directory"];
        let folder = step
            .get("working-directory")
            .or(self.job.at(&defaults))
            .or(self.workflow.at(&defaults));
        let folder = path(Path::new(""), &self.names.fact(folder), "", run.span);
        let mut shell = Shell::new(self.file, &self.names, self.in_repository(folder));
        found.extend(shell.builds(run.span));
    }

    /// A path of the runner, as one of the repository.
    fn in_repository(&self, path: Fact<PathBuf>) -> Fact<PathBuf> {
        match path {
            Fact::Known(known) if self.checkout.others.iter().any(|other| known.value.starts_with(other)) => {
                Fact::unknown("it is of another repository", known.span)
            }
            Fact::Known(known) => match known.value.strip_prefix(&self.checkout.folder) {
                Ok(inside) => Fact::Known(known.clone().map(|_| inside.to_path_buf())),
                Err(_) => Fact::unknown("it is outside the repository", known.span),
            },
            other => other,
        }
    }

    fn action(&self, step: &Value) -> Recipe {
        let place = step.get("uses").map_or(step.span, |uses| uses.span);
        let input = |name: &str| step.at(&["with", name]);
        let written = self.names.fact(input("context"));
        let root = Path::new("");
        let of_git = match &written {
            Fact::Absent => Some(Fact::Absent),
            Fact::Known(known) => known.value.strip_prefix(OF_GIT).map(|rest| {
                let folder = rest.trim_start_matches(':').to_owned();
                Fact::Known(Sourced::known(folder, known.span))
            }),
            Fact::Unknown(_) => None,
        };
        let file = self.names.fact(input("file"));
        let (context, dockerfile) = match of_git {
            // Git's own files, whatever the job checks out: the Dockerfile is one of them.
            Some(folder) => {
                let context = path(root, &folder, "", place);
                let dockerfile = dockerfile(&context, None, &file, place);
                (context, dockerfile)
            }
            None => {
                let context = path(root, &written, ".", place);
                let dockerfile = dockerfile(&context, Some(root), &file, place);
                (self.in_repository(context), self.in_repository(dockerfile))
            }
        };
        let text = |name: &str| input(name).and_then(Value::scalar_text).unwrap_or_default();
        let outputs = text("outputs");
        // A build that nothing is pushed of is a trial.
        let is_pushed = !matches!(text("push").trim(), "" | "false")
            || outputs.contains("type=registry")
            || outputs.contains("push=true");
        Recipe {
            name: match step.get("name").map(|name| self.names.fact(Some(name))) {
                Some(Fact::Known(name)) => format!("the step `{}`", name.value),
                _ => format!("a step with `{ACTION}`"),
            },
            place,
            file: self.file.path.to_path_buf(),
            context,
            dockerfile,
            target: self.names.fact(input("target")),
            args: self.pairs(input("build-args")),
            contexts: self.pairs(input("build-contexts")),
            platforms: self.names.fact(input("platforms")).map(|list| {
                let platforms = list
                    .split([',', '\n'])
                    .map(str::trim)
                    .filter(|platform| !platform.is_empty());
                platforms.map(str::to_owned).collect()
            }),
            ships: is_pushed && (outputs.is_empty() || !outputs.lines().all(|output| bake::is_local(output.trim()))),
            is_certain: true,
        }
    }

    /// `NAME=value` in each line.
    fn pairs(&self, value: Option<&Value>) -> Vec<(String, Fact<String>)> {
        let (Some(value), Some(text)) = (value, value.and_then(Value::scalar_text)) else {
            return Vec::new();
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let pair = |line: &str| match line.split_once('=') {
            Some((name, text)) if !name.contains("${{") => (name.trim().to_owned(), self.names.text(text, value.span)),
            _ if line.contains("${{") => ("*".to_owned(), Fact::unknown("they are known when it runs", value.span)),
            _ => (
                line.to_owned(),
                Fact::unknown("it comes from the environment", value.span),
            ),
        };
        lines.map(pair).collect()
    }
}

/// The scripts of GitLab's jobs: the commands of one share a shell.
fn of_gitlab(jobs: &Value, file: &File<'_>, found: &mut Vec<Recipe>) {
    let names = Names::default();
    for (_, entry) in jobs.map().into_iter().flatten() {
        let lines = ["before_script", "script"]
            .into_iter()
            .filter_map(|name| entry.value.get(name));
        let lines = lines.flat_map(|lines| lines.seq().unwrap_or(std::slice::from_ref(lines)));
        let mut folder = Sourced::known(PathBuf::new(), entry.key);
        folder.state = State::EngineDefault;
        let mut shell = Shell::new(file, &names, Fact::Known(folder));
        for line in lines {
            found.extend(shell.builds(line.span));
        }
    }
}

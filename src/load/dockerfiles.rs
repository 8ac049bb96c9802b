//! The Dockerfiles: each is judged once.

use super::{Builder, accounts, contexts};
use crate::build::JudgedFile;
use crate::finding::Severity;
use crate::parse::Problem;
use crate::workspace::Workspace;
use std::path::Path;
use std::sync::OnceLock;

impl Builder<'_> {
    /// Every Dockerfile that is built, with all who build it.
    pub(super) fn judged_files(&mut self) {
        for usage in std::mem::take(&mut self.built).into_values() {
            let mut shipped: Vec<usize> = usage.plans.iter().filter_map(|(_, plan)| plan.shipped).collect();
            shipped.sort_unstable();
            shipped.dedup();
            for (_, plan) in &usage.plans {
                self.problems.extend(of_maven(&plan.problems, self.workspace));
            }
            let services = usage.plans.iter().filter_map(|(service, _)| service.clone()).collect();
            if let Some((_, plan)) = usage.plans.into_iter().next() {
                self.workspace.take_asked();
                usage.described.iter().for_each(|path| self.workspace.ask(path));
                let named = contexts::NamedBy {
                    services: &usage.folders,
                    config: self.inputs.config,
                    recipes: &usage.recipes,
                };
                let context = self.contexts.find(&usage.file, &plan, &named, self.workspace);
                if let Some(context) = &context {
                    // It was not asked for before: each file is judged once.
                    let copied = accounts::copied(context, &plan, self.workspace);
                    let _ = usage.file.copied_accounts.set(copied);
                }
                self.dockerfiles.push(JudgedFile {
                    file: usage.file,
                    plan,
                    shipped,
                    beside: usage.beside,
                    services,
                    foreign_runtime: usage.foreign_runtime,
                    images: self.inputs.images.clone(),
                    context,
                    inputs: self.workspace.take_asked(),
                    runs: OnceLock::new(),
                    effects: OnceLock::new(),
                    started: OnceLock::new(),
                    contents: OnceLock::new(),
                });
            }
        }
    }
}

/// A note where the repository builds with Buildah, which puts variables in where Docker refuses them.
pub(super) fn of_buildah(mut problem: Problem, workspace: &Workspace) -> Problem {
    if problem.finding.message.starts_with("--from is ") && workspace.has_buildah() {
        problem.finding = problem.finding.severity(Severity::Note);
    }
    problem
}

/// Notes where Maven fills in what nobody else can read (`${project.build.finalName}`), below the folder of a project of it that fills in
/// files.
pub(super) fn of_maven(problems: &[Problem], workspace: &Workspace) -> Vec<Problem> {
    let mut problems = problems.to_vec();
    for problem in problems.iter_mut().filter(|problem| is_of_maven(problem, workspace)) {
        problem.finding.severity = Some(Severity::Note);
        "check the file that Maven writes from this one".clone_into(&mut problem.finding.help);
    }
    problems
}

fn is_of_maven(problem: &Problem, workspace: &Workspace) -> bool {
    let span = problem.finding.span;
    let text = &workspace.sources().get(span.source).text;
    let word = text.get(span.start as usize..span.end as usize).unwrap_or("");
    let is_property = word.split("${").skip(1).any(|rest| {
        let name = rest.split_once('}').map_or("", |(name, _)| name);
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
        name.contains('.') && name.chars().all(is_plain)
    });
    let mut folders = Path::new(workspace.sources().path(span)).ancestors().skip(1);
    is_property
        && folders.any(|folder| {
            let project = folder.join("pom.xml");
            // Also asks for it: another content is another answer.
            workspace.is_file(&project) && workspace.peek(&project, 1 << 20).is_some_and(|text| fills_in(&text))
        })
}

/// Whether a project of Maven fills in its resources, or has the plugin that fills in Dockerfiles by itself.
fn fills_in(pom: &str) -> bool {
    let (first, rest) = pom.split_once("<!--").unwrap_or((pom, ""));
    let behind = rest.split("<!--").filter_map(|comment| comment.split_once("-->"));
    let mut texts = std::iter::once(first).chain(behind.map(|(_, text)| text));
    texts.any(|text| text.contains("<filtering>true<") || text.contains(">docker-maven-plugin<"))
}

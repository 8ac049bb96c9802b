//! What the `env_file`s of services put into their containers (compose-go `loader/environment.go`): a later file wins, and what
//! `environment` says wins over all of them.

use crate::fact::Fact;
use crate::resolve::compose::env::{Env, Refusal};
use crate::resolve::compose::load::Files;
use crate::resolve::compose::paths::join;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::{Service, Variable};
use crate::source::Span;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// Reads the files of every service. What cannot be read is passed over: the check of references says so.
/// Gives those that Compose refuses.
pub(super) fn read(project: &mut Project, env: &Env, workspace: &mut Workspace) -> Vec<(PathBuf, Refusal)> {
    let folder = project.folder.clone();
    let mut refused = Vec::new();
    for service in &mut project.services {
        let given = of_service(service, &folder, env, workspace, &mut refused);
        service.given = given;
    }
    refused
}

fn of_service(
    service: &Service,
    folder: &Path,
    env: &Env,
    workspace: &mut Workspace,
    refused: &mut Vec<(PathBuf, Refusal)>,
) -> Vec<Variable> {
    let mut given: Vec<Variable> = Vec::new();
    for file in &service.env_files {
        let path = file.path.value().filter(|path| !path.is_empty());
        let Some(path) = path.map(|path| join(folder, path)) else {
            continue;
        };
        let (Ok(source), Ok(text)) = (workspace.source(&path), workspace.text(&path)) else {
            continue;
        };
        let (found, refusal) = Env::parse(&text, env);
        refused.extend(refusal.filter(|_| !file.is_raw).map(|refusal| (path.clone(), refusal)));
        for (name, value) in found.values() {
            let line = line_of(&text, name).unwrap_or(0..0);
            let span = Span::new(source, line.start, line.end);
            let variable = Variable {
                name: name.to_owned(),
                value: Fact::known(value.to_owned(), span),
                span,
            };
            match given.iter_mut().find(|known| known.name == name) {
                Some(known) => *known = variable,
                None => given.push(variable),
            }
        }
    }
    given.retain(|variable| !service.environment.iter().any(|own| own.name == variable.name));
    given
}

/// The last line of a file of variables that sets one.
fn line_of(text: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let mut start = 0;
    let mut found = None;
    for line in text.split_inclusive('\n') {
        let body = line.trim_start();
        let rest = body.strip_prefix("export ").unwrap_or(body).trim_start();
        let sets = rest
            .strip_prefix(name)
            .is_some_and(|rest| rest.trim_start().starts_with(['=', ':']));
        if sets {
            let indent = line.len() - body.len();
            found = Some(start + indent..start + line.trim_end().len());
        }
        start += line.len();
    }
    found
}

//! What the rows of a ledger rest on: their instructions as a whole, what came before them, and the files of the build context. It is
//! what a builder's cache asks as well: a step that is the same behind the same steps, from the same files, writes the same.

use crate::build::JudgedFile;
use crate::build::context::{Context, Source};
use crate::build::size::{Ledger, Trace};
use crate::container::{Container, ImageSource};
use crate::git::Changed;
use crate::parse::dockerfile::Kind;
use crate::repository::Repository;
use crate::resolve::stage::{Base, Plan};
use crate::source::{Sources, Span};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::rc::Rc;

/// Puts the traces on the rows of a container's ledger.
pub(super) fn put(ledger: &mut Ledger, container: &Container, repository: &Repository, sources: &Sources) {
    let ImageSource::Built { file, plan } = &container.image else {
        return;
    };
    let judged = repository
        .dockerfiles
        .iter()
        .find(|judged| Rc::ptr_eq(&judged.file, file));
    let Some(judged) = judged else { return };
    let traces = traces(judged, plan, &given(container, repository, sources), sources);
    for row in &mut ledger.rows {
        row.trace = traces.get(&row.span).copied().unwrap_or_default();
    }
}

/// What a service gives its build, as it is written.
fn given(container: &Container, repository: &Repository, sources: &Sources) -> String {
    let build = repository
        .service(container)
        .and_then(|service| service.written(&["build"]));
    build.map_or_else(String::new, |build| plain(sources.slice(build.span)))
}

/// A trace for each instruction and each FROM, by its place.
fn traces(judged: &JudgedFile, plan: &Plan, given: &str, sources: &Sources) -> HashMap<Span, Trace> {
    let instructions = &judged.file.ast.instructions;
    let text = |span: Span| number(&plain(sources.slice(span)));
    let first = plan.stages.first().map_or(0, |stage| stage.instructions.start);
    let head: Vec<u64> = instructions.iter().take(first).map(|one| text(one.span)).collect();
    let start = number(&(given, head));
    let mut found = HashMap::new();
    // How each stage ends.
    let mut ends: Vec<Trace> = Vec::new();
    for stage in &plan.stages {
        let base = match stage.base {
            Base::Stage(base) => Some(base),
            _ => None,
        };
        let needed: Vec<Trace> = stage
            .needs
            .iter()
            .copied()
            .chain(base)
            .filter_map(|need| ends.get(need).copied())
            .collect();
        // What a stage is called makes no difference; what it starts from is in the row itself.
        let from = match stage.base_name.value() {
            Some(name) => number(&(name, stage.platform.value())),
            None => text(stage.from),
        };
        let histories: Vec<u64> = needed.iter().map(|need| need.history).collect();
        let mut at = Trace {
            text: 0,
            history: number(&(start, from, histories)),
            is_fed: needed.iter().any(|need| need.is_fed),
        };
        found.insert(stage.from, at);
        for instruction in instructions.get(stage.instructions.clone()).unwrap_or(&[]) {
            let text = text(instruction.span);
            at = Trace {
                text,
                history: number(&(at.history, text)),
                is_fed: at.is_fed || feeds(&instruction.kind),
            };
            found.insert(instruction.span, at);
        }
        ends.push(at);
    }
    found
}

/// Whether an instruction takes files of the build context.
fn feeds(kind: &Kind) -> bool {
    match kind {
        Kind::Copy(words) | Kind::Add(words) => words.from.is_none() && !words.sources.is_empty(),
        Kind::Run(run) => run.mounts.iter().any(|mount| mount.kind() == "bind"),
        _ => false,
    }
}

/// An instruction without comments, the ends of its lines and further blanks.
fn plain(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let lines: Vec<&str> = lines
        .map(|line| line.trim().trim_end_matches('\\').trim_end())
        .collect();
    lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn number(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Whether a file that differs may be read by the build of a container.
pub(super) fn is_touched(container: &Container, repository: &Repository, changed: &Changed) -> bool {
    let ImageSource::Built { file, .. } = &container.image else {
        return false;
    };
    let judged = repository
        .dockerfiles
        .iter()
        .find(|judged| Rc::ptr_eq(&judged.file, file));
    let context = judged.and_then(|judged| judged.context.as_ref());
    let context = context.filter(|context| context.is_certain() && context.tree.complete);
    let Some(context) = context.filter(|_| changed.folders.is_empty()) else {
        // What a build reads that is not known here is at least no description of it.
        return !changed.folders.is_empty() || changed.paths.iter().any(|path| !is_description(path, &file.path));
    };
    let mounts = file.ast.instructions.iter().any(|instruction| match &instruction.kind {
        Kind::Run(run) => run.mounts.iter().any(|mount| mount.kind() == "bind"),
        _ => false,
    });
    let taken = taken(context).filter(|_| !mounts);
    let below = |path: &Path| Some(path.strip_prefix(&context.folder).ok()?.to_str()?.replace('\\', "/"));
    changed.paths.iter().any(|path| {
        let number = below(path).and_then(|path| context.tree.find(&path));
        let is_sent = |number: &usize| context.tree.entries.get(*number).is_some_and(|entry| entry.sent);
        let is_read = number.filter(is_sent).is_some_and(|number| {
            let taken = taken.as_ref();
            taken.is_none_or(|taken| taken.get(number).copied().unwrap_or(true))
        });
        is_read || path.file_name().is_some_and(is_settings)
    })
}

/// Which entries of a context some COPY or ADD takes, in their order; `None` where that is not known.
fn taken(context: &Context) -> Option<Vec<bool>> {
    // Where ranges begin and end: many copies may take one large folder.
    let mut edges = vec![0_i64; context.tree.entries.len() + 1];
    for source in context.copies.iter().flat_map(|copy| &copy.sources) {
        let items = match source {
            Source::Found { items } => items,
            Source::NoMatch => continue,
            _ => return None,
        };
        for item in items {
            if let Some(edge) = edges.get_mut(item.range.start) {
                *edge += 1;
            }
            if let Some(edge) = edges.get_mut(item.range.end) {
                *edge -= 1;
            }
        }
    }
    let depths = edges.into_iter().scan(0, |depth, edge| {
        *depth += edge;
        Some(*depth > 0)
    });
    Some(depths.collect())
}

/// The Dockerfile itself, and what is only read by people.
fn is_description(path: &Path, dockerfile: &str) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    path == Path::new(dockerfile) || ending.is_some_and(|ending| matches!(ending, "md" | "rst"))
}

/// A file with variables, which may be arguments of a build.
fn is_settings(name: &std::ffi::OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| name == ".env" || name.starts_with(".env."))
}

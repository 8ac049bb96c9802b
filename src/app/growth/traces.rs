//! What the rows of a ledger rest on: their instructions as a whole, what came before them, and the files of the build context. It is
//! what a builder's cache asks as well: a step that is the same behind the same steps, from the same files, writes the same.

use crate::build::JudgedFile;
use crate::build::context::Source;
use crate::build::size::{Ledger, Trace};
use crate::container::{Container, ImageSource};
use crate::git::Changed;
use crate::parse::dockerfile::Kind;
use crate::repository::Repository;
use crate::resolve::stage::{Base, Plan};
use crate::source::{Sources, Span};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Puts the traces on the rows of a container's ledger. `changed` are the files that differ; all may, where nobody knows.
pub(super) fn put(
    ledger: &mut Ledger,
    container: &Container,
    repository: &Repository,
    sources: &Sources,
    changed: Option<&Changed>,
) {
    let ImageSource::Built { file, plan } = &container.image else {
        return;
    };
    let judged = repository
        .dockerfiles
        .iter()
        .find(|judged| Arc::ptr_eq(&judged.file, file));
    let Some(judged) = judged else { return };
    let feeders = changed.and_then(|changed| feeders(judged, repository, changed));
    let given = given(container, repository, sources);
    let traces = traces(judged, plan, &given, sources, &|at, kind| match &feeders {
        Some(feeders) => feeders.contains(&at),
        None => feeds(kind),
    });
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
fn traces(
    judged: &JudgedFile,
    plan: &Plan,
    given: &str,
    sources: &Sources,
    feeds: &dyn Fn(usize, &Kind) -> bool,
) -> HashMap<Span, Trace> {
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
        let own = instructions.iter().enumerate().skip(stage.instructions.start);
        for (place, instruction) in own.take(stage.instructions.len()) {
            let text = text(instruction.span);
            at = Trace {
                text,
                history: if says_how_to_run(&instruction.kind) {
                    at.history
                } else {
                    number(&(at.history, text))
                },
                is_fed: at.is_fed || feeds(place, &instruction.kind),
            };
            found.insert(instruction.span, at);
        }
        ends.push(at);
    }
    found
}

/// Whether an instruction is for whoever runs the image: no step of the build knows of it.
fn says_how_to_run(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Cmd(_)
            | Kind::Entrypoint(_)
            | Kind::Expose(_)
            | Kind::Healthcheck(_)
            | Kind::Label(_)
            | Kind::Maintainer(_)
            | Kind::Stopsignal(_)
    )
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

/// The instructions that take files of the context that differ; `None` where that is not known, so that each may.
fn feeders(judged: &JudgedFile, repository: &Repository, changed: &Changed) -> Option<HashSet<usize>> {
    let is_settings = |path: &PathBuf| path.file_name().is_some_and(is_settings);
    if !changed.folders.is_empty() || changed.paths.iter().any(is_settings) {
        return None;
    }
    // What a build reads that is not known here is at least no description of it, or of another one.
    let descriptions: HashSet<&Path> = descriptions(repository).collect();
    let mut paths = changed.paths.iter();
    let has_others = paths.any(|path| !is_for_people(path) && !descriptions.contains(path.as_path()));
    let context = judged.context.as_ref();
    let Some(context) = context.filter(|context| context.is_certain() && context.tree.complete) else {
        return (!has_others).then(HashSet::new);
    };
    let below = |path: &Path| Some(path.strip_prefix(&context.folder).ok()?.to_str()?.replace('\\', "/"));
    // Nothing is made of the Dockerfile itself; its bytes count where it is copied along.
    let read = changed
        .paths
        .iter()
        .filter(|path| *path != Path::new(&judged.file.path));
    let entries = read.filter_map(|path| {
        let number = context.tree.find(&below(path)?)?;
        context.tree.entries.get(number)?.sent.then_some(number)
    });
    let mut entries: Vec<usize> = entries.collect();
    entries.sort_unstable();
    let holds = |range: &Range<usize>| {
        let next = entries.partition_point(|entry| *entry < range.start);
        entries.get(next).is_some_and(|entry| *entry < range.end)
    };
    let takes = |source: &Source| match source {
        Source::Found { items } => items.iter().any(|item| holds(&item.range)),
        Source::NoMatch | Source::Remote => false,
        // What it takes is not known, or made before the build.
        _ => has_others,
    };
    let copies = context.copies.iter().filter(|copy| copy.sources.iter().any(takes));
    let mut found: HashSet<usize> = copies.map(|copy| copy.instruction).collect();
    if !entries.is_empty() {
        let all = judged.file.ast.instructions.iter().enumerate();
        let mounting =
            all.filter(|(_, instruction)| matches!(&instruction.kind, Kind::Run(_)) && feeds(&instruction.kind));
        found.extend(mounting.map(|(place, _)| place));
    }
    Some(found)
}

/// The Dockerfiles and the Compose files: what they say is compared by itself.
fn descriptions(repository: &Repository) -> impl Iterator<Item = &Path> {
    let dockerfiles = repository.dockerfiles.iter().map(|judged| Path::new(&judged.file.path));
    let compose = repository.sets.iter().flat_map(|set| &set.files).map(PathBuf::as_path);
    dockerfiles.chain(compose)
}

fn is_for_people(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| matches!(ending, "md" | "rst"))
}

/// A file with variables, which may be arguments of a build, or one that says what of a context is sent.
fn is_settings(name: &std::ffi::OsStr) -> bool {
    let name = name.to_str().unwrap_or("");
    name == ".env" || name.starts_with(".env.") || name.ends_with(".dockerignore")
}

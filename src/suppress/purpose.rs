//! What files, stages and services are there for, by their names and by what they start.

mod beside;
mod comment;
mod modes;

use crate::build::JudgedFile;
use crate::container::{Container, ContainerKind, ImageSource};
use crate::repository::Repository;
use crate::source::{SourceId, Sources, Span};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Words of a path or of a stage's name that say so.
const WORDS: [&str; 46] = [
    "dev",
    "devel",
    "develop",
    "developer",
    "devcontainer",
    "development",
    "devtools",
    "debug",
    "workflows",
    "cursor",
    "codesandbox",
    "gitpod",
    "test",
    "tests",
    "testing",
    "testbed",
    "tester",
    "itest",
    "itests",
    "acceptance",
    "functional",
    "e2e",
    "ci",
    "integration",
    "qa",
    "cov",
    "coverage",
    "packaging",
    "dpkg",
    "lint",
    "linter",
    "mock",
    "mocks",
    "bench",
    "benchmark",
    "benchmarks",
    "circleci",
    "clusterfuzzlite",
    "conformance",
    "ddev",
    "fuzz",
    "fuzzing",
    "scenario",
    "scenarios",
    "testsuite",
    "testsuites",
];

/// Those of them that say that nothing but a job runs it, and for minutes.
pub(super) const JOBS: [&str; 11] = [
    "itest",
    "itests",
    "test",
    "tests",
    "testing",
    "acceptance",
    "functional",
    "e2e",
    "ci",
    "qa",
    "integration",
];

/// Words of a path that is there to be copied and filled by others.
pub(super) const EXAMPLES: [&str; 7] = ["example", "examples", "sample", "samples", "demo", "demos", "template"];

/// Words of a Dockerfile beside which the others are not what ships.
const SHIPS: [&str; 4] = ["prod", "production", "release", "deploy"];

/// What files and stages are there for.
pub(super) struct Purpose<'a> {
    repository: &'a Repository,
    sources: &'a Sources,
    dockerfiles: HashMap<SourceId, (&'a JudgedFile, Option<bool>)>,
    /// What services are told to run for.
    modes: modes::Modes,
    /// The files that begin with a comment that says so.
    said: HashSet<SourceId>,
    /// The services that start a server which watches the sources.
    watching: HashSet<(SourceId, String)>,
    /// The places of production among paths, with `*` there.
    production: HashSet<String>,
    /// The releases of each path that differs in nothing else, in order.
    releases: HashMap<String, Vec<Vec<u32>>>,
}

impl<'a> Purpose<'a> {
    pub(super) fn new(repository: &'a Repository, sources: &'a Sources) -> Self {
        let files = repository.dockerfiles.iter();
        let mut releases: HashMap<String, Vec<Vec<u32>>> = HashMap::new();
        for (key, numbers) in files.clone().filter_map(|file| release(&file.file.path)) {
            releases.entry(key).or_default().push(numbers);
        }
        releases.values_mut().for_each(|all| all.sort());
        Self {
            modes: modes::Modes::of(repository),
            said: comment::said(repository, sources),
            watching: watching(repository),
            production: beside::production(repository),
            releases,
            repository,
            sources,
            dockerfiles: files.map(|file| (file.file.source, (file, None))).collect(),
        }
    }

    /// Whether every service of a name is in a Compose file of development or tests.
    pub(super) fn is_run_for_tests(&self, service: &str) -> bool {
        let containers = self.repository.containers.iter();
        let mut all = containers.filter(|container| container.name == service).peekable();
        all.peek().is_some() && all.all(|container| says_so(self.sources.path(container.span)))
    }

    /// Whether a place is in a file that begins with a comment about tests or development.
    pub(super) fn is_said_to_be(&self, place: Span) -> bool {
        self.said.contains(&place.source)
    }

    /// Whether a service starts a server that watches the sources.
    pub(super) fn watches(&self, place: Span, service: &str) -> bool {
        self.watching.contains(&(place.source, service.to_owned()))
    }

    /// Whether a place is in a Dockerfile of a release that at least three newer ones stand beside.
    pub(super) fn is_superseded(&self, place: Span) -> bool {
        let Some((key, own)) = release(self.sources.path(place)) else {
            return false;
        };
        let all = self.releases.get(&key).map_or(&[][..], Vec::as_slice);
        all.len().saturating_sub(all.partition_point(|other| *other <= own)) > 2
    }

    /// Whether a place is one of development or tests: by its path, its stage, by the Compose files that build it, by what it starts, a
    /// comment, or the files beside it.
    pub(super) fn is_development(&mut self, place: Span) -> bool {
        let path = self.sources.path(place);
        let is_at_home = || beside::places(path, &["local"]).any(|place| self.production.contains(&place));
        self.is_said_to_be(place) || is_at_home() || self.never_ships(place)
    }

    /// The same, but only what is shown of the place itself, for what is an error elsewhere: it is in a file of development that no other
    /// file deploys, in a stage that nothing ships, or its own service is told so. Anybody can write a comment, a command or another service beside a secret.
    pub(super) fn is_surely_development(&self, place: Span, about: Option<&str>) -> bool {
        let path = self.sources.path(place);
        let file = self.dockerfiles.get(&place.source);
        says_so(path) && !self.is_deployed(path)
            || about.is_some_and(|about| self.modes.is_told(place.source, about))
            || file.is_some_and(|(file, _)| stage_is_unused(file, place))
    }

    /// Whether a service builds a Dockerfile from a Compose file that is not for tests, examples or development itself: then its folder only
    /// has such a name.
    pub(super) fn is_deployed(&self, path: &str) -> bool {
        let containers = self.repository.containers.iter();
        let mut services = containers.filter(|container| container.set.is_some());
        services
            .any(|container| container.dockerfile() == Some(path) && !is_for_others(self.sources.path(container.span)))
    }

    /// Whether a place is in a file, a stage or an image that only developers use.
    fn never_ships(&mut self, place: Span) -> bool {
        if says_so(self.sources.path(place)) || self.modes.is_developed(place.source) {
            return true;
        }
        let Some((file, known)) = self.dockerfiles.get_mut(&place.source) else {
            return false;
        };
        let (repository, sources) = (self.repository, self.sources);
        stage_never_ships(file, place)
            || starts_for_development(file)
            || *known.get_or_insert_with(|| only_developers_build(file, repository, sources))
    }
}

/// The services whose own command starts a server that watches the sources.
fn watching(repository: &Repository) -> HashSet<(SourceId, String)> {
    let services = repository.sets.iter().flat_map(|set| &set.services);
    let watches = services.filter(|service| {
        let commands = [&service.entrypoint, &service.command].into_iter();
        commands
            .filter_map(|command| command.value())
            .any(|words| starts_one(&words.join(" "), &SERVERS))
    });
    watches
        .map(|service| (service.name.span.source, service.name.value.clone()))
        .collect()
}

/// What starts a server that watches the sources.
const SERVERS: [&str; 10] = [
    "run dev",
    "pnpm dev",
    "yarn dev",
    "next dev",
    "start:dev",
    "nodemon",
    "--reload",
    "ng serve",
    "webpack serve",
    "webpack-dev-server",
];

/// What builds: an image that starts it is one for builds.
const BUILDS: [&str; 3] = ["npm run build", "yarn build", "pnpm build"];

/// Whether a command line has one of these, as whole words.
fn starts_one(line: &str, commands: &[&str]) -> bool {
    let line = format!(" {line} ");
    commands.iter().any(|command| line.contains(&format!(" {command} ")))
}

/// Whether what a Dockerfile makes starts a server that watches the sources, or a build: nobody ships one.
fn starts_for_development(file: &JudgedFile) -> bool {
    let stage = file.plan.shipped();
    let commands = stage
        .into_iter()
        .flat_map(|stage| [stage.entrypoint.value(), stage.cmd.value()]);
    commands.flatten().any(|command| {
        let words: Vec<&str> = command.words.iter().map(|word| word.value.as_str()).collect();
        let text = match words.is_empty() {
            true => command.text.text.clone(),
            false => words.join(" "),
        };
        // `start-dev.sh`.
        let mut scripts = text
            .split_whitespace()
            .filter_map(|word| word.rsplit('/').next()?.strip_suffix(".sh"));
        starts_one(&text, &SERVERS)
            || scripts.any(|script| script.split(['-', '_', '.']).any(|word| word == "dev"))
            || BUILDS.contains(&text.trim())
    })
}

/// Whether the stage that a place lies in is one of development, or only such ones stand on it, and none that ships does.
fn stage_never_ships(file: &JudgedFile, place: Span) -> bool {
    let Some((own, users)) = stage_and_users(file, place) else {
        return false;
    };
    let is_meant = is_named_so(file, own) || !users.is_empty();
    is_meant && users.into_iter().all(|user| is_named_so(file, user))
}

/// Whether the stage that a place lies in is one of development by its name, and nothing at all ships it.
fn stage_is_unused(file: &JudgedFile, place: Span) -> bool {
    stage_and_users(file, place).is_some_and(|(own, users)| is_named_so(file, own) && users.is_empty())
}

/// The stage that a place lies in, and what ships of those that stand on it: targets of services, and the last one.
fn stage_and_users(file: &JudgedFile, place: Span) -> Option<(usize, Vec<usize>)> {
    let stages = &file.plan.stages;
    let holds = |index: &usize| {
        let stage = stages.get(*index);
        stage.is_some_and(|stage| stage.from.start <= place.start)
    };
    let own = (0..stages.len()).rev().find(holds)?;
    let last = stages.len().checked_sub(1);
    let stands = |stage: &usize| file.plan.lineage(*stage).contains(&own);
    Some((own, file.shipped.iter().copied().chain(last).filter(stands).collect()))
}

/// Whether the name of a stage is one of development.
fn is_named_so(file: &JudgedFile, stage: usize) -> bool {
    let name = file.plan.stages.get(stage).and_then(|stage| stage.name.as_ref());
    name.is_some_and(|name| says_so(&name.value))
}

/// Whether Compose files and targets of development are all that build a Dockerfile, and it is not the one that ships all the same.
fn only_developers_build(file: &JudgedFile, repository: &Repository, sources: &Sources) -> bool {
    let builds = |container: &&Container| match &container.image {
        ImageSource::Built { file: other, .. } => {
            container.kind == ContainerKind::Service && Arc::ptr_eq(other, &file.file)
        }
        _ => false,
    };
    let mut all = repository.containers.iter().filter(builds).peekable();
    if all.peek().is_none() || !all.all(|container| says_so(sources.path(container.span))) {
        return false;
    }
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let own = name(&file.file.path);
    let is_sibling = |other: &&JudgedFile| {
        let other = name(&other.file.path);
        other.starts_with(own.as_str()) && other.split(['.', '-', '_']).any(|word| SHIPS.contains(&word))
    };
    !matches!(own.as_str(), "dockerfile" | "containerfile")
        || repository.dockerfiles.iter().any(|other| is_sibling(&other))
}

/// Whether a path or a name is one of development or tests: a folder, or a part of the name.
pub(super) fn says_so(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let is_dockerfile = ["dockerfile", "containerfile"].iter().any(|word| name.contains(word));
    let is_at_home = is_dockerfile && is_of(&name, &["local", "docs", "doc"]);
    is_at_home || path.starts_with(".github/") || is_of(path, &WORDS)
}

/// Whether a path is one of tests, of examples or of development.
pub(super) fn is_for_others(path: &str) -> bool {
    is_of(path, &JOBS) || is_of(path, &EXAMPLES) || says_so(path)
}

/// Whether a folder on the way, by its whole name, holds tests and what they need. A product may have such a word in its name.
pub(super) fn is_of_tests(path: &str) -> bool {
    const FOLDERS: [&str; 17] = [
        "__tests__",
        "ci",
        "e2e",
        "examples",
        "example",
        "fixtures",
        "integration-tests",
        "integration_tests",
        "it",
        "mocks",
        "samples",
        "spec",
        "test",
        "test-data",
        "testdata",
        "testing",
        "tests",
    ];
    let mut folders = path.split('/').rev().skip(1);
    folders.any(|folder| FOLDERS.contains(&folder.to_ascii_lowercase().as_str()) || ends_with_tests(folder))
}

/// Whether one of these words is a part of a path or a name.
pub(super) fn is_of(path: &str, words: &[&str]) -> bool {
    let is = |word: &str| words.contains(&word.to_ascii_lowercase().as_str());
    path.split(['/', '.', '-', '_'])
        .any(|word| is(word) || ends_with_tests(word) && words.contains(&"tests"))
}

/// Whether a name in camel case ends with what it is for: `integrationTests`. Other words at other places say less.
fn ends_with_tests(word: &str) -> bool {
    let before = word.strip_suffix("Tests").and_then(|before| before.chars().last());
    before.is_some_and(|letter| letter.is_ascii_lowercase())
}

/// A path without the folder that names a release in it, and the release: `v1.9/alpine/Dockerfile` is 1.9 of `*/alpine/Dockerfile`.
fn release(path: &str) -> Option<(String, Vec<u32>)> {
    let parts: Vec<&str> = path.split('/').collect();
    let (_, folders) = parts.split_last()?;
    let (at, numbers) = folders.iter().enumerate().find_map(|(at, folder)| {
        let digits = folder.strip_prefix('v').unwrap_or(folder);
        // `flex-3.11` beside `flex-3.12`.
        let named = digits.split_once('-').filter(|(_, rest)| rest.contains('.'));
        let digits = named.map_or(digits, |(_, rest)| rest);
        let numbers: Option<Vec<u32>> = digits.split('.').map(|number| number.parse().ok()).collect();
        Some((at, numbers?))
    })?;
    let rest: Vec<&str> = parts
        .iter()
        .enumerate()
        .map(|(index, part)| if index == at { "*" } else { part })
        .collect();
    Some((rest.join("/"), numbers))
}

#[cfg(test)]
mod tests;

//! What never ships weighs less: sizes, tags, users and limits in files and stages for development and tests are notes, unless
//! somebody asks for more. So does what is little beside an error of the same service.

use crate::build::JudgedFile;
use crate::config::Config;
use crate::container::{Container, ContainerKind, ImageSource};
use crate::finding::{Finding, Severity};
use crate::report::Reported;
use crate::repository::Repository;
use crate::rules::Group;
use crate::source::{SourceId, Sources, Span};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Words of a path or of a stage's name that say so.
const WORDS: [&str; 30] = [
    "dev",
    "devel",
    "develop",
    "developer",
    "devcontainer",
    "development",
    "devtools",
    "debug",
    "codesandbox",
    "gitpod",
    "test",
    "tests",
    "testing",
    "testbed",
    "acceptance",
    "functional",
    "e2e",
    "ci",
    "integration",
    "qa",
    "cov",
    "coverage",
    "builder",
    "builders",
    "packaging",
    "dpkg",
    "lint",
    "linter",
    "mock",
    "mocks",
];

/// Those of them that say that nothing but a job runs it, and for minutes.
const JOBS: [&str; 9] = [
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
const EXAMPLES: [&str; 6] = ["example", "examples", "sample", "samples", "demo", "template"];

/// The rules that say nothing of use about what only such a job starts: nobody reaches it there.
const DOORS: [&str; 2] = ["guessable-credential", "port-on-every-interface"];

/// Words of a Dockerfile beside which the others are not what ships.
const SHIPS: [&str; 4] = ["prod", "production", "release", "deploy"];

/// The rules beside those of size and reproducibility that say nothing of use about what never ships.
const OTHERS: [&str; 21] = [
    "build-context-above-budget",
    "capabilities-kept",
    "dangerous-capability",
    "executable-tmpfs",
    "exposed-secret-file",
    "host-namespace",
    "ineffective-capability",
    "masked-failure",
    "missing-copy-source",
    "missing-cpu-limit",
    "missing-healthcheck",
    "missing-memory-limit",
    "missing-pids-limit",
    "privilege-escalation-allowed",
    "root-user",
    "secret-in-environment",
    "stale-package-index",
    "tmpfs-without-size",
    "unbounded-log",
    "unverified-download",
    "writable-root",
];

/// What gives a service the host, and what is little beside it.
const GREAT: [&str; 4] = [
    "dangerous-capability",
    "engine-socket-mounted",
    "host-namespace",
    "privileged-service",
];
const LITTLE: [&str; 7] = [
    "capabilities-kept",
    "dangerous-capability",
    "privilege-escalation-allowed",
    "root-group",
    "root-user",
    "sensitive-host-path",
    "writable-root",
];

/// Makes notes of the warnings of these kinds. What Compose, the builder or the engine refuse or misread, what opens a door to others,
/// and rules whose weight is configured are left as they are.
pub(crate) fn soften(findings: &mut [Reported], repository: &Repository, config: &Config, sources: &Sources) {
    // What is said of the image of a service stands in a Dockerfile, and else in the same file.
    let mut great: HashSet<(Option<SourceId>, String)> = HashSet::new();
    for reported in findings.iter() {
        let is_great = reported.severity == Severity::Error && GREAT.contains(&reported.rule.name);
        if let Some(about) = reported.about.as_ref().filter(|_| is_great) {
            great.insert((Some(reported.finding.span.source), about.clone()));
            great.insert((None, about.clone()));
        }
    }
    // Who has every device has these folders.
    let all_devices: HashSet<(SourceId, Option<String>)> = findings
        .iter()
        .filter(|reported| reported.rule.name == "privileged-service" && reported.severity == Severity::Error)
        .map(|reported| (reported.finding.span.source, reported.about.clone()))
        .collect();
    for reported in findings
        .iter_mut()
        .filter(|reported| reported.rule.name == "sensitive-host-path")
    {
        let is_devices = ["/dev", "/sys", "/proc"]
            .iter()
            .any(|path| reported.finding.aspect.ends_with(&format!(" {path}")));
        let key = (reported.finding.span.source, reported.about.clone());
        if is_devices && all_devices.contains(&key) && !config.rules.contains_key("sensitive-host-path") {
            reported.severity = Severity::Note;
        }
    }
    // Whoever guesses the password of an open port is told once.
    let guessed =
        |reported: &&Reported| reported.rule.name == "guessable-credential" && reported.severity > Severity::Note;
    let mut known: HashSet<(Option<SourceId>, Option<String>)> = HashSet::new();
    for reported in findings.iter().filter(guessed) {
        let source = reported.finding.span.source;
        // It may be in a file of variables of the service.
        let is_compose = sources.path(reported.finding.span).ends_with(".yml")
            || sources.path(reported.finding.span).ends_with(".yaml");
        known.insert((Some(source).filter(|_| is_compose), reported.about.clone()));
    }
    // What keeps a probe from working is said once.
    let probed = |reported: &&Reported| reported.rule.name == "healthcheck-never-healthy";
    let probed: HashSet<(SourceId, Option<String>)> = findings
        .iter()
        .filter(probed)
        .map(|reported| (reported.finding.span.source, reported.about.clone()))
        .collect();
    let mut purpose = Purpose::new(repository, sources);
    errors(findings, config, sources);
    let can_soften = |reported: &&mut Reported| {
        reported.severity == Severity::Warning && !config.rules.contains_key(reported.rule.name)
    };
    for reported in findings.iter_mut().filter(can_soften) {
        let rule = reported.rule;
        let is_little = LITTLE.contains(&rule.name)
            && reported.about.as_ref().is_some_and(|about| {
                let source = reported.finding.span.source;
                let file = Some(source).filter(|source| !purpose.dockerfiles.contains_key(source));
                great.contains(&(file, about.clone()))
            });
        let fits = matches!(rule.group, Group::Size | Group::Reproducible) || OTHERS.contains(&rule.name);
        // A budget that somebody chose is an error, and theirs everywhere.
        let is_of_service = || reported.about.as_deref().is_some_and(says_so);
        let never_ships = fits && (purpose.is_development(reported.finding.span) || is_of_service());
        let is_behind_doors = DOORS.contains(&rule.name) && is_of(sources.path(reported.finding.span), &JOBS);
        // What the newer releases beside it have as well is said there.
        let fits_old = fits && !OTHERS.contains(&rule.name) || matches!(rule.name, "root-user" | "unverified-download");
        let is_old = fits_old && purpose.is_superseded(reported.finding.span);
        let (source, about) = (reported.finding.span.source, reported.about.clone());
        let is_told = match rule.name {
            "port-on-every-interface" => {
                known.contains(&(None, about.clone())) || known.contains(&(Some(source), about.clone()))
            }
            "malformed-exec-form" => {
                reported.finding.aspect == "healthcheck.test" && probed.contains(&(source, about.clone()))
            }
            _ => false,
        };
        // What people are to put there themselves.
        let path = sources.path(reported.finding.span);
        let is_theirs =
            rule.name == "missing-bind-source" && is_of(path, &EXAMPLES) && names_a_folder(&reported.finding);
        if is_little || never_ships || is_behind_doors || is_old || is_told || is_theirs {
            reported.severity = Severity::Note;
        }
    }
}

/// What is an error elsewhere and not in what only a job of tests builds: files that it makes before, and keys of an image that nobody
/// gets.
fn errors(findings: &mut [Reported], config: &Config, sources: &Sources) {
    let is_error = |reported: &&mut Reported| {
        reported.severity == Severity::Error && !config.rules.contains_key(reported.rule.name)
    };
    for reported in findings.iter_mut().filter(is_error) {
        let path = sources.path(reported.finding.span);
        match reported.rule.name {
            "missing-copy-source" if is_of(path, &JOBS) => reported.severity = Severity::Note,
            "secret-in-image" if says_so(path) => reported.severity = Severity::Warning,
            // An editor's container is there for debuggers.
            "confinement-disabled" if path.starts_with(".devcontainer/") || path.contains("/.devcontainer/") => {
                reported.severity = Severity::Note;
            }
            _ => {}
        }
    }
}

/// Whether what a mount lacks is a folder, by the name that the finding has for it.
fn names_a_folder(finding: &Finding) -> bool {
    let name = finding.aspect.rsplit('/').next().unwrap_or("");
    !name.is_empty() && !name.contains('.')
}

/// What files and stages are there for.
struct Purpose<'a> {
    repository: &'a Repository,
    sources: &'a Sources,
    dockerfiles: HashMap<SourceId, (&'a JudgedFile, Option<bool>)>,
    /// The releases of each path that differs in nothing else, in order.
    releases: HashMap<String, Vec<Vec<u32>>>,
}

impl<'a> Purpose<'a> {
    fn new(repository: &'a Repository, sources: &'a Sources) -> Self {
        let files = repository.dockerfiles.iter();
        let mut releases: HashMap<String, Vec<Vec<u32>>> = HashMap::new();
        for (key, numbers) in files.clone().filter_map(|file| release(&file.file.path)) {
            releases.entry(key).or_default().push(numbers);
        }
        releases.values_mut().for_each(|all| all.sort());
        Self {
            releases,
            repository,
            sources,
            dockerfiles: files.map(|file| (file.file.source, (file, None))).collect(),
        }
    }

    /// Whether a place is in a Dockerfile of a release that at least three newer ones stand beside.
    fn is_superseded(&self, place: Span) -> bool {
        let Some((key, own)) = release(self.sources.path(place)) else {
            return false;
        };
        let all = self.releases.get(&key).map_or(&[][..], Vec::as_slice);
        all.len().saturating_sub(all.partition_point(|other| *other <= own)) > 2
    }

    /// Whether a place is one of development or tests: by its path, its stage, or by the Compose files that build it.
    fn is_development(&mut self, place: Span) -> bool {
        if says_so(self.sources.path(place)) {
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

/// Whether what a Dockerfile makes starts a server that watches the sources: nobody ships one.
fn starts_for_development(file: &JudgedFile) -> bool {
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
        SERVERS.iter().any(|server| text.contains(server))
    })
}

/// Whether the stage that a place lies in is one of development, or only such ones stand on it, and none that ships does.
fn stage_never_ships(file: &JudgedFile, place: Span) -> bool {
    let stages = &file.plan.stages;
    let holds = |index: &usize| {
        let stage = stages.get(*index);
        stage.is_some_and(|stage| stage.from.start <= place.start)
    };
    let named = |index: usize| {
        let name = stages.get(index).and_then(|stage| stage.name.as_ref());
        name.is_some_and(|name| says_so(&name.value))
    };
    let Some(own) = (0..stages.len()).rev().find(holds) else {
        return false;
    };
    let last = stages.len().checked_sub(1);
    let stands = |stage: &usize| file.plan.lineage(*stage).contains(&own);
    let users: Vec<usize> = file.shipped.iter().copied().chain(last).filter(stands).collect();
    let is_meant = named(own) || !users.is_empty();
    is_meant && users.into_iter().all(named)
}

/// Whether Compose files and targets of development are all that build a Dockerfile, and it is not the one that ships all the same.
fn only_developers_build(file: &JudgedFile, repository: &Repository, sources: &Sources) -> bool {
    let builds = |container: &&Container| match &container.image {
        ImageSource::Built { file: other, .. } => {
            container.kind == ContainerKind::Service && Rc::ptr_eq(other, &file.file)
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
fn says_so(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let is_dockerfile = ["dockerfile", "containerfile"].iter().any(|word| name.contains(word));
    let is_at_home = is_dockerfile && is_of(&name, &["local", "docs", "doc"]);
    is_at_home || is_of(path, &WORDS)
}

fn is_of(path: &str, words: &[&str]) -> bool {
    path.split(['/', '.', '-', '_'])
        .any(|word| words.contains(&word.to_ascii_lowercase().as_str()))
}

/// A path without the folder that names a release in it, and the release: `v1.9/alpine/Dockerfile` is 1.9 of `*/alpine/Dockerfile`.
fn release(path: &str) -> Option<(String, Vec<u32>)> {
    let parts: Vec<&str> = path.split('/').collect();
    let (_, folders) = parts.split_last()?;
    let (at, numbers) = folders.iter().enumerate().find_map(|(at, folder)| {
        let digits = folder.strip_prefix('v').unwrap_or(folder);
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
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_a_release() {
        assert_eq!(
            release("v1.9/alpine/Dockerfile"),
            Some(("*/alpine/Dockerfile".to_owned(), vec![1, 9]))
        );
        assert_eq!(
            release("images/12/web/Dockerfile"),
            Some(("images/*/web/Dockerfile".to_owned(), vec![12]))
        );
        assert_eq!(release("web/Dockerfile.1.2"), None);
        assert_eq!(release("v2x/Dockerfile"), None);
    }

    #[test]
    fn words_of_a_path_say_what_a_file_is_for() {
        for path in [
            ".devcontainer/Dockerfile",
            "Dockerfile.dev",
            "docker-compose-dev.yml",
            "docker/tests/Dockerfile",
            "compose.ci.yaml",
            "dev-tools/Dockerfile",
            "x/.codesandbox/Dockerfile",
            ".gitpod.Dockerfile",
            "Dockerfile-js-testbed",
            "fpm-dev",
            "docs.Dockerfile",
            "Dockerfile.local",
        ] {
            assert!(says_so(path), "{path}");
        }
        for path in [
            "Dockerfile",
            "device/Dockerfile",
            "contest/compose.yaml",
            "docker-compose.prod.yml",
            "latest/Dockerfile",
            "agent/sandbox/Dockerfile",
            "docs/compose.yaml",
            "docker-compose.local.yml",
        ] {
            assert!(!says_so(path), "{path}");
        }
    }
}

//! What never ships weighs less: sizes, tags, users and limits in files and stages for development and tests are notes, unless
//! somebody asks for more.

use super::purpose::{EXAMPLES, JOBS, Purpose, is_of, is_of_tests, says_so};
use crate::config::Config;
use crate::finding::{Finding, Severity};
use crate::report::Reported;
use crate::repository::Repository;
use crate::rules::Group;
use crate::source::Sources;

/// Words of what a measurement starts, for minutes as well.
const RUNS: [&str; 3] = ["bench", "benchmark", "benchmarks"];

/// The rules that say nothing of use about what only such a job starts: nobody reaches it there.
const DOORS: [&str; 2] = ["guessable-credential", "port-on-every-interface"];

/// The rules beside those of size and reproducibility that say nothing of use about what never ships.
const OTHERS: [&str; 22] = [
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
    "step-without-effect",
    "tmpfs-without-size",
    "unbounded-log",
    "unverified-download",
    "writable-root",
];

/// Makes notes of the warnings of these kinds. What Compose, the builder or the engine refuse or misread, what opens a door to others,
/// and rules whose weight is configured are left as they are.
pub(crate) fn soften(findings: &mut [Reported], repository: &Repository, config: &Config, sources: &Sources) {
    super::lesser::soften(findings, repository, config, sources);
    let mut purpose = Purpose::new(repository, sources);
    errors(findings, &purpose, config, sources);
    let can_soften = |reported: &&mut Reported| {
        reported.severity == Severity::Warning && !config.rules.contains_key(reported.rule.name)
    };
    for reported in findings.iter_mut().filter(can_soften) {
        let (rule, place) = (reported.rule, reported.finding.span);
        let path = sources.path(place);
        let fits = matches!(rule.group, Group::Size | Group::Reproducible) || OTHERS.contains(&rule.name);
        // A budget that somebody chose is an error, and theirs everywhere.
        let is_of_service = || {
            reported
                .about
                .as_deref()
                .is_some_and(|about| says_so(about) || purpose.watches(place, about) || purpose.is_run_for_tests(about))
        };
        let never_ships = fits && (is_of_service() || purpose.is_development(place));
        // An editor's container is the developer's own: so are the keys.
        let is_of_editor = rule.name == "sensitive-host-path" && is_of_editor(path);
        let is_behind_doors =
            DOORS.contains(&rule.name) && (is_of(path, &JOBS) || is_of(path, &RUNS) || purpose.is_said_to_be(place));
        // What the newer releases beside it have as well is said there.
        let fits_old = fits && !OTHERS.contains(&rule.name) || matches!(rule.name, "root-user" | "unverified-download");
        let is_old = fits_old && purpose.is_superseded(place);
        // What people are to put there themselves.
        let is_of_examples = || is_of(path, &EXAMPLES);
        let is_theirs = rule.name == "missing-bind-source" && is_of_examples() && names_a_folder(&reported.finding)
            || matches!(rule.name, "secret-in-environment" | "version-control-in-image") && is_of_examples();
        let is_plain = fits && !OTHERS.contains(&rule.name) && rule.name != "unsupported-base-image";
        let is_of_example = (is_plain || rule.name == "root-user") && is_of_examples();
        let is_of_builder = rule.group == Group::Size && names_a_builder(path);
        if never_ships
            || is_behind_doors
            || is_old
            || is_theirs
            || is_of_example
            || is_of_builder
            || is_of_editor
            || fits && is_put_aside(path)
        {
            reported.severity = Severity::Note;
        }
    }
    super::lesser::once(findings, repository, config, sources);
}

/// What is an error elsewhere and not in what only a job of tests builds: files that it makes before, and keys of an image that nobody
/// gets.
fn errors(findings: &mut [Reported], purpose: &Purpose<'_>, config: &Config, sources: &Sources) {
    let is_error = |reported: &&mut Reported| {
        reported.severity == Severity::Error && !config.rules.contains_key(reported.rule.name)
    };
    for reported in findings.iter_mut().filter(is_error) {
        let (path, about) = (sources.path(reported.finding.span), reported.about.as_deref());
        match reported.rule.name {
            // Digits that nothing tells from a key of development but where they are.
            "secret-in-environment"
                if reported.finding.raised.is_some() && purpose.is_surely_development(reported.finding.span, about) =>
            {
                reported.severity = Severity::Note;
            }
            "missing-copy-source" if is_of(path, &JOBS) => reported.severity = Severity::Note,
            "secret-in-image" if is_of_tests(path) && !purpose.is_deployed(path) => {
                reported.severity = Severity::Note;
            }
            // An editor's container is there for debuggers.
            "confinement-disabled" if is_of_editor(path) => {
                reported.severity = Severity::Note;
            }
            _ => {}
        }
    }
}

/// Whether a Dockerfile makes an image that builds, by its name: it is large for those who build only.
fn names_a_builder(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.contains("dockerfile") && is_of(&name, &["build", "builder"])
}

/// Whether a file sets up the container that an editor works in.
fn is_of_editor(path: &str) -> bool {
    path.starts_with(".devcontainer/") || path.contains("/.devcontainer/")
}

/// Whether a file is kept beside the one that took its place: `Dockerfile.old`.
fn is_put_aside(path: &str) -> bool {
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
    ending.is_some_and(|(_, ending)| matches!(ending, "bak" | "old" | "orig"))
}

/// Whether what a mount lacks is a folder, by the name that the finding has for it.
fn names_a_folder(finding: &Finding) -> bool {
    let name = finding.aspect.rsplit('/').next().unwrap_or("");
    !name.is_empty() && !name.contains('.')
}

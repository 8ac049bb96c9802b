//! What never ships weighs less: sizes, tags and users in files for development and tests are notes, unless somebody asks for more.

use crate::config::Config;
use crate::finding::Severity;
use crate::report::Reported;
use crate::rules::Group;
use crate::source::Sources;

/// Words of a path that say so.
const WORDS: [&str; 9] = [
    "dev",
    "devcontainer",
    "development",
    "test",
    "tests",
    "testing",
    "e2e",
    "ci",
    "integration",
];

/// Makes notes of the warnings about size, reproducibility and the user in such files. What Compose, the builder or the engine refuse or
/// misread, what opens a door to others, and rules whose weight is configured are left as they are.
pub(crate) fn soften(findings: &mut [Reported], config: &Config, sources: &Sources) {
    let softens = |reported: &&mut Reported| {
        let rule = reported.rule;
        let fits = matches!(rule.group, Group::Size | Group::Reproducible)
            || matches!(rule.name, "root-user" | "unverified-download");
        reported.severity == Severity::Warning && fits && !config.rules.contains_key(rule.name)
    };
    for reported in findings.iter_mut().filter(softens) {
        // A budget that somebody chose is theirs everywhere.
        if reported.finding.measured.is_none() && never_ships(sources.path(reported.finding.span)) {
            reported.severity = Severity::Note;
        }
    }
}

/// Whether a path is one of development or tests: a folder, or a part of the file's name.
fn never_ships(path: &str) -> bool {
    path.split(['/', '.', '-', '_'])
        .any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_path_say_what_a_file_is_for() {
        for path in [
            ".devcontainer/Dockerfile",
            "Dockerfile.dev",
            "docker-compose-dev.yml",
            "docker/tests/Dockerfile",
            "compose.ci.yaml",
        ] {
            assert!(never_ships(path), "{path}");
        }
        for path in [
            "Dockerfile",
            "device/Dockerfile",
            "contest/compose.yaml",
            "docker-compose.prod.yml",
            "latest/Dockerfile",
        ] {
            assert!(!never_ships(path), "{path}");
        }
    }
}

//! Whether a step empties a folder, in the many ways in which that is written.

use crate::build::RunStep;
use crate::parse::shell::{Command, Word};
use crate::resolve::glob::{Glob, has_wildcard};
use crate::values::path::clean;

/// How much of a folder a step removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Removed {
    /// Nothing of it, as far as can be seen.
    Nothing,
    /// Something in it.
    Something,
    /// All that counts.
    All,
}

/// What a step removes of `folder`, where a file that counts is called like `sample`; `braces` tells whether its shell
/// expands `{a,b}`.
pub(super) fn removed(step: &RunStep, folder: &str, sample: &str, braces: bool) -> Removed {
    let mut here = "/".to_owned();
    let mut most = Removed::Nothing;
    for command in step.commands() {
        match command.program() {
            Some("cd" | "pushd") => {
                if let Some(target) = command.arguments().iter().find(|word| !word.text.starts_with('-')) {
                    here = absolute(&here, &target.text);
                }
            }
            Some("rm" | "unlink") => {
                for word in operands(command) {
                    for path in spelled(word, braces) {
                        most = most.max(by_path(&absolute(&here, &path), folder, sample));
                    }
                }
            }
            Some("trap") => {
                let text = command.arguments().first().map_or("", |word| word.text.as_str());
                if text.contains("rm ") && text.contains(folder) {
                    most = Removed::All;
                }
            }
            _ => {}
        }
    }
    most
}

fn operands(command: &Command) -> impl Iterator<Item = &Word> {
    command.arguments().iter().filter(|word| !word.text.starts_with('-'))
}

/// A path from the root; one that is not known is as it is written.
fn absolute(here: &str, path: &str) -> String {
    if path.starts_with('/') {
        clean(path)
    } else {
        clean(&format!("{here}/{path}"))
    }
}

/// The paths that `a/{b,c}/d` stands for, for the first braces of a word.
fn spelled(word: &Word, braces: bool) -> Vec<String> {
    let text = word.text.as_str();
    let parts = text
        .split_once('{')
        .and_then(|(before, rest)| rest.split_once('}').map(|(inside, behind)| (before, inside, behind)))
        .filter(|(_, inside, _)| braces && !word.quoted && inside.contains(','));
    match parts {
        Some((before, inside, behind)) => inside
            .split(',')
            .take(100)
            .map(|one| format!("{before}{one}{behind}"))
            .collect(),
        None => vec![text.to_owned()],
    }
}

fn by_path(path: &str, folder: &str, sample: &str) -> Removed {
    let mut wanted = folder.trim_matches('/').split('/').chain([sample]);
    let mut written = path.trim_matches('/').split('/').filter(|part| !part.is_empty());
    let mut depth = 0;
    loop {
        let Some(part) = written.next() else {
            // A folder on the way, and all in it.
            return if depth > 0 { Removed::All } else { Removed::Nothing };
        };
        let Some(name) = wanted.next() else {
            return Removed::Something;
        };
        let is_it = part == name || has_wildcard(part) && Glob::new(part).is_some_and(|glob| glob.matches(name));
        if !is_it {
            return if name == sample { Removed::Something } else { Removed::Nothing };
        }
        depth += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{Removed, by_path};

    #[test]
    fn a_pattern_removes_what_it_matches() {
        let lists = |path: &str| by_path(path, "/var/lib/apt/lists", "deb.debian.org_debian_dists_trixie_main_Packages");
        for path in [
            "/var/lib/apt/lists/*",
            "/var/lib/apt/lists/*_*",
            "/var/lib/apt/lists/????*",
            "/var/lib/apt/*",
            "/var/lib/apt",
            "/var/*/apt/lists/*Packages",
        ] {
            assert_eq!(lists(path), Removed::All, "{path}");
        }
        assert_eq!(lists("/var/lib/apt/lists/*InRelease"), Removed::Something);
        assert_eq!(lists("/var/lib/apt/lists/partial"), Removed::Something);
        assert_eq!(lists("/var/lib/apt/*.bak"), Removed::Nothing);
        assert_eq!(lists("/var/cache/apt/*"), Removed::Nothing);
    }
}

//! Files of other people and of tests: what is found in them weighs a note at most, unless somebody outside uses them.

use crate::config::{ATTRIBUTES, Config, VENDORED};
use crate::container::ImageSource;
use crate::finding::Severity;
use crate::report::Reported;
use crate::repository::Repository;
use crate::source::{Sources, slashed};
use globset::{Glob, GlobMatcher};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// Which folders hold what is not the repository's own.
pub(crate) struct Vendored {
    folders: Vec<Folder>,
    attributes: Gitignore,
}

/// A name or a path of folders. Most are a plain text, and a pattern takes its time to be made.
enum Folder {
    Plain(String),
    Pattern(GlobMatcher),
}

impl Folder {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('/');
        if !text.contains(['*', '?', '[', ']', '{', '}', '\\', '!']) {
            return Some(Self::Plain(text.to_owned()));
        }
        // A pattern that is none was refused when the configuration was read.
        let glob = Glob::new(text).ok()?;
        Some(Self::Pattern(glob.compile_matcher()))
    }

    fn takes(&self, folder: &str) -> bool {
        let written = match self {
            Self::Plain(text) => text,
            Self::Pattern(glob) => glob.glob().glob(),
        };
        let name = folder.rsplit('/').next().unwrap_or(folder);
        let meant = if written.contains('/') { folder } else { name };
        match self {
            Self::Plain(text) => text == meant,
            Self::Pattern(glob) => glob.is_match(meant),
        }
    }
}

impl Vendored {
    /// The folders that the configuration names, else the usual ones. `attributes` is the text of the `.gitattributes` that
    /// counts; it does only where the configuration says so.
    pub(crate) fn new(config: &Config, attributes: &str) -> Self {
        let usual = || VENDORED.iter().filter_map(|name| Folder::read(name)).collect();
        let own = config.vendored.as_ref();
        let folders = own.map_or_else(usual, |own| {
            own.iter()
                .filter(|name| *name != ATTRIBUTES)
                .filter_map(|name| Folder::read(name))
                .collect()
        });
        Self {
            folders,
            attributes: if config.asks_attributes() {
                marked(attributes)
            } else {
                Gitignore::empty()
            },
        }
    }

    /// The folder that makes a file somebody else's, the uppermost one. For a file that is marked by itself, its own folder.
    fn folder(&self, path: &str) -> Option<String> {
        let ends = path.match_indices('/').map(|(end, _)| end);
        let found = ends
            .filter_map(|end| path.get(..end))
            .find(|folder| self.is_one(folder));
        found.map(str::to_owned).or_else(|| {
            let is_marked = self.attributes.matched_path_or_any_parents(path, false).is_ignore();
            is_marked.then(|| path.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned())
        })
    }

    fn is_one(&self, folder: &str) -> bool {
        self.folders.iter().any(|known| known.takes(folder))
    }

    /// Makes notes of what is found in such files, and counts them by folder. `paths` are those of the command line.
    pub(crate) fn cap(
        &self,
        findings: &mut [Reported],
        repository: &Repository,
        config: &Config,
        sources: &Sources,
        paths: &[PathBuf],
    ) -> BTreeMap<String, usize> {
        let used = self.used(repository);
        let named: Vec<&PathBuf> = paths
            .iter()
            .filter(|path| {
                let path = slashed(path);
                !path.is_empty() && (self.is_one(&path) || self.folder(&path).is_some())
            })
            .collect();
        let mut counts = BTreeMap::new();
        for reported in findings
            .iter_mut()
            .filter(|reported| reported.severity > Severity::Note)
        {
            let path = sources.path(reported.finding.span);
            let kept = config.never_ignore.iter().any(|rule| rule.value == reported.rule.name)
                || used.contains(path)
                || named.iter().any(|named| Path::new(path).starts_with(named));
            if !kept && let Some(folder) = self.folder(path) {
                reported.severity = Severity::Note;
                *counts.entry(folder).or_default() += 1;
            }
        }
        counts
    }

    /// What Compose sets outside of these folders build, include, extend or list.
    fn used(&self, repository: &Repository) -> HashSet<String> {
        let is_outside = |index: usize| {
            repository
                .sets
                .get(index)
                .is_some_and(|set| set.is_named || set.files.iter().any(|file| self.folder(&slashed(file)).is_none()))
        };
        let mut used = HashSet::new();
        for (index, set) in repository.sets.iter().enumerate() {
            if is_outside(index) {
                used.extend(set.read_files.iter().chain(&set.files).map(|file| slashed(file)));
            }
        }
        for container in &repository.containers {
            if let ImageSource::Built { file, .. } = &container.image
                && container.set.is_some_and(is_outside)
            {
                used.insert(file.path.clone());
            }
        }
        used
    }
}

/// What the lines of a `.gitattributes` mark as vendored; the last line that speaks of a path counts.
fn marked(text: &str) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for line in text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', '!', '[', '"']))
    {
        let mut words = line.split_whitespace();
        let Some(pattern) = words.next() else { continue };
        for word in words {
            let line = match word {
                "linguist-vendored" | "linguist-vendored=true" => pattern.to_owned(),
                "-linguist-vendored" | "!linguist-vendored" | "linguist-vendored=false" => format!("!{pattern}"),
                _ => continue,
            };
            // A line that cannot be read marks nothing.
            let _ = builder.add_line(None, &line);
        }
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(vendored: Option<&[&str]>, attributes: &str, path: &str) -> Option<String> {
        let config = Config {
            vendored: vendored.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            ..Config::default()
        };
        Vendored::new(&config, attributes).folder(path)
    }

    #[test]
    fn the_uppermost_folder_that_fits_is_the_one() {
        assert_eq!(
            folder(None, "", "a/vendor/b/fixtures/Dockerfile").as_deref(),
            Some("a/vendor")
        );
        assert_eq!(folder(None, "", "vendored/Dockerfile"), None);
        assert_eq!(folder(None, "", "vendor"), None);
        let own: &[&str] = &["samples", "legacy/*/old"];
        assert_eq!(
            folder(Some(own), "", "x/samples/a/Dockerfile").as_deref(),
            Some("x/samples")
        );
        assert_eq!(
            folder(Some(own), "", "legacy/1/old/Dockerfile").as_deref(),
            Some("legacy/1/old")
        );
        assert_eq!(folder(Some(own), "", "vendor/Dockerfile"), None);
        assert_eq!(folder(Some(&[]), "", "vendor/Dockerfile"), None);
    }

    #[test]
    fn attributes_count_where_they_are_asked_for_and_the_last_line_wins() {
        let text = "old/** linguist-vendored\nold/mine/** -linguist-vendored\nnew/** linguist-generated\n*.x.yaml linguist-vendored=true\n";
        let asked: &[&str] = &["gitattributes"];
        assert_eq!(folder(Some(asked), text, "old/a/Dockerfile").as_deref(), Some("old/a"));
        assert_eq!(folder(Some(asked), text, "a/b.x.yaml").as_deref(), Some("a"));
        assert_eq!(folder(Some(asked), text, "new/Dockerfile"), None);
        assert_eq!(folder(Some(&["vendor"]), text, "old/a/Dockerfile"), None);
        assert_eq!(folder(None, text, "old/a/Dockerfile"), None);
    }
}

//! What a change does to what the repository's scripts, makefiles, jobs and texts tell of how its files are used.

use super::{Workspace, elsewhere, made};
use crate::git::Changed;
use std::path::PathBuf;

/// Asked for, beside real paths, by whoever wants to know what is made: with other lines the answer could be another.
pub(super) const MADE: &str = "/what is made";
/// The same for the variables that are given values.
pub(super) const ASSIGNED: &str = "/what is assigned";

/// What is told otherwise than before.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Which files belong together, or how they are started: anything may rest on that.
    pub everything: bool,
    /// One that is too large to be looked at as it was.
    pub dark: Option<PathBuf>,
    /// The names under which units asked for the rest.
    pub paths: Vec<PathBuf>,
}

impl Told {
    /// What the paths of a change tell otherwise than before it.
    pub(crate) fn of(changed: &Changed, before: &Workspace, now: &Workspace) -> Self {
        let tracked = |side: &Workspace| {
            let tracked = side.tracked().cloned().unwrap_or_default();
            elsewhere::telling(changed.paths.iter().filter(|path| tracked.contains(*path)))
        };
        let (were, are) = (tracked(before), tracked(now));
        let differs = |tell: &dyn Fn(&Workspace, &[PathBuf]) -> String| tell(before, &were) != tell(now, &are);
        // Sets are in no order.
        let sorted = |all: Vec<String>| {
            let mut all = all;
            all.sort();
            all.join("\n")
        };
        let names = |all: std::collections::HashSet<String>| sorted(all.into_iter().collect());
        // Larger files of a base are written as nothing of their length.
        let is_dark = |path: &PathBuf| before.peek(path, 1).is_some_and(|start| start.starts_with('\0'));
        let is_seen = |path: &PathBuf| path.ends_with(".gitignore") || were.contains(path);
        // What is there at all, and which Dockerfiles a program fills a folder for.
        let decides = |path: &PathBuf| path.ends_with(".gitignore") || path.to_string_lossy().contains("goreleaser");
        let decides = changed.paths.iter().any(decides);
        let mut told = Self {
            dark: changed
                .paths
                .iter()
                .find(|path| is_seen(path) && is_dark(path))
                .cloned(),
            everything: decides
                || differs(&|side, files| names(elsewhere::joined(side, files)))
                || differs(&|side, files| names(elsewhere::deployed(side, files)))
                || differs(&|side, files| sorted(elsewhere::started(side, files).into_iter().map(names).collect()))
                || differs(&|side, files| elsewhere::is_said(side, files).to_string())
                || differs(&|side, files| elsewhere::builds_with_buildah(side, files).to_string()),
            paths: Vec::new(),
        };
        if differs(&|side, files| names(elsewhere::assigned(side, files))) {
            told.paths.push(PathBuf::from(ASSIGNED));
        }
        let lines =
            |side: &Workspace, files: &[PathBuf]| made::lines(side, files).into_iter().map(|(_, line)| line).collect();
        if differs(&|side, files| sorted(lines(side, files))) {
            told.paths.push(PathBuf::from(MADE));
        }
        told
    }
}

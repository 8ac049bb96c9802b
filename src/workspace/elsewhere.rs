//! What the repository's own scripts, makefiles and jobs say of how Compose is started: with `--project-directory` the paths of its files
//! start somewhere else, and variables that they set are set.

use super::Workspace;
use std::collections::HashSet;
use std::path::Path;

/// Files that are looked at, and bytes of each.
const MOST: usize = 300;
const WHOLE: u64 = 64 << 10;
/// Folders above such a file at most.
const DEPTH: usize = 3;

pub(super) fn is_said(workspace: &Workspace) -> bool {
    texts(workspace, |path| may_start(path) || is_job(path)).any(|text| text.contains("--project-directory"))
}

/// The files that a line starts Compose with beside another one (`-f a.yml -f b.yml`), as they are written there.
pub(super) fn joined(workspace: &Workspace) -> HashSet<String> {
    let mut found = HashSet::new();
    for text in texts(workspace, |path| may_start(path) || is_job(path)) {
        for line in text.lines().filter(|line| line.contains("compose")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let files = words.windows(2).filter(|pair| matches!(pair, ["-f" | "--file", _]));
            let files: Vec<String> = files.filter_map(|pair| pair.get(1)).map(|file| plain(file)).collect();
            if files.len() > 1 {
                found.extend(files);
            }
        }
    }
    found
}

/// A path of a command line, without quotes and what it begins with.
fn plain(word: &str) -> String {
    word.trim_matches(['"', '\'', '`']).trim_start_matches("./").to_owned()
}

/// The names that are given a value: `NAME=x`, `NAME: x`, `NAME ?= x`.
pub(super) fn assigned(workspace: &Workspace) -> HashSet<String> {
    let mut found = HashSet::new();
    for text in texts(workspace, |path| may_start(path) || is_job(path)) {
        for (at, _) in text.match_indices(['=', ':']) {
            let before = text.get(..at).unwrap_or("").trim_end_matches([' ', '?', ':', '+']);
            let start = before.rfind(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
            let name = before.get(start.map_or(0, |start| start + 1)..).unwrap_or("");
            if name.len() > 2
                && name.len() < 80
                && name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
            {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

/// The beginnings of the files that fit, those further up first.
fn texts(workspace: &Workspace, fits: impl Fn(&Path) -> bool) -> impl Iterator<Item = String> {
    let tracked = workspace.tracked().into_iter().flat_map(|tracked| tracked.iter());
    let mut files: Vec<&Path> = tracked.map(AsRef::as_ref).filter(|path| fits(path)).collect();
    files.sort_by_key(|path| (path.components().count(), *path));
    files
        .into_iter()
        .take(MOST)
        .filter_map(|path| workspace.peek(path, WHOLE))
}

/// Whether a file is a job of CI.
fn is_job(path: &Path) -> bool {
    path.starts_with(".github/workflows") || path == Path::new(".gitlab-ci.yml")
}

/// Whether a file may start Compose, by its name: a script, a makefile, or a text that tells people how to.
fn may_start(path: &Path) -> bool {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let fits = ending.is_none_or(|ending| matches!(ending.as_str(), "sh" | "bash" | "mk" | "md" | "just" | "ps1"));
    fits && path.components().count() <= DEPTH
}

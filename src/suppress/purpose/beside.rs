//! What is for the own machine, told by what production has beside it.

use crate::repository::Repository;
use crate::source::slashed;
use std::collections::HashSet;

/// What production has beside what is for the own machine: `images/*/` of `images/production/web/Dockerfile`, `compose.*.yml` of
/// `compose.prod.yml`.
pub(super) fn production(repository: &Repository) -> HashSet<String> {
    let files = repository.dockerfiles.iter().map(|file| file.file.path.clone());
    let sets = repository
        .sets
        .iter()
        .flat_map(|set| &set.files)
        .map(|file| slashed(file));
    files
        .chain(sets)
        .flat_map(|path| places(&path, &["prod", "production"]).collect::<Vec<_>>())
        .collect()
}

/// The places of a path that have one of these names, with `*` for it: up to the folder, or the whole path for a word of the file's name.
pub(super) fn places<'p>(path: &'p str, names: &'p [&str]) -> impl Iterator<Item = String> + 'p {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let starts = folder.split('/').scan(0, |start, part| {
        let at = *start;
        *start += part.len() + 1;
        Some((at, part))
    });
    let folders = starts.filter(|(_, part)| names.contains(part));
    let words: Vec<&str> = name.split('.').collect();
    let with_star = words.iter().any(|word| names.contains(word)).then(|| {
        let words = words.iter().map(|word| if names.contains(word) { "*" } else { word });
        format!("{folder}/{}", words.collect::<Vec<_>>().join("."))
    });
    folders
        .map(|(at, _)| format!("{}*/", path.get(..at).unwrap_or("")))
        .chain(with_star)
}

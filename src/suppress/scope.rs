//! What a change can affect. Everything is read and judged; this only decides what is reported.

use crate::container::ImageSource;
use crate::finding::Finding;
use crate::git::Changed;
use crate::repository::Repository;
use crate::source::Sources;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything, for the reason given.
    Full(String),
    /// What a change can affect.
    Changed {
        /// The files that the change touches, and the files that belong to the same Compose set.
        files: BTreeSet<String>,
        /// Containers whose Dockerfile or ignore file the change touches: their findings count wherever they stand.
        containers: BTreeSet<String>,
        /// What it was compared with.
        base: String,
    },
}

impl Scope {
    /// The scope of a change. A changed configuration widens it to everything.
    pub(crate) fn of(changed: &Changed, config: Option<&Path>, repository: &Repository) -> Self {
        if let Some(config) = config.filter(|config| changed.paths.contains(*config)) {
            return Scope::Full(format!("full: '{}' changed since {}", config.display(), changed.base));
        }
        let touched = |path: &Path| changed.paths.contains(path);
        let mut files: BTreeSet<String> = changed.paths.iter().map(|path| crate::source::slashed(path)).collect();
        for set in &repository.sets {
            let mut inputs = set
                .read_files
                .iter()
                .chain(&set.files)
                .cloned()
                .chain(set.given_files());
            if inputs.any(|path| touched(&path)) {
                files.extend(
                    set.files
                        .iter()
                        .chain(&set.read_files)
                        .map(|path| crate::source::slashed(path)),
                );
            }
        }
        let mut containers = BTreeSet::new();
        for container in &repository.containers {
            if let ImageSource::Built { file, .. } = &container.image {
                let folders = context_folders(container, repository);
                let inputs = build_inputs(&file.path, &folders);
                // What a build copies is below its context: sources, and files that were deleted.
                let in_context = |path: &PathBuf| folders.iter().any(|folder| path.starts_with(folder));
                if inputs.iter().any(|path| touched(path)) || changed.paths.iter().any(in_context) {
                    containers.insert(container.name.clone());
                    files.insert(file.path.clone());
                }
            }
        }
        Scope::Changed {
            files,
            containers,
            base: changed.base.clone(),
        }
    }

    /// Whether a finding is reported.
    pub(crate) fn holds(&self, finding: &Finding, about: Option<&str>, sources: &Sources) -> bool {
        match self {
            Scope::Full(_) => true,
            Scope::Changed { files, containers, .. } => {
                files.contains(sources.path(finding.span))
                    || about.is_some_and(|about| containers.contains(about))
                    || finding
                        .related
                        .iter()
                        .any(|related| files.contains(sources.path(related.span)))
            }
        }
    }

    /// The sentence for people.
    pub(crate) fn words(&self, judged: &BTreeSet<String>) -> String {
        match self {
            Scope::Full(words) => words.clone(),
            Scope::Changed { files, base, .. } => {
                let count = files.iter().filter(|file| judged.contains(*file)).count();
                match count {
                    0 => format!("changed since {base}: nothing in scope"),
                    1 => format!("changed since {base}: 1 file in scope"),
                    count => format!("changed since {base}: {count} files in scope"),
                }
            }
        }
    }
}

fn context_folders(container: &crate::container::Container, repository: &Repository) -> Vec<PathBuf> {
    repository
        .service(container)
        .and_then(|service| service.build.as_ref()?.folder.clone())
        .into_iter()
        .collect()
}

/// The files that decide a build besides what it copies: the Dockerfile and the ignore files.
fn build_inputs(dockerfile: &str, contexts: &[PathBuf]) -> Vec<PathBuf> {
    let mut inputs = vec![
        PathBuf::from(dockerfile),
        PathBuf::from(format!("{dockerfile}.dockerignore")),
    ];
    let folder = Path::new(dockerfile)
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default();
    inputs.extend(
        contexts
            .iter()
            .chain([&folder])
            .map(|folder| folder.join(".dockerignore")),
    );
    inputs
}

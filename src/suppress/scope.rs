//! What a change can reach. Everything is read; only this is judged and reported.

use crate::container::{Container, ImageSource};
use crate::discover;
use crate::git::Changed;
use crate::report::Reported;
use crate::repository::{Reach, Repository};
use crate::resolve::compose::project::Project;
use crate::source::{Sources, slashed};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything, for the reason given.
    Full(String),
    /// What a change can reach.
    Changed {
        /// The files that the change touches, and those that it changes the meaning of.
        files: BTreeSet<String>,
        /// Units that the change touches: their findings count wherever they stand.
        units: BTreeSet<String>,
        /// Compose files that hold such units: what is said there of no unit counts.
        around: BTreeSet<String>,
        /// Whether the change touches what everything is judged by.
        policy: bool,
        /// What it was compared with.
        base: String,
    },
}

impl Scope {
    /// The scope of a change. `policy` are the paths that were looked for to find out what everything is judged by.
    pub(crate) fn of(changed: &Changed, policy: &BTreeSet<PathBuf>, repository: &Repository) -> Self {
        let mut reached = Reached {
            files: changed.paths.iter().map(|path| slashed(path)).collect(),
            ..Reached::default()
        };
        reached.add_all(changed, repository);
        Scope::Changed {
            files: reached.files,
            units: reached.units,
            around: reached.around,
            policy: policy.iter().any(|path| changed.touches(path)),
            base: changed.base.clone(),
        }
    }

    /// Marks what is judged: all whose findings may be reported.
    pub(crate) fn mark(&self, repository: &mut Repository) {
        let Scope::Changed {
            files,
            units,
            around,
            policy: false,
            ..
        } = self
        else {
            return;
        };
        let files = files | around;
        let alternates = repository
            .alternates
            .iter_mut()
            .map(|alternate| &mut alternate.repository);
        for other in alternates {
            other.reach = Some(Reach::of(other, &files, units));
        }
        repository.reach = Some(Reach::of(repository, &files, units));
    }

    /// Everything counts, as for a change of the policy.
    pub(crate) fn take_everything(&mut self) {
        if let Scope::Changed { policy, .. } = self {
            *policy = true;
        }
    }

    /// Adds what the change reaches in a repository, as it is or as it was.
    pub(crate) fn widen(&mut self, changed: &Changed, repository: &Repository) {
        let Scope::Changed {
            files, units, around, ..
        } = self
        else {
            return;
        };
        let mut reached = Reached {
            files: std::mem::take(files),
            units: std::mem::take(units),
            around: std::mem::take(around),
        };
        reached.add_all(changed, repository);
        (*files, *units, *around) = (reached.files, reached.units, reached.around);
    }

    /// Whether a finding is reported.
    pub(crate) fn holds(&self, reported: &Reported, sources: &Sources) -> bool {
        let Scope::Changed {
            files,
            units,
            around,
            policy,
            ..
        } = self
        else {
            return true;
        };
        let finding = &reported.finding;
        let spans = finding.related.iter().map(|related| related.span).chain([finding.span]);
        // What could not be looked at may hide anything.
        *policy
            || reported.rule.name == "unreadable-input"
            || reported.about.as_ref().map_or_else(
                || around.contains(sources.path(finding.span)),
                |unit| units.contains(unit),
            )
            || spans.map(|span| sources.path(span)).any(|path| files.contains(path))
    }

    /// The sentence for people. `known` findings were there before the change.
    pub(crate) fn words(&self, judged: &BTreeSet<String>, known: usize) -> String {
        let (files, policy, base) = match self {
            Scope::Full(words) => return words.clone(),
            Scope::Changed {
                files, policy, base, ..
            } => (files, *policy, base),
        };
        let count = if policy {
            judged.len()
        } else {
            files.iter().filter(|file| judged.contains(*file)).count()
        };
        let words = match count {
            0 => format!("changed since {base}: nothing in scope"),
            1 => format!("changed since {base}: 1 file in scope"),
            count => format!("changed since {base}: {count} files in scope"),
        };
        match known {
            0 => words,
            1 => words + ", without 1 known finding",
            known => format!("{words}, without {known} known findings"),
        }
    }
}

/// What a change reaches.
#[derive(Default)]
struct Reached {
    files: BTreeSet<String>,
    units: BTreeSet<String>,
    around: BTreeSet<String>,
}

impl Reached {
    /// Adds what a change reaches, however the variables are set.
    fn add_all(&mut self, changed: &Changed, repository: &Repository) {
        let alternates = repository.alternates.iter().map(|alternate| &alternate.repository);
        for repository in alternates.chain([repository]) {
            self.add(changed, repository);
        }
    }

    /// Adds the sets, containers and Dockerfiles that a change reaches.
    fn add(&mut self, changed: &Changed, repository: &Repository) {
        let Self { files, units, around } = self;
        let is_reached: Vec<bool> = repository.sets.iter().map(|set| reaches(changed, set)).collect();
        for (set, _) in repository.sets.iter().zip(&is_reached).filter(|(_, reached)| **reached) {
            files.extend(set.files.iter().chain(&set.read_files).map(|path| slashed(path)));
        }
        for judged in &repository.dockerfiles {
            let context = judged.context.as_ref().map(|context| Path::new(&context.folder));
            let is_touched = changed.touches(Path::new(&judged.file.path))
            || judged.inputs.iter().any(|path| changed.touches(path))
            // What a build copies is below its context: sources, and files that were deleted.
            || context.is_some_and(|folder| changed.touches_below(folder));
            if is_touched {
                files.insert(judged.file.path.clone());
            }
        }
        // What a description of a build says of a Dockerfile is right or wrong by that one.
        let described = repository.recipes.iter().filter(|recipe| {
            let dockerfile = recipe.dockerfile.value();
            dockerfile.is_some_and(|path| changed.touches(path))
        });
        around.extend(described.map(|recipe| slashed(&recipe.file)));
        let mut made: BTreeSet<String> = BTreeSet::new();
        for container in &repository.containers {
            let in_set = container
                .set
                .and_then(|set| is_reached.get(set))
                .is_some_and(|reached| *reached);
            let dockerfile = match &container.image {
                ImageSource::Built { file, .. } => Some(&file.path),
                _ => None,
            };
            let service = repository.service(container);
            let folder = service.and_then(|service| service.build.as_ref()?.folder.clone());
            let is_built_anew = container.inputs.iter().any(|path| changed.touches(path))
                || dockerfile.is_some_and(|path| files.contains(path))
                || folder.is_some_and(|folder| changed.touches_below(&folder));
            if in_set || is_built_anew {
                units.insert(container.name.clone());
                // A service says which stage is built, and with which arguments.
                let set = container.set.and_then(|set| repository.sets.get(set));
                let is_written_anew = set.is_some_and(|set| rewrites(changed, set));
                files.extend(dockerfile.filter(|_| is_built_anew || is_written_anew).cloned());
                made.extend(service.and_then(|service| service.image.value()).cloned());
                around.extend(set.iter().flat_map(|set| &set.read_files).map(|path| slashed(path)));
            }
        }
        // Who starts an image that another service makes.
        let starts =
            |container: &&Container| matches!(&container.image, ImageSource::Named(name) if made.contains(&name.value));
        units.extend(
            repository
                .containers
                .iter()
                .filter(starts)
                .map(|container| container.name.clone()),
        );
    }
}

/// Whether a change can reach what a set says: by what was read or looked for, or by a file that Compose would now find, or no longer.
fn reaches(changed: &Changed, set: &Project) -> bool {
    rewrites(changed, set) || set.given_files().iter().any(|path| changed.touches(path))
}

/// The same without the files that only its containers get: what is built may be another image.
fn rewrites(changed: &Changed, set: &Project) -> bool {
    let given = set.given_files();
    let mut inputs = set.inputs.iter().filter(|path| !given.contains(path));
    let mut files = set.files.iter().chain(&set.read_files);
    if inputs.any(|path| changed.touches(path)) || files.any(|path| changed.touches(path)) {
        return true;
    }
    let folders: BTreeSet<&Path> = set.files.iter().filter_map(|file| file.parent()).collect();
    changed.paths.iter().any(|path| {
        let name = path
            .file_name()
            .is_some_and(|name| discover::is_looked_for(&name.to_string_lossy()));
        name && path.parent().is_some_and(|folder| folders.contains(folder))
    })
}

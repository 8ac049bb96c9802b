//! What a change leaves as it was: before it, it was the same, and need not be loaded again to tell what is new.

use super::{Made, Reach, Repository};
use crate::container::ImageSource;
use crate::resolve::compose::project::Project;
use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

/// Sets and Dockerfiles that nothing which is asked about rests on.
#[derive(Debug, Default)]
pub(crate) struct Quiet {
    /// The files of each set.
    sets: HashSet<Vec<PathBuf>>,
    /// Dockerfiles by their paths.
    dockerfiles: HashSet<PathBuf>,
    /// The names that they make.
    made: Made,
}

impl Quiet {
    /// All that is outside of this reach and that nothing in it names: what it builds is built by the same services on both sides, and so
    /// is what it is based on.
    pub(crate) fn of(repository: &Repository, reach: &Reach) -> Self {
        let mut sets: Vec<bool> = reach.sets.iter().map(|reached| !reached).collect();
        let mut dockerfiles: HashSet<&str> = HashSet::new();
        for (file, reached) in repository.dockerfiles.iter().zip(&reach.dockerfiles) {
            if !reached {
                dockerfiles.insert(&file.file.path);
            }
        }
        for (container, reached) in repository.containers.iter().zip(&reach.containers) {
            let is_of_reached = container.dockerfile().is_some_and(|path| !dockerfiles.contains(path));
            if let Some(quiet) = container.set.and_then(|set| sets.get_mut(set)) {
                *quiet &= !reached && !is_of_reached;
            }
        }
        // What makes an image that the rest names is not quiet, nor what that is made of; a pass for each link of such a chain.
        while let Some(further) = further(repository, &sets, &dockerfiles) {
            if let Some(quiet) = sets.get_mut(further.0) {
                *quiet = false;
            }
            for path in further.1 {
                dockerfiles.remove(path);
            }
        }
        let is_quiet = |(set, quiet): (&'_ Project, &bool)| quiet.then_some(set.files.clone());
        let kept = || repository.sets.iter().zip(&sets);
        let mut made = Made::by(kept().filter(|(_, quiet)| **quiet).map(|(set, _)| set));
        let files = repository.dockerfiles.iter();
        made.add_stages(files.filter(|file| dockerfiles.contains(file.file.path.as_str())));
        Self {
            sets: kept().filter_map(is_quiet).collect(),
            dockerfiles: dockerfiles.into_iter().map(PathBuf::from).collect(),
            made,
        }
    }

    /// Whether a set of these files is one of them.
    pub(crate) fn has_set(&self, files: &Vec<PathBuf>) -> bool {
        self.sets.contains(files)
    }

    /// Whether a Dockerfile is one of them.
    pub(crate) fn has_dockerfile(&self, path: &PathBuf) -> bool {
        self.dockerfiles.contains(path)
    }

    /// The names that they make.
    pub(crate) fn into_made(self) -> Made {
        self.made
    }
}

/// A quiet set that makes an image which something names that is not quiet, with the Dockerfiles of it.
fn further<'a>(
    repository: &'a Repository,
    sets: &[bool],
    dockerfiles: &HashSet<&str>,
) -> Option<(usize, BTreeSet<&'a str>)> {
    let is_quiet = |set: Option<usize>| set.and_then(|set| sets.get(set)).copied().unwrap_or(false);
    let containers = repository
        .containers
        .iter()
        .filter(|container| !is_quiet(container.set));
    let named = containers.filter_map(|container| match &container.image {
        ImageSource::Named(name) => Some(name.value.as_str()),
        _ => None,
    });
    let loud = repository
        .dockerfiles
        .iter()
        .filter(|file| !dockerfiles.contains(file.file.path.as_str()));
    let based = loud
        .flat_map(|file| file.plan.image_words())
        .filter_map(|word| Some(word.name.value()?.as_str()));
    let plain = |name: &'a str| name.strip_suffix(":latest").unwrap_or(name);
    let wanted: HashSet<&str> = named.chain(based).map(plain).collect();
    let makes = |set: &Project| {
        let built = set.services.iter().filter(|service| service.build.is_some());
        let mut images = built.filter_map(|service| service.image.value());
        images.any(|image| wanted.contains(image.strip_suffix(":latest").unwrap_or(image)))
    };
    let mut quiet = repository
        .sets
        .iter()
        .enumerate()
        .filter(|(index, _)| is_quiet(Some(*index)));
    let (index, _) = quiet.find(|(_, set)| makes(set))?;
    let of_it = repository
        .containers
        .iter()
        .filter(|container| container.set == Some(index));
    Some((index, of_it.filter_map(|container| container.dockerfile()).collect()))
}

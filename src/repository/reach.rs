//! What of a repository a change can reach. The rest is loaded, since what is reached may ask for it, and not judged.

use super::Repository;
use crate::build::JudgedFile;
use crate::container::Container;
use crate::resolve::compose::project::Project;
use crate::source::slashed;
use std::collections::BTreeSet;

/// For each set, container and Dockerfile whether it is judged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    sets: Vec<bool>,
    containers: Vec<bool>,
    dockerfiles: Vec<bool>,
}

impl Reach {
    /// What one of these files is a part of, and these units with what they are built from.
    pub(crate) fn of(repository: &Repository, files: &BTreeSet<String>, units: &BTreeSet<String>) -> Self {
        let has_file = |set: &Project| {
            let mut all = set.files.iter().chain(&set.read_files);
            all.any(|path| files.contains(&slashed(path)))
        };
        let sets: Vec<bool> = repository.sets.iter().map(has_file).collect();
        let is_reached = |container: &Container| {
            units.contains(&container.name)
                || container
                    .set
                    .and_then(|set| sets.get(set))
                    .is_some_and(|reached| *reached)
                || container.dockerfile().is_some_and(|path| files.contains(path))
        };
        let containers: Vec<bool> = repository.containers.iter().map(is_reached).collect();
        let judged = repository
            .containers
            .iter()
            .zip(&containers)
            .filter(|(_, reached)| **reached);
        let built: BTreeSet<&str> = judged.filter_map(|(container, _)| container.dockerfile()).collect();
        let is_file = |file: &JudgedFile| files.contains(&file.file.path) || built.contains(file.file.path.as_str());
        Self {
            dockerfiles: repository.dockerfiles.iter().map(is_file).collect(),
            containers,
            sets,
        }
    }
}

impl Repository {
    /// The containers that are judged, in their order.
    pub(crate) fn judged_containers(&self) -> impl Iterator<Item = &Container> + Clone {
        chosen(&self.containers, self.reach.as_ref().map(|reach| &reach.containers))
    }

    /// The Dockerfiles that are judged.
    pub(crate) fn judged_dockerfiles(&self) -> impl Iterator<Item = &JudgedFile> + Clone {
        chosen(&self.dockerfiles, self.reach.as_ref().map(|reach| &reach.dockerfiles))
    }

    /// The Compose sets that are judged.
    pub(crate) fn judged_sets(&self) -> impl Iterator<Item = &Project> + Clone {
        chosen(&self.sets, self.reach.as_ref().map(|reach| &reach.sets))
    }
}

/// Those with a mark, or all of them.
fn chosen<'a, T>(all: &'a [T], marks: Option<&'a Vec<bool>>) -> impl Iterator<Item = &'a T> + Clone {
    let is_marked = move |index: usize| marks.is_none_or(|marks| marks.get(index).is_some_and(|mark| *mark));
    all.iter()
        .enumerate()
        .filter(move |(index, _)| is_marked(*index))
        .map(|(_, item)| item)
}

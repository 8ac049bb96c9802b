//! The names that are made in a repository.

use crate::build::JudgedFile;
use crate::resolve::compose::project::Project;
use std::collections::HashSet;

/// Names that look like images of a registry and are not.
#[derive(Debug, Default)]
pub struct Made {
    pub(super) images: HashSet<String>,
    pub(super) contexts: HashSet<String>,
    /// Images of a registry that the jobs of this repository push there.
    pub published: HashSet<String>,
    /// The names of stages: another Dockerfile gets one as a context of its build, by a bake file or `--build-context`.
    pub stages: HashSet<String>,
}

impl Made {
    /// The names that the services of these sets make.
    pub fn by<'a>(sets: impl IntoIterator<Item = &'a Project>) -> Self {
        let mut made = Made::default();
        for service in sets.into_iter().flat_map(|set| &set.services) {
            if let (Some(_), Some(image)) = (&service.build, service.image.value()) {
                made.images
                    .insert(image.strip_suffix(":latest").unwrap_or(image).to_owned());
            }
            let Some(contexts) = service.written(&["build", "additional_contexts"]) else {
                continue;
            };
            let items = contexts.seq().unwrap_or(&[]).iter().filter_map(|item| item.str());
            made.contexts
                .extend(items.filter_map(|item| item.split('=').next()).map(str::to_owned));
            made.contexts
                .extend(contexts.map().into_iter().flat_map(|map| map.keys().cloned()));
        }
        made
    }

    /// Takes the stages of these Dockerfiles for names that are made here.
    pub(crate) fn add_stages<'a>(&mut self, dockerfiles: impl IntoIterator<Item = &'a JudgedFile>) {
        let stages = dockerfiles.into_iter().flat_map(|file| &file.plan.stages);
        self.stages
            .extend(stages.filter_map(|stage| Some(stage.name.as_ref()?.value.clone())));
    }

    /// Adds names that other builds give contexts.
    pub(crate) fn add_contexts(&mut self, names: impl IntoIterator<Item = String>) {
        self.contexts.extend(names);
    }
}

//! Sizes of built images: those that are here, and those that were written down.

use super::Repository;
use crate::build::size::{BaseSizes, Bytes, LONG, Ledger, LedgerRow, base, of_stage};
use crate::container::{BuiltImage, Container, ContainerKind, ImageSource};
use crate::known_images::BaseSize;
use crate::resolve::compose::project::Project;
use crate::source::Span;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Sizes of images that were written down (`plimsoll image --record`).
#[derive(Debug, Default)]
pub struct Recorded {
    /// Bytes by service or Dockerfile, and where that stands, if it stands here.
    pub sizes: BTreeMap<String, (u64, Option<Span>)>,
    /// Where they come from, for people.
    pub origin: String,
    /// The commit that the change began at, for people.
    pub start: String,
}

impl Recorded {
    /// The size that is recorded for one of these containers. Where several images have its name it is nobody's.
    pub fn of(&self, container: &Container, all: &[Container]) -> Option<(u64, Option<Span>)> {
        let found = self.sizes.get(&container.name).copied()?;
        let mut others = all.iter().filter(|other| other.name == container.name);
        others
            .all(|other| other.dockerfile() == container.dockerfile())
            .then_some(found)
    }
}

/// What tells a container of these sets from others of its name, whatever else is judged.
pub(crate) fn identity(container: &Container, sets: &[Project]) -> String {
    let set = container.set.and_then(|set| sets.get(set));
    let files = set.map_or(&[][..], |set| set.files.as_slice());
    format!("{files:?} {} {:?}", container.name, container.dockerfile())
}

impl Repository {
    /// The size that is recorded for a container.
    pub fn recorded(&self, container: &Container) -> Option<(u64, Option<Span>)> {
        self.recorded.of(container, &self.containers)
    }
}

impl BaseSizes for Repository {
    fn size_of(&self, image: &str, platform: Option<&str>) -> Option<BaseSize> {
        if Repository::builds_image(self, image) {
            return None;
        }
        self.images.size(image, platform)
    }

    fn builds_image(&self, image: &str) -> bool {
        Repository::builds_image(self, image)
    }
}

impl Container {
    /// The Dockerfile that it is built from.
    pub fn dockerfile(&self) -> Option<&str> {
        match &self.image {
            ImageSource::Built { file, .. } => Some(&file.path),
            _ => None,
        }
    }
}

/// The ledger of an image that was built and read: its layers in the place of what can be worked out.
fn counted(container: &Container, built: &BuiltImage) -> Ledger {
    let span = container
        .image_span()
        .or(container.image.stage().map(|stage| stage.from))
        .unwrap_or(container.span);
    let rows = built.layers.iter().map(|(instruction, bytes)| LedgerRow {
        span,
        what: instruction
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(LONG)
            .collect(),
        bytes: Bytes::exact(*bytes),
        why: format!("counted in {}", built.source),
        is_layer: true,
        remedy: None,
        trace: crate::build::size::Trace::default(),
    });
    Ledger {
        rows: rows.collect(),
        from_scratch: true,
    }
}

/// The ledger of what a container starts from; made once.
pub(crate) fn of_container(container: &Container, repository: &Repository) -> Arc<Ledger> {
    container
        .ledger
        .get_or_init(|| {
            if let Some(built) = &container.built {
                return Arc::new(counted(container, built));
            }
            if let Some(builder) = built_by(container, repository) {
                return of_container(builder, repository);
            }
            Arc::new(match &container.image {
                ImageSource::Named(name) => Ledger {
                    rows: vec![base(
                        repository,
                        &name.value,
                        repository.platform(container),
                        name.span,
                        format!("image {}", name.value),
                    )],
                    from_scratch: false,
                },
                ImageSource::Built { file, plan } => repository
                    .dockerfiles
                    .iter()
                    .find(|judged| Arc::ptr_eq(&judged.file, file))
                    .zip(plan.shipped)
                    .map(|(judged, stage)| of_stage(judged, plan, stage, repository))
                    .unwrap_or_default(),
                _ => Ledger::default(),
            })
        })
        .clone()
}

/// The containers that build images, by the names of these.
#[derive(Debug, Default)]
pub(crate) struct Builders {
    /// The first of each set.
    of_set: HashMap<(Option<usize>, String), usize>,
    /// The one of any set; `None` where several build it from different files.
    of_all: HashMap<String, Option<usize>>,
}

impl Builders {
    fn of(repository: &Repository) -> Self {
        let mut builders = Self::default();
        for (number, container) in repository.containers.iter().enumerate() {
            let service = repository.service(container);
            let image = service.and_then(|service| service.image.value());
            let Some(image) = image.filter(|_| matches!(container.image, ImageSource::Built { .. })) else {
                continue;
            };
            let name = without_latest(image);
            builders
                .of_set
                .entry((container.set, name.to_owned()))
                .or_insert(number);
            let first = builders.of_all.entry(name.to_owned()).or_insert(Some(number));
            let dockerfile = first.and_then(|first| repository.containers.get(first)?.dockerfile());
            if dockerfile != container.dockerfile() {
                *first = None;
            }
        }
        builders
    }
}

fn without_latest(image: &str) -> &str {
    image.strip_suffix(":latest").unwrap_or(image)
}

/// The container that builds the image that another one only names: one of its own set, else the one of all sets.
pub(super) fn built_by<'a>(container: &Container, repository: &'a Repository) -> Option<&'a Container> {
    let ImageSource::Named(name) = &container.image else {
        return None;
    };
    if !repository.builds_image(&name.value) {
        return None;
    }
    let builders = repository.builders.get_or_init(|| Builders::of(repository));
    let name = without_latest(&name.value).to_owned();
    let anywhere = builders.of_all.get(&name).copied().flatten();
    let number = builders.of_set.get(&(container.set, name)).copied().or(anywhere)?;
    repository.containers.get(number)
}

/// Whether a container is built here, so that its size is somebody's to change.
pub(crate) fn is_built(container: &Container) -> bool {
    container.kind == ContainerKind::Dockerfile || matches!(container.image, ImageSource::Built { .. })
}

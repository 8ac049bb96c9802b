//! Sizes of built images: those that are here, and those that were written down.

use super::Repository;
use crate::build::size::{BaseSizes, Bytes, LONG, Ledger, LedgerRow, base, of_stage};
use crate::container::{Container, ContainerKind, ImageSource, MeasuredImage};
use crate::known_images::{self, BaseSize};
use crate::source::Span;
use crate::values::image_ref::ImageRef;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Sizes of images that were written down (`plimsoll image --record`).
#[derive(Debug, Default)]
pub struct Recorded {
    /// Bytes by service or Dockerfile, and where that stands, if it stands here.
    pub sizes: BTreeMap<String, (u64, Option<Span>)>,
    /// Where they come from, for people.
    pub origin: String,
    /// What the files of the commit that the change began at make, and what those of HEAD make, where nothing is recorded; by
    /// [`Repository::identity`].
    pub ledgers: BTreeMap<String, (Ledger, Ledger)>,
    /// That commit, for people.
    pub start: String,
}

impl Repository {
    /// What tells a unit from others of its name, whatever else is judged.
    pub fn identity(&self, container: &Container) -> String {
        let set = container.set.and_then(|set| self.sets.get(set));
        let files = set.map_or(&[][..], |set| set.files.as_slice());
        format!("{files:?} {} {:?}", container.name, container.dockerfile())
    }

    /// The size that is recorded for a unit. Where several images have its name it is nobody's.
    pub fn recorded(&self, container: &Container) -> Option<(u64, Option<Span>)> {
        let found = self.recorded.sizes.get(&container.name).copied()?;
        let mut others = self.containers.iter().filter(|other| other.name == container.name);
        others
            .all(|other| other.dockerfile() == container.dockerfile())
            .then_some(found)
    }
}

impl BaseSizes for Repository {
    fn size_of(&self, image: &str) -> Option<BaseSize> {
        if Repository::builds_image(self, image) {
            return None;
        }
        known_images::base_size(&ImageRef::parse(image), &self.own_images)
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

/// The ledger of an image that is built and was counted: its layers in the place of what can be worked out. `source` says where the
/// figures come from. What was counted first stays.
pub(crate) fn count(container: &Container, source: &str, layers: impl Iterator<Item = (String, u64)>) {
    let span = container
        .image_span()
        .or(container.image.stage().map(|stage| stage.from))
        .unwrap_or(container.span);
    let rows = layers.map(|(instruction, bytes)| LedgerRow {
        span,
        what: instruction
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(LONG)
            .collect(),
        bytes: Bytes::exact(bytes),
        why: format!("counted in {source}"),
        is_layer: true,
    });
    let ledger = Ledger {
        rows: rows.collect(),
        from_scratch: true,
    };
    let _ = container.ledger.set(Rc::new(ledger));
}

/// Gives a unit the image that was built for it and read.
pub(crate) fn measure(container: &Container, image: &Rc<MeasuredImage>) {
    let layers = image.image.layers.iter();
    let rows = layers.map(|layer| (layer.instruction.clone(), layer.bytes));
    count(container, &image.source, rows);
    let _ = container.measured.set(image.clone());
}

/// The ledger of what a unit starts; made once.
pub(crate) fn of_container(container: &Container, repository: &Repository) -> Rc<Ledger> {
    container
        .ledger
        .get_or_init(|| {
            Rc::new(match &container.image {
                ImageSource::Named(name) => Ledger {
                    rows: vec![base(
                        repository,
                        &name.value,
                        name.span,
                        format!("image {}", name.value),
                    )],
                    from_scratch: false,
                },
                ImageSource::Built { file, plan } => repository
                    .dockerfiles
                    .iter()
                    .find(|judged| Rc::ptr_eq(&judged.file, file))
                    .zip(plan.shipped)
                    .map(|(judged, stage)| of_stage(judged, plan, stage, repository))
                    .unwrap_or_default(),
                _ => Ledger::default(),
            })
        })
        .clone()
}

/// Whether the unit is built here, so that its size is somebody's to change.
pub(crate) fn is_built(container: &Container) -> bool {
    container.kind == ContainerKind::Dockerfile || matches!(container.image, ImageSource::Built { .. })
}

//! Sizes of built images: those that are here, and those that were written down.

use super::ledger::Ledger;
use super::{Image, Unit, World};
use crate::source::Span;
use std::collections::BTreeMap;

/// A built image that was read.
#[derive(Debug)]
pub struct Measured {
    /// Where it was found: `api.tar`, `the engine's image 'shop/api'`.
    pub source: String,
    /// What is in it.
    pub image: crate::image::Measured,
}

/// Sizes of images that were written down (`plimsoll image --record`).
#[derive(Debug, Default)]
pub struct Recorded {
    /// Bytes by service or Dockerfile, and where that stands, if it stands here.
    pub sizes: BTreeMap<String, (u64, Option<Span>)>,
    /// Where they come from, for people.
    pub origin: String,
    /// What the files of the commit that the change began at make, and what those of HEAD make, where nothing is recorded; by
    /// [`World::identity`].
    pub ledgers: BTreeMap<String, (Ledger, Ledger)>,
    /// That commit, for people.
    pub start: String,
}

impl World {
    /// What tells a unit from others of its name, whatever else is judged.
    pub fn identity(&self, unit: &Unit) -> String {
        let set = unit.set.and_then(|set| self.sets.get(set));
        let files = set.map_or(&[][..], |set| set.files.as_slice());
        format!("{files:?} {} {:?}", unit.name, unit.dockerfile())
    }

    /// The size that is recorded for a unit. Where several images have its name it is nobody's.
    pub fn recorded(&self, unit: &Unit) -> Option<(u64, Option<Span>)> {
        let found = self.recorded.sizes.get(&unit.name).copied()?;
        let mut others = self.units.iter().filter(|other| other.name == unit.name);
        others
            .all(|other| other.dockerfile() == unit.dockerfile())
            .then_some(found)
    }
}

impl Unit {
    /// The Dockerfile that it is built from.
    pub fn dockerfile(&self) -> Option<&str> {
        match &self.image {
            Image::Built { file, .. } => Some(&file.path),
            _ => None,
        }
    }
}

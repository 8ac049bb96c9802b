//! Sizes of built images: those that are here, and those that were written down.

use super::ledger::Ledger;
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
    /// What was worked out of the files of the base, where nothing is recorded, by service or Dockerfile.
    pub before: BTreeMap<String, Ledger>,
    /// The base, for people.
    pub base: String,
}

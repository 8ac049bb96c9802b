//! An entrypoint that only says again what the base image starts.

use super::Subject;
use crate::container::ImageSource;
use crate::fact::Fact;
use crate::values::image_ref::ImageRef;
use crate::values::path::name;

/// The script of official images.
const SCRIPT: &str = "docker-entrypoint.sh";

impl Subject<'_> {
    /// Whether the stage starts the script of the official image that it stands on, and brings none of its own.
    pub(super) fn repeats_entrypoint(&self) -> bool {
        let ImageSource::Built { plan, .. } = &self.container.image else {
            return false;
        };
        let is_official = self
            .container
            .image
            .root()
            .is_some_and(|image| ImageRef::parse(image).official().is_some());
        let command = self.container.image.stage().and_then(|stage| stage.entrypoint.value());
        let is_it = command.is_some_and(|command| match command.words.as_slice() {
            [only] => name(&only.value) == SCRIPT,
            _ => false,
        });
        let brings = |fact: &Fact<String>| fact.value().is_none_or(|path| path.contains(SCRIPT));
        let is_replaced = || {
            let mut copies = plan.transfers.iter().filter(|copy| Some(copy.stage) == plan.shipped);
            copies.any(|copy| copy.sources.iter().any(brings) || brings(&copy.destination))
        };
        is_official && is_it && !is_replaced()
    }
}

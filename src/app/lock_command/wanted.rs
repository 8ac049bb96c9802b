//! What the lock should speak of: the images that the files name.

use crate::lock;
use crate::repository::Repository;
use crate::source::{ColumnUnit, Sources};
use crate::values::image_ref::ImageRef;
use std::collections::{BTreeMap, BTreeSet};

/// An image that the files name.
pub(super) struct Wanted {
    /// As it is written where it is named first.
    pub written: String,
    /// Where that is: `compose.yaml:4`.
    pub place: String,
    /// The platforms that are asked for; `None` is the one of whoever runs it.
    pub platforms: BTreeSet<Option<String>>,
    /// It runs or ships somewhere; else it only helps to build, and nobody waits for its facts.
    pub ships: bool,
}

/// All of them by their names in the lock.
pub(super) fn of(repository: &Repository, sources: &Sources) -> BTreeMap<String, Wanted> {
    let mut all: BTreeMap<String, Wanted> = BTreeMap::new();
    for image in repository.named_images() {
        let source = sources.get(image.span.source);
        let line = source.position(image.span.start, ColumnUnit::CodePoints).line;
        let name = lock::name(&ImageRef::parse(&image.name));
        let wanted = all.entry(name).or_insert_with(|| Wanted {
            written: image.name.trim().to_owned(),
            place: format!("{}:{line}", source.path),
            platforms: BTreeSet::new(),
            ships: false,
        });
        wanted.ships |= image.ships;
        wanted.platforms.insert(image.platform.as_deref().map(lock::platform));
    }
    all
}

/// A line for each image that runs or ships and whose name is not known here.
pub(super) fn nameless(repository: &Repository, sources: &Sources) -> Vec<String> {
    let images = repository.nameless_images().into_iter();
    let lines = images.map(|image| {
        let source = sources.get(image.span.source);
        let line = source.position(image.span.start, ColumnUnit::CodePoints).line;
        format!("skipped {}:{line}: {}", source.path, image.unknown.reason)
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use crate::lock::platform;

    #[test]
    fn platforms_have_one_name() {
        for (text, name) in [
            ("linux/amd64", "linux/amd64"),
            ("arm64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("Linux/x86_64", "linux/amd64"),
            ("linux/arm/v7", "linux/arm/v7"),
        ] {
            assert_eq!(platform(text), name);
        }
    }
}

use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::lock;
use crate::repository::Repository;
use crate::values::image_ref::ImageRef;
use std::collections::{BTreeMap, HashSet};
use std::collections::btree_map::Entry;

rule! {
    /// Nothing is known of an image that runs or ships.
    ///
    /// ## Why it matters
    /// How large it is, who it runs as, whether it has a shell or a health check: what is unknown about an image is
    /// not checked, so a pass covers less than it seems to. The bundled catalogue knows official images;
    /// `plimsoll lock` reads the facts of all others from the images themselves, once. All of them are one note.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   db:
    ///     image: postgres:17.2
    ///   api:
    ///     image: acme/api:1.4
    /// ```
    /// ```text pass plimsoll.lock +
    /// version: 1
    /// acme/api:1.4 linux/amd64:
    ///   size: 20000000
    /// ```
    RULE {
        name: "unknown-image",
        group: Group::Gate,
        layer: Layer::Hygiene,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Repository(check),
    }
}

/// So many names are said, and so many places shown.
const MAX_NAMES: usize = 3;
const MAX_PLACES: usize = 20;

fn check(repository: &Repository, _: &Config, found: &mut Vec<Finding>) {
    let containers = repository.judged_containers().map(|container| container.name.as_str());
    let dockerfiles = repository.judged_dockerfiles().map(|file| file.file.path.as_str());
    let judged: HashSet<&str> = containers.chain(dockerfiles).collect();
    let named = repository.named_images();
    let named = named.into_iter().filter(|image| judged.contains(image.by.as_str()));
    let mut places = BTreeMap::new();
    let mut names: Vec<String> = Vec::new();
    for image in named.filter(|image| image.ships && !repository.images.knows(&image.name)) {
        let name = lock::name(&ImageRef::parse(&image.name));
        if let Entry::Vacant(place) = places.entry(name) {
            names.push(image.name.trim().to_owned());
            place.insert(image.span);
        }
    }
    let mut spans: Vec<_> = places.into_values().collect();
    spans.sort();
    let Some((first, others)) = spans.split_first() else { return };
    let listed: Vec<String> = names.iter().take(MAX_NAMES).map(|name| format!("`{name}`")).collect();
    let message = match names.len() {
        1 => format!("no data about the image {}", listed.join("")),
        count @ 2..=MAX_NAMES => format!("no data about {count} images: {}", listed.join(", ")),
        count => format!("no data about {count} images: {}, ...", listed.join(", ")),
    };
    let mut finding = Finding::new(*first, message)
        .help("run `plimsoll lock` where an engine has them, and commit plimsoll.lock")
        .aspect("images");
    for span in others.iter().take(MAX_PLACES) {
        finding = finding.related(*span, "no data about this one either");
    }
    found.push(finding);
}

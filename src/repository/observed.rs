//! Which of the containers that somebody recorded run a service, and whether they ran what it is now.

use super::Repository;
use crate::container::{Container, ContainerKind};
use crate::usage::{Recording, Seen};
use crate::values::image_ref::ImageRef;

/// What is recorded of a service.
pub(crate) enum Observed<'a> {
    /// Nobody gave a record.
    Unrecorded,
    /// No container in the record runs it.
    Absent,
    /// Its container ran another image than the one that is named now: this one.
    Stale(String),
    /// These ran it.
    Seen(Vec<&'a Seen>),
}

impl Repository {
    /// What is recorded of a container's service.
    pub(crate) fn observed(&self, container: &Container) -> Observed<'_> {
        let recording = self.usage.as_ref();
        recording.map_or(Observed::Unrecorded, |recording| self.observed_in(recording, container))
    }

    /// What a record says of a container's service.
    pub(crate) fn observed_in<'a>(&self, recording: &'a Recording, container: &Container) -> Observed<'a> {
        if container.kind != ContainerKind::Service {
            return Observed::Unrecorded;
        }
        let all = recording.of_service(&container.name, None);
        if all.is_empty() {
            return Observed::Absent;
        }
        let named = self.service(container).and_then(|service| service.image.value());
        let Some(named) = named else {
            return Observed::Seen(all);
        };
        // Another service of this name, or this one before its image changed.
        let (same, others): (Vec<&Seen>, Vec<&Seen>) = all.into_iter().partition(|seen| self.ran(seen, named));
        match others.first() {
            Some(other) if same.is_empty() => Observed::Stale(other.image.clone().unwrap_or_default()),
            _ => Observed::Seen(same),
        }
    }

    /// Whether a container ran an image, as far as that can be told: by the name, and where the file or the lock has a digest by that.
    fn ran(&self, seen: &Seen, named: &str) -> bool {
        let now = ImageRef::parse(named);
        let expected = now.digest.clone().or_else(|| {
            let known = self.images.get(named);
            known.digest().map(str::to_owned)
        });
        if let Some(expected) = expected.filter(|_| !seen.digests.is_empty()) {
            let is_of = |digest: &String| digest.ends_with(&expected);
            // An image that was built here has no digest of a registry.
            if seen.digests.iter().any(|digest| digest.contains('@')) {
                return seen.digests.iter().any(is_of);
            }
        }
        match &seen.image {
            // A name that has since been given to another image.
            Some(then) if then.starts_with("sha256:") => true,
            Some(then) => same(&ImageRef::parse(then), &now),
            None => true,
        }
    }
}

/// Whether two references name the same: what goes without saying does so in both.
fn same(then: &ImageRef, now: &ImageRef) -> bool {
    let name = |image: &ImageRef| {
        let hub = ["docker.io", "index.docker.io", "registry-1.docker.io"];
        let registry = image
            .registry
            .clone()
            .filter(|registry| !hub.contains(&registry.as_str()));
        (
            registry,
            image.name.strip_prefix("library/").unwrap_or(&image.name).to_owned(),
        )
    };
    let tag = |image: &ImageRef| image.tag.clone().unwrap_or_else(|| "latest".to_owned());
    let digests = then.digest.as_ref().zip(now.digest.as_ref());
    name(then) == name(now) && digests.map_or_else(|| tag(then) == tag(now), |(then, now)| then == now)
}

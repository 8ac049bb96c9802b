use super::{Check, Group};
use crate::config::Config;
use crate::container::{ContainerKind, ImageSource};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Repository;

rule! {
    /// A profile is assigned to something that does not exist, or a service sets one that does not exist.
    ///
    /// ## Why it matters
    /// The service that was meant is judged with another profile, most likely the default one, which holds no number
    /// against it.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     x-plimsoll: {profile: brwoser}  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// assign:
    ///   - {services: ["*-db"], profile: database}  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     x-plimsoll: {profile: browser}
    ///   orders-db:
    ///     image: postgres:17.2
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// assign:
    ///   - {services: ["*-db"], profile: database}
    /// ```
    ///
    /// ## Notes
    /// When only some paths are judged, entries of `assign:` may speak of others, so nothing is said about them.
    RULE {
        name: "unmatched-assignment",
        group: Group::Gate,
        layer: Layer::Hygiene,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Repository(check),
    }
}
fn check(repository: &Repository, config: &Config, found: &mut Vec<Finding>) {
    if repository.selected {
        return;
    }
    let names: Vec<(Option<&str>, Option<&str>)> = repository
        .containers
        .iter()
        .map(|container| {
            let dockerfile = match &container.image {
                ImageSource::Built { file, .. } => Some(file.path.as_str()),
                _ => None,
            };
            (
                Some(container.name.as_str()).filter(|_| container.kind == ContainerKind::Service),
                dockerfile,
            )
        })
        .collect();
    for entry in &config.contexts {
        let is_known = repository
            .dockerfiles
            .iter()
            .any(|known| known.file.path == entry.dockerfile.value);
        if !is_known {
            let message = format!("the Dockerfile `{}` does not exist", entry.dockerfile.value);
            found.push(
                Finding::new(entry.dockerfile.span, message)
                    .help("correct the path (relative to the workspace root), or delete the entry")
                    .aspect("contexts"),
            );
        }
    }
    for entry in &config.assign {
        if names
            .iter()
            .any(|(service, dockerfile)| entry.fits(*service, *dockerfile))
        {
            continue;
        }
        let message = format!("this entry gives no service the profile `{}`", entry.profile.value);
        found.push(
            Finding::new(entry.span, message)
                .help("correct the pattern, or delete the entry")
                .aspect("assign"),
        );
    }
}

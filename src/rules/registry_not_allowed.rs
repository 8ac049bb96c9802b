use super::{Check, Group};
use crate::config::registries::full_name;
use crate::config::{Config, Registries};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Repository;
use crate::values::image_ref::ImageRef;

rule! {
    /// An image comes from a registry that `registries` does not list.
    ///
    /// ## Why it matters
    /// Whoever owns the name of an image decides what runs. A list of registries keeps that to those that were chosen: a
    /// name with a typing error, or one copied from a page, is not among them.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   proxy:
    ///     image: nginx:1.27
    ///   api:
    ///     image: quay.io/acme/api:1.4  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// registries: [docker.io/library, ghcr.io/acme]
    /// ```
    /// ```dockerfile fail
    /// FROM golang:1.24 AS build
    /// COPY --from=someone/tool:2 /tool /tool  # <- here
    /// FROM ghcr.io/acme/base:3
    /// COPY --from=build /app /app
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// registries: [docker.io/library, ghcr.io/acme]
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   proxy:
    ///     image: mirror.gcr.io/library/nginx:1.27
    ///   api:
    ///     image: ghcr.io/acme/team/api:1.4
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// registries: [docker.io/library, ghcr.io/acme]
    /// ```
    ///
    /// ## Notes
    /// Silent without `registries`. Images that the repository builds itself come from nowhere.
    RULE {
        name: "registry-not-allowed",
        group: Group::Reproducible,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["DL3026"],
        check: Check::Repository(check),
    }
}

fn check(repository: &Repository, config: &Config, found: &mut Vec<Finding>) {
    let Some(registries) = &config.registries else { return };
    for image in repository.named_images() {
        let name = ImageRef::parse(&image.name);
        if !registries.allow(&name) {
            let message = format!("`{}` comes from `{}`, which `registries` does not list", image.name, home(&name));
            let finding = Finding::new(image.span, message)
                .help(help(registries))
                .related(registries.span, "the list")
                .about(&image.by)
                .aspect(format!("registry {}", full_name(&name)));
            found.push(finding);
        }
    }
    for image in repository.nameless_images() {
        let finding = Finding::undecided(&image.unknown, "cannot check where an image comes from").about(&image.by);
        found.push(finding.aspect("registry"));
    }
}

/// The registry with the folder that the image is in.
fn home(name: &ImageRef) -> String {
    let full = full_name(name);
    full.rsplit_once('/').map_or(full.clone(), |(home, _)| home.to_owned())
}

fn help(registries: &Registries) -> String {
    format!("use an image from one of: {}", registries.words().join(", "))
}

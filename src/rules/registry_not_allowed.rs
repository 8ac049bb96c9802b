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
    /// Silent without `registries`. Images that the repository builds itself come from nowhere. The frontend of `# syntax=`
    /// counts too, unless it is Docker's own from Docker Hub.
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
    for file in &repository.dockerfiles {
        let Some((syntax, name)) = file.file.ast.directive("syntax").zip(file.file.ast.frontend()) else {
            continue;
        };
        let image = ImageRef::parse(name);
        if !is_dockers(&image) && !registries.allow(&image) {
            let message = format!("`{name}`, which reads this file, comes from `{}`, which `registries` does not list", home(&image));
            let finding = Finding::new(syntax.value.span, message)
                .help(help(registries))
                .related(registries.span, "the list")
                .about(&file.file.path)
                .aspect(format!("frontend {}", full_name(&image)))
                .raised("2026.12");
            found.push(finding);
        }
    }
    for image in repository.nameless_images() {
        let finding = Finding::undecided(&image.unknown, "cannot check where an image comes from").about(&image.by);
        found.push(finding.aspect("registry"));
    }
}

/// Whether it is the frontend that Docker publishes, which every builder has in it as well.
fn is_dockers(image: &ImageRef) -> bool {
    let is_hub = image.registry.as_deref().is_none_or(|registry| registry == "docker.io");
    is_hub && matches!(image.name.as_str(), "docker/dockerfile" | "docker/dockerfile-upstream")
}

/// The registry with the folder that the image is in.
fn home(name: &ImageRef) -> String {
    let full = full_name(name);
    full.rsplit_once('/').map_or(full.clone(), |(home, _)| home.to_owned())
}

fn help(registries: &Registries) -> String {
    format!("use an image from one of: {}", registries.words().join(", "))
}

use super::{Check, Group};
use crate::build::unknown_frontend;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::dockerfile::is_known_frontend;
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// Another image than Docker's own reads the Dockerfile, and decides what it means.
    ///
    /// ## Why it matters
    /// `# syntax=` and the build argument `BUILDKIT_SYNTAX` name the image that reads the file. It may do anything with it:
    /// nothing that is said about the file holds then, and nothing of it is judged. `docker/dockerfile` and
    /// `docker/dockerfile-upstream` are Docker's own, whatever registry they come from.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// # syntax=acme/frontend:1  # <- here
    /// FROM alpine:3.22
    /// USER 1000
    /// ```
    /// ```yaml fail
    /// services:
    ///   api:
    ///     build:
    ///       context: https://example.com/api.git
    ///       args:
    ///         BUILDKIT_SYNTAX: acme/frontend:1  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// # syntax=registry.example.com/docker/dockerfile:1.7
    /// FROM alpine:3.22
    /// USER 1000
    /// ```
    RULE {
        name: "unknown-frontend",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let args = service.build.iter().flat_map(|build| &build.args);
    let named = args.filter(|(name, _)| name == "BUILDKIT_SYNTAX");
    for image in named.filter_map(|(_, value)| value.sourced()) {
        if !is_known_frontend(&image.value) {
            found.push(unknown_frontend(image.span, &image.value));
        }
    }
}

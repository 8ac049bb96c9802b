use super::{Check, Group};
use crate::build::package_index::{self, Found};
use crate::build::{JudgedFile, Manager, StageUse};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Repository;
use crate::source::Span;

rule! {
    /// The package index is fetched in a RUN of its own.
    ///
    /// ## Why it matters
    /// The builder keeps that layer as long as nothing above it changes. When the install below is changed months later, it
    /// looks into the old index: packages of that day are gone from the servers, and the build stops with 404.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:13-slim
    /// RUN apt-get update  # <- here
    /// RUN apt-get install -y --no-install-recommends git
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
    /// ```
    RULE {
        name: "stale-package-index",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Warning),
        aliases: &["9bae49be-0aa3-4de5-bab2-4c3a069e40cd"],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    let mut said: Vec<Span> = Vec::new();
    for install in package_index::installs(file) {
        let Found::Apart(update) = install.found else { continue };
        if install.stage_use == StageUse::Unused || said.contains(&update) {
            continue;
        }
        said.push(update);
        found.push(
            Finding::new(update, "this package index is in a layer of its own, and goes stale in the build cache")
                .help(match install.manager {
                    Manager::Apk => "delete this line, and install with `apk add --no-cache`",
                    _ => "join it with the RUN that installs: `apt-get update && apt-get install ... && rm -rf /var/lib/apt/lists/*`",
                })
                .related(install.span, "installs from it")
                .aspect(format!("RUN {}", install.instruction)),
        );
    }
}

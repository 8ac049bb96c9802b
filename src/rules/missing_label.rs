use super::support::labels;
use super::{Check, Group};
use crate::config::{Config, Label};
use crate::container::{Container, ContainerKind, ImageSource};
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Repository;
use crate::resolve::compose::service::Service;
use crate::resolve::stage::Stage;
use std::collections::BTreeSet;

rule! {
    /// An image that is built here lacks a label that `labels` requires.
    ///
    /// ## Why it matters
    /// Labels say where an image comes from and whose it is: of one that runs at night and fails, somebody looks for its
    /// source and its team. What the labels of the base image say is true of the base image.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM alpine:3.22  # <- here
    /// LABEL org.opencontainers.image.title=api
    /// CMD ["sleep", "1"]
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// labels: {org.opencontainers.image.source: "https://*"}
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.22
    /// LABEL org.opencontainers.image.source=internal  # <- here
    /// CMD ["sleep", "1"]
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// labels: {org.opencontainers.image.source: "https://*"}
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM alpine:3.22 AS base
    /// LABEL org.opencontainers.image.source=https://github.com/acme/api
    /// FROM base
    /// CMD ["sleep", "1"]
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// labels: {org.opencontainers.image.source: "https://*"}
    /// ```
    ///
    /// ## Notes
    /// Silent without `labels`. Labels by `LABEL` and by `build.labels` count, those that a job gives with `docker build
    /// --label` cannot be seen here. Of images that are not built here nothing is required.
    RULE {
        name: "missing-label",
        group: Group::Reproducible,
        layer: Layer::Hygiene,
        severity: Some(Severity::Error),
        aliases: &["DL3048", "DL3049"],
        check: Check::Repository(check),
    }
}

fn check(repository: &Repository, config: &Config, found: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for container in &repository.containers {
        let ImageSource::Built { plan, .. } = &container.image else { continue };
        let Some(stage) = plan.shipped() else { continue };
        let service = repository.service(container);
        for label in &config.labels {
            if let Some(finding) = lacks(label, container, stage, service)
                && seen.insert((finding.span, finding.message.clone()))
            {
                found.push(finding.about(&container.name).related(label.name.span, "required here"));
            }
        }
    }
}

fn lacks(label: &Label, container: &Container, stage: &Stage, service: Option<&Service>) -> Option<Finding> {
    let name = &label.name.value;
    let pattern = label.pattern.glob().glob();
    let given = service.and_then(|service| labels::written(service, &["build", "labels"], name));
    let set = given.or_else(|| stage.labels.get(name).cloned());
    let finding = match set.unwrap_or(Fact::Absent) {
        Fact::Known(text) if label.pattern.is_match(&text.value) && !text.value.is_empty() => return None,
        Fact::Known(text) => {
            let message = format!("the label `{name}` is `{}`; `labels` requires `{pattern}`", text.value);
            Finding::new(text.span, message).help(format!("write a value that matches `{pattern}`"))
        }
        Fact::Unknown(unknown) => Finding::undecided(&unknown, &format!("cannot check the label `{name}`")),
        Fact::Absent if stage.truncated => return None,
        Fact::Absent => {
            let whose = match container.kind {
                ContainerKind::Service => format!("the image of `{}`", container.name),
                ContainerKind::Dockerfile => format!("the image of `{}`", container.name),
            };
            let message = format!("{whose} has no label `{name}`; `labels` requires it");
            Finding::new(stage.from, message).help(format!("add `LABEL {name}=...` to this stage"))
        }
    };
    Some(finding.aspect(format!("label {name}")))
}

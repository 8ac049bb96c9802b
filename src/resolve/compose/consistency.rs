//! What Compose refuses for its meaning (compose-go `loader/validate.go`, `validation/validation.go`, `graph`): every
//! mistake, each at its place.

mod definitions;
mod dependencies;
mod limits;
mod mounts;
mod references;
mod values;
mod variables;

pub(crate) use dependencies::together;

use super::load::Files;
use super::project::Project;
use super::service::Service;
use crate::finding::{Finding, Layer, ReaderRule};
use crate::parse::Problem;
use crate::parse::yaml::Value;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// Checks a project.
pub(crate) fn check(project: &Project, files: &dyn Files, problems: &mut Vec<Problem>) {
    let mut checker = Checker {
        project,
        files,
        problems,
        absent: HashSet::new(),
        has_personal: false,
    };
    for service in &project.services {
        checker.service(service);
    }
    checker.dependency_cycles();
    checker.container_names();
    for secret in &project.secrets {
        checker.secret(secret);
    }
    for config in &project.configs {
        checker.config(config);
    }
    for volume in &project.volumes {
        checker.external_volume(volume);
    }
    for (kind, definitions) in [("secret", &project.secrets), ("config", &project.configs)] {
        for definition in definitions {
            checker.definition_file(kind, definition);
        }
    }
}

struct Checker<'a> {
    project: &'a Project,
    files: &'a dyn Files,
    problems: &'a mut Vec<Problem>,
    /// The files of variables that were said to be missing.
    absent: HashSet<PathBuf>,
    /// A file of variables that people make for themselves is missing, and that is said.
    has_personal: bool,
}

impl Checker<'_> {
    fn problem(&mut self, rule: ReaderRule, finding: Finding) {
        let layer = finding.layer.unwrap_or(Layer::Compose);
        self.problems.push(Problem::new(rule, finding.layer(layer)));
    }

    fn service(&mut self, service: &Service) {
        let name = &service.name;
        // Where a part could not be read, what is absent may not be absent.
        let written = ["image", "build", "provider"]
            .iter()
            .any(|key| service.written(&[key]).is_some_and(|value| value.str() != Some("")));
        if !self.project.partial && !service.is_partial() && !written {
            // An empty image is no image.
            let place = service.written(&["image"]).map_or(name.span, |image| image.span);
            let finding = Finding::new(place, format!("`{}` has neither an image nor a build", name.value))
                .help("set `image` or `build`")
                .aspect("image");
            self.problem(ReaderRule::ServiceWithoutImage, finding);
        }
        self.build(service);
        self.network_mode(service);
        self.references(service);
        self.seccomp(service);
        self.twins(service);
        self.mounts(service);
        self.values(service);
        self.env_files(service);
        self.environment(service);
        self.watch(service);
    }

    fn build(&mut self, service: &Service) {
        let Some(build) = &service.build else { return };
        if let (Some(file), Some(inline)) = (build.dockerfile.span(), build.inline.span()) {
            let finding = Finding::new(
                inline,
                format!(
                    "`{}` sets both `dockerfile` and `dockerfile_inline`",
                    service.name.value
                ),
            )
            .related(file, "the Dockerfile")
            .help("keep one of them");
            self.problem(ReaderRule::WrongComposeType, finding.aspect("build"));
        }
        if let (Some(platforms), Some(platform)) =
            (service.written(&["build", "platforms"]), service.written(&["platform"]))
            && let (Some(list), Some(wanted)) = (platforms.seq(), platform.str())
            && !list.is_empty()
            && !list.iter().any(|item| item.str() == Some(wanted))
        {
            let finding = Finding::new(
                platform.span,
                format!(
                    "`{}` runs on `{wanted}`, which is not among its build platforms",
                    service.name.value
                ),
            )
            .related(platforms.span, "the build platforms")
            .help("add it to `build.platforms`, or run on one of those");
            self.problem(ReaderRule::WrongComposeType, finding.aspect("platform"));
        }
    }

    fn network_mode(&mut self, service: &Service) {
        let Some(mode) = service.network_mode.sourced() else {
            return;
        };
        let name = &service.name.value;
        if service.networks_written
            && let Some(first) = service.networks.first()
        {
            let finding = Finding::new(mode.span, format!("`{name}` sets both `network_mode` and `networks`"))
                .related(first.span, "the networks")
                .help("keep one of them");
            self.problem(ReaderRule::ConflictingNetworkMode, finding.aspect("network_mode"));
        }
    }

    fn watch(&mut self, service: &Service) {
        for item in service
            .written(&["develop", "watch"])
            .and_then(Value::seq)
            .unwrap_or(&[])
        {
            let action = item.get("action").and_then(Value::str).unwrap_or("");
            if item.get("target").is_none() && matches!(action, "sync" | "sync+restart" | "sync+exec") {
                let finding = Finding::new(
                    item.span,
                    format!("`{}` watches with `{action}` but without a target", service.name.value),
                );
                self.problem(
                    ReaderRule::WrongComposeType,
                    finding.help("set `target`").aspect("develop.watch"),
                );
            }
        }
    }

    fn container_names(&mut self) {
        let mut seen: HashMap<&str, &Service> = HashMap::new();
        for service in &self.project.services {
            let Some(value) = service.written(&["container_name"]) else {
                continue;
            };
            let Some(name) = value.str() else { continue };
            match seen.get(name) {
                None => {
                    seen.insert(name, service);
                }
                Some(earlier) => {
                    let message = format!(
                        "services `{}` and `{}` have the same container name, `{name}`",
                        earlier.name.value, service.name.value
                    );
                    let mut finding = Finding::new(value.span, message)
                        .help("a container name must be unique")
                        .aspect("container_name");
                    if let Some(other) = earlier.written(&["container_name"]) {
                        finding = finding.related(other.span, "the same name");
                    }
                    // Services that never run together do not clash.
                    if together(self.project, earlier, service) {
                        self.problem(ReaderRule::WrongComposeType, finding);
                    }
                }
            }
        }
    }
}

//! What Compose refuses for its meaning (compose-go `loader/validate.go`, `validation/validation.go`, `graph`): every
//! mistake, each at its place.

mod dependencies;
mod limits;
mod mounts;
mod values;

pub(crate) use dependencies::together;

use super::load::Files;
use super::paths::join;
use super::project::{Definition, Project};
use super::service::Service;
use crate::finding::{Finding, Layer, ReaderRule, Severity};
use crate::parse::Problem;
use crate::parse::yaml::{Data, Value};
use crate::source::Spanned;
use crate::values::nearest;
use std::collections::HashMap;
use std::path::Path;

/// Checks a project.
pub(crate) fn check(project: &Project, files: &dyn Files, problems: &mut Vec<Problem>) {
    let mut checker = Checker {
        project,
        files,
        problems,
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
            let finding = Finding::new(
                place,
                format!("service '{}' has neither an image nor a build", name.value),
            )
            .help("set `image` or `build`")
            .aspect("image");
            self.problem(ReaderRule::ServiceWithoutImage, finding);
        }
        self.build(service);
        self.network_mode(service);
        self.references(service);
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
                    "service '{}' sets both `dockerfile` and `dockerfile_inline`",
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
                    "service '{}' runs on '{wanted}', which is not among its build platforms",
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
            let finding = Finding::new(
                mode.span,
                format!("service '{name}' sets both `network_mode` and `networks`"),
            )
            .related(first.span, "the networks")
            .help("keep one of them");
            self.problem(ReaderRule::ConflictingNetworkMode, finding.aspect("network_mode"));
        }
    }

    fn with_nearest(&self, finding: Finding, word: &str, known: Vec<&str>) -> Finding {
        match nearest(word, known) {
            Some(near) => finding.help(format!("did you mean '{near}'?")),
            None => finding,
        }
    }

    fn references(&mut self, service: &Service) {
        let project = self.project;
        if project.partial {
            return;
        }
        if service.networks_written {
            self.named(service, "network", &service.networks, &project.networks, &["default"]);
        }
        self.named(service, "secret", &service.secrets, &project.secrets, &[]);
        self.named(service, "config", &service.configs, &project.configs, &[]);
        self.named(service, "model", &service.models, &project.models, &[]);
        let volumes: Vec<Spanned<String>> = service
            .volumes
            .iter()
            .filter(|mount| mount.kind.value().is_some_and(|kind| kind == "volume"))
            .filter_map(|mount| mount.source.sourced())
            .map(|source| Spanned::new(source.value.clone(), source.span))
            .collect();
        self.named(service, "volume", &volumes, &project.volumes, &[]);
        if let Some(secrets) = service.written(&["build", "secrets"]).and_then(Value::seq) {
            let names: Vec<_> = secrets
                .iter()
                .filter_map(|item| item.get("source").or(Some(item)))
                .filter_map(|source| source.str().map(|name| Spanned::new(name.to_owned(), source.span)))
                .collect();
            self.named(service, "secret", &names, &project.secrets, &[]);
        }
        self.needs(service);
    }

    fn named(
        &mut self,
        service: &Service,
        kind: &str,
        used: &[Spanned<String>],
        defined: &[Definition],
        built_in: &[&str],
    ) {
        for name in used {
            if built_in.contains(&name.value.as_str())
                || defined.iter().any(|definition| definition.name.value == name.value)
            {
                continue;
            }
            let message = format!(
                "service '{}' uses the {kind} '{}', which is not defined",
                service.name.value, name.value
            );
            let known = defined
                .iter()
                .map(|definition| definition.name.value.as_str())
                .collect();
            let mut finding = self.with_nearest(Finding::new(name.span, message), &name.value, known);
            if finding.help.is_empty() {
                finding = finding.help(format!("define it under `{kind}s:` at the top of the file"));
            }
            self.problem(
                ReaderRule::UndefinedReference,
                finding.aspect(format!("{kind}:{}", name.value)),
            );
        }
    }

    fn env_files(&mut self, service: &Service) {
        if self.project.is_overlay {
            return;
        }
        for file in &service.env_files {
            let Some(path) = file.path.value() else { continue };
            if !file.required || path.starts_with(['/', '~']) {
                continue;
            }
            let place = join(&self.project.folder, path);
            if !path.is_empty() && self.files.exists(&place) != Some(false) {
                continue;
            }
            let message = format!(
                "service '{}' needs the env file '{path}', which is not there",
                service.name.value
            );
            let mut finding = Finding::new(file.span, message).aspect(format!("env_file:{path}"));
            if self.files.ignored(&place) {
                finding = finding
                    .severity(Severity::Note)
                    .help("git ignores it, so it may be there where this runs");
            } else if let Some(template) = self.template_of(&place) {
                finding = finding
                    .severity(Severity::Note)
                    .help(format!("copy it from '{template}'"));
            } else {
                finding = finding.help("commit it, or write `{path: ..., required: false}`");
            }
            self.problem(ReaderRule::UndefinedReference, finding);
        }
    }

    /// An example of a missing file beside it.
    fn template_of(&self, path: &Path) -> Option<String> {
        let name = path.file_name()?.to_string_lossy().into_owned();
        let stem = name.trim_start_matches('.');
        let mut names: Vec<String> = [".example", ".sample", ".dist", ".template"]
            .iter()
            .map(|suffix| format!("{name}{suffix}"))
            .collect();
        names.extend(
            ["example", "sample", "dist", "template"]
                .iter()
                .map(|word| format!("{stem}.{word}")),
        );
        names
            .into_iter()
            .find(|candidate| self.files.exists(&path.with_file_name(candidate)) == Some(true))
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
                    format!(
                        "service '{}' watches with '{action}' but without a target",
                        service.name.value
                    ),
                );
                self.problem(
                    ReaderRule::WrongComposeType,
                    finding.help("set `target`").aspect("develop.watch"),
                );
            }
        }
    }

    fn secret(&mut self, secret: &Definition) {
        if secret.raw.map().is_none() || is_external(&secret.raw) {
            return;
        }
        let has = |key: &str| secret.raw.get(key).is_some_and(|value| value.str() != Some(""));
        let name = &secret.name.value;
        if has("file") && has("environment") {
            let finding = Finding::new(
                secret.name.span,
                format!("secret '{name}' has both a file and a variable"),
            )
            .help("keep one of them");
            self.problem(ReaderRule::WrongComposeType, finding);
        } else if !has("file") && !has("environment") {
            let finding = Finding::new(
                secret.name.span,
                format!("secret '{name}' says neither `file` nor `environment`"),
            )
            .help("say where the value comes from");
            self.problem(ReaderRule::WrongComposeType, finding);
        }
    }

    /// Unlike with a secret, an empty value is one.
    fn config(&mut self, config: &Definition) {
        if config.raw.map().is_none() || is_external(&config.raw) {
            return;
        }
        let sources: Vec<&Value> = ["file", "environment", "content"]
            .iter()
            .filter_map(|key| config.raw.get(key))
            .collect();
        let name = &config.name.value;
        let finding = match sources.as_slice() {
            [_] => return,
            [] if config.raw.get("external").is_some() => return,
            [] => Finding::new(
                config.name.span,
                format!("config '{name}' says none of `file`, `environment` and `content`"),
            )
            .help("say where the value comes from"),
            [first, second, ..] => Finding::new(
                second.span,
                format!("config '{name}' says more than once where its value comes from"),
            )
            .related(first.span, "here too")
            .help("keep one of them"),
        };
        self.problem(ReaderRule::WrongComposeType, finding.aspect(format!("configs.{name}")));
    }

    /// An external volume is taken as it is: Compose refuses it with settings of its own (networks are not checked so).
    fn external_volume(&mut self, volume: &Definition) {
        let flagged = volume
            .raw
            .get("external")
            .is_some_and(|value| value.data == Data::Bool(true));
        let own = volume.raw.map().into_iter().flatten().find(|(key, entry)| {
            !matches!(key.as_str(), "external" | "name") && !key.starts_with("x-") && !entry.value.is_null()
        });
        if let (true, Some((key, entry))) = (flagged, own) {
            let message = format!("the volume '{}' is external and also sets `{key}`", volume.name.value);
            let finding =
                Finding::new(entry.key, message).help("an external volume exists already: delete its settings");
            self.problem(
                ReaderRule::WrongComposeType,
                finding.aspect(format!("volumes.{}", volume.name.value)),
            );
        }
    }

    fn environment(&mut self, service: &Service) {
        for item in service.written(&["environment"]).and_then(Value::seq).unwrap_or(&[]) {
            if let Some((name, _)) = item.str().and_then(|text| text.split_once('='))
                && name.ends_with(char::is_whitespace)
            {
                let message = format!(
                    "service '{}' declares the variable '{}' with a space behind its name",
                    service.name.value,
                    name.trim_end()
                );
                let finding = Finding::new(item.span, message).help("Compose refuses it: delete the space before `=`");
                self.problem(ReaderRule::WrongComposeType, finding.aspect("environment"));
            }
        }
    }

    /// Compose accepts a missing file of a secret, and it is rightly not committed: only a note.
    fn definition_file(&mut self, kind: &str, definition: &Definition) {
        let Some(file) = definition.raw.get("file") else { return };
        let Some(path) = file
            .str()
            .filter(|path| !path.is_empty() && !path.starts_with(['/', '~']))
        else {
            return;
        };
        let place = join(&self.project.folder, path);
        if self.files.exists(&place) == Some(false) {
            let finding = Finding::new(
                file.span,
                format!(
                    "the file of the {kind} '{}' is not there: '{path}'",
                    definition.name.value
                ),
            )
            .help("it must be there when the service starts")
            .severity(Severity::Note)
            .aspect(format!("{kind}:{}", definition.name.value));
            self.problem(ReaderRule::UndefinedReference, finding);
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
                        "services '{}' and '{}' have one container name, '{name}'",
                        earlier.name.value, service.name.value
                    );
                    let mut finding = Finding::new(value.span, message)
                        .help("a container name must be unique")
                        .aspect("container_name");
                    if let Some(other) = earlier.written(&["container_name"]) {
                        finding = finding.related(other.span, "the same name");
                    }
                    // Services that never run together do not clash.
                    if together(earlier, service) {
                        self.problem(ReaderRule::WrongComposeType, finding);
                    }
                }
            }
        }
    }
}

fn is_external(raw: &Value) -> bool {
    match raw.get("external").map(|value| &value.data) {
        Some(Data::Bool(flag)) => *flag,
        Some(Data::Map(_) | Data::Unknown { .. }) => true,
        _ => false,
    }
}

//! What a service uses by name and nobody defines.

use super::Checker;
use crate::finding::{Change, Finding, ReaderRule, Severity};
use crate::parse::yaml::Value;
use crate::resolve::compose::project::Definition;
use crate::resolve::compose::service::Service;
use crate::source::{Spanned, slashed};
use crate::values::nearest;
use crate::values::security_opt::SecurityOpt;

/// Names that a wrong one is held against.
const MAX_KNOWN: usize = 500;

impl Checker<'_> {
    /// Compose itself reads the profile, when it creates the container.
    pub(super) fn seccomp(&mut self, service: &Service) {
        if self.project.partial || self.project.is_overlay || self.files.starts_elsewhere() {
            return;
        }
        let Some((SecurityOpt::Seccomp(file), option)) = service.last_security("seccomp") else {
            return;
        };
        let is_elsewhere = file.is_empty() || file.starts_with(['/', '~', '\\', '{']) || file.contains('$');
        if is_elsewhere || matches!(file.as_str(), "unconfined" | "builtin" | "default") {
            return;
        }
        let place = self.project.of_option(&file);
        if self.files.exists(&place) == Some(false) && !self.files.ignored(&place) && !self.files.made(&place) {
            let message = format!(
                "`{}` needs the seccomp profile `{file}`, which does not exist",
                service.name.value
            );
            let finding = Finding::new(option.span, message)
                .help("commit it, or remove the option: the default profile applies then");
            self.problem(
                ReaderRule::UndefinedReference,
                finding.aspect(format!("seccomp:{file}")).raised("2026.12"),
            );
        }
    }

    pub(super) fn references(&mut self, service: &Service) {
        let project = self.project;
        if project.partial {
            return;
        }
        if service.networks_written {
            self.named(service, "network", &service.networks, &project.networks, &|name| {
                name == "default" || project.network(name).is_some()
            });
        }
        self.named(service, "secret", &service.secrets, &project.secrets, &|name| {
            project.secret(name).is_some()
        });
        self.named(service, "config", &service.configs, &project.configs, &|name| {
            project.config(name).is_some()
        });
        self.named(service, "model", &service.models, &project.models, &|name| {
            project.models.iter().any(|model| model.name.value == name)
        });
        let volumes: Vec<Spanned<String>> = service
            .volumes
            .iter()
            .filter(|mount| mount.kind.value().is_some_and(|kind| kind == "volume"))
            .filter_map(|mount| mount.source.sourced())
            .map(|source| Spanned::new(source.value.clone(), source.span))
            .collect();
        self.named(service, "volume", &volumes, &project.volumes, &|name| {
            project.volume(name).is_some()
        });
        if let Some(secrets) = service.written(&["build", "secrets"]).and_then(Value::seq) {
            let names: Vec<_> = secrets
                .iter()
                .filter_map(|item| item.get("source").or(Some(item)))
                .filter_map(|source| source.str().map(|name| Spanned::new(name.to_owned(), source.span)))
                .collect();
            self.named(service, "secret", &names, &project.secrets, &|name| {
                project.secret(name).is_some()
            });
        }
        self.needs(service);
    }

    fn named(
        &mut self,
        service: &Service,
        kind: &str,
        used: &[Spanned<String>],
        defined: &[Definition],
        is_there: &dyn Fn(&str) -> bool,
    ) {
        for name in used.iter().filter(|name| !is_there(&name.value)) {
            let message = format!(
                "`{}` uses the {kind} `{}`, which is not defined",
                service.name.value, name.value
            );
            let known = defined
                .iter()
                .map(|definition| definition.name.value.as_str())
                .collect();
            // What a service extends in another file brings no definition along.
            let is_taken =
                name.span.source != service.name.span.source && !self.project.own.contains(&name.span.source);
            let place = if is_taken { service.name.span } else { name.span };
            let mut finding = self.with_nearest(Finding::new(place, message), &name.value, known);
            if is_taken {
                finding = finding.related(name.span, "in the service that it extends");
            }
            if finding.help.is_empty() {
                finding = finding.help(format!("define it under `{kind}s:` at the top of the file"));
                let section = match kind {
                    "network" => Some("networks"),
                    "volume" => Some("volumes"),
                    _ => None,
                };
                let is_plain = name
                    .value
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
                if let Some(section) = section.filter(|_| is_plain) {
                    finding = finding
                        .change(Change::Define(place, section, name.value.clone()))
                        .with_care();
                }
            }
            if let Some(other) = self.project.lent.get(&format!("{kind}s/{}", name.value)) {
                let other = slashed(other);
                finding = finding
                    .severity(Severity::Note)
                    .help(format!("`{other}` defines it: start both, or copy it from there"));
            }
            self.problem(
                ReaderRule::UndefinedReference,
                finding.aspect(format!("{kind}:{}", name.value)),
            );
        }
    }

    pub(super) fn with_nearest(&self, finding: Finding, word: &str, known: Vec<&str>) -> Finding {
        // Among thousands of names something is always near, and to look would take time.
        match nearest(word, known.into_iter().take(MAX_KNOWN)) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding,
        }
    }
}

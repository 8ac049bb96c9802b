use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;

rule! {
    /// A service uses a secret or config that is external, which only a Swarm has.
    ///
    /// ## Why it matters
    /// `docker compose config` accepts the file, and `docker compose up` stops: "unsupported external secret". Only
    /// `docker stack deploy` knows where such a secret is.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   db:
    ///     image: postgres:17.2
    ///     secrets: [password]  # <- here
    /// secrets:
    ///   password:
    ///     external: true
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   db:
    ///     image: postgres:17.2
    ///     secrets: [password]
    /// secrets:
    ///   password:
    ///     file: ./password.txt
    /// ```
    /// ```text pass password.txt +
    /// change
    /// ```
    ///
    /// ## Notes
    /// Nothing is said of a set that is made for a Swarm: by the name of its file, by an overlay network, or by keys of
    /// `deploy` that only a Swarm obeys.
    RULE {
        name: "unsupported-external-secret",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(project) = subject.project() else { return };
    let kinds = [
        ("secret", &service.secrets, &project.secrets),
        ("config", &service.configs, &project.configs),
    ];
    for (kind, used, defined) in kinds {
        for name in used {
            let definition = defined.iter().find(|definition| definition.name.value == name.value);
            let Some(external) = definition.and_then(|definition| definition.raw.entry("external")) else {
                continue;
            };
            if external.value.scalar_text().as_deref() == Some("false") {
                continue;
            }
            // Asked last: it looks at every service.
            if is_for_swarm(project) {
                return;
            }
            let message = format!(
                "`{}` uses the external {kind} `{}`, which only exists in Swarm",
                service.name.value, name.value
            );
            found.push(
                Finding::new(name.span, message)
                    .help(format!("set `file` or `environment` for the {kind}"))
                    .related(external.key, "it is external")
                    .fits_swarm(true)
                    .aspect(format!("{kind}s:{}", name.value)),
            );
        }
    }
}

/// Whether a set is meant for `docker stack deploy`.
fn is_for_swarm(project: &Project) -> bool {
    let by_name = project.files.iter().any(|file| {
        let name = file.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
        name.is_some_and(|name| name.contains("stack") || name.contains("swarm"))
    });
    let overlay = |network: &crate::resolve::compose::project::Definition| {
        network.raw.get("driver").and_then(|driver| driver.str()) == Some("overlay")
    };
    let deployed = |service: &Service| {
        let keys = ["placement", "update_config", "rollback_config", "endpoint_mode", "mode"];
        keys.iter().any(|key| service.written(&["deploy", key]).is_some())
    };
    by_name || project.networks.iter().any(overlay) || project.services.iter().any(deployed)
}

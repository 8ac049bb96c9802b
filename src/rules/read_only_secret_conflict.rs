use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::project::Definition;
use crate::resolve::compose::service::Service;
use crate::source::Spanned;

rule! {
    /// A read-only service is given a secret or config that has to be written into it.
    ///
    /// ## Why it matters
    /// Compose mounts files, but copies what comes from a variable or from the Compose file. Into a read-only
    /// container it cannot: "file is the sole supported option", and `up` stops.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     read_only: true
    ///     secrets: [token]  # <- here
    /// secrets:
    ///   token: {environment: API_TOKEN}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     read_only: true
    ///     secrets: [token]
    /// secrets:
    ///   token: {file: ./token.txt}
    /// ```
    RULE {
        name: "read-only-secret-conflict",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let (Some(project), Some(read_only)) = (subject.project(), service.read_only.sourced()) else {
        return;
    };
    if !read_only.value {
        return;
    }
    let mut tell = |kind: &str, names: &[Spanned<String>], definitions: &[Definition], keys: &[&str]| {
        for used in names {
            let definition = definitions
                .iter()
                .find(|definition| definition.name.value == used.value);
            let place = definition.and_then(|definition| keys.iter().find_map(|key| definition.raw.entry(key)));
            let Some(entry) = place else { continue };
            found.push(
                Finding::new(
                    used.span,
                    format!(
                        "`{}` is read-only, and its {kind} `{}` does not come from a file, so Compose cannot copy it in",
                        service.name.value, used.value
                    ),
                )
                .help(format!("set `file` for the {kind}"))
                .related(entry.key, "where it comes from")
                .related(read_only.span, "read-only")
                .aspect(format!("{kind}s:{}", used.value)),
            );
        }
    };
    tell("secret", &service.secrets, &project.secrets, &["environment"]);
    tell(
        "config",
        &service.configs,
        &project.configs,
        &["environment", "content"],
    );
}

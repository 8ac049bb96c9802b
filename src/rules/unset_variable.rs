use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::{Repository, UnsetVariable};
use crate::source::SourceId;
use std::cmp::Reverse;
use std::collections::BTreeMap;

rule! {
    /// A variable is used that is set nowhere and has no default.
    ///
    /// ## Why it matters
    /// Compose substitutes an empty string and goes on with a warning, so `${TAG}` makes another image; where an empty string
    /// cannot be, as for `mem_limit`, a port or the source of a volume, it refuses the file, as it does for
    /// `${NAME:?message}`.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:${TAG}  # <- here
    ///     environment:
    ///       MODE: ${MODE:?say which}  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:${TAG:-1.4}
    /// ```
    ///
    /// ## Notes
    /// It is an error only where Compose would refuse the file and the variables are known to be complete: a `.env` is
    /// there, or `--env-file` or `env-file` in plimsoll.yaml names one.
    RULE {
        name: "unset-variable",
        group: Group::Start,
        layer: Layer::Compose,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Repository(check),
    }
}
/// Variables that every shell, or Compose itself, sets.
const ALWAYS_SET: [&str; 6] = ["HOME", "PATH", "PWD", "USER", "COMPOSE_PROJECT_NAME", "COMPOSE_FILE"];

fn check(repository: &Repository, _: &Config, found: &mut Vec<Finding>) {
    // One finding for each variable of a file: at its first place, and at the first one that demands it.
    let mut first: BTreeMap<(SourceId, &str), &UnsetVariable> = BTreeMap::new();
    let rank = |variable: &UnsetVariable| {
        let required = variable.unset.required;
        (is_refused(variable), required, Reverse(variable.unset.span))
    };
    for variable in &repository.unset {
        let name = variable.unset.name.as_str();
        if !ALWAYS_SET.contains(&name) {
            let place = first.entry((variable.unset.span.source, name)).or_insert(variable);
            if rank(variable) > rank(place) {
                *place = variable;
            }
        }
    }
    for ((_, name), variable) in first {
        let required = variable.unset.required;
        let message = match &variable.refusal {
            Some(refusal) => format!("`{name}` is not set: {refusal}"),
            None if required => format!("`{name}` is required but not set"),
            None => format!("`{name}` is not set and has no default, so Compose substitutes an empty string"),
        };
        let (severity, layer) = match is_refused(variable) {
            true => (Severity::Error, Layer::Compose),
            false if required => (Severity::Note, Layer::Compose),
            false => (Severity::Note, Layer::Ignored),
        };
        let help = if required {
            format!("add `{name}=...` to .env")
        } else {
            format!("add `{name}=...` to .env, or write `${{{name}:-default}}`")
        };
        let finding = Finding::new(variable.unset.span, message)
            .help(help)
            .severity(severity)
            .layer(layer)
            .aspect(format!("${name}"));
        // At first only `${V:?}` was more than a note.
        let is_raised = severity == Severity::Error && !required;
        found.push(if is_raised { finding.raised("2026.12") } else { finding });
    }
}

/// Whether the variables are known to be complete and Compose refuses the file for want of this one.
fn is_refused(variable: &UnsetVariable) -> bool {
    variable.complete && (variable.unset.required || variable.refusal.is_some())
}

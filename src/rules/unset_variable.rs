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
    /// Compose puts nothing in its place and goes on with a warning, so `${TAG}` makes another image and `${MEMORY}` no
    /// limit. For `${NAME:?message}` it refuses the file instead.
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
        (required && variable.complete, required, Reverse(variable.unset.span))
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
        let (span, required) = (variable.unset.span, variable.unset.required);
        let (message, layer) = if required {
            (
                format!("the variable {name} must be set, and it is not set here"),
                Layer::Compose,
            )
        } else {
            let message =
                format!("the variable {name} is not set here and has no default: Compose puts nothing in its place");
            (message, Layer::Ignored)
        };
        let severity = if required && variable.complete {
            Severity::Error
        } else {
            Severity::Note
        };
        let help = if required {
            format!("set {name} in .env")
        } else {
            format!("set {name} in .env, or write ${{{name}:-default}}")
        };
        found.push(
            Finding::new(span, message)
                .help(help)
                .severity(severity)
                .layer(layer)
                .aspect(format!("${name}")),
        );
    }
}

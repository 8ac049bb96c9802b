use super::{Check, Group};
use crate::config::Config;
use crate::finding::{Finding, Layer, Severity};
use crate::source::{SourceId, Span};
use crate::unit::World;
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
        check: Check::World(check),
    }
}
/// Variables that every shell, or Compose itself, sets.
const ALWAYS_SET: [&str; 6] = ["HOME", "PATH", "PWD", "USER", "COMPOSE_PROJECT_NAME", "COMPOSE_FILE"];

fn check(world: &World, _: &Config, found: &mut Vec<Finding>) {
    // One finding for each variable of a file: at its first place, and at the first one that demands it.
    let mut first: BTreeMap<(SourceId, &str), (Span, bool)> = BTreeMap::new();
    for variable in &world.unset {
        let unset = &variable.unset;
        if ALWAYS_SET.contains(&unset.name.as_str()) {
            continue;
        }
        let refused = unset.required && variable.complete;
        let place = first
            .entry((unset.span.source, &unset.name))
            .or_insert((unset.span, refused));
        if (refused, std::cmp::Reverse(unset.span)) > (place.1, std::cmp::Reverse(place.0)) {
            *place = (unset.span, refused);
        }
    }
    for ((_, name), (span, refused)) in first {
        let required = world
            .unset
            .iter()
            .any(|variable| variable.unset.required && variable.unset.name == name && variable.unset.span == span);
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
        let severity = if refused { Severity::Error } else { Severity::Note };
        found.push(
            Finding::new(span, message)
                .help(format!("set {name} in .env, or write ${{{name}:-default}}"))
                .severity(severity)
                .layer(layer)
                .subject(format!("${name}")),
        );
    }
}

//! What services are told to run for, by their variables.

use crate::repository::Repository;
use crate::resolve::compose::service::Variable;
use crate::source::SourceId;
use std::collections::HashSet;

/// The services and files that variables keep to development or tests.
pub(super) struct Modes {
    /// The Compose files that set up a service so, and none for anything else.
    files: HashSet<SourceId>,
    /// The services of a name that are all told so and nothing else, with each file that sets a variable of theirs.
    services: HashSet<(SourceId, String)>,
}

impl Modes {
    pub(super) fn of(repository: &Repository) -> Self {
        let (mut told, mut others) = (HashSet::new(), HashSet::new());
        let (mut services, mut undecided) = (HashSet::new(), HashSet::new());
        for service in repository.sets.iter().flat_map(|set| &set.services) {
            let modes = || {
                service
                    .environment
                    .iter()
                    .filter_map(|variable| Some((variable, mode(variable)?)))
            };
            for (variable, is_development) in modes() {
                let of = if is_development { &mut told } else { &mut others };
                of.insert(variable.span.source);
            }
            let of = if is_told(modes()) {
                &mut services
            } else {
                &mut undecided
            };
            of.extend(
                service
                    .environment
                    .iter()
                    .map(|variable| (variable.span.source, service.name.value.clone())),
            );
        }
        told.retain(|source| !others.contains(source));
        services.retain(|service| !undecided.contains(service));
        Self { files: told, services }
    }

    /// Whether a file sets up a service for development, and none for anything else.
    pub(super) fn is_developed(&self, file: SourceId) -> bool {
        self.files.contains(&file)
    }

    /// Whether a service with a variable of this file is told so itself, wherever it is started.
    pub(super) fn is_told(&self, file: SourceId, service: &str) -> bool {
        self.services.contains(&(file, service.to_owned()))
    }
}

/// Whether a variable says that its service runs for development, or for something else; `None` if it says neither.
fn mode(variable: &Variable) -> Option<bool> {
    let value = variable.value.value()?.to_ascii_lowercase();
    let name = variable.name.as_str();
    if is_flag(name) && matches!(value.as_str(), "1" | "true" | "yes") {
        return Some(true);
    }
    // The path of an environment is none.
    let is_mode = name == "ENV" || name.ends_with("_ENV") || name.ends_with("ENVIRONMENT");
    (is_mode && !value.starts_with(['/', '.'])).then_some(matches!(
        value.as_str(),
        "dev" | "development" | "local" | "test" | "testing"
    ))
}

/// Whether the name of a variable is that of a switch for development.
fn is_flag(name: &str) -> bool {
    let is_negated = || {
        let mut words = name.split('_');
        words.any(|word| matches!(word, "NO" | "NOT" | "DISABLE" | "DISABLED"))
    };
    matches!(name, "DEVELOPMENT" | "DEV_MODE") || name.ends_with("_DEV_MODE") && !is_negated()
}

/// Whether a service is told so by what is written, and by nothing else that a variable can change.
fn is_told<'v>(modes: impl Iterator<Item = (&'v Variable, bool)>) -> bool {
    let mut modes = modes.peekable();
    let is_known = |variable: &Variable| variable.value.sourced().is_some_and(|known| known.proviso().is_empty());
    modes.peek().is_some() && modes.all(|(variable, is_development)| is_development && is_known(variable))
}

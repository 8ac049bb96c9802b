//! What the services of one run take together: limits times replicas, for every run that a Compose set stands for.

use super::project::Project;
use super::service::Service;
use crate::fact::{Fact, Unknown};
use crate::order::Order as _;
use crate::source::Span;
use crate::values::number::Real;

/// The services that one `docker compose up` starts.
#[derive(Clone, Debug)]
pub(crate) struct Run<'a> {
    /// How a person starts it: `without profiles`, ``with the profile `x` ``.
    pub words: String,
    /// Its services.
    pub services: Vec<&'a Service>,
}

/// The runs of a set: those that its declaration names, else the one without profiles and one for each single profile.
pub(crate) fn runs(project: &Project) -> Vec<Run<'_>> {
    let started = |active: &dyn Fn(&str) -> bool| {
        let is_started =
            |service: &&Service| service.profiles.is_empty() || service.profiles.iter().any(|name| active(&name.value));
        project.services.iter().filter(is_started).collect()
    };
    if !project.declared_profiles.is_empty() {
        let names = &project.declared_profiles;
        return vec![Run {
            words: format!("with the profiles {}", names.join(", ")),
            services: started(&|name| names.iter().any(|known| known == name || known == "*")),
        }];
    }
    let mut names: Vec<&str> = Vec::new();
    for profile in project.services.iter().flat_map(|service| &service.profiles) {
        if !names.contains(&profile.value.as_str()) {
            names.push(&profile.value);
        }
    }
    let mut runs = vec![Run {
        words: "without profiles".to_owned(),
        services: started(&|_| false),
    }];
    if project.env_profiles.len() > 1 || project.env_profiles.iter().any(|name| name == "*") {
        runs.push(Run {
            words: format!("with the profiles {} of `.env`", project.env_profiles.join(", ")),
            services: project
                .services
                .iter()
                .filter(|service| project.env_starts(service))
                .collect(),
        });
    }
    for name in names {
        runs.push(Run {
            words: format!("with the profile `{name}`"),
            services: started(&|profile| profile == name),
        });
    }
    runs
}

/// What the services of a run take of one resource.
#[derive(Debug, Default)]
pub(crate) struct Sum<'a> {
    /// The part that is known.
    pub total: f64,
    /// Services with a limit: what they take with all their replicas, and where the limit is written.
    pub parts: Vec<(&'a Service, f64, Span)>,
    /// Services without a limit: the sum has no bound.
    pub unbounded: Vec<&'a Service>,
    /// Services whose limit or number of replicas is not known.
    pub unknown: Vec<(&'a Service, Unknown)>,
}

/// Adds up a limit; 0, what is below, and what is absent is no limit. Services that others provide are left out.
pub(crate) fn sum<'a>(run: &Run<'a>, limit: &dyn Fn(&Service) -> Fact<f64>) -> Sum<'a> {
    let mut sum = Sum::default();
    for service in run.services.iter().filter(|service| !service.has_provider) {
        let replicas = match &service.replicas {
            Fact::Known(known) => known.value.max(0),
            Fact::Absent => 1,
            Fact::Unknown(unknown) => {
                sum.unknown.push((service, unknown.clone()));
                continue;
            }
        };
        if replicas == 0 {
            continue;
        }
        match limit(service) {
            Fact::Known(known) if known.value > 0.0 => {
                let all = known.value * replicas.real();
                sum.total += all;
                sum.parts.push((service, all, known.span));
            }
            Fact::Unknown(unknown) => sum.unknown.push((service, unknown)),
            _ => sum.unbounded.push(service),
        }
    }
    // The largest first: they are where something can be saved.
    sum.parts.order_by(|one, other| other.1.total_cmp(&one.1));
    sum
}

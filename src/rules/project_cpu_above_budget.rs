use super::support::sums::{Resource, above_budgets};
use super::{Check, Group};
use crate::config::Config;
use crate::config::budget::CPUS;
use crate::finding::{Finding, Layer, Severity};
use crate::resolve::compose::project::Project;
use crate::resolve::compose::service::Service;

rule! {
    /// The CPU limits of a Compose set add up to more than `project` or `host` allows.
    ///
    /// ## Why it matters
    /// Each service can be within its budget and all of them together use more than the host has. What counts is the
    /// limit times the number of replicas, over the services that one `docker compose up` starts. A service without a limit
    /// makes the sum unbounded, which is above every budget.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cpus: 1.5  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     cpus: 1
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// project: {cpus: 2}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cpus: 0.5
    ///     deploy: {replicas: 2}
    ///   worker:
    ///     image: acme/worker:1.4
    ///     cpus: 1
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// project: {cpus: 2}
    /// ```
    ///
    /// ## Notes
    /// The sum is taken for the run without profiles, for each single profile, and for the profiles that an entry of
    /// `compose:` names.
    RULE {
        name: "project-cpu-above-budget",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Project(check),
    }
}

fn check(project: &Project, config: &Config, found: &mut Vec<Finding>) {
    let cpus = Resource {
        budget: &CPUS,
        name: "CPU",
        key: "cpus",
        limit: &Service::cpu_limit,
    };
    found.extend(above_budgets(project, config, &cpus));
}

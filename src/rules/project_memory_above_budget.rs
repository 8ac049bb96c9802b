use super::support::settings::amount;
use super::support::sums::{Resource, above_budgets};
use super::{Check, Group};
use crate::config::Config;
use crate::config::budget::MEMORY;
use crate::finding::{Finding, Layer, Severity};
use crate::resolve::compose::project::Project;

rule! {
    /// The memory limits of a Compose set add up to more than `project` or `host` allows.
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
    ///     mem_limit: 512m  # <- here
    ///     scale: 2
    ///   worker:
    ///     image: acme/worker:1.4
    ///     mem_limit: 256m
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// project: {memory: 1GiB}
    /// ```
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// project: {memory: 1GiB}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 512m
    ///     scale: 2
    ///   blue:
    ///     image: acme/worker:1.4
    ///     mem_limit: 512m
    ///     profiles: [blue]
    ///   green:
    ///     image: acme/worker:1.4
    ///     mem_limit: 512m
    ///     profiles: [green]
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// project: {memory: 1536MiB}
    /// ```
    ///
    /// ## Notes
    /// The sum is taken for the run without profiles, for each single profile, and for the profiles that an entry of
    /// `compose:` names.
    RULE {
        name: "project-memory-above-budget",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Project(check),
    }
}

fn check(project: &Project, config: &Config, found: &mut Vec<Finding>) {
    let memory = Resource {
        budget: &MEMORY,
        name: "memory",
        key: "mem_limit",
        limit: &|service| amount(&service.memory),
    };
    found.extend(above_budgets(project, config, &memory));
}

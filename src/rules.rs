//! The rules: one file each, one table, one way to run them.
//!
//! A rule is pure: it looks at one unit, file or set and pushes findings. It never reads files, prints, or looks at the
//! clock. What a rule's readers already found (a syntax error, an unknown key) it only reports under its name.

mod example;

use crate::build::JudgedFile;
use crate::config::{Config, Level, Profile};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::{Project, Service};
use crate::values::code;
use std::collections::HashSet;

pub use example::{Example, examples};

/// The groups of the catalogue, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Size of images, layers and build contexts.
    Size,
    /// Memory, CPU, processes, logs, health and restart.
    Resources,
    /// Compose or the engine refuses it, or does something else than it says.
    Start,
    /// The build or the built container fails.
    Dockerfile,
    /// Privileges, isolation and secrets.
    Security,
    /// The same input tomorrow.
    Reproducible,
    /// Needs a running container, or tells how it would be measured.
    Measured,
    /// The gate's own configuration and inputs.
    Gate,
}

impl Group {
    /// The heading in documents.
    pub fn title(self) -> &'static str {
        match self {
            Group::Size => "Size budgets",
            Group::Resources => "Resource limits",
            Group::Start => "Will not start, or not as written",
            Group::Dockerfile => "Dockerfile",
            Group::Security => "Security",
            Group::Reproducible => "Reproducible",
            Group::Measured => "Measured at run time",
            Group::Gate => "The gate itself",
        }
    }
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// A reader found it: the rule only gives it a name. What readers found is reported beside every other check, too.
    Reported,
    /// Each service, with its stage and image.
    Service(fn(&Subject<'_>, &Service, &mut Vec<Finding>)),
    /// Each service, and each Dockerfile that no service builds.
    Container(fn(&Subject<'_>, &mut Vec<Finding>)),
    /// Each Dockerfile once.
    Dockerfile(fn(&JudgedFile, &Repository, &mut Vec<Finding>)),
    /// Each service, and each Dockerfile once.
    Both(
        fn(&Subject<'_>, &Service, &mut Vec<Finding>),
        fn(&JudgedFile, &Repository, &mut Vec<Finding>),
    ),
    /// Each Compose set.
    Project(fn(&Project, &Config, &mut Vec<Finding>)),
    /// Everything at once.
    Repository(fn(&Repository, &Config, &mut Vec<Finding>)),
}

/// A rule: its documentation, what it weighs, and how it looks.
#[derive(Debug)]
pub struct Rule {
    /// Markdown: the first line says what is wrong, then sections "Why it matters", "Fails", "Passes".
    pub doc: &'static str,
    /// The kebab-case name of the bad thing; final once released.
    pub name: &'static str,
    /// Where it stands in the catalogue.
    pub group: Group,
    /// Who would refuse it, or what it is about.
    pub layer: Layer,
    /// What it weighs in the `default` profile; `None` is off.
    pub severity: Option<Severity>,
    /// Codes of other tools that name the same thing.
    pub aliases: &'static [&'static str],
    /// The version that had it first.
    pub since: &'static str,
    /// How it looks.
    pub check: Check,
}

impl Rule {
    /// The first line of the documentation: one sentence.
    pub fn summary(&self) -> &'static str {
        self.doc.trim_start().lines().next().unwrap_or("").trim()
    }

    /// Whether another tool has this code or name for it.
    pub fn is_known_as(&self, code: &str) -> bool {
        self.aliases.iter().any(|alias| code::same(alias, code))
    }
}

/// Defines the one rule of a file: its doc comment is the documentation that `explain`, the README and SARIF show.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $id:ident { $($field:ident: $value:expr),* $(,)? }) => {
        $(#[doc = $doc])+
        pub(super) static $id: $crate::rules::Rule = $crate::rules::Rule { doc: concat!($($doc, "\n"),+), since: "0.1.0", $($field: $value),* };
    };
}

mod base_image_without_digest;
mod build_context_above_budget;
mod build_tools_in_image;
mod capabilities_kept;
mod capability_above_budget;
mod command_missing;
mod confinement_disabled;
mod conflicting_cpu_settings;
mod conflicting_limits;
mod conflicting_mounts;
mod conflicting_network_mode;
mod cpu_limit_above_budget;
mod dangerous_capability;
mod defeated_hardening;
mod dependency_cycle;
mod distribution_upgraded;
mod download_size_above_budget;
mod duplicate_key;
mod duplicated_host_port;
mod duplicated_layer;
mod engine_socket_mounted;
mod executable_tmpfs;
mod expired_ignore;
mod exposed_secret_file;
mod floating_base_image;
mod healthcheck_never_healthy;
mod heap_above_memory_limit;
mod host_device;
mod host_namespace;
mod ignore_without_reason;
mod ignored_setting;
mod image_growth_above_budget;
mod image_layers_above_budget;
mod image_size_above_budget;
mod image_size_near_budget;
mod image_waste_above_budget;
mod ineffective_capability;
mod invalid_dockerfile;
mod invalid_duration;
mod invalid_restart_policy;
mod invalid_size;
mod invalid_subnet;
mod invalid_yaml;
mod isolated_members;
mod late_cleanup;
mod loader_missing;
mod log_above_budget;
mod masked_failure;
mod memory_below_minimum;
mod memory_limit_above_budget;
mod memory_overcommitted;
mod missing_assume_yes;
mod missing_copy_source;
mod missing_cpu_limit;
mod missing_healthcheck;
mod missing_memory_limit;
mod missing_pids_limit;
mod missing_restart_policy;
mod missing_scratch_space;
mod missing_ulimit;
mod overlapping_subnets;
mod overridden_security_option;
mod oversized_base_image;
mod package_cache_kept;
mod pids_limit_above_budget;
mod port_mismatch;
mod port_on_every_interface;
mod powerless_root;
mod privilege_escalation_allowed;
mod privileged_service;
mod project_cpu_above_budget;
mod project_memory_above_budget;
mod read_only_secret_conflict;
mod recommended_packages_installed;
mod relative_workdir;
mod repeated_environment_key;
mod repeated_instruction;
mod reservation_above_budget;
mod reservation_above_limit;
mod root_group;
mod root_user;
mod secret_in_environment;
mod secret_in_image;
mod sensitive_host_path;
mod service_without_image;
mod shared_bridge_network;
mod shared_memory_below_need;
mod shared_process_limit;
mod shell_missing;
mod slow_probe;
mod sudo_in_image;
mod swallowed_command;
mod swap_above_budget;
mod swap_below_memory;
mod swap_without_memory;
mod tmpfs_without_size;
mod ulimit_above_budget;
mod ulimit_soft_above_hard;
mod unbounded_log;
mod undecided_value;
mod undefined_reference;
mod undefined_stage;
mod undefined_variable;
mod unknown_capability;
mod unknown_compose_key;
mod unknown_driver_option;
mod unknown_security_option;
mod unknown_user;
mod unmatched_assignment;
mod unpublishable_port;
mod unreadable_input;
mod unsafe_sysctl;
mod unset_variable;
mod unsupported_base_image;
mod unused_definition;
mod unused_ignore;
mod unverified_download;
mod version_control_in_image;
mod writable_root;
mod wrong_compose_type;

/// Every rule, sorted by name.
pub static RULES: &[&Rule] = &[
    &base_image_without_digest::RULE,
    &build_context_above_budget::RULE,
    &build_tools_in_image::RULE,
    &capabilities_kept::RULE,
    &capability_above_budget::RULE,
    &command_missing::RULE,
    &confinement_disabled::RULE,
    &conflicting_cpu_settings::RULE,
    &conflicting_limits::RULE,
    &conflicting_mounts::RULE,
    &conflicting_network_mode::RULE,
    &cpu_limit_above_budget::RULE,
    &dangerous_capability::RULE,
    &defeated_hardening::RULE,
    &dependency_cycle::RULE,
    &distribution_upgraded::RULE,
    &download_size_above_budget::RULE,
    &duplicate_key::RULE,
    &duplicated_host_port::RULE,
    &duplicated_layer::RULE,
    &engine_socket_mounted::RULE,
    &executable_tmpfs::RULE,
    &expired_ignore::RULE,
    &exposed_secret_file::RULE,
    &floating_base_image::RULE,
    &healthcheck_never_healthy::RULE,
    &heap_above_memory_limit::RULE,
    &host_device::RULE,
    &host_namespace::RULE,
    &ignore_without_reason::RULE,
    &ignored_setting::RULE,
    &image_growth_above_budget::RULE,
    &image_layers_above_budget::RULE,
    &image_size_above_budget::RULE,
    &image_size_near_budget::RULE,
    &image_waste_above_budget::RULE,
    &ineffective_capability::RULE,
    &invalid_dockerfile::RULE,
    &invalid_duration::RULE,
    &invalid_restart_policy::RULE,
    &invalid_size::RULE,
    &invalid_subnet::RULE,
    &invalid_yaml::RULE,
    &isolated_members::RULE,
    &late_cleanup::RULE,
    &loader_missing::RULE,
    &log_above_budget::RULE,
    &masked_failure::RULE,
    &memory_below_minimum::RULE,
    &memory_limit_above_budget::RULE,
    &memory_overcommitted::RULE,
    &missing_assume_yes::RULE,
    &missing_copy_source::RULE,
    &missing_cpu_limit::RULE,
    &missing_healthcheck::RULE,
    &missing_memory_limit::RULE,
    &missing_pids_limit::RULE,
    &missing_restart_policy::RULE,
    &missing_scratch_space::RULE,
    &missing_ulimit::RULE,
    &overlapping_subnets::RULE,
    &overridden_security_option::RULE,
    &oversized_base_image::RULE,
    &package_cache_kept::RULE,
    &pids_limit_above_budget::RULE,
    &port_mismatch::RULE,
    &port_on_every_interface::RULE,
    &powerless_root::RULE,
    &privilege_escalation_allowed::RULE,
    &privileged_service::RULE,
    &project_cpu_above_budget::RULE,
    &project_memory_above_budget::RULE,
    &read_only_secret_conflict::RULE,
    &recommended_packages_installed::RULE,
    &relative_workdir::RULE,
    &repeated_environment_key::RULE,
    &repeated_instruction::RULE,
    &reservation_above_budget::RULE,
    &reservation_above_limit::RULE,
    &root_group::RULE,
    &root_user::RULE,
    &secret_in_environment::RULE,
    &secret_in_image::RULE,
    &sensitive_host_path::RULE,
    &service_without_image::RULE,
    &shared_bridge_network::RULE,
    &shared_memory_below_need::RULE,
    &shared_process_limit::RULE,
    &shell_missing::RULE,
    &slow_probe::RULE,
    &sudo_in_image::RULE,
    &swallowed_command::RULE,
    &swap_above_budget::RULE,
    &swap_below_memory::RULE,
    &swap_without_memory::RULE,
    &tmpfs_without_size::RULE,
    &ulimit_above_budget::RULE,
    &ulimit_soft_above_hard::RULE,
    &unbounded_log::RULE,
    &undecided_value::RULE,
    &undefined_reference::RULE,
    &undefined_stage::RULE,
    &undefined_variable::RULE,
    &unknown_capability::RULE,
    &unknown_compose_key::RULE,
    &unknown_driver_option::RULE,
    &unknown_security_option::RULE,
    &unknown_user::RULE,
    &unmatched_assignment::RULE,
    &unpublishable_port::RULE,
    &unreadable_input::RULE,
    &unsafe_sysctl::RULE,
    &unset_variable::RULE,
    &unsupported_base_image::RULE,
    &unused_definition::RULE,
    &unused_ignore::RULE,
    &unverified_download::RULE,
    &version_control_in_image::RULE,
    &writable_root::RULE,
    &wrong_compose_type::RULE,
];

/// The names of all rules.
pub(crate) fn names() -> Vec<&'static str> {
    RULES.iter().map(|rule| rule.name).collect()
}

/// The rule with this name.
pub(crate) fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}

/// A finding with the rule that made it.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The rule.
    pub rule: &'static Rule,
    /// What it weighs after the rule's own judgement and the configuration.
    pub severity: Severity,
    /// The service or Dockerfile that it is about.
    pub unit: Option<String>,
    /// The finding.
    pub finding: Finding,
}

/// Runs every rule that is on over everything there is.
pub(crate) fn judge(repository: &Repository, config: &Config) -> Vec<Judged> {
    let mut judged = Vec::new();
    for rule in RULES {
        let level = config.rules.get(rule.name).copied();
        if level == Some(Level::Off) || (level.is_none() && rule.severity.is_none()) {
            continue;
        }
        run(rule, repository, config, &mut |unit, findings| {
            for finding in findings.drain(..) {
                judged.extend(weigh(rule, config, unit.map(str::to_owned), finding));
            }
        });
    }
    let mut seen = HashSet::new();
    // A file that is part of several sets says the same thing in each.
    judged.retain(|entry| seen.insert((entry.rule.name, entry.finding.span, entry.finding.message.clone())));
    judged
}

fn run(rule: &Rule, repository: &Repository, config: &Config, take: &mut dyn FnMut(Option<&str>, &mut Vec<Finding>)) {
    let mut findings = Vec::new();
    let fallback = Profile::default();
    let views = repository.containers.iter().map(|container| Subject {
        container,
        repository,
        profile: config.profiles.get(&container.profile).unwrap_or(&fallback),
    });
    findings.extend(
        repository
            .problems
            .iter()
            .filter(|problem| problem.rule == rule.name)
            .map(|problem| problem.finding.clone()),
    );
    take(None, &mut findings);
    let services = |check: fn(&Subject<'_>, &Service, &mut Vec<Finding>),
                    take: &mut dyn FnMut(Option<&str>, &mut Vec<Finding>)| {
        let mut findings = Vec::new();
        for subject in views.clone() {
            if let Some(service) = subject.service() {
                check(&subject, service, &mut findings);
                take(Some(&subject.container.name), &mut findings);
            }
        }
    };
    let files = |check: fn(&JudgedFile, &Repository, &mut Vec<Finding>),
                 take: &mut dyn FnMut(Option<&str>, &mut Vec<Finding>)| {
        let mut findings = Vec::new();
        for file in &repository.dockerfiles {
            check(file, repository, &mut findings);
            take(Some(&file.file.path), &mut findings);
        }
    };
    match rule.check {
        Check::Reported => {}
        Check::Container(check) => {
            for subject in views {
                check(&subject, &mut findings);
                take(Some(&subject.container.name), &mut findings);
            }
        }
        Check::Service(check) => services(check, take),
        Check::Dockerfile(check) => files(check, take),
        Check::Both(service, dockerfile) => {
            services(service, take);
            files(dockerfile, take);
        }
        Check::Project(check) => {
            for set in &repository.sets {
                check(set, config, &mut findings);
                take(None, &mut findings);
            }
        }
        Check::Repository(check) => {
            check(repository, config, &mut findings);
            take(None, &mut findings);
        }
    }
}

/// The weight of a finding; `None` if it is off. A value that could not be known is reported under a rule of its own.
fn weigh(rule: &'static Rule, config: &Config, unit: Option<String>, finding: Finding) -> Option<Judged> {
    let rule = if finding.undecided {
        find("undecided-value").unwrap_or(rule)
    } else {
        rule
    };
    let severity = match config.rules.get(rule.name) {
        Some(Level::Off) => return None,
        Some(Level::At(severity)) => *severity,
        None if rule.name == "undecided-value" && config.fail_on_undecided => Severity::Error,
        None => finding.severity.or(rule.severity)?,
    };
    Some(Judged {
        rule,
        severity,
        unit: unit.or_else(|| finding.unit.clone()),
        finding,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_file_is_in_the_table_and_sorted() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| path.file_stem().unwrap().to_string_lossy().replace('_', "-"))
            .filter(|name| name != "example")
            .collect();
        let named: Vec<String> = names().into_iter().map(str::to_owned).collect();
        assert_eq!(named, files.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn names_say_the_bad_thing() {
        for name in names() {
            assert!(
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                "{name}"
            );
            for start in ["no-", "use-", "prefer-", "require-", "avoid-", "disallow-"] {
                assert!(!name.starts_with(start), "{name}");
            }
        }
    }

    #[test]
    fn every_rule_is_documented() {
        for rule in RULES {
            assert!(
                rule.summary().ends_with('.'),
                "{}: the first line is a sentence",
                rule.name
            );
            for heading in ["## Why it matters", "## Fails", "## Passes"] {
                assert!(rule.doc.contains(heading), "{} lacks '{heading}'", rule.name);
            }
            for line in rule.doc.lines() {
                assert!(line.chars().count() <= 120, "{}: a line is too long", rule.name);
            }
        }
    }

    /// Codes that two rules truly share: the other tool says with one code what is said here with two names.
    const SHARED: [&str; 2] = ["CL-0026", "invalid-schema"];

    #[test]
    fn aliases_are_of_known_tools_and_of_one_rule_each() {
        let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
        let mut count: std::collections::BTreeMap<code::Tool, usize> = std::collections::BTreeMap::new();
        for rule in RULES {
            for alias in rule.aliases {
                let tool = code::Tool::of_alias(alias);
                assert!(tool.is_some(), "{}: whose code is {alias}?", rule.name);
                assert!(find(alias).is_none(), "{alias} is a rule's own name");
                assert!(seen.insert((alias, rule.name)), "{} has {alias} twice", rule.name);
                *count.entry(tool.unwrap()).or_default() += 1;
                let others = RULES
                    .iter()
                    .filter(|other| other.name != rule.name && other.is_known_as(alias))
                    .count();
                assert_eq!(others > 0, SHARED.contains(alias), "{alias}");
            }
        }
        for (tool, count) in count {
            println!("{}: {count}", tool.word());
        }
    }
}

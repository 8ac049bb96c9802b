//! The rules: one file each, one table, one way to run them.
//!
//! A rule is pure: it looks at one container, file or set and pushes findings. It never reads files, prints, or looks at the
//! clock. What a rule's readers already found (a syntax error, an unknown key) it only reports under its name.

mod example;
mod history;
mod support;

use crate::build::JudgedFile;
use crate::config::{Config, Level, Profile};
use crate::finding::{Finding, Layer, ReaderRule, Severity};
use crate::progress;
use crate::repository::{Repository, Subject};
use crate::resolve::compose::service::{Project, Service};
use crate::values::code;
use std::collections::{HashMap, HashSet};

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
    /// How it looks.
    pub check: Check,
}

impl Rule {
    /// Whether both are the same rule.
    pub(crate) fn is(&self, other: &Rule) -> bool {
        std::ptr::eq(self, other)
    }

    /// The version that had it first, as `YYYY.MM`.
    pub fn since(&self) -> &'static str {
        history::since(self.name)
    }

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
        pub(super) static $id: $crate::rules::Rule = $crate::rules::Rule { doc: concat!($($doc, "\n"),+), $($field: $value),* };
    };
}

/// The one list of rules: each names its file.
macro_rules! rules {
    ($($file:ident),* $(,)?) => {
        $(mod $file;)*

        /// Every rule, sorted by name.
        pub static RULES: &[&Rule] = &[$(&$file::RULE),*];
    };
}

rules! {
    base_image_without_digest,
    build_command_missing,
    build_context_above_budget,
    build_tools_in_image,
    capabilities_kept,
    capability_above_budget,
    command_missing,
    confinement_disabled,
    conflicting_cpu_settings,
    conflicting_limits,
    conflicting_mounts,
    conflicting_network_mode,
    cpu_limit_above_budget,
    dangerous_capability,
    decimal_file_mode,
    defeated_hardening,
    dependency_cycle,
    dependency_never_completes,
    distribution_upgraded,
    download_size_above_budget,
    duplicate_key,
    duplicated_host_port,
    duplicated_layer,
    engine_socket_mounted,
    executable_tmpfs,
    expired_ignore,
    exposed_secret_file,
    floating_base_image,
    guessable_credential,
    healthcheck_never_healthy,
    heap_above_memory_limit,
    host_device,
    host_namespace,
    ignore_without_reason,
    ignored_setting,
    image_growth_above_budget,
    image_layers_above_budget,
    image_size_above_budget,
    image_size_near_budget,
    image_waste_above_budget,
    ineffective_capability,
    invalid_dockerfile,
    invalid_duration,
    invalid_engine_value,
    invalid_image_reference,
    invalid_log_option,
    invalid_mount,
    invalid_restart_policy,
    invalid_size,
    invalid_static_address,
    invalid_subnet,
    invalid_yaml,
    isolated_members,
    late_cleanup,
    loader_missing,
    log_above_budget,
    malformed_exec_form,
    masked_failure,
    memory_below_minimum,
    memory_limit_above_budget,
    memory_overcommitted,
    missing_assume_yes,
    missing_bind_source,
    missing_build_input,
    missing_copy_source,
    missing_cpu_limit,
    missing_healthcheck,
    missing_memory_limit,
    missing_package_index,
    missing_pids_limit,
    missing_restart_policy,
    missing_scratch_space,
    missing_ulimit,
    overlapping_subnets,
    overridden_security_option,
    oversized_base_image,
    package_cache_kept,
    pids_limit_above_budget,
    policy_loosened,
    port_mismatch,
    port_on_every_interface,
    powerless_root,
    privilege_escalation_allowed,
    privileged_service,
    project_cpu_above_budget,
    project_memory_above_budget,
    provider_runs_program,
    read_only_secret_conflict,
    recommended_packages_installed,
    relative_workdir,
    repeated_environment_key,
    repeated_instruction,
    reservation_above_budget,
    reservation_above_limit,
    root_group,
    root_user,
    secret_in_environment,
    secret_in_image,
    sensitive_host_path,
    service_without_image,
    shared_bridge_network,
    shared_memory_below_need,
    shared_process_limit,
    shell_missing,
    slow_probe,
    stale_package_index,
    step_without_effect,
    sudo_in_image,
    swallowed_command,
    swap_above_budget,
    swap_below_memory,
    swap_without_memory,
    tmpfs_without_size,
    trailing_comment,
    ulimit_above_budget,
    ulimit_soft_above_hard,
    unbounded_log,
    undecided_value,
    undefined_reference,
    undefined_stage,
    undefined_variable,
    unknown_capability,
    unknown_compose_key,
    unknown_driver_option,
    unknown_frontend,
    unknown_security_option,
    unknown_user,
    unmatched_assignment,
    unpublishable_port,
    unreadable_input,
    unreadable_secret,
    unsafe_sysctl,
    unset_variable,
    unsupported_base_image,
    unsupported_external_secret,
    unsupported_shell_syntax,
    unused_definition,
    unused_ignore,
    unverified_download,
    version_control_in_image,
    writable_root,
    wrong_compose_type,
}

/// The rule of what a reader found.
pub(crate) fn of_reader(rule: ReaderRule) -> &'static Rule {
    match rule {
        ReaderRule::InvalidYaml => &invalid_yaml::RULE,
        ReaderRule::DuplicateKey => &duplicate_key::RULE,
        ReaderRule::UnknownComposeKey => &unknown_compose_key::RULE,
        ReaderRule::ServiceWithoutImage => &service_without_image::RULE,
        ReaderRule::WrongComposeType => &wrong_compose_type::RULE,
        ReaderRule::UndefinedReference => &undefined_reference::RULE,
        ReaderRule::DependencyCycle => &dependency_cycle::RULE,
        ReaderRule::ConflictingLimits => &conflicting_limits::RULE,
        ReaderRule::ConflictingMounts => &conflicting_mounts::RULE,
        ReaderRule::ConflictingNetworkMode => &conflicting_network_mode::RULE,
        ReaderRule::InvalidDuration => &invalid_duration::RULE,
        ReaderRule::InvalidSize => &invalid_size::RULE,
        ReaderRule::InvalidDockerfile => &invalid_dockerfile::RULE,
        ReaderRule::UndefinedStage => &undefined_stage::RULE,
        ReaderRule::UnmatchedAssignment => &unmatched_assignment::RULE,
        ReaderRule::UndecidedValue => &undecided_value::RULE,
        ReaderRule::UnknownFrontend => &unknown_frontend::RULE,
        ReaderRule::PolicyLoosened => &policy_loosened::RULE,
        ReaderRule::UnreadableInput => &unreadable_input::RULE,
        ReaderRule::UnusedIgnore => &unused_ignore::RULE,
        ReaderRule::ExpiredIgnore => &expired_ignore::RULE,
        ReaderRule::IgnoreWithoutReason => &ignore_without_reason::RULE,
    }
}

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
    pub about: Option<String>,
    /// The finding.
    pub finding: Finding,
}

/// Runs every rule that is on over everything there is, however the variables are set where it is deployed.
pub(crate) fn judge(repository: &Repository, config: &Config) -> Vec<Judged> {
    let mut judged = judge_one(repository, config);
    for other in &repository.alternates {
        add_worse(&mut judged, judge_one(&other.repository, config), &other.assumed);
    }
    judged
}

/// Adds what is said of another way to set the variables and is worse for the security of the host, or keeps something from
/// being judged at all.
fn add_worse(judged: &mut Vec<Judged>, others: Vec<Judged>, assumed: &[String]) {
    let key = |entry: &Judged| (entry.rule.name, entry.finding.span, entry.finding.aspect.clone());
    let mut known: HashMap<_, (usize, Severity)> = HashMap::new();
    for (index, entry) in judged.iter().enumerate() {
        known.entry(key(entry)).or_insert((index, entry.severity));
    }
    let variables = assumed
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    for mut entry in others {
        let counts = match entry.rule.group {
            Group::Security => true,
            Group::Gate => entry.severity == Severity::Error,
            _ => false,
        };
        if !counts {
            continue;
        }
        let place = key(&entry);
        match known.get(&place) {
            Some((_, severity)) if *severity >= entry.severity => {}
            found => {
                entry.finding.message.push_str(&format!(", where {variables} is set"));
                let index = found.map(|(index, _)| *index);
                let at = index.unwrap_or(judged.len());
                known.insert(place, (at, entry.severity));
                match judged.get_mut(at) {
                    Some(weaker) => *weaker = entry,
                    None => judged.push(entry),
                }
            }
        }
    }
}

fn judge_one(repository: &Repository, config: &Config) -> Vec<Judged> {
    let mut judged = Vec::new();
    for rule in RULES {
        let level = config.rules.get(rule.name).copied();
        if level == Some(Level::Off) || (level.is_none() && rule.severity.is_none()) {
            continue;
        }
        run(rule, repository, config, &mut |about, findings| {
            for finding in findings.drain(..) {
                judged.extend(weigh(rule, config, about.map(str::to_owned), finding));
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
            .filter(|problem| of_reader(problem.rule).is(rule))
            .map(|problem| problem.finding.clone()),
    );
    take(None, &mut findings);
    let services = |check: fn(&Subject<'_>, &Service, &mut Vec<Finding>),
                    take: &mut dyn FnMut(Option<&str>, &mut Vec<Finding>)| {
        let mut findings = Vec::new();
        for subject in views.clone() {
            if let Some(service) = subject.service() {
                progress::at(subject.container.span.source);
                check(&subject, service, &mut findings);
                drop_guessed(rule, subject.project(), &mut findings);
                take(Some(&subject.container.name), &mut findings);
            }
        }
    };
    let files = |check: fn(&JudgedFile, &Repository, &mut Vec<Finding>),
                 take: &mut dyn FnMut(Option<&str>, &mut Vec<Finding>)| {
        let mut findings = Vec::new();
        for file in &repository.dockerfiles {
            progress::at(file.file.source);
            check(file, repository, &mut findings);
            take(Some(&file.file.path), &mut findings);
        }
    };
    match rule.check {
        Check::Reported => {}
        Check::Container(check) => {
            for subject in views {
                progress::at(subject.file());
                check(&subject, &mut findings);
                drop_guessed(rule, subject.project(), &mut findings);
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
                if let Some(service) = set.services.first() {
                    progress::at(service.name.span.source);
                }
                check(set, config, &mut findings);
                drop_guessed(rule, Some(set), &mut findings);
                take(None, &mut findings);
            }
        }
        Check::Repository(check) => {
            check(repository, config, &mut findings);
            take(None, &mut findings);
        }
    }
}

/// A guessed merge raises no error that neither file has alone.
fn drop_guessed(rule: &Rule, set: Option<&Project>, findings: &mut Vec<Finding>) {
    let is_error = |finding: &Finding| finding.severity.or(rule.severity) == Some(Severity::Error);
    if let Some(set) = set.filter(|set| !set.guessed_of.is_empty()) {
        findings.retain(|finding| !is_error(finding) || !set.is_only_guessed(finding));
    }
}

/// The weight of a finding; `None` if it is off. A value that could not be known is reported under a rule of its own.
fn weigh(rule: &'static Rule, config: &Config, about: Option<String>, finding: Finding) -> Option<Judged> {
    let rule = if finding.undecided {
        &undecided_value::RULE
    } else {
        rule
    };
    let severity = match config.rules.get(rule.name) {
        Some(Level::Off) => return None,
        Some(Level::At(severity)) => *severity,
        None if rule.is(&undecided_value::RULE) && config.fail_on_undecided => Severity::Error,
        None => finding.severity.or(rule.severity)?,
    };
    // An upgrade turns no build red that nobody asked to be stricter.
    let is_newer = |since: &str| {
        config
            .rules_version
            .as_ref()
            .is_some_and(|pin| since > pin.value.as_str())
    };
    let is_asked = config.rules.contains_key(rule.name);
    let severity = if !is_asked && (is_newer(rule.since()) || finding.raised.is_some_and(is_newer)) {
        Severity::Note
    } else {
        severity
    };
    Some(Judged {
        rule,
        severity,
        about: about.or_else(|| finding.about.clone()),
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
            .filter(|name| name != "example" && name != "history" && name != "support")
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

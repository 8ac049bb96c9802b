//! The rules: one file each, one table, one way to run them.
//!
//! A rule is pure: it looks at one container, file or set and pushes findings. It never reads files, prints, or looks at the
//! clock. What a rule's readers already found (a syntax error, an unknown key) it only reports under its name.

mod docs;
mod example;
mod history;
mod judge;
mod page;
mod rule;
mod support;

use crate::finding::ReaderRule;

pub use example::{Example, examples};
pub(crate) use judge::{Judged, judge, weigh};
pub use page::pages;
pub(crate) use rule::Check;
pub use rule::{Group, Rule};

/// Defines the one rule of a file: its doc comment is the documentation that `explain`, the README and SARIF show; `build.rs` packs it.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $id:ident { $($field:ident: $value:expr),* $(,)? }) => {
        $(#[doc = $doc])+
        pub(super) static $id: $crate::rules::Rule = $crate::rules::Rule { $($field: $value),* };
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
    idle_use_above_budget,
    ignore_without_reason,
    ignored_setting,
    image_growth_above_budget,
    image_layers_above_budget,
    image_size_above_budget,
    image_size_near_budget,
    image_waste_above_budget,
    incompatible_libc,
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
    missing_label,
    missing_memory_limit,
    missing_package_index,
    missing_pids_limit,
    missing_restart_policy,
    missing_scratch_space,
    missing_ulimit,
    overlapping_subnets,
    overridden_security_option,
    oversized_base_image,
    oversized_limit,
    package_cache_kept,
    pids_limit_above_budget,
    policy_loosened,
    policy_violated,
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
    registry_not_allowed,
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
    slow_response,
    slow_start,
    stale_facts,
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
    unknown_image,
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
    unwritable_path,
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
        ReaderRule::StaleFacts => &stale_facts::RULE,
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

/// The name of the rule that says what a code of another tool says.
pub(crate) fn known_as(code: &str) -> Option<&'static str> {
    RULES.iter().find(|rule| rule.is_known_as(code)).map(|rule| rule.name)
}

#[cfg(test)]
mod tests;

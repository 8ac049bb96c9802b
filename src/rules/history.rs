//! Which rules came when: `rules-version` in `plimsoll.yaml` makes notes of what is newer than it.

/// The version of the rules that are not released yet, as `YYYY.MM`.
const COMING: &str = "2026.12";

/// The rules that each version had first, oldest version first. A release of new rules adds a row; no row ever changes.
#[rustfmt::skip] // One rule a line would make it four screens long.
static RELEASES: &[(&str, &[&str])] = &[
    ("2026.11", &[
        "base-image-without-digest", "build-context-above-budget", "build-tools-in-image", "capabilities-kept",
        "capability-above-budget", "command-missing", "confinement-disabled", "conflicting-cpu-settings",
        "conflicting-limits", "conflicting-mounts", "conflicting-network-mode", "cpu-limit-above-budget",
        "dangerous-capability", "defeated-hardening", "dependency-cycle", "distribution-upgraded",
        "download-size-above-budget", "duplicate-key", "duplicated-host-port", "duplicated-layer",
        "engine-socket-mounted", "executable-tmpfs", "expired-ignore", "exposed-secret-file", "floating-base-image",
        "healthcheck-never-healthy", "heap-above-memory-limit", "host-device", "host-namespace",
        "ignore-without-reason", "ignored-setting", "image-growth-above-budget", "image-layers-above-budget",
        "image-size-above-budget", "image-size-near-budget", "image-waste-above-budget", "ineffective-capability",
        "invalid-dockerfile", "invalid-duration", "invalid-restart-policy", "invalid-size", "invalid-subnet",
        "invalid-yaml", "isolated-members", "late-cleanup", "loader-missing", "log-above-budget", "masked-failure",
        "memory-below-minimum", "memory-limit-above-budget", "memory-overcommitted", "missing-assume-yes",
        "missing-copy-source", "missing-cpu-limit", "missing-healthcheck", "missing-memory-limit",
        "missing-pids-limit", "missing-restart-policy", "missing-scratch-space", "missing-ulimit",
        "overlapping-subnets", "overridden-security-option", "oversized-base-image", "package-cache-kept",
        "pids-limit-above-budget", "port-mismatch", "port-on-every-interface", "powerless-root",
        "privilege-escalation-allowed", "privileged-service", "project-cpu-above-budget",
        "project-memory-above-budget", "read-only-secret-conflict", "recommended-packages-installed",
        "relative-workdir", "repeated-environment-key", "repeated-instruction", "reservation-above-budget",
        "reservation-above-limit", "root-group", "root-user", "secret-in-environment", "secret-in-image",
        "sensitive-host-path", "service-without-image", "shared-bridge-network", "shared-memory-below-need",
        "shared-process-limit", "shell-missing", "slow-probe", "sudo-in-image", "swallowed-command",
        "swap-above-budget", "swap-below-memory", "swap-without-memory", "tmpfs-without-size", "ulimit-above-budget",
        "ulimit-soft-above-hard", "unbounded-log", "undecided-value", "undefined-reference", "undefined-stage",
        "undefined-variable", "unknown-capability", "unknown-compose-key", "unknown-driver-option",
        "unknown-security-option", "unknown-user", "unmatched-assignment", "unpublishable-port", "unreadable-input",
        "unsafe-sysctl", "unset-variable", "unsupported-base-image", "unused-definition", "unused-ignore",
        "unverified-download", "version-control-in-image", "writable-root", "wrong-compose-type",
    ]),
];

/// Rules that weigh more since a later version, whatever they say. Where only some of what a rule says does, its findings carry it
/// ([`Finding::raised`](crate::finding::Finding::raised)).
static RAISED: &[(&str, &str)] = &[("ignore-without-reason", "2026.12")];

/// The version that gave a rule its weight.
pub(super) fn weighs_since(rule: &str) -> &'static str {
    let raised = RAISED.iter().find(|(name, _)| *name == rule);
    raised.map_or_else(|| since(rule), |(_, version)| version)
}

/// The version that had a rule first.
pub(super) fn since(rule: &str) -> &'static str {
    RELEASES
        .iter()
        .find(|(_, rules)| rules.binary_search(&rule).is_ok())
        .map_or(COMING, |(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_weigh_more_are_older_than_that() {
        for (rule, version) in RAISED {
            assert!(since(rule) < *version, "{rule}");
        }
        assert_eq!(weighs_since("privileged-service"), "2026.11");
    }

    #[test]
    fn every_row_is_sorted_and_speaks_of_rules_that_are() {
        assert!(RELEASES.is_sorted_by_key(|(version, _)| version));
        for (version, rules) in RELEASES {
            assert!(rules.is_sorted(), "{version}");
            assert!(*version < COMING, "{version}");
            for rule in *rules {
                assert!(crate::rules::find(rule).is_some(), "{rule}");
            }
        }
    }
}

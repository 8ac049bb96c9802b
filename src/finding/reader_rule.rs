//! The rules that readers report under, by identity: a reader cannot name a rule that does not exist.

/// A rule that only gives a name to what a reader finds. `rules::of_reader` knows the rule of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReaderRule {
    /// `invalid-yaml`
    InvalidYaml,
    /// `duplicate-key`
    DuplicateKey,
    /// `unknown-compose-key`
    UnknownComposeKey,
    /// `service-without-image`
    ServiceWithoutImage,
    /// `wrong-compose-type`
    WrongComposeType,
    /// `undefined-reference`
    UndefinedReference,
    /// `dependency-cycle`
    DependencyCycle,
    /// `conflicting-limits`
    ConflictingLimits,
    /// `conflicting-mounts`
    ConflictingMounts,
    /// `conflicting-network-mode`
    ConflictingNetworkMode,
    /// `invalid-duration`
    InvalidDuration,
    /// `invalid-size`
    InvalidSize,
    /// `invalid-dockerfile`
    InvalidDockerfile,
    /// `undefined-stage`
    UndefinedStage,
    /// `unmatched-assignment`
    UnmatchedAssignment,
    /// `undecided-value`
    UndecidedValue,
    /// `unknown-frontend`
    UnknownFrontend,
    /// `policy-loosened`
    PolicyLoosened,
    /// `stale-facts`
    StaleFacts,
    /// `unreadable-input`
    UnreadableInput,
    /// `unused-ignore`
    UnusedIgnore,
    /// `expired-ignore`
    ExpiredIgnore,
    /// `ignore-without-reason`
    IgnoreWithoutReason,
}

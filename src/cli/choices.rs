//! The values that flags choose from.

use clap::ValueEnum;

/// The lowest severity that fails the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// Anything
    Note,
    /// Nothing
    Never,
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Least {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// Everything
    Note,
}

/// What is reported of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ChangedScope {
    /// What was not there before the change, or is worse now
    #[default]
    New,
    /// All that the change can affect
    Affected,
}

/// A format of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, with source lines
    #[default]
    Text,
    /// Everything, for machines: docs/json.md
    Json,
    /// The same, indented for people
    JsonPretty,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands, for annotations
    Github,
    /// For the step summary
    Markdown,
    /// For one comment on a pull request, no longer than a screen
    MarkdownBrief,
    /// GitLab's Code Quality
    Gitlab,
    /// JUnit XML; what fails the gate is a failure
    Junit,
    /// A line each, path:line:col: level: message and the rule, for editors
    Line,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal or with FORCE_COLOR, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

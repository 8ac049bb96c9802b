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
    /// Findings that the change adds or makes worse
    #[default]
    New,
    /// All findings in services and files that the change affects
    Affected,
}

/// A format of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, with source lines
    #[default]
    Text,
    /// Everything, for programs: see docs/json.md
    Json,
    /// The same, indented for people
    JsonPretty,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands, for annotations
    Github,
    /// For the step summary
    Markdown,
    /// A short comment for a pull request
    MarkdownBrief,
    /// GitLab's Code Quality
    Gitlab,
    /// JUnit XML; what fails the gate is a failure
    Junit,
    /// One line for each finding, for editors: `path:line:col: level: message [rule]`
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

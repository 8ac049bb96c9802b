//! The rules: one file each, one table, one way to run them.

use crate::finding::{Layer, Severity};

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
}

impl Rule {
    /// The first line of the documentation: one sentence.
    pub fn summary(&self) -> &'static str {
        self.doc.trim_start().lines().next().unwrap_or("").trim()
    }
}

/// Every rule, sorted by name.
pub static RULES: &[&Rule] = &[];

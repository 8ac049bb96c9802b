//! Text to tree, with a span for everything and a finding for everything that cannot be read. Nothing here knows what a
//! value means.

pub mod dockerfile;
pub mod hcl;
pub mod shell;
pub mod yaml;

use crate::finding::{Finding, ReaderRule};

/// A finding of a reader, under the name of the rule that reports it.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The rule's name.
    pub rule: ReaderRule,
    /// What is wrong, and where.
    pub finding: Finding,
}

impl Problem {
    /// A finding of the rule with this name.
    pub fn new(rule: ReaderRule, finding: Finding) -> Self {
        Self { rule, finding }
    }
}

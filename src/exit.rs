//! The numbers that a run ends with.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The gate passes.
    Pass,
    /// The gate fails.
    Fail,
    /// The gate could not run: usage, configuration, nothing to judge, an output that cannot be written.
    CouldNotRun,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(match outcome {
            Outcome::Pass => 0,
            Outcome::Fail => 1,
            Outcome::CouldNotRun => 2,
        })
    }
}

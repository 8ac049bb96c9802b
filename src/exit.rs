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

impl Outcome {
    fn code(self) -> u8 {
        match self {
            Outcome::Pass => 0,
            Outcome::Fail => 1,
            Outcome::CouldNotRun => 2,
        }
    }

    /// Ends the program here, whatever its other threads do.
    pub(crate) fn leave(self) -> ! {
        std::process::exit(self.code().into())
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(outcome.code())
    }
}

//! `plimsoll verdict REPORT`: ends as the gate ended that wrote the report. For CI that keeps the reports of successful jobs only:
//! one job scans with `--exit-zero` and keeps its reports, the next one gives the verdict.

use super::output;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::report::line::MAX_WORST;
use crate::report::many::read::{self, Found, Given, MAX_BYTES};
use crate::report::{Verdict, escape, words};
use std::io::Read;
use std::path::Path;

/// Reads a report of `--format json` and ends with its verdict; whatever is no such report is no pass.
pub(super) fn run(path: &Path) -> Outcome {
    let mut worst = Worst::default();
    let mut text = Vec::new();
    let given = bytes(path, &mut text).and_then(|()| read::read(&text, &mut |found| worst.add(found)));
    match given {
        Ok(given) => {
            let (word, outcome) = match given.verdict {
                Verdict::Pass => ("pass", Outcome::Pass),
                Verdict::Fail => ("fail", Outcome::Fail),
                Verdict::Error => ("the gate could not run", Outcome::CouldNotRun),
            };
            let counts = &given.counts;
            let counted = [
                (counts.errors, "error"),
                (counts.warnings, "warning"),
                (counts.notes, "note"),
            ];
            let counted = counted.map(|(number, what)| words::count(number, what)).join(", ");
            let listed = listed(&given, &worst);
            match output::print(&format!("{listed}plimsoll: {word}, {counted}\n")) {
                Outcome::Pass => outcome,
                other if outcome == Outcome::Pass => other,
                _ => outcome,
            }
        }
        Err(failure) => output::complain(failure.of(format!("`{}` is not a report", path.display()))),
    }
}

/// The findings of the highest severity that there is.
#[derive(Default)]
struct Worst {
    first: Vec<Found>,
    count: usize,
}

impl Worst {
    fn add(&mut self, found: Found) {
        let severity = self.first.first().map(|first| first.severity);
        if severity.is_none_or(|severity| found.severity > severity) {
            *self = Self::default();
        } else if severity != Some(found.severity) {
            return;
        }
        self.count += 1;
        if self.first.len() < MAX_WORST {
            self.first.push(found);
        }
    }
}

/// Why it ended so, as `--format line` writes it. The report does not say from which severity on the gate fails.
fn listed(given: &Given, worst: &Worst) -> String {
    let mut out = String::new();
    if let Some(error) = &given.error {
        out.push_str(&format!("plimsoll: error: {}\n", escape::inline(error)));
    }
    if given.verdict != Verdict::Fail {
        return escape::guard(out);
    }
    for found in &worst.first {
        let (line, column) = found.start;
        out.push_str(&format!(
            "{}:{line}:{column}: {}: {} [{}]\n",
            escape::inline(&found.path),
            found.severity.word(),
            escape::inline(&found.message),
            escape::inline(&found.rule)
        ));
    }
    if worst.count > worst.first.len() {
        out.push_str(&format!("and {} more\n", worst.count - worst.first.len()));
    }
    escape::guard(out)
}

/// Reads a file into `text`, whose memory is used again.
///
/// # Errors
/// It cannot be read, or is larger than any report.
pub(super) fn bytes(path: &Path, text: &mut Vec<u8>) -> Result<(), Failure> {
    text.clear();
    let file = std::fs::File::open(path)?;
    file.take(MAX_BYTES + 1).read_to_end(text)?;
    match u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        true => Err(Failure::new("it is too large")),
        false => Ok(()),
    }
}

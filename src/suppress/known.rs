//! Findings that were there before a change: only what is new, or worse than it was, is reported.

use crate::finding::{Measured, Severity};
use crate::report::Reported;
use crate::rules::Group;
use crate::source::Sources;
use std::collections::HashMap;

/// What tells findings apart wherever the lines moved: rule, path, unit and what exactly it is about.
type Key = (&'static str, String, Option<String>, String);

/// Findings of the side that a change began at.
#[derive(Debug, Default)]
pub(crate) struct Known {
    findings: HashMap<Key, Vec<Before>>,
}

/// One of them.
#[derive(Debug)]
struct Before {
    severity: Severity,
    measured: Option<Measured>,
    /// The line that it stands at, without blanks around.
    line: String,
    /// What it says.
    message: String,
    /// What is written there, where that tells one from another.
    content: Option<u64>,
}

impl Known {
    /// Takes these for known.
    pub(crate) fn new(findings: &[Reported], sources: &Sources) -> Self {
        let mut known = Self::default();
        for reported in findings {
            known.findings.entry(key(reported, sources)).or_default().push(Before {
                severity: reported.severity,
                measured: reported.finding.measured.clone(),
                line: line(reported, sources),
                message: reported.finding.message.clone(),
                content: reported.finding.content,
            });
        }
        known
    }

    /// Leaves out what is known and no worse; says how many.
    pub(crate) fn hide(mut self, findings: &mut Vec<Reported>, sources: &Sources) -> usize {
        let before = findings.len();
        // Of several of one kind those on the same line belong together; then any.
        let mut is_known = vec![false; findings.len()];
        for same_line in [true, false] {
            for (reported, is_known) in findings.iter().zip(&mut is_known).filter(|(_, known)| !**known) {
                let Some(rest) = self.findings.get_mut(&key(reported, sources)) else {
                    continue;
                };
                let here = line(reported, sources);
                // Of what cannot be read or decided, only the message tells one from another.
                let is_other =
                    |old: &Before| reported.rule.group == Group::Gate && reported.finding.message != old.message;
                let is_one = |old: &Before| match same_line {
                    true => old.line == here,
                    false => !is_other(old),
                };
                let fits =
                    |old: &Before| is_one(old) && old.content == reported.finding.content && !is_worse(reported, old);
                if let Some(index) = rest.iter().position(fits) {
                    rest.swap_remove(index);
                    *is_known = true;
                }
            }
        }
        let mut known = is_known.into_iter();
        findings.retain(|_| !known.next().unwrap_or(false));
        before - findings.len()
    }
}

fn key(reported: &Reported, sources: &Sources) -> Key {
    (
        reported.rule.name,
        sources.path(reported.finding.span).to_owned(),
        reported.about.clone(),
        reported.finding.aspect.clone(),
    )
}

fn line(reported: &Reported, sources: &Sources) -> String {
    /// Nobody tells lines apart behind this.
    const LONGEST: usize = 500;
    let span = reported.finding.span;
    let text = &sources.get(span.source).text;
    let before = text.get(..span.start as usize).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..).unwrap_or("").lines().next().unwrap_or("");
    line.trim().chars().take(LONGEST).collect()
}

/// Whether a finding weighs more than it did, or its figure is further on the wrong side of its budget.
fn is_worse(reported: &Reported, old: &Before) -> bool {
    let is_further = match (&reported.finding.measured, &old.measured) {
        (Some(now), Some(then)) if now.quantity == then.quantity && now.unit == then.unit => {
            if now.actual >= now.budget {
                now.actual > then.actual
            } else {
                now.actual < then.actual
            }
        }
        _ => false,
    };
    reported.severity > old.severity || is_further
}

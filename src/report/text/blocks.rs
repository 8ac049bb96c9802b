//! Which findings are drawn together: those with one cause, and what one service lacks.

use crate::finding::Severity;
use crate::report::{Report, Reported};
use crate::source::Span;
use indexmap::IndexMap;

/// From so many on what a service lacks is one block.
const MANY: usize = 3;

/// Findings that are drawn together.
pub(super) enum Block<'a> {
    /// Of one rule, with the same help: the first one is drawn, of the others the places are listed.
    Cause(Vec<&'a Reported>),
    /// All about what is not there, at the name of one service.
    Lacks(Vec<&'a Reported>),
}

impl<'a> Block<'a> {
    /// Those that it is about; there is at least one.
    pub(super) fn findings(&self) -> impl Iterator<Item = &'a Reported> {
        let (Self::Cause(all) | Self::Lacks(all)) = self;
        all.iter().copied()
    }
}

/// The blocks, in the order of their first findings.
pub(super) fn blocks<'a>(report: &Report, findings: Vec<&'a Reported>) -> Vec<Block<'a>> {
    let mut lacking: IndexMap<(Severity, Span), usize> = IndexMap::new();
    for reported in findings.iter().filter(|reported| is_lack(reported)) {
        *lacking.entry((reported.severity, reported.finding.span)).or_default() += 1;
    }
    let mut blocks: IndexMap<(Severity, String), Block<'a>> = IndexMap::new();
    for reported in findings {
        let span = reported.finding.span;
        let many = lacking.get(&(reported.severity, span)).filter(|count| **count >= MANY);
        if many.is_some() && is_lack(reported) {
            let key = format!("{} {}", report.sources.path(span), span.start);
            match blocks
                .entry((reported.severity, key))
                .or_insert_with(|| Block::Lacks(Vec::new()))
            {
                Block::Lacks(all) | Block::Cause(all) => all.push(reported),
            }
            continue;
        }
        let key = format!("{}\n{}", reported.rule.name, reported.finding.help);
        match blocks
            .entry((reported.severity, key))
            .or_insert_with(|| Block::Cause(Vec::new()))
        {
            Block::Lacks(all) | Block::Cause(all) => all.push(reported),
        }
    }
    blocks.into_values().collect()
}

/// Whether a finding is about a line that is to be added to the service at whose name it stands.
fn is_lack(reported: &Reported) -> bool {
    line_to_add(reported).is_some()
}

/// What is to be added to the service, as it is written in the file: `mem_limit: 128m`.
pub(super) fn line_to_add(reported: &Reported) -> Option<&str> {
    let finding = &reported.finding;
    let [edit] = finding.fix.as_slice() else { return None };
    let is_below = edit.span.source == finding.span.source && edit.span.start >= finding.span.end;
    let line = edit.text.trim();
    let is_key = line.split_once(':').is_some_and(|(key, _)| !key.contains(' '));
    let is_added = edit.span.start == edit.span.end && is_below && is_key;
    (is_added && reported.about.is_some()).then_some(line)
}

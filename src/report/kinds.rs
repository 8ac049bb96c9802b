//! Findings by weight, and by kind: what one rule found is one thing to look at, in however many places.

use super::{Report, Reported, words};
use crate::finding::{Layer, Severity};
use crate::order::Order as _;
use crate::rules::Rule;
use std::collections::BTreeMap;

/// What one rule found of one severity.
pub(super) struct Kind<'a> {
    /// The rule.
    pub rule: &'static Rule,
    /// What each of them weighs.
    pub severity: Severity,
    /// At least one, in the order of the files.
    pub findings: Vec<&'a Reported>,
}

impl<'a> Kind<'a> {
    /// The findings with one help each, in their order: what one edit mends, in however many places.
    pub(super) fn by_help(&self) -> Vec<Vec<&'a Reported>> {
        let mut groups: indexmap::IndexMap<&str, Vec<&'a Reported>> = indexmap::IndexMap::new();
        for reported in &self.findings {
            groups.entry(&reported.finding.help).or_default().push(reported);
        }
        groups.into_values().collect()
    }
}

/// The kinds, the worst first: what cannot start before what is dangerous before what is too much.
pub(super) fn kinds(report: &Report, notes: bool) -> Vec<Kind<'_>> {
    let mut kinds: indexmap::IndexMap<(Severity, &str), Kind<'_>> = indexmap::IndexMap::new();
    for reported in by_weight(report, notes) {
        let kind = kinds
            .entry((reported.severity, reported.rule.name))
            .or_insert_with(|| Kind {
                rule: reported.rule,
                severity: reported.severity,
                findings: Vec::new(),
            });
        kind.findings.push(reported);
    }
    kinds.into_values().collect()
}

/// The findings that are shown one by one: the worst first, and among equals one of each rule before the second of any, so that a few
/// of them tell most.
pub(super) fn by_weight(report: &Report, notes: bool) -> Vec<&Reported> {
    let mut seen: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
    let mut findings: Vec<(usize, &Reported)> = Vec::new();
    for reported in words::worst_first(report, notes) {
        let before = seen.entry((reported.severity, reported.rule.name)).or_insert(0);
        findings.push((*before, reported));
        *before += 1;
    }
    findings
        .order_by_key(|(before, reported)| (std::cmp::Reverse(reported.severity), *before, urgency(reported.layer)));
    findings.into_iter().map(|(_, reported)| reported).collect()
}

fn urgency(layer: Layer) -> u8 {
    match layer {
        Layer::Yaml | Layer::Schema | Layer::Compose | Layer::Engine => 0,
        Layer::Security => 1,
        Layer::Budget | Layer::Build => 2,
        Layer::Ignored | Layer::Hygiene => 3,
    }
}

/// `5 errors, 2 warnings` of the kinds.
pub(super) fn tally(kinds: &[Kind<'_>]) -> String {
    words::tally(kinds.iter().flat_map(|kind| kind.findings.iter().copied()))
}

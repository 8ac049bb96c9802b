//! One cause, one finding: what several services say word for word of one place is said once.

use crate::finding::Severity;
use crate::report::Reported;
use crate::source::SourceId;
use std::collections::HashMap;

/// So many services are named, and so many of their places shown; the rest is counted.
const NAMED: usize = 3;
const SHOWN: usize = 10;

/// Where a finding begins.
type Place = (SourceId, u32);

/// Joins findings of one rule and weight at one place that differ by the service alone. The first one stays and names the others.
/// Notes are summed up by service, so they are left as they are. Whatever hides findings one by one comes before this.
pub(crate) fn join(findings: &mut Vec<Reported>) {
    let mut first: HashMap<(&str, Place, &str, String), usize> = HashMap::new();
    let mut others: HashMap<usize, Vec<Reported>> = HashMap::new();
    let mut kept: Vec<Reported> = Vec::with_capacity(findings.len());
    for found in findings.drain(..) {
        let Some(about) = found.about.as_ref().filter(|_| found.severity > Severity::Note) else {
            kept.push(found);
            continue;
        };
        let words = without(&found.finding.message, about);
        let at = kept.len();
        // One that extends another has the same line with more of it.
        let begins = (found.finding.span.source, found.finding.span.start);
        let place = (found.rule.name, begins, found.severity.word(), words);
        let at = *first.entry(place).or_insert(at);
        match at == kept.len() {
            true => kept.push(found),
            false => others.entry(at).or_default().push(found),
        }
    }
    for (at, others) in others {
        if let Some(found) = kept.get_mut(at) {
            add(found, &others);
        }
    }
    *findings = kept;
}

/// A message without the name of its service.
fn without(message: &str, name: &str) -> String {
    message.replace(&format!("`{name}`"), "``")
}

fn add(found: &mut Reported, others: &[Reported]) {
    let names: Vec<String> = others
        .iter()
        .filter_map(|other| other.about.as_ref())
        .map(|name| format!("`{name}`"))
        .collect();
    let named = names.get(..NAMED).unwrap_or(&names).join(", ");
    let rest = names.len().saturating_sub(NAMED);
    let rest = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    found.finding.message.push_str(&format!("; same for {named}{rest}"));
    for related in others.iter().flat_map(|other| &other.finding.related) {
        let shown = &mut found.finding.related;
        if shown.len() < SHOWN && !shown.contains(related) {
            shown.push(related.clone());
        }
    }
}

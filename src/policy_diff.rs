//! What a change does to the policy that it is judged by: everything in `plimsoll.yaml` and in judged files that lets more pass
//! than before. The sentences are for people; they change no verdict.

use crate::config::{Config, Level, Profile};
use crate::finding::Severity;
use crate::rules::RULES;
use std::collections::BTreeMap;

/// More sentences than this are counted.
const MAX_SENTENCES: usize = 50;

/// Words that keep a finding from being reported, or that choose another profile, in a judged file.
const EXCUSES: [&str; 7] = [
    "plimsoll: ignore",
    "x-plimsoll",
    "hadolint ignore",
    "hadolint global ignore",
    "checkov:skip",
    "trivy:ignore",
    "check=skip",
];

/// How the configuration of `head` is looser than that of `base`.
pub(crate) fn loosened(base: &Config, head: &Config) -> Vec<String> {
    let mut found = Vec::new();
    // `never` is above every severity.
    let gate = |config: &Config| config.fail_on.map_or(4, weight);
    if gate(head) > gate(base) {
        found.push(format!(
            "`fail-on` goes from {} to {}",
            gate_word(base),
            gate_word(head)
        ));
    }
    if base.fail_on_undecided && !head.fail_on_undecided {
        found.push("`fail-on-undecided` is disabled".to_owned());
    }
    for rule in RULES {
        let level = |config: &Config| match config.rules.get(rule.name) {
            Some(Level::Off) => 0,
            Some(Level::At(severity)) => weight(*severity),
            None => rule.severity.map_or(0, weight),
        };
        if level(head) < level(base) {
            let (from, to) = (level_word(level(base)), level_word(level(head)));
            found.push(format!("the rule `{}` goes from {from} to {to}", rule.name));
        }
    }
    let known: Vec<String> = base.ignore.iter().map(|entry| entry.words()).collect();
    for entry in &head.ignore {
        let words = entry.words();
        if !known.contains(&words) {
            found.push(format!("an ignore is added or widened: {words}"));
        }
    }
    for (name, old) in &base.profiles {
        match head.profiles.get(name) {
            Some(new) => profile(name, old, new, &mut found),
            None => found.push(format!("the profile `{name}` is removed")),
        }
    }
    found.extend(head.project.loosened(&base.project, &|key| format!("`project.{key}`")));
    found.extend(head.host.loosened(&base.host, &|key| format!("`host.{key}`")));
    own_rules(base, head, &mut found);
    let assigned = |config: &Config| config.assign.iter().map(|entry| entry.words()).collect::<Vec<_>>();
    if assigned(base) != assigned(head) {
        found.push("`assign` changes: services may have other profiles".to_owned());
    }
    let images = |config: &Config| {
        let entries = config.images.iter();
        entries
            .map(|image| (image.unit.value.clone(), image.place.value.clone()))
            .collect::<Vec<_>>()
    };
    if images(base) != images(head) {
        found.push("`images` changes: sizes may be those of other images".to_owned());
    }
    let patterns = |config: &Config| {
        config
            .exclude
            .iter()
            .map(|glob| glob.glob().glob().to_owned())
            .collect()
    };
    let folders = |config: &Config| config.vendored.clone().unwrap_or_default();
    for (key, list) in [
        ("exclude", &patterns as &dyn Fn(&Config) -> Vec<String>),
        ("vendored", &folders),
    ] {
        let known = list(base);
        let added = list(head).into_iter().filter(|word| !known.contains(word));
        found.extend(added.map(|word| format!("`{key}` matches more: {word}")));
    }
    if head.rules_version.is_some() && base.rules_version.is_none() {
        found.push("`rules-version` is set: newer rules only report notes".to_owned());
    }
    bounded(found)
}

/// Excuses that `new`, the text of a judged file, has and `old` has not.
pub(crate) fn excused(path: &str, old: &str, new: &str) -> Vec<String> {
    let count = |text: &str| {
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        for line in text
            .lines()
            .map(str::trim)
            .filter(|line| EXCUSES.iter().any(|word| line.contains(word)))
        {
            *lines.entry(line.to_owned()).or_default() += 1;
        }
        lines
    };
    let before = count(old);
    let added = count(new)
        .into_iter()
        .filter(|(line, times)| before.get(line).copied().unwrap_or(0) < *times)
        .map(|(line, _)| format!("{path} gets `{line}`"));
    bounded(added.collect())
}

/// What registries, labels and policies of one's own no longer require.
fn own_rules(base: &Config, head: &Config, found: &mut Vec<String>) {
    match (&base.registries, &head.registries) {
        (Some(_), None) => found.push("`registries` is removed".to_owned()),
        (Some(old), Some(new)) => {
            let known = old.words();
            let added = new.words().into_iter().filter(|word| !known.contains(word));
            found.extend(added.map(|word| format!("`registries` allows more: {word}")));
        }
        (None, _) => {}
    }
    let labels = |config: &Config| -> Vec<String> {
        let each = config.labels.iter();
        each.map(|label| format!("`{}: {}`", label.name.value, label.pattern.glob().glob()))
            .collect()
    };
    let policies = |config: &Config| config.policy.iter().map(|policy| policy.words()).collect();
    for (key, list) in [
        ("labels", &labels as &dyn Fn(&Config) -> Vec<String>),
        ("policy", &policies),
    ] {
        let now = list(head);
        let gone = list(base).into_iter().filter(|entry| !now.contains(entry));
        found.extend(gone.map(|entry| format!("`{key}` no longer requires {entry}")));
    }
}

fn profile(name: &str, old: &Profile, new: &Profile, found: &mut Vec<String>) {
    let of = |key: &str| format!("`{key}` of the profile `{name}`");
    found.extend(new.limits.loosened(&old.limits, &of));
    for demand in old.demands.keys().filter(|demand| !new.demands(**demand)) {
        found.push(format!("the profile `{name}` no longer requires {}", demand.word()));
    }
    for (key, before) in &old.reduce {
        let now = new.reduce.get(key).map_or(0.0, |limit| limit.value);
        if now < before.value {
            let percent = |share: f64| (share * 100.0).round();
            found.push(format!(
                "{} goes from {} % less to {} %",
                of(&format!("reduce.{key}")),
                percent(before.value),
                percent(now)
            ));
        }
    }
}

fn weight(severity: Severity) -> u8 {
    match severity {
        Severity::Note => 1,
        Severity::Warning => 2,
        Severity::Error => 3,
    }
}

fn level_word(level: u8) -> &'static str {
    match level {
        0 => "off",
        1 => "note",
        2 => "warning",
        _ => "error",
    }
}

fn gate_word(config: &Config) -> &'static str {
    config.fail_on.map_or("never", Severity::word)
}

fn bounded(mut sentences: Vec<String>) -> Vec<String> {
    if sentences.len() > MAX_SENTENCES {
        let more = sentences.len() - MAX_SENTENCES;
        sentences.truncate(MAX_SENTENCES);
        sentences.push(format!("and {more} more"));
    }
    sentences
}

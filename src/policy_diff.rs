//! What a change does to the policy that it is judged by: everything in `plimsoll.yaml` and in judged files that lets more pass
//! than before. The sentences are for people; they change no verdict.

mod excuses;

use crate::config::{Config, Level, Profile};
use crate::finding::Severity;
use crate::rules::RULES;
use excuses::Excuses;
use globset::GlobMatcher;

/// More sentences than this are counted.
const MAX_SENTENCES: usize = 50;

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
    let patterns = |config: &Config| words(&config.exclude);
    let folders = |config: &Config| config.vendored.clone().unwrap_or_default();
    let remote = |config: &Config| words(&config.remote);
    for (key, list) in [
        ("exclude", &patterns as &dyn Fn(&Config) -> Vec<String>),
        ("vendored", &folders),
        ("remote", &remote),
    ] {
        let known = list(base);
        let added = list(head).into_iter().filter(|word| !known.contains(word));
        found.extend(added.map(|word| format!("`{key}` matches more: {word}")));
    }
    // A version without a pin is the newest one.
    let version = |config: &Config| config.rules_version.as_ref().map(|version| version.value.clone());
    if let Some(new) = version(head).filter(|new| version(base).is_none_or(|old| *new < old)) {
        found.push(format!(
            "`rules-version` goes back to {new}: newer rules only report notes"
        ));
    }
    bounded(found)
}

fn words(globs: &[GlobMatcher]) -> Vec<String> {
    globs.iter().map(|glob| glob.glob().glob().to_owned()).collect()
}

/// Excuses that `new`, the text of a judged file, has and `old` has not, and profiles that it chooses otherwise.
pub(crate) fn excused(path: &str, old: &str, new: &str) -> Vec<String> {
    let (before, now) = (Excuses::of(old), Excuses::of(new));
    let added = now
        .beyond(&before, false)
        .into_iter()
        .map(|line| format!("{path} gets `{line}`"));
    let gone = before.beyond(&now, true).into_iter();
    let gone = gone.map(|line| format!("{path} no longer has `{line}`"));
    bounded(added.chain(gone).collect())
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
    let never_ignored = |config: &Config| -> Vec<String> {
        let each = config.never_ignore.iter();
        each.map(|rule| format!("`{}`", rule.value)).collect()
    };
    let sets = |config: &Config| -> Vec<String> {
        let files = config.compose.iter().flat_map(|set| &set.files);
        files.map(|file| format!("`{}`", file.value)).collect()
    };
    for (key, list) in [
        ("labels", &labels as &dyn Fn(&Config) -> Vec<String>),
        ("policy", &policies),
        ("never-ignore", &never_ignored),
        ("compose", &sets),
    ] {
        let now = list(head);
        let gone = list(base).into_iter().filter(|entry| !now.contains(entry));
        found.extend(gone.map(|entry| match key {
            "labels" | "policy" => format!("`{key}` no longer requires {entry}"),
            _ => format!("`{key}` no longer has {entry}"),
        }));
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

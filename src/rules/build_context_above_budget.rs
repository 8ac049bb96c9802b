use crate::order::Order as _;
use super::{Check, Group};
use crate::build::context::{Context, Source};
use crate::build::{JudgedFile, StageUse};
use crate::config::{Config, Profile};
use crate::container::ImageSource;
use crate::config::budget::BUILD_CONTEXT;
use crate::finding::{Change, Basis, Finding, Layer, Severity};
use crate::parse::dockerfile::Kind;
use crate::repository::{Repository, Subject};
use crate::values::bytes::megabytes;
use crate::values::number::Real;
use std::collections::BTreeMap;

rule! {
    /// The files that the builder has to read from the build context exceed the budget.
    ///
    /// ## Why it matters
    /// They are sent to the builder before anything else happens, on every run, and any change in them throws away the
    /// cached layers behind the COPY. Mostly they are files that were sent by accident.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM python:3.13-slim
    /// COPY . /app  # <- here
    /// ```
    /// ```text fail data/dump.sql +
    /// insert into t values (1), (2), (3);
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {build-context: 20B}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM python:3.13-slim
    /// COPY app /app
    /// ```
    /// ```text pass data/dump.sql +
    /// insert into t values (1), (2), (3);
    /// ```
    /// ```text pass app/main.py +
    /// run()
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {build-context: 20B}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Notes
    /// Counted is what BuildKit sends: the files that a COPY or ADD of a needed stage names, after the ignore file, each once.
    /// The legacy builder sends the whole folder. Several Dockerfiles of one context are one finding.
    RULE {
        name: "build-context-above-budget",
        group: Group::Size,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Repository(check),
    }
}

/// The folders of version control.
const HISTORIES: [&str; 3] = [".git", ".hg", ".svn"];

/// What no step of a build can need, wherever it lies: histories, what package managers fetch, what a build made.
const NEEDLESS: [&str; 14] = [
    ".cache",
    ".direnv",
    ".git",
    ".gradle",
    ".hg",
    ".idea",
    ".mypy_cache",
    ".svn",
    ".terraform",
    ".tox",
    ".venv",
    "__pycache__",
    "node_modules",
    "target",
];

fn check(repository: &Repository, config: &Config, found: &mut Vec<Finding>) {
    // Ten Dockerfiles of one folder send the same files: the one that sends most is named.
    let mut worst: BTreeMap<(&str, Option<&str>), (u64, Finding)> = BTreeMap::new();
    let fallback = Profile::default();
    for container in &repository.containers {
        let profile = config.profiles.get(&container.profile).unwrap_or(&fallback);
        let subject = Subject {
            container,
            repository,
            profile,
        };
        let Some((context, total, finding)) = above(&subject) else {
            continue;
        };
        let key = (
            context.folder.as_str(),
            context.ignore.as_ref().map(|ignore| ignore.path.as_str()),
        );
        if worst.get(&key).is_none_or(|(most, _)| total > *most) {
            worst.insert(key, (total, finding));
        }
    }
    found.extend(worst.into_values().map(|(_, finding)| finding));
}

/// The context of a container's build, what is sent of it in bytes, and what is to be said of that.
fn above<'a>(subject: &Subject<'a>) -> Option<(&'a Context, u64, Finding)> {
    let budget = subject.profile.limits.amount(&BUILD_CONTEXT)?;
    let ImageSource::Built { file, .. } = &subject.container.image else {
        return None;
    };
    let judged = subject
        .repository
        .dockerfiles
        .iter()
        .find(|judged| judged.file.source == file.source)?;
    let context = judged.context.as_ref().filter(|context| context.is_certain())?;
    let sent = sent(judged, context);
    let total = sent.values().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
    let budgeted = budget.whole();
    if total <= budgeted {
        return None;
    }
    let place = widest(judged, context)?;
    let largest = largest(context, &sent);
    let listed: Vec<String> = largest
        .iter()
        .take(3)
        .map(|(path, bytes)| format!("`{path}` {}", megabytes(*bytes)))
        .collect();
    let at_least = if context.tree.complete { "" } else { "at least " };
    let message = format!(
        "{} sends {at_least}{} of build context; the budget is {} (profile `{}`). Largest: {}",
        subject.label(),
        megabytes(total),
        megabytes(budgeted),
        subject.profile.name,
        listed.join(", ")
    );
    let mut finding = Finding::new(place, message)
        .help(help(context, &largest))
        .aspect("build-context");
    let needless: Vec<&str> = needless(&largest).map(|(path, _)| path).collect();
    if let Some(ignore) = context.ignore.as_ref().filter(|_| !needless.is_empty()) {
        finding = finding.change(Change::Append(ignore.span(1), needless.join("\n"))).with_care();
    }
    finding.about = Some(subject.container.name.clone());
    let basis = match context.tree.complete {
        true => Basis::Exact,
        false => Basis::AtLeast,
    };
    let measured = BUILD_CONTEXT.measured(total.real(), budget.value, basis);
    let above = subject.above(finding, &budget, measured);
    // Where the build needs what is large, and nobody set the figure, there is nothing to do.
    let saved: u64 = largest.iter().filter(|(path, _)| NEEDLESS.contains(path)).map(|(_, bytes)| bytes).sum();
    let is_vague = saved < total.saturating_sub(budgeted) / 4;
    // `version-control-in-image` says how to be rid of it, where no step needs it.
    let history = largest.iter().filter(|(path, _)| HISTORIES.contains(path)).map(|(_, bytes)| bytes).sum();
    let is_history = total.saturating_sub(history) <= budgeted;
    let above = if (is_vague || is_history) && !budget.chosen { above.severity(Severity::Note) } else { above };
    Some((context, total, above))
}

/// The folders and files at the top of the context with the bytes that are sent of them, the largest first.
fn largest<'a>(context: &'a Context, sent: &BTreeMap<usize, u64>) -> Vec<(&'a str, u64)> {
    let mut folders: BTreeMap<&str, u64> = BTreeMap::new();
    for (index, bytes) in sent {
        if let Some(entry) = context.tree.entries.get(*index) {
            *folders.entry(entry.path.split('/').next().unwrap_or("")).or_default() += bytes;
        }
    }
    let mut largest: Vec<(&str, u64)> = folders.into_iter().collect();
    largest.order_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
    largest
}

/// Less is not worth a line in the ignore file.
const WORTH_A_LINE: u64 = 1_000_000;

fn needless<'a>(largest: &'a [(&'a str, u64)]) -> impl Iterator<Item = (&'a str, u64)> {
    let is_needless = |(path, bytes): &(&str, u64)| NEEDLESS.contains(path) && *bytes >= WORTH_A_LINE;
    largest.iter().copied().filter(is_needless)
}

/// Lines for the ignore file, but only of what no build can miss; anything else its author has to know.
fn help(context: &Context, largest: &[(&str, u64)]) -> String {
    let lines: Vec<String> = needless(largest)
        .map(|(path, bytes)| format!("`{path}` (saves {})", megabytes(bytes)))
        .collect();
    if lines.is_empty() {
        return "copy only the folders that the build needs, or raise `build-context` in plimsoll.yaml"
            .to_owned();
    }
    let ignore = context
        .ignore
        .as_ref()
        .map_or(".dockerignore", |ignore| ignore.path.as_str());
    format!("add to {ignore}: {}", lines.join(", "))
}

/// The entries that needed stages copy, each once, with their bytes.
fn sent(file: &JudgedFile, context: &Context) -> BTreeMap<usize, u64> {
    let stage_uses = file.stage_uses();
    let mut sent = BTreeMap::new();
    for copy in &context.copies {
        if stage_uses
            .get(copy.stage)
            .is_none_or(|stage_use| *stage_use == StageUse::Unused)
        {
            continue;
        }
        for source in &copy.sources {
            let Source::Found { items } = source else { continue };
            for item in items {
                for index in item.range.clone() {
                    if let Some(entry) = context.tree.entries.get(index).filter(|entry| entry.sent) {
                        sent.insert(index, entry.bytes);
                    }
                }
            }
        }
    }
    sent
}

/// The source that brings most.
fn widest(file: &JudgedFile, context: &Context) -> Option<crate::source::Span> {
    let mut best: Option<(u64, crate::source::Span)> = None;
    for copy in &context.copies {
        let instruction = file.file.ast.instructions.get(copy.instruction)?;
        let (Kind::Copy(words) | Kind::Add(words)) = &instruction.kind else {
            continue;
        };
        for (source, word) in copy.sources.iter().zip(&words.sources) {
            let Source::Found { items } = source else { continue };
            let bytes = items
                .iter()
                .flat_map(|item| context.tree.sent(item.range.clone()))
                .fold(0_u64, |sum, entry| sum.saturating_add(entry.bytes));
            if best.is_none_or(|(most, _)| bytes > most) {
                best = Some((bytes, word.span));
            }
        }
    }
    best.map(|(_, span)| span)
}

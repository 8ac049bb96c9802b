use super::{Check, Group};
use crate::build::context::{Context, Source};
use crate::build::{JudgedFile, StageUse};
use crate::container::ImageSource;
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::parse::dockerfile::Kind;
use crate::repository::Subject;
use crate::values::bytes;
use std::collections::BTreeMap;

rule! {
    /// The files that the builder has to read from the build context exceed the budget.
    ///
    /// ## Why it matters
    /// They are sent to the builder before anything else happens, on every run, and any change in them throws away the
    /// cached layers behind the COPY. Mostly they are files that nobody meant to send.
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
    /// The legacy builder sends the whole folder.
    RULE {
        name: "build-context-above-budget",
        group: Group::Size,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Container(check),
    }
}

fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(budget) = &subject.profile.build_context else {
        return;
    };
    let ImageSource::Built { file, .. } = &subject.container.image else {
        return;
    };
    let judged = subject
        .repository
        .dockerfiles
        .iter()
        .find(|judged| judged.file.source == file.source);
    let Some(judged) = judged else { return };
    let Some(context) = judged.context.as_ref().filter(|context| context.is_certain()) else {
        return;
    };
    let sent = sent(judged, context);
    let total = sent.values().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
    let budgeted = u64::try_from(budget.value).unwrap_or(0);
    if total <= budgeted {
        return;
    }
    let shown = |bytes: u64| bytes::show(i64::try_from(bytes).unwrap_or(i64::MAX));
    let mut folders: BTreeMap<String, u64> = BTreeMap::new();
    for (index, bytes) in &sent {
        if let Some(entry) = context.tree.entries.get(*index) {
            *folders
                .entry(entry.path.split('/').next().unwrap_or("").to_owned())
                .or_default() += bytes;
        }
    }
    let mut largest: Vec<(String, u64)> = folders.into_iter().collect();
    largest.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let listed: Vec<String> = largest
        .iter()
        .take(3)
        .map(|(path, bytes)| format!("{path} {}", shown(*bytes)))
        .collect();
    let at_least = if context.tree.complete { "" } else { "at least " };
    let message = format!(
        "{} sends {at_least}{} of build context, and the profile '{}' allows {}: {}",
        subject.label(),
        shown(total),
        subject.profile.name,
        shown(budgeted),
        listed.join(", ")
    );
    let lines: Vec<&str> = largest.iter().take(3).map(|(path, _)| path.as_str()).collect();
    let ignore = context
        .ignore
        .as_ref()
        .map_or(".dockerignore", |ignore| ignore.path.as_str());
    let Some(place) = widest(judged, context) else { return };
    let finding = Finding::new(place, message)
        .help(format!(
            "what the build does not need, add to {ignore}: {}",
            lines.join(" ")
        ))
        .aspect("build-context");
    #[allow(clippy::cast_precision_loss)]
    let measured = Measured {
        quantity: "build-context",
        actual: total as f64,
        budget: budgeted as f64,
        unit: "bytes",
        basis: if context.tree.complete {
            Basis::Exact
        } else {
            Basis::AtLeast
        },
    };
    found.push(subject.above(finding, budget, measured));
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

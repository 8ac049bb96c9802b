//! What is not reported: ignored in the file, ignored by configuration, known before, or out of the reach of a change. An ignore that
//! does nothing is itself reported.

mod baseline;
mod comment;
mod foreign;
mod held;
mod known;
mod lesser;
mod purpose;
mod same;
mod scope;
mod unshipped;
mod vendored;

pub use baseline::Baseline;
pub(crate) use comment::Comments;
pub(crate) use known::Known;
pub(crate) use same::join;
pub(crate) use scope::Scope;
pub(crate) use unshipped::soften;
pub(crate) use vendored::Vendored;

use crate::build::JudgedFile;
use crate::config::{Config, Ignore};
use crate::finding::{Finding, ReaderRule, Severity};
use crate::report::Reported;
use crate::repository::Repository;
use crate::rules::{self, Judged};
use crate::source::{ColumnUnit, Sources, Span};
use foreign::Foreign;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The findings that are left, by path, line, column, rule: applies ignores, adds what is to be said about the ignores themselves, sorts, and gives each finding its
/// fingerprint.
pub(crate) fn apply(judged: Vec<Judged>, repository: &Repository, config: &Config, sources: &Sources) -> Vec<Reported> {
    let comments = Comments::read(repository, sources);
    let foreign = Foreign::read(repository, sources, &repository.today);
    let mut ignores = Ignores::new(config, comments, foreign, &repository.today);
    let mut kept: Vec<Judged> = judged
        .into_iter()
        .filter(|entry| !ignores.takes(entry, sources))
        .collect();
    kept.extend(ignores.findings(config, sources));
    let mut findings: Vec<Reported> = kept.into_iter().map(reported).collect();
    findings.sort_by_cached_key(|reported| {
        let source = sources.get(reported.finding.span.source);
        let at = source.position(reported.finding.span.start, ColumnUnit::CodePoints);
        (
            source.path.clone(),
            at,
            reported.rule.name,
            reported.finding.message.clone(),
        )
    });
    fingerprints(&mut findings, sources);
    findings
}

fn reported(entry: Judged) -> Reported {
    let layer = entry.finding.layer.unwrap_or(entry.rule.layer);
    // What a reader found belongs to the service that its path names.
    let about = entry.about.or_else(|| {
        let rest = entry.finding.aspect.strip_prefix("services.")?;
        rest.split('.').next().map(str::to_owned)
    });
    Reported {
        rule: entry.rule,
        severity: entry.severity,
        layer,
        about,
        finding: entry.finding,
        fingerprint: String::new(),
    }
}

/// Fingerprints hold no line numbers and no messages: edits above and reworded texts change none.
fn fingerprints(findings: &mut [Reported], sources: &Sources) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for reported in findings {
        let about = reported.about.as_deref().unwrap_or("");
        let key = format!(
            "{}\n{}\n{about}\n{}",
            reported.rule.name,
            sources.path(reported.finding.span),
            reported.finding.aspect
        );
        let nth = seen.entry(key.clone()).or_insert(0);
        *nth += 1;
        let digest = Sha256::digest(format!("{key}\n{nth}").as_bytes());
        reported.fingerprint = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    }
}

struct Ignores<'a> {
    config: &'a Config,
    comments: Comments,
    foreign: Foreign,
    today: &'a str,
    used: Vec<bool>,
}

impl<'a> Ignores<'a> {
    fn new(config: &'a Config, comments: Comments, foreign: Foreign, today: &'a str) -> Self {
        Self {
            config,
            comments,
            foreign,
            today,
            used: vec![false; config.ignore.len()],
        }
    }

    fn expired(&self, ignore: &Ignore) -> bool {
        ignore
            .until
            .as_ref()
            .is_some_and(|until| until.value.as_str() < self.today)
    }

    fn takes(&mut self, entry: &Judged, sources: &Sources) -> bool {
        let (rule, span) = (entry.rule.name, entry.finding.span);
        // A change does not excuse what it does to its own policy and facts.
        let is_own = rule == "policy-loosened" || rule == "stale-facts" && entry.severity == Severity::Error;
        let may_comments = !is_own && !self.config.never_ignore.iter().any(|name| name.value == rule);
        // Other tools know nothing of what is an error here.
        let is_foreign = entry.severity < Severity::Error && self.foreign.takes(rule, span);
        if may_comments && (self.comments.takes(rule, span, sources) || is_foreign) {
            return true;
        }
        let path = sources.path(entry.finding.span);
        let config = self.config;
        for (index, ignore) in config.ignore.iter().enumerate() {
            let fits = ignore.rule.value == entry.rule.name
                && (ignore.paths.is_empty() || ignore.paths.iter().any(|glob| glob.is_match(path)))
                && (ignore.services.is_empty()
                    || entry
                        .about
                        .as_deref()
                        .is_some_and(|container| ignore.services.iter().any(|glob| glob.is_match(container))));
            if fits && is_reason(&ignore.reason) && !self.expired(ignore) {
                if let Some(used) = self.used.get_mut(index) {
                    *used = true;
                }
                return true;
            }
        }
        false
    }

    /// What is to be said about the ignores.
    fn findings(&self, config: &Config, sources: &Sources) -> Vec<Judged> {
        let mut out: Vec<Judged> = Vec::new();
        let mut say = |rule: ReaderRule, finding: Finding| {
            out.extend(rules::weigh(rules::of_reader(rule), config, None, finding));
        };
        for (rule, finding) in self.comments.findings(sources) {
            say(rule, finding);
        }
        for (ignore, used) in config.ignore.iter().zip(&self.used) {
            let name = &ignore.rule.value;
            if self.expired(ignore) {
                let until = ignore.until.as_ref().map_or("", |until| until.value.as_str());
                let span = ignore.until.as_ref().map_or(ignore.span, |until| until.span);
                say(
                    ReaderRule::ExpiredIgnore,
                    Finding::new(span, format!("the ignore of `{name}` expired on {until}"))
                        .help("fix the findings that it hid, or set a new date"),
                );
            } else if !used && is_reason(&ignore.reason) {
                say(
                    ReaderRule::UnusedIgnore,
                    Finding::new(ignore.rule.span, format!("the ignore of `{name}` hides nothing")).help("delete it"),
                );
            }
            if !is_reason(&ignore.reason) {
                say(
                    ReaderRule::IgnoreWithoutReason,
                    Finding::new(
                        ignore.rule.span,
                        format!("the ignore of `{name}` gives no reason and hides nothing"),
                    )
                    .help("add `reason: ...`"),
                );
            }
        }
        out
    }
}

/// Whether a text says anything: a word, and not only signs.
fn is_reason(text: &str) -> bool {
    text.chars().filter(|letter| letter.is_alphanumeric()).count() >= 2
}

/// The instruction behind a comment; none inside of an instruction.
fn next_instruction(file: &JudgedFile, comment: Span) -> Option<Span> {
    let instructions = &file.file.ast.instructions;
    let behind = file.file.ast.first_from(comment.end);
    let is_inside = behind
        .checked_sub(1)
        .and_then(|before| instructions.get(before))
        .is_some_and(|before| before.span.end > comment.start);
    let next = instructions.get(behind).map(|next| next.span);
    next.filter(|_| !is_inside)
}

/// The lines (from 1) that a span touches.
fn lines(span: Span, sources: &Sources) -> std::ops::RangeInclusive<usize> {
    let source = sources.get(span.source);
    let first = source.position(span.start, ColumnUnit::CodePoints).line;
    let last = source.position(span.end.max(span.start), ColumnUnit::CodePoints).line;
    first..=last.max(first)
}

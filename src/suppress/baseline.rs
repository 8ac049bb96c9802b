//! Findings that were there when the gate came: they are left out, and only they.
//!
//! A line for each, sorted by path, so that git can merge the file and people can take lines out. A finding is known by its
//! fingerprint; what stands behind it is for people.

use crate::failure::Failure;
use crate::order::Order as _;
use crate::report::{Known, Reported};
use crate::source::Sources;
use std::collections::{BTreeMap, HashSet};

/// How the first line begins; another version has another one. What comes behind it is for people, and was other words once.
const VERSION: &str = "# plimsoll baseline 1:";
/// The first line.
const HEAD: &str = "# plimsoll baseline 1: known findings. Remove lines as you fix them.";
const DIGITS: usize = 16;
/// Figures that are worked out again may miss each other by so much of them.
const TINY: f64 = 1e-9;

/// What is known already.
#[derive(Debug, Default)]
pub struct Baseline {
    known: BTreeMap<String, Entry>,
}

/// A line.
#[derive(Clone, Debug)]
struct Entry {
    /// The figure of a finding that measures something: a larger one is new.
    figure: Option<f64>,
    /// As it is written.
    line: String,
}

/// What a baseline did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hidden {
    /// Findings that it left out, by weight.
    pub known: Known,
    /// Entries that no finding has.
    pub unused: usize,
    /// Findings whose figure is larger than the one that is written down.
    pub grown: usize,
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    /// It is no such file: one sentence. What is not understood never hides anything.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut lines = text.lines().enumerate();
        if !lines.next().is_some_and(|(_, line)| line.starts_with(VERSION)) {
            return Err(Failure::new(
                "it is not a baseline of this version; write it with --write-baseline",
            ));
        }
        let mut known = BTreeMap::new();
        for (index, line) in lines {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((fingerprint, figure)) = entry(line) else {
                return Err(Failure::new(format!("line {} is not a baseline entry", index + 1)));
            };
            let line = line.trim_end().to_owned();
            known.insert(fingerprint, Entry { figure, line });
        }
        Ok(Self { known })
    }

    /// The file that knows the findings of these reports, each with its sources; of several figures of one finding the largest.
    pub(crate) fn text(reports: &[(Vec<&Reported>, &Sources)]) -> String {
        let one_line = |text: &str| text.replace(|character: char| character.is_control(), " ");
        let mut known: BTreeMap<&str, (Option<f64>, String, String)> = BTreeMap::new();
        let all = reports
            .iter()
            .flat_map(|(findings, sources)| findings.iter().map(move |found| (found, sources)));
        for (reported, sources) in all {
            let figure = figure(reported);
            let before = known.get(reported.fingerprint.as_str());
            if before.is_some_and(|(before, ..)| figure <= *before) {
                continue;
            }
            let path = one_line(sources.path(reported.finding.span));
            let about = reported.about.as_deref().map(one_line).unwrap_or_default();
            let shown = figure.map(|figure| format!("={figure}")).unwrap_or_default();
            let line = format!("{}{shown} {} {path} {about}", reported.fingerprint, reported.rule.name);
            known.insert(&reported.fingerprint, (figure, path, line.trim_end().to_owned()));
        }
        let mut lines: Vec<&(_, String, String)> = known.values().collect();
        lines.order_by_key(|(_, path, line)| (path, line.get(DIGITS..).unwrap_or(""), line));
        file(lines.iter().map(|(.., line)| line.as_str()))
    }

    /// Leaves out what is known, unless its figure has grown.
    pub(crate) fn hide(&self, findings: &mut Vec<Reported>) -> Hidden {
        let mut used = HashSet::new();
        let mut hidden = Hidden::default();
        findings.retain(|reported| {
            let Some(entry) = self.known.get(&reported.fingerprint) else {
                return true;
            };
            used.insert(reported.fingerprint.clone());
            let has_grown = entry
                .figure
                .zip(figure(reported))
                .is_some_and(|(old, new)| new > old * (1.0 + TINY));
            hidden.grown += usize::from(has_grown);
            if !has_grown {
                hidden.known.add(reported.severity);
            }
            has_grown
        });
        hidden.unused = self.known.len() - used.len();
        hidden
    }

    /// The same file without the entries that no finding has.
    pub(crate) fn pruned(&self, findings: &[Reported]) -> String {
        let found: HashSet<&str> = findings.iter().map(|reported| reported.fingerprint.as_str()).collect();
        let kept = self.known.iter().filter(|(known, _)| found.contains(known.as_str()));
        let mut lines: Vec<&str> = kept.map(|(_, entry)| entry.line.as_str()).collect();
        lines.order_by_key(|line| line.split_once(' ').map_or("", |(_, rest)| rest));
        file(lines.into_iter())
    }

    /// How many entries `old` has not.
    pub fn added_since(&self, old: &Self) -> usize {
        let is_new = |known: &&String| !old.known.contains_key(*known);
        self.known.keys().filter(is_new).count()
    }

    /// How many entries allow more than `old` does.
    pub fn grown_since(&self, old: &Self) -> usize {
        let has_grown = |(known, entry): &(&String, &Entry)| {
            let before = old.known.get(*known).and_then(|entry| entry.figure);
            before.is_some_and(|before| entry.figure.is_none_or(|figure| figure > before * (1.0 + TINY)))
        };
        self.known.iter().filter(has_grown).count()
    }
}

/// The fingerprint of a line, and its figure: `0123456789abcdef=314572800 memory-limit-above-budget compose.yaml db`.
fn entry(line: &str) -> Option<(String, Option<f64>)> {
    let word = line.split(' ').next().unwrap_or("");
    let (fingerprint, figure) = match word.split_once('=') {
        Some((fingerprint, figure)) => (
            fingerprint,
            Some(figure.parse().ok().filter(|figure: &f64| figure.is_finite())?),
        ),
        None => (word, None),
    };
    let is_one = fingerprint.len() == DIGITS && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| (fingerprint.to_ascii_lowercase(), figure))
}

/// What a finding measures.
fn figure(reported: &Reported) -> Option<f64> {
    reported.finding.measured.as_ref().map(|measured| measured.actual)
}

fn file<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    std::iter::once(HEAD)
        .chain(lines)
        .flat_map(|line| [line, "\n"])
        .collect()
}

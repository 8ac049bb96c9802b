//! Findings that were there when the gate came: they are left out, and only they.
//!
//! A line for each, sorted by path, so that git can merge the file and people can take lines out. A finding is known by its
//! fingerprint; what stands behind it is for people.

use crate::failure::Failure;
use crate::report::Reported;
use crate::source::Sources;
use std::collections::HashSet;

/// The first line; another version has another one.
const HEAD: &str =
    "# plimsoll baseline 1: findings that were there when the gate came. Take lines out as they are mended.";
const DIGITS: usize = 16;

/// What is known already.
#[derive(Debug, Default)]
pub struct Baseline {
    known: HashSet<String>,
}

/// What a baseline did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hidden {
    /// Findings that it left out.
    pub findings: usize,
    /// Entries that no finding has.
    pub unused: usize,
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    /// It is no such file: one sentence. What is not understood never hides anything.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, line)| line.trim_end()) != Some(HEAD) {
            return Err(Failure::new(
                "it does not begin as a baseline of this version does; write it with --write-baseline",
            ));
        }
        let mut known = HashSet::new();
        for (index, line) in lines {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (word, _) = line.split_once(' ').unwrap_or((line, ""));
            let is_fingerprint = word.len() == DIGITS && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_fingerprint {
                return Err(Failure::new(format!("line {} is none of a baseline", index + 1)));
            }
            known.insert(word.to_ascii_lowercase());
        }
        Ok(Self { known })
    }

    /// The file that knows these findings.
    pub(crate) fn text(findings: &[Reported], sources: &Sources) -> String {
        let one_line = |text: &str| text.replace(|character: char| character.is_control(), " ");
        let mut lines: Vec<(String, String)> = findings
            .iter()
            .map(|reported| {
                let path = one_line(sources.path(reported.finding.span));
                let about = reported.about.as_deref().map(one_line).unwrap_or_default();
                let line = format!("{} {} {path} {about}", reported.fingerprint, reported.rule.name);
                (path, line.trim_end().to_owned())
            })
            .collect();
        lines.sort_by(|(path, line), (other_path, other)| {
            let behind = |line: &str| line.get(DIGITS..).unwrap_or("").to_owned();
            (path, behind(line), line).cmp(&(other_path, behind(other), other))
        });
        let mut text = format!("{HEAD}\n");
        for (_, line) in lines {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    /// Leaves out what is known.
    pub(crate) fn hide(&self, findings: &mut Vec<Reported>) -> Hidden {
        let mut used = HashSet::new();
        let before = findings.len();
        findings.retain(|reported| {
            let known = self.known.get(&reported.fingerprint);
            used.extend(known.map(String::as_str));
            known.is_none()
        });
        Hidden {
            findings: before - findings.len(),
            unused: self.known.len() - used.len(),
        }
    }

    /// How many entries `old` has not.
    pub fn added_since(&self, old: &Self) -> usize {
        self.known.difference(&old.known).count()
    }
}

//! Ignores in the judged files: `# plimsoll: ignore[rule, rule] reason` holds for its line, or, alone on a line, for what
//! comes next; `# plimsoll: ignore-file[rule] reason` for the file.

use crate::finding::{Finding, ReaderRule};
use crate::repository::Repository;
use crate::rules;
use crate::source::{ColumnUnit, SourceId, Sources, Span, Spanned};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// The ignores of all files, and whether each one hid something.
#[derive(Debug, Default)]
pub(crate) struct Comments {
    entries: Vec<Entry>,
    /// The numbers of the entries of a file about a rule.
    index: HashMap<(SourceId, String), Vec<usize>>,
    mistakes: Vec<(ReaderRule, Finding)>,
}

#[derive(Debug)]
struct Entry {
    /// `None` for the whole file.
    lines: Option<RangeInclusive<usize>>,
    rule: String,
    span: Span,
    used: bool,
}

impl Comments {
    /// Reads the comments of every Compose file and Dockerfile.
    pub(crate) fn read(repository: &Repository, sources: &Sources) -> Self {
        let mut comments = Self::default();
        for comment in &repository.comments {
            comments.comment(comment, None, sources);
        }
        for judged in &repository.dockerfiles {
            for comment in &judged.file.ast.comments {
                // Above an instruction it holds for all its lines.
                let next = super::next_instruction(judged, comment.span);
                comments.comment(&Spanned::new(comment.text.clone(), comment.span), next, sources);
            }
        }
        comments
    }

    fn comment(&mut self, comment: &Spanned<String>, next: Option<Span>, sources: &Sources) {
        let text = comment.value.trim_start_matches('#').trim();
        let Some(rest) = text.strip_prefix("plimsoll:").map(str::trim_start) else {
            return;
        };
        let (whole_file, rest) = match rest.strip_prefix("ignore-file") {
            Some(rest) => (true, rest),
            None => match rest.strip_prefix("ignore") {
                Some(rest) => (false, rest),
                None => {
                    let finding = Finding::new(
                        comment.span,
                        "this comment says something to plimsoll that it does not know",
                    );
                    self.mistakes.push((
                        ReaderRule::UnusedIgnore,
                        finding.help("write `# plimsoll: ignore[rule] reason`"),
                    ));
                    return;
                }
            },
        };
        let list = rest
            .trim_start()
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'));
        let Some((list, reason)) = list.filter(|(list, _)| !list.trim().is_empty()) else {
            let finding = Finding::new(comment.span, "this ignore names no rule and hides nothing");
            self.mistakes.push((
                ReaderRule::UnusedIgnore,
                finding.help("write `# plimsoll: ignore[rule] reason`"),
            ));
            return;
        };
        if !super::is_reason(reason) {
            let finding = Finding::new(comment.span, "this ignore gives no reason and hides nothing");
            self.mistakes.push((
                ReaderRule::IgnoreWithoutReason,
                finding.help("say why behind the bracket"),
            ));
            return;
        }
        let lines = if whole_file {
            None
        } else {
            Some(held_lines(comment.span, next, sources))
        };
        for name in list.split(',').map(str::trim) {
            if rules::find(name).is_none() {
                let near = crate::values::nearest(name, rules::names());
                let help = near.map_or_else(
                    || "`plimsoll rules` lists them".to_owned(),
                    |near| format!("did you mean '{near}'?"),
                );
                let finding = Finding::new(
                    comment.span,
                    format!("this ignore names a rule that does not exist: '{name}'"),
                );
                self.mistakes.push((ReaderRule::UnusedIgnore, finding.help(help)));
                continue;
            }
            let place = (comment.span.source, name.to_owned());
            self.index.entry(place).or_default().push(self.entries.len());
            self.entries.push(Entry {
                lines: lines.clone(),
                rule: name.to_owned(),
                span: comment.span,
                used: false,
            });
        }
    }

    /// Whether an ignore hides a finding; it then counts as used.
    pub(crate) fn takes(&mut self, rule: &str, span: Span, sources: &Sources) -> bool {
        let Some(numbers) = self.index.get(&(span.source, rule.to_owned())) else {
            return false;
        };
        let mut taken = false;
        let first = *super::lines(span, sources).start();
        for number in numbers {
            let entry = self.entries.get_mut(*number);
            let fits = |entry: &&mut Entry| entry.lines.as_ref().is_none_or(|held| held.contains(&first));
            if let Some(entry) = entry.filter(fits) {
                entry.used = true;
                taken = true;
            }
        }
        taken
    }

    /// What is wrong with the ignores.
    pub(crate) fn findings(&self) -> Vec<(ReaderRule, Finding)> {
        let mut out = self.mistakes.clone();
        for entry in self.entries.iter().filter(|entry| !entry.used) {
            let finding =
                Finding::new(entry.span, format!("this ignore of '{}' hides nothing", entry.rule)).help("delete it");
            out.push((ReaderRule::UnusedIgnore, finding));
        }
        out
    }
}

/// The lines that a comment holds for.
pub(super) fn held_lines(span: Span, next: Option<Span>, sources: &Sources) -> RangeInclusive<usize> {
    let source = sources.get(span.source);
    let line = source.position(span.start, ColumnUnit::CodePoints).line;
    let range = source.line_range(line).unwrap_or(0..0);
    let alone = source
        .text
        .get(range.start..span.start as usize)
        .is_none_or(|before| before.trim().is_empty());
    if !alone {
        return line..=line;
    }
    if let Some(next) = next {
        return super::lines(next, sources);
    }
    // The next line that is not empty and no comment.
    let target = (line + 1..=source.line_count()).find(|line| {
        let text = source.line(*line).trim();
        !text.is_empty() && !text.starts_with('#')
    });
    target.map_or(line..=line, |target| target..=target)
}

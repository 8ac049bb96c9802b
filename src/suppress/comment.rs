//! Ignores in the judged files: `# plimsoll: ignore[rule, rule] reason` holds for its line, or, alone on a line, for what
//! comes next, with the block that this begins; `# plimsoll: ignore-file[rule] reason` for the file.

use super::held::Held;
use crate::finding::{Finding, ReaderRule};
use crate::repository::Repository;
use crate::rules;
use crate::source::{ColumnUnit, Source, SourceId, Sources, Span, Spanned};
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;

/// The ignores of all files, and whether each one hid something.
#[derive(Debug, Default)]
pub(crate) struct Comments {
    entries: Vec<Entry>,
    /// What is held of a file, by rule.
    held: HashMap<(SourceId, String), Held>,
    mistakes: Vec<(ReaderRule, Finding)>,
    /// The findings of each rule that is named, as far as nothing hides them.
    missed: HashMap<String, BTreeSet<Span>>,
    /// The last comment alone on a line of a YAML file, and what the next line below it begins that is no comment.
    last: Option<(SourceId, usize, Option<RangeInclusive<usize>>)>,
}

#[derive(Debug)]
struct Entry {
    /// `None` for the whole file.
    lines: Option<RangeInclusive<usize>>,
    rule: String,
    span: Span,
}

impl Comments {
    /// Reads the comments of every Compose file and Dockerfile.
    pub(crate) fn read(repository: &Repository, sources: &Sources) -> Self {
        let mut comments = Self::default();
        for comment in &repository.comments {
            comments.comment(comment, None, sources);
        }
        let below = Below::default();
        for judged in &repository.dockerfiles {
            for comment in &judged.file.ast.comments {
                let next = super::next_instruction(judged, comment.span);
                let lines = || below.held_lines(comment.span, next, sources);
                comments.comment(&Spanned::new(comment.text.clone(), comment.span), Some(&lines), sources);
            }
        }
        comments.held.values_mut().for_each(Held::settle);
        comments
    }

    /// The lines that a comment in a YAML file holds for. Comments below each other hold for the same: it is looked for once.
    fn yaml_lines(&mut self, span: Span, source: &Source) -> RangeInclusive<usize> {
        let line = source.position(span.start, ColumnUnit::CodePoints).line;
        if let Some((id, above, block)) = &self.last
            && *id == span.source
            && *above < line
            && block.as_ref().is_none_or(|block| line < *block.start())
        {
            return block.clone().unwrap_or(line..=line);
        }
        if !is_alone(span, line, source) {
            return line..=line;
        }
        let block = next_line(line, source).map(|target| with_block(target, source));
        self.last = Some((span.source, line, block.clone()));
        block.unwrap_or(line..=line)
    }

    /// `lines` gives those that it holds for; in YAML they are looked for here.
    fn comment(
        &mut self,
        comment: &Spanned<String>,
        lines: Option<&dyn Fn() -> RangeInclusive<usize>>,
        sources: &Sources,
    ) {
        let Some(rest) = said(&comment.value) else { return };
        let (whole_file, rest) = match rest.strip_prefix("ignore-file") {
            Some(rest) => (true, rest),
            None => match rest.strip_prefix("ignore") {
                Some(rest) => (false, rest),
                None => {
                    let finding = Finding::new(comment.span, "this comment is not a valid Plimsoll comment");
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
                finding.help("add the reason after the bracket"),
            ));
            return;
        }
        let lines = (!whole_file).then(|| match lines {
            Some(lines) => lines(),
            None => self.yaml_lines(comment.span, sources.get(comment.span.source)),
        });
        for name in list.split(',').map(str::trim) {
            if rules::find(name).is_none() {
                let near = || crate::values::nearest(name, rules::names());
                let help = match (rules::known_as(name), near()) {
                    (Some(rule), _) => format!("use `{rule}`, the name of that rule here"),
                    (None, Some(near)) => format!("did you mean `{near}`?"),
                    (None, None) => "`plimsoll rules` lists them".to_owned(),
                };
                let finding = Finding::new(
                    comment.span,
                    format!("this ignore names a rule that does not exist: `{name}`"),
                );
                self.mistakes.push((ReaderRule::UnusedIgnore, finding.help(help)));
                continue;
            }
            let place = (comment.span.source, name.to_owned());
            self.held.entry(place).or_default().add(lines.as_ref());
            self.missed.entry(name.to_owned()).or_default();
            self.entries.push(Entry {
                lines: lines.clone(),
                rule: name.to_owned(),
                span: comment.span,
            });
        }
    }

    /// Whether an ignore hides a finding; it then counts as used.
    pub(crate) fn takes(&mut self, rule: &str, span: Span, sources: &Sources) -> bool {
        let taken = self.hides(rule, span, sources);
        if !taken && let Some(missed) = self.missed.get_mut(rule) {
            missed.insert(span);
        }
        taken
    }

    fn hides(&mut self, rule: &str, span: Span, sources: &Sources) -> bool {
        let held = self.held.get_mut(&(span.source, rule.to_owned()));
        held.is_some_and(|held| held.take(*super::lines(span, sources).start()))
    }

    /// What is wrong with the ignores.
    pub(crate) fn findings(&self, sources: &Sources) -> Vec<(ReaderRule, Finding)> {
        let mut out = self.mistakes.clone();
        let is_used = |entry: &&Entry| {
            let held = self.held.get(&(entry.span.source, entry.rule.clone()));
            held.is_some_and(|held| held.is_used(entry.lines.as_ref()))
        };
        for entry in self.entries.iter().filter(|entry| !is_used(entry)) {
            let finding = Finding::new(entry.span, format!("this ignore of `{}` hides nothing", entry.rule));
            let help = match self.nearest(entry, sources) {
                Some(place) => format!("the nearest finding of this rule is at {place}: move it there, or delete it"),
                None => "delete it".to_owned(),
            };
            out.push((ReaderRule::UnusedIgnore, finding.help(help)));
        }
        out
    }

    /// Where the finding is that an ignore may have been meant for: in its file, else in another one.
    fn nearest(&self, entry: &Entry, sources: &Sources) -> Option<String> {
        let missed = self.missed.get(&entry.rule)?;
        let sides = [
            missed.range(..entry.span).next_back(),
            missed.range(entry.span..).next(),
        ];
        let here = sides
            .into_iter()
            .flatten()
            .filter(|span| span.source == entry.span.source);
        let span = here
            .min_by_key(|span| span.start.abs_diff(entry.span.start))
            .or_else(|| missed.first())?;
        let line = super::lines(*span, sources).start().to_owned();
        Some(format!("`{}:{line}`", sources.path(*span)))
    }
}

/// What a comment says to Plimsoll; without the colon it is meant all the same, and says nothing that is known.
fn said(comment: &str) -> Option<&str> {
    let rest = comment
        .trim_start_matches('#')
        .trim()
        .strip_prefix("plimsoll")?
        .trim_start();
    match rest.strip_prefix(':') {
        Some(rest) => Some(rest.trim_start()),
        None => rest.starts_with("ignore[").then_some(""),
    }
}

/// What is below the comments of Dockerfiles. Comments below each other have the same line below them: it is looked for once.
#[derive(Debug, Default)]
pub(super) struct Below(Cell<Option<(SourceId, usize, Option<usize>)>>);

impl Below {
    /// The lines that a comment holds for: those of the instruction behind it, inside of one and behind the last one the next line.
    pub(super) fn held_lines(&self, span: Span, next: Option<Span>, sources: &Sources) -> RangeInclusive<usize> {
        let source = sources.get(span.source);
        let line = source.position(span.start, ColumnUnit::CodePoints).line;
        if !is_alone(span, line, source) {
            return line..=line;
        }
        match next {
            Some(next) => super::lines(next, sources),
            None => self
                .next_line(span.source, line, source)
                .map_or(line..=line, |target| target..=target),
        }
    }

    fn next_line(&self, id: SourceId, line: usize, source: &Source) -> Option<usize> {
        if let Some((last, above, target)) = self.0.get()
            && last == id
            && above <= line
            && target.is_none_or(|target| line < target)
        {
            return target;
        }
        let target = next_line(line, source);
        self.0.set(Some((id, line, target)));
        target
    }
}

/// Whether nothing stands before it on its line.
fn is_alone(span: Span, line: usize, source: &Source) -> bool {
    let range = source.line_range(line).unwrap_or(0..0);
    let before = source.text.get(range.start..span.start as usize);
    before.is_none_or(|before| before.trim().is_empty())
}

/// The next line that is not empty and no comment.
fn next_line(line: usize, source: &Source) -> Option<usize> {
    (line + 1..=source.line_count()).find(|line| says_something(source.line(*line)))
}

fn says_something(line: &str) -> bool {
    let text = line.trim();
    !text.is_empty() && !text.starts_with('#')
}

/// In YAML a line is held with the block that it begins.
fn with_block(target: usize, source: &Source) -> RangeInclusive<usize> {
    let indent = |line: usize| {
        let text = source.line(line);
        text.len() - text.trim_start_matches(' ').len()
    };
    let (depth, first) = (indent(target), source.line(target).trim_end());
    // Items may be at the column of their key.
    let is_key = first.ends_with(':') && !first.trim_start().starts_with("- ");
    let is_inside = |line: &usize| {
        let is_item = is_key && source.line(*line).trim_start().starts_with("- ");
        indent(*line) > depth || is_item && indent(*line) == depth
    };
    let below = (target + 1..=source.line_count()).filter(|line| says_something(source.line(*line)));
    target..=below.take_while(is_inside).last().unwrap_or(target)
}

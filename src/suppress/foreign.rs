//! What comments of other tools hide here: a Dockerfile that hadolint, Checkov, Trivy or BuildKit already keeps quiet
//! about something needs no second comment for the rule that says the same.
//!
//! These comments belong to the other tool: they need no reason, and nothing is said about one that hides nothing.

mod order;

use super::comment::Below;
use crate::build::JudgedFile;
use crate::order::Order as _;
use crate::repository::Repository;
use crate::rules::{RULES, Rule};
use crate::source::{SourceId, Sources, Span};
use crate::values::code::{self, Tool};
use order::{Codes, Order, Reach};
use std::collections::HashMap;
use std::ops::Range;

/// The places where a rule is to be silent, by file and rule.
#[derive(Debug, Default)]
pub(super) struct Foreign {
    /// Bytes, sorted and apart from each other.
    held: HashMap<(SourceId, &'static str), Vec<Range<usize>>>,
}

impl Foreign {
    /// Reads the comments of every Dockerfile that is judged. `today` is a date `YYYY-MM-DD`.
    pub(super) fn read(repository: &Repository, sources: &Sources, today: &str) -> Self {
        let mut foreign = Self::default();
        for judged in repository.judged_dockerfiles() {
            let file = File::new(judged, sources);
            for (order, bytes) in file.orders() {
                if order.until.as_ref().is_none_or(|until| today < until.as_str()) {
                    foreign.hold(judged.file.ast.source, &order, &bytes);
                }
            }
        }
        for ranges in foreign.held.values_mut() {
            ranges.order_by_key(|range| range.start);
            ranges.dedup_by(|next, kept| {
                let touches = next.start <= kept.end;
                if touches {
                    kept.end = kept.end.max(next.end);
                }
                touches
            });
        }
        foreign
    }

    fn hold(&mut self, source: SourceId, order: &Order, bytes: &Range<usize>) {
        for rule in RULES.iter().filter(|rule| names(order, rule)) {
            self.held.entry((source, rule.name)).or_default().push(bytes.clone());
        }
    }

    /// Whether a comment hides a finding.
    pub(super) fn takes(&self, rule: &'static str, span: Span) -> bool {
        let at = span.start as usize;
        self.held.get(&(span.source, rule)).is_some_and(|ranges| {
            let before = ranges.partition_point(|range| range.start <= at);
            before
                .checked_sub(1)
                .and_then(|index| ranges.get(index))
                .is_some_and(|range| at < range.end)
        })
    }
}

/// Whether an order means a rule: by a code of its own tool.
fn names(order: &Order, rule: &Rule) -> bool {
    let mut known = rule
        .aliases
        .iter()
        .filter(|alias| Tool::of_alias(alias) == Some(order.tool));
    match &order.codes {
        Codes::All => known.next().is_some(),
        Codes::These(codes) => known.any(|alias| {
            codes.iter().any(|given| match given.strip_suffix('*') {
                Some(start) => {
                    let start = start.to_ascii_uppercase();
                    code::normal(alias).starts_with(start.strip_prefix("AVD-").unwrap_or(&start))
                }
                None => code::same(given, alias),
            })
        }),
    }
}

/// A Dockerfile and its places.
struct File<'a> {
    judged: &'a JudgedFile,
    sources: &'a Sources,
    text: &'a str,
    below: Below,
}

impl<'a> File<'a> {
    fn new(judged: &'a JudgedFile, sources: &'a Sources) -> Self {
        let text = &sources.get(judged.file.ast.source).text;
        let below = Below::default();
        Self {
            judged,
            sources,
            text,
            below,
        }
    }

    /// What is ordered, and for which bytes.
    fn orders(&self) -> Vec<(Order, Range<usize>)> {
        let ast = &self.judged.file.ast;
        let mut found = Vec::new();
        if let Some(check) = ast.directive("check") {
            let order = order::buildkit(&check.value.value, Reach::File);
            found.extend(order.map(|order| (order, self.whole())));
        }
        for comment in &ast.comments {
            for order in order::all(&comment.text) {
                let bytes = match order.reach {
                    Reach::File => self.whole(),
                    Reach::Stage => self.stage(comment.span),
                    Reach::Next => self.next(comment.span),
                };
                found.push((order, bytes));
            }
        }
        // Trivy reads lines, so it finds what the shell takes for a comment, too.
        for step in self.judged.run_steps() {
            let Some(last) = step.commands().last() else { continue };
            let words = last.words.iter().map(|word| word.span);
            let redirections = last.redirections.iter().map(|redirection| redirection.target.span);
            let Some(end) = words.chain(redirections).map(|span| span.end as usize).max() else {
                continue;
            };
            let rest = self.text.get(end..).unwrap_or("");
            let rest = rest.split('\n').next().unwrap_or("");
            if let Some((_, comment)) = rest.split_once('#') {
                let line = Span::new(last.span.source, end, end + rest.len());
                let bytes = self.lines(super::lines(line, self.sources));
                found.extend(order::trivy(comment).into_iter().map(|order| (order, bytes.clone())));
            }
        }
        found
    }

    /// The whole Dockerfile, which may stand inside a Compose file.
    fn whole(&self) -> Range<usize> {
        let ast = &self.judged.file.ast;
        let starts = [
            ast.directives.first().map(|directive| directive.span.start),
            ast.comments.first().map(|comment| comment.span.start),
            ast.instructions.first().map(|instruction| instruction.span.start),
        ];
        let start = starts.into_iter().flatten().min().unwrap_or(ast.span.start);
        start as usize..ast.span.end as usize + 1
    }

    /// The stage of what comes next.
    fn stage(&self, comment: Span) -> Range<usize> {
        let Some(next) = super::next_instruction(self.judged, comment) else {
            return comment.start as usize..self.whole().end;
        };
        let behind = self
            .judged
            .plan
            .stages
            .iter()
            .map(|stage| stage.from.start as usize)
            .find(|from| *from > next.start as usize);
        next.start as usize..behind.unwrap_or(self.whole().end)
    }

    /// The instruction behind a comment, or the line behind it inside of one.
    fn next(&self, comment: Span) -> Range<usize> {
        let next = super::next_instruction(self.judged, comment);
        self.lines(self.below.held_lines(comment, next, self.sources))
    }

    fn lines(&self, lines: std::ops::RangeInclusive<usize>) -> Range<usize> {
        let source = self.sources.get(self.judged.file.ast.source);
        let start = source.line_range(*lines.start()).map_or(0, |range| range.start);
        let end = source
            .line_range(*lines.end())
            .map_or(self.text.len(), |range| range.end);
        start..end + 1
    }
}

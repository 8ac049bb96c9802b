//! One block on the terminal: the heading with the sentence, the lines of the file with their marks, what to type.

use super::blocks::{Block, line_to_add};
use super::excerpt::Excerpt;
use super::{View, wrap};
use crate::finding::{Related, Severity};
use crate::report::sarif::page;
use crate::report::{Report, Reported, escape, place, words};
use crate::source::{ColumnUnit, Span};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::collections::BTreeMap;
use std::ops::Range;

/// More other places of one finding than this are counted.
const MAX_RELATED: usize = 8;
/// More places of the same cause than this are counted.
const MAX_SAME: usize = 40;
/// Labels are not made narrower than this, even far to the right.
const MIN_LABEL: usize = 24;
/// A message is cut here; it is one sentence.
const MAX_MESSAGE: usize = 1000;

/// Draws a block.
pub(super) fn block(out: &mut String, report: &Report, block: &Block<'_>, view: &View) {
    let Some(first) = block.findings().next() else { return };
    let group = match block {
        Block::Cause(all) => cause(report, first, all, view),
        Block::Lacks(all) => lacks(report, first, all, view),
    };
    let renderer = if view.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(DecorStyle::Unicode).term_width(view.width);
    out.push_str(&renderer.render(&[group]));
    out.push('\n');
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

/// A finding, and where the same is said.
fn cause(report: &Report, first: &Reported, all: &[&Reported], view: &View) -> Group<'static> {
    let message = words::message(report, first);
    let message = escape::inline(&words::clip(&message, MAX_MESSAGE));
    let url = page(first.rule);
    let title = level(first.severity)
        .primary_title(message)
        .id(first.rule.name)
        .id_url(url);
    let related = &first.finding.related;
    let shown = related.get(..MAX_RELATED).unwrap_or(related);
    let (mut group, far) = picture(Group::with_title(title), report, first.finding.span, shown, view);
    let help = words::help(report, first);
    let help: Vec<String> = help
        .lines()
        .flat_map(|line| wrap(&escape::inline(line), view.width.saturating_sub(10)))
        .collect();
    if !help.is_empty() {
        group = group.element(Level::HELP.message(help.join("\n")));
    }
    for related in far {
        group = group.element(also(report, related.span, &related.message, view));
    }
    if related.len() > MAX_RELATED {
        let more = words::count(related.len() - MAX_RELATED, "more place");
        group = group.element(Level::NOTE.with_name("also").message(more));
    }
    if let Some(rest) = all.get(1..).filter(|rest| !rest.is_empty()) {
        group = group.element(Level::NOTE.with_name("same").message(same(report, rest, view)));
    }
    group
}

/// What a service lacks, with the lines to add.
fn lacks(report: &Report, first: &Reported, all: &[&Reported], view: &View) -> Group<'static> {
    let about = report.secrets.mask(first.about.as_deref().unwrap_or(""));
    let message = format!("`{}` lacks {} settings", escape::inline(&about), all.len());
    let title = level(first.severity).primary_title(message);
    let (group, _) = picture(Group::with_title(title), report, first.finding.span, &[], view);
    let shown = |reported: &Reported| {
        let line = report.secrets.mask(line_to_add(reported).unwrap_or(""));
        let mut lines = line.lines().map(escape::inline);
        (lines.next().unwrap_or_default(), lines.collect::<Vec<_>>())
    };
    let lines: Vec<_> = all
        .iter()
        .map(|reported| (shown(reported), reported.rule.name))
        .collect();
    let widest = lines.iter().map(|((line, _), _)| line.chars().count());
    let widest = widest.filter(|length| *length <= 40).max().unwrap_or(0);
    let text: Vec<String> = lines
        .into_iter()
        .flat_map(|((line, more), rule)| std::iter::once(format!("{line:<widest$}  # {rule}")).chain(more))
        .collect();
    group.element(Level::HELP.with_name("add").message(text.join("\n")))
}

/// The lines of the file with their marks. Gives the related places that are not among them.
fn picture<'a>(
    mut group: Group<'static>,
    report: &Report,
    span: Span,
    related: &'a [Related],
    view: &View,
) -> (Group<'static>, Vec<&'a Related>) {
    let source = report.sources.get(span.source);
    let at = place::region(source, span, ColumnUnit::CodePoints).start;
    let name = escape::inline(&source.path);
    let origin = Origin::path(name.clone()).line(at.line).char_column(at.column);
    let (near, mut far): (Vec<&Related>, Vec<&Related>) =
        related.iter().partition(|related| related.span.source == span.source);
    // Of an empty or unreadable file there is nothing to draw.
    if source.text.is_empty() {
        return (group.element(origin), related.iter().collect());
    }
    let spans: Vec<Span> = std::iter::once(span)
        .chain(near.iter().map(|related| related.span))
        .collect();
    let (excerpt, marks) = Excerpt::new(report, span.source, &spans);
    let mut annotations: Vec<(Range<usize>, Option<String>)> = Vec::new();
    for (index, mark) in marks.into_iter().enumerate() {
        let related = index.checked_sub(1).and_then(|index| near.get(index));
        match (mark, related) {
            (Some(mark), None) => annotations.push((mark, None)),
            (Some(mark), Some(related)) => {
                let label = label(report, related, &excerpt, &mark, view);
                annotations.push((mark, Some(label)));
            }
            (None, Some(related)) => far.push(related),
            (None, None) => {}
        }
    }
    let first = annotations.first().map_or(0, |(mark, _)| mark.start);
    // What is escaped or cut in front of a mark does not count for its column.
    let mut path = Some(name).filter(|_| excerpt.screen_column(first) == at.column);
    if path.is_none() {
        group = group.element(origin);
    }
    for run in excerpt.runs(first) {
        let here = annotations.iter().filter(|(mark, _)| run.range.contains(&mark.start));
        let drawn: Vec<Annotation<'static>> = here
            .map(|(mark, label)| {
                let end = mark.end.min(run.range.end).saturating_sub(run.range.start);
                let within = mark.start - run.range.start..end.max(mark.start - run.range.start);
                match label {
                    None => AnnotationKind::Primary.span(within),
                    Some(label) => AnnotationKind::Context.span(within).label(label.clone()),
                }
            })
            .collect();
        if !drawn.is_empty() {
            let snippet = Snippet::source(run.text.to_owned())
                .line_start(run.first)
                .fold(false)
                .path(path.take());
            group = group.element(snippet.annotations(drawn));
        }
    }
    (group, far)
}

/// The text beside a mark, in lines that fit behind the mark.
fn label(report: &Report, related: &Related, excerpt: &Excerpt, mark: &Range<usize>, view: &View) -> String {
    let message = report.secrets.mask(&related.message);
    let gutter = excerpt.last_number().to_string().len() + " │ ".chars().count() + 2;
    let room = view
        .width
        .saturating_sub(gutter + excerpt.screen_column(mark.end))
        .max(MIN_LABEL);
    wrap(&escape::inline(&words::clip(&message, MAX_MESSAGE)), room).join("\n")
}

/// A place in another file.
fn also(report: &Report, span: Span, message: &str, view: &View) -> annotate_snippets::Message<'static> {
    let source = report.sources.get(span.source);
    let at = place::region(source, span, ColumnUnit::CodePoints).start;
    let message = report.secrets.mask(message);
    let text = format!("{}:{}:{} {message}", source.path, at.line, at.column);
    let lines = wrap(&escape::inline(text.trim_end()), view.width.saturating_sub(10));
    Level::NOTE.with_name("also").message(lines.join("\n"))
}

/// The places of findings, by file: `compose.yaml:4 (db), 9 (web); dev.yml:3`.
fn same(report: &Report, all: &[&Reported], view: &View) -> String {
    let mut by_file: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for reported in all.iter().take(MAX_SAME) {
        let source = report.sources.get(reported.finding.span.source);
        let line = place::region(source, reported.finding.span, ColumnUnit::CodePoints)
            .start
            .line;
        let about = reported.about.as_deref().filter(|about| *about != source.path);
        let shown = match about {
            Some(about) => format!("{line} ({})", report.secrets.mask(about)),
            None => line.to_string(),
        };
        by_file.entry(&source.path).or_default().push(shown);
    }
    let files = by_file
        .iter()
        .map(|(path, lines)| format!("{path}:{}", lines.join(", ")));
    let mut text = files.collect::<Vec<_>>().join("; ");
    if all.len() > MAX_SAME {
        text.push_str(&format!("; {} more", all.len() - MAX_SAME));
    }
    wrap(&escape::inline(&text), view.width.saturating_sub(10)).join("\n")
}

//! The report for people: source lines with marks, folded notes, a short summary.

mod excerpt;

use super::words::{self, count};
use super::{Report, Reported, Verdict, decided, escape, requirements};
use crate::finding::{Related, Severity};
use crate::source::{ColumnUnit, Span};
use excerpt::Excerpt;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use std::fmt::{self, Write as _};
use std::ops::Range;

/// What a terminal has at least.
const WIDTH: usize = 80;
/// More findings than this are counted, not drawn.
const MAX_FINDINGS: usize = 50;
/// More other places of one finding than this are counted.
const MAX_RELATED: usize = 8;
/// More rows of notes, or sets, than this are counted.
const MAX_LISTED: usize = 20;
/// Labels are not made narrower than this, even far to the right.
const MIN_LABEL: usize = 24;
/// A message is cut here; it is one sentence.
const MAX_MESSAGE: usize = 1000;

/// Renders the report for a terminal of 80 columns. `notes` draws notes like other findings instead of folding them;
/// `color` adds ANSI colours.
pub(crate) fn render(report: &Report, notes: bool, color: bool) -> String {
    if let Some(error) = &report.error {
        let error = report.secrets.mask(error);
        return escape::guard(format!("{}\n", escape::inline(&error)));
    }
    let mut out = String::new();
    let findings = words::worst_first(report, notes);
    for reported in findings.iter().take(MAX_FINDINGS) {
        push_finding(&mut out, report, reported, color);
        out.push('\n');
    }
    let rest = words::tally(findings.iter().skip(MAX_FINDINGS).copied());
    if !rest.is_empty() {
        push(
            &mut out,
            format_args!("and {rest} more, not drawn here; --format json lists all\n\n"),
        );
    }
    if !notes {
        push_notes(&mut out, report, color);
    }
    push_summary(&mut out, report, color);
    let trimmed: String = out.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
    escape::guard(trimmed)
}

/// Writing to a String cannot fail.
fn push(out: &mut String, text: fmt::Arguments) {
    let _ = out.write_fmt(text);
}

fn paint(text: &str, code: &str, color: bool) -> String {
    if color {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// A finding as miette wants it.
struct Drawn {
    severity: Severity,
    rule: &'static str,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    excerpt: Option<Excerpt>,
}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl Diagnostic for Drawn {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("{}[{}]", self.severity.word(), self.rule)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

fn push_finding(out: &mut String, report: &Report, reported: &Reported, color: bool) {
    let finding = &reported.finding;
    let source = report.sources.get(finding.span.source);
    let shown = finding.related.get(..MAX_RELATED).unwrap_or(&finding.related);
    let (near, mut far): (Vec<&Related>, Vec<&Related>) = shown
        .iter()
        .partition(|related| related.span.source == finding.span.source);
    let help = words::help(report, reported);
    let help: Vec<_> = help.lines().map(escape::inline).collect();
    let message = words::message(report, reported);
    let mut drawn = Drawn {
        severity: reported.severity,
        rule: reported.rule.name,
        message: escape::inline(&words::clip(&message, MAX_MESSAGE)),
        help: (!help.is_empty()).then(|| help.join("\n")),
        labels: Vec::new(),
        excerpt: None,
    };
    // Of an empty or unreadable file there is nothing to draw.
    if !source.text.is_empty() {
        let spans: Vec<Span> = std::iter::once(finding.span)
            .chain(near.iter().map(|related| related.span))
            .collect();
        let (excerpt, marks) = Excerpt::new(report, finding.span.source, &spans);
        for (index, mark) in marks.into_iter().enumerate() {
            let related = index.checked_sub(1).and_then(|index| near.get(index));
            match (mark, related) {
                (Some(mark), None) => {
                    let span = (mark.start, mark.len());
                    drawn.labels.push(LabeledSpan::new_primary_with_span(None, span));
                }
                (Some(mark), Some(related)) => {
                    let span = (mark.start, mark.len());
                    let label = label(report, related, &excerpt, &mark);
                    drawn.labels.push(LabeledSpan::new_with_span(Some(label), span));
                }
                (None, Some(related)) => far.push(related),
                (None, None) => {}
            }
        }
        drawn.excerpt = Some(excerpt);
    }
    let theme = if color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(WIDTH)
        .with_links(false)
        .without_syntax_highlighting();
    let mut text = String::new();
    if handler.render_report(&mut text, &drawn).is_err() {
        // Only an excerpt that does not fit its labels could come here; what matters is still said.
        text = format!("{}[{}]\n  {}\n", drawn.severity.word(), drawn.rule, drawn.message);
        drawn.excerpt = None;
    }
    // The heading and the message belong together.
    out.push_str(&text.replacen("\n\n", "\n", 1));
    if drawn.excerpt.is_none() {
        push_place(out, "at", report, finding.span, "");
        for related in near {
            push_place(out, "also", report, related.span, &related.message);
        }
    }
    for related in far {
        push_place(out, "also", report, related.span, &related.message);
    }
    if finding.related.len() > MAX_RELATED {
        let more = count(finding.related.len() - MAX_RELATED, "more place");
        push(out, format_args!("  also: {more}\n"));
    }
}

/// The text beside a mark, in lines that fit behind the mark.
fn label(report: &Report, related: &Related, excerpt: &Excerpt, mark: &Range<usize>) -> String {
    let message = report.secrets.mask(&related.message);
    let column = usize::midpoint(excerpt.screen_column(mark.start), excerpt.screen_column(mark.end));
    let gutter = excerpt.last_number().to_string().len() + " │ ╰── ".chars().count() + 2;
    let room = WIDTH.saturating_sub(gutter + column).max(MIN_LABEL);
    wrap(&escape::inline(&words::clip(&message, MAX_MESSAGE)), room).join("\n")
}

/// A place in another file: `  also: path:line:column message`.
fn push_place(out: &mut String, word: &str, report: &Report, span: Span, message: &str) {
    let source = report.sources.get(span.source);
    let at = super::place::region(source, span, ColumnUnit::CodePoints).start;
    let message = report.secrets.mask(message);
    let text = format!("{}:{}:{} {message}", source.path, at.line, at.column);
    let indent = word.len() + "  : ".len();
    let lines = wrap(&escape::inline(text.trim_end()), WIDTH - indent);
    let blank = " ".repeat(indent);
    push(out, format_args!("  {word}: {}\n", lines.join(&format!("\n{blank}"))));
}

/// `text` in lines of at most `width` characters, broken at blanks where there are any.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

fn push_notes(out: &mut String, report: &Report, color: bool) {
    let folded = words::folded_notes(report);
    if folded.is_empty() {
        return;
    }
    let word = paint("note", "36", color);
    for notes in folded.iter().take(MAX_LISTED) {
        let line = notes.line(WIDTH - "note  ".len());
        push(out, format_args!("{word}  {}\n", escape::inline(&line)));
    }
    if folded.len() > MAX_LISTED {
        let more = count(folded.len() - MAX_LISTED, "more row");
        push(out, format_args!("      and {more}\n"));
    }
    out.push_str("      show with --notes\n\n");
}

fn push_summary(out: &mut String, report: &Report, color: bool) {
    push(out, format_args!("  files    {}\n", report.files.len()));
    for (index, set) in report.sets.iter().take(MAX_LISTED).enumerate() {
        let word = if index == 0 { "sets" } else { "" };
        push_entry(out, word, &report.secrets.mask(set));
    }
    if report.sets.len() > MAX_LISTED {
        push(
            out,
            format_args!("           and {} more\n", report.sets.len() - MAX_LISTED),
        );
    }
    push_entry(out, "scope", &report.scope_line());
    if let Some(line) = decided::line(report) {
        push_entry(out, "budgets", &line);
    }
    // Without a profile nobody asked.
    if report.requirements.iter().any(|standing| standing.profile != "default") {
        push_entry(out, "hard", &requirements::line(report));
    }
    for (index, sentence) in report.policy.iter().enumerate() {
        let word = if index == 0 { "policy" } else { "" };
        push_entry(out, word, &report.secrets.mask(sentence));
    }
    let code = match report.verdict {
        Verdict::Pass => "1;32",
        Verdict::Fail | Verdict::Error => "1;31",
    };
    push(
        out,
        format_args!("\n{}\n", paint(&words::verdict_line(report), code, color)),
    );
}

/// `  scope  full`, wrapped below itself.
fn push_entry(out: &mut String, word: &str, text: &str) {
    let lines = wrap(&escape::inline(text), WIDTH - 11);
    push(out, format_args!("  {word:<7}  {}\n", lines.join("\n           ")));
}

#[cfg(test)]
mod tests;

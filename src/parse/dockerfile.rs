//! Dockerfiles to instructions with places, read as BuildKit reads them.
//!
//! Nothing is expanded here: `$x` stays `$x`. The source of the behaviour is `frontend/dockerfile` of moby/buildkit.

mod arguments;
mod ast;
mod build;
mod flags;
mod frontend;
mod heredoc;
pub mod lex;
mod lines;
mod mount;
mod pattern;
mod text;
mod triggers;
mod words;

pub use arguments::*;
pub use ast::*;
pub use flags::{duration, nearest};
pub use text::Text;
pub(crate) use triggers::run_triggers;

use crate::finding::{Finding, ReaderRule};
use crate::order::Order as _;
use crate::parse::Problem;
use crate::source::{SourceId, Span};

/// The instructions that there are.
pub const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// The rule that reports what the builder refuses.
pub const RULE: ReaderRule = ReaderRule::InvalidDockerfile;

/// More than this many problems are no news, and must not use up the memory.
const MAX_PROBLEMS: usize = 100;

/// How many instructions of a file are read: a hundred times as many as any real one has.
pub(crate) const MAX_INSTRUCTIONS: usize = 50_000;

/// Collects what the builder refuses.
#[derive(Default)]
struct Refusals {
    problems: Vec<Problem>,
}

impl Refusals {
    fn add(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        if !self.full() {
            self.problems
                .push(Problem::new(RULE, Finding::new(span, message).help(help)));
        }
    }

    fn full(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }
}

/// Reads a Dockerfile. Whatever the builder would refuse becomes a problem, and the other instructions are still there.
pub fn parse(source: SourceId, text: &str) -> Dockerfile {
    parse_indented(source, text, 0)
}

/// [`parse`] for a file whose every line stands behind up to `indent` blanks that are not its own, as in a YAML block.
pub fn parse_indented(source: SourceId, text: &str, indent: usize) -> Dockerfile {
    let mut reader = lines::Reader::new(source, text, indent);
    let mut refusals = Refusals::default();
    let mut instructions: Vec<Instruction> = Vec::new();
    while let Some(line) = reader.logical() {
        if instructions.len() == MAX_INSTRUCTIONS {
            let message =
                format!("the rest of the file is not checked: it has more than {MAX_INSTRUCTIONS} instructions");
            let finding = Finding::new(line.span(0..line.text.len()), message);
            refusals
                .problems
                .push(Problem::new(ReaderRule::UnreadableInput, finding));
            break;
        }
        let mut instruction = build::Builder {
            line: &line,
            escape: reader.escape,
            refusals: &mut refusals,
        }
        .instruction(0..line.text.len(), false);
        read_heredocs(&mut reader, &line, &mut instruction, &mut refusals, text);
        if !(refusals.full() && matches!(instruction.kind, Kind::Unknown)) {
            instructions.push(instruction);
        }
    }
    for (span, message, help) in reader.refused.drain(..) {
        refusals.add(span, message, help);
    }
    check_order(source, &instructions, &mut refusals);
    frontend::check(&reader.directives, &instructions, &mut refusals);
    refusals.problems.order_by_key(|problem| problem.finding.span.start);
    Dockerfile {
        source,
        span: Span::new(source, 0, text.len()),
        escape: reader.escape,
        directives: reader.directives,
        comments: reader.comments,
        instructions,
        written: Vec::new(),
        problems: refusals.problems,
    }
}

/// How a text begins, as the builder reads it.
pub(crate) struct Beginning {
    /// The first instruction, its lines joined.
    pub instruction: String,
    /// Whether a directive says which program reads the rest.
    pub has_frontend: bool,
}

/// The beginning of a text that may be a Dockerfile.
pub(crate) fn beginning(text: &str) -> Beginning {
    // Nobody looks at the places in a text that is not kept.
    let mut reader = lines::Reader::new(SourceId::default(), text, 0);
    let instruction = reader.logical().map_or_else(String::new, |line| line.text);
    Beginning {
        instruction,
        has_frontend: reader
            .directives
            .iter()
            .any(|directive| directive.name.value == "syntax"),
    }
}

/// Reads the bodies of the heredocs that a line opens, into the instruction that they belong to.
fn read_heredocs(
    reader: &mut lines::Reader<'_>,
    line: &Text,
    instruction: &mut Instruction,
    refusals: &mut Refusals,
    file: &str,
) {
    let owner = match &instruction.kind {
        Kind::Onbuild(inner) => inner.as_ref(),
        _ => &*instruction,
    };
    let takes = match &owner.kind {
        Kind::Run(run) => run.command.form == Form::Shell,
        Kind::Copy(transfer) | Kind::Add(transfer) => !transfer.json,
        // A COPY that is refused for its arguments still has its heredoc.
        Kind::Unknown => matches!(owner.keyword.value, "COPY" | "ADD"),
        _ => false,
    };
    if !takes {
        return;
    }
    let markers = match heredoc::markers(&line.text) {
        Ok(markers) => markers,
        Err(why) => {
            let help = "close the quotes and braces of the heredoc's name";
            refusals.add(
                instruction.span,
                format!("the heredoc's name cannot be read: {why}"),
                help,
            );
            return;
        }
    };
    let mut heredocs = Vec::with_capacity(markers.len());
    for (marker, range) in markers {
        let span = line.span(range.clone());
        let found = reader.heredoc(&marker.name, marker.strip_tabs);
        let mut raw = Text::empty(line.source(), found.body.start);
        raw.push(file.get(found.body.clone()).unwrap_or(""), found.body.start);
        let place = |range: std::ops::Range<usize>| Span::new(line.source(), range.start, range.end);
        let terminator = found.terminator.map(place);
        if terminator.is_none() {
            let name = &marker.name;
            refusals.add(
                span,
                format!("the heredoc has no end: no line is {name}"),
                format!("write {name} on a line of its own after the body, without blanks around"),
            );
        }
        let heredoc = Heredoc {
            marker: span,
            announced: heredoc::announced(&marker.name, line, range),
            name: marker.name,
            strip_tabs: marker.strip_tabs,
            expand: marker.expand,
            body: place(found.body),
            raw,
            terminator,
        };
        instruction.span = instruction.span.to(terminator.unwrap_or(heredoc.body));
        heredocs.push(heredoc);
    }
    let whole = instruction.span;
    match &mut instruction.kind {
        Kind::Onbuild(inner) => {
            if !heredocs.is_empty() {
                inner.span = inner.span.to(whole);
            }
            inner.heredocs = heredocs;
        }
        _ => instruction.heredocs = heredocs,
    }
}

/// What must stand before what: a FROM before all but ARG.
fn check_order(source: SourceId, instructions: &[Instruction], refusals: &mut Refusals) {
    let Some(first) = instructions.first() else {
        let help = "start with FROM";
        refusals.add(Span::new(source, 0, 0), "the file has no instructions", help);
        return;
    };
    let mut early = instructions
        .iter()
        .take_while(|instruction| instruction.keyword.value != "FROM")
        // An unknown keyword has its own problem, and may be a FROM with a typo.
        .filter(|instruction| !matches!(instruction.keyword.value, "ARG" | ""));
    let has_from = instructions
        .iter()
        .any(|instruction| instruction.keyword.value == "FROM");
    let typo = instructions
        .iter()
        .any(|instruction| instruction.keyword.value.is_empty());
    if let Some(early) = early.next() {
        if has_from || !typo {
            let message = format!("{} precedes the first FROM", early.keyword.value);
            refusals.add(early.keyword.span, message, "put FROM first; only ARG may precede it");
        }
    } else if !has_from && !typo {
        refusals.add(first.keyword.span, "the file has no FROM", "start a stage with FROM");
    }
}

#[cfg(test)]
#[path = "dockerfile/tests.rs"]
mod tests;

//! Events to the tree, with an explicit stack: no input can make it recurse.

use super::merge_key::{can_be_merged, merge_into};
use super::recover::Broken;
use super::scalar;
use super::{Data, Entry, Map, Problem, Tag, Value, YamlFile};
use crate::finding::{Finding, ReaderRule};
use crate::source::{SourceId, Span, Spanned, floor_boundary};
use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};
use std::collections::HashMap;

/// How deep a document may nest, aliases followed. Real files stay under 30.
pub const MAX_DEPTH: usize = 100;

/// How many nodes a document may have, aliases followed. The figure is Compose's own (compose-go `loader/reset.go`).
pub const MAX_NODES: usize = 100_000;

/// An open list or mapping.
struct Frame {
    kind: Kind,
    span: Span,
    flow: bool,
    tag: Option<Tag>,
    anchor: usize,
    /// The depth of the deepest node below, relative to this one.
    height: usize,
}

enum Kind {
    Seq(Vec<Value>),
    Map {
        map: Map,
        key: Option<Spanned<Value>>,
        merges: Vec<Value>,
    },
}

/// An anchored node, ready to be used again.
struct Anchored {
    value: Value,
    nodes: usize,
    height: usize,
}

pub(super) struct Builder<'a> {
    source: SourceId,
    text: &'a str,
    file: YamlFile,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    kept: usize,
}

/// Reading cannot go on.
struct Stop;

impl<'a> Builder<'a> {
    pub(super) fn new(source: SourceId, text: &'a str) -> Self {
        Self {
            source,
            text,
            file: YamlFile::default(),
            stack: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            kept: 0,
        }
    }

    /// The tree as far as the text is YAML, and the error that ended it.
    pub(super) fn run(mut self) -> (YamlFile, Option<Broken>) {
        // Whole services stand in comments: there is no limit but the size of the file.
        let mut options = Options::default();
        options.max_buffered_comment_events = usize::MAX;
        let mut parser = Parser::new_from_str_with_options(self.text, options);
        let mut unread = 0;
        let mut plain = None;
        loop {
            match parser.next() {
                None => return (self.file, None),
                Some(Ok((event, span))) => {
                    let span = self.span(span);
                    unread = (span.end as usize).max(unread);
                    if let Event::Scalar(_, style, ..) = &event {
                        plain = (*style == ScalarStyle::Plain).then_some(span.start as usize..span.end as usize);
                    }
                    if self.event(event, span).is_err() {
                        self.abandon();
                        return (self.file, None);
                    }
                }
                Some(Err(error)) => {
                    let at = error.marker().byte_offset().unwrap_or(self.text.len());
                    let items = self.stack.last().filter(|frame| matches!(frame.kind, Kind::Seq(_)));
                    let flow = self.stack.iter().find(|frame| frame.flow);
                    let broken = Broken {
                        at: floor_boundary(self.text, at),
                        info: error.info().to_string(),
                        items: items.map(|frame| frame.span.start as usize),
                        flow: flow.map(|frame| frame.span.start as usize),
                        unread,
                        plain,
                    };
                    self.abandon();
                    return (self.file, Some(broken));
                }
            }
        }
    }

    fn span(&self, span: granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        Span::new(self.source, range.start, range.end)
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(..) => {
                self.nodes = 0;
                self.anchors.clear();
                Ok(())
            }
            Event::Comment(..) => {
                let text = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
                self.file.comments.push(Spanned::new(text.to_owned(), span));
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let kind = tag.as_deref().map(whole);
                let core = kind.as_deref().and_then(|kind| kind.strip_prefix("tag:yaml.org,2002:"));
                let data = match (style, core.and_then(|core| scalar::tagged(&text, core))) {
                    (_, Some(Ok(data))) => data,
                    (_, Some(Err(scalar::Misfit(message)))) => {
                        let help = "remove the tag, or write a value of its type";
                        self.problem(ReaderRule::InvalidYaml, Finding::new(span, message).help(help));
                        Data::Null
                    }
                    // Behind a tag that is none of YAML's, it is text as it stands.
                    (ScalarStyle::Plain, None) if kind.is_none() || core.is_some() => scalar::plain(&text),
                    _ => Data::Str(text.into_owned()),
                };
                let mut value = Value::new(data, span);
                value.tag = tag.as_deref().and_then(compose_tag);
                self.count(1, span)?;
                self.place(value, anchor, 0)
            }
            Event::SequenceStart(style, anchor, tag) => self.open(
                Kind::Seq(Vec::new()),
                span,
                style,
                anchor,
                tag.as_deref().and_then(compose_tag),
            ),
            Event::MappingStart(style, anchor, tag) => {
                let kind = Kind::Map {
                    map: Map::new(),
                    key: None,
                    merges: Vec::new(),
                };
                self.open(kind, span, style, anchor, tag.as_deref().and_then(compose_tag))
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(Some(span)),
            Event::Alias(id) => self.alias(id, span),
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Stop> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            let message = format!(
                "the document has more than {MAX_NODES} nodes, aliases included: Compose does not read it either"
            );
            self.problem(ReaderRule::UnreadableInput, Finding::new(span, message));
            return Err(Stop);
        }
        Ok(())
    }

    fn open(
        &mut self,
        kind: Kind,
        span: Span,
        style: StructureStyle,
        anchor: usize,
        tag: Option<Tag>,
    ) -> Result<(), Stop> {
        self.count(1, span)?;
        self.check_depth(self.stack.len() + 1, span)?;
        self.stack.push(Frame {
            kind,
            span,
            flow: style == StructureStyle::Flow,
            tag,
            anchor,
            height: 0,
        });
        Ok(())
    }

    fn check_depth(&mut self, depth: usize, span: Span) -> Result<(), Stop> {
        if depth > MAX_DEPTH {
            self.problem(
                ReaderRule::UnreadableInput,
                Finding::new(
                    span,
                    format!("nested more than {MAX_DEPTH} levels deep, aliases included"),
                ),
            );
            return Err(Stop);
        }
        Ok(())
    }

    fn close(&mut self, end: Option<Span>) -> Result<(), Stop> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let mut span = frame.span;
        if frame.flow
            && let Some(end) = end
        {
            span.end = end.end.max(span.start);
        }
        let data = match frame.kind {
            Kind::Seq(items) => {
                if !frame.flow {
                    span.end = items.last().map_or(span.end, |item| item.span.end).max(span.start);
                }
                Data::Seq(items)
            }
            Kind::Map { mut map, merges, .. } => {
                if !frame.flow {
                    let last = map
                        .last()
                        .map_or(span.end, |(_, entry)| entry.value.span.end.max(entry.key.end));
                    span.end = last.max(span.start);
                }
                for merge in merges {
                    merge_into(&mut map, merge);
                }
                Data::Map(map)
            }
        };
        let mut value = Value::new(data, span);
        value.tag = frame.tag;
        self.place(value, frame.anchor, frame.height + 1)
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Stop> {
        let Some(anchored) = self.anchors.get(&id) else {
            self.problem(
                ReaderRule::InvalidYaml,
                Finding::new(span, "the alias is inside the value that it refers to"),
            );
            return Err(Stop);
        };
        let (nodes, height) = (anchored.nodes, anchored.height);
        self.file.has_aliases = true;
        // Before the copy is made: a bomb must not cost what it would weigh.
        self.count(nodes, span)?;
        self.check_depth(self.stack.len() + height, span)?;
        let value = self.anchors.get(&id).map(|anchored| anchored.value.clone());
        value.map_or(Err(Stop), |value| self.place(value, 0, height))
    }

    /// Keeps a node that its anchor names.
    fn keep(&mut self, anchor: usize, value: &Value, height: usize) -> Result<(), Stop> {
        let nodes = count_nodes(value);
        // Anchors inside anchors are kept once for each level: what is kept counts like what is used.
        self.kept += nodes;
        if self.kept > MAX_NODES {
            let message = format!("the anchors of the document have more than {MAX_NODES} nodes");
            self.problem(ReaderRule::UnreadableInput, Finding::new(value.span, message));
            return Err(Stop);
        }
        let value = value.clone();
        self.anchors.insert(anchor, Anchored { nodes, height, value });
        Ok(())
    }

    /// Puts a finished node where it belongs: a key, a value, an item, or the document.
    fn place(&mut self, value: Value, anchor: usize, height: usize) -> Result<(), Stop> {
        if anchor != 0 {
            self.keep(anchor, &value, height)?;
        }
        let Some(frame) = self.stack.last_mut() else {
            self.file.documents.push(value);
            return Ok(());
        };
        frame.height = frame.height.max(height);
        match &mut frame.kind {
            Kind::Seq(items) => items.push(value),
            Kind::Map { map, key, merges } => match key.take() {
                None => {
                    *key = Some(Spanned {
                        span: value.span,
                        value,
                    })
                }
                Some(name) => {
                    let mut value = value;
                    if value.is_null() && value.span.start == value.span.end {
                        value.span = name.span;
                    }
                    if name.value.str() == Some("<<")
                        && self.text.get(name.span.start as usize..name.span.end as usize) == Some("<<")
                    {
                        let finding = if !can_be_merged(&value) {
                            let finding = Finding::new(value.span, "`<<` takes a mapping or a list of mappings");
                            Some(Problem::new(
                                ReaderRule::InvalidYaml,
                                finding.help("use an anchor of a mapping: `<<: *anchor`"),
                            ))
                        } else if !merges.is_empty() {
                            let finding = Finding::new(name.span, "the key `<<` is duplicated in this mapping")
                                .help("write one: `<<: [*first, *second]`");
                            Some(Problem::new(ReaderRule::DuplicateKey, finding))
                        } else {
                            None
                        };
                        self.file.problems.extend(finding);
                        merges.push(value);
                        return Ok(());
                    }
                    let Some(text) = key_text(&name.value) else {
                        let finding =
                            Finding::new(name.span, format!("a key must be a string, not {}", name.value.kind()));
                        self.file
                            .problems
                            .push(Problem::new(ReaderRule::WrongComposeType, finding));
                        return Ok(());
                    };
                    if let Some(earlier) = map.get(&text) {
                        let finding =
                            Finding::new(name.span, format!("the key `{text}` is duplicated in this mapping"))
                                .related(earlier.key, "first here")
                                .help("Compose refuses the file: keep one of them");
                        self.file.problems.push(Problem::new(ReaderRule::DuplicateKey, finding));
                    }
                    if let Some(earlier) = map.insert(text.clone(), Entry { key: name.span, value }) {
                        self.file.shadowed.push((text, earlier.value));
                    }
                }
            },
        }
        Ok(())
    }

    fn problem(&mut self, rule: ReaderRule, finding: Finding) {
        self.file.problems.push(Problem::new(rule, finding));
    }

    /// Closes what is open, so that the part before the error can still be looked at.
    fn abandon(&mut self) {
        self.file.broken = true;
        while !self.stack.is_empty() {
            if self.close(None).is_err() {
                break;
            }
        }
    }
}

/// A key as Compose reads it: strings only; a number or boolean is refused.
fn key_text(key: &Value) -> Option<String> {
    key.str().map(str::to_owned)
}

/// A tag as it is meant, however it is written: `!!str`, `!<tag:yaml.org,2002:str>`, or `!x!str` behind a `%TAG` line.
fn whole(tag: &granit_parser::Tag) -> String {
    [tag.handle(), tag.suffix()].concat()
}

fn compose_tag(tag: &granit_parser::Tag) -> Option<Tag> {
    match whole(tag).as_str() {
        "!reset" => Some(Tag::Reset),
        "!override" => Some(Tag::Override),
        _ => None,
    }
}

fn count_nodes(value: &Value) -> usize {
    1 + match &value.data {
        Data::Seq(items) => items.iter().map(count_nodes).sum(),
        Data::Map(map) => map.values().map(|entry| 1 + count_nodes(&entry.value)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;

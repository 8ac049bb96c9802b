//! YAML text to a tree in which every key and value knows its bytes, with aliases and merge keys already followed.
//!
//! Events come from granit-parser. The tree is ours: scalars are typed as the YAML library of Compose types them
//! (go.yaml.in/yaml: `yes` is a string, `0755` is octal), merge keys are shallow, `!reset` and `!override` are kept.

mod build;
mod complaint;
mod merge_key;
mod recover;
mod scalar;

use super::Problem;
use crate::fact::{State, Why};
use crate::finding::{Finding, ReaderRule};
use crate::source::{SourceId, Span, Spanned};
use indexmap::IndexMap;
use std::borrow::Cow;

pub use build::{MAX_DEPTH, MAX_NODES};
pub use scalar::plain as plain_scalar;

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction or an exponent, or a whole one over 64 bits.
    Float(f64),
    /// Everything else.
    Str(String),
    /// A list.
    Seq(Vec<Value>),
    /// A mapping, in the order of the file.
    Map(Map),
    /// Cannot be known here. No reader makes this; resolving does.
    Unknown {
        /// Why, as a phrase: `the variable MEM is not set`.
        reason: String,
        /// The text with nothing where the unknown parts would stand.
        text: String,
    },
}

/// A mapping: keys are unique, in the order in which they were first written.
pub type Map = IndexMap<String, Entry>;

/// A key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the key is written.
    pub key: Span,
    /// The value.
    pub value: Value,
}

/// A Compose tag that changes how files are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `!reset`: takes the value of earlier files away.
    Reset,
    /// `!override`: replaces the value of earlier files.
    Override,
}

/// A node with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it holds.
    pub data: Data,
    /// Where it is written; for an alias, where the anchor is.
    pub span: Span,
    /// `!reset` or `!override`.
    pub tag: Option<Tag>,
    /// Whether it holds only as long as a variable is not set.
    pub state: State,
    /// The places that it overrode, nearest first.
    pub overridden: Vec<(Span, Why)>,
}

impl Value {
    /// A value that is written at `span`.
    pub fn new(data: Data, span: Span) -> Self {
        Self {
            data,
            span,
            tag: None,
            state: State::Known,
            overridden: Vec::new(),
        }
    }

    /// The mapping, if it is one.
    pub fn map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    pub fn map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn seq(&self) -> Option<&[Value]> {
        match &self.data {
            Data::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The text, if it is a string.
    pub fn str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.map()?.get(key).map(|entry| &entry.value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.map_mut()?.get_mut(key).map(|entry| &mut entry.value)
    }

    /// The key and value, if this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.map()?.get(key)
    }

    /// The value at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// Whether nothing is written.
    pub fn is_null(&self) -> bool {
        self.data == Data::Null
    }

    /// The words for what it is, for messages: `a list`, `the text`, ...
    pub fn kind(&self) -> &'static str {
        match &self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "a boolean",
            Data::Int(_) => "an integer",
            Data::Float(_) => "a decimal number",
            Data::Str(_) => "a string",
            Data::Seq(_) => "a list",
            Data::Map(_) => "a mapping",
            Data::Unknown { .. } => "an unknown value",
        }
    }

    /// All scalars in it, one after the other, with the keys that they have.
    pub fn all_text(&self) -> String {
        match &self.data {
            Data::Map(map) => {
                let entries = map.iter();
                entries
                    .map(|(key, entry)| format!("{key}\n{}", entry.value.all_text()))
                    .collect()
            }
            Data::Seq(items) => items.iter().map(Self::all_text).collect(),
            _ => format!("{}\n", self.scalar_text().unwrap_or_default()),
        }
    }

    /// A scalar as the text that Compose would print for it; `None` for lists, mappings and unknown values.
    pub fn scalar_text(&self) -> Option<String> {
        match &self.data {
            Data::Null => Some(String::new()),
            Data::Bool(value) => Some(value.to_string()),
            Data::Int(value) => Some(value.to_string()),
            Data::Float(value) => Some(value.to_string()),
            Data::Str(text) => Some(text.clone()),
            Data::Seq(_) | Data::Map(_) | Data::Unknown { .. } => None,
        }
    }
}

pub use recover::Lost;

/// A YAML file: its documents, its comments, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct YamlFile {
    /// The documents, without the lines of syntax errors. Where reading stopped, the last one holds what was read until then.
    pub documents: Vec<Value>,
    /// Every comment with its `#`.
    pub comments: Vec<Spanned<String>>,
    /// Entries that a later one with the same key took the place of.
    pub shadowed: Vec<(String, Value)>,
    /// Syntax errors, duplicate keys, and limits that were hit.
    pub problems: Vec<Problem>,
    /// Whether reading stopped before the end.
    pub broken: bool,
    /// How far each syntax error reaches that reading went on behind.
    pub lost: Vec<Lost>,
    /// Whether an alias is used anywhere.
    has_aliases: bool,
}

impl YamlFile {
    /// Whether everything in it was read.
    pub fn is_whole(&self) -> bool {
        !self.broken && self.lost.is_empty()
    }
}

/// Syntax errors behind which reading goes on, in one file.
const MAX_ERRORS: usize = 64;
/// Bytes that may be read again after errors, beside four times the file: it stays linear, and small files have all of theirs.
const MAX_AGAIN: usize = 4 << 20;

/// The first character that no YAML may hold (go-yaml `readerc.go`: "control characters are not allowed"), be it in a comment.
fn control_character(source: SourceId, text: &str) -> Option<Problem> {
    let is_refused = |character: &char| match character {
        '\t' | '\n' | '\r' => false,
        '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => false,
    };
    let (at, character) = text.char_indices().find(|(_, character)| is_refused(character))?;
    let message = format!(
        "the control character U+{:04X} is not allowed in YAML",
        u32::from(character)
    );
    let finding = Finding::new(Span::new(source, at, at + character.len_utf8()), message)
        .help("remove it; in a quoted value, write an escape like `\\e` or `\\x1b`");
    Some(Problem::new(ReaderRule::InvalidYaml, finding))
}

/// Reads a text. After a syntax error its lines are left out and reading goes on behind them. Takes time and memory linear in
/// the length; aliases may not make more than [`MAX_NODES`] nodes.
pub fn parse(source: SourceId, text: &str) -> YamlFile {
    let mut rounds = MAX_ERRORS.min(4 + MAX_AGAIN / text.len().max(1));
    let mut readable = Cow::Borrowed(text);
    let mut lost: Vec<std::ops::Range<usize>> = Vec::new();
    let mut errors = Vec::new();
    loop {
        let (mut file, error) = build::Builder::new(source, &readable).run();
        let damage = error.as_ref().and_then(|error| recover::damage(&readable, error));
        if let (Some(error), Some(damage)) = (&error, &damage)
            // One cause, one finding: what comes right behind lines that were lost is a part of them.
            && !recover::follows(text, &lost, damage)
            && !recover::is_lost_anchor(text, &lost, error, damage)
        {
            let complaint = complaint::of(text, error, damage);
            let finding = Finding::new(Span::new(source, damage.line.start, damage.line.end), complaint.message);
            errors.push(Problem::new(ReaderRule::InvalidYaml, finding.help(complaint.help)));
        }
        match damage.filter(|_| rounds > 0) {
            Some(damage) => {
                rounds -= 1;
                readable = Cow::Owned(recover::blanked(&readable, &damage.lost));
                lost.extend(damage.lost);
            }
            None => {
                file.broken |= error.is_some();
                recover::mark(text, &mut file, &lost);
                errors.extend(control_character(source, text));
                errors.append(&mut file.problems);
                file.problems = errors;
                return file;
            }
        }
    }
}

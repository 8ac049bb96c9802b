//! A key of `plimsoll.yaml`: one row says what it takes, where that goes, what holds without it, and what it is for. The reader, the
//! suggestions for misspelt keys and `docs/configuration.md` are loops over these rows.

use super::profile::Demands;
use super::read::Reader;
use super::{Budget, Demand, Limits};
use crate::parse::yaml::Value;
use crate::source::{Span, Spanned};
use globset::GlobMatcher;

/// A key of a mapping that is read into a `T`.
pub(crate) struct Key<T: 'static> {
    /// As it is written.
    pub name: &'static str,
    /// What it takes, and where that goes.
    pub takes: Takes<T>,
    /// What holds where it is not written, as Markdown.
    pub default: &'static str,
    /// What it is for, as Markdown.
    pub doc: &'static str,
    /// A whole `plimsoll.yaml` that uses it. A test runs it.
    pub example: &'static str,
}

/// What a key takes, with the place that it goes to.
pub(crate) enum Takes<T: 'static> {
    /// `true` or `false`.
    Flag(fn(&mut T, bool)),
    /// Any text.
    Text(fn(&mut T, Spanned<String>)),
    /// One of these words.
    Word(&'static [&'static str], fn(&mut T, &str)),
    /// A path below the root, cleaned; empty for the root itself.
    Path(fn(&mut T, Spanned<String>)),
    /// A list of texts.
    Texts(fn(&mut T, Vec<Spanned<String>>)),
    /// One pattern or a list of them.
    Globs(fn(&mut T, Vec<GlobMatcher>)),
    /// `2027-03-31`.
    Date(fn(&mut T, Spanned<String>)),
    /// The figure of a budget.
    Limit(&'static Budget, fn(&mut T) -> &mut Limits),
    /// Some of these requirements, in the place of those that there are.
    Demands(&'static [Demand], fn(&mut T) -> &mut Demands),
    /// Entries that have keys of their own, or something that no other key takes: its words, and how it is read.
    Own(&'static str, fn(&mut Reader<'_>, &mut T, &str, &Value)),
}

impl<T> Takes<T> {
    /// What it takes, in the words of the documentation.
    fn words(&self) -> String {
        match self {
            Takes::Flag(_) => "`true` or `false`".to_owned(),
            Takes::Text(_) => "a string".to_owned(),
            Takes::Word(words, _) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                format!("one of {}", words.join(", "))
            }
            Takes::Path(_) => "a path, relative to the root".to_owned(),
            Takes::Texts(_) => "a list of strings".to_owned(),
            Takes::Globs(_) => "a pattern, or a list of patterns".to_owned(),
            Takes::Date(_) => "a date, `YYYY-MM-DD`".to_owned(),
            Takes::Limit(budget, _) => budget.kind.takes().to_owned(),
            Takes::Demands(demands, _) => {
                let words: Vec<String> = demands.iter().map(|demand| format!("`{}`", demand.word())).collect();
                format!("a list of {}", words.join(", "))
            }
            Takes::Own(words, _) => (*words).to_owned(),
        }
    }
}

impl<T> Key<T> {
    /// Reads the value of this key into `target`.
    pub(crate) fn read(&self, reader: &mut Reader<'_>, target: &mut T, value: &Value) {
        let before = reader.mistakes();
        self.take(reader, target, value);
        reader.show(before, self.name, self.example);
    }

    fn take(&self, reader: &mut Reader<'_>, target: &mut T, value: &Value) {
        match self.takes {
            Takes::Flag(set) => set(target, reader.flag(value, self.name)),
            Takes::Text(set) => {
                let text = reader.text(value, self.name).unwrap_or_default();
                set(target, Spanned::new(text, value.span));
            }
            Takes::Word(words, set) => {
                if let Some(word) = reader.word(value, self.name, words) {
                    set(target, word);
                }
            }
            Takes::Path(set) => set(target, reader.path(value, self.name)),
            Takes::Texts(set) => set(target, reader.texts(value, self.name)),
            Takes::Globs(set) => set(target, reader.globs(value, self.name)),
            Takes::Date(set) => {
                if let Some(date) = reader.date(value, self.name) {
                    set(target, date);
                }
            }
            Takes::Limit(budget, limits) => reader.limit(limits(target), budget, value),
            Takes::Demands(allowed, demands) => reader.demands(demands(target), self.name, value, allowed),
            Takes::Own(_, read) => read(reader, target, self.name, value),
        }
    }

    /// What the documentation says of it.
    pub(crate) fn described(&self) -> Described {
        Described {
            name: self.name,
            takes: self.takes.words(),
            default: self.default.to_owned(),
            doc: self.doc.to_owned(),
            example: self.example.to_owned(),
        }
    }
}

/// A key as the documentation shows it.
pub(crate) struct Described {
    /// As it is written.
    pub name: &'static str,
    /// What it takes.
    pub takes: String,
    /// What holds without it.
    pub default: String,
    /// What it is for.
    pub doc: String,
    /// A whole `plimsoll.yaml` that uses it.
    pub example: String,
}

/// An entry of a list, as of `assign`.
pub(crate) trait Entry: Sized + 'static {
    /// The key whose list it is an entry of.
    const LIST: &'static str;
    /// Its keys.
    const KEYS: &'static [Key<Self>];

    /// An entry that says nothing yet.
    fn at(span: Span) -> Self;

    /// What is missing of it, and what to write; `item` is a mapping.
    fn lack(item: &Value) -> Option<(&'static str, &'static str)>;
}

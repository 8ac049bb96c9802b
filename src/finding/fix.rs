//! How a finding is mended: edits of bytes, or settings of a service whose place in the file is worked out later.

use crate::source::Span;

/// Replaces the bytes of a span by a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// A key that a service is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The name of the service where it is written.
    pub service: Span,
    /// The key.
    pub key: String,
    /// Its value.
    pub value: Wanted,
}

/// What a key is to hold, as YAML on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This value, in the place of another.
    Value(String),
    /// This item, beside others.
    Item(String),
}

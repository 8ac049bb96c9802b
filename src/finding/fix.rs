//! How a finding is mended: edits of bytes, or changes of YAML whose place in the file is worked out later.

use crate::source::Span;

/// Replaces the bytes of a span by a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// A change of a YAML file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A service has a key with this value, in the place of another; the name of the service is written here.
    Set(Span, String, String),
    /// The list under a key of a service has this item, beside others.
    Add(Span, String, String),
    /// The entry is gone whose key or value is written here.
    Drop(Span),
    /// The scalar that is written here is this one.
    Replace(Span, String),
    /// The scalar that is written here begins with this.
    Before(Span, &'static str),
    /// The scalar that is written here ends with this.
    After(Span, &'static str),
}

impl Change {
    /// The file.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Set(span, ..)
            | Self::Add(span, ..)
            | Self::Drop(span)
            | Self::Replace(span, _)
            | Self::Before(span, _)
            | Self::After(span, _) => *span,
        }
    }
}

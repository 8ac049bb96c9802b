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

/// A line that is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// With this text.
    New(String),
    /// What is written in a place of the file, which may be over lines, with these parts of it replaced, in their order.
    Again(Span, Vec<(Span, String)>),
}

/// A change of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A service has a key with this value, in the place of another; the name of the service is written here.
    Set(Span, String, String),
    /// The list under a key of a service has this item, beside others.
    Add(Span, String, String),
    /// The entry is gone whose key or value is written here.
    Drop(Span),
    /// The item of a list is gone that is written here; where it is the only one, the key of the list.
    Remove(Span),
    /// The file has a definition of this name in a section at its top, like `volumes`: `name`, or `name: {key: value}`.
    Define(Span, &'static str, String),
    /// What is written here is this, whatever it was, if it has no comment and shares nothing.
    Whole(Span, String),
    /// The lines are gone that hold nothing but this, in whatever kind of file.
    Lines(Span),
    /// What is written here is gone, if no comment is in it, in whatever kind of file.
    Cut(Span),
    /// The file ends with these lines, whatever kind of file it is.
    Append(Span, String),
    /// This stands on a line of its own above the line on which the place begins, in whatever kind of file.
    Above(Span, String),
    /// These lines follow the one on which the place ends, in whatever kind of file.
    Below(Span, Vec<Line>),
    /// The comment that ends a line here stands on the line above, in whatever kind of file.
    CommentAbove(Span),
    /// The RUN that begins in this place goes on with the one that ends there: nothing else is between them.
    Join(Span),
    /// The mapping that is an item of a list, and written here, has a key with this value, in the place of another.
    Put(Span, &'static str, String),
    /// The scalar that is written here is this one.
    Replace(Span, String),
    /// The scalar that is written here begins with this.
    Before(Span, &'static str),
    /// The scalar that is written here ends with this.
    After(Span, &'static str),
}

impl Change {
    /// Whether its place is worked out from a tree of YAML.
    pub(crate) fn is_of_yaml(&self) -> bool {
        !matches!(
            self,
            Self::Lines(_)
                | Self::Cut(_)
                | Self::Whole(..)
                | Self::Append(..)
                | Self::Above(..)
                | Self::Below(..)
                | Self::CommentAbove(_)
                | Self::Join(_)
        )
    }

    /// The file.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Set(span, ..)
            | Self::Add(span, ..)
            | Self::Drop(span)
            | Self::Remove(span)
            | Self::Define(span, ..)
            | Self::Whole(span, _)
            | Self::Lines(span)
            | Self::Cut(span)
            | Self::Append(span, _)
            | Self::Above(span, _)
            | Self::Below(span, _)
            | Self::CommentAbove(span)
            | Self::Join(span)
            | Self::Put(span, ..)
            | Self::Replace(span, _)
            | Self::Before(span, _)
            | Self::After(span, _) => *span,
        }
    }
}

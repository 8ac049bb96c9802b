//! The words of the table: what a value of a Compose file may look like.

/// What a value may look like.
pub(super) enum Shape {
    /// Anything.
    Any,
    /// A scalar of one of these types.
    Scalar(&'static [Type]),
    /// A whole number within these bounds.
    Range(i64, i64),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list.
    List {
        /// Each item.
        item: &'static Shape,
        /// Whether equal items are refused.
        unique: bool,
    },
    /// A mapping with free names.
    Table {
        /// Each value.
        value: &'static Shape,
        /// What a name may look like.
        names: Names,
        /// Whether other names are refused; else they are not looked at.
        strict: bool,
    },
    /// A mapping with known keys.
    Object {
        /// The keys, sorted.
        keys: &'static [(&'static str, &'static Shape)],
        /// The keys that must be there.
        required: &'static [&'static str],
        /// What other keys may be.
        rest: Rest,
    },
    /// Any of these.
    OneOf(&'static [&'static Shape]),
}

impl Shape {
    /// Whether it is an object with this key.
    pub(super) fn has(&self, key: &str) -> bool {
        matches!(self, Shape::Object { keys, .. } if keys.iter().any(|(name, _)| *name == key))
    }
}

/// The type of a scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Bool,
    Int,
    /// An integer without a point, where Compose's model takes no other.
    Whole,
    Num,
    Str,
}

/// What a free name may look like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// `[a-zA-Z0-9._-]+`.
    Word,
    /// `[a-z]+`.
    Lowercase,
    /// Not empty.
    Anything,
}

/// What unknown keys of an object are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Mistakes.
    Closed,
    /// Mistakes, unless they begin with `x-`.
    Extensible,
    /// Fine.
    Open,
}

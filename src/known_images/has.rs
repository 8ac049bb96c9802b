//! The answer to "is it there?" of tables that do not know everything.

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Not known here.
    Unknown,
}

impl Has {
    /// What a table says: `yes`, `no`, anything else.
    pub(super) fn said(text: &str) -> Self {
        match text {
            "yes" => Has::Yes,
            "no" => Has::No,
            _ => Has::Unknown,
        }
    }
}

//! What cannot hold, with its reason: the edit is harmless to Compose or the builder, and yet what is said of the text changes.

use std::collections::BTreeSet;

/// One of [`EXCEPTIONS`].
pub(super) struct Exception {
    /// The rule, or `*`.
    rule: &'static str,
    /// The edit, or `*`.
    edit: &'static str,
    /// A part of the difference.
    difference: &'static str,
    /// Why.
    #[allow(dead_code, reason = "it is for those who read the table")]
    reason: &'static str,
}

/// The table.
pub(super) const EXCEPTIONS: &[Exception] = &[];

/// Rules whose examples have less than 20 different texts, and why.
pub(super) const FEW: &[(&str, &str)] = &[];

/// The exceptions that were needed.
#[derive(Default)]
pub(super) struct Used(pub(super) BTreeSet<usize>);

impl Used {
    pub(super) fn add(&mut self, index: usize) {
        self.0.insert(index);
    }
}

/// The place of the exception that allows a difference.
pub(super) fn find(rule: &str, edit: &str, difference: &str) -> Option<usize> {
    EXCEPTIONS.iter().position(|exception| {
        (exception.rule == rule || exception.rule == "*")
            && (exception.edit == edit || exception.edit == "*")
            && difference.contains(exception.difference)
    })
}

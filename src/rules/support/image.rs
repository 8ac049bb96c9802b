//! The image of a container as a whole, against a budget.

use crate::config::{Budget, Limit};
use crate::container::ImageSource;
use crate::fact::Unknown;
use crate::finding::{Basis, Finding};
use crate::repository::Subject;
use crate::repository::sizes;
use crate::source::Span;
use crate::values::bytes::megabytes;

/// Whether an image is held against a figure: one that somebody chose, or the default's for what is built here.
pub(in crate::rules) fn counts<T>(subject: &Subject<'_>, limit: &Limit<T>) -> bool {
    limit.chosen || sizes::is_built(subject.container)
}

/// The place that stands for an image.
pub(in crate::rules) fn place(subject: &Subject<'_>) -> Span {
    match &subject.container.image {
        ImageSource::Named(name) => name.span,
        image => image.stage().map_or(subject.container.span, |stage| stage.from),
    }
}

/// A figure of an image is above (or near) what is allowed.
pub(in crate::rules) fn above<T>(
    subject: &Subject<'_>,
    budget: &'static Budget,
    limit: &Limit<T>,
    (actual, allowed, basis): (f64, f64, Basis),
    message: String,
) -> Finding {
    let finding = Finding::new(place(subject), message).aspect(budget.key);
    subject.above(finding, limit, budget.measured(actual, allowed, basis))
}

/// A size of an image cannot be held against its budget.
pub(in crate::rules) fn undecided(
    subject: &Subject<'_>,
    budget: &'static Budget,
    limit: &Limit<f64>,
    unknown: &Unknown,
) -> Finding {
    let what = format!(
        "cannot check the `{}` of {} against {}",
        budget.key,
        subject.label(),
        megabytes(limit.whole())
    );
    Finding::undecided(unknown, &what).aspect(budget.key)
}

/// An instruction in a sentence.
pub(in crate::rules) fn shown(what: &str) -> String {
    let mut text: String = what.chars().take(40).collect();
    if text.len() < what.len() {
        text.push('…');
    }
    format!("`{text}`")
}

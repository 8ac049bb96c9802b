use super::support::image;
use super::{Check, Group};
use crate::config::budget::IMAGE_SIZE;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::repository::sizes;
use crate::values::bytes::megabytes;
use crate::values::number::Real;

rule! {
    /// The image has used up more than nine tenths of its size budget.
    ///
    /// ## Why it matters
    /// The next dependency breaks the build of somebody who has nothing to do with the rest.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:bookworm-slim  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {image-size: 76MB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:bookworm-slim
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {image-size: 100MB}
    /// assign:
    ///   - {profile: small}
    /// ```
    RULE {
        name: "image-size-near-budget",
        group: Group::Size,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Container(check),
    }
}

fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let budget = subject.profile.limits.amount(&IMAGE_SIZE);
    let Some(budget) = budget.filter(|budget| image::counts(subject, budget)) else {
        return;
    };
    let allowed = budget.whole();
    let total = sizes::of_container(subject.container, subject.repository).total();
    let is_near = |bytes: u64| bytes > allowed / 10 * 9 && bytes <= allowed;
    let (actual, basis, said) = match (total.estimate.filter(|_| budget.chosen), total.at_least) {
        (_, at_least) if at_least > allowed => return,
        (Some(about), _) if is_near(about) && total.is_exact() => (about, Basis::Exact, ""),
        (Some(about), _) if is_near(about) => (about, Basis::Estimate, "about "),
        (None, at_least) if is_near(at_least) => (at_least, Basis::AtLeast, "at least "),
        _ => return,
    };
    let message = format!(
        "{} has {said}{}, close to the budget of {} (profile `{}`)",
        subject.label(),
        megabytes(actual),
        megabytes(allowed),
        subject.profile.name
    );
    let figures = (actual.real(), budget.value, basis);
    let finding = image::above(subject, &IMAGE_SIZE, &budget, figures, message)
        .help("`plimsoll image --from` shows where the bytes are");
    found.push(finding.severity(Severity::Note));
}

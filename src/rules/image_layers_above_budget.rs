use super::support::image;
use super::{Check, Group};
use crate::config::budget::IMAGE_LAYERS;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::repository::sizes;
use crate::values::number::Real;

rule! {
    /// The image has more layers than the profile allows.
    ///
    /// ## Why it matters
    /// Every layer is a download with a round trip of its own, and what one layer deletes the one below keeps. An engine
    /// takes no more than 127.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:bookworm-slim  # <- here
    /// COPY a /a
    /// COPY b /b
    /// RUN cat /a /b > /c
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   flat: {image-layers: 2}
    /// assign:
    ///   - {profile: flat}
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:bookworm-slim
    /// COPY a b /
    /// RUN cat /a /b > /c
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   flat: {image-layers: 3}
    /// assign:
    ///   - {profile: flat}
    /// ```
    ///
    /// ## Notes
    /// Counted are the COPY, ADD and RUN instructions of the shipped stage and of the stages that it starts from, and one
    /// for the image at their root, whose layers are not known here. Above the default profile's own number it is a note.
    RULE {
        name: "image-layers-above-budget",
        group: Group::Size,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Container(check),
    }
}

fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let budget = subject.profile.limits.amount(&IMAGE_LAYERS);
    let Some(budget) = budget.filter(|budget| image::counts(subject, budget)) else {
        return;
    };
    let ledger = sizes::of_container(subject.container, subject.repository);
    let own = ledger.layers();
    let count = (own + usize::from(!ledger.from_scratch)).real();
    if own == 0 || count <= budget.value {
        return;
    }
    let (said, basis) = match ledger.from_scratch {
        true => ("", Basis::Exact),
        false => ("at least ", Basis::AtLeast),
    };
    let message = format!(
        "{} has {said}{count} layers; the budget is {} (profile `{}`)",
        subject.label(),
        budget.value,
        subject.profile.name
    );
    let finding = image::above(subject, &IMAGE_LAYERS, &budget, (count, budget.value, basis), message)
        .help("join RUN instructions with `&&`, or copy the result into a final stage");
    found.push(finding.severity(if budget.chosen { Severity::Warning } else { Severity::Note }));
}

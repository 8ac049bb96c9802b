use super::image_size_above_budget::{budget, place};
use super::{Check, Group};
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::repository::Subject;
use crate::repository::sizes;

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
    /// for the image at their root, whose layers are not known here.
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
    let Some(budget) = budget(subject, &subject.profile.image_layers) else {
        return;
    };
    let ledger = sizes::of_container(subject.container, subject.repository);
    let base = usize::from(!ledger.from_scratch);
    let own = ledger.layers();
    let count = i64::try_from(own + base).unwrap_or(i64::MAX);
    if own == 0 || count <= budget.value {
        return;
    }
    let (said, basis) = if ledger.from_scratch {
        ("", Basis::Exact)
    } else {
        ("at least ", Basis::AtLeast)
    };
    let finding = Finding::new(
        place(subject),
        format!(
            "{} has {said}{count} layers, and the profile '{}' allows {}",
            subject.label(),
            subject.profile.name,
            budget.value
        ),
    )
    .help("join RUN instructions with && and COPY instructions into one, or copy the result into a last stage")
    .aspect("image-layers");
    #[allow(clippy::cast_precision_loss)]
    let measured = Measured {
        quantity: "image-layers",
        actual: count as f64,
        budget: budget.value as f64,
        unit: "layers",
        basis,
    };
    found.push(subject.above(finding, budget, measured).severity(Severity::Warning));
}

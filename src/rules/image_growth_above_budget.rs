use super::image_size_above_budget::place;
use super::{Check, Group};
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::model::bytes::megabytes;
use crate::unit::View;
use crate::unit::ledger;

rule! {
    /// The image has grown by more than the profile allows since its size was recorded.
    ///
    /// ## Why it matters
    /// Images do not become large in a day: each change adds a little, and no single one breaks a budget. A step that is
    /// too large is seen in the change that makes it, by the person who made it.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM scratch  # <- here
    /// COPY app /
    /// ```
    /// ```image fail image.tar +
    /// COPY app /
    ///   1200000 /app
    /// ```
    /// ```yaml fail plimsoll.sizes.yaml +
    /// Dockerfile: 1000000
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   steady: {growth: 10%}
    /// assign:
    ///   - {profile: steady}
    /// images:
    ///   - {dockerfile: Dockerfile, archive: image.tar}
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM scratch
    /// COPY app /
    /// ```
    /// ```image pass image.tar +
    /// COPY app /
    ///   1050000 /app
    /// ```
    /// ```yaml pass plimsoll.sizes.yaml +
    /// Dockerfile: 1000000
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   steady: {growth: 10%}
    /// assign:
    ///   - {profile: steady}
    /// images:
    ///   - {dockerfile: Dockerfile, archive: image.tar}
    /// ```
    ///
    /// ## Notes
    /// `plimsoll image IMAGE --record NAME` writes the size down in plimsoll.sizes.yaml, for the repository. Where a base is
    /// named (`--changed=BASE`, `--config-from BASE`) its file counts, so that a change cannot record its own growth away.
    /// Without a built image only growth that is certain is said.
    RULE {
        name: "image-growth-above-budget",
        group: Group::Size,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Unit(check),
    }
}

fn check(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some(budget) = &view.profile.growth else { return };
    let recorded = &view.world.recorded;
    let Some((before, span)) = recorded.sizes.get(&view.unit.name) else {
        return;
    };
    let total = ledger::of_unit(view.unit, view.world).total();
    #[allow(clippy::cast_precision_loss)]
    let (now, before_bytes) = (total.at_least as f64, *before as f64);
    let allowed = before_bytes * (1.0 + budget.value);
    if now <= allowed {
        return;
    }
    let (said, basis) = match total.exact {
        true => ("", Basis::Exact),
        false => ("at least ", Basis::AtLeast),
    };
    let message = format!(
        "{} has {said}{}, {:.0} % more than the {} in {}, and the profile '{}' allows {:.0} %",
        view.label(),
        megabytes(total.at_least),
        (now / before_bytes - 1.0) * 100.0,
        megabytes(*before),
        recorded.origin,
        view.profile.name,
        budget.value * 100.0
    );
    let mut finding = Finding::new(place(view), message)
        .help("`plimsoll image` shows what is in it; if it must be so, write its size down with --record")
        .subject("growth");
    if let Some(span) = span {
        finding = finding.related(*span, "the size that was recorded");
    }
    let figures = Measured {
        quantity: "growth",
        actual: now,
        budget: allowed,
        unit: "bytes",
        basis,
    };
    found.push(view.above(finding, budget, figures).severity(Severity::Warning));
}

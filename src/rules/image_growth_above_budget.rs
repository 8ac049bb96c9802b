use super::support::image::{self, shown};
use super::{Check, Group};
use crate::build::size::{Ledger, LedgerRow};
use crate::config::Limit;
use crate::config::budget::GROWTH;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::repository::sizes;
use crate::values::bytes::megabytes;
use crate::values::number::Real;

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
    /// known (`--changed=BASE`, `--config-from BASE`, or the event on GitHub and GitLab) the file that lay where the change
    /// began counts, so that a change cannot record its own growth away.
    /// Without a built image only growth that is certain is said. Where nothing is recorded, what the committed files make is
    /// held against what they made where the change began.
    RULE {
        name: "image-growth-above-budget",
        group: Group::Size,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Container(check),
    }
}

fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some((budget, _)) = subject.profile.limits.share(&GROWTH) else {
        return;
    };
    let recorded = &subject.repository.recorded;
    let Some((before, span)) = subject.repository.recorded(subject.container) else {
        let repository = subject.repository;
        let both = repository
            .growth
            .get(&sizes::identity(subject.container, &repository.sets));
        found.extend(both.and_then(|(before, now)| since(subject, before, now, &budget)));
        return;
    };
    let total = sizes::of_container(subject.container, subject.repository).total();
    let (now, before_bytes) = (total.at_least.real(), before.real());
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
        subject.label(),
        megabytes(total.at_least),
        (now / before_bytes - 1.0) * 100.0,
        megabytes(before),
        recorded.origin,
        subject.profile.name,
        budget.value * 100.0
    );
    let mut finding = image::above(subject, &GROWTH, &budget, (now, allowed, basis), message)
        .help("`plimsoll image` shows what is in it; if it must be so, write its size down with --record");
    if let Some(span) = span {
        finding = finding.related(span, "the size that was recorded");
    }
    found.push(finding.severity(Severity::Warning));
}

/// The same without anything recorded: what is certain to be added to what the files of the base make.
fn since(subject: &Subject<'_>, before: &Ledger, now: &Ledger, budget: &Limit<f64>) -> Option<Finding> {
    let old = before.total().estimate.filter(|bytes| *bytes > 0)?;
    // Rows that are the same on both sides add nothing, whatever they hold.
    let mut gone: Vec<&LedgerRow> = before.rows.iter().collect();
    let mut new: Vec<&LedgerRow> = Vec::new();
    for row in &now.rows {
        match gone
            .iter()
            .position(|other| other.what == row.what && other.bytes == row.bytes)
        {
            Some(at) => {
                gone.remove(at);
            }
            None => new.push(row),
        }
    }
    if !gone.iter().all(|row| row.bytes.exact) {
        return None;
    }
    let sum = |rows: &[&LedgerRow]| rows.iter().map(|row| row.bytes.at_least).fold(0, u64::saturating_add);
    let added = sum(&new).saturating_sub(sum(&gone));
    let (added_bytes, old_bytes) = (added.real(), old.real());
    if added_bytes <= old_bytes * budget.value {
        return None;
    }
    let largest = new.iter().max_by_key(|row| row.bytes.at_least)?;
    let message = format!(
        "{} gets at least {} more than in {}, {:.0} % of about {}, and the profile '{}' allows {:.0} %: {} {}",
        subject.label(),
        megabytes(added),
        subject.repository.recorded.start,
        added_bytes * 100.0 / old_bytes,
        megabytes(old),
        subject.profile.name,
        budget.value * 100.0,
        megabytes(largest.bytes.at_least),
        shown(&largest.what)
    );
    let basis = match before.total().exact && now.total().exact {
        true => Basis::Exact,
        false => Basis::Estimate,
    };
    let figures = (old_bytes + added_bytes, old_bytes * (1.0 + budget.value), basis);
    let finding = image::above(subject, &GROWTH, budget, figures, message)
        .help("`plimsoll image --from` shows what is in it; if it must be so, record the size of the built image");
    Some(finding.severity(Severity::Warning))
}

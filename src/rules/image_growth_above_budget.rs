use super::support::image::{self, shown};
use super::{Check, Group};
use crate::build::growth::Growth;
use crate::config::budget::GROWTH;
use crate::config::Limit;
use crate::config::figure::Figure;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::repository::sizes;
use crate::values::bytes::megabytes;
use crate::values::number::{Real, whole};

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
    /// compared with what they made where the change began.
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
    let Some(limit) = subject.profile.limits.get(&GROWTH) else {
        return;
    };
    let repository = subject.repository;
    found.extend(match repository.recorded(subject.container) {
        Some((before, span)) => {
            let finding = recorded(subject, before, limit);
            finding.map(|finding| match span {
                Some(span) => finding.related(span, "the size that was recorded"),
                None => finding,
            })
        }
        None => {
            let name = sizes::identity(subject.container, &repository.sets);
            let both = repository.growth.get(&name);
            both.and_then(|sides| since(subject, &Growth::of(sides), limit))
        }
    });
}

/// Held against a size that was written down.
fn recorded(subject: &Subject<'_>, before: u64, limit: &Limit<Figure>) -> Option<Finding> {
    let total = sizes::of_container(subject.container, subject.repository).total();
    let (now, before_bytes) = (total.at_least.real(), before.real());
    let most = before_bytes + limit.value.beside(before_bytes)?;
    if now <= most {
        return None;
    }
    let (said, basis) = match total.is_exact() {
        true => ("", Basis::Exact),
        false => ("at least ", Basis::AtLeast),
    };
    let message = format!(
        "{} has {said}{}, {:.0} % more than the {} in {}; the budget for growth is {} (profile `{}`)",
        subject.label(),
        megabytes(total.at_least),
        (now / before_bytes - 1.0) * 100.0,
        megabytes(before),
        subject.repository.recorded.origin,
        GROWTH.kind.show(&limit.value),
        subject.profile.name
    );
    let finding = image::above(subject, &GROWTH, limit, (now, most, basis), message)
        .help("`plimsoll image` shows what is in it; to accept the new size, record it with --record");
    Some(finding.severity(Severity::Warning))
}

/// Held against what the files of the base make, where nothing was written down.
fn since(subject: &Subject<'_>, growth: &Growth<'_>, limit: &Limit<Figure>) -> Option<Finding> {
    let before = growth.before.total();
    let known = before.estimate.unwrap_or_else(|| growth.before.about()).real();
    let allowed = limit.value.beside(known)?;
    let is_above = |bytes: &i128| bytes.real() > allowed;
    let (added, said, basis) = match (growth.at_least.filter(is_above), growth.about.filter(is_above)) {
        (Some(added), _) if growth.is_exact() => (added, "", Basis::Exact),
        (Some(added), _) => (added, "at least ", Basis::AtLeast),
        (None, Some(added)) => (added, "about ", Basis::Estimate),
        (None, None) => return None,
    };
    let is_share = matches!(limit.value, Figure::Share { .. });
    let basis = if is_share && !before.is_exact() { Basis::Estimate } else { basis };
    let added = u64::try_from(added).ok().filter(|added| *added > 0)?;
    let share = match (is_share, before.is_exact(), before.estimate) {
        (false, ..) => String::new(),
        (_, true, _) => format!(", {:.0} % of {}", added.real() * 100.0 / known, shown_size(known)),
        (_, _, Some(_)) => format!(", {:.0} % of about {}", added.real() * 100.0 / known, shown_size(known)),
        _ => format!("; the base has about {}", shown_size(known)),
    };
    let largest = growth.new.iter().max_by_key(|row| row.bytes.estimate)?;
    let size = largest.bytes.estimate.unwrap_or(largest.bytes.at_least);
    let message = format!(
        "{} adds {said}{} since {}{share}; the budget for growth is {} (profile `{}`). Largest: {} {}",
        subject.label(),
        megabytes(added),
        subject.repository.recorded.start,
        GROWTH.kind.show(&limit.value),
        subject.profile.name,
        megabytes(size),
        shown(&largest.what)
    );
    let finding = image::above(subject, &GROWTH, limit, (known + added.real(), known + allowed, basis), message)
        .help("`plimsoll image --from` shows what is in it; to accept the new size, record that of the built image");
    // A share of a part says little.
    let is_part = is_share && before.estimate.is_none();
    Some(finding.severity(if is_part { Severity::Note } else { Severity::Warning }))
}

fn shown_size(bytes: f64) -> String {
    megabytes(u64::try_from(whole(bytes)).unwrap_or(0))
}

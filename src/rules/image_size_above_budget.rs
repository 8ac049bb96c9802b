use crate::order::Order as _;
use super::support::image::{self, place, shown};
use super::{Check, Group};
use crate::build::size::{Ledger, LedgerRow};
use crate::config::Limit;
use crate::config::budget::IMAGE_SIZE;
use crate::container::ImageSource;
use crate::fact::Unknown;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::repository::sizes;
use crate::source::Span;
use crate::values::bytes::megabytes;
use crate::values::number::Real;

rule! {
    /// The image is bigger than the profile allows.
    ///
    /// ## Why it matters
    /// Every node that starts the container pulls and keeps the image; its size is time at each deployment, disk on every
    /// machine, and more to scan and to patch.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM debian:bookworm-slim  # <- here
    /// COPY app.py /app.py
    /// ```
    /// ```text fail app.py +
    /// run()
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {image-size: 50MB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM debian:bookworm-slim
    /// COPY app.py /app.py
    /// ```
    /// ```text pass app.py +
    /// run()
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {image-size: 100MB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Notes
    /// Nothing is built. It is an error where what is certain is already too much, and a warning where only the estimate
    /// is. Where neither can be said, that is `undecided-value`. `plimsoll image --from Dockerfile` shows the sum, row by
    /// row. The default profile's own figure applies to images that are built here, only with what is certain, and is a
    /// note.
    RULE {
        name: "image-size-above-budget",
        group: Group::Size,
        layer: Layer::Budget,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Container(check),
    }
}

fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(budget) = subject.profile.limits.amount(&IMAGE_SIZE) else {
        return;
    };
    if matches!(subject.container.image, ImageSource::None) || !image::counts(subject, &budget) {
        return;
    }
    let allowed = budget.whole();
    let ledger = sizes::of_container(subject.container, subject.repository);
    let total = ledger.total();
    let about = total.estimate.filter(|about| *about > allowed && budget.chosen);
    let is_open = total.at_least <= allowed && total.at_most().is_none_or(|most| most > allowed);
    if is_open && budget.chosen {
        let mut finding = undecided(subject, &ledger, &budget);
        finding.only_strict = total.estimate.is_some();
        found.push(finding);
    }
    if total.at_least <= allowed && about.is_none() {
        return;
    }
    let (actual, basis, said) = match about.filter(|_| total.at_least <= allowed) {
        Some(about) => (about, Basis::Estimate, "about "),
        None if total.is_exact() => (total.at_least, Basis::Exact, ""),
        None => (total.at_least, Basis::AtLeast, "at least "),
    };
    let is_estimate = basis == Basis::Estimate;
    let mut rows: Vec<&LedgerRow> = ledger.rows.iter().filter(|row| figure(row, is_estimate) > 0).collect();
    rows.order_by_key(|row| std::cmp::Reverse(figure(row, is_estimate)));
    let parts: Vec<String> = rows
        .iter()
        .take(3)
        .map(|row| format!("{} {}", megabytes(figure(row, is_estimate)), shown(&row.what)))
        .collect();
    let more = if rows.len() > 3 { " + ..." } else { "" };
    let doubt = if is_estimate { " (estimated)" } else { "" };
    let message = format!(
        "{} has {said}{}{doubt}; the budget is {} (profile `{}`). Largest: {}{more}",
        subject.label(),
        megabytes(actual),
        megabytes(allowed),
        subject.profile.name,
        parts.join(" + ")
    );
    let figures = (actual.real(), budget.value, basis);
    let mut finding = image::above(subject, &IMAGE_SIZE, &budget, figures, message)
        .help("use a smaller base, copy fewer files, or raise `image-size` in plimsoll.yaml");
    for row in rows.iter().take(3) {
        finding = finding.related(row.span, format!("{said}{}", megabytes(figure(row, is_estimate))));
    }
    if !budget.chosen {
        finding = finding.severity(Severity::Note);
    } else if is_estimate {
        finding = finding.severity(Severity::Warning);
    }
    found.push(finding);
}

fn figure(row: &LedgerRow, is_estimate: bool) -> u64 {
    match row.bytes.estimate {
        Some(about) if is_estimate => about,
        _ => row.bytes.at_least,
    }
}

fn undecided(subject: &Subject<'_>, ledger: &Ledger, budget: &Limit<f64>) -> Finding {
    let open: Vec<&LedgerRow> = ledger.open().collect();
    let unknown = match (open.first(), &subject.container.image) {
        (Some(row), _) => {
            let more = match open.len() {
                1 => String::new(),
                count => format!(" (and {} more)", count - 1),
            };
            Unknown {
                reason: format!(
                    "it has at least {}; the size of {} is unknown: {}{more}",
                    megabytes(ledger.total().at_least),
                    shown(&row.what),
                    row.why
                ),
                span: row.span,
            }
        }
        (None, ImageSource::Unknown(unknown)) => unknown.clone(),
        (None, _) if !ledger.rows.is_empty() => between(ledger, place(subject)),
        (None, _) => Unknown {
            reason: "its image is unknown".to_owned(),
            span: place(subject),
        },
    };
    image::undecided(subject, &IMAGE_SIZE, budget, &unknown)
        .help("run `plimsoll lock` where an engine has the base image, or add it to `catalogue:` in plimsoll.yaml")
}

/// An estimate with its bounds on both sides of the budget.
fn between(ledger: &Ledger, span: Span) -> Unknown {
    let total = ledger.total();
    let least = megabytes(total.at_least);
    let about = total.estimate.map_or_else(String::new, |about| format!(", about {} by estimate", megabytes(about)));
    let most = total.at_most().map_or_else(String::new, |most| format!(" and at most {}", megabytes(most)));
    Unknown {
        reason: format!("it has at least {least}{most}{about}"),
        span,
    }
}

use super::support::image;
use super::{Check, Group};
use crate::config::budget::WASTE;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::values::bytes::megabytes;
use crate::values::number::Real;

rule! {
    /// Later layers of the image delete or overwrite more of it than the profile allows.
    ///
    /// ## Why it matters
    /// What a later layer deletes is still pulled and kept with the layer that wrote it. No container can
    /// read it, and everybody pays for it.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM scratch  # <- here
    /// COPY app data.zip /
    /// RUN ["/app", "unpack", "/data.zip"]
    /// ```
    /// ```image fail image.tar +
    /// COPY app data.zip /
    ///   2000000 /app
    ///   11000000 /data.zip
    /// RUN /app unpack /data.zip
    ///   3000000 /data
    ///   - /data.zip
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// images:
    ///   - {dockerfile: Dockerfile, archive: image.tar}
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM scratch
    /// COPY app /
    /// RUN --mount=type=bind,source=data.zip,target=/data.zip ["/app", "unpack", "/data.zip"]
    /// ```
    /// ```image pass image.tar +
    /// COPY app /
    ///   2000000 /app
    /// RUN /app unpack /data.zip
    ///   3000000 /data
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// images:
    ///   - {dockerfile: Dockerfile, archive: image.tar}
    /// ```
    ///
    /// ```dockerfile pass
    /// FROM scratch
    /// COPY app data.zip /
    /// RUN ["/app", "unpack", "/data.zip"]
    /// ```
    /// ```image pass image.tar +
    /// COPY app data.zip /
    ///   2000000 /app
    ///   11000000 /data.zip
    /// RUN /app unpack /data.zip
    ///   3000000 /data
    ///   - /data.zip
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   default: {waste: 10% and 20MB}
    /// images:
    ///   - {dockerfile: Dockerfile, archive: image.tar}
    /// ```
    ///
    /// ## Notes
    /// Counted in the layers of a built image, to the byte: all that its layers hold, less what is there in the end. The
    /// first copy of a file that stays is not waste. The budget is a share, `waste: 5%`, of at least 10 MB; `5% and
    /// 20MB` sets another size.
    RULE {
        name: "image-waste-above-budget",
        group: Group::Size,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Container(check),
    }
}

/// Files that are named.
const MAX_NAMED: usize = 3;

fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let (Some((budget, from)), Some((_, image))) =
        (subject.profile.limits.share(&WASTE), subject.container.measured())
    else {
        return;
    };
    let (wasted, all) = (image.wasted.real(), image.unpacked.real());
    if !image::counts(subject, &budget) || wasted < from || wasted <= all * budget.value {
        return;
    }
    let files: Vec<String> = image
        .waste
        .iter()
        .take(MAX_NAMED)
        .map(|file| format!("{} `/{}`", megabytes(file.bytes), file.path))
        .collect();
    let more = if image.waste.len() > MAX_NAMED { ", ..." } else { "" };
    let message = format!(
        "{} has {} ({:.0} %) that later layers delete or overwrite; the budget is {:.0} % (profile `{}`). Largest: {}{more}",
        subject.label(),
        megabytes(image.wasted),
        wasted * 100.0 / all,
        budget.value * 100.0,
        subject.profile.name,
        files.join(", ")
    );
    let figures = (wasted, all * budget.value, Basis::Exact);
    let finding = image::above(subject, &WASTE, &budget, figures, message)
        .help("delete files in the RUN that writes them, or copy the result into a final stage");
    found.push(finding.severity(Severity::Warning));
}

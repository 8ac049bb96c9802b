use super::support::image;
use super::{Check, Group};
use crate::config::budget::DOWNLOAD_SIZE;
use crate::container::ImageSource;
use crate::fact::Unknown;
use crate::finding::{Basis, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::values::bytes::megabytes;
use crate::values::number::Real;

rule! {
    /// The compressed layers of the image are more than the profile allows.
    ///
    /// ## Why it matters
    /// What is pulled is what is compressed: it is the time of a cold start on a new machine, and what the registry's
    /// traffic costs. It can be small where the unpacked size is large, and the other way round.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM scratch  # <- here
    /// COPY model.bin /
    /// ```
    /// ```image fail image.tar +
    /// COPY model.bin /
    ///   3000000 /model.bin
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   quick: {download-size: 2MB}
    /// assign:
    ///   - {profile: quick}
    /// images:
    ///   - {dockerfile: Dockerfile, archive: image.tar}
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM scratch
    /// COPY model.bin /
    /// ```
    /// ```image pass image.tar +
    /// COPY model.bin /
    ///   1000000 /model.bin
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   quick: {download-size: 2MB}
    /// assign:
    ///   - {profile: quick}
    /// images:
    ///   - {dockerfile: Dockerfile, archive: image.tar}
    /// ```
    ///
    /// ## Notes
    /// Counted are the layers of a built image as they are compressed in an archive or an OCI layout. Engines that keep
    /// layers unpacked save them so: then it is undecided, as it is without an image. Another builder or registry
    /// compresses a little differently; two in a hundred are nothing to worry about.
    RULE {
        name: "download-size-above-budget",
        group: Group::Size,
        layer: Layer::Budget,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Container(check),
    }
}

fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(budget) = subject.profile.limits.amount(&DOWNLOAD_SIZE) else {
        return;
    };
    if matches!(subject.container.image, ImageSource::None) {
        return;
    }
    let allowed = budget.whole();
    let measured = subject.container.measured();
    let Some((source, bytes)) = measured.and_then(|(source, image)| Some((source, image.download?))) else {
        let reason = match measured {
            Some((source, _)) => format!("its layers are not compressed in {source}"),
            None => "no built image of it was found".to_owned(),
        };
        let unknown = Unknown {
            reason,
            span: image::place(subject),
        };
        found.push(
            image::undecided(subject, &DOWNLOAD_SIZE, &budget, &unknown)
                .help("pass an OCI layout (`docker buildx build --output type=oci,dest=image.tar`) with --image or `images:`"),
        );
        return;
    };
    if bytes <= allowed {
        return;
    }
    let message = format!(
        "{} has {} to download (measured in {source}); the budget is {} (profile `{}`)",
        subject.label(),
        megabytes(bytes),
        megabytes(allowed),
        subject.profile.name
    );
    let figures = (bytes.real(), budget.value, Basis::Exact);
    found.push(image::above(subject, &DOWNLOAD_SIZE, &budget, figures, message).help(
        "use a smaller base or copy fewer files; `plimsoll image` shows the largest layers",
    ));
}

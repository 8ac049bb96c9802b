use super::support::images_used::{is_written_out, used_images};
use super::{Check, Group};
use crate::build::{JudgedFile, StageUse};
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::known_images;
use crate::repository::Repository;
use crate::resolve::stage::ImageUse;

rule! {
    /// The base image has a much smaller variant of the same release.
    ///
    /// ## Why it matters
    /// The full images of languages hold compilers and headers for building; what ships seldom needs them. Every pull and
    /// every scan pays for them.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM python:3.12  # <- here
    /// COPY app.py /app.py
    /// CMD ["python", "/app.py"]
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM python:3.12 AS build
    /// RUN pip install --no-cache-dir --target=/packages flask
    /// FROM python:3.12-slim
    /// COPY --from=build /packages /packages
    /// ```
    ///
    /// ## Notes
    /// Only the base of what ships, and only where the sizes of both variants are in the catalogue. A slim variant has the
    /// same C library; Alpine has musl, for which some packages have no binaries.
    RULE {
        name: "oversized-base-image",
        group: Group::Size,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, repository: &Repository, found: &mut Vec<Finding>) {
    let bases: Vec<_> = file
        .plan
        .image_words()
        .filter(|word| word.usage == ImageUse::From)
        .map(|word| word.span)
        .collect();
    for used in used_images(file, repository) {
        if used.stage_use != StageUse::Ships || !bases.contains(&used.span) {
            continue;
        }
        let image = repository.images.get(&used.name);
        let (Some(size), Some(official)) = (image.size_mb(), image.official()) else {
            continue;
        };
        // Slim is small enough not to talk about another C library.
        if image.tag.as_deref().is_some_and(|tag| tag.contains("slim")) {
            continue;
        }
        let variants = known_images::smaller(&image);
        let own = image.has_libc();
        // With the same C library first: that is the smaller step. Another one has to be worth it.
        let same = variants.iter().find(|other| Some(other.libc) == own);
        let other = variants.iter().find(|other| other.size_mb < size * 0.5);
        let Some(best) = same.or(other) else { continue };
        let libc = if Some(best.libc) == own {
            String::new()
        } else {
            format!(", with {} in place of {}", best.libc, own.unwrap_or("its C library"))
        };
        // The tag itself with the word behind it is the same release: the one of the catalogue may be another.
        let written = image.tag.as_deref();
        let tag = match written.filter(|_| best.tag.ends_with("slim")) {
            Some(written) => format!("{written}-slim"),
            None => best.tag.to_owned(),
        };
        // With the registry and the folder of a platform that it is written with.
        let name = written.and_then(|tag| used.name.strip_suffix(tag)?.strip_suffix(':'));
        let smaller = format!("{}:{tag}", name.unwrap_or(official));
        // A digest says more than a tag, and another C library is more than a smaller image.
        let is_literal = is_written_out(used.span, &used.name) && image.digest.is_none() && Some(best.libc) == own;
        let finding = Finding::new(
                used.span,
                format!(
                    "{} starts from `{}` with about {size:.0} MB; `{smaller}` has {:.0} MB{libc}",
                    used.who, used.name, best.size_mb
                ),
            )
            .help(format!("start from `{smaller}`, and compile in an earlier stage"))
            .measured(Measured {
                quantity: "base-image-size",
                actual: size * 1e6,
                budget: best.size_mb * 1e6,
                unit: "bytes",
                basis: Basis::Estimate,
            })
            .with_care();
        let finding = if is_literal { finding.fix(used.span, smaller) } else { finding };
        found.push(finding.aspect(used.name));
    }
}

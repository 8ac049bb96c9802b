use super::{Check, Group};
use crate::build::JudgedFile;
use crate::finding::{Finding, Layer, Severity};
use crate::known_images;
use crate::parse::dockerfile::Kind;
use crate::repository::Repository;
use crate::resolve::stage::Base;
use crate::values::image_ref::ImageRef;

rule! {
    /// A program is copied into an empty image without the loader and libraries that it needs.
    ///
    /// ## Why it matters
    /// A dynamically linked program names its loader (`/lib/ld-musl-x86_64.so.1`, `/lib64/ld-linux-x86-64.so.2`). Without
    /// it the kernel says "no such file or directory" about the program itself, and the container never starts.
    ///
    /// ## Fails
    /// ```dockerfile fail
    /// FROM scratch
    /// COPY --from=python:3.12-alpine /usr/local/bin/python /usr/local/bin/python  # <- here
    /// COPY --from=python:3.12-alpine /usr/local/lib/python3.12 /usr/local/lib/python3.12
    /// CMD ["/usr/local/bin/python", "-V"]
    /// ```
    ///
    /// ## Passes
    /// ```dockerfile pass
    /// FROM scratch
    /// COPY --from=python:3.12-alpine /usr/local /usr/local
    /// COPY --from=python:3.12-alpine /lib /lib
    /// COPY --from=python:3.12-alpine /usr/lib /usr/lib
    /// CMD ["/usr/local/bin/python", "-V"]
    /// ```
    ///
    /// ## Notes
    /// An error for the Python of official images, which was measured; a warning for programs of official images that
    /// their distributions link so. Programs of other images are not known here.
    RULE {
        name: "loader-missing",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Dockerfile(check),
    }
}

fn check(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for shipped in file.shipped_stages() {
        let Some(contents) = file.contents().get(shipped).filter(|contents| !contents.may_load()) else {
            continue;
        };
        for index in file.plan.lineage(shipped) {
            let Some(stage) = file.plan.stages.get(index).filter(|stage| file.runs_on_linux(stage)) else {
                continue;
            };
            for (offset, instruction) in file.instructions(stage).iter().enumerate() {
                let Kind::Copy(transfer) = &instruction.kind else {
                    continue;
                };
                let Some(image) = transfer.from.as_ref().and_then(|from| origin(file, &from.value)) else {
                    continue;
                };
                for source in &transfer.sources {
                    let path = source.value.trim_matches('"');
                    let Some(sure) = known_images::has_loader_need(&image, path) else {
                        continue;
                    };
                    let loader = match known_images::has_libc(&image) {
                        Some("musl") => "/lib/ld-musl-*.so.1",
                        _ => "/lib64/ld-linux-*.so.2",
                    };
                    let message = format!(
                        "{} gets '{path}' without its loader ({loader}) and libraries, so it cannot run",
                        file.stage_name(index)
                    );
                    let severity = if sure && contents.is_certain() {
                        Severity::Error
                    } else {
                        Severity::Warning
                    };
                    found.push(
                        Finding::new(source.span, message)
                            .help("start from the image itself, or COPY /lib and the program's libraries as well")
                            .related(stage.from, "what the stage starts from")
                            .severity(severity)
                            .aspect(format!("COPY {}.{offset}", index + 1)),
                    );
                }
            }
        }
    }
}

/// The image that a `--from` takes from: it is named, or at the root of the stage that is.
fn origin(file: &JudgedFile, from: &str) -> Option<ImageRef> {
    let stage = match from.parse::<usize>() {
        Ok(number) => Some(number),
        Err(_) => file.plan.find(from),
    };
    match stage {
        None => Some(ImageRef::parse(from)),
        Some(stage) => match &file.plan.stages.get(stage)?.root_image {
            Base::Image(name) => Some(ImageRef::parse(name.value()?)),
            _ => None,
        },
    }
}

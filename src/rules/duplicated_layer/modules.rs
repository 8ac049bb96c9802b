//! The packages of a builder stage, copied over those that come with the same image.

use crate::build::JudgedFile;
use crate::fact::Fact;
use crate::finding::{Finding, Severity};
use crate::parse::dockerfile::Kind;
use crate::resolve::stage::{Base, Stage};
use crate::values::image_ref::ImageRef;
use crate::values::path::clean;

/// A COPY of `site-packages` as a whole between two stages that start from one image of Python: it brings that image's `pip` again.
pub(super) fn of_the_base(file: &JudgedFile, at: usize) -> Option<Finding> {
    let instruction = file.file.ast.instructions.get(at)?;
    let (Kind::Copy(words), Some(transfer)) = (&instruction.kind, file.plan.transfer(at)) else {
        return None;
    };
    let from = words.from.as_ref()?;
    let builder = from.value.parse::<usize>().ok().or_else(|| file.plan.find(&from.value))?;
    let (builder, here) = (file.plan.stages.get(builder)?, file.plan.stages.get(transfer.stage)?);
    let (image, other) = (root(here)?, root(builder)?);
    let [Fact::Known(source)] = transfer.sources.as_slice() else {
        return None;
    };
    let path = clean(&format!("/{}", source.value));
    let is_whole = path.starts_with("/usr/local/lib/python") && path.ends_with("/site-packages");
    let is_python = ImageRef::parse(image).official() == Some("python");
    (is_whole && is_python && image == other && *transfer.destination.value()? == path).then(|| {
        Finding::new(
            instruction.keyword.span,
            format!("duplicates `pip`, which `{image}` has in `{path}`"),
        )
        .help("install into a folder of its own (`pip install --prefix=/install`), and copy that to `/usr/local`")
        .related(here.from, "the same image")
        .severity(Severity::Note)
        .aspect(format!("COPY {path}"))
    })
}

fn root(stage: &Stage) -> Option<&str> {
    match &stage.root_image {
        Base::Image(Fact::Known(name)) => Some(&name.value),
        _ => None,
    }
}

use super::{Check, Group};
use crate::catalogue;
use crate::config::Demand;
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::model::image::ImageRef;
use crate::resolve::compose::service::Service;
use crate::unit::View;

rule! {
    /// A container can change its own programs and files.
    ///
    /// ## Why it matters
    /// What is written to the root file system is where an intruder stays, and what fills the host's disk. With
    /// `read_only` only mounts, tmpfs and the image's volumes can be written.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    ///     cap_drop: [ALL]
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     read_only: true
    ///     tmpfs: ["/tmp:size=16m"]
    /// ```
    RULE {
        name: "writable-root",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Note),
        aliases: &["CL-0007"],
        check: Check::Service(check),
    }
}

fn check(view: &View<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let span = match &service.read_only {
        Fact::Known(known) if known.value => return,
        Fact::Known(known) => known.span,
        Fact::Absent if view.is_partial() => return,
        Fact::Absent => service.name.span,
        Fact::Unknown(unknown) => {
            if view.profile.demands(Demand::ReadOnly) {
                let what = format!("whether the root file system of service '{name}' is read-only cannot be told");
                found.push(Finding::undecided(unknown, &what).subject("read_only"));
            }
            return;
        }
    };
    let root = view.unit.image.root().map(ImageRef::parse);
    let mut folders = vec!["/tmp"];
    folders.extend(root.as_ref().map_or(&[][..], |image| catalogue::written(image)));
    let help = if service.tmpfs.is_empty() {
        let mounts: Vec<String> = folders.iter().map(|path| format!("\"{path}:size=16m\"")).collect();
        format!(
            "set `read_only: true`, and `tmpfs: [{}]` for what it has to write",
            mounts.join(", ")
        )
    } else {
        "set `read_only: true`".to_owned()
    };
    found.push(
        Finding::new(span, format!("service '{name}' can write to its root file system"))
            .help(help)
            .severity(view.weight(Demand::ReadOnly, service.sets_hardening()))
            .subject("read_only"),
    );
}

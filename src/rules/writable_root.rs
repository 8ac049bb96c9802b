use super::{Check, Group};
use crate::config::Demand;
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::known_images;
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::image_ref::ImageRef;

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

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let span = match &service.read_only {
        Fact::Known(known) if known.value => return,
        Fact::Known(known) => known.span,
        Fact::Absent if subject.is_partial() => return,
        Fact::Absent => service.name.span,
        Fact::Unknown(unknown) => {
            if subject.profile.demands(Demand::ReadOnly) {
                let what = format!("cannot check whether the root file system of `{name}` is read-only");
                found.push(Finding::undecided(unknown, &what).aspect("read_only"));
            }
            return;
        }
    };
    let root = subject.container.image.root().map(ImageRef::parse);
    let mut folders = vec!["/tmp"];
    let of_image = root.as_ref().map_or(&[][..], |image| known_images::written(image));
    folders.extend(of_image.iter().filter(|path| **path != "/tmp"));
    let is_mounted = |path: &&str| {
        let mut targets = service.volumes.iter().map(|mount| mount.target.value());
        targets.any(|target| target.is_some_and(|target| target.trim_end_matches('/') == *path))
    };
    folders.retain(|path| !is_mounted(path));
    let mounts: Vec<String> = folders.iter().map(|path| format!("\"{path}:size=16m\"")).collect();
    let mounts = format!("[{}]", mounts.join(", "));
    let is_void = service.privileged.value() == Some(&true);
    let writes = service.tmpfs.is_empty() && !folders.is_empty();
    let help = if is_void {
        "`privileged: true` overrides this setting: remove that first".to_owned()
    } else if writes {
        format!("set `read_only: true`, and `tmpfs: {mounts}` for the files that it writes")
    } else {
        "set `read_only: true`".to_owned()
    };
    let mut finding = Finding::new(span, format!("`{name}` can write to its root file system"))
        .help(help)
        .severity(subject.weight(Demand::ReadOnly, service.hardening() > 1))
        .aspect("read_only")
        .with_care();
    // Compose cannot put secrets and configs into a read-only root that come from elsewhere than a file.
    let has_files = !service.secrets.is_empty() || !service.configs.is_empty();
    if !is_void && !has_files {
        finding = finding.change(Change::Set(service.name.span, "read_only".to_owned(), "true".to_owned()));
    }
    if !is_void && !has_files && writes {
        finding = finding.change(Change::Set(service.name.span, "tmpfs".to_owned(), mounts));
    }
    found.push(finding);
}

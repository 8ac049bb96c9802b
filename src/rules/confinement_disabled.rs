use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use super::root_user::mounts_its_source;
use crate::resolve::compose::service::Service;
use crate::values::security_opt::SecurityOpt;
use std::collections::HashMap;

rule! {
    /// A container runs without seccomp, AppArmor or SELinux, sees the host's /proc and /sys whole, or writes to its cgroups.
    ///
    /// ## Why it matters
    /// The engine's default seccomp profile keeps some fifty system calls from a container; `unconfined` gives them back,
    /// and with them most of the ways out of a container. So does a profile of one's own that refuses nothing. With
    /// `writable-cgroups` a container can raise its own limits where the host does not keep it from that. Of several entries
    /// of one kind the last one holds.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     security_opt:
    ///       - seccomp:unconfined  # <- here
    ///       - apparmor=unconfined  # <- here
    ///       - writable-cgroups=true  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     security_opt:
    ///       - seccomp:./seccomp.json
    ///       - no-new-privileges:true
    /// ```
    RULE {
        name: "confinement-disabled",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["CL-0009", "404fde2c-bc4b-4371-9747-7054132ac953"],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let options = service.security();
    // Of a kind the last one holds.
    let last: HashMap<&str, usize> = options
        .iter()
        .enumerate()
        .filter_map(|(index, (option, _))| Some((option.kind()?, index)))
        .collect();
    for (index, (option, written)) in options.iter().enumerate() {
        let undone = option.kind().is_some_and(|kind| last.get(kind) != Some(&index));
        let (what, help) = match option {
            SecurityOpt::Seccomp(profile) if profile == "unconfined" => (
                "runs without seccomp, so it can make every system call",
                "remove it: the engine then applies its default profile",
            ),
            SecurityOpt::Seccomp(profile) if is_open(subject, profile) => (
                "has a seccomp profile that allows every system call",
                "remove it: the engine then applies its default profile",
            ),
            SecurityOpt::AppArmor(profile) if profile == "unconfined" => (
                "runs without AppArmor",
                "remove it: the engine then applies its default profile",
            ),
            SecurityOpt::Label(label) if matches!(label.as_str(), "disable" | "type:spc_t" | "type:unconfined_t") => (
                "runs without SELinux separation",
                "remove it, and label its mounts with `:z` or `:Z`",
            ),
            SecurityOpt::WritableCgroups(true) => (
                "can write to its control groups and change its own limits",
                "remove it",
            ),
            SecurityOpt::SystemPaths => (
                "sees all of /proc and /sys, with nothing masked or read-only",
                "remove it",
            ),
            _ => continue,
        };
        if undone {
            continue;
        }
        let message = format!("`{}` {what} (`{}`)", service.name.value, written.value);
        let aspect = format!("security_opt {}", option.kind().unwrap_or(&written.value));
        let finding = Finding::new(written.span, message)
            .help(help)
            .change(Change::Remove(written.span))
            .with_care()
            .aspect(aspect);
        let is_new = matches!(option, SecurityOpt::WritableCgroups(_));
        // Who mounts the sources that the image is built from works on them: there SELinux mostly stands between.
        let finding = match option {
            SecurityOpt::Label(_) if mounts_its_source(subject) => finding.severity(Severity::Note),
            _ => finding,
        };
        found.push(if is_new { finding.raised("2026.12") } else { finding });
    }
}

/// Whether a profile is a file of the repository that keeps nothing from the container.
fn is_open(subject: &Subject<'_>, profile: &str) -> bool {
    subject.project().is_some_and(|project| {
        subject
            .repository
            .open_seccomp
            .contains(&project.of_option(profile))
    })
}

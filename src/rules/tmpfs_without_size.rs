use super::{Check, Group};
use crate::config::budget::MEMORY;
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::source::Span;

rule! {
    /// A tmpfs has no size.
    ///
    /// ## Why it matters
    /// The kernel bounds a tmpfs without a size at half of the memory of the host, and one of size 0 not at all. Its
    /// pages count as memory of the container: writing to it ends in the kernel killing the service, or in a full host.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     tmpfs:
    ///       - /tmp  # <- here
    ///     volumes:
    ///       - type: tmpfs
    ///         target: /cache  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     tmpfs:
    ///       - /tmp:size=16m
    ///     volumes:
    ///       - type: tmpfs
    ///         target: /cache
    ///         tmpfs:
    ///           size: 32m
    /// ```
    ///
    /// ## Notes
    /// A warning where the profile budgets memory and the service has no memory limit, else a note.
    RULE {
        name: "tmpfs-without-size",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    let is_limited = service.memory.value().is_some_and(|bytes| *bytes > 0);
    // Where nobody budgets memory nobody acts on it: 1 of 9 warnings that were read.
    let is_budgeted = subject.profile.limits.amount(&MEMORY).is_some();
    let severity = if is_budgeted && !is_limited { Severity::Warning } else { Severity::Note };
    for tmpfs in &service.tmpfs {
        let target = &tmpfs.target;
        // What the engine refuses takes no memory: `invalid-mount` says so.
        let is_refused = !target.starts_with('/')
            || target == "/"
            || target.contains(',')
            || tmpfs.options.iter().any(|option| crate::values::tmpfs::refusal(option).is_some());
        if is_refused {
            continue;
        }
        let (span, message) = match &tmpfs.size {
            Fact::Absent => {
                let bound = if is_limited { "all of its memory limit" } else { "half of the memory of the host" };
                let message = format!("`{name}` has a tmpfs at `{target}` without a size: it may take {bound}");
                (tmpfs.span, message)
            }
            Fact::Known(size) if size.value == 0 => (
                size.span,
                format!(
                    "`{name}` has a tmpfs at `{target}` of size 0, which is not a limit{}",
                    size.proviso()
                ),
            ),
            _ => continue,
        };
        let is_short = is_short(service, tmpfs.span);
        let finding = Finding::new(span, message)
            .help(match is_short {
                true if tmpfs.options.is_empty() => format!("write `{target}:size=16m`"),
                true => format!("write `{target}:{},size=16m`", tmpfs.options.join(",")),
                false => "add `tmpfs: {size: 16m}`".to_owned(),
            })
            .severity(severity)
            .aspect(format!("tmpfs:{target}"))
            .with_care();
        found.push(match is_short && tmpfs.options.is_empty() && tmpfs.size.is_absent() {
            true => finding.change(Change::After(tmpfs.span, ":size=16m")),
            false => finding,
        });
    }
}

/// Whether a mount is an entry of `tmpfs`, which has its options behind a colon.
fn is_short(service: &Service, place: Span) -> bool {
    let list = service.written(&["tmpfs"]);
    list.is_some_and(|list| list.span.start <= place.start && place.end <= list.span.end)
}

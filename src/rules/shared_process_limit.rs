use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A ulimit `nproc` is set where a process limit of the service is meant.
    ///
    /// ## Why it matters
    /// The kernel counts nproc for each user id over all containers of the host, so one service can use up the
    /// processes of another that runs as the same user, and root is not bounded at all. `pids_limit` counts the
    /// processes of one container.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     ulimits:
    ///       nproc: 64  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     pids_limit: 64
    /// ```
    RULE {
        name: "shared-process-limit",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    for ulimit in service.ulimits.iter().filter(|ulimit| ulimit.name.value == "nproc") {
        let message = format!(
            "the ulimit `nproc` of `{}` counts the processes of its user in all containers on the host",
            service.name.value
        );
        let key = service.limit_key(None, "pids_limit", "deploy.resources.limits.pids");
        let mut finding = Finding::new(ulimit.name.span, message)
            .help(format!("set `{key}` instead"))
            .aspect("ulimits.nproc")
            .with_care();
        let bound = ulimit.hard.value().filter(|bound| **bound > 0);
        let is_bounded = !service.pids.is_absent();
        if is_bounded || bound.is_some() && key == "pids_limit" {
            let gone = if service.ulimits.len() == 1 { service.key("ulimits") } else { ulimit.name.span };
            finding = finding.change(Change::Drop(gone));
            if let Some(bound) = bound.filter(|_| !is_bounded) {
                finding = finding.change(Change::Set(service.name.span, key.to_owned(), bound.to_string()));
            }
        }
        found.push(finding);
    }
}

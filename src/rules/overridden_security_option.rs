use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use std::collections::HashMap;

rule! {
    /// A security option undoes an earlier one of the same list.
    ///
    /// ## Why it matters
    /// The engine reads `security_opt` from top to bottom and keeps the last seccomp, AppArmor and `no-new-privileges`
    /// entry, without a word about the others. An override file adds to the list, so it can do this from afar.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     security_opt:
    ///       - seccomp:./seccomp.json
    ///       - no-new-privileges:true
    ///       - seccomp:unconfined  # <- here
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
        name: "overridden-security-option",
        group: Group::Start,
        layer: Layer::Ignored,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let options = service.security();
    let mut last = HashMap::new();
    for (option, written) in &options {
        let Some(kind) = option.kind() else { continue };
        let Some((_, earlier)) = last
            .insert(kind, (option, written))
            .filter(|(other, _)| *other != option)
        else {
            continue;
        };
        found.push(
            Finding::new(
                written.span,
                format!(
                    "`{}` of `{}` overrides `{}`: only the last {kind} entry is used",
                    written.value, service.name.value, earlier.value
                ),
            )
            .help("keep the one that is meant")
            .change(Change::Remove(earlier.span))
            .related(earlier.span, "this entry has no effect")
            .aspect(format!("security_opt {kind}")),
        );
    }
}

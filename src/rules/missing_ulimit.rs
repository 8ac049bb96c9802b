use super::{Check, Group};
use crate::config::budget::{FSIZE, NOFILE, NPROC};
use crate::finding::{Change, Finding, Layer};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A profile has a budget for a ulimit, and the service sets none.
    ///
    /// ## Why it matters
    /// Without one the container gets what the daemon was started with, which on most hosts is a million open files or no
    /// bound at all. A budget that only applies where the key is set limits nothing.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:  # <- here
    ///     image: acme/api:1.4
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {nofile: 256/512}
    /// assign:
    ///   - {profile: small}
    /// rules: {missing-ulimit: warning}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     ulimits: {nofile: {soft: 256, hard: 512}}
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {nofile: 256/512}
    /// assign:
    ///   - {profile: small}
    /// rules: {missing-ulimit: warning}
    /// ```
    ///
    /// ## Notes
    /// Off unless `rules:` gives it a level.
    RULE {
        name: "missing-ulimit",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: None,
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    if !subject.absence_is_sure() {
        return;
    }
    let profile = subject.profile;
    let budgets = [&NOFILE, &NPROC, &FSIZE];
    let is_only = budgets.iter().filter(|budget| profile.limits.get(budget).is_some()).count() == 1;
    for budget in budgets {
        let name = budget.key;
        let Some((soft, hard)) = profile.limits.halves(budget) else {
            continue;
        };
        if service.ulimits.iter().any(|ulimit| ulimit.name.value == name) {
            continue;
        }
        let message = format!(
            "`{}` does not set the ulimit `{name}`; profile `{}` has a budget for it",
            service.name.value, profile.name
        );
        let value = match soft.value == hard.value {
            true => soft.value.to_string(),
            false => format!("{{soft: {}, hard: {}}}", soft.value, hard.value),
        };
        let finding = Finding::new(service.name.span, message)
            .help(format!("set `ulimits: {{{name}: {value}}}`"))
            .aspect(format!("ulimits.{name}"));
        // Others would be replaced.
        let finding = match service.ulimits.is_empty() && is_only {
            true => finding.change(Change::Set(service.name.span, "ulimits".to_owned(), format!("{{{name}: {value}}}"))),
            false => finding,
        };
        found.push(match soft.span {
            Some(span) => finding.related(span, "the budget"),
            None => finding,
        });
    }
}

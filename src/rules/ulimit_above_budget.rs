use super::support::settings::Setting;
use super::{Check, Group};
use crate::config::Budget;
use crate::config::budget::{FSIZE, NOFILE, NPROC};
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::number::Real;

rule! {
    /// A ulimit of a service exceeds the budget of its profile.
    ///
    /// ## Why it matters
    /// Ulimits bound what a single process can take: open files, the size of a file, processes of its user. A bound
    /// above the budget lets one service exhaust what the host has for all.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     ulimits:
    ///       nofile:
    ///         soft: 1024  # <- here
    ///         hard: 4096  # <- here
    ///       fsize: -1  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {nofile: 256/512, fsize: 100MiB}
    /// assign:
    ///   - {profile: small}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     ulimits:
    ///       nofile:
    ///         soft: 256
    ///         hard: 512
    ///       fsize: 104857600
    /// ```
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {nofile: 256/512, fsize: 100MiB}
    /// assign:
    ///   - {profile: small}
    /// ```
    RULE {
        name: "ulimit-above-budget",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

const BUDGETS: [&Budget; 3] = [&NOFILE, &NPROC, &FSIZE];

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    for ulimit in &service.ulimits {
        let budget = BUDGETS.into_iter().find(|budget| budget.key == ulimit.name.value);
        let Some((budget, (soft, hard))) = budget.and_then(|budget| Some((budget, subject.profile.limits.halves(budget)?))) else {
            continue;
        };
        // A single number is both: it is said once, against the tighter one.
        let is_single = ulimit.hard.span() == ulimit.soft.span();
        for (half, value, limit) in [("soft", &ulimit.soft, soft), ("hard", &ulimit.hard, hard)] {
            if half == "hard" && is_single {
                continue;
            }
            let what = format!("{half} ulimit {}", budget.key);
            let aspect = format!("ulimits.{}.{half}", budget.key);
            let key = match is_single {
                true => format!("ulimits.{}", budget.key),
                false => aspect.clone(),
            };
            let setting = Setting {
                budget,
                what: &what,
                value: value
                    .clone()
                    .map(|value| if value < 0 { f64::INFINITY } else { value.real() }),
                key: &key,
                aspect: &aspect,
                goal: |value| format!("to {value}"),
            };
            let says = |amount: &str| format!("the {what} of `{name}` is {amount}");
            let finding = setting.above(&limit, subject, service, says);
            found.extend(finding.map(|finding| finding.aspect(&aspect)));
        }
    }
}

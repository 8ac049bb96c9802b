use super::{Check, Group};
use crate::config::Limit;
use crate::fact::Fact;
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::bytes;

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
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let halves = |limit: &Limit<i64>| (limit.clone(), limit.clone());
    for ulimit in &service.ulimits {
        let profile = subject.profile;
        let (quantity, unit, budgets) = match ulimit.name.value.as_str() {
            "nofile" => (
                "nofile",
                "files",
                profile.nofile.as_ref().map(|limit| {
                    let (soft, hard) = limit.value;
                    let half = |value| Limit {
                        value,
                        chosen: limit.chosen,
                        span: limit.span,
                    };
                    (half(soft), half(hard))
                }),
            ),
            "nproc" => ("nproc", "processes", profile.nproc.as_ref().map(halves)),
            "fsize" => ("fsize", "bytes", profile.fsize.as_ref().map(halves)),
            _ => continue,
        };
        let Some((soft, hard)) = budgets else { continue };
        let row = Row {
            service: &service.name.value,
            quantity,
            unit,
        };
        row.check(subject, "soft", &ulimit.soft, &soft, found);
        // A single number is both: it is said once, against the tighter one.
        if ulimit.hard.span() != ulimit.soft.span() {
            row.check(subject, "hard", &ulimit.hard, &hard, found);
        }
    }
}

struct Row<'a> {
    service: &'a str,
    quantity: &'static str,
    unit: &'static str,
}

impl Row<'_> {
    fn check(
        &self,
        subject: &Subject<'_>,
        half: &str,
        fact: &Fact<i64>,
        budget: &Limit<i64>,
        found: &mut Vec<Finding>,
    ) {
        let (service, quantity) = (self.service, self.quantity);
        let aspect = format!("ulimits.{quantity}.{half}");
        let show = |value: i64| match self.unit {
            "bytes" => bytes::show(value),
            _ => value.to_string(),
        };
        match fact {
            Fact::Known(value) if value.value < 0 || value.value > budget.value => {
                let amount = if value.value < 0 {
                    "unlimited".to_owned()
                } else {
                    show(value.value)
                };
                let message = format!(
                    "the {half} ulimit {quantity} of service '{service}' is {amount}, and the profile '{}' allows {}{}",
                    subject.profile.name,
                    show(budget.value),
                    value.proviso()
                );
                let finding = Finding::new(value.span, message)
                    .help(format!("lower it to {}, or raise the budget", budget.value))
                    .over(value)
                    .aspect(aspect);
                // Unlimited is no figure.
                let measured = (value.value >= 0).then_some(Measured {
                    quantity,
                    actual: value.value as f64,
                    budget: budget.value as f64,
                    unit: self.unit,
                    basis: Basis::Exact,
                });
                found.push(subject.above(finding, budget, measured));
            }
            Fact::Unknown(unknown) => {
                let what =
                    format!("the {half} ulimit {quantity} of service '{service}' cannot be held against its budget");
                found.push(Finding::undecided(unknown, &what).aspect(aspect));
            }
            _ => {}
        }
    }
}

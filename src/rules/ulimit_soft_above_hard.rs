use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// The soft half of a ulimit is above the hard half.
    ///
    /// ## Why it matters
    /// Compose and the engine accept it, and then the container does not start: the kernel refuses the pair. -1 is
    /// unlimited, so a soft -1 is above every hard number.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     ulimits:
    ///       nofile:
    ///         soft: 512  # <- here
    ///         hard: 256
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
    /// ```
    RULE {
        name: "ulimit-soft-above-hard",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    for ulimit in &service.ulimits {
        let (Some(soft), Some(hard)) = (ulimit.soft.sourced(), ulimit.hard.sourced()) else {
            continue;
        };
        // The kernel's numbers have no sign: -1 is the largest.
        if soft.value.cast_unsigned() <= hard.value.cast_unsigned() {
            continue;
        }
        let kind = &ulimit.name.value;
        let message = format!(
            "the soft ulimit {kind} of `{}` is {}, above the hard one of {}{}",
            service.name.value,
            soft.value,
            hard.value,
            soft.proviso_with(hard)
        );
        found.push(
            Finding::new(soft.span, message)
                .help(format!("lower the soft one to {}, or raise the hard one", hard.value))
                .change(Change::Replace(soft.span, hard.value.to_string()))
                .related(hard.span, "the hard one")
                .over(soft)
                .aspect(format!("ulimits.{kind}.soft")),
        );
    }
}

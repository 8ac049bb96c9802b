use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::bytes;

rule! {
    /// `memswap_limit` is smaller than the memory limit.
    ///
    /// ## Why it matters
    /// `memswap_limit` is memory and swap together, not the swap alone, so it cannot be less than the memory limit: the
    /// engine refuses to create the container. Equal values mean no swap.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 128m
    ///     memswap_limit: 64m  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 128m
    ///     memswap_limit: 192m
    /// ```
    RULE {
        name: "swap-below-memory",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let (Some(swap), Some(memory)) = (service.swap.sourced(), service.memory.sourced()) else {
        return;
    };
    if swap.value <= 0 || memory.value <= 0 || swap.value >= memory.value {
        return;
    }
    let message = format!(
        "`{}` sets memory plus swap to {}, below its memory limit of {}{}",
        service.name.value,
        bytes::show(swap.value),
        bytes::show(memory.value),
        swap.proviso_with(memory)
    );
    let sum = memory.value.saturating_add(swap.value);
    let help = format!(
        "`memswap_limit` includes the memory: write {} for {} of swap, or {} for none",
        bytes::written(sum),
        bytes::show(swap.value),
        bytes::written(memory.value)
    );
    found.push(
        Finding::new(swap.span, message)
            .help(help)
            .change(Change::Replace(swap.span, bytes::written(sum)))
            .related(memory.span, "the memory limit")
            .over(swap)
            .aspect("memswap_limit"),
    );
}

use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::bytes;

rule! {
    /// `memswap_limit` is set without a memory limit.
    ///
    /// ## Why it matters
    /// The engine refuses to create the container: memory and swap together can be bounded only where the memory is.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     memswap_limit: 192m  # <- here
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
        name: "swap-without-memory",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(swap) = service.swap.sourced().filter(|swap| swap.value > 0) else {
        return;
    };
    let zero = match &service.memory {
        Fact::Absent if subject.absence_is_sure() => None,
        Fact::Known(memory) if memory.value == 0 => Some(memory.span),
        _ => return,
    };
    let message = format!(
        "`{}` limits memory plus swap to {} but has no memory limit{}",
        service.name.value,
        bytes::show(swap.value),
        swap.proviso()
    );
    let key = service.limit_key(None, "mem_limit", "deploy.resources.limits.memory");
    let mut finding = Finding::new(swap.span, message)
        .help(format!("set `{key}`, or delete `memswap_limit`"))
        .change(Change::Drop(service.key("memswap_limit")))
        .with_care()
        .over(swap)
        .aspect("memswap_limit");
    if let Some(span) = zero {
        finding = finding.related(span, "0 is not a limit");
    }
    found.push(finding);
}

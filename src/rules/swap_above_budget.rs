use super::{Check, Group};
use crate::config::budget::{MEMORY, SWAP_FACTOR};
use crate::fact::{Fact, State};
use crate::finding::{Basis, Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::bytes::{self, MIB};
use crate::values::number::{Real, whole};

rule! {
    /// A service may swap more than its profile allows.
    ///
    /// ## Why it matters
    /// `memswap_limit` is memory and swap together. Where it is not set, the engine makes it twice the memory limit: a
    /// service with a limit of 128 MiB may use 128 MiB of swap besides, and a leak slows the host down before it is
    /// stopped.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 128m  # <- here
    ///   worker:
    ///     image: acme/worker:1.4
    ///     mem_limit: 128m
    ///     memswap_limit: -1  # <- here
    /// ```
    /// ```yaml fail plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {swap-factor: 1.5}
    /// assign:
    ///   - {profile: small}
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
    /// ```yaml pass plimsoll.yaml +
    /// version: 1
    /// profiles:
    ///   small: {swap-factor: 1.5}
    /// assign:
    ///   - {profile: small}
    /// ```
    RULE {
        name: "swap-above-budget",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(budget) = subject.profile.limits.amount(&SWAP_FACTOR) else {
        return;
    };
    let name = &service.name.value;
    let undecided = |unknown| {
        let what = format!("cannot check the swap of `{name}`");
        Finding::undecided(unknown, &what).aspect("memswap_limit")
    };
    let (swap, memory) = match (&service.swap, &service.memory) {
        (Fact::Known(swap), Fact::Known(memory)) if memory.value > 0 => (swap, memory),
        // A memory limit that is not known is said once, by the rule about its own budget.
        (_, Fact::Unknown(_)) if subject.profile.limits.get(&MEMORY).is_some() => return,
        (Fact::Known(_), Fact::Unknown(unknown)) | (Fact::Unknown(unknown), _) => {
            found.push(undecided(unknown));
            return;
        }
        _ => return,
    };
    let allowed = memory.value.real() * budget.value;
    let unbounded = swap.value < 0;
    if !unbounded && swap.value.real() <= allowed {
        return;
    }
    let amount = if unbounded {
        "any amount of swap".to_owned()
    } else {
        format!("{} of memory plus swap", bytes::show(swap.value))
    };
    let ground = if swap.state == State::EngineDefault {
        ", the engine's default"
    } else {
        ""
    };
    let message = format!(
        "`{name}` may use {amount}{ground}; the budget is {} times its memory limit of {} (profile `{}`){}",
        budget.value,
        bytes::show(memory.value),
        subject.profile.name,
        swap.proviso_with(memory)
    );
    let most = bytes::written(whole_mebibytes(whole(allowed)));
    let finding = Finding::new(swap.span, message)
        .help(format!("set `memswap_limit` to {most} or less"))
        .change(Change::Set(service.name.span, "memswap_limit".to_owned(), most))
        .related(memory.span, "the memory limit")
        .over(swap)
        .aspect("memswap_limit");
    // Unlimited is no figure.
    let measured = (!unbounded).then(|| {
        let times = swap.value.real() / memory.value.real();
        SWAP_FACTOR.measured(times, budget.value, Basis::Exact)
    });
    found.push(subject.above(finding, &budget, measured));
}

/// A size that people can write, not above the exact one.
fn whole_mebibytes(bytes: i64) -> i64 {
    if bytes < MIB { bytes } else { bytes / MIB * MIB }
}

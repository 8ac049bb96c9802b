use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Basis, Finding, Layer, Measured, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::bytes;
use crate::values::number::Real;

rule! {
    /// The tmpfs mounts and the shared memory of a service are as large as its memory limit, or larger.
    ///
    /// ## Why it matters
    /// Pages of a tmpfs and of /dev/shm count against the memory limit of the container. When they fill up, the kernel
    /// kills a process of the service although each mount is within its own size.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 64m  # <- here
    ///     shm_size: 32m
    ///     tmpfs:
    ///       - /tmp:size=50m
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     mem_limit: 128m
    ///     tmpfs:
    ///       - /tmp:size=50m
    /// ```
    ///
    /// ## Notes
    /// The engine's own 64 MiB of shared memory are not counted, because hardly any program uses them: only a
    /// `shm_size` that is written down is.
    RULE {
        name: "memory-overcommitted",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let Some(memory) = service.memory.sourced().filter(|memory| memory.value > 0) else {
        return;
    };
    let mut parts: Vec<(i64, Span, String)> = Vec::new();
    let mut basis = Basis::Exact;
    for tmpfs in &service.tmpfs {
        match &tmpfs.size {
            Fact::Known(size) if size.value > 0 => {
                parts.push((size.value, size.span, format!("tmpfs `{}`", tmpfs.target)))
            }
            _ => basis = Basis::AtLeast,
        }
    }
    // A tmpfs of one's own, or the shared memory of another container, takes the place of what the engine mounts.
    let own_shm = service.tmpfs.iter().all(|tmpfs| tmpfs.target != "/dev/shm")
        && service
            .ipc
            .value()
            .is_none_or(|ipc| ipc == "private" || ipc == "shareable");
    if let Some(shm) = service.shm_size.sourced().filter(|shm| own_shm && shm.value > 0) {
        parts.push((shm.value, shm.span, "shared memory".to_owned()));
    }
    let sum = parts.iter().fold(0_i64, |sum, (size, _, _)| sum.saturating_add(*size));
    if parts.is_empty() || sum < memory.value {
        return;
    }
    let message = format!(
        "the tmpfs mounts of `{}` may take {}, above its memory limit of {}{}",
        service.name.value,
        bytes::show(sum),
        bytes::show(memory.value),
        memory.proviso()
    );
    let mut finding = Finding::new(memory.span, message)
        .help("raise the memory limit, or reduce the size of the mounts")
        .measured(Measured {
            quantity: "memory",
            actual: sum.real(),
            budget: memory.value.real(),
            unit: "bytes",
            basis,
        })
        .aspect("mem_limit");
    for (size, span, what) in parts {
        finding = finding.related(span, format!("{what}: {}", bytes::show(size)));
    }
    found.push(finding);
}

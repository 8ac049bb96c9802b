use super::{Check, Group};
use crate::fact::Fact;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A browser runs with the 64 MiB of shared memory that the engine gives by default.
    ///
    /// ## Why it matters
    /// Chromium and Firefox keep page contents in /dev/shm. With 64 MiB, tabs crash on larger pages, and nothing in the
    /// log says why.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   browser:  # <- here
    ///     image: acme/browser:1.4
    ///     mem_limit: 1g
    ///     x-plimsoll: {profile: browser}
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   browser:
    ///     image: acme/browser:1.4
    ///     mem_limit: 1g
    ///     shm_size: 256m
    ///     x-plimsoll: {profile: browser}
    /// ```
    ///
    /// ## Notes
    /// Only services of the profile `browser` are looked at.
    RULE {
        name: "shared-memory-below-need",
        group: Group::Resources,
        layer: Layer::Budget,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Service(check),
    }
}
fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let mounted = service.tmpfs.iter().any(|tmpfs| tmpfs.target == "/dev/shm")
        || service
            .volumes
            .iter()
            .any(|mount| mount.target.value().is_some_and(|target| target == "/dev/shm"));
    let shared = service
        .ipc
        .value()
        .is_some_and(|ipc| ipc != "private" && ipc != "shareable");
    if !subject.profile.is_of("browser") || mounted || shared {
        return;
    }
    let span = match &service.shm_size {
        Fact::Absent if subject.absence_is_sure() => service.name.span,
        Fact::Known(size) if size.value == 0 => size.span,
        _ => return,
    };
    let message = format!(
        "`{}` runs a browser with the engine's 64 MiB of shared memory",
        service.name.value
    );
    found.push(
        Finding::new(span, message)
            .help("set `shm_size: 256m`, or start the browser with `--disable-dev-shm-usage`")
            .change(Change::Set(service.name.span, "shm_size".to_owned(), "256m".to_owned()))
            .aspect("shm_size"),
    );
}

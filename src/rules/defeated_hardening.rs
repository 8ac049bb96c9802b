use super::{Check, Group};
use crate::fact::Sourced;
use crate::finding::{Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::security_opt::SecurityOpt;
use std::collections::HashMap;

rule! {
    /// A hardening option that another option of the service makes void.
    ///
    /// ## Why it matters
    /// The engine gives a privileged container every capability and no seccomp or AppArmor profile, whatever `cap_drop`
    /// and `security_opt` say, and its root can remount a read-only file system. `cap_add` wins over `cap_drop`, also with
    /// `ALL` in both. What looks hardened is not.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     privileged: true
    ///     cap_drop: [ALL]  # <- here
    ///   job:
    ///     image: acme/job:1.4
    ///     cap_drop: [NET_RAW]  # <- here
    ///     cap_add: [NET_RAW]
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cap_drop: [ALL]
    ///     cap_add: [NET_RAW]
    /// ```
    RULE {
        name: "defeated-hardening",
        group: Group::Start,
        layer: Layer::Ignored,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    if let Some(privileged) = service.privileged.sourced().filter(|fact| fact.value) {
        let mut push = |span: Span, message: String, subject: &str| {
            found.push(
                Finding::new(span, message)
                    .help("remove `privileged`")
                    .related(privileged.span, "the service is privileged here")
                    .aspect(subject),
            );
        };
        if !service.cap_drop.is_empty() {
            let message =
                format!("`cap_drop` of `{name}` has no effect: a privileged container keeps every capability");
            push(service.key("cap_drop"), message, "cap_drop");
        }
        for kind in ["seccomp", "apparmor"] {
            match service.last_security(kind) {
                Some((SecurityOpt::Seccomp(profile) | SecurityOpt::AppArmor(profile), written))
                    if profile != "unconfined" =>
                {
                    let message = format!(
                        "`{}` of `{name}` has no effect: a privileged container has no such profile",
                        written.value
                    );
                    push(written.span, message, kind);
                }
                _ => {}
            }
        }
        if let Some(read_only) = service.read_only.sourced().filter(|fact| fact.value) {
            let message = format!(
                "`read_only` of `{name}` has no effect: root in a privileged container can remount it"
            );
            push(read_only.span, message, "read_only");
        }
        return;
    }
    let added: HashMap<String, &Sourced<String>> = Service::capabilities(&service.cap_add).into_iter().collect();
    for (cap, dropped) in Service::capabilities(&service.cap_drop) {
        let Some(winner) = added.get(&cap) else {
            continue;
        };
        found.push(
            Finding::new(
                dropped.span,
                format!("`{name}` drops `{cap}` and adds it too, so it keeps it"),
            )
            .help(format!("remove `{cap}` from `cap_add` or `cap_drop`"))
            .related(winner.span, "added here")
            .aspect(format!("cap_drop {cap}")),
        );
    }
}

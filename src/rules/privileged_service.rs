use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::{Data, Value};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;

rule! {
    /// A container, a hook or a build runs privileged.
    ///
    /// ## Why it matters
    /// A privileged container has every capability, every device of the host and no seccomp or AppArmor profile: root
    /// inside is root outside. The engine does not look at `cap_drop` or a seccomp profile then.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     privileged: true  # <- here
    ///     post_start:
    ///       - command: ./warm-up.sh
    ///         privileged: true  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     cap_drop: [ALL]
    ///     cap_add: [NET_BIND_SERVICE]
    /// ```
    RULE {
        name: "privileged-service",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Error),
        aliases: &["CL-0002"],
        check: Check::Service(check),
    }
}

const HOOKS: [&str; 3] = ["post_start", "pre_start", "pre_stop"];

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    if let Some(privileged) = service.privileged.sourced().filter(|fact| fact.value) {
        let mut finding = Finding::new(
            privileged.span,
            format!("service '{name}' is privileged: it has every capability and every device of the host"),
        )
        .help("leave `privileged` out, and give it the one capability or device that it needs")
        .aspect("privileged");
        for (span, why) in &privileged.overridden {
            finding = finding.related(*span, why.words());
        }
        found.push(finding);
    }
    for hook in HOOKS {
        let items = service.written(&[hook]).and_then(Value::seq).unwrap_or(&[]);
        for (index, item) in items.iter().enumerate() {
            push(
                item,
                format!("the hook {hook} of service '{name}' runs privileged"),
                format!("{hook}.{index}"),
                found,
            );
        }
    }
    if let Some(build) = service.written(&["build"]) {
        push(
            build,
            format!("the build of service '{name}' is privileged"),
            "build.privileged".to_owned(),
            found,
        );
    }
}

fn push(holder: &Value, message: String, subject: String, found: &mut Vec<Finding>) {
    if let Some(value) = holder.get("privileged").filter(|value| value.data == Data::Bool(true)) {
        found.push(
            Finding::new(value.span, message)
                .help("leave `privileged` out")
                .aspect(subject),
        );
    }
}

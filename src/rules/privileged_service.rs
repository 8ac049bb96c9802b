use super::{Check, Group};
use crate::build::JudgedFile;
use crate::finding::{Change, Finding, Layer, Severity};
use crate::parse::dockerfile::Kind;
use crate::parse::yaml::{Data, Value};
use crate::repository::{Repository, Subject};
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
    /// ```dockerfile fail
    /// FROM alpine:3.22
    /// RUN --security=insecure apk info  # <- here
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
        aliases: &["CL-0002", "ae5b6871-7f45-42e0-bb4c-ab300c4d2026"],
        check: Check::Both(check, check_file),
    }
}

const HOOKS: [&str; 3] = ["post_start", "pre_start", "pre_stop"];

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    if let Some(privileged) = service.privileged.sourced().filter(|fact| fact.value) {
        let mut finding = Finding::new(
            privileged.span,
            format!("`{name}` is privileged: it has every capability and every device of the host"),
        )
        .help("remove `privileged`, and add only the capability or device that it needs")
        .change(Change::Drop(service.key("privileged")))
        .with_care()
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
                format!("the hook `{hook}` of `{name}` runs privileged"),
                format!("{hook}.{index}"),
                found,
            );
        }
    }
    let watched = service
        .written(&["develop", "watch"])
        .and_then(Value::seq)
        .unwrap_or(&[]);
    for (index, exec) in watched.iter().filter_map(|item| item.get("exec")).enumerate() {
        let message = format!("a command of `develop.watch` of `{name}` runs privileged");
        push(exec, message, format!("develop.watch.{index}"), found);
    }
    if let Some(build) = service.written(&["build"]) {
        let entitlements = build.get("entitlements").and_then(Value::seq).unwrap_or(&[]);
        for item in entitlements
            .iter()
            .filter(|item| item.str() == Some("security.insecure"))
        {
            found.push(
                Finding::new(item.span, format!("the build of `{name}` may run privileged steps"))
                    .help("remove `security.insecure`")
                    .change(Change::Remove(item.span))
                    .with_care()
                    .aspect("build.entitlements"),
            );
        }
        push(
            build,
            format!("the build of `{name}` is privileged"),
            "build.privileged".to_owned(),
            found,
        );
    }
}

/// The steps of a Dockerfile that run without the sandbox of the builder.
fn check_file(file: &JudgedFile, _: &Repository, found: &mut Vec<Finding>) {
    for instruction in &file.file.ast.instructions {
        let step = match &instruction.kind {
            Kind::Onbuild(inner) => inner.as_ref(),
            _ => instruction,
        };
        if let Some(value) = step.flag_value("security").filter(|value| value.value == "insecure") {
            let text = match &step.kind {
                Kind::Run(run) => run.command.text.text.as_str(),
                _ => "",
            };
            found.push(
                Finding::new(
                    value.span,
                    "this step of the build runs privileged: it has every capability and device of the builder",
                )
                .help("remove `--security=insecure`")
                .aspect("RUN --security")
                .content(text),
            );
        }
    }
}

fn push(holder: &Value, message: String, subject: String, found: &mut Vec<Finding>) {
    if let Some(entry) = holder.entry("privileged").filter(|entry| entry.value.data == Data::Bool(true)) {
        found.push(
            Finding::new(entry.value.span, message)
                .help("remove `privileged`")
                .change(Change::Drop(entry.key))
                .with_care()
                .aspect(subject)
                .content(&holder.get("command").map_or_else(String::new, Value::all_text)),
        );
    }
}

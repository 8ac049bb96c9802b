use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::source::Span;

rule! {
    /// A tmpfs mount lets programs run from it, or lets them change the user.
    ///
    /// ## Why it matters
    /// The engine mounts a tmpfs with `noexec`, `nosuid` and `nodev`. Options that take this back open the one place where
    /// a container with a read-only root can still put a program.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     tmpfs:
    ///       - /tmp:size=16m,exec  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     tmpfs:
    ///       - /tmp:size=16m,mode=1777
    /// ```
    ///
    /// ## Notes
    /// `exec` on `/run` is a note: s6-overlay and its like start services from there.
    RULE {
        name: "executable-tmpfs",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &["CL-0022"],
        check: Check::Service(check),
    }
}

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    for mount in &service.tmpfs {
        // Of `exec` and `noexec` the last one holds.
        let open: Vec<&str> = ["exec", "suid"]
            .into_iter()
            .filter(|flag| {
                let last = mount.options.iter().rfind(|option| {
                    option.as_str() == *flag || option.strip_prefix("no").is_some_and(|rest| rest == *flag)
                });
                last.is_some_and(|option| option == flag)
            })
            .collect();
        if open.is_empty() {
            continue;
        }
        // Init systems in containers (s6-overlay) run their scripts from there.
        let is_of_init = open == ["exec"] && matches!(mount.target.as_str(), "/run" | "/var/run");
        // It compiles its settings there, and loads what it made.
        let is_of_varnish = open == ["exec"] && mount.target.ends_with("/varnish");
        let (severity, help) = match is_of_init {
            _ if is_of_varnish => (Severity::Note, "varnish compiles its settings there: accept it with a reason".to_owned()),
            true => (Severity::Note, "remove `exec` unless the image starts its services from there (s6-overlay does)".to_owned()),
            false => (Severity::Warning, format!("remove {} from its options", open.join(" and "))),
        };
        let message = format!(
            "the tmpfs `{}` of `{}` is mounted with {}",
            mount.target,
            service.name.value,
            open.join(" and ")
        );
        let finding = Finding::new(mount.span, message)
            .help(help)
            .severity(severity)
            .aspect(format!("tmpfs {}", mount.target));
        found.push(match without(service, mount.span, &open) {
            Some(text) => finding.change(Change::Replace(mount.span, text)).with_care(),
            None => finding,
        });
    }
}

/// An entry of `tmpfs` in its short form without these options.
fn without(service: &Service, place: Span, open: &[&str]) -> Option<String> {
    let written = service.written(&["tmpfs"])?;
    let mut items = written.seq().unwrap_or(std::slice::from_ref(written)).iter();
    let text = items.find(|item| item.span == place)?.str()?;
    let (target, options) = text.split_once(':')?;
    let kept: Vec<&str> = options.split(',').filter(|option| !open.contains(option)).collect();
    Some(match kept.is_empty() {
        true => target.to_owned(),
        false => format!("{target}:{}", kept.join(",")),
    })
}

use super::{Check, Group};
use crate::finding::{Change, Finding, Layer, Severity};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::values::{meant, nearest};
use crate::values::security_opt::SecurityOpt;

rule! {
    /// A security option that the engine refuses.
    ///
    /// ## Why it matters
    /// The container is not created. `seccomp:default` is a common one: it names a file called `default`, which does
    /// not exist. The engine's own profile applies anyway, and its word is `builtin` (engine 23 and later).
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     security_opt:
    ///       - no-new-privileges:yes  # <- here
    ///       - seccomp:default  # <- here
    ///       - apparmour:docker-default  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     security_opt:
    ///       - no-new-privileges:true
    ///       - seccomp:builtin
    ///       - apparmor:docker-default
    /// ```
    RULE {
        name: "unknown-security-option",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Service(check),
    }
}

const KEYS: [&str; 6] = [
    "apparmor",
    "label",
    "no-new-privileges",
    "seccomp",
    "systempaths",
    "writable-cgroups",
];

fn check(_: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name.value;
    for span in service.empty_items("security_opt") {
        let message = format!("`{name}` has an empty item in `security_opt`, which the engine refuses");
        found.push(Finding::new(span, message).help("remove it").aspect("security_opt ").raised("2026.12"));
    }
    for (option, written) in service.security() {
        let text = &written.value;
        let (message, help) = match &option {
            SecurityOpt::Seccomp(profile) if profile == "default" => (
                format!(
                    "`{text}` of `{name}` refers to a file `default`, which must exist for the container to start"
                ),
                "remove it, or write `seccomp:builtin`: the default profile applies anyway".to_owned(),
            ),
            SecurityOpt::UnknownKey(key) if key == "systempaths" => (
                format!("the security option `{text}` of `{name}` does not exist"),
                "write `systempaths=unconfined`".to_owned(),
            ),
            SecurityOpt::UnknownKey(key) => (
                format!("the security option `{text}` of `{name}` does not exist"),
                match nearest(key, KEYS) {
                    Some(near) => format!("write `{}`", text.replacen(key.as_str(), near, 1)),
                    None => format!("known: {}", KEYS.join(", ")),
                },
            ),
            SecurityOpt::NotBoolean(key) => (
                format!("the engine refuses `{text}` of `{name}`: `{key}` requires true or false"),
                format!("write `{key}:true`"),
            ),
            SecurityOpt::NoValue => (
                format!("the security option `{text}` of `{name}` has no value, and the engine refuses it"),
                match nearest(text, KEYS) {
                    Some("no-new-privileges") => "write `no-new-privileges:true`".to_owned(),
                    _ => "write KEY:VALUE".to_owned(),
                },
            ),
            _ => continue,
        };
        let finding = Finding::new(written.span, message)
            .help(help)
            .aspect(format!("security_opt {text}"));
        found.push(match near(&option, text) {
            Some(near) => finding.change(Change::Replace(written.span, near)),
            None => finding,
        });
    }
}

/// The option that can only be meant.
fn near(option: &SecurityOpt, text: &str) -> Option<String> {
    match option {
        SecurityOpt::Seccomp(profile) if profile == "default" => Some("seccomp:builtin".to_owned()),
        SecurityOpt::UnknownKey(key) if key != "systempaths" => Some(text.replacen(key.as_str(), meant(key, KEYS)?, 1)),
        SecurityOpt::NotBoolean(key) => {
            let value = text.get(key.len() + 1..)?.trim().to_ascii_lowercase();
            let value = match value.as_str() {
                "yes" | "on" | "enabled" => "true",
                "no" | "off" | "disabled" => "false",
                _ => meant(&value, ["true", "false"])?,
            };
            Some(format!("{key}:{value}"))
        }
        SecurityOpt::NoValue => (meant(text, KEYS)? == "no-new-privileges").then(|| "no-new-privileges:true".to_owned()),
        _ => None,
    }
}

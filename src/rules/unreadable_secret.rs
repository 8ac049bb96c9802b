use super::{Check, Group};
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::{Data, Value};
use crate::repository::Subject;
use crate::resolve::compose::project::Definition;
use crate::resolve::compose::service::Service;
use crate::values::user::UserSpec;

rule! {
    /// A secret or config has a mode that keeps the user of its container from reading it.
    ///
    /// ## Why it matters
    /// Compose makes the file in the container, with the owner and mode that are written; without an owner it belongs to
    /// root. With `mode: 0400` no other user can read it: the program fails with "Permission denied".
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: "1000:1000"
    ///     secrets:
    ///       - source: token
    ///         mode: 0400  # <- here
    /// secrets:
    ///   token:
    ///     environment: API_TOKEN
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     user: "1000:1000"
    ///     secrets:
    ///       - source: token
    ///         uid: "1000"
    ///         mode: 0400
    /// secrets:
    ///   token:
    ///     environment: API_TOKEN
    /// ```
    ///
    /// ## Notes
    /// Compose only makes a secret that comes from a variable, and a config that comes from a variable or from `content`. A
    /// file keeps the owner and mode that it has on the host, whatever is written here: see `ignored-setting`.
    RULE {
        name: "unreadable-secret",
        group: Group::Security,
        layer: Layer::Security,
        severity: Some(Severity::Warning),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let decided = subject.user();
    let (Some(project), Some(user)) = (subject.project(), decided.value.sourced()) else {
        return;
    };
    let spec = UserSpec::parse(&user.value);
    if spec.is_root() {
        return;
    }
    for (key, kind, definitions) in [
        ("secrets", "secret", &project.secrets),
        ("configs", "config", &project.configs),
    ] {
        for item in service.written(&[key]).and_then(Value::seq).unwrap_or(&[]) {
            let name = item.get("source").and_then(Value::str).unwrap_or("");
            let definition = definitions.iter().find(|definition| definition.name.value == name);
            let Some(mode) = item.get("mode").filter(|_| definition.is_some_and(is_made)) else {
                continue;
            };
            let Some(bits) = bits(mode) else { continue };
            if may_read(&spec, item, bits) {
                continue;
            }
            let message = format!(
                "user `{}` of `{}` cannot read the {kind} `{name}` with `mode: {bits:#o}`",
                user.value, service.name.value
            );
            let help = match spec.uid() {
                Some(uid) => format!("set `mode: 0444`, or `uid: \"{uid}\"` beside the mode"),
                None => "set `mode: 0444`, or `uid` to the number of that user".to_owned(),
            };
            found.push(
                Finding::new(mode.span, message)
                    .help(help)
                    .related(user.span, "who it runs as")
                    .aspect(format!("{key}:{name}")),
            );
        }
    }
}

/// The bits of a mode: a text is octal, a number what YAML reads (compose-go `types/types.go`, `FileMode`).
fn bits(mode: &Value) -> Option<i64> {
    match &mode.data {
        Data::Int(bits) => Some(*bits),
        Data::Str(text) => i64::from_str_radix(text, 8).ok(),
        _ => None,
    }
}

/// Whether Compose makes the file in the container.
fn is_made(definition: &Definition) -> bool {
    ["environment", "content"].iter().any(|key| definition.raw.get(key).is_some())
}

/// Whether a user other than root may read a file of this mode and owner, as far as it is known: what is not known may.
fn may_read(user: &UserSpec, item: &Value, mode: i64) -> bool {
    let owner = |key: &str| item.get(key).and_then(Value::scalar_text);
    let (uid, gid) = (owner("uid"), owner("gid"));
    let numeric = |text: &Option<String>| text.as_ref().is_none_or(|text| text.parse::<u32>().is_ok());
    if !numeric(&uid) || !numeric(&gid) || mode & 0o004 != 0 {
        return true;
    }
    let is_owner = match user.uid() {
        // The number of a named user is not known: only root's is surely another one.
        None => uid.as_deref().is_some_and(|uid| uid != "0"),
        Some(number) => uid.and_then(|uid| uid.parse().ok()).unwrap_or(0) == number,
    };
    let group = gid.and_then(|gid| gid.parse::<u32>().ok()).unwrap_or(0);
    // A user without a group of its own may be one of the group root.
    let is_member = match user.group.as_ref().map(|group| group.parse::<u32>()) {
        Some(Ok(number)) => number == group,
        _ => true,
    };
    is_owner && mode & 0o400 != 0 || is_member && mode & 0o040 != 0
}

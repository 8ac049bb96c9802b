//! Files that take the place of `/etc/passwd`: what account has which number is then what they say.

use crate::build::accounts_with_number_zero;
use crate::build::context::{Context, EntryKind};
use crate::container::Accounts;
use crate::fact::Unknown;
use crate::parse::yaml::Value;
use crate::resolve::compose::project::Project;
use crate::resolve::compose::read::known_text;
use crate::resolve::compose::service::Service;
use crate::resolve::stage::Plan;
use crate::values::path::{clean, is_below};
use crate::workspace::Workspace;
use std::collections::BTreeSet;
use std::path::Path;

const PASSWD: &str = "/etc/passwd";
/// More of such a file is not read.
const WHOLE: u64 = 64 << 10;

/// The accounts with the number 0 in what a build copies to `/etc/passwd`.
pub(super) fn copied(context: &Context, plan: &Plan, workspace: &Workspace) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for copy in &context.copies {
        let to = plan
            .transfers
            .get(copy.transfer)
            .and_then(|copy| copy.destination.value());
        if !to.is_some_and(|to| to == PASSWD || is_below(PASSWD, to.trim_end_matches('/'))) {
            continue;
        }
        for (place, entry) in context.brought(copy, plan).unwrap_or_default() {
            if entry.kind == EntryKind::File && clean(&place) == PASSWD {
                let text = workspace.peek(&Path::new(&context.folder).join(&entry.path), WHOLE);
                found.extend(accounts_with_number_zero(&text.unwrap_or_default()));
            }
        }
    }
    found
}

/// What Compose writes to `/etc/passwd` before a service starts: configs and secrets whose content is no file. The engine does not look
/// into mounts when it looks up the number of an account (measured on engine 20.10.24 with Compose 5.6.1).
pub(super) fn written(project: &Project, service: &Service) -> Accounts {
    let mut accounts = Accounts::default();
    for key in ["configs", "secrets"] {
        for granted in service.written(&[key]).and_then(Value::seq).unwrap_or(&[]) {
            if clean(granted.get("target").map_or("", known_text)) != PASSWD {
                continue;
            }
            let name = granted.get("source").map_or("", known_text);
            let definition = match key {
                "configs" => project.config(name),
                _ => project.secret(name),
            };
            let raw = definition.map(|definition| &definition.raw);
            let said = |key: &str| raw.and_then(|raw| raw.get(key));
            if let Some(content) = said("content").and_then(Value::str) {
                accounts.zero.extend(accounts_with_number_zero(content));
            } else if said("content").or_else(|| said("environment")).is_some() {
                let reason = format!("`{name}` becomes its `{PASSWD}`, whose content is unknown");
                let span = granted.span;
                accounts.unknown = Some(Unknown { reason, span });
            }
        }
    }
    accounts
}

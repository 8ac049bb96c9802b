//! Seccomp profiles of the repository that leave the host open to a container.

use crate::resolve::compose::load::Files;
use crate::resolve::compose::project::Project;
use crate::workspace::Workspace;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::path::PathBuf;

/// System calls of those that the engine's default profile refuses: with them a process gets at the kernel or at the host's files.
const REFUSED: [&str; 14] = [
    "bpf",
    "clone",
    "finit_module",
    "fsopen",
    "init_module",
    "kexec_load",
    "keyctl",
    "mount",
    "move_mount",
    "open_by_handle_at",
    "pivot_root",
    "setns",
    "umount2",
    "unshare",
];

/// The profiles that services name and that refuse none of what the default profile does.
pub(super) fn open(sets: &[Project], workspace: &mut Workspace) -> HashSet<PathBuf> {
    let mut named: HashSet<PathBuf> = sets.iter().flat_map(Project::seccomp_files).collect();
    named.retain(|path| workspace.text(path).is_ok_and(|text| refuses_nothing(&text)));
    named
}

/// Whether a profile lets everything pass (moby `profiles/seccomp`). The engine takes one without an action for none at all, and like all
/// that Go reads, its keys count in either case and the last of equal ones.
fn refuses_nothing(text: &str) -> bool {
    let Ok(Value::Object(profile)) = serde_json::from_str(text) else {
        return false;
    };
    let mut rules = written(&profile, "syscalls").filter_map(Value::as_array).flatten();
    allows(&profile, "defaultAction")
        && rules.all(|rule| {
            rule.as_object()
                .is_none_or(|rule| allows(rule, "action") || !matters(rule))
        })
}

/// What stands at a key, however its letters are written.
fn written<'a>(map: &'a Map<String, Value>, key: &'a str) -> impl Iterator<Item = &'a Value> {
    let entries = map.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(key));
    entries.map(|(_, value)| value)
}

/// Whether an action lets pass what it is about; of spellings of its key any one may be the last.
fn allows(map: &Map<String, Value>, key: &str) -> bool {
    let passes = |action: &Value| matches!(action.as_str(), Some("SCMP_ACT_ALLOW" | "SCMP_ACT_LOG" | "") | None);
    written(map, key).any(passes) || written(map, key).next().is_none()
}

/// Whether a rule is about one of the system calls that the default profile refuses.
fn matters(rule: &Map<String, Value>) -> bool {
    let lists = written(rule, "names").filter_map(Value::as_array).flatten();
    // `name` is the form of one name.
    let mut names = lists.chain(written(rule, "name")).filter_map(Value::as_str);
    names.any(|name| REFUSED.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::refuses_nothing;

    #[test]
    fn a_profile_is_open_if_it_refuses_nothing_that_the_default_does() {
        for (text, open) in [
            (r#"{"defaultAction": "SCMP_ACT_ALLOW"}"#, true),
            (r#"{"defaultAction": "SCMP_ACT_LOG", "syscalls": null}"#, true),
            (
                r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]}"#,
                false,
            ),
            (
                r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "unshare", "action": "SCMP_ACT_KILL"}]}"#,
                false,
            ),
            (
                r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["uselib"], "action": "SCMP_ACT_ERRNO"}]}"#,
                true,
            ),
            (r#"{"defaultAction": "SCMP_ACT_ERRNO"}"#, false),
            (
                r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultAction": "SCMP_ACT_ALLOW"}"#,
                true,
            ),
            (
                r#"{"defaultAction": "SCMP_ACT_ALLOW", "defaultAction": "SCMP_ACT_ERRNO"}"#,
                false,
            ),
            (r#"{"DEFAULTACTION": "SCMP_ACT_ALLOW"}"#, true),
            (r#"{"DefaultAction": "SCMP_ACT_ERRNO"}"#, false),
            (
                r#"{"defaultAction": null, "Syscalls": [{"Names": ["mount"], "Action": "SCMP_ACT_ERRNO"}]}"#,
                false,
            ),
            ("{}", true),
            (r#"{"syscalls": []}"#, true),
            ("not JSON", false),
        ] {
            assert_eq!(refuses_nothing(text), open, "{text}");
        }
    }
}

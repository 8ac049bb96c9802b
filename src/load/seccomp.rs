//! Seccomp profiles of the repository that leave the host open to a container.

use crate::resolve::compose::load::Files;
use crate::resolve::compose::project::Project;
use crate::workspace::Workspace;
use serde::Deserialize;
use std::collections::HashSet;
use std::path::PathBuf;

/// What decides whether a profile refuses anything (moby `profiles/seccomp`; the rest of it is not looked at). The engine takes one
/// without an action for none at all.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    #[serde(default)]
    default_action: String,
    #[serde(default)]
    syscalls: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
struct Rule {
    action: String,
    #[serde(default)]
    names: Vec<String>,
    /// The form of one name.
    #[serde(default)]
    name: String,
}

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

fn refuses_nothing(text: &str) -> bool {
    let allows = |action: &str| matches!(action, "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG" | "");
    let matters = |rule: &Rule| {
        let mut names = rule.names.iter().chain([&rule.name]);
        names.any(|name| REFUSED.contains(&name.as_str()))
    };
    serde_json::from_str::<Profile>(text).is_ok_and(|profile| {
        let rules = profile.syscalls.unwrap_or_default();
        allows(&profile.default_action) && rules.iter().all(|rule| allows(&rule.action) || !matters(rule))
    })
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
            ("{}", true),
            (r#"{"syscalls": []}"#, true),
            ("not JSON", false),
        ] {
            assert_eq!(refuses_nothing(text), open, "{text}");
        }
    }
}

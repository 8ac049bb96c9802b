//! Seccomp profiles of the repository that keep nothing from a container.

use crate::resolve::compose::load::Files;
use crate::resolve::compose::project::Project;
use crate::workspace::Workspace;
use serde::Deserialize;
use std::collections::HashSet;
use std::path::PathBuf;

/// What decides whether a profile refuses anything (moby `profiles/seccomp`; the rest of it is not looked at).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    default_action: String,
    #[serde(default)]
    syscalls: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
struct Rule {
    action: String,
}

/// The profiles that services name and that allow every system call.
pub(super) fn open(sets: &[Project], workspace: &mut Workspace) -> HashSet<PathBuf> {
    let mut named: HashSet<PathBuf> = sets.iter().flat_map(Project::seccomp_files).collect();
    named.retain(|path| workspace.text(path).is_ok_and(|text| allows_everything(&text)));
    named
}

fn allows_everything(text: &str) -> bool {
    let allows = |action: &str| matches!(action, "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG");
    serde_json::from_str::<Profile>(text).is_ok_and(|profile| {
        let rules = profile.syscalls.unwrap_or_default();
        allows(&profile.default_action) && rules.iter().all(|rule| allows(&rule.action))
    })
}

#[cfg(test)]
mod tests {
    use super::allows_everything;

    #[test]
    fn a_profile_is_open_if_nothing_in_it_refuses() {
        for (text, open) in [
            (r#"{"defaultAction": "SCMP_ACT_ALLOW"}"#, true),
            (r#"{"defaultAction": "SCMP_ACT_LOG", "syscalls": null}"#, true),
            (
                r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]}"#,
                false,
            ),
            (r#"{"defaultAction": "SCMP_ACT_ERRNO"}"#, false),
            ("{}", false),
            ("not JSON", false),
        ] {
            assert_eq!(allows_everything(text), open, "{text}");
        }
    }
}

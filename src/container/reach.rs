//! Whether a service can run a program: what its image holds, and what the service itself mounts over it.

use super::needs::Need;
use crate::build::FileSystem;
use crate::known_images::Has;
use crate::resolve::compose::service::Service;
use crate::values::path::is_at_or_below;

/// Whether a service mounts something at a path of its container, or at a folder above it, or may.
pub(crate) fn mounts_over(service: &Service, path: &str) -> bool {
    let targets = service
        .volumes
        .iter()
        .map(|mount| mount.target.value().map(String::as_str));
    let mut unknown = false;
    let hit = targets.into_iter().any(|target| match target {
        Some(target) => is_at_or_below(path, target.trim_end_matches('/')),
        None => {
            unknown = true;
            false
        }
    });
    let files = ["configs", "secrets"].iter().any(|key| {
        let items = service.written(&[*key]).and_then(|value| value.seq()).unwrap_or(&[]);
        items
            .iter()
            .any(|item| match item.get("target").and_then(|target| target.str()) {
                Some(target) => target == path || target.contains('$'),
                None => false,
            })
    });
    hit || unknown || files || service.written(&["volumes_from"]).is_some()
}

/// Whether a service can run a program that is written like this.
pub(crate) fn runs(service: &Service, contents: &FileSystem, word: &str) -> Has {
    let Some(folders) = contents.folders() else {
        return Has::Unknown;
    };
    if word.contains('/') {
        let moved = !word.starts_with('/') && service.written(&["working_dir"]).is_some();
        if moved || mounts_over(service, &contents.absolute(word)) {
            return Has::Unknown;
        }
    } else {
        let path_is_set = service.variables().any(|variable| variable.name == "PATH");
        let mounted = folders
            .iter()
            .any(|folder| mounts_over(service, &format!("{folder}/{word}")));
        if path_is_set || mounted {
            return Has::Unknown;
        }
    }
    contents.runs(word)
}

/// The first need that nothing in the container meets.
pub(crate) fn unmet<'a>(needs: &'a [Need], has: &dyn Fn(&str) -> Has) -> Option<&'a Need> {
    let shell_is_there = has("/bin/sh") != Has::No;
    needs.iter().find(|need| {
        // Without the shell nothing is looked up; that is said elsewhere.
        (!need.by_shell || shell_is_there) && need.programs.iter().all(|program| has(program) == Has::No)
    })
}

//! What a run is about: everything, or a change; and where its files can be seen.

use super::event::{self, Event};
use crate::cli::CheckArgs;
use crate::git::{self, Against, Changed};
use crate::report::Reported;
use crate::repository::Repository;
use crate::suppress::Scope;
use crate::workspace::Workspace;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What is reported: what the change can affect that the command line or the event of this run names, else everything.
pub(super) fn of(changed: &Result<Changed, Scope>, policy: &BTreeSet<PathBuf>, repository: &Repository) -> Scope {
    match changed {
        Ok(changed) => Scope::of(changed, policy, repository),
        Err(full) => full.clone(),
    }
}

/// The files of the change, or why everything counts.
pub(super) fn changed(args: &CheckArgs, workspace: &Workspace) -> Result<Changed, Scope> {
    let Some(base) = &args.changed else {
        return Err(full("full"));
    };
    let named = Some(base.clone()).filter(|base| !base.is_empty());
    let against = match (named, event::here()) {
        (_, Some(Event::Whole(reason))) | (None, Some(Event::Unclear(reason))) => {
            return Err(full(format!("full: {reason}")));
        }
        (Some(base), _) => Against::Revision(base),
        (None, Some(Event::Change(against))) => against,
        (None, None) => Against::Usual,
    };
    match git::changed(workspace.root(), &against) {
        // On a runner, a checkout that equals its upstream says nothing about the push that started it.
        Ok(changed) if against == Against::Usual && changed.is_empty() && std::env::var_os("CI").is_some() => {
            Err(full(
                "full: nothing differs from the upstream branch, which is not conclusive on CI; set the base with --changed=BASE",
            ))
        }
        Ok(changed) => Ok(changed),
        Err(doubt) => Err(full(format!("full: {doubt}"))),
    }
}

/// Everything counts; the words begin with `full`.
fn full(words: impl Into<String>) -> Scope {
    Scope::Full(words.into())
}

/// Where a CI run shows the files of its commit; `None` outside of one.
pub(super) fn links() -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let base = match (
        variable("GITHUB_SERVER_URL"),
        variable("GITHUB_REPOSITORY"),
        variable("GITHUB_SHA"),
    ) {
        (Some(server), Some(repository), Some(commit)) => format!("{server}/{repository}/blob/{commit}"),
        _ => format!("{}/-/blob/{}", variable("CI_PROJECT_URL")?, variable("CI_COMMIT_SHA")?),
    };
    // It goes into Markdown as it is.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/.-_~".contains(&byte);
    (base.starts_with("https://") && base.bytes().all(is_plain)).then_some(base)
}

/// Why a run that judged no file says nothing about the repository.
pub(super) fn nothing_judged(findings: &[Reported], workspace: &Workspace) -> String {
    let unread = findings.iter().find(|found| found.rule.name == "unreadable-input");
    unread.map_or_else(
        || "there is nothing to check: no Dockerfile and no Compose file was found".to_owned(),
        |found| {
            let path = workspace.sources().path(found.finding.span);
            format!("nothing could be checked: {path}: {}", found.finding.message)
        },
    )
}

//! What a change is held against: the commit that was named, or that the CI system names, with its policy.

use super::baseline;
use super::event::{self, Event};
use crate::cli::CheckArgs;
use crate::config::{Config, Known, NAMES, read};
use crate::git::{self, Against, Start};
use crate::parse::yaml;
use crate::repository::Repository;
use crate::source::Sources;
use crate::workspace::Workspace;
use crate::{policy_diff, rules, source};
use std::path::{Path, PathBuf};

/// What a run compares with.
pub(super) struct Base {
    /// The commit whose policy counts, by any name that git knows.
    policy: String,
    /// The commit that the change began at, where that is known.
    pub start: Option<Start>,
    /// Somebody named it; else it is the one of the event, and may not have been fetched.
    is_named: bool,
}

/// So much of a file is compared with the base.
const MAX_POLICY: u64 = 1 << 20;

impl Base {
    /// The base of this run, if it is about a change.
    pub(super) fn of(args: &CheckArgs, root: &Path) -> Option<Self> {
        let named = args.changed.as_ref().filter(|base| !base.is_empty());
        let start = |against: &Against| git::start(root, against).ok();
        if let Some(name) = args.config_from.as_ref().or(named) {
            let start = start(&Against::Revision(name.clone()));
            let began = start.as_ref().filter(|_| args.config_from.is_none());
            return Some(Self {
                policy: began.map_or_else(|| name.clone(), |start| start.commit.clone()),
                start,
                is_named: true,
            });
        }
        let Event::Change(against) = event::here()? else {
            return None;
        };
        let start = start(&against)?;
        Some(Self {
            policy: start.commit.clone(),
            start: Some(start),
            is_named: false,
        })
    }

    /// The `.gitattributes` whose marks count: a change does not say which files are somebody else's.
    pub(super) fn attributes(&self, root: &Path) -> String {
        let file = git::file_at(root, &self.policy, Path::new(".gitattributes"));
        file.ok().flatten().unwrap_or_default()
    }

    /// What the change since does to the policy.
    pub(super) fn policy_changes(
        &self,
        args: &CheckArgs,
        workspace: &Workspace,
        repository: &Repository,
    ) -> Vec<String> {
        let root = workspace.root();
        let parse = |text: String| {
            let mut sources = Sources::default();
            let source = sources.add(Path::new("plimsoll.yaml"), text);
            let names = rules::names();
            read(
                &yaml::parse(source, &sources.get(source).text),
                &Known {
                    rules: &names,
                    sources: &sources,
                },
            )
            .ok()
        };
        let here = NAMES
            .iter()
            .find_map(|name| workspace.peek(Path::new(name), MAX_POLICY));
        let mut found = Vec::new();
        match config(&self.policy, root) {
            Ok(old) => {
                let old = old.map_or_else(|| Some(Config::default()), |(_, text)| parse(text));
                let new = here.map_or_else(|| Some(Config::default()), parse);
                if let (Some(old), Some(new)) = (old, new) {
                    found = policy_diff::loosened(&old, &new);
                }
            }
            // The usual checkout has one commit, and nobody asked for more.
            Err(_) if !self.is_named => return Vec::new(),
            Err(doubt) => found.push(format!("what changed in the policy is not known: {doubt}")),
        }
        found.extend(baseline::added(args, &self.policy, workspace));
        let judged = repository.sets.iter().flat_map(|set| set.files.clone());
        let built = repository
            .dockerfiles
            .iter()
            .map(|judged| PathBuf::from(&judged.file.path));
        let mut paths: Vec<PathBuf> = judged.chain(built).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let Some(new) = workspace.peek(&path, MAX_POLICY) else {
                continue;
            };
            if let Ok(old) = git::file_at(root, &self.policy, &path) {
                found.extend(policy_diff::excused(
                    &source::slashed(&path),
                    &old.unwrap_or_default(),
                    &new,
                ));
            }
        }
        found
    }
}

/// The configuration of a commit: its path and its text.
pub(super) fn config(base: &str, root: &Path) -> Result<Option<(PathBuf, String)>, String> {
    for name in NAMES.map(PathBuf::from) {
        match git::file_at(root, base, &name) {
            Ok(Some(text)) => return Ok(Some((name, text))),
            Ok(None) => {}
            Err(doubt) => return Err(format!("the configuration of '{base}' cannot be read: {doubt}")),
        }
    }
    Ok(None)
}

//! What a change is held against: the commit that was named, or that the CI system names, with its policy.

use super::baseline;
use super::event::{self, Event};
use super::lock_file;
use crate::cli::CheckArgs;
use crate::config::extends::{document, inherited};
use crate::config::{Config, Known, NAMES, read};
use crate::failure::Failure;
use crate::finding::{Finding, ReaderRule, Severity};
use crate::git::{self, Against, Changed, Start};
use crate::parse::yaml::{self, Value};
use crate::repository::Repository;
use crate::rules::Judged;
use crate::source::{Sources, Span};
use crate::values::path::clean;
use crate::workspace::Workspace;
use crate::{lock, policy_diff, rules, source, workspace};
use std::collections::BTreeMap;
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

/// So many images of the lock are listed.
const MAX_LOCKED: usize = 100;
/// So much of a file is compared with the base.
const MAX_POLICY: u64 = 1 << 20;

/// What the change says about the policy, where it says it.
pub(super) struct Loosened {
    /// The judged file; else plimsoll.yaml.
    path: Option<PathBuf>,
    /// One sentence.
    pub(super) sentence: String,
    /// It cannot be honest: an error whatever the policy.
    is_forged: bool,
}

/// The arguments with the commit whose policy counts, if there is one, and what is to be said about it.
pub(super) fn resolved(args: &CheckArgs, root: &Path) -> (CheckArgs, Option<String>) {
    let mut said = None;
    let commit = match args.config_from.as_deref() {
        None | Some("head") => None,
        Some("auto") if !event::is_request() => None,
        Some("auto") => {
            let start = match event::here() {
                Some(Event::Change(against)) => git::start(root, &against),
                _ => Err(Failure::new("the event does not name it")),
            };
            let doubt = |doubt: &Failure| {
                said = Some(format!(
                    "checked with the configuration of the change itself, because its base is unknown: {doubt}"
                ));
            };
            start.inspect_err(doubt).ok().map(|start| start.commit)
        }
        Some(name) => Some(name.to_owned()),
    };
    if let Some(commit) = &commit
        && config(commit, root, args.config.as_deref()) == Ok(None)
    {
        said = Some("checked with the configuration of the change itself, because its base has none".to_owned());
    }
    let args = CheckArgs {
        config_from: commit,
        ..args.clone()
    };
    (args, said)
}

/// The configuration of this text, with the files that it extends; `None` where it is wrong.
fn parse(text: String, file: &dyn Fn(&Path) -> Option<String>) -> Option<Config> {
    let mut sources = Sources::default();
    let source = sources.add(Path::new("plimsoll.yaml"), text);
    let own = yaml::parse(source, &sources.get(source).text);
    let mut load = |path: &str| {
        let folder = PathBuf::from(clean(path));
        let inside = NAMES.iter().map(|name| folder.join(name));
        let text = inside.chain([folder.clone()]).find_map(|path| file(&path));
        let source = sources.add(&folder, text.ok_or_else(|| Failure::new("it does not exist"))?);
        document(&yaml::parse(source, &sources.get(source).text))
    };
    let whole = inherited(&own, &mut load).ok()?;
    let known = Known {
        rules: &rules::names(),
        sources: &sources,
        known_as: rules::known_as,
    };
    read(whole.as_ref().unwrap_or(&own), &known).ok()
}

/// The profiles that services ask for in this file of a commit, by service.
pub(super) fn wanted_profiles(base: &str, root: &Path, file: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let text = git::file_at(root, base, file).ok().flatten().unwrap_or_default();
    let mut sources = Sources::default();
    let source = sources.add(file, text);
    for document in &yaml::parse(source, &sources.get(source).text).documents {
        let services = document.get("services").and_then(Value::map);
        for (name, service) in services.into_iter().flatten() {
            if let Some(profile) = service.value.at(&["x-plimsoll", "profile"]).and_then(Value::str) {
                found.insert(name.clone(), profile.to_owned());
            }
        }
    }
    found
}

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
        changed: Option<&Changed>,
    ) -> Vec<Loosened> {
        let root = workspace.root();
        let peek = |path: &Path| workspace.peek(path, MAX_POLICY);
        let here = NAMES
            .iter()
            .find_map(|name| workspace.peek(Path::new(name), MAX_POLICY));
        let new = here.map_or_else(|| Some(Config::default()), |text| parse(text, &peek));
        let mut found = Vec::new();
        match config(&self.policy, root, None) {
            Ok(old) => {
                let before = |path: &Path| {
                    git::file_at(root, &self.policy, path)
                        .ok()
                        .flatten()
                        .or_else(|| peek(path))
                };
                let old = old.map_or_else(|| Some(Config::default()), |(_, text)| parse(text, &before));
                if let (Some(old), Some(new)) = (old, &new) {
                    found = policy_diff::loosened(&old, new);
                }
            }
            // The usual checkout has one commit, and nobody asked for more.
            Err(_) if !self.is_named => return Vec::new(),
            Err(doubt) => found.push(format!("changes of the policy are unknown: {doubt}")),
        }
        found.extend(baseline::loosened(
            args,
            &new.unwrap_or_default(),
            &self.policy,
            workspace,
        ));
        let locked = self.lock_changes(workspace);
        let in_policy = |sentence| Loosened {
            path: None,
            sentence,
            is_forged: false,
        };
        let mut found: Vec<Loosened> = found.into_iter().map(in_policy).chain(locked).collect();
        let judged = repository.sets.iter().flat_map(|set| set.files.clone());
        let built = repository
            .dockerfiles
            .iter()
            .map(|judged| PathBuf::from(&judged.file.path));
        let mut paths: Vec<PathBuf> = judged.chain(built).collect();
        paths.sort();
        paths.dedup();
        // What is the same excuses what it did, as long as that commit is the base of both.
        let changed = changed.filter(|changed| changed.commit == self.policy);
        paths.retain(|path| changed.is_none_or(|changed| changed.touches(path)));
        for path in paths {
            let Some(new) = workspace.peek(&path, MAX_POLICY) else {
                continue;
            };
            if let Ok(old) = git::file_at(root, &self.policy, &path) {
                let excuses = policy_diff::excused(&source::slashed(&path), &old.unwrap_or_default(), &new);
                found.extend(excuses.into_iter().map(|sentence| Loosened {
                    path: Some(path.clone()),
                    sentence,
                    is_forged: false,
                }));
            }
        }
        found
    }
}

impl Base {
    /// What the change says of images that the base does not: facts of other builds, and other facts of the same ones.
    fn lock_changes(&self, workspace: &Workspace) -> Vec<Loosened> {
        let base = lock_file::of_commit(workspace.root(), &self.policy);
        let (Ok(base), Ok(here)) = (base, lock_file::read(workspace)) else {
            return Vec::new();
        };
        // A larger one is no file that can be shown.
        let is_shown = here.text().len() as u64 <= workspace::MAX_BYTES;
        let path = is_shown.then(|| PathBuf::from(lock::NAME));
        if base.blocks().is_empty() && !here.blocks().is_empty() {
            return vec![Loosened {
                path,
                sentence: format!("{} is new: its image facts come from this change", lock::NAME),
                is_forged: false,
            }];
        }
        let differences = base.differences(&here).into_iter().take(MAX_LOCKED);
        let tell = |found: lock::Difference| Loosened {
            path: path.clone(),
            is_forged: found.contradicted.is_some(),
            sentence: match found.contradicted {
                Some(fact) => format!(
                    "`{}` in {} has another `{fact}` than in the base, for the same digest",
                    found.block,
                    lock::NAME
                ),
                None => format!(
                    "`{}` in {} has a digest that the base does not have: {}",
                    found.block,
                    lock::NAME,
                    found.identity
                ),
            },
        };
        differences.map(tell).collect()
    }
}

impl Loosened {
    /// The finding about it.
    pub(super) fn judged(&self, severity: Severity, workspace: &mut Workspace) -> Option<Judged> {
        let policy = NAMES.iter().map(PathBuf::from);
        let mut places = self.path.iter().cloned().chain(policy);
        let source = places.find_map(|path| workspace.source(&path).ok());
        // A policy that the change deletes has no place of its own.
        let source = source.or_else(|| workspace.sources().iter().next().map(|(id, _)| id))?;
        let text = &workspace.sources().get(source).text;
        // What the sentence names: the first is what is written there, and together they are what it is about, however it is worded.
        let names: Vec<&str> = self.sentence.split('`').skip(1).step_by(2).collect();
        let line = names.first().copied().filter(|_| self.path.is_some());
        let at = line.and_then(|line| Some((text.find(line)?, line.len())));
        let (start, length) = at.unwrap_or((0, 0));
        let finding = Finding::new(Span::new(source, start, start + length), self.sentence.clone())
            .help(match self.is_forged {
                true => "restore the block of the base: an image does not change under its digest",
                false => "loosen the policy in a separate change",
            })
            .aspect(names.join(" "));
        Some(Judged {
            rule: rules::of_reader(match self.is_forged {
                true => ReaderRule::StaleFacts,
                false => ReaderRule::PolicyLoosened,
            }),
            severity: if self.is_forged { Severity::Error } else { severity },
            about: None,
            finding,
        })
    }
}

/// The configuration of a commit: its path and its text. `named` is where it lies if not under one of the usual names.
pub(super) fn config(base: &str, root: &Path, named: Option<&Path>) -> Result<Option<(PathBuf, String)>, Failure> {
    let names = match named {
        Some(path) => vec![path.strip_prefix(root).unwrap_or(path).to_path_buf()],
        None => NAMES.map(PathBuf::from).to_vec(),
    };
    for name in names {
        match git::file_at(root, base, &name) {
            Ok(Some(text)) => return Ok(Some((name, text))),
            Ok(None) => {}
            Err(failure) => return Err(failure.of(format!("the configuration of `{base}` cannot be read"))),
        }
    }
    Ok(None)
}

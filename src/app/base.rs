//! What a change is held against: the commit that was named, or that the CI system names, with its policy.

use super::baseline;
use super::event::{self, Event};
use crate::cli::CheckArgs;
use crate::config::{Config, Known, NAMES, read};
use crate::git::{self, Against};
use crate::parse::yaml;
use crate::source::Sources;
use crate::unit::ledger::{Ledger, is_built, of_unit};
use crate::unit::{Unit, World};
use crate::workspace::Workspace;
use crate::world::{self, Given};
use crate::{discover, policy, rules, source};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A commit, by any name that git knows.
pub struct Base {
    /// The name.
    pub commit: String,
    /// Somebody named it; else it is the one of the event, and may not have been fetched.
    is_named: bool,
}

/// A folder of its own. Where there is none for temporary files, as in an image of one program, the home folder has to do.
fn temporary() -> Option<tempfile::TempDir> {
    let make = |folder: &Path| tempfile::Builder::new().prefix(".plimsoll").tempdir_in(folder).ok();
    make(&std::env::temp_dir()).or_else(|| make(Path::new(&std::env::var_os("HOME")?)))
}

/// So much of a file is compared with the base.
const MAX_POLICY: u64 = 1 << 20;

impl Base {
    /// The base of this run, if it is about a change.
    pub fn of(args: &CheckArgs) -> Option<Self> {
        let changed = args.changed.as_ref().filter(|base| !base.is_empty());
        if let Some(commit) = args.config_from.as_ref().or(changed) {
            return Some(Self {
                commit: commit.clone(),
                is_named: true,
            });
        }
        match event::here()? {
            Event::Change(Against::Request { base, .. } | Against::Push { base, .. }) => Some(Self {
                commit: base,
                is_named: false,
            }),
            _ => None,
        }
    }

    /// What the images of its files would hold, by service or Dockerfile, for those that may not grow as they like and whose size
    /// nobody recorded. Nothing where that cannot be worked out: it is no budget that says so.
    pub fn ledgers(&self, args: &CheckArgs, config: &Config, world: &World, root: &Path) -> BTreeMap<String, Ledger> {
        let is_asked = |unit: &&Unit| {
            let profile = config.profiles.get(&unit.profile);
            let may_grow = profile.is_none_or(|profile| profile.growth.is_none());
            is_built(unit) && !may_grow && !world.recorded.sizes.contains_key(&unit.name)
        };
        let asked: Vec<&Unit> = world.units.iter().filter(is_asked).collect();
        if asked.is_empty() {
            return BTreeMap::new();
        }
        let mut found = BTreeMap::new();
        let Some(folder) = temporary() else { return found };
        if git::export(root, &self.commit, folder.path()).is_err() {
            return found;
        }
        let Ok(mut workspace) = Workspace::open(folder.path()) else {
            return found;
        };
        let files = discover::discover(&mut workspace, &[PathBuf::new()]);
        let given = Given {
            env: None,
            profile: args.profile.clone(),
        };
        let (mut old, _) = world::build(&files, config, &given, &mut workspace);
        old.own_images = world.own_images.clone();
        for unit in asked {
            if let Some(before) = old.units.iter().find(|before| before.name == unit.name) {
                found.insert(unit.name.clone(), of_unit(before, &old).as_ref().clone());
            }
        }
        found
    }

    /// What the change since does to the policy.
    pub fn policy_changes(&self, args: &CheckArgs, workspace: &Workspace, world: &World) -> Vec<String> {
        let root = workspace.root();
        let parse = |text: String| {
            let mut sources = Sources::default();
            let source = sources.add(Path::new("plimsoll.yaml"), text);
            let names = rules::names();
            read(
                &yaml::parse(source, &sources.get(source).text),
                &Known { rules: &names },
            )
            .ok()
        };
        let here = NAMES
            .iter()
            .find_map(|name| workspace.peek(Path::new(name), MAX_POLICY));
        let mut found = Vec::new();
        match config(&self.commit, root) {
            Ok(old) => {
                let old = old.map_or_else(|| Some(Config::default()), |(_, text)| parse(text));
                let new = here.map_or_else(|| Some(Config::default()), parse);
                if let (Some(old), Some(new)) = (old, new) {
                    found = policy::loosened(&old, &new);
                }
            }
            // The usual checkout has one commit, and nobody asked for more.
            Err(_) if !self.is_named => return Vec::new(),
            Err(doubt) => found.push(format!("what changed in the policy is not known: {doubt}")),
        }
        found.extend(baseline::added(args, &self.commit, workspace));
        let judged = world.sets.iter().flat_map(|set| set.files.clone());
        let built = world.dockerfiles.iter().map(|judged| PathBuf::from(&judged.file.path));
        let mut paths: Vec<PathBuf> = judged.chain(built).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let Some(new) = workspace.peek(&path, MAX_POLICY) else {
                continue;
            };
            if let Ok(old) = git::file_at(root, &self.commit, &path) {
                found.extend(policy::excused(&source::slashed(&path), &old.unwrap_or_default(), &new));
            }
        }
        found
    }
}

/// The configuration of a commit: its path and its text.
pub fn config(base: &str, root: &Path) -> Result<Option<(PathBuf, String)>, String> {
    for name in NAMES.map(PathBuf::from) {
        match git::file_at(root, base, &name) {
            Ok(Some(text)) => return Ok(Some((name, text))),
            Ok(None) => {}
            Err(doubt) => return Err(format!("the configuration of '{base}' cannot be read: {doubt}")),
        }
    }
    Ok(None)
}

//! What was wrong where a change began: the files of that commit, judged as they were.

use super::{configuration, growth, lock_file, records, sizes, vendored};
use crate::cli::{ChangedScope, CheckArgs};
use crate::config::{self, Config};
use crate::discover::Exclude;
use crate::failure::Failure;
use crate::git::{self, Changed};
use crate::known_images::Images;
use crate::load::{self, Inputs, Nowhere};
use crate::report::Reported;
use crate::suppress::{self, Known, Vendored};
use crate::workspace::Workspace;
use crate::{discover, rules};
use std::path::{Path, PathBuf};

/// How the side of the change was judged.
pub(super) struct Side<'a> {
    pub args: &'a CheckArgs,
    pub config: &'a Config,
    /// Where the configuration lies.
    pub path: Option<&'a Path>,
    /// What was asked for.
    pub paths: &'a [PathBuf],
    pub today: &'a str,
}

/// What was left out, as it was there before.
#[derive(Default)]
pub(super) struct Hidden {
    pub count: usize,
    /// Why nothing could be left out; the rest of a sentence, which may be empty.
    pub doubt: String,
}

/// Leaves out what was there before the change, if only news are asked for. A doubt leaves everything in.
pub(super) fn hide(changed: &Changed, side: &Side<'_>, workspace: &Workspace, findings: &mut Vec<Reported>) -> Hidden {
    if side.args.changed_scope == ChangedScope::Affected || findings.is_empty() {
        return Hidden::default();
    }
    match known(changed, side, workspace) {
        Ok(known) => Hidden {
            count: known.hide(findings, workspace.sources()),
            doubt: String::new(),
        },
        Err(why) => Hidden {
            count: 0,
            doubt: format!(", including known findings: the base cannot be checked, {why}"),
        },
    }
}

/// The findings of the commit that a change began at, by its own policy, or by that of `--config-from`.
fn known(changed: &Changed, side: &Side<'_>, workspace: &Workspace) -> Result<Known, Failure> {
    let args = side.args;
    let folder = growth::temporary().ok_or_else(|| Failure::new("there is no folder for temporary files"))?;
    // What git ignores, and what submodules hold, is the same on both sides unless it changed.
    let texts = workspace
        .sources()
        .iter()
        .map(|(_, source)| (PathBuf::from(&source.path), source.text.as_str()));
    let also: Vec<(PathBuf, &str)> = texts
        .filter(|(path, text)| !text.is_empty() && !changed.touches(path))
        .collect();
    let files = git::export(workspace.root(), &changed.commit, folder.path(), &also)?;
    let mut before = Workspace::of_commit(folder.path(), files)?;
    let own;
    let config = if args.config_from.is_some() {
        side.config
    } else {
        own = configuration::of_commit(side.path, &mut before)
            .map_err(|_| Failure::new("its plimsoll.yaml is not valid"))?;
        &own
    };
    if args
        .profile
        .as_ref()
        .is_some_and(|name| !config.profiles.contains_key(name) && name != config::AUTO)
    {
        return Err(Failure::new("its plimsoll.yaml does not have the profile"));
    }
    let inputs = Inputs {
        config,
        env: configuration::environment(args)?,
        profile: args.profile.clone(),
        images: Images::new(
            configuration::own_images(config, None, &mut before)?,
            lock_file::of_commit(workspace.root(), &changed.commit)?,
            None,
        ),
        recorded: sizes::recorded(None, &mut before)?,
        usage: records::given(args, config, &mut before).unwrap_or_default(),
        today: side.today.to_owned(),
        selected: !args.paths.is_empty(),
        lookup: &Nowhere,
    };
    let is_there = |path: &&PathBuf| before.root().join(path).exists();
    let paths: Vec<PathBuf> = side.paths.iter().filter(is_there).cloned().collect();
    let exclude = Exclude {
        configured: &config.exclude,
        given: &args.exclude,
    };
    let found = discover::discover(&mut before, &paths, exclude);
    let (repository, _) = load::load(&found, inputs, &mut before)?;
    let judged = rules::judge(&repository, config);
    let mut findings = suppress::apply(judged, &repository, config, before.sources());
    suppress::soften(&mut findings, &repository, config, before.sources());
    let attributes = vendored::attributes(config, None, &before);
    Vendored::new(config, &attributes).cap(&mut findings, &repository, config, before.sources(), &paths);
    Ok(Known::new(&findings, before.sources()))
}

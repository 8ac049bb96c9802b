//! What was wrong where a change began: the files of that commit, judged as they were.

use super::{configuration, growth, lock_file, records, sizes, vendored};
use crate::cli::{ChangedScope, CheckArgs};
use crate::config::{self, Config};
use crate::discover::{self, Exclude};
use crate::failure::Failure;
use crate::finding::ReaderRule;
use crate::git::{self, Changed};
use crate::known_images::Images;
use crate::load::{self, Inputs, Nowhere};
use crate::report::Reported;
use crate::repository::{Reach, Repository};
use crate::rules;
use crate::source::Sources;
use crate::suppress::{self, Known, Scope, Vendored};
use crate::workspace::{Told, Workspace};
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How the side of the change was judged.
pub(super) struct Side<'a> {
    pub args: &'a CheckArgs,
    pub config: &'a Config,
    /// Where the configuration lies.
    pub path: Option<&'a Path>,
    /// What was asked for.
    pub paths: &'a [PathBuf],
    pub today: &'a str,
    /// What the change touches.
    pub changed: &'a Changed,
    /// The same, with the names that it has through links.
    pub reaching: &'a Changed,
}

/// What was left out, as it was there before.
#[derive(Default)]
pub(super) struct Hidden {
    pub count: usize,
    /// Why nothing could be left out; the rest of a sentence, which may be empty.
    pub doubt: String,
}

/// The commit that a change began at.
pub(super) struct Before {
    workspace: Workspace,
    repository: Repository,
    /// Its own policy; `None` where another one counts.
    config: Option<Config>,
    paths: Vec<PathBuf>,
    _exported: Exported,
}

/// Loads the commit that the change began at, and widens the scope by what the change reaches there: what was built by a service is alone
/// without it. Where it cannot be loaded, nobody knows what that would be: everything counts.
pub(super) fn load(scope: &mut Scope, side: &Side<'_>, now: (&Repository, &Workspace)) -> Result<Before, Failure> {
    try_load(scope, side, now).inspect_err(|_| scope.take_everything())
}

fn try_load(
    scope: &mut Scope,
    side: &Side<'_>,
    (repository, workspace): (&Repository, &Workspace),
) -> Result<Before, Failure> {
    let exported = export(side, workspace)?;
    let there = exported.workspace(side, workspace)?;
    let told = Told::of(side.changed, &there, workspace);
    let mut reaching = side.reaching.clone();
    reaching.paths.extend(told.paths);
    if told.everything {
        scope.take_everything();
    }
    scope.widen(&reaching, repository);
    let before = before(side, there, exported)?;
    scope.widen(&reaching, &before.repository);
    if let Some(path) = told.dark {
        return Err(Failure::new(format!("`{}` of it is too large", path.display())));
    }
    before.is_whole(side, repository, workspace.sources())?;
    Ok(before)
}

impl Before {
    /// Leaves out what was there, if only news are asked for. A doubt leaves everything in.
    pub(super) fn hide(
        before: Result<Self, Failure>,
        side: &Side<'_>,
        sources: &Sources,
        findings: &mut Vec<Reported>,
    ) -> Hidden {
        if side.args.changed_scope == ChangedScope::Affected || findings.is_empty() {
            return Hidden::default();
        }
        match before {
            Ok(before) => Hidden {
                count: before.known(side, sources, findings).hide(findings, sources),
                doubt: String::new(),
            },
            Err(why) => Hidden {
                count: 0,
                doubt: format!(", including known findings: the base cannot be checked, {why}"),
            },
        }
    }

    /// Whether all that is asked for can be known of the base: what stands for something else there would say too much.
    ///
    /// # Errors
    /// A file that can be read now could not be then (it is too large to be written, or not in git), or it lies in a submodule that changed.
    fn is_whole(&self, side: &Side<'_>, now: &Repository, sources: &Sources) -> Result<(), Failure> {
        let unread = |repository: &Repository, sources: &Sources| -> BTreeSet<String> {
            let problems = repository
                .problems
                .iter()
                .filter(|problem| problem.rule == ReaderRule::UnreadableInput);
            let paths = problems.map(|problem| sources.path(problem.finding.span).to_owned());
            paths.collect()
        };
        let (then, now) = (unread(&self.repository, self.workspace.sources()), unread(now, sources));
        let is_there = |path: &&String| side.changed.touches(Path::new(path)) && !now.contains(*path);
        if let Some(path) = then.iter().find(is_there) {
            return Err(Failure::new(format!("`{path}` of it cannot be read")));
        }
        let folders = &side.changed.folders;
        let of_sets = self
            .repository
            .sets
            .iter()
            .flat_map(|set| set.inputs.iter().chain(&set.read_files));
        let of_files = self.repository.dockerfiles.iter().flat_map(|file| &file.inputs);
        let mut asked = of_sets.chain(of_files);
        match asked.find(|path| folders.iter().any(|folder| path.starts_with(folder))) {
            Some(path) => Err(Failure::new(format!(
                "`{}` of it is in another repository",
                path.display()
            ))),
            None => Ok(()),
        }
    }

    /// What was found in the same files and about the same units as these, by its own policy, or by that of `--config-from`.
    fn known(mut self, side: &Side<'_>, sources: &Sources, now: &[Reported]) -> Known {
        let files = now
            .iter()
            .map(|reported| sources.path(reported.finding.span).to_owned());
        let units = now.iter().filter_map(|reported| reported.about.clone());
        let config = self.config.as_ref().unwrap_or(side.config);
        self.repository.reach = Some(Reach::of(&self.repository, &files.collect(), &units.collect()));
        let (repository, sources) = (&self.repository, self.workspace.sources());
        let judged = rules::judge(repository, config);
        let mut findings = suppress::apply(judged, repository, config, sources);
        suppress::soften(&mut findings, repository, config, sources);
        let attributes = vendored::attributes(config, None, &self.workspace);
        Vendored::new(config, &attributes).cap(&mut findings, repository, config, sources, &self.paths);
        let known = Known::new(&findings, sources);
        // The program ends soon, and its memory with it.
        std::mem::forget(self.repository);
        known
    }
}

/// What the paths of a change held before it.
struct Exported {
    folder: TempDir,
    files: HashSet<PathBuf>,
}

fn export(side: &Side<'_>, workspace: &Workspace) -> Result<Exported, Failure> {
    let folder = growth::temporary().ok_or_else(|| Failure::new("there is no folder for temporary files"))?;
    let files = git::export_touched(workspace.root(), side.changed, folder.path())?;
    Ok(Exported { folder, files })
}

impl Exported {
    /// What git ignores, and what submodules hold, is the same on both sides unless it changed.
    fn workspace(&self, side: &Side<'_>, workspace: &Workspace) -> Result<Workspace, Failure> {
        workspace.before(side.changed, self.folder.path(), self.files.clone())
    }
}

fn before(side: &Side<'_>, mut before: Workspace, exported: Exported) -> Result<Before, Failure> {
    let (args, changed) = (side.args, side.changed);
    let own = match args.config_from {
        Some(_) => None,
        None => Some(
            configuration::of_commit(side.path, &mut before)
                .map_err(|_| Failure::new("its plimsoll.yaml is not valid"))?,
        ),
    };
    let config = own.as_ref().unwrap_or(side.config);
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
            lock_file::of_commit(before.root(), &changed.commit)?,
            None,
        ),
        recorded: sizes::recorded(None, &mut before)?,
        usage: records::given(args, config, &mut before).unwrap_or_default(),
        today: side.today.to_owned(),
        selected: !args.paths.is_empty(),
        lookup: &Nowhere,
    };
    let is_there = |path: &&PathBuf| before.is_folder(path).is_some();
    let paths: Vec<PathBuf> = side.paths.iter().filter(is_there).cloned().collect();
    let exclude = Exclude {
        configured: &config.exclude,
        given: &args.exclude,
    };
    let found = discover::discover(&mut before, &paths, exclude);
    let repository = load::load(&found, inputs, &mut before)?;
    Ok(Before {
        workspace: before,
        repository,
        config: own,
        paths,
        _exported: exported,
    })
}

#[cfg(test)]
mod tests;

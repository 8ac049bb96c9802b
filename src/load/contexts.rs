//! Where each Dockerfile is built: the context that somebody names, or the only one that can be meant.

use super::{exposed, go_sources, locked, manifests, requirements, scripts, steps_down};
use crate::build::BuiltFile;
use crate::build::context::{self, Context, IgnoreFile, Named, Requirements, Source, Tree};
use crate::config::Config;
use crate::fact::Fact;
use crate::resolve::compose::load::Files;
use crate::resolve::dockerignore::Dockerignore;
use crate::resolve::glob::has_wildcard;
use crate::resolve::stage::Plan;
use crate::source::{Span, slashed};
use crate::workspace::Workspace;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More entries than this over all contexts are not looked at: later Dockerfiles then have no known context.
const MAX_ENTRIES: usize = 1_000_000;

/// Larger files are no settings.
const MAX_SETTINGS: u64 = 256 << 10;

/// Who names the context of a Dockerfile, those first whose word counts.
pub(super) struct NamedBy<'a> {
    /// The folders that services build it in, if they are known, and where they say so.
    pub services: &'a [Option<(PathBuf, Span)>],
    pub config: &'a Config,
    /// The folders that Bake files, jobs and the like build it in.
    pub recipes: &'a [(PathBuf, Span)],
}

/// What tells one walk over a context from another: the folder, the ignore file, and what is wanted.
type Key = (String, Option<String>, Vec<String>);

/// The contexts that were walked.
#[derive(Default)]
pub(super) struct Contexts {
    trees: HashMap<Key, Arc<Tree>>,
    ignores: HashMap<PathBuf, Option<IgnoreFile>>,
    entries: usize,
    /// The settings of GoReleaser, read once.
    releasers: Option<Vec<(PathBuf, String)>>,
}

impl Contexts {
    /// The context of a Dockerfile, if it copies from one and it is certain which.
    pub(super) fn find(
        &mut self,
        file: &BuiltFile,
        plan: &Plan,
        by: &NamedBy<'_>,
        workspace: &mut Workspace,
    ) -> Option<Context> {
        let wanted = context::wanted(&file.ast, plan);
        if wanted.is_empty() || self.entries > MAX_ENTRIES {
            return None;
        }
        let (folder, named) = place(file, plan, by, workspace)?;
        if workspace.exists(&folder) != Some(true) {
            return None;
        }
        let ignore = match self.ignore(&folder, file, workspace) {
            Ok(ignore) => ignore,
            // What an ignore file means that the builder refuses, or that is not followed here, is not known.
            Err(()) => return None,
        };
        let rules = ignore.as_ref().map(|ignore| &*ignore.rules);
        let key = (
            slashed(&folder),
            ignore.as_ref().map(|ignore| ignore.path.clone()),
            wanted,
        );
        let tree = match self.trees.get(&key) {
            Some(tree) => tree.clone(),
            None => {
                let tree = Arc::new(workspace.tree(&folder, &key.2, rules));
                self.entries += tree.entries.len();
                self.trees.insert(key, tree.clone());
                tree
            }
        };
        let mut copies = context::copies(&file.ast, plan, &tree, rules);
        let mut mounts = context::mounts(&file.ast, plan, &tree, rules);
        let taken = context::taken(&file.ast, plan, &tree, rules);
        let sources = copies.iter_mut().flat_map(|copy| &mut copy.sources);
        for source in sources.chain(mounts.iter_mut().map(|mount| &mut mount.source)) {
            let Source::Missing { path, made_before } = source else {
                continue;
            };
            let path = folder.join(path);
            *made_before = workspace.ignored(&path) || workspace.made(&path);
            if is_left_out(workspace, &path) {
                *source = Source::Unknown;
            }
        }
        let mut context = Context {
            folder: slashed(&folder),
            is_released: self.is_released(file, &named, workspace),
            named,
            tree,
            ignore,
            copies,
            mounts,
            taken,
            exposed: Vec::new(),
            scripts: Vec::new(),
            steps_down: Vec::new(),
            has_plain_go: false,
            requirements: Requirements::default(),
            locked: std::collections::BTreeMap::new(),
            demands: Vec::new(),
        };
        context.exposed = exposed::copied(&context, &folder, workspace);
        context.scripts = scripts::started(&context, file, plan, workspace);
        context.steps_down = steps_down::found(&context, file, plan, workspace);
        context.has_plain_go = go_sources::are_plain(&context, file, workspace);
        context.requirements = requirements::named(&context, workspace);
        context.locked = locked::counted(&context, workspace);
        context.demands = manifests::demands(&context, file, workspace);
        Some(context)
    }

    /// Whether GoReleaser builds a Dockerfile that nobody else names: in a folder of its own, with what its settings put there and without
    /// the ignore file.
    fn is_released(&mut self, file: &BuiltFile, named: &Named, workspace: &Workspace) -> bool {
        let texts = || {
            let is_one = |path: &&PathBuf| {
                let name = path.to_string_lossy();
                name.contains("goreleaser") && (name.ends_with(".yml") || name.ends_with(".yaml"))
            };
            let tracked = workspace.tracked().into_iter().flat_map(|all| all.iter());
            let read = tracked
                .filter(is_one)
                .filter_map(|path| Some((path.clone(), workspace.peek(path, MAX_SETTINGS)?)));
            let mut found: Vec<(PathBuf, String)> = read.collect();
            for path in [".goreleaser.yml", ".goreleaser.yaml"].map(PathBuf::from) {
                if !found.iter().any(|(other, _)| *other == path) {
                    let text = workspace.peek(&path, MAX_SETTINGS);
                    // Nothing is known of what a makefile writes.
                    found.extend(
                        text.or_else(|| workspace.made(&path).then(String::new))
                            .map(|text| (path, text)),
                    );
                }
            }
            found
        };
        if !matches!(named, Named::Root | Named::Only) {
            return false;
        }
        let names_it = |line: &str| {
            let value = line.trim().trim_start_matches("- ").strip_prefix("dockerfile:");
            value.is_some_and(|value| value.trim().trim_matches(['"', '\'']).trim_start_matches("./") == file.path)
        };
        let mut texts = self.releasers.get_or_insert_with(texts).iter();
        texts.any(|(_, text)| text.is_empty() || text.lines().any(names_it))
    }

    /// The ignore file: the Dockerfile's own, else that of the context.
    fn ignore(&mut self, folder: &Path, file: &BuiltFile, workspace: &mut Workspace) -> Result<Option<IgnoreFile>, ()> {
        let own = PathBuf::from(format!("{}.dockerignore", file.path));
        for path in [own, folder.join(".dockerignore")] {
            if !workspace.is_named(&path) {
                continue;
            }
            // The builder sees no file where a link leads nowhere; that it is one is said.
            if workspace.source(&path).is_err() && workspace.exists(&path) == Some(false) {
                continue;
            }
            let read = self.ignores.entry(path.clone()).or_insert_with(|| {
                let source = workspace.source(&path).ok()?;
                let text = &workspace.sources().get(source).text;
                let rules = Dockerignore::parse(text).ok()?;
                let mut lines = Vec::new();
                let mut start = 0;
                for line in text.split('\n') {
                    lines.push((start, start + line.trim_end().len()));
                    start += line.len() + 1;
                }
                Some(IgnoreFile {
                    path: slashed(&path),
                    source,
                    lines: Arc::new(lines),
                    rules: Arc::new(rules),
                })
            });
            return read.clone().map(Some).ok_or(());
        }
        Ok(None)
    }
}

/// The folder of the context, and who says so.
fn place(file: &BuiltFile, plan: &Plan, by: &NamedBy<'_>, workspace: &Workspace) -> Option<(PathBuf, Named)> {
    if let Some(first) = by.services.first() {
        let (first, span) = first.as_ref()?;
        // One Dockerfile in several contexts is not one context.
        return by
            .services
            .iter()
            .all(|known| known.as_ref().is_some_and(|(folder, _)| folder == first))
            .then(|| (first.clone(), Named::Compose(*span)));
    }
    if let Some(entry) = by
        .config
        .contexts
        .iter()
        .find(|entry| entry.dockerfile.value == file.path)
    {
        return Some((PathBuf::from(&entry.context), Named::Config(entry.span)));
    }
    if let Some((first, span)) = by.recipes.first() {
        let is_one = by.recipes.iter().all(|(folder, _)| folder == first);
        return is_one.then(|| (first.clone(), Named::Recipe(*span)));
    }
    let own = Path::new(&file.path)
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default();
    if own.as_os_str().is_empty() {
        return Some((own, Named::Root));
    }
    let holds = |folder: &Path| {
        context::local(&file.ast, plan)
            .flat_map(|(transfer, _)| transfer.sources.iter().filter_map(Fact::value))
            .filter(|source| !context::is_remote(source) && !has_wildcard(source))
            .map(|source| context::in_context(source))
            .any(|path| !path.is_empty() && workspace.exists(&folder.join(path)) == Some(true))
    };
    match (holds(Path::new("")), holds(&own)) {
        (true, false) => Some((PathBuf::new(), Named::Only)),
        (false, true) => Some((own, Named::Only)),
        _ => None,
    }
}

/// Whether a path is tracked and yet not there: a sparse checkout.
fn is_left_out(workspace: &Workspace, path: &Path) -> bool {
    let is_in = |tracked: &PathBuf| tracked.starts_with(path);
    workspace.may_be_sparse() && workspace.tracked().is_some_and(|tracked| tracked.iter().any(is_in))
}

//! Where each Dockerfile is built: the context that somebody names, or the only one that can be meant.

use crate::config::Config;
use crate::context::{self, Context, EntryKind, Exposed, IgnoreFile, Named, Source, Tree};
use crate::fact::Fact;
use crate::model::path::name;
use crate::resolve::compose::load::Files;
use crate::resolve::dockerignore::Dockerignore;
use crate::resolve::glob::has_wildcard;
use crate::resolve::stage::Plan;
use crate::secret;
use crate::source::{Span, slashed};
use crate::unit::BuiltFile;
use crate::workspace::Workspace;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// More entries than this over all contexts are not looked at: later Dockerfiles then have no known context.
const MAX_ENTRIES: usize = 1_000_000;
/// So many bytes of a file tell whether it holds a secret.
const PEEK: u64 = 64 * 1024;
/// So many files of a context are opened at most.
const MAX_PEEKS: usize = 500;

/// What tells one walk over a context from another: the folder, the ignore file, and what is wanted.
type Key = (String, Option<String>, Vec<String>);

/// The contexts that were walked.
#[derive(Default)]
pub struct Contexts {
    trees: HashMap<Key, Rc<Tree>>,
    ignores: HashMap<PathBuf, Option<IgnoreFile>>,
    entries: usize,
}

impl Contexts {
    /// The context of a Dockerfile, if it copies from one and it is certain which.
    pub fn find(
        &mut self,
        file: &BuiltFile,
        plan: &Plan,
        folders: &[(PathBuf, Span)],
        config: &Config,
        workspace: &mut Workspace,
    ) -> Option<Context> {
        let wanted = context::wanted(&file.ast, plan);
        if wanted.is_empty() || self.entries > MAX_ENTRIES {
            return None;
        }
        let (folder, named) = place(file, plan, folders, config, workspace)?;
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
                let tree = Rc::new(workspace.tree(&folder, &key.2, rules));
                self.entries += tree.entries.len();
                self.trees.insert(key, tree.clone());
                tree
            }
        };
        let mut copies = context::copies(&file.ast, plan, &tree, rules);
        for source in copies.iter_mut().flat_map(|copy| &mut copy.sources) {
            let Source::Missing { path, git_ignored } = source else {
                continue;
            };
            let path = folder.join(path);
            *git_ignored = workspace.ignored(&path);
            // Tracked and yet not there: a sparse checkout.
            let is_left_out = |tracked: &PathBuf| tracked.starts_with(&path);
            if workspace
                .tracked()
                .is_some_and(|tracked| tracked.iter().any(is_left_out))
            {
                *source = Source::Unknown;
            }
        }
        let mut context = Context {
            folder: slashed(&folder),
            named,
            tree,
            ignore,
            copies,
            exposed: Vec::new(),
        };
        context.exposed = exposed(&context, &folder, workspace);
        Some(context)
    }

    /// The ignore file: the Dockerfile's own, else that of the context.
    fn ignore(
        &mut self,
        folder: &Path,
        file: &BuiltFile,
        workspace: &mut Workspace,
    ) -> Result<Option<IgnoreFile>, ()> {
        let own = PathBuf::from(format!("{}.dockerignore", file.path));
        for path in [own, folder.join(".dockerignore")] {
            if workspace.exists(&path) != Some(true) {
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
                    lines: Rc::new(lines),
                    rules: Rc::new(rules),
                })
            });
            return read.clone().map(Some).ok_or(());
        }
        Ok(None)
    }
}

/// The folder of the context, and who says so.
fn place(
    file: &BuiltFile,
    plan: &Plan,
    folders: &[(PathBuf, Span)],
    config: &Config,
    workspace: &Workspace,
) -> Option<(PathBuf, Named)> {
    if let Some((first, span)) = folders.first() {
        // One Dockerfile in several contexts is not one context.
        return folders
            .iter()
            .all(|(folder, _)| folder == first)
            .then(|| (first.clone(), Named::Compose(*span)));
    }
    if let Some(entry) = config
        .contexts
        .iter()
        .find(|entry| entry.dockerfile.value == file.path)
    {
        return Some((PathBuf::from(&entry.context), Named::Config(entry.span)));
    }
    let own = Path::new(&file.path).parent().map(Path::to_path_buf).unwrap_or_default();
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

/// The files with secrets among those that are copied.
fn exposed(context: &Context, folder: &Path, workspace: &Workspace) -> Vec<Exposed> {
    let mut found: Vec<Exposed> = Vec::new();
    let mut looked = 0;
    let items = context.copies.iter().flat_map(|copy| &copy.sources);
    let ranges = items.flat_map(|source| match source {
        Source::Found { items } => items.iter().map(|item| item.range.clone()).collect(),
        _ => Vec::new(),
    });
    let mut seen = std::collections::HashSet::new();
    for range in ranges {
        for entry in context.tree.sent(range) {
            if entry.kind != EntryKind::File || entry.bytes == 0 || !seen.insert(entry.path.as_str()) {
                continue;
            }
            let Some(suspect) = Suspect::of(&entry.path) else {
                continue;
            };
            looked += 1;
            if looked > MAX_PEEKS {
                return found;
            }
            let text = workspace.peek(&folder.join(&entry.path), PEEK).unwrap_or_default();
            if let Some((what, certain)) = suspect.holds(&text) {
                found.push(Exposed {
                    path: entry.path.clone(),
                    what,
                    certain,
                });
            }
        }
    }
    found
}

/// A file whose name says that it may hold a secret.
enum Suspect {
    Environment,
    Key,
    Npm,
    Aws,
    Docker,
    Netrc,
    Pypi,
}

impl Suspect {
    fn of(path: &str) -> Option<Self> {
        let file = name(path);
        let is_sample = ["example", "sample", "template", "dist", "test", "default"]
            .iter()
            .any(|word| file.split(['.', '-', '_']).any(|part| part == *word));
        match file {
            _ if is_sample => None,
            ".npmrc" | ".yarnrc.yml" => Some(Suspect::Npm),
            ".netrc" | "_netrc" | ".git-credentials" => Some(Suspect::Netrc),
            ".pypirc" => Some(Suspect::Pypi),
            "credentials" if path.ends_with(".aws/credentials") => Some(Suspect::Aws),
            "config.json" if path.ends_with(".docker/config.json") => Some(Suspect::Docker),
            ".env" => Some(Suspect::Environment),
            _ if file.starts_with(".env.") => Some(Suspect::Environment),
            "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" => Some(Suspect::Key),
            _ if [".pem", ".key", ".ppk"].iter().any(|end| file.ends_with(end)) => Some(Suspect::Key),
            _ => None,
        }
    }

    /// What a text holds, and whether that was seen in it.
    fn holds(&self, text: &str) -> Option<(&'static str, bool)> {
        let has = |words: &[&str]| {
            text.lines().any(|line| {
                let line = line.trim();
                !line.starts_with(['#', ';'])
                    && !line.contains("${")
                    && words.iter().any(|word| {
                        line.split_once(word)
                            .is_some_and(|(_, rest)| !rest.trim_matches([' ', '=', ':', '"', '\'']).is_empty())
                    })
            })
        };
        match self {
            Suspect::Environment => {
                let pairs = || {
                    text.lines().filter_map(|line| {
                        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
                        let (key, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
                        let value = value.trim().trim_matches(['"', '\'']);
                        (!value.is_empty() && !value.starts_with('$')).then_some((key.trim(), value))
                    })
                };
                let is_credential = |(key, value): (&str, &str)| {
                    secret::looks_like_a_credential(value) && secret::url_password(value).is_none()
                        || secret::url_password(value).is_some_and(secret::looks_random)
                        || secret::names_a_secret(key) && secret::looks_random(value)
                };
                if pairs().any(is_credential) {
                    Some(("credentials", true))
                } else {
                    pairs()
                        .any(|(key, _)| secret::names_a_secret(key))
                        .then_some(("settings that are named like secrets", false))
                }
            }
            Suspect::Key => (text.contains("PRIVATE KEY-----") || text.starts_with("PuTTY-User-Key-File"))
                .then_some(("a private key", true)),
            Suspect::Npm => has(&["_authToken", "_auth", "_password", "npmAuthToken"]).then_some(("a token", true)),
            Suspect::Aws => has(&["aws_secret_access_key"]).then_some(("an access key", true)),
            Suspect::Docker => has(&["\"auth\""]).then_some(("registry credentials", true)),
            Suspect::Netrc => (has(&["password "]) || text.lines().any(|line| secret::url_password(line).is_some()))
                .then_some(("a password", true)),
            Suspect::Pypi => has(&["password"]).then_some(("a password", true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_suspects_and_contents_decide() {
        let holds = |path: &str, text: &str| Suspect::of(path).and_then(|suspect| suspect.holds(text)).map(|(_, sure)| sure);
        assert_eq!(holds("a/.env", "API_TOKEN=k7Qm2vXz9Lp4Rt8W\n"), Some(true));
        assert_eq!(holds(".env", "PORT=3000\n# API_TOKEN=k7Qm2vXz9Lp4Rt8W\n"), None);
        assert_eq!(holds(".env", "DB_PASSWORD=changeme\n"), Some(false));
        assert_eq!(holds(".env.example", "API_TOKEN=k7Qm2vXz9Lp4Rt8W\n"), None);
        assert_eq!(holds("tls/a.key", "-----BEGIN RSA PRIVATE KEY-----\n"), Some(true));
        assert_eq!(holds("tls/a.pem", "-----BEGIN CERTIFICATE-----\n"), None);
        assert_eq!(holds(".npmrc", "//registry.npmjs.org/:_authToken=npm_abc\n"), Some(true));
        assert_eq!(holds(".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"), None);
        assert_eq!(holds("home/.aws/credentials", "aws_secret_access_key = x\n"), Some(true));
        assert_eq!(holds("credentials", "aws_secret_access_key = x\n"), None);
    }
}

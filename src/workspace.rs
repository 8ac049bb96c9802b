//! The only place that reads files: inside the workspace root, regular files, up to a size, each once.

mod before;
mod beneath;
mod elsewhere;
mod ground;
mod ignored;
mod index;
mod locate;
mod made;
mod notes;
mod read;
mod told;
mod tree;
mod walk;

pub(crate) use read::is_pointer;
pub(crate) use told::Told;
pub(crate) use walk::Hidden;

use crate::failure::Failure;
use crate::git::{self, Changed};
use crate::order::Order as _;
use crate::parallel;
use crate::parse::Problem;
use crate::parse::yaml::{self, YamlFile};
use crate::progress;
use crate::resolve::compose::load::{Files, Loaded, Missing};
use crate::source::{SourceId, Sources, Spanned};
use ground::Ground;
use index::Index;
use locate::leaves;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Larger files are not read: no Dockerfile or Compose file comes near.
pub(crate) const MAX_BYTES: u64 = 5 * 1024 * 1024;

/// The workspace: a root folder and what was read below it.
pub struct Workspace {
    ground: Ground,
    sources: Sources,
    texts: HashMap<PathBuf, Result<SourceId, Missing>>,
    yaml: HashMap<SourceId, Loaded>,
    /// What is parsed before somebody asks.
    ahead: HashMap<SourceId, Arc<YamlFile>>,
    problems: Vec<Problem>,
    /// Texts that were taken for those of files.
    taken: HashSet<SourceId>,
    /// What git says of the checkout, where somebody asked.
    changed: Option<Changed>,
    tracked: OnceLock<Option<Index>>,
    starts_elsewhere: OnceLock<bool>,
    telling: OnceLock<Vec<PathBuf>>,
    joined: OnceLock<HashSet<String>>,
    assigned: OnceLock<HashSet<String>>,
    making: OnceLock<Vec<(bool, String)>>,
    started: OnceLock<Vec<HashSet<String>>>,
    deployed: OnceLock<HashSet<String>>,
    ignore_rules: ignored::IgnoreRules,
    /// What somebody wanted to know about, there or not.
    asked: RefCell<HashSet<OsString>>,
}

impl Workspace {
    /// A workspace below `root`.
    ///
    /// # Errors
    /// The folder is not there or cannot be entered.
    pub fn open(root: &Path) -> Result<Self, Failure> {
        let canonical = root
            .canonicalize()
            .map_err(|error| Failure::from(error).of(format!("the root `{}` cannot be opened", root.display())))?;
        if !canonical.is_dir() {
            return Err(Failure::new(format!("the root `{}` is not a folder", root.display())));
        }
        let ground = Ground::open(canonical)
            .map_err(|error| Failure::from(error).of(format!("the root `{}` cannot be opened", root.display())))?;
        Ok(Self::on(ground))
    }

    fn on(ground: Ground) -> Self {
        Self {
            ground,
            sources: Sources::default(),
            texts: HashMap::new(),
            yaml: HashMap::new(),
            ahead: HashMap::new(),
            problems: Vec::new(),
            taken: HashSet::new(),
            changed: None,
            tracked: OnceLock::new(),
            starts_elsewhere: OnceLock::new(),
            telling: OnceLock::new(),
            joined: OnceLock::new(),
            assigned: OnceLock::new(),
            making: OnceLock::new(),
            started: OnceLock::new(),
            deployed: OnceLock::new(),
            ignore_rules: ignored::IgnoreRules::default(),
            asked: RefCell::default(),
        }
    }

    /// A workspace of the files of a commit, all of which git tracks.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub(crate) fn of_commit(folder: &Path, files: HashSet<PathBuf>) -> Result<Self, Failure> {
        let workspace = Self::open(folder)?;
        // Nobody was asked before.
        let _ = workspace.tracked.set(Some(Index {
            files: Arc::new(files),
            ..Index::default()
        }));
        Ok(workspace)
    }

    /// The paths that somebody wanted to know about since the last time that this was called, be there something or not: with other
    /// content there, the answers could have been others. Links count under their own name and under that of what they lead to.
    pub(crate) fn take_asked(&self) -> BTreeSet<PathBuf> {
        self.asked.take().into_iter().map(PathBuf::from).collect()
    }

    /// Counts a path among those that were asked for.
    pub(crate) fn ask(&self, path: &Path) {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(path.as_os_str()) {
            asked.insert(path.as_os_str().to_owned());
        }
    }

    /// The root folder, without links.
    pub fn root(&self) -> &Path {
        self.ground.root()
    }

    /// Every text that was read.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The path of something below the root, relative to it; `None` if it lies elsewhere.
    pub fn relative(&self, path: &Path) -> Option<PathBuf> {
        let absolute = if path.is_absolute() {
            path.to_path_buf()
        } else {
            std::env::current_dir().ok()?.join(path)
        };
        // The last part may be a link: where it leads is checked when it is read.
        let (folder, name) = match (absolute.parent(), absolute.file_name()) {
            (Some(folder), Some(name)) if !absolute.is_dir() => (folder.canonicalize().ok()?, Some(name.to_owned())),
            _ => (absolute.canonicalize().ok()?, None),
        };
        let below = folder.strip_prefix(self.root()).ok()?;
        Some(name.map_or_else(|| below.to_path_buf(), |name| below.join(name)))
    }

    /// The files that git tracks, if there is a repository that can be read.
    pub fn tracked(&self) -> Option<&Arc<HashSet<PathBuf>>> {
        self.index().map(|index| &index.files)
    }

    /// Whose repository it is, and its name there, by its remote `origin`.
    pub fn origin(&self) -> Option<(String, String)> {
        git::origin(self.root())
    }

    /// The files that git tracks whose names let them tell how the repository is used.
    fn telling(&self) -> &[PathBuf] {
        self.telling.get_or_init(|| {
            self.tracked()
                .map_or_else(Vec::new, |tracked| elsewhere::telling(tracked.iter()))
        })
    }

    /// Whether a script, a job or a text of the repository starts Compose with this file and another one.
    pub(crate) fn joins(&self, file: &Path) -> bool {
        let file = crate::source::slashed(file);
        let below = |(folder, name): (&str, &str)| {
            let inside = file.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            inside.is_some_and(|inside| inside.ends_with(&format!("/{name}")))
        };
        let mut ways = self.joined().iter().filter_map(|way| way.split_once("/*/"));
        self.joined().contains(&file) || ways.any(below)
    }

    /// The files that a script, a job or a text of the repository starts Compose with together with another one.
    pub(crate) fn joined(&self) -> &HashSet<String> {
        self.joined.get_or_init(|| elsewhere::joined(self, self.telling()))
    }

    /// Whether a script, a job or a text of the repository gives this file to a Swarm (`docker stack deploy -c`).
    pub(crate) fn deploys(&self, file: &Path) -> bool {
        let deployed = self.deployed.get_or_init(|| elsewhere::deployed(self, self.telling()));
        deployed.contains(&crate::source::slashed(file))
    }

    /// Whether a script or a job of the repository builds with Buildah.
    pub(crate) fn has_buildah(&self) -> bool {
        elsewhere::builds_with_buildah(self, self.telling())
    }

    /// The services that each line of a script or a text of the repository starts by their names.
    pub(crate) fn started(&self) -> &[HashSet<String>] {
        self.started.get_or_init(|| elsewhere::started(self, self.telling()))
    }

    /// Whether a script, a makefile or a job of the repository gives a variable a value.
    pub(crate) fn assigns(&self, name: &str) -> bool {
        self.ask(Path::new(told::ASSIGNED));
        self.assigned
            .get_or_init(|| elsewhere::assigned(self, self.telling()))
            .contains(name)
    }

    /// Whether files that git tracks may be left out of the work tree on purpose (a sparse checkout).
    pub fn may_be_sparse(&self) -> bool {
        let git = self.root().join(".git");
        self.tracked().is_some() && (!git.is_dir() || git.join("info/sparse-checkout").exists())
    }

    /// Every text that was read, for good.
    pub fn into_sources(self) -> Sources {
        self.sources
    }

    /// The comments of every YAML file that was read.
    pub fn yaml_comments(&self) -> Vec<Spanned<String>> {
        let mut comments: Vec<_> = self
            .yaml
            .values()
            .flat_map(|loaded| loaded.file.comments.iter().cloned())
            .collect();
        comments.order_by_key(|comment| comment.span);
        comments
    }

    /// Every YAML file that was read.
    pub fn yaml_files(&self) -> impl Iterator<Item = &YamlFile> {
        self.yaml.values().map(|loaded| &*loaded.file)
    }

    /// Parses YAML files that will be asked for, all at once. What nobody asks for stays unsaid.
    pub(crate) fn read_ahead(&mut self, paths: impl Iterator<Item = PathBuf>) {
        let sources: BTreeSet<SourceId> = paths.filter_map(|path| self.source(&path).ok()).collect();
        let sources: Vec<SourceId> = sources
            .into_iter()
            .filter(|source| !self.yaml.contains_key(source) && !self.ahead.contains_key(source))
            .collect();
        let files = parallel::map(&sources, 1, |source| {
            progress::at(*source);
            Arc::new(yaml::parse(*source, &self.sources.get(*source).text))
        });
        self.ahead.extend(sources.into_iter().zip(files));
    }

    /// The tree of a YAML file that was read.
    pub(crate) fn read_already(&self, source: SourceId) -> Option<Arc<YamlFile>> {
        self.yaml.get(&source).map(|loaded| loaded.file.clone())
    }

    /// Takes what was wrong with files as files and as YAML.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// Takes this text for the file at `path`, whatever is on disk.
    pub fn preload(&mut self, path: &Path, text: String) {
        let source = self.sources.add(path, text);
        self.texts.insert(path.to_path_buf(), Ok(source));
        self.taken.insert(source);
    }

    /// The text that was taken for the file at `path`.
    pub(crate) fn preloaded(&self, path: &Path) -> Option<&str> {
        let source = self.texts.get(path)?.as_ref().ok()?;
        Some(&self.sources.get(*source).text)
    }

    /// Reads a text once, under the name that it has without links. The error is also kept as a finding, unless there is nothing at
    /// that path or the path itself leaves the root.
    pub(crate) fn source(&mut self, path: &Path) -> Result<SourceId, Missing> {
        self.ask(path);
        if let Some(known) = self.texts.get(path) {
            if let Ok(source) = known {
                self.ask(Path::new(&self.sources.get(*source).path));
            }
            return known.clone();
        }
        let result = match self.real(path) {
            Ok(real) if real != path => self.source(&real),
            real => {
                let read = real
                    .and_then(|real| self.read(&real))
                    .map(|text| self.sources.add(path, text));
                if let Ok(source) = read {
                    progress::read(source, &self.sources.get(source).path);
                }
                match &read {
                    Err(Missing::Unreadable(reason)) => {
                        self.note(path, &format!("this file cannot be checked: {reason}"), "");
                    }
                    Err(Missing::Absent) if self.is_named(path) => self.note_ignored_target(path),
                    _ => {}
                }
                read
            }
        };
        self.texts.insert(path.to_path_buf(), result.clone());
        result
    }

    /// Whether somebody may execute a regular file; `None` where that is not told.
    pub fn is_executable(&self, path: &Path) -> Option<bool> {
        let real = self.locate(path.parent()?).ok()?.join(path.file_name()?);
        Some(self.ground.look(&real).ok()?.mode? & 0o111 != 0)
    }
}

impl Files for Workspace {
    fn yaml(&mut self, path: &Path) -> Result<Loaded, Missing> {
        let source = self.source(path)?;
        if let Some(known) = self.yaml.get(&source) {
            return Ok(known.clone());
        }
        let ahead = self.ahead.remove(&source);
        let file = ahead.unwrap_or_else(|| Arc::new(yaml::parse(source, &self.sources.get(source).text)));
        self.problems.extend(file.problems.iter().cloned());
        let loaded = Loaded { source, file };
        self.yaml.insert(source, loaded.clone());
        Ok(loaded)
    }

    fn text(&mut self, path: &Path) -> Result<String, Missing> {
        let source = self.source(path)?;
        Ok(self.sources.get(source).text.clone())
    }

    fn exists(&self, path: &Path) -> Option<bool> {
        match self.locate(path) {
            Ok(_) | Err(Missing::Unreadable(_)) => Some(true),
            Err(Missing::Absent) => Some(false),
            Err(Missing::Outside) => None,
        }
    }

    fn starts_elsewhere(&self) -> bool {
        *self
            .starts_elsewhere
            .get_or_init(|| elsewhere::is_said(self, self.telling()))
    }

    fn made(&self, path: &Path) -> bool {
        if leaves(path) {
            return false;
        }
        self.ask(Path::new(told::MADE));
        let lines = self.making.get_or_init(|| made::lines(self, self.telling()));
        // Or the first folder on the way that is absent.
        let absent = path
            .ancestors()
            .filter(|folder| self.exists(folder) == Some(false))
            .last();
        made::is_made(lines, path) || absent.is_some_and(|folder| folder != path && made::is_made(lines, folder))
    }

    fn ignored(&self, path: &Path) -> bool {
        if leaves(path) {
            return false;
        }
        // Nothing can be seen of a link to a file that is made where the repository is used.
        self.ignore_rules.ignore(&self.ground, &self.target(path))
    }
}

#[cfg(test)]
mod tests;

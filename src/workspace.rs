//! The only place that reads files: inside the workspace root, regular files, up to a size, each once.

mod ignored;
mod tree;
mod walk;

pub(crate) use walk::Hidden;

use crate::failure::Failure;
use crate::finding::{Finding, ReaderRule, Severity};
use crate::git;
use crate::parse::Problem;
use crate::parse::yaml::{self, YamlFile};
use crate::progress;
use crate::resolve::compose::load::{Files, Loaded, Missing};
use crate::resolve::compose::paths::{join, parent};
use crate::source::{SourceId, Sources, Span, Spanned};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// Larger files are not read: no Dockerfile or Compose file comes near.
pub(crate) const MAX_BYTES: u64 = 5 * 1024 * 1024;

/// The files that git tracks, and the folders that are submodules.
type Index = (Rc<HashSet<PathBuf>>, Vec<PathBuf>);

/// The workspace: a root folder and what was read below it.
pub struct Workspace {
    root: PathBuf,
    sources: Sources,
    texts: HashMap<PathBuf, Result<SourceId, Missing>>,
    yaml: HashMap<SourceId, Loaded>,
    problems: Vec<Problem>,
    tracked: OnceCell<Option<Index>>,
    ignore_rules: ignored::IgnoreRules,
    /// What somebody wanted to know about, there or not.
    asked: RefCell<BTreeSet<PathBuf>>,
}

impl Workspace {
    /// A workspace below `root`.
    ///
    /// # Errors
    /// The folder is not there or cannot be entered.
    pub fn open(root: &Path) -> Result<Self, Failure> {
        let canonical = root
            .canonicalize()
            .map_err(|error| Failure::from(error).of(format!("the root '{}' cannot be opened", root.display())))?;
        if !canonical.is_dir() {
            return Err(Failure::new(format!("the root '{}' is no folder", root.display())));
        }
        Ok(Self {
            root: canonical,
            sources: Sources::default(),
            texts: HashMap::new(),
            yaml: HashMap::new(),
            problems: Vec::new(),
            tracked: OnceCell::new(),
            ignore_rules: ignored::IgnoreRules::default(),
            asked: RefCell::default(),
        })
    }

    /// A workspace of the files of a commit, all of which git tracks.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub(crate) fn of_commit(folder: &Path, files: HashSet<PathBuf>) -> Result<Self, Failure> {
        let workspace = Self::open(folder)?;
        // Nobody was asked before.
        let _ = workspace.tracked.set(Some((Rc::new(files), Vec::new())));
        Ok(workspace)
    }

    /// The paths that somebody wanted to know about since the last time that this was called, be there something or not: with other
    /// content there, the answers could have been others. Links count under their own name and under that of what they lead to.
    pub(crate) fn take_asked(&self) -> BTreeSet<PathBuf> {
        self.asked.take()
    }

    /// Counts a path among those that were asked for.
    pub(crate) fn ask(&self, path: &Path) {
        self.asked.borrow_mut().insert(path.to_path_buf());
    }

    /// The root folder, without links.
    pub fn root(&self) -> &Path {
        &self.root
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
        let below = folder.strip_prefix(&self.root).ok()?;
        Some(name.map_or_else(|| below.to_path_buf(), |name| below.join(name)))
    }

    /// The files that git tracks, if there is a repository that can be read.
    pub fn tracked(&self) -> Option<&Rc<HashSet<PathBuf>>> {
        self.index().map(|(files, _)| files)
    }

    /// The folders that are submodules.
    fn modules(&self) -> &[PathBuf] {
        self.index().map_or(&[], |(_, modules)| modules)
    }

    fn index(&self) -> Option<&Index> {
        self.tracked
            .get_or_init(|| git::tracked(&self.root).map(|tracked| (Rc::new(tracked.files), tracked.modules)))
            .as_ref()
    }

    /// Whether files that git tracks may be left out of the work tree on purpose (a sparse checkout).
    pub fn may_be_sparse(&self) -> bool {
        let git = self.root.join(".git");
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
        comments.sort_by_key(|comment| comment.span);
        comments
    }

    /// Every YAML file that was read.
    pub fn yaml_files(&self) -> impl Iterator<Item = &YamlFile> {
        self.yaml.values().map(|loaded| &*loaded.file)
    }

    /// Takes what was wrong with files as files and as YAML.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// Takes this text for the file at `path`, whatever is on disk.
    pub fn preload(&mut self, path: &Path, text: String) {
        let source = self.sources.add(path, text);
        self.texts.insert(path.to_path_buf(), Ok(source));
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
                        self.note(path, &format!("this file cannot be judged: {reason}"), "");
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

    /// Adds something that is wrong with a file.
    pub(crate) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Says of a link to a file that git ignores that the file is not here: where the repository is used, somebody makes it.
    fn note_ignored_target(&mut self, path: &Path) {
        let source = self.sources.add(path, String::new());
        let message = "this link leads to a file that git ignores and that is not in this checkout";
        let finding = Finding::new(Span::new(source, 0, 0), message)
            .help("to judge it, create the file before the gate runs")
            .severity(Severity::Note);
        self.problems.push(Problem::new(ReaderRule::UnreadableInput, finding));
    }

    /// Notes that a file or folder below the root was not judged.
    pub(crate) fn note(&mut self, path: &Path, message: &str, help: &str) {
        // The root itself has no name.
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        let source = self.sources.add(path, String::new());
        let finding = Finding::new(Span::new(source, 0, 0), message).help(help);
        self.problems.push(Problem::new(ReaderRule::UnreadableInput, finding));
    }

    /// Says of a file that could be read that it is not judged, and why: a note at one of its lines (from 1).
    pub(crate) fn leave_out(&mut self, path: &Path, line: usize, message: &str) {
        let Ok(source) = self.source(path) else { return };
        let text = &self.sources.get(source).text;
        let start: usize = text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let end = text
            .get(start..)
            .and_then(|rest| rest.lines().next())
            .map_or(start, |line| start + line.len());
        let finding = Finding::new(Span::new(source, start, end), message)
            .help("judge the files that it is made into")
            .severity(Severity::Note);
        self.problems.push(Problem::new(ReaderRule::UnreadableInput, finding));
    }

    /// The name that a file below the root has without links.
    ///
    /// # Errors
    /// There is nothing at that path (or a link to what git ignores), the path leaves the root, or it is a link that leads nowhere or
    /// out of the root.
    pub(crate) fn real(&self, path: &Path) -> Result<PathBuf, Missing> {
        match self.locate(path) {
            Ok(real) => Ok(real.strip_prefix(&self.root).map(Path::to_path_buf).unwrap_or(real)),
            Err(Missing::Absent) if self.is_named(path) && !self.ignored(path) => {
                Err(Missing::Unreadable("it is a link that leads nowhere".to_owned()))
            }
            Err(Missing::Outside) if !leaves(path) => Err(Missing::Unreadable(
                "it is a link that leads outside the workspace root".to_owned(),
            )),
            Err(missing) => Err(missing),
        }
    }

    /// Whether there is something below the root at this path, links followed, and it is no folder.
    pub(crate) fn is_file(&self, path: &Path) -> bool {
        self.locate(path).is_ok_and(|real| !real.is_dir())
    }

    /// The path that a chain of links below the root ends at, be there something or not.
    fn target(&self, path: &Path) -> PathBuf {
        let mut path = path.to_path_buf();
        // As many as the kernel follows.
        for _ in 0..40 {
            let Ok(target) = self.root.join(&path).read_link() else {
                break;
            };
            let Some(target) = target.to_str().filter(|target| !target.starts_with('/')) else {
                break;
            };
            let next = join(&parent(&path), target);
            if leaves(&next) {
                break;
            }
            path = next;
        }
        path
    }

    /// Whether there is something below the root at this path, be it a link that leads nowhere.
    pub(crate) fn is_named(&self, path: &Path) -> bool {
        self.ask(path);
        !leaves(path) && self.root.join(path).symlink_metadata().is_ok()
    }

    /// A file below the root, named without links, as text.
    fn read(&self, real: &Path) -> Result<String, Missing> {
        let bytes = self.bytes(real)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(Missing::Unreadable(format!(
                "it is larger than {} MiB",
                MAX_BYTES >> 20
            )));
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Missing::Unreadable("it is UTF-16: save it as UTF-8".to_owned()));
        }
        match String::from_utf8(bytes) {
            Ok(text) if text.contains('\0') => Err(Missing::Unreadable("it is binary: it holds NUL bytes".to_owned())),
            Ok(text) if is_pointer(&text) => Err(Missing::Unreadable(
                "it is a Git LFS pointer: fetch the content with `git lfs pull`".to_owned(),
            )),
            Ok(text) => Ok(text),
            Err(error) => Err(Missing::Unreadable(format!(
                "it is not UTF-8 (byte {})",
                error.utf8_error().valid_up_to()
            ))),
        }
    }

    /// A regular file below the root, named without links: at most one byte more than is ever judged.
    fn bytes(&self, real: &Path) -> Result<Vec<u8>, Missing> {
        let real = self.root.join(real);
        let metadata = real.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(Missing::Absent);
        }
        // Asked before opening: opening a pipe would wait for its other end.
        if !metadata.is_file() {
            return Err(Missing::Unreadable("it is no regular file".to_owned()));
        }
        let mut bytes = Vec::new();
        let file = File::open(&real).map_err(unreadable)?;
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }

    /// A file below the root as it is, text or not, links followed: to see what kind of file it is. It is not kept, and nothing is noted.
    ///
    /// # Errors
    /// As for [`Self::source`], but for what is no text.
    pub(crate) fn glance(&self, path: &Path) -> Result<String, Missing> {
        let bytes = self.bytes(&self.real(path)?)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The beginning of a regular file below the root, as far as it is text; links are not followed. It is not kept.
    pub fn peek(&self, path: &Path, bytes: u64) -> Option<String> {
        let real = self.locate(path.parent()?).ok()?.join(path.file_name()?);
        if !real.symlink_metadata().ok()?.is_file() {
            return None;
        }
        let mut start = Vec::new();
        File::open(real).ok()?.take(bytes).read_to_end(&mut start).ok()?;
        Some(String::from_utf8_lossy(&start).into_owned())
    }

    /// A regular file below the root, to be read as it is; links are not followed.
    ///
    /// # Errors
    /// It is not there, leads out of the root, is no regular file, or cannot be read.
    pub fn file(&self, path: &Path) -> Result<File, Missing> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Missing::Absent);
        };
        let real = self.locate(folder)?.join(name);
        match real.symlink_metadata() {
            Ok(data) if data.is_file() => File::open(real).map_err(unreadable),
            Ok(_) => Err(Missing::Unreadable("it is no regular file".to_owned())),
            Err(_) => Err(Missing::Absent),
        }
    }

    /// Whether a path is a folder; `None` where nothing is there, or nothing that may be looked at.
    pub fn is_folder(&self, path: &Path) -> Option<bool> {
        Some(self.locate(path).ok()?.is_dir())
    }

    /// Whether somebody may execute a regular file; `None` where that is not told.
    #[cfg(unix)]
    pub fn is_executable(&self, path: &Path) -> Option<bool> {
        use std::os::unix::fs::PermissionsExt;
        let real = self.locate(path.parent()?).ok()?.join(path.file_name()?);
        let data = real.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some(data.permissions().mode() & 0o111 != 0)
    }

    /// Whether somebody may execute a regular file; `None` where that is not told.
    #[cfg(not(unix))]
    pub fn is_executable(&self, _: &Path) -> Option<bool> {
        None
    }

    /// Where a path leads, links followed; it must lie below the root.
    fn locate(&self, path: &Path) -> Result<PathBuf, Missing> {
        self.ask(path);
        if leaves(path) {
            return Err(Missing::Outside);
        }
        match self.root.join(path).canonicalize() {
            Ok(real) if real.starts_with(&self.root) => Ok(real),
            Ok(_) => Err(Missing::Outside),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                Err(Missing::Absent)
            }
            Err(error) => Err(unreadable(error)),
        }
    }
}

impl Files for Workspace {
    fn yaml(&mut self, path: &Path) -> Result<Loaded, Missing> {
        let source = self.source(path)?;
        if let Some(known) = self.yaml.get(&source) {
            return Ok(known.clone());
        }
        let mut file: YamlFile = yaml::parse(source, &self.sources.get(source).text);
        self.problems.append(&mut file.problems);
        let loaded = Loaded {
            source,
            file: Rc::new(file),
        };
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

    fn ignored(&self, path: &Path) -> bool {
        if leaves(path) {
            return false;
        }
        // Nothing can be seen of a link to a file that is made where the repository is used.
        self.ignore_rules.ignore(&self.root, &self.target(path))
    }
}

/// Whether a text is what Git LFS leaves in place of a file (its specification: a first line with the version).
pub(crate) fn is_pointer(text: &str) -> bool {
    [
        "version https://git-lfs.github.com/spec/",
        "version https://hawser.github.com/spec/",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}

/// Whether a relative path is none, or goes above its start.
fn leaves(path: &Path) -> bool {
    let mut depth = 0_i64;
    path.components().any(|part| {
        match part {
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return true,
        }
        depth < 0
    })
}

/// It is there and the operating system refuses to read it.
fn unreadable(error: std::io::Error) -> Missing {
    Missing::Unreadable(Failure::from(error).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("root")).unwrap();
        fs::write(folder.path().join("secret"), "password").unwrap();
        let workspace = Workspace::open(&folder.path().join("root")).unwrap();
        (folder, workspace)
    }

    #[test]
    fn nothing_outside_the_root_is_read() {
        let (folder, mut workspace) = workspace();
        symlink("../secret", folder.path().join("root/link")).unwrap();
        symlink(folder.path().join("secret"), folder.path().join("root/absolute")).unwrap();
        for path in ["../secret", "a/../../secret", "/etc/passwd"] {
            assert_eq!(workspace.source(Path::new(path)), Err(Missing::Outside), "{path}");
        }
        // A name below the root is a file to read, so that it is said.
        for path in ["link", "absolute"] {
            let refused = workspace.source(Path::new(path)).unwrap_err();
            let Missing::Unreadable(why) = refused else {
                panic!("{path}: {refused:?}");
            };
            assert!(why.contains("outside the workspace root"), "{path}: {why}");
        }
    }

    #[test]
    fn what_is_no_text_is_a_finding_with_its_reason() {
        let (folder, mut workspace) = workspace();
        let root = folder.path().join("root");
        fs::write(root.join("latin"), b"a\xe9b").unwrap();
        fs::write(root.join("wide"), b"\xff\xfea\0").unwrap();
        fs::write(root.join("nul"), b"a\0b").unwrap();
        fs::write(root.join("big"), vec![b'x'; 5 * 1024 * 1024 + 1]).unwrap();
        for (name, word) in [
            ("latin", "UTF-8 (byte 1)"),
            ("wide", "UTF-16"),
            ("nul", "binary"),
            ("big", "larger"),
        ] {
            assert!(
                matches!(workspace.source(Path::new(name)), Err(Missing::Unreadable(reason)) if reason.contains(word)),
                "{name}"
            );
        }
        assert_eq!(workspace.take_problems().len(), 4);
    }

    #[test]
    fn links_inside_the_root_are_followed() {
        let (folder, mut workspace) = workspace();
        fs::write(folder.path().join("root/real"), "text").unwrap();
        symlink("real", folder.path().join("root/link")).unwrap();
        assert!(workspace.source(Path::new("link")).is_ok());
    }
}

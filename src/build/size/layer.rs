//! The layer of one RUN while its effects are put on the files below it.

use super::Bytes;
use super::files::{Files, Known, below};
use crate::build::effects::{Placing, Target};
use crate::values::path::name;
use std::collections::BTreeMap;

/// So many files are looked at for one RUN, and children of one folder.
const MAX_SEEN: usize = 1_000_000;
const MAX_CHILDREN: usize = 1000;

/// What one RUN has done so far.
pub(super) struct RunLayer<'a> {
    /// What is below.
    pub files: &'a mut Files,
    /// The files of its layer.
    layer: BTreeMap<String, Known>,
    /// What else it surely adds, and about how much.
    pub more: Bytes,
    why: Vec<String>,
    /// Files that were looked at.
    seen: usize,
    /// No file of the layer is sure.
    doubted: bool,
}

impl<'a> RunLayer<'a> {
    pub(super) fn new(files: &'a mut Files) -> Self {
        Self {
            files,
            layer: BTreeMap::new(),
            more: Bytes::exact(0),
            why: Vec::new(),
            seen: 0,
            doubted: false,
        }
    }

    /// Puts it on the files below: its bytes, how they are known, and how many files were looked at.
    pub(super) fn finish(self) -> (Bytes, String, usize) {
        let mut bytes = self.more;
        for (path, mut file) in self.layer {
            file.sure &= !self.files.in_volume(&path);
            let at_least = if file.sure { file.bytes } else { 0 };
            bytes = bytes.plus(Bytes::between(at_least, file.bytes, None));
            self.files.put(path, file);
        }
        let why = match (self.why.is_empty(), bytes.at_least) {
            (false, _) => self.why.join("; "),
            (true, 0) => "it adds nothing, and deleted files stay in earlier layers".to_owned(),
            (true, _) => "files".to_owned(),
        };
        (bytes, why, self.seen)
    }

    /// Something is added that nobody knows.
    pub(super) fn open(&mut self, why: impl AsRef<str>) {
        self.more = self.more.plus(Bytes::rough(0, None));
        self.note(why.as_ref());
    }

    pub(super) fn note(&mut self, why: &str) {
        if self.why.len() < 5 && !self.why.iter().any(|known| known == why) {
            self.why.push(why.to_owned());
        }
    }

    /// Something ran that may have changed or taken away any file.
    pub(super) fn doubt(&mut self) {
        self.seen += self.files.doubt();
        if !self.doubted {
            self.layer.values_mut().for_each(|file| file.sure = false);
            self.doubted = true;
        }
    }

    fn put(&mut self, path: String, file: Known) {
        self.doubted &= !file.sure;
        self.layer.insert(path, file);
    }

    /// The paths that are meant, as far as they are known, and whether they are the content of a folder.
    fn paths(&mut self, what: &Target) -> Option<(Vec<String>, bool)> {
        let folder = match what {
            Target::Path(path) => return Some((vec![path.clone()], false)),
            Target::AllIn(folder) if folder != "/" => folder,
            _ => return None,
        };
        let mut children = self.files.children(folder);
        // The shell leaves out what begins with a dot.
        children.retain(|child| !name(child).starts_with('.'));
        let inside = format!("{folder}/");
        for (path, _) in self.layer.range(inside.clone()..) {
            let Some(rest) = path.strip_prefix(&inside) else { break };
            let child = format!("{inside}{}", rest.split('/').next().unwrap_or(""));
            if children.last() != Some(&child) && children.len() < MAX_CHILDREN {
                children.push(child);
            }
        }
        children.sort_unstable();
        children.dedup();
        self.seen += children.len();
        Some((children, true))
    }

    /// The files at a path, in this layer and below it.
    fn at(&mut self, path: &str) -> Vec<(String, Known)> {
        if self.seen > MAX_SEEN {
            self.open("there are too many files");
            return Vec::new();
        }
        let mut found: BTreeMap<String, Known> =
            self.files.at(path).map(|(path, file)| (path.clone(), *file)).collect();
        found.extend(below(&self.layer, path).map(|(path, file)| (path.clone(), *file)));
        self.seen += found.len();
        found.into_iter().collect()
    }

    pub(super) fn remove(&mut self, what: &Target) {
        match self.paths(what) {
            Some((paths, _)) => {
                for path in paths {
                    self.files.remove(&path);
                    let gone: Vec<String> = below(&self.layer, &path).map(|(path, _)| path.clone()).collect();
                    for path in gone {
                        self.layer.remove(&path);
                    }
                }
            }
            // It may be any of them.
            None => self.doubt(),
        }
        // Something above may have been written only to be deleted here.
        if self.more.at_least > 0 {
            self.more.doubt();
        }
    }

    /// Stores files once more whose owner or mode changes. `change` says whether one does, if that is known.
    fn again(
        &mut self,
        what: &Target,
        recursive: bool,
        change: &dyn Fn(&Known) -> Option<bool>,
        set: &dyn Fn(&mut Known),
    ) {
        let Some((paths, _)) = self.paths(what) else {
            return self.open("the changed files depend on variables");
        };
        for path in paths {
            for (below, mut file) in self.at(&path) {
                if !recursive && below != path || file.link || self.layer.contains_key(&below) {
                    continue;
                }
                match change(&file) {
                    Some(true) => {}
                    Some(false) => continue,
                    None => file.sure = false,
                }
                set(&mut file);
                self.put(below, file);
            }
            if recursive && !self.files.is_whole(&path) {
                self.open(format!("other files in {path} are unknown"));
            } else if recursive && self.files.is_on_image() {
                self.more.doubt();
            }
        }
    }

    /// `chown`; `user` is the new one.
    pub(super) fn own(&mut self, what: &Target, recursive: bool, user: Option<&str>, sure: bool) {
        let certain = sure && user.is_some_and(|user| !matches!(user, "root" | "0"));
        let change = |file: &Known| (certain && file.roots).then_some(true);
        self.again(what, recursive, &change, &|file| file.roots = false);
    }

    /// `chmod`; `mode` is the new one.
    pub(super) fn mode(&mut self, what: &Target, recursive: bool, mode: Option<&str>, sure: bool) {
        let new = |old: u32| mode.and_then(|mode| changed(old, mode));
        let change = |file: &Known| {
            let old = file.mode.filter(|_| sure)?;
            // An engine may store it once more all the same.
            new(old).filter(|new| *new != old).map(|_| true)
        };
        self.again(what, recursive, &change, &|file| file.mode = file.mode.and_then(new));
    }

    /// `cp` and `mv`.
    pub(super) fn place(&mut self, placing: &Placing, moves: bool, sure: bool) {
        let Some(destination) = placing.to.path() else {
            self.files.blur("/");
            return self.open("its target depends on variables");
        };
        for source in &placing.from {
            let found = self.paths(source);
            let Some((from, many)) = found.filter(|_| !placing.contents) else {
                self.files.blur(destination);
                self.open("its sources depend on variables");
                continue;
            };
            for path in from {
                self.place_one(&path, destination, placing.into || many, moves, sure);
            }
        }
    }

    fn place_one(&mut self, path: &str, destination: &str, into: bool, moves: bool, sure: bool) {
        let files = self.at(path);
        let whole = self.files.is_whole(path) && !files.is_empty();
        let (target, certain) = self.files.landing(path, destination, into);
        for (below, mut file) in files {
            let rest = below.get(path.len()..).unwrap_or("");
            file.sure &= sure && (moves || !file.link);
            // A lone file copied without -r is certain too; links are followed.
            file.loose |= !certain;
            if moves {
                self.layer.remove(&below);
                self.files.remove(&below);
            } else {
                file.roots = true;
            }
            self.put(format!("{target}{rest}"), file);
        }
        if !whole {
            self.files.blur(destination);
            self.open(format!("the size of {path} is unknown"));
        } else if self.files.is_on_image() {
            self.more.doubt();
        }
    }

    /// `ln -s`.
    pub(super) fn link(&mut self, target: Option<&str>, link: &Target, into: bool, sure: bool) {
        let (Some(target), Some(path)) = (target, link.path()) else {
            return self.open("the link depends on variables");
        };
        let (path, certain) = self.files.landing(target, path, into);
        let file = Known {
            bytes: target.len() as u64,
            sure,
            loose: !certain,
            link: true,
            roots: true,
            mode: None,
        };
        self.put(path, file);
    }

    pub(super) fn touch(&mut self, what: &Target, sure: bool) {
        let Some(path) = what.path() else {
            return self.open("the files depend on variables");
        };
        let old = self.files.get(path).copied();
        if let Some(mut file) = old.filter(|_| !self.layer.contains_key(path)) {
            file.sure &= sure && !file.loose;
            self.put(path.to_owned(), file);
        }
    }
}

/// The mode that `chmod` makes of `old`: octal, or `u+x`, `a-w`, `go=rX`.
fn changed(old: u32, wanted: &str) -> Option<u32> {
    if wanted.bytes().all(|byte| byte.is_ascii_digit()) {
        return u32::from_str_radix(wanted, 8).ok();
    }
    let mut mode = old;
    for clause in wanted.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at_checked(at)?;
        // Without a letter the umask counts; it leaves reading and running alone.
        let mut mask = if who.is_empty() { 0o755 } else { 0 };
        for letter in who.chars() {
            mask |= match letter {
                'u' => 0o700,
                'g' => 0o070,
                'o' => 0o007,
                'a' => 0o777,
                _ => return None,
            };
        }
        let mut bits = 0;
        for letter in rest.chars().skip(1) {
            bits |= match letter {
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                'X' if old & 0o111 != 0 => 0o111,
                'X' => 0,
                _ => return None,
            };
        }
        match rest.chars().next()? {
            '+' => mode |= mask & bits,
            '-' => mode &= !(mask & bits),
            _ => mode = mode & !mask | mask & bits,
        }
    }
    Some(mode)
}

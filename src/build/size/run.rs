//! What a RUN adds, as far as its commands are ones whose effect on files is known.

use super::files::{Files, Known};
use super::{Bytes, Maker};
use crate::build::{Action, Manager, PackageCommand, RunStep};
use crate::parse::dockerfile::Run;
use crate::parse::shell::{Command, Joint, Word};
use crate::values::path::{clean, is_below, name};
use std::collections::BTreeMap;

/// Programs that write no file, or only empty ones.
const WRITES_NOTHING: [&str; 30] = [
    ":", "[", "[[", "cat", "cd", "command", "date", "dirname", "echo", "env", "exit", "export", "false", "find",
    "grep", "head", "id", "ls", "mkdir", "printf", "pwd", "rmdir", "set", "sleep", "stat", "sync", "test", "true",
    "umask", "which",
];

/// Programs that write what nobody knows, but take nothing away that they did not write.
const TAKES_NOTHING: [&str; 21] = [
    "addgroup",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "curl",
    "dnf",
    "gem",
    "go",
    "groupadd",
    "ldconfig",
    "locale-gen",
    "microdnf",
    "pip",
    "pip3",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "wget",
    "yum",
    "zypper",
];

/// What useradd and groupadd write: the account files once more, with their backups.
const ACCOUNTS: u64 = 6_000;

/// What one RUN has done so far.
pub(super) struct Doing<'a> {
    pub(super) files: &'a mut Files,
    /// The files of its layer.
    layer: BTreeMap<String, Known>,
    /// What else it surely adds, and about how much.
    pub(super) more: Bytes,
    pub(super) why: Vec<String>,
    here: Vec<(usize, Option<String>)>,
    /// Looked at so far.
    seen: usize,
    /// Something may end it before its end.
    ends: bool,
}

impl Maker<'_> {
    /// The bytes of a RUN, and how they are known.
    pub(super) fn run(&mut self, at: usize, run: &Run, stage: usize, files: &mut Files) -> (Bytes, String) {
        let steps = self.file.run_steps();
        let step = steps
            .binary_search_by_key(&at, |step| step.instruction)
            .ok()
            .and_then(|index| steps.get(index))
            .filter(|step| step.stage == stage);
        let Some((step, script)) = step.and_then(|step| Some((step, step.script.as_ref()?))) else {
            self.spend(files);
            files.doubt();
            files.blur("/");
            return (Bytes::rough(0, None), "what it runs is not known".to_owned());
        };
        let workdir = self.file.plan.workdir_at(at).value().cloned();
        let mut doing = Doing {
            files,
            layer: BTreeMap::new(),
            more: Bytes::exact(0),
            why: Vec::new(),
            here: vec![(0, workdir)],
            seen: 0,
            ends: false,
        };
        // What is mounted hides what the image has there, and what is written there does not stay.
        let mounted = run.mounts.iter().any(|mount| {
            !matches!(mount.kind().as_str(), "secret" | "ssh")
                && mount
                    .target()
                    .is_none_or(|target| target.value.contains('$') || !super::packages::is_store(&target.value))
        });
        if mounted {
            doing.why.push("what is mounted is not looked into".to_owned());
            doing.more.exact = false;
        }
        for (index, command) in script.commands.iter().enumerate() {
            let package = step
                .packages
                .iter()
                .find(|(at, _)| *at == index)
                .map(|(_, package)| package);
            let next = script.commands.get(index + 1);
            let sure = !mounted && !doing.ends && is_sure(step, command, next);
            if let Some(package) = package {
                match package.manager {
                    Manager::Apt => super::packages::apt(&mut doing, self.file, step, package, sure),
                    manager => {
                        if manager == Manager::Apk && sure {
                            super::packages::apk(&mut doing, step, package);
                        }
                        doing.other(command, Some(package));
                    }
                }
            } else {
                doing.command(command, sure);
            }
        }
        let Doing {
            mut layer,
            more,
            why,
            seen,
            ..
        } = doing;
        self.room = self.room.saturating_sub(seen);
        for (path, file) in &mut layer {
            file.sure &= !files.in_volume(path);
        }
        let mut bytes = more;
        for file in layer.values() {
            let at_least = if file.sure { file.bytes } else { 0 };
            bytes = bytes.plus(Bytes {
                at_least,
                estimate: Some(file.bytes),
                exact: file.sure,
            });
        }
        for (path, file) in layer {
            files.put(path, file);
        }
        self.spend(files);
        let why = match (why.is_empty(), bytes.at_least) {
            (false, _) => why.join("; "),
            (true, 0) => "it writes nothing; what it deletes stays in the layers below".to_owned(),
            (true, _) => "the files that it writes again".to_owned(),
        };
        (bytes, why)
    }
}

/// Whether a program takes no file away that somebody else wrote.
pub(super) fn is_tame(program: &str, words: &[Word]) -> bool {
    match program {
        "find" => !words
            .iter()
            .any(|word| matches!(word.text.as_str(), "-exec" | "-execdir" | "-delete" | "-ok")),
        "chown" | "chgrp" | "chmod" | "cp" | "ln" | "touch" | "locale-gen" => true,
        _ => WRITES_NOTHING.contains(&program) || TAKES_NOTHING.contains(&program),
    }
}

/// Whether a command runs, and the build fails if it does.
fn is_sure(step: &RunStep, command: &Command, next: Option<&Command>) -> bool {
    let joined = matches!(command.joint, Joint::First | Joint::And | Joint::Then);
    let goes_on = match next.map(|next| next.joint) {
        None | Some(Joint::And) => true,
        Some(Joint::Then | Joint::First) => step.stops_at_failure(),
        _ => false,
    };
    joined && goes_on && command.level == 0 && !command.conditional && command.inside.is_none()
}

impl Doing<'_> {
    /// Something is added that nobody knows.
    pub(super) fn open(&mut self, why: impl Into<String>) {
        self.more = self.more.plus(Bytes::rough(0, None));
        let why = why.into();
        if self.why.len() < 5 && !self.why.contains(&why) {
            self.why.push(why);
        }
    }

    fn other(&mut self, command: &Command, package: Option<&PackageCommand>) {
        let program = command.program().unwrap_or("a program").to_owned();
        let words = package.map_or_else(|| program.clone(), |package| package.shown(command));
        match package.map(|package| package.action) {
            Some(Action::Clean) => {
                self.more.exact = false;
                return;
            }
            _ => self.open(format!("what `{words}` writes is not known")),
        }
        self.files.blur("/");
        if package.is_none() && !TAKES_NOTHING.contains(&program.as_str()) {
            self.seen += self.files.count();
            self.files.doubt();
            self.layer.values_mut().for_each(|file| file.sure = false);
        }
    }

    fn command(&mut self, command: &Command, sure: bool) {
        while self.here.len() > 1 && self.here.last().is_some_and(|(level, _)| *level > command.level) {
            self.here.pop();
        }
        let Some(program) = command.program() else {
            if !command.words.is_empty() {
                self.other(command, None);
            }
            return;
        };
        let words = command.arguments();
        let writes = command
            .redirections
            .iter()
            .filter(|redirection| redirection.operator.starts_with('>') || redirection.operator.contains("&>"))
            .any(|redirection| redirection.operator != ">&" && !redirection.target.text.starts_with("/dev/"));
        if writes {
            self.redirected(program, command);
            return;
        }
        match program {
            "exit" | "exec" | "return" => self.ends = true,
            "cd" | "pushd" => {
                let folder = words
                    .first()
                    .and_then(|word| self.path(word))
                    .filter(|_| !command.conditional);
                self.here.push((command.level, folder));
            }
            "find"
                if words
                    .iter()
                    .any(|word| matches!(word.text.as_str(), "-exec" | "-execdir" | "-delete" | "-ok" | "-fprint")) =>
            {
                self.other(command, None);
            }
            "mkdir" => {
                for path in operands(words).filter_map(|word| self.path(word)).collect::<Vec<_>>() {
                    self.files.folder(&path);
                }
            }
            "rm" => self.remove(words),
            "chown" | "chgrp" => self.own(program, words, sure),
            "chmod" => self.mode(words, sure),
            "mv" => self.place(words, true, sure),
            "cp" if !has_letter(words, &['l', 's', 'u', 't', 'T', 'b'], "--link") => self.place(words, false, sure),
            "ln" if has_letter(words, &['s'], "--symbolic") => self.link(words, sure),
            "touch" => self.touch(words, sure),
            "useradd" | "groupadd" | "usermod" | "adduser" | "addgroup" => {
                self.more = self.more.plus(Bytes::rough(0, Some(ACCOUNTS)));
                self.note("accounts are a few files");
            }
            _ if WRITES_NOTHING.contains(&program) => {}
            _ => self.other(command, None),
        }
    }

    pub(super) fn note(&mut self, why: &str) {
        if self.why.len() < 5 && !self.why.iter().any(|known| known == why) {
            self.why.push(why.to_owned());
        }
    }

    fn redirected(&mut self, program: &str, command: &Command) {
        if !matches!(program, "echo" | "printf") || command.words.iter().any(|word| word.dynamic) {
            let doc = command
                .redirections
                .iter()
                .find_map(|redirection| redirection.body.as_ref());
            match doc.filter(|_| program == "cat") {
                Some(text) => self.more = self.more.plus(Bytes::rough(0, Some(text.text.len() as u64))),
                None => self.open(format!("what `{program}` writes is not known")),
            }
        } else {
            let length: usize = command.arguments().iter().map(|word| word.text.len() + 1).sum();
            self.more = self.more.plus(Bytes::rough(0, Some(length as u64)));
        }
        self.note("a text is written to a file");
        self.files.blur("/");
    }

    /// The path that a word names, if it names one.
    fn path(&self, word: &Word) -> Option<String> {
        let text = word.text.as_str();
        if word.dynamic || text.is_empty() || text.starts_with('~') || text.contains(['*', '?', '[', '{']) {
            return None;
        }
        if text.starts_with('/') {
            return Some(clean(text));
        }
        let (_, here) = self.here.last()?;
        Some(clean(&format!("{}/{text}", here.as_ref()?)))
    }

    /// The paths that a word names; `folder/*` is what is known to be in the folder.
    fn paths(&mut self, word: &Word) -> Option<(Vec<String>, bool)> {
        if let Some(path) = self.path(word) {
            return Some((vec![path], false));
        }
        let folder = word.text.strip_suffix("/*").filter(|folder| !folder.is_empty())?;
        let folder = self.path(&Word {
            text: folder.to_owned(),
            ..word.clone()
        })?;
        let mut children = self.files.children(&folder);
        // The shell leaves out what begins with a dot.
        children.retain(|child| !name(child).starts_with('.'));
        for (path, _) in self.layer.range(format!("{folder}/")..) {
            let Some(inside) = path.strip_prefix(&format!("{folder}/")) else {
                break;
            };
            let child = format!("{folder}/{}", inside.split('/').next().unwrap_or(""));
            if !children.contains(&child) && children.len() < 1000 {
                children.push(child);
            }
        }
        self.seen += children.len();
        Some((children, true))
    }

    /// The files at a path, in this layer and below it.
    fn at(&mut self, path: &str) -> Vec<(String, Known)> {
        let mut found: BTreeMap<String, Known> =
            self.files.at(path).map(|(path, file)| (path.clone(), *file)).collect();
        self.seen += found.len();
        let own = self.layer.range(path.to_owned()..);
        for (below, file) in own.take_while(|(below, _)| below.starts_with(path)) {
            if below == path || is_below(below, path) {
                found.insert(below.clone(), *file);
            }
        }
        found.into_iter().collect()
    }

    fn remove(&mut self, words: &[Word]) {
        for word in operands(words) {
            match self.paths(word) {
                Some((paths, _)) => {
                    for path in paths {
                        self.files.remove(&path);
                        self.layer.retain(|known, _| *known != path && !is_below(known, &path));
                    }
                }
                None => {
                    // It may be any of them.
                    self.seen += self.files.count();
                    self.files.doubt();
                    self.layer.values_mut().for_each(|file| file.sure = false);
                }
            }
        }
        // Something above may have been written only to be deleted here.
        self.more.exact = self.more.exact && self.more.at_least == 0;
    }

    /// Stores files once more whose owner or mode changes.
    fn again(
        &mut self,
        paths: Option<(Vec<String>, bool)>,
        recursive: bool,
        change: &dyn Fn(&Known) -> Option<bool>,
        set: &dyn Fn(&mut Known),
    ) {
        let Some((paths, _)) = paths else {
            return self.open("whose owner or mode it changes is not written out");
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
                self.layer.insert(below, file);
            }
            if recursive && !self.files.is_whole(&path) {
                self.open(format!("what else is in {path} is not known"));
            } else if recursive && self.files.is_on_image() {
                self.more.exact = false;
            }
        }
    }

    fn own(&mut self, program: &str, words: &[Word], sure: bool) {
        let recursive = has_letter(words, &['R'], "--recursive");
        let mut rest = operands(words);
        if words.iter().any(|word| word.text.starts_with("--")) {
            return self.open("its options are not followed");
        }
        let owner = rest.next();
        let user = owner.map(|owner| owner.text.split([':', '.']).next().unwrap_or(""));
        let certain = sure
            && program == "chown"
            && owner.is_some_and(|owner| !owner.dynamic)
            && !matches!(user, None | Some("" | "root" | "0"));
        for word in rest.cloned().collect::<Vec<_>>() {
            let paths = self.paths(&word);
            self.again(
                paths,
                recursive,
                &|file| if certain && file.roots { Some(true) } else { None },
                &|file| file.roots = false,
            );
        }
    }

    fn mode(&mut self, words: &[Word], sure: bool) {
        let recursive = has_letter(words, &['R'], "--recursive");
        if words.iter().any(|word| word.text.starts_with("--")) {
            return self.open("its options are not followed");
        }
        let mut rest = words.iter().filter(|word| {
            !(word.text.starts_with("-R") || word.text == "-f" || word.text == "-v" || word.text == "-c")
        });
        let Some(wanted) = rest.next() else { return };
        let wanted = wanted.clone();
        for word in rest.cloned().collect::<Vec<_>>() {
            let paths = self.paths(&word);
            self.again(
                paths,
                recursive,
                &|file| {
                    let old = file.mode.filter(|_| sure)?;
                    match changed(old, &wanted) {
                        // An engine may store it once more all the same.
                        Some(new) if new == old => None,
                        Some(_) => Some(true),
                        None => None,
                    }
                },
                &|file| file.mode = file.mode.and_then(|old| changed(old, &wanted)),
            );
        }
    }

    /// `cp` and `mv`.
    fn place(&mut self, words: &[Word], moves: bool, sure: bool) {
        let paths: Vec<Word> = operands(words).cloned().collect();
        let Some((last, sources)) = paths.split_last().filter(|(_, sources)| !sources.is_empty()) else {
            return self.open("where it writes is not written out");
        };
        let Some(destination) = self.path(last) else {
            self.files.blur("/");
            return self.open("where it writes is not written out");
        };
        if words.iter().any(|word| word.text.starts_with("--")) {
            return self.open("its options are not followed");
        }
        // `cp -r a/. b` copies what is in it.
        let inside = sources.iter().any(|source| source.text.ends_with("/."));
        for source in sources {
            let found = self.paths(source);
            let Some((from, many)) = found.filter(|_| !inside) else {
                self.files.blur(&destination);
                self.open("what it copies is not written out");
                continue;
            };
            let into = last.text.ends_with('/') || sources.len() > 1 || many;
            for path in from {
                let files = self.at(&path);
                let whole = self.files.is_whole(&path) && !files.is_empty();
                let (target, certain) = self.files.landing(&path, &destination, into);
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
                    self.layer.insert(format!("{target}{rest}"), file);
                }
                if !whole {
                    self.files.blur(&destination);
                    self.open(format!("how big {path} is there is not known"));
                } else if self.files.is_on_image() {
                    self.more.exact = false;
                }
            }
        }
    }

    fn link(&mut self, words: &[Word], sure: bool) {
        let paths: Vec<&Word> = operands(words).collect();
        let [target, link] = paths.as_slice() else {
            return self.open("the link that it makes is not written out");
        };
        let Some(path) = self.path(link).filter(|_| !target.dynamic) else {
            return self.open("the link that it makes is not written out");
        };
        let (path, certain) = self.files.landing(&target.text, &path, link.text.ends_with('/'));
        let file = Known {
            bytes: target.text.len() as u64,
            sure,
            loose: !certain,
            link: true,
            roots: true,
            mode: None,
        };
        self.layer.insert(path, file);
    }

    fn touch(&mut self, words: &[Word], sure: bool) {
        for word in operands(words).cloned().collect::<Vec<_>>() {
            let Some(path) = self.path(&word) else {
                self.open("what it touches is not written out");
                continue;
            };
            let old = self
                .files
                .get(&path)
                .copied()
                .filter(|_| !self.layer.contains_key(&path));
            if let Some(mut file) = old {
                file.sure &= sure && !file.loose;
                self.layer.insert(path, file);
            }
        }
    }
}

/// The mode that `chmod` makes of `old`: octal, or `u+x`, `a-w`, `go=rX`.
fn changed(old: u32, wanted: &Word) -> Option<u32> {
    if wanted.dynamic {
        return None;
    }
    if wanted.text.bytes().all(|byte| byte.is_ascii_digit()) {
        return u32::from_str_radix(&wanted.text, 8).ok();
    }
    let mut mode = old;
    for clause in wanted.text.split(',') {
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

/// The words that are no options.
fn operands(words: &[Word]) -> impl Iterator<Item = &Word> {
    words
        .iter()
        .filter(|word| !word.text.starts_with('-') && !word.text.is_empty())
}

/// Whether an option has one of the letters, or this long name.
fn has_letter(words: &[Word], letters: &[char], long: &str) -> bool {
    words.iter().any(|word| {
        word.text == long || word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains(letters)
    })
}

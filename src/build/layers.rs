//! What each instruction writes into its layer, and what it does to files of earlier layers, as far as that can be told.

use super::{Action, JudgedFile, Manager, PackageCommand, RunStep, StageUse};
use crate::parse::dockerfile::{Kind, Transfer};
use crate::parse::shell::{Command, Word};
use crate::resolve::stage::{Base, Transferred};
use crate::source::Span;
use crate::values::path::{clean, is_below, name};

/// Something that a layer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The index of the instruction.
    pub instruction: usize,
    /// Where it is in the image.
    pub path: String,
    /// It is a folder with files in it, not all of which are known.
    pub is_folder: bool,
    /// Its name is one of a small text file.
    pub little: bool,
    /// What wrote it.
    pub by: Writer,
}

/// What wrote something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// COPY or ADD.
    Copy,
    /// A command, called so in messages.
    Command(&'static str),
}

/// Something that a RUN does to files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deed {
    /// The index of the instruction.
    pub instruction: usize,
    /// What it does.
    pub act: Act,
    /// The path in the image.
    pub path: String,
    /// Only what is in the folder: `rm -rf app/*`.
    pub inside: bool,
    /// The program's word.
    pub span: Span,
    /// It runs only if some condition holds.
    pub conditional: bool,
    /// The same RUN wrote it before.
    pub own: bool,
}

/// What is done to files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// `chown -R`
    Own,
    /// `chmod -R`
    Mode,
    /// `mv`
    Move,
    /// `rm`
    Remove,
}

impl Act {
    /// The command.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Act::Own => "chown -R",
            Act::Mode => "chmod -R",
            Act::Move => "mv",
            Act::Remove => "rm",
        }
    }
}

/// A package that an earlier instruction installed, or a group of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// The index of the instruction.
    pub instruction: usize,
    /// The package manager.
    pub manager: Manager,
    /// Its name.
    pub name: String,
    /// The program's word.
    pub span: Span,
}

/// What one RUN does.
#[derive(Debug, Default)]
pub(crate) struct Doings {
    /// What is in its layer afterwards.
    pub written: Vec<Written>,
    /// What it does to files, in order.
    pub deeds: Vec<Deed>,
    /// The packages that it installs and does not take away again.
    pub installed: Vec<Package>,
    /// The packages that it takes away.
    pub removed: Vec<Package>,
}

/// What a COPY or ADD writes: a path for each of its sources where that can be told, else its destination.
pub(crate) fn copied(transfer: &Transferred, words: &Transfer, workdir: Option<&String>) -> Vec<Written> {
    let Some(destination) = transfer.destination.value() else {
        return Vec::new();
    };
    let into = transfer.into_folder || transfer.sources.len() > 1 || workdir == Some(destination);
    let mut written = Vec::new();
    for source in &transfer.sources {
        let file = source.value().and_then(|source| file_name(source));
        let path = match (file, into) {
            (Some(file), true) if !words.parents => format!("{}/{file}", destination.trim_end_matches('/')),
            _ => destination.clone(),
        };
        written.push(Written {
            instruction: transfer.instruction,
            is_folder: file.is_none(),
            little: file.is_some_and(looks_little),
            path,
            by: Writer::Copy,
        });
    }
    written.dedup();
    written
}

/// The name of a source that is most likely a file: it has an ending.
fn file_name(source: &str) -> Option<&str> {
    let file = name(source);
    let dot = file.rfind('.')?;
    (dot > 0 && dot + 1 < file.len() && !file.contains(['*', '?', '[', '$']) && !source.contains("://")).then_some(file)
}

/// Waste that is known to be less, in bytes, is not worth a warning.
pub(crate) const LITTLE: u64 = 100_000;

/// Whether a name is one of a small text file.
fn looks_little(file: &str) -> bool {
    const ENDINGS: [&str; 26] = [
        "bash",
        "bashrc",
        "cfg",
        "conf",
        "config",
        "crt",
        "default",
        "ini",
        "json",
        "list",
        "lock",
        "md",
        "patch",
        "pl",
        "properties",
        "py",
        "rb",
        "repo",
        "service",
        "sh",
        "toml",
        "tpl",
        "txt",
        "xml",
        "yaml",
        "yml",
    ];
    match file.rsplit_once('.') {
        Some((_, ending)) => ENDINGS.contains(&ending),
        None => false,
    }
}

/// What a RUN does.
pub(crate) fn doings(file: &JudgedFile, step: &RunStep) -> Doings {
    let mut reader = Reader {
        step,
        here: vec![(0, file.plan.workdir_at(step.instruction).value().cloned())],
        found: Doings::default(),
    };
    for (index, command) in step.commands().iter().enumerate() {
        let package = step.packages.iter().find(|(at, _)| *at == index);
        reader.command(command, package.map(|(_, package)| package));
    }
    let mut found = reader.found;
    found.written.retain(|written| !step.mounts_over(file, &written.path));
    found
}

struct Reader<'a> {
    step: &'a RunStep,
    /// The folder that commands run in, for each level of nesting that changed it.
    here: Vec<(usize, Option<String>)>,
    found: Doings,
}

impl Reader<'_> {
    fn command(&mut self, command: &Command, package: Option<&PackageCommand>) {
        while self.here.len() > 1 && self.here.last().is_some_and(|(level, _)| *level > command.level) {
            self.here.pop();
        }
        if let Some(package) = package {
            self.package(command, package);
            return;
        }
        let words = command.arguments();
        match command.program().unwrap_or("") {
            "cd" | "pushd" => {
                let folder = words
                    .first()
                    .filter(|_| !command.conditional)
                    .and_then(|word| self.path(word));
                self.here.push((command.level, folder));
            }
            "popd" => self.here.push((command.level, None)),
            "rm" => {
                let recursive = has_letter(words, &['r', 'R'], "--recursive");
                for word in operands(words) {
                    self.deed(command, Act::Remove, word, recursive);
                }
            }
            "chown" | "chgrp" if has_letter(words, &['R'], "--recursive") => self.modes(command, Act::Own),
            "chmod" if has_letter(words, &['R'], "--recursive") => self.modes(command, Act::Mode),
            "mv" => {
                let paths: Vec<&Word> = operands(words).collect();
                if let Some((last, sources)) = paths.split_last() {
                    for source in sources {
                        self.deed(command, Act::Move, source, true);
                    }
                    self.write(command, last, true, "mv");
                }
            }
            "find" => self.find(command),
            "cp" => {
                if let Some(last) = operands(words).last() {
                    self.write(command, last, true, "cp");
                }
            }
            "curl" => self.download(command, "-o", "--output", "-O", "curl"),
            "wget" => self.download(command, "-O", "--output-document", "", "wget"),
            "git" if words.first().is_some_and(|word| word.text == "clone") => {
                let rest: Vec<&Word> = operands(words.get(1..).unwrap_or(&[])).collect();
                let url = rest
                    .iter()
                    .position(|word| word.text.contains("://") || word.text.starts_with("git@"));
                let Some(at) = url else { return };
                match (rest.get(at + 1), rest.get(at)) {
                    (Some(folder), _) => self.write(command, folder, true, "git clone"),
                    (None, Some(url)) if !url.dynamic => {
                        let folder = name(url.text.trim_end_matches('/')).trim_end_matches(".git").to_owned();
                        self.write_here(&folder, true, "git clone");
                    }
                    _ => {}
                }
            }
            "tar" => {
                let at = words
                    .iter()
                    .position(|word| matches!(word.text.as_str(), "-C" | "--directory"));
                if let Some(folder) = at.and_then(|at| words.get(at + 1)) {
                    self.write(command, folder, true, "tar");
                }
            }
            "unzip" => {
                let at = words.iter().position(|word| word.text == "-d");
                if let Some(folder) = at.and_then(|at| words.get(at + 1)) {
                    self.write(command, folder, true, "unzip");
                }
            }
            "pnpm" | "bun"
                if words
                    .first()
                    .is_some_and(|word| matches!(word.text.as_str(), "install" | "i" | "add")) =>
            {
                self.write_here("node_modules", true, "the package manager");
            }
            _ => {}
        }
    }

    fn package(&mut self, command: &Command, package: &PackageCommand) {
        let verb = command.words.get(package.verb).map_or("", |word| word.text.as_str());
        let note = |name: &str| Package {
            instruction: self.step.instruction,
            manager: package.manager,
            name: plain(name).to_owned(),
            span: command.words.first().map_or(command.span, |word| word.span),
        };
        let takes = matches!(verb, "remove" | "purge" | "del" | "erase" | "uninstall");
        if takes && !command.conditional {
            for operand in &package.operands {
                let package = note(operand);
                let before = self.found.installed.len();
                self.found
                    .installed
                    .retain(|known| known.manager != package.manager || known.name != package.name);
                if self.found.installed.len() == before {
                    self.found.removed.push(package);
                }
            }
        } else if package.action == Action::Install {
            let names: Vec<Package> = match virtual_group(command) {
                Some(group) => vec![note(group)],
                None => package.operands.iter().map(|name| note(name)).collect(),
            };
            self.found.installed.extend(names);
        }
        if package.action == Action::Update && package.manager == Manager::Apt {
            self.put("/var/lib/apt/lists".to_owned(), true, "apt-get update");
        }
        if package.action == Action::Install
            && matches!(package.manager, Manager::Npm | Manager::Yarn)
            && !package.has(&["-g", "--global", "--package-lock-only"])
            && verb != "global"
        {
            let by = if package.manager == Manager::Npm { "npm" } else { "yarn" };
            self.write_here("node_modules", true, by);
        }
        if package.action == Action::Install && package.manager == Manager::Composer {
            self.write_here("vendor", true, "composer install");
        }
    }

    fn modes(&mut self, command: &Command, act: Act) {
        let words = command.arguments();
        let skip = usize::from(!words.iter().any(|word| word.text.starts_with("--reference")));
        for word in operands(words).skip(skip) {
            self.deed(command, act, word, true);
        }
    }

    fn find(&mut self, command: &Command) {
        let words = command.arguments();
        let starts = words
            .iter()
            .take_while(|word| !word.text.starts_with('-') && word.text != "(");
        let run = words
            .iter()
            .position(|word| matches!(word.text.as_str(), "-exec" | "-execdir"))
            .and_then(|at| words.get(at + 1));
        // What is picked by name or age may be little.
        let picks = words.iter().any(|word| {
            matches!(
                word.text.as_str(),
                "-name" | "-iname" | "-path" | "-regex" | "-newer" | "-perm" | "-user" | "-maxdepth" | "!" | "-not"
            )
        });
        let act = match run.map(|word| word.text.as_str()) {
            Some("chown" | "chgrp") => Act::Own,
            Some("chmod") => Act::Mode,
            _ => return,
        };
        if !picks {
            for word in starts {
                self.deed(command, act, word, true);
            }
        }
    }

    fn download(&mut self, command: &Command, to: &str, to_long: &str, same_name: &str, program: &'static str) {
        let words = command.arguments();
        for (index, word) in words.iter().enumerate() {
            let text = word.text.as_str();
            let is_group = text.starts_with('-') && !text.starts_with("--");
            let (letter, same) = (to.trim_start_matches('-'), same_name.trim_start_matches('-'));
            if let Some(value) = text.strip_prefix(to_long).and_then(|rest| rest.strip_prefix('=')) {
                let file = Word {
                    text: value.to_owned(),
                    ..word.clone()
                };
                self.write(command, &file, false, program);
            } else if text == to_long || is_group && text.ends_with(letter) {
                if let Some(file) = words.get(index + 1).filter(|file| file.text != "-") {
                    self.write(command, file, false, program);
                }
                return;
            } else if !same.is_empty() && (text == "--remote-name" || is_group && text.contains(same)) {
                self.save_as_named(words, program);
                return;
            }
        }
        let elsewhere = words
            .iter()
            .any(|word| word.text.starts_with("-P") || word.text.starts_with("--directory-prefix"));
        if same_name.is_empty() && !elsewhere {
            self.save_as_named(words, program);
        }
    }

    /// Files that are called like the end of their URL.
    fn save_as_named(&mut self, words: &[Word], program: &'static str) {
        for word in words.iter().filter(|word| word.text.contains("://") && !word.dynamic) {
            let file = name(word.text.split(['?', '#']).next().unwrap_or(""));
            if !file.is_empty() {
                self.write_here(file, false, program);
            }
        }
    }

    fn deed(&mut self, command: &Command, act: Act, word: &Word, recursive: bool) {
        let Some((path, inside)) = self.target(word) else {
            return;
        };
        let is_hit = |written: &Written| {
            is_below(&written.path, &path) || written.path == path && (!inside || written.is_folder)
        };
        let own = self.found.written.iter().any(is_hit);
        if act == Act::Remove && (recursive || !inside) {
            // What the same RUN wrote is not in its layer.
            self.found.written.retain(|written| !is_hit(written));
        }
        self.found.deeds.push(Deed {
            instruction: self.step.instruction,
            act,
            path,
            inside,
            span: command.words.first().map_or(command.span, |word| word.span),
            conditional: command.conditional || command.inside.is_some(),
            own,
        });
    }

    fn write(&mut self, command: &Command, word: &Word, is_folder: bool, by: &'static str) {
        let _ = command;
        if let Some(path) = self.path(word) {
            self.put(path, is_folder, by);
        }
    }

    fn write_here(&mut self, name: &str, is_folder: bool, by: &'static str) {
        if let Some((_, Some(here))) = self.here.last() {
            let path = clean(&format!("{here}/{name}"));
            self.put(path, is_folder, by);
        }
    }

    fn put(&mut self, path: String, is_folder: bool, by: &'static str) {
        if !["/dev", "/proc", "/sys"]
            .iter()
            .any(|folder| path == *folder || is_below(&path, folder))
        {
            self.found.written.push(Written {
                instruction: self.step.instruction,
                path,
                is_folder,
                little: false,
                by: Writer::Command(by),
            });
        }
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

    /// The path that a word names, or the folder all of whose content it names.
    fn target(&self, word: &Word) -> Option<(String, bool)> {
        if let Some(path) = self.path(word) {
            return Some((path, false));
        }
        let folder = word.text.strip_suffix("/*")?;
        let folder = Word {
            text: if folder.is_empty() {
                "/".to_owned()
            } else {
                folder.to_owned()
            },
            ..word.clone()
        };
        Some((self.path(&folder)?, true))
    }
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

/// The name of apk's group: `--virtual .build`, `-t .build`.
fn virtual_group(command: &Command) -> Option<&str> {
    let words = command.arguments();
    words.iter().enumerate().find_map(|(index, word)| {
        if let Some(value) = word.text.strip_prefix("--virtual=") {
            return Some(value);
        }
        matches!(word.text.as_str(), "--virtual" | "-t")
            .then(|| words.get(index + 1).map(|word| word.text.as_str()))
            .flatten()
    })
}

/// A package without its version.
fn plain(package: &str) -> &str {
    package.split(['=', '<', '>', '~', '@', ':']).next().unwrap_or(package)
}

/// Every instruction that writes or changes files, in the order in which the layers of a stage lie on each other.
pub(crate) enum Layer {
    /// COPY or ADD, and what it writes.
    Copy(usize, Vec<Written>),
    /// RUN, and what it does.
    Run(usize, Doings),
}

/// More layers than this in one file are not looked at, nor more deeds in one RUN.
const MAX_LAYERS: usize = 2000;
const MAX_DEEDS: usize = 200;

/// The layers of every image that ships, those of the stages that it starts from first, each with its stage.
pub(crate) fn shipped(file: &JudgedFile) -> Vec<Vec<(usize, Layer)>> {
    let stage_uses = file.stage_uses();
    let stages = &file.plan.stages;
    let ships = |index: usize| stage_uses.get(index) == Some(&StageUse::Ships);
    let mut is_base = vec![false; stages.len()];
    for (index, stage) in stages.iter().enumerate() {
        if let Base::Stage(base) = stage.base
            && ships(index)
            && let Some(slot) = is_base.get_mut(base)
        {
            *slot = true;
        }
    }
    let mut room = MAX_LAYERS;
    let mut found = Vec::new();
    for (index, below_another) in is_base.iter().enumerate() {
        if ships(index) && !below_another && room > 0 {
            let layers = layers(file, index, room);
            room = room.saturating_sub(layers.len().max(1));
            found.push(layers);
        }
    }
    found
}

fn layers(file: &JudgedFile, stage: usize, room: usize) -> Vec<(usize, Layer)> {
    let mut found = Vec::new();
    for index in file.plan.lineage(stage) {
        let Some(here) = file.plan.stages.get(index) else {
            continue;
        };
        let start = here.instructions.start;
        for (offset, instruction) in file.instructions(here).iter().enumerate() {
            let at = start + offset;
            if found.len() >= room {
                return found;
            }
            match &instruction.kind {
                Kind::Copy(words) | Kind::Add(words) => {
                    if let Some(transfer) = file.plan.transfer(at) {
                        let workdir = file.plan.workdir_at(at).value();
                        found.push((index, Layer::Copy(at, copied(transfer, words, workdir))));
                    }
                }
                Kind::Run(_) => {
                    let steps = file.run_steps();
                    let step = steps
                        .binary_search_by_key(&at, |step| step.instruction)
                        .ok()
                        .and_then(|position| steps.get(position));
                    if let Some(step) = step {
                        let mut doings = doings(file, step);
                        doings.written.truncate(MAX_DEEDS);
                        doings.deeds.truncate(MAX_DEEDS);
                        doings.installed.truncate(MAX_DEEDS);
                        doings.removed.truncate(MAX_DEEDS);
                        found.push((index, Layer::Run(at, doings)));
                    }
                }
                _ => {}
            }
        }
    }
    found
}

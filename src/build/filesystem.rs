//! What the file system of a stage is known to hold: paths, programs, accounts, a shell. Three states: there, absent, unknown.
//!
//! A stage starts as its base: nothing (`scratch`), the facts of an official image, or unknown. Instructions only ever add.
//! What is not understood makes everything unknown, so absence is claimed only where nothing could have brought the thing.

use super::programs::{brings_modules, is_harmless, is_system_tool};
use super::{Action, BuiltFile, JudgedFile, Manager, RunStep};
use crate::fact::Fact;
use crate::known_images::{self, Has};
use crate::parse::dockerfile::{Form, Instruction, Kind, Transfer};
use crate::parse::shell::Command;
use crate::resolve::stage::{Base, Plan};
use crate::values::image_ref::ImageRef;
use crate::values::path::{clean, is_at_or_below};
use std::collections::BTreeSet;
use std::rc::Rc;

const PATH: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// Accounts that packages of distributions make under another name than their own.
const OF_PACKAGES: [&str; 16] = [
    "named",
    "bind",
    "www-data",
    "apache",
    "http",
    "dovenull",
    "vmail",
    "postgres",
    "mysql",
    "sshd",
    "messagebus",
    "postdrop",
    "debian-tor",
    "nginx",
    "redis",
    "systemd-network",
];

/// What a stage starts from.
#[derive(Clone, Debug)]
enum Root {
    Scratch,
    Image(Rc<ImageRef>),
    Unknown,
}

/// Something that was copied in.
#[derive(Clone, Debug)]
struct Entry {
    path: Rc<str>,
    /// It may be a folder, with anything below it.
    folder: bool,
    /// The `#!` line of a script that stands in the Dockerfile.
    interpreter: Option<Rc<str>>,
}

/// Where accounts come from.
#[derive(Clone, Debug)]
enum Passwd {
    /// The base's own file, with additions.
    Base,
    /// A file that was copied from another image or stage.
    Copied(Rc<FileSystem>),
    /// A file that cannot be read here.
    Unknown,
}

/// What a stage is known to hold.
#[derive(Clone, Debug)]
pub struct FileSystem {
    root: Root,
    entries: Vec<Entry>,
    /// Anything may have been added anywhere.
    open: bool,
    /// A language's package manager ran: it brings programs of its own, no system tools.
    modules: bool,
    /// Packages of the distribution that were installed.
    packages: Vec<Rc<str>>,
    /// Accounts that were made.
    accounts: BTreeSet<Rc<str>>,
    /// Accounts may have been made that are not known.
    more_accounts: bool,
    passwd: Passwd,
    /// Folders that ENV put into PATH; `None` where that cannot be told.
    path: Option<Vec<Rc<str>>>,
    workdir: Rc<str>,
}

impl FileSystem {
    /// What is in an image, as far as the catalogue says.
    pub fn image(name: &str) -> Self {
        Self::new(Root::Image(Rc::new(ImageRef::parse(name))))
    }

    /// Nothing is known.
    pub fn unknown() -> Self {
        Self::new(Root::Unknown)
    }

    fn new(root: Root) -> Self {
        Self {
            root,
            entries: Vec::new(),
            open: false,
            modules: false,
            packages: Vec::new(),
            accounts: BTreeSet::new(),
            more_accounts: false,
            passwd: Passwd::Base,
            path: Some(Vec::new()),
            workdir: Rc::from("/"),
        }
    }

    /// Whether everything in it is known: it grew out of `scratch`. What is absent then is absent for certain.
    pub fn is_certain(&self) -> bool {
        matches!(self.root, Root::Scratch) && !self.open
    }

    /// The image that it grew out of.
    pub fn root(&self) -> Option<&ImageRef> {
        match &self.root {
            Root::Image(image) => Some(image),
            _ => None,
        }
    }

    /// Whether a program that is written like this can be run: a name is looked for in PATH, anything else is a path.
    pub fn runs(&self, word: &str) -> Has {
        if word.contains('/') {
            self.file(&self.absolute(word))
        } else {
            self.program(word)
        }
    }

    /// The folders of PATH; `None` where that cannot be told.
    pub fn folders(&self) -> Option<Vec<&str>> {
        let own = self.path.as_ref()?;
        Some(PATH.into_iter().chain(own.iter().map(AsRef::as_ref)).collect())
    }

    /// A path from the folder that commands run in.
    pub fn absolute(&self, word: &str) -> String {
        if word.starts_with('/') {
            clean(word)
        } else {
            clean(&format!("{}/{word}", self.workdir))
        }
    }

    /// Whether a program of this name is in one of the folders of PATH.
    pub fn program(&self, name: &str) -> Has {
        let Some(path) = self.path.as_ref().filter(|_| !self.open) else {
            return Has::Unknown;
        };
        let folders = || PATH.into_iter().chain(path.iter().map(AsRef::as_ref));
        let mut seen = Has::No;
        for entry in &self.entries {
            let (folder, base) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
            let in_path = folders().any(|known| known == folder);
            if in_path && base == name {
                return Has::Yes;
            }
            if entry.folder && folders().any(|known| is_at_or_below(known, &entry.path)) {
                seen = Has::Unknown;
            }
        }
        if seen == Has::Unknown {
            return seen;
        }
        if !self.packages.is_empty() || (self.modules && !is_system_tool(name)) {
            return match self.base(name) {
                Has::Yes => Has::Yes,
                Has::No if self.packages_lack(name) => Has::No,
                _ => Has::Unknown,
            };
        }
        self.base(name)
    }

    /// Whether every package that was installed is known not to bring a program.
    fn packages_lack(&self, name: &str) -> bool {
        self.root().is_some_and(known_images::is_debian)
            && (!self.modules || is_system_tool(name))
            && self
                .packages
                .iter()
                .all(|package| known_images::brings_no(package, name))
    }

    fn base(&self, name: &str) -> Has {
        match &self.root {
            Root::Scratch => Has::No,
            Root::Image(image) => known_images::program(image, name),
            Root::Unknown => Has::Unknown,
        }
    }

    /// Whether there is a file at an absolute path.
    pub fn file(&self, path: &str) -> Has {
        if self.open {
            return Has::Unknown;
        }
        for entry in &self.entries {
            if entry.path.as_ref() == path {
                return Has::Yes;
            }
            if entry.folder && is_at_or_below(path, &entry.path) {
                return Has::Unknown;
            }
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        match self.root {
            Root::Scratch => Has::No,
            // Where exactly a program of the image lies differs by release (`/bin` is `/usr/bin`).
            Root::Image(_) if matches!(folder, "/bin" | "/usr/bin" | "/sbin" | "/usr/sbin") => self.program(name),
            _ => Has::Unknown,
        }
    }

    /// Whether there is a `/bin/sh`.
    pub fn shell(&self) -> Has {
        if self.open || !self.packages.is_empty() {
            return match self.root().map(known_images::shell) {
                Some(Has::Yes) => Has::Yes,
                _ => Has::Unknown,
            };
        }
        match (self.file("/bin/sh"), &self.root) {
            (Has::No, _) => Has::No,
            (Has::Yes, _) => Has::Yes,
            (Has::Unknown, Root::Image(image))
                if self.covers("/bin/sh").is_none() && self.covers("/usr/bin/sh").is_none() =>
            {
                known_images::shell(image)
            }
            _ => Has::Unknown,
        }
    }

    /// The `#!` line of a script that the Dockerfile itself writes to a path.
    pub fn interpreter(&self, path: &str) -> Option<&str> {
        let entry = self.entries.iter().rev().find(|entry| entry.path.as_ref() == path)?;
        entry.interpreter.as_deref()
    }

    /// Whether something was copied to a path, to a folder above it, or into it.
    pub fn covers(&self, path: &str) -> Option<&str> {
        self.entries
            .iter()
            .map(|entry| (entry.path.as_ref(), entry.folder))
            .find(|(entry, folder)| {
                *entry == path || (*folder && is_at_or_below(path, entry)) || is_at_or_below(entry, path)
            })
            .map(|(entry, _)| entry)
    }

    /// Whether a loader may be there: copied, or the image's own.
    pub fn may_load(&self) -> bool {
        match &self.root {
            Root::Scratch => {}
            Root::Image(image) if known_images::has_libc(image).is_none() && known_images::shell(image) == Has::No => {
                // Of the distroless images only `static` has no C library.
                if image.name != "distroless/static" && !image.name.starts_with("distroless/static-") {
                    return true;
                }
            }
            _ => return true,
        }
        self.open
            || ["/lib", "/lib64", "/usr/lib", "/usr/lib64"]
                .iter()
                .any(|folder| self.covers(folder).is_some())
    }

    /// Whether `/etc/passwd` has a name.
    pub fn account(&self, name: &str) -> Has {
        if self.accounts.contains(name) {
            return Has::Yes;
        }
        let base = match &self.passwd {
            Passwd::Unknown => Has::Unknown,
            Passwd::Copied(other) => other.account(name),
            Passwd::Base => match &self.root {
                // Runtimes know root by its number where there is no file at all; nobody else.
                Root::Scratch => Has::No,
                Root::Image(image) => known_images::account(image, name),
                Root::Unknown => Has::Unknown,
            },
        };
        let by_package = !self.packages.is_empty()
            && (OF_PACKAGES.contains(&name)
                || self
                    .packages
                    .iter()
                    .any(|package| package.contains(name) || name.contains(package.as_ref())));
        if base == Has::No && (self.open || self.more_accounts || by_package) {
            return Has::Unknown;
        }
        base
    }

    /// Whether nothing says anything about accounts: there is no `/etc/passwd`.
    pub fn lacks_passwd(&self) -> bool {
        matches!((&self.root, &self.passwd), (Root::Scratch, Passwd::Base)) && !self.open
    }

    /// Its accounts in the hands of another stage. A file that was handed on before is not followed any further.
    fn handed_on(self: Rc<Self>) -> Passwd {
        match self.passwd {
            Passwd::Base => Passwd::Copied(self),
            Passwd::Copied(_) | Passwd::Unknown => Passwd::Unknown,
        }
    }

    /// Adds what an instruction brings. `run` is what it runs, if it is a RUN that can be read; `stage` gives what an earlier
    /// stage holds.
    pub fn apply(
        &mut self,
        instruction: &Instruction,
        run: Option<&RunStep>,
        source: &BuiltFile,
        stage: &dyn Fn(&str) -> Rc<FileSystem>,
    ) {
        match &instruction.kind {
            Kind::Run(command) if command.command.form == Form::Exec => {
                let words: Vec<&str> = command.command.words.iter().map(|word| word.value.as_str()).collect();
                let can = words.first().is_none_or(|program| self.runs(program) != Has::No);
                self.open |= can;
            }
            // Without a shell it fails, and adds nothing.
            Kind::Run(_) if self.shell() == Has::No && instruction.flag("mount").is_none() => {}
            Kind::Run(_) => match run.and_then(|run| run.script.as_ref()) {
                Some(script) => {
                    for command in &script.commands {
                        self.command(command);
                    }
                    for (_, command) in run.map_or(&[][..], |run| &run.packages) {
                        self.install(command);
                    }
                }
                None => self.open = true,
            },
            Kind::Copy(transfer) | Kind::Add(transfer) => self.transfer(instruction, transfer, source, stage),
            Kind::Workdir(word) => {
                self.workdir = if word.value.contains('$') {
                    Rc::from("/?")
                } else {
                    Rc::from(self.absolute(word.value.trim_matches('"')))
                };
            }
            Kind::Env(pairs) => {
                for pair in pairs.iter().filter(|pair| pair.key.value == "PATH") {
                    self.add_path(pair.value.value.trim_matches(['"', '\'']));
                }
            }
            // ADD of a remote or an ONBUILD of ours is for others.
            _ => {}
        }
        if self.entries.len() > 500 {
            self.open = true;
            self.entries.clear();
        }
    }

    fn add_path(&mut self, value: &str) {
        for part in value.split(':') {
            if part.contains("$PATH") || part == "${PATH}" {
                continue;
            }
            match &mut self.path {
                Some(folders) if part.starts_with('/') && !part.contains('$') => {
                    folders.push(Rc::from(clean(part)));
                }
                _ => self.path = None,
            }
        }
    }

    fn install(&mut self, command: &super::PackageCommand) {
        if command.action != Action::Install && command.action != Action::Upgrade {
            return;
        }
        match command.manager {
            Manager::Apt | Manager::Apk | Manager::Dnf | Manager::Zypper => {
                if command.dynamic || command.operands.is_empty() {
                    self.packages.push(Rc::from("?"));
                }
                let names = command.operands.iter().take(200);
                self.packages.extend(names.map(|name| Rc::from(name.as_str())));
            }
            Manager::Conda => self.open = true,
            Manager::Pip | Manager::Npm | Manager::Yarn | Manager::Composer => self.modules = true,
        }
    }

    /// What a command of a RUN may add.
    fn command(&mut self, command: &Command) {
        for redirection in &command.redirections {
            if redirection.operator.starts_with('>') {
                let target = &redirection.target;
                if target.text.contains("/etc/passwd") {
                    self.passwd = Passwd::Unknown;
                } else if target.dynamic {
                    self.open = true;
                } else if !target.text.starts_with("/dev/") && !target.text.starts_with('&') {
                    self.add(&target.text, false, None);
                }
            }
        }
        let Some(first) = command.words.first() else { return };
        let Some(program) = command.program() else {
            self.open = true;
            return;
        };
        let arguments = command.arguments();
        match program {
            "adduser" | "useradd" | "addgroup" | "groupadd" | "usermod" | "newusers" => {
                for word in arguments.iter().filter(|word| !word.text.starts_with('-')) {
                    if word.dynamic {
                        self.more_accounts = true;
                    }
                    self.accounts.insert(Rc::from(word.text.as_str()));
                }
            }
            "ln" | "cp" | "mv" | "install" => {
                let mut paths: Vec<_> = arguments.iter().filter(|word| !word.text.starts_with('-')).collect();
                let Some(to) = paths.pop() else { return };
                if to.dynamic || paths.iter().any(|word| word.dynamic) {
                    self.open = true;
                }
                let whole = program != "ln";
                for from in paths {
                    let base = from.text.rsplit('/').next().unwrap_or("");
                    self.add(&format!("{}/{base}", to.text), whole, None);
                }
                self.add(&to.text, whole, None);
            }
            _ if first.text.contains('/') && !is_known_folder(&first.text) => self.open = true,
            _ if is_harmless(program) => {}
            _ if brings_modules(program) => self.modules = true,
            // A package manager is looked at as a whole.
            _ if super::PackageCommand::of(command).is_some() => {}
            _ => self.open = true,
        }
    }

    fn add(&mut self, path: &str, folder: bool, interpreter: Option<&str>) {
        let path = Rc::from(self.absolute(path));
        self.entries.push(Entry {
            path,
            folder,
            interpreter: interpreter.map(Rc::from),
        });
    }

    fn transfer(
        &mut self,
        instruction: &Instruction,
        transfer: &Transfer,
        file: &BuiltFile,
        stage: &dyn Fn(&str) -> Rc<FileSystem>,
    ) {
        let to = transfer.destination.value.trim_matches('"');
        let nowhere = !to.starts_with('/') && self.workdir.starts_with("/?");
        if to.contains('$') || transfer.parents || nowhere {
            self.open = true;
            self.passwd = Passwd::Unknown;
            return;
        }
        for heredoc in &instruction.heredocs {
            let text = heredoc.text();
            let line = text.text.lines().next().and_then(|line| line.strip_prefix("#!"));
            let path = if to.ends_with('/') {
                format!("{to}{}", heredoc.name)
            } else {
                to.to_owned()
            };
            if self.absolute(&path) == "/etc/passwd" {
                self.passwd = Passwd::Base;
                let names = text.text.lines().filter_map(|line| line.split(':').next());
                self.accounts.extend(names.map(Rc::from));
            }
            self.add(&path, false, Some(line.unwrap_or("").trim()));
        }
        let many = transfer.sources.len() > 1;
        for source in &transfer.sources {
            let source = source.value.trim_matches('"');
            let target = self.absolute(to);
            let base = source.trim_end_matches('/').rsplit('/').next().unwrap_or("");
            let is_file = is_file(file, source, base);
            if many || to.ends_with('/') || to == "." || is_file {
                self.add(&format!("{to}/{base}"), !is_file, None);
            }
            if !(is_file && (to.ends_with('/') || to == "." || many)) {
                self.add(to, !is_file || target == "/", None);
            }
            let is_passwd = target == "/etc/passwd" || (target == "/etc" && base == "passwd");
            let whole = !is_file && is_at_or_below("/etc/passwd", &target);
            if is_passwd || whole {
                self.passwd = match &transfer.from {
                    Some(from)
                        if !from.value.contains('$')
                            && matches!(source, "/etc/passwd" | "/etc" | "/etc/" | "etc/passwd") =>
                    {
                        stage(&from.value).handed_on()
                    }
                    _ => Passwd::Unknown,
                };
            }
        }
    }
}

/// Whether a source of a COPY is a file: it ends like one, or something of the Dockerfile runs it by its name.
fn is_file(file: &BuiltFile, source: &str, base: &str) -> bool {
    if base.is_empty() || source.ends_with('/') || base.contains(['*', '?', '$', '[']) || base == "." || base == ".." {
        return false;
    }
    if matches!(base, "sh" | "busybox" | "passwd" | "group" | "Dockerfile" | "Makefile") {
        return true;
    }
    let extension = base.rsplit_once('.').map(|(_, extension)| extension);
    if extension.is_some_and(|text| {
        matches!(
            text,
            "sh" | "py"
                | "js"
                | "mjs"
                | "ts"
                | "json"
                | "yaml"
                | "yml"
                | "toml"
                | "txt"
                | "md"
                | "lock"
                | "cfg"
                | "ini"
                | "jar"
                | "crt"
                | "pem"
                | "key"
                | "sql"
                | "rb"
                | "php"
                | "xml"
                | "html"
                | "css"
                | "properties"
                | "so"
                | "exe"
                | "dll"
        )
    }) {
        return true;
    }
    let path = format!("/{base}");
    file.ast.instructions.iter().any(|instruction| {
        let command = match &instruction.kind {
            Kind::Cmd(command) | Kind::Entrypoint(command) => command,
            _ => return false,
        };
        let first = match command.words.first() {
            Some(word) => word.value.as_str(),
            None => command.text.text.split_whitespace().next().unwrap_or(""),
        };
        first == path || first == base || first.strip_prefix("./") == Some(base)
    })
}

fn is_known_folder(word: &str) -> bool {
    PATH.iter()
        .any(|folder| word.strip_prefix(folder).is_some_and(|rest| rest.rfind('/') == Some(0)))
}

/// What each stage of a Dockerfile holds at its end.
pub(crate) fn all(file: &JudgedFile, plan: &Plan) -> Vec<Rc<FileSystem>> {
    let mut done: Vec<Rc<FileSystem>> = Vec::with_capacity(plan.stages.len());
    // Every stage copies what its base has: hostile files would make that quadratic.
    let mut room = 200_000_usize;
    for index in 0..plan.stages.len() {
        let mut contents = start(plan, index, &done, &mut room);
        walk(file, plan, index, &mut contents, &done, &mut |_, _| {});
        done.push(Rc::new(contents));
    }
    done
}

/// What a stage holds before its first instruction.
pub(crate) fn start(plan: &Plan, index: usize, done: &[Rc<FileSystem>], room: &mut usize) -> FileSystem {
    match plan.stages.get(index).map(|stage| &stage.base) {
        Some(Base::Scratch) => FileSystem::new(Root::Scratch),
        Some(Base::Image(Fact::Known(name))) => FileSystem::image(&name.value),
        Some(Base::Stage(base)) => match done.get(*base) {
            Some(base) if *room > base.entries.len() + base.packages.len() + 8 => {
                *room -= base.entries.len() + base.packages.len() + 8;
                base.as_ref().clone()
            }
            _ => FileSystem::unknown(),
        },
        _ => FileSystem::unknown(),
    }
}

/// Goes through the instructions of a stage: `see` gets each one with what the stage holds before it.
pub(crate) fn walk(
    file: &JudgedFile,
    plan: &Plan,
    index: usize,
    contents: &mut FileSystem,
    done: &[Rc<FileSystem>],
    see: &mut dyn FnMut(&Instruction, &FileSystem),
) {
    let Some(stage) = plan.stages.get(index) else { return };
    let first = stage.instructions.start;
    let runs = file.run_steps();
    let at = runs.partition_point(|step| step.instruction < first);
    let mut runs = runs.get(at..).unwrap_or(&[]).iter().peekable();
    let from = |name: &str| -> Rc<FileSystem> {
        let found = match name.parse::<usize>() {
            Ok(number) => Some(number),
            Err(_) => plan.find(name),
        };
        match found {
            Some(found) => done
                .get(found)
                .cloned()
                .unwrap_or_else(|| Rc::new(FileSystem::unknown())),
            None => Rc::new(FileSystem::image(name)),
        }
    };
    for (offset, instruction) in file.instructions(stage).iter().enumerate() {
        see(instruction, contents);
        let run = runs.next_if(|step| step.instruction == first + offset);
        contents.apply(instruction, run, &file.file, &from);
    }
}

//! What instructions add to what a stage holds.

use super::listed;
use super::{Entry, FileSystem, Passwd, Root};
use crate::build::effects::{Change, Content, Effect, Effects, Placing, Source, Target, Transfer};
use crate::build::programs::PATH;
use crate::build::{Action, JudgedFile, Manager, PackageCommand, RunStep};
use crate::fact::Fact;
use crate::known_images::Has;
use crate::parse::dockerfile::{Form, Instruction, Kind};
use crate::resolve::stage::{Base, Plan};
use crate::values::path::{clean, is_at_or_below};
use std::collections::HashSet;
use std::sync::Arc;

/// More entries, accounts and packages than this in one stage are not kept apart.
const MAX_ENTRIES: usize = 500;
const MAX_PACKAGES: usize = 2_000;
/// Entries that stages may take over from their bases: hostile files would make that quadratic.
const MAX_INHERITED: usize = 200_000;

/// What each stage of a Dockerfile holds at its end.
pub(crate) fn all(file: &JudgedFile, plan: &Plan) -> Vec<Arc<FileSystem>> {
    let builder = Builder::new(file, plan);
    let mut done: Vec<Arc<FileSystem>> = Vec::with_capacity(plan.stages.len());
    let mut fuel = MAX_INHERITED;
    for index in 0..plan.stages.len() {
        let mut contents = start(file, plan, index, &done, &mut fuel);
        builder.walk(index, &mut contents, &done, &mut |_, _| {});
        done.push(Arc::new(contents));
    }
    done
}

/// What a stage holds before its first instruction.
pub(crate) fn start(
    file: &JudgedFile,
    plan: &Plan,
    index: usize,
    done: &[Arc<FileSystem>],
    fuel: &mut usize,
) -> FileSystem {
    let stage = plan.stages.get(index);
    let platform = stage.and_then(|stage| stage.platform.value()).map(String::as_str);
    match stage.map(|stage| &stage.base) {
        Some(Base::Scratch) => FileSystem::new(Root::Scratch),
        Some(Base::Image(Fact::Known(name))) => FileSystem::image(file.images.get_for(&name.value, platform)),
        Some(Base::Stage(base)) => match done.get(*base) {
            Some(base) if *fuel > base.entries.len() + base.packages.len() + 8 => {
                *fuel -= base.entries.len() + base.packages.len() + 8;
                base.as_ref().clone()
            }
            _ => FileSystem::unknown(),
        },
        _ => FileSystem::unknown(),
    }
}

/// Goes through the instructions of a file.
pub(crate) struct Builder<'a> {
    file: &'a JudgedFile,
    plan: &'a Plan,
    effects: Arc<Effects>,
    /// The programs that some CMD or ENTRYPOINT starts, as written.
    started: &'a HashSet<String>,
}

fn started(file: &JudgedFile) -> HashSet<String> {
    let started = file.file.ast.instructions.iter().filter_map(|instruction| {
        let (Kind::Cmd(command) | Kind::Entrypoint(command)) = &instruction.kind else {
            return None;
        };
        match command.words.first() {
            Some(word) => Some(word.value.as_str()),
            None => command.text.text.split_whitespace().next(),
        }
    });
    started.map(str::to_owned).collect()
}

impl<'a> Builder<'a> {
    /// For a file as a plan builds it.
    pub(crate) fn new(file: &'a JudgedFile, plan: &'a Plan) -> Self {
        Self {
            file,
            plan,
            effects: file.effects_of(plan),
            started: file.started.get_or_init(|| started(file)),
        }
    }

    /// Goes through the instructions of a stage: `see` gets each one with what the stage holds before it.
    pub(crate) fn walk(
        &self,
        index: usize,
        contents: &mut FileSystem,
        done: &[Arc<FileSystem>],
        see: &mut dyn FnMut(&Instruction, &FileSystem),
    ) {
        let Some(stage) = self.plan.stages.get(index) else {
            return;
        };
        let first = stage.instructions.start;
        for (offset, instruction) in self.file.instructions(stage).iter().enumerate() {
            see(instruction, contents);
            self.instruction(first + offset, instruction, contents, done);
        }
    }

    fn instruction(&self, at: usize, instruction: &Instruction, contents: &mut FileSystem, done: &[Arc<FileSystem>]) {
        if let Kind::Run(run) = &instruction.kind {
            if run.command.form == Form::Exec && self.file.run_step(at).is_none() {
                let program = run.command.words.first();
                contents.open |= program.is_none_or(|program| contents.runs(&program.value) != Has::No);
                return;
            }
            // Without a shell it fails, and adds nothing.
            if contents.shell() == Has::No && instruction.flag("mount").is_none() {
                return;
            }
        }
        let step = self.file.run_step(at);
        for effect in self.effects.at(at) {
            match &effect.change {
                Change::Transfer(transfer) => self.transfer(at, instruction, transfer, contents, done),
                _ => contents.apply(effect, step),
            }
        }
        if contents.entries.len() > MAX_ENTRIES {
            contents.open = true;
            contents.entries.clear();
        }
        if contents.accounts.len() > MAX_ENTRIES {
            contents.more_accounts = true;
            contents.accounts.clear();
        }
        if contents.packages.len() > MAX_PACKAGES {
            contents.open = true;
            contents.packages.clear();
        }
    }

    /// What COPY --from or ADD --from names.
    fn named(&self, name: &str, done: &[Arc<FileSystem>]) -> Arc<FileSystem> {
        let found = name.parse::<usize>().ok().or_else(|| self.plan.find(name));
        match found {
            Some(found) => done
                .get(found)
                .cloned()
                .unwrap_or_else(|| Arc::new(FileSystem::unknown())),
            None => Arc::new(FileSystem::image(self.file.images.get(name))),
        }
    }

    fn transfer(
        &self,
        at: usize,
        instruction: &Instruction,
        transfer: &Transfer,
        contents: &mut FileSystem,
        done: &[Arc<FileSystem>],
    ) {
        let (Some(to), false) = (absolute(&transfer.to), transfer.parents) else {
            contents.open = true;
            contents.passwd = Passwd::Unknown;
            return;
        };
        let source = match &transfer.source {
            Source::Named(source) => source.as_deref().unwrap_or(""),
            Source::Heredoc(index) => {
                let Some(heredoc) = instruction.heredocs.get(*index) else {
                    return;
                };
                let text = heredoc.text();
                let line = text.text.lines().next().and_then(|line| line.strip_prefix("#!"));
                let path = if transfer.into {
                    clean(&format!("{to}/{}", heredoc.name))
                } else {
                    to
                };
                if path == "/etc/passwd" {
                    contents.passwd = Passwd::Base;
                    let names = text.text.lines().filter_map(|line| line.split(':').next());
                    contents.accounts.extend(names.map(Arc::from));
                }
                return contents.add(&path, false, Some(line.unwrap_or("").trim()));
            }
        };
        let base = source.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        let is_file = self.is_file(source, base);
        let inside = clean(&format!("{to}/{base}"));
        let before = contents.entries.len();
        if transfer.into || is_file {
            contents.add(&inside, !is_file, None);
        }
        if !(transfer.into && is_file) {
            contents.add(&to, !is_file || to == "/", None);
        }
        let listed = if is_file {
            None
        } else {
            listed::programs(self.file, self.plan, at, &to, contents)
        };
        if let Some(paths) = listed {
            for entry in contents.entries.iter_mut().skip(before) {
                entry.listed = true;
            }
            for path in paths {
                contents.add(&path, false, None);
            }
        }
        let is_passwd = to == "/etc/passwd" || (to == "/etc" && base == "passwd");
        if is_passwd || !is_file && is_at_or_below("/etc/passwd", &to) {
            let from = match &instruction.kind {
                Kind::Copy(words) | Kind::Add(words) => words.from.as_ref(),
                _ => None,
            };
            contents.passwd = match from {
                Some(from)
                    if !from.value.contains('$')
                        && matches!(source, "/etc/passwd" | "/etc" | "/etc/" | "etc/passwd") =>
                {
                    self.named(&from.value, done).handed_on()
                }
                _ => Passwd::Unknown,
            };
        }
    }

    /// Whether a source of a COPY is a file: it ends like one, or something of the Dockerfile runs it by its name.
    fn is_file(&self, source: &str, base: &str) -> bool {
        const ENDINGS: &str = "sh py js mjs ts json yaml yml toml txt md lock cfg ini jar crt pem key sql rb php xml html css \
            properties so exe dll";
        if base.is_empty()
            || source.ends_with('/')
            || base.contains(['*', '?', '$', '['])
            || base == "."
            || base == ".."
        {
            return false;
        }
        let ends_like_one = |(_, ending)| ENDINGS.split(' ').any(|known| known == ending);
        matches!(base, "sh" | "busybox" | "passwd" | "group" | "Dockerfile" | "Makefile")
            || base.rsplit_once('.').is_some_and(ends_like_one)
            || [format!("/{base}"), base.to_owned(), format!("./{base}")]
                .iter()
                .any(|word| self.started.contains(word.as_str()))
    }
}

/// Where something is put, as a path. The WORKDIR of an image that is not known is taken for the root: what is put there is in no
/// folder of PATH.
fn absolute(target: &Target) -> Option<String> {
    match target {
        Target::Path(path) => Some(clean(path)),
        Target::Base(path) => Some(clean(&format!("/{path}"))),
        _ => None,
    }
}

impl FileSystem {
    /// Adds what an effect brings. `step` is the RUN that has it.
    fn apply(&mut self, effect: &Effect, step: Option<&RunStep>) {
        match &effect.change {
            Change::Enter(to) => self.workdir = Arc::from(absolute(to).as_deref().unwrap_or("/?")),
            Change::Write { to, content, .. } => self.put(to, *content == Content::Folder),
            Change::Copy(placing) | Change::Move(placing) => self.place(placing),
            Change::Link { target, link, .. } => match target {
                Some(target) => {
                    let base = target.trim_end_matches('/').rsplit('/').next().unwrap_or("");
                    self.put(&link.child(base), true);
                    // It may lead to a folder. Those of PATH are there in an image, so that it is made in them.
                    let is_there =
                        matches!(self.root, Root::Image(_)) && link.path().is_some_and(|path| PATH.contains(&path));
                    self.put(link, !is_there);
                }
                None => self.open = true,
            },
            Change::Package(at) => {
                if let Some((_, package)) = step.and_then(|step| step.packages.get(*at)) {
                    self.install(package);
                }
            }
            Change::Accounts(names) => {
                for name in names {
                    match name {
                        Some(name) => {
                            self.accounts.insert(Arc::from(name.as_str()));
                        }
                        None => self.more_accounts = true,
                    }
                }
            }
            Change::AccountFiles => self.passwd = Passwd::Unknown,
            Change::SearchPath(folders) => match (&mut self.path, folders) {
                (Some(path), Some(folders)) => path.extend(folders.iter().map(|folder| Arc::from(folder.as_str()))),
                _ => self.path = None,
            },
            Change::Unknown(traits) if traits.adds_no_program() => {}
            Change::Unknown(traits) if traits.brings_modules() => self.modules = true,
            Change::Unknown(_) => self.open = true,
            // What is taken away is taken for there: absence is not claimed of it.
            Change::Build { .. }
            | Change::Folder(_)
            | Change::Touch(_)
            | Change::Remove { .. }
            | Change::Owner { .. }
            | Change::Mode { .. }
            | Change::Transfer(_) => {}
        }
    }

    /// Adds what one command of a RUN brings.
    pub(crate) fn take_effects(&mut self, effects: &[Effect], command: usize, step: &RunStep) {
        for effect in effects.iter().filter(|effect| effect.command == command) {
            self.apply(effect, Some(step));
        }
    }

    fn put(&mut self, target: &Target, folder: bool) {
        match target {
            Target::AllIn(path) | Target::SomeIn { folder: path, .. } => self.add(path, true, None),
            _ => match absolute(target) {
                Some(path) => {
                    if path == "/etc/passwd" {
                        self.passwd = Passwd::Unknown;
                    }
                    self.add(&path, folder, None);
                }
                None => self.open = true,
            },
        }
    }

    /// A folder that is placed may bring anything; it lands in the folder of that name, or under it.
    fn place(&mut self, placing: &Placing) {
        for from in &placing.from {
            let base = match from {
                Target::Path(path) | Target::Base(path) => path.rsplit('/').next().unwrap_or(""),
                Target::AllIn(_) | Target::SomeIn { .. } => "",
                Target::Home | Target::Anywhere => {
                    self.open = true;
                    continue;
                }
            };
            self.put(&placing.to.child(base), true);
        }
        self.put(&placing.to, true);
    }

    fn install(&mut self, package: &PackageCommand) {
        if package.action != Action::Install && package.action != Action::Upgrade {
            return;
        }
        match package.manager {
            Manager::Conda => self.open = true,
            manager if manager.is_of_distribution() => {
                if package.dynamic || package.operands.is_empty() {
                    self.packages.push(Arc::from("?"));
                }
                let names = package.operands.iter().take(200);
                self.packages.extend(names.map(|name| Arc::from(name.as_str())));
            }
            _ => self.modules = true,
        }
    }

    fn add(&mut self, path: &str, folder: bool, interpreter: Option<&str>) {
        self.entries.push(Entry {
            path: Arc::from(path),
            folder,
            listed: false,
            interpreter: interpreter.map(Arc::from),
        });
    }
}

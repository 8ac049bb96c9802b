//! What each instruction writes into its layer, and what it does to files of earlier layers, as far as that is known.

use super::effects::{Certainty, Change, Content, Effect, Source, Target};
use super::file_names::{file_name, file_of_url, looks_little};
use super::{Action, JudgedFile, Manager, PackageCommand, RunStep, StageUse};
use crate::parse::dockerfile::Kind;
use crate::resolve::stage::Base;
use crate::source::Span;
use crate::values::path::{is_at_or_below, is_below, name};

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
    /// It is a file as a server gave it: nobody may execute it.
    pub download: bool,
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

/// Something that a RUN does to files that are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileChange {
    /// The index of the instruction.
    pub instruction: usize,
    /// What it does.
    pub act: Act,
    /// The path in the image.
    pub path: String,
    /// Only what is in the folder: `rm -rf app/*`.
    pub inside: bool,
    /// What is below it as well.
    pub recursive: bool,
    /// It lets somebody execute it: `chmod +x`.
    pub executes: bool,
    /// The program's word.
    pub span: Span,
    /// It runs only if some condition holds.
    pub conditional: bool,
    /// The same RUN wrote it before.
    pub own: bool,
}

impl FileChange {
    /// Whether it reaches all of what was written.
    pub(crate) fn covers(&self, written: &Written) -> bool {
        is_below(&written.path, &self.path) || written.path == self.path && (!self.inside || written.is_folder)
    }
}

/// What is done to files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// `chown -R`
    Own,
    /// `chmod`
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
pub(crate) struct LayerChanges {
    /// What is in its layer afterwards.
    pub written: Vec<Written>,
    /// The texts among it that redirections write: they are small.
    pub texts: Vec<Written>,
    /// What it does to files, in order.
    pub changes: Vec<FileChange>,
    /// The packages that it installs and does not take away again.
    pub installed: Vec<Package>,
    /// The packages that it takes away.
    pub removed: Vec<Package>,
}

/// What a COPY or ADD writes: a path for each of its sources where that is known, else its destination.
pub(crate) fn copied(file: &JudgedFile, instruction: usize) -> Vec<Written> {
    let mut written = Vec::new();
    let kind = file
        .file
        .ast
        .instructions
        .get(instruction)
        .map(|instruction| &instruction.kind);
    let has_mode = matches!(kind, Some(Kind::Add(words)) if words.chmod.is_some());
    for effect in file.effects().at(instruction) {
        let Change::Transfer(transfer) = &effect.change else {
            continue;
        };
        let (Source::Named(source), Some(destination)) = (&transfer.source, transfer.to.path()) else {
            continue;
        };
        let download = source.as_deref().and_then(file_of_url);
        let file = source.as_deref().and_then(file_name).or(download);
        let path = match (file, transfer.into && !transfer.parents) {
            (Some(file), true) => format!("{}/{file}", destination.trim_end_matches('/')),
            _ => destination.to_owned(),
        };
        written.push(Written {
            instruction,
            is_folder: file.is_none(),
            little: file.is_some_and(looks_little),
            download: download.is_some() && !has_mode,
            path,
            by: Writer::Copy,
        });
    }
    written.dedup();
    written
}

/// Waste that is known to be less, in bytes, is not worth a warning.
pub(crate) const LITTLE: u64 = 100_000;

/// What a RUN does.
pub(crate) fn of_run(file: &JudgedFile, step: &RunStep) -> LayerChanges {
    let mut reader = Reader {
        step,
        found: LayerChanges::default(),
    };
    for effect in file.effects().at(step.instruction) {
        reader.effect(effect);
    }
    let mut found = reader.found;
    found.written.retain(|written| !step.mounts_over(file, &written.path));
    found.texts.retain(|written| !step.mounts_over(file, &written.path));
    found
}

/// More layers than this in one file are not looked at, nor more writes, changes and packages in one RUN.
const MAX_LAYERS: usize = 2000;
const MAX_CHANGES: usize = 200;

struct Reader<'a> {
    step: &'a RunStep,
    found: LayerChanges,
}

impl Reader<'_> {
    fn effect(&mut self, effect: &Effect) {
        match &effect.change {
            Change::Write { to, content, by } => match by {
                Some(by) => self.write(to, *content, by),
                None => self.text(to),
            },
            Change::Copy(placing) => self.write(&placing.to, Content::Folder, placing.by),
            Change::Move(placing) => {
                for from in &placing.from {
                    self.change(effect, Act::Move, from, true, false);
                }
                self.write(&placing.to, Content::Folder, placing.by);
            }
            Change::Remove { what, recursive } => self.change(effect, Act::Remove, what, *recursive, false),
            Change::Owner {
                what, recursive: true, ..
            } => self.change(effect, Act::Own, what, true, false),
            Change::Mode {
                what, recursive, mode, ..
            } if *recursive || what.path().is_some() => {
                let executes = mode.as_deref().is_some_and(executes);
                self.change(effect, Act::Mode, what, *recursive, executes);
            }
            Change::Package(at) => {
                if let Some((_, package)) = self.step.packages.get(*at) {
                    self.package(effect, package);
                }
            }
            _ => {}
        }
    }

    fn package(&mut self, effect: &Effect, package: &PackageCommand) {
        let is_maybe = self
            .step
            .commands()
            .get(effect.command)
            .is_none_or(|command| command.conditional);
        for name in package.names().take(MAX_CHANGES) {
            let note = Package {
                instruction: self.step.instruction,
                manager: package.manager,
                name: name.to_owned(),
                span: effect.span,
            };
            let is_same = |known: &Package| known.manager == note.manager && known.name == note.name;
            match package.action {
                Action::Install if self.found.installed.len() < MAX_CHANGES => self.found.installed.push(note),
                Action::Remove if !is_maybe => {
                    let before = self.found.installed.len();
                    self.found.installed.retain(|known| !is_same(known));
                    if self.found.installed.len() == before && self.found.removed.len() < MAX_CHANGES {
                        self.found.removed.push(note);
                    }
                }
                _ => {}
            }
        }
    }

    fn change(&mut self, effect: &Effect, act: Act, what: &Target, recursive: bool, executes: bool) {
        let (path, inside) = match what {
            Target::Path(path) => (path.clone(), false),
            Target::AllIn(path) => (path.clone(), true),
            _ => return,
        };
        let mut change = FileChange {
            instruction: self.step.instruction,
            act,
            path,
            inside,
            recursive,
            executes,
            span: effect.span,
            conditional: effect.certainty == Certainty::Maybe,
            own: false,
        };
        change.own = self.found.written.iter().any(|written| change.covers(written));
        if act == Act::Remove && (recursive || !inside) {
            // What the same RUN wrote is not in its layer.
            self.found.written.retain(|written| !change.covers(written));
            self.found.texts.retain(|written| !change.covers(written));
        }
        if self.found.changes.len() < MAX_CHANGES {
            self.found.changes.push(change);
        }
    }

    fn write(&mut self, to: &Target, content: Content, by: &'static str) {
        let is_download = content == Content::File && matches!(by, "curl" | "wget");
        if let Some(path) = kept(to)
            && self.found.written.len() < MAX_CHANGES
        {
            self.found.written.push(Written {
                instruction: self.step.instruction,
                path: path.to_owned(),
                is_folder: content == Content::Folder,
                little: is_download && looks_little(name(path)),
                download: is_download,
                by: Writer::Command(by),
            });
        }
    }

    /// What a redirection writes.
    fn text(&mut self, to: &Target) {
        if let Some(path) = kept(to)
            && self.found.texts.len() < MAX_CHANGES
        {
            self.found.texts.push(Written {
                instruction: self.step.instruction,
                path: path.to_owned(),
                is_folder: false,
                little: true,
                download: false,
                by: Writer::Command("a redirection"),
            });
        }
    }
}

/// Where something is written that stays in a layer.
fn kept(to: &Target) -> Option<&str> {
    const SYSTEM: [&str; 3] = ["/dev", "/proc", "/sys"];
    to.path()
        .filter(|path| !SYSTEM.iter().any(|folder| is_at_or_below(path, folder)))
}

/// Whether a mode, in digits or letters, lets somebody execute a file.
fn executes(mode: &str) -> bool {
    match u32::from_str_radix(mode, 8) {
        Ok(digits) => digits & 0o111 != 0,
        Err(_) => mode.contains('x') && !mode.contains("-x"),
    }
}

/// Every instruction that writes or changes files, in the order in which the layers of a stage lie on each other.
pub(crate) enum Layer {
    /// COPY or ADD, and what it writes.
    Copy(usize, Vec<Written>),
    /// RUN, and what it does.
    Run(usize, LayerChanges),
}

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
    let mut left = MAX_LAYERS;
    let mut found = Vec::new();
    for (index, below_another) in is_base.iter().enumerate() {
        if ships(index) && !below_another && left > 0 {
            let layers = layers(file, index, left);
            left = left.saturating_sub(layers.len().max(1));
            found.push(layers);
        }
    }
    found
}

/// The layers of a stage, at most so many.
fn layers(file: &JudgedFile, stage: usize, limit: usize) -> Vec<(usize, Layer)> {
    let mut found = Vec::new();
    for index in file.plan.lineage(stage) {
        let Some(stage) = file.plan.stages.get(index) else {
            continue;
        };
        let start = stage.instructions.start;
        for (offset, instruction) in file.instructions(stage).iter().enumerate() {
            let at = start + offset;
            if found.len() >= limit {
                return found;
            }
            match &instruction.kind {
                Kind::Copy(_) | Kind::Add(_) if file.plan.transfer(at).is_some() => {
                    found.push((index, Layer::Copy(at, copied(file, at))));
                }
                Kind::Run(_) => {
                    if let Some(step) = file.run_step(at) {
                        found.push((index, Layer::Run(at, of_run(file, step))));
                    }
                }
                _ => {}
            }
        }
    }
    found
}
